//! Recording: every event that came in, in a file, so that it can be judged again.
//!
//! ```text
//! Session::take ─▶ Recorder ─(bounded queue)─▶ a thread of its own ─▶ Writer ─▶ blocks of lines, compressed
//!                                       a pipe or a file ─▶ Recording ─▶ Taken, Taken, …
//!                               a file, at any place in it ─▶ Archive ─▶ blocks, marks, keyframes ─▶ Events
//! ```
//!
//! In: [`Event`](crate::event::Event)s and what was decided on them. Out: a file that `zstd -dc` prints as lines of
//! JSON, the first of which says what it is ([`Header`]); `docs/recording.md` shows every byte. And back again.
//!
//! A slow disk never holds the loop: what has no place in the queue is left out, counted, and shown as a problem. A
//! file that is there is never overwritten. A process that was killed leaves a file that can be read up to its last
//! second. What is read back is what was written, or it is said where and why not ([`Damage`]).
//!
//! No event can hold a secret: tokens live in the adapters' settings, which are no part of an event. Comments of
//! customers are in it, so the file is readable by its owner only.
//!
//! This room must never judge an event or change one, and never imports the screen.
//!
//! Start reading at [`Recorder`], then [`Writer`], [`Recording`] and [`Archive`]; the bytes are in `block`.

mod archive;
mod block;
mod damage;
mod error;
mod events;
mod folder;
mod header;
mod index;
mod keeper;
mod keyframe;
mod line;
mod mark;
mod player;
mod reader;
mod recorder;
mod redact;
mod reel;
mod store;
mod stream;
mod taken;
mod tape;
mod text;
mod verify;
mod writer;

pub use archive::{Archive, Extent};
pub use damage::Damage;
pub use error::RecordingError;
pub use events::Events;
pub use folder::{Folder, Held, Keep, Tidied};
pub use header::{Header, VERSION};
pub use index::Block;
pub use keeper::Keeper;
pub use keyframe::Keyframe;
pub use mark::{Kind, Mark, What};
pub use player::{Player, Progress, Target};
pub use reader::{Recording, is_recording};
pub use recorder::{Freeze, Recorded, Recorder};
pub use redact::{Redacted, Redactor, redact};
pub use taken::Taken;
pub use tape::Tape;
pub use verify::{Difference, Finding, Verified, verify};
pub use writer::Writer;
