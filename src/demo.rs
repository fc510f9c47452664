//! The simulated world behind `gonogo demo`: customers, a flag service, its metrics and what
//! people say, on a real websocket.
//!
//! ```text
//!  demo/scenarios/*.toml ─▶ Scenario ─▶ World (pure, seeded) ◀─step, set─ server ◀═ feed protocol ═▶ cockpits
//!                              └─▶ rollout_toml(url): the file that the cockpit watches it with
//! ```
//!
//! In: a [`Scenario`] and a seed. Out: a [`Served`] world on an address. The cockpit attaches to it
//! through the same adapters as to any other flag service: there is no shortcut between the two, so
//! that what works here works outside.
//!
//! It must never reach anything but its own listener, read a wall clock (the start is handed in),
//! or behave differently for the same seed and the same commands. It listens on loopback only,
//! unless a token is required.
//!
//! Start reading at [`scenario`], then [`world`], then [`server`]. A new scenario is one file in
//! `demo/scenarios/` and one line in `scenario/shelf.rs`. Beside the worlds that are played there are recordings of
//! rollouts that took days: [`recordings()`]; and several worlds at once: [`fleet()`].

mod fleet;
mod recordings;
pub mod scenario;
pub mod server;
pub mod world;

pub use fleet::{ABOUT as ABOUT_FLEET, FLEET, fleet};
pub use recordings::{recording, recordings};
pub use scenario::{Listed, Scenario, ScenarioError, find, list};
pub use server::{ServeError, Served, Snapshot, serve};
pub use world::{Getting, World};
