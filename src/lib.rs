//! gonogo: the terminal cockpit for live feature rollouts.
//!
//! One way round, no side doors:
//!
//! ```text
//!   flags ┐                                                       ┌─▶ ui (terminal)     ┐
//! metrics ├─ Event ─▶ inbox ─▶ engine::update(&mut Model, &Event) ─┼─▶ plain text, JSON  ├ read only
//! feedback│ (stamped)   ▲        pure, clock-free, total          └─▶ …                 ┘
//!  probes ┘             │
//!   keys ──▶ Action ────┤          └─▶ Effects ─▶ runner ─▶ backends (set, read back), journal
//! autopilot ▶ Action ───┘                           └──── outcome ───▶ inbox
//! ```
//!
//! The modules stand in reading order, which is the order of the flow. Each is a room; its file says
//! what comes in, what goes out and what it must never do. Who may import whom is a test:
//! `tests/architecture.rs`.
//!
//! | to add | write | and list it in |
//! |---|---|---|
//! | a flag backend | one file in `backends/` | `backends.rs` |
//! | a metrics source | one file in `metrics/` | `metrics.rs` |
//! | a probe | one file in `probes/` | `probes.rs` |
//! | an action | one file in `engine/acts/` | `action.rs` |
//! | a pane | one file in `ui/panes/` | `ui/pane.rs` |
//! | a screen | one file in `ui/screens/` | `ui/screens.rs`, and its action in `action.rs` |
//! | a theme | one file in `themes/` | `theme/shipped.rs` |
//! | a scenario | one file in `demo/scenarios/` | `demo/scenario/shelf.rs` |

// The words, and the numbers that judge.
pub mod domain;
pub mod stats;

// The language between the rooms.
pub mod action;
pub mod effect;
pub mod event;

// The core: pure.
pub mod backtest;
pub mod engine;

// The edges: what comes in from the world, and what goes out to it.
pub mod backends;
pub mod config;
pub mod feed;
pub mod feedback;
pub mod history;
pub mod journal;
pub mod metrics;
pub mod net;
pub mod probes;
pub mod recording;

// What a recording is good for.
pub mod report;

// What makes it live.
pub mod runtime;

// The screen.
pub mod keys;
pub mod term;
pub mod theme;
pub mod ui;

// The simulated world.
pub mod demo;

// The command line.
pub mod cli;
