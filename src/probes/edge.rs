//! An edge: whoever evaluates the flag for one synthetic user.
//!
//! In: a [`User`]. Out: an [`Answer`], or a [`Trouble`], which is no answer: it never means that nobody has the feature.
//! A kind of probe is an implementation of [`Edge`]; who is asked when, and what the answers come to, is the same for all.

use std::time::Duration;

use crate::domain::Text;
use crate::event::Promise;

/// A synthetic user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// The targeting key, stable for ever.
    pub key: String,
    /// Which segment, by its place in the [`Subject`](super::Subject).
    pub segment: usize,
}

/// What an edge serves to a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Whether the user has the feature.
    pub has_it: bool,
    /// The variant's name. `None`: the edge leaves it to the application's code.
    pub variant: Option<Text>,
    /// Whether the edge does not know the flag: then nobody has it, and somebody should know.
    pub is_unknown: bool,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// What failed, with a hint.
    pub cause: Text,
    /// What may mend it.
    pub remedy: Remedy,
}

/// What may mend a trouble.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remedy {
    /// Asking again.
    Again,
    /// Leaving the edge alone for this long, as it says itself.
    Pause(Duration),
    /// A person who changes the settings.
    Person,
}

/// What the canary saw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Look {
    /// Nothing has changed since the mark.
    Same,
    /// An answer.
    Seen {
        /// What the user has. `None`: the edge does not say it in this way.
        answer: Option<Answer>,
        /// What to show the edge the next time, if it takes such a thing.
        mark: Option<String>,
    },
}

/// Whoever evaluates the flag.
pub trait Edge: Send + Sync {
    /// Evaluates the flag for a user.
    fn ask<'a>(&'a self, user: &'a User) -> Promise<'a, Result<Answer, Trouble>>;

    /// Looks, as cheaply as the edge allows, whether anything has changed for a user since `mark`.
    fn look<'a>(&'a self, user: &'a User, mark: Option<&'a str>) -> Promise<'a, Result<Look, Trouble>>;

    /// Waits until the edge says by itself that flags have changed. One that never does waits for ever.
    fn hint(&self) -> Promise<'_, ()> {
        Box::pin(std::future::pending())
    }
}
