//! The engine: one pure function from events to the model and to what shall be done.
pub mod acts;
mod meter;
pub mod model;
pub mod series;
mod watch;
pub use acts::{Move, Plan};
pub use model::{Autopilot, Model};
