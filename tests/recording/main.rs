//! Recordings: what is written is what is read, wherever one reads, and whatever happened to the file.
//!
//! `story` makes events and files; `writing` is about the recorder, `reading` about whole files and old versions,
//! `archive` about any place in them, `damage` about files that were cut off or changed, `full` about full disks,
//! `killed` about processes that are.
#![allow(clippy::expect_used, clippy::panic, reason = "a helper of a test that cannot go on fails it")]

mod archive;
mod damage;
mod full;
mod killed;
mod reading;
mod story;
mod writing;
