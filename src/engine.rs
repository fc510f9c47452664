//! The engine: one pure function from events to the model, the verdicts and what shall be done.
//!
//! ```text
//! Event ─▶ update(&mut Model, &Event) ─▶ Vec<Effect>
//!            │ facts     flags, links, feedback, problems      → model
//!            │ samples   cumulative counts → increments        → series, watches (bets)
//!            │ judge     bets + freshness → cells, verdicts, latches
//!            │ acts      a request → plan → commands, records
//!            │ commands  outcomes of what was sent
//!            │ restore   lines of the journal
//!            │ served    what probed edges serve → the last step of a command, the measured reach
//!            ├ people    the goes of roles that a stage asks for
//!            └ autopilot an unanswered NO-GO, missing data, a stage that is baked → the same request that a key makes
//! &Model ─▶ forecast, coach   how soon a kill could be done, and what to do next: computed when asked for
//! &Model ─▶ brief             whether it needs somebody, for a list of many rollouts
//! &Model ◀▶ state             all of it as bytes and back, for the keyframes of a recording
//! ```
//!
//! In: [`Event`](crate::event::Event)s, one after the other; they carry the only time there is. Out: the changed [`Model`]
//! and [`Effect`](crate::effect::Effect)s.
//!
//! It never reads a clock, a random number, a file or the network, and it never panics: any event may come
//! in any state. The same fact twice changes nothing. The same events give the same model and the same
//! effects, bit for bit.
//!
//! Start reading at [`update`], then [`model`], then [`acts`].

pub mod acts;
pub mod appraise;
pub mod autopilot;
mod brief;
mod channel;
mod chronicle;
pub mod coach;
mod commands;
mod decision;
pub mod evidence;
mod exposure;
mod facts;
pub mod forecast;
mod health;
mod judge;
pub mod meter;
pub mod model;
mod outlook;
pub mod people;
mod restore;
pub mod series;
pub mod served;
pub mod state;
pub mod together;
mod tracked;
mod update;
pub mod watch;

pub use acts::{Move, Plan, plan};
pub use brief::{Brief, Exposed, Need, Oldest, is_unanswered};
pub use decision::Decision;
pub use model::{Autopilot, Model};
pub use outlook::Outlook;
pub use update::update;
