//! Recording: every event that came in, in a file, so that it can be judged again.
//!
//! ```text
//! Session::take ─▶ Recorder ─(bounded queue)─▶ a thread of its own ─▶ lines of JSON
//!                                         lines of JSON ─▶ Recording ─▶ Event, Event, …
//! ```
//!
//! In: [`Event`](crate::event::Event)s. Out: a file of lines, one for each, below one line that says what the file
//! is ([`Header`]); `docs/recording.md` shows it. And back again.
//!
//! A slow disk never holds the loop: what has no place in the queue is left out, counted, and shown as a problem. A
//! file that is there is never overwritten. A process that was killed leaves a file whose last line may be cut; that
//! line is left out on reading, and counted.
//!
//! No event can hold a secret: tokens live in the adapters' settings, which are no part of an event. Comments of
//! customers are in it, so the file is readable by its owner only.
//!
//! This room must never judge an event or change one, and never imports the screen.
//!
//! Start reading at [`Recorder`], then [`Recording`].

mod error;
mod header;
mod line;
mod mark;
mod player;
mod reader;
mod recorder;
mod taken;
mod tape;
mod verify;

pub use error::RecordingError;
pub use header::{Header, VERSION};
pub use mark::{Kind, Mark, What};
pub use player::{Extent, Player, Progress, Target};
pub use reader::{Recording, is_recording};
pub use recorder::{Recorded, Recorder};
pub use taken::Taken;
pub use verify::{Difference, Finding, Verified, verify};
