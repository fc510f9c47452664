//! Where flags are kept when their server takes no writes: a file, PostgreSQL, Redis.
//!
//! In: what a person saw, and what is to stand there instead. Out: done, or that something else stands there by now.
//! Flag adapters write through here and then see to it that their server has taken it up.
//!
//! A store knows contents, no flags: it never validates and never decides. It never creates or deletes a flag, and
//! leaves nothing half done. Start reading at [`Store`].

pub mod file;
pub mod json_file;
pub mod postgres;
pub mod redis;

use std::fmt::Debug;

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::event::Promise;

/// The `store = { kind = …, … }` of a backend.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Settings {
    /// A JSON document with all flags.
    File(json_file::Settings),
    /// A table with a row for each flag.
    Postgres(postgres::Settings),
    /// A key for each flag.
    Redis(redis::Settings),
}

/// Keeps flags, each as a JSON object.
pub trait Store: Debug + Send + Sync {
    /// Reads a flag; `None`: there is none of this name.
    fn read<'a>(&'a self, flag: &'a str) -> Promise<'a, Result<Option<Kept>, StoreError>>;

    /// Puts another content in the place of what was read, if that still stands there.
    fn replace<'a>(
        &'a self,
        flag: &'a str,
        old: &'a Kept,
        new: &'a Map<String, Value>,
    ) -> Promise<'a, Result<Swap, StoreError>>;

    /// Whether we may write a flag, found out without writing. An error is why it cannot be found out.
    fn may_write<'a>(&'a self, flag: &'a str) -> Promise<'a, Result<bool, StoreError>>;
}

/// A flag as it is stored.
#[derive(Debug, Clone, PartialEq)]
pub struct Kept {
    /// The flag.
    pub flag: Map<String, Value>,
    /// The stored text, by which the store knows it again.
    pub text: String,
}

impl Kept {
    /// Reads a stored text.
    ///
    /// # Errors
    /// [`StoreError::Refused`] when it is no JSON object.
    pub fn new(text: String, place: &str) -> Result<Self, StoreError> {
        let flag = serde_json::from_str(&text).map_err(|error| {
            StoreError::Refused(format!(
                "what {place} holds is no flag in JSON: {error}. hint: mend it there"
            ))
        })?;
        Ok(Self { flag, text })
    }
}

/// What came of a replacement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Swap {
    /// The new content stands there.
    Done,
    /// Something else stood there: nothing was changed.
    Conflict,
}

/// Why a store could not be read or written. No text of it holds a credential.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// It said no: nothing was changed.
    #[error("{0}")]
    Refused(String),
    /// No usable answer. After a write: it may or may not have happened.
    #[error("{0}")]
    Lost(String),
}

/// Opens a store; nothing is connected yet.
///
/// # Errors
/// In words, why the settings cannot work.
pub fn open(settings: &Settings) -> Result<Box<dyn Store>, String> {
    Ok(match settings {
        Settings::File(settings) => Box::new(json_file::JsonFile::new(settings)?),
        Settings::Postgres(settings) => Box::new(postgres::Postgres::new(settings)?),
        Settings::Redis(settings) => Box::new(redis::Redis::new(settings)?),
    })
}
