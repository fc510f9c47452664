//! Where flags are kept when their server takes no writes: a file, later a database.
//!
//! In: what a person saw, and what is to stand there instead. Out: done, or refused because something else stands
//! there by now. Flag adapters write through here and then see to it that their server has taken it up.
//!
//! A store knows bytes, no flags: it never validates and never decides. It must never leave half of something behind.
//! Start reading at [`file`].

pub mod file;
