//! What a flag backend is able to do: said by its adapter, shown before somebody relies on it.
//!
//! One line of the table of backends: in `gonogo check`, on the sources screen, in `docs/backends.md`.
//! The engine asks it only for the smallest thing that can be switched off.

use serde::{Deserialize, Serialize};

/// What a backend is able to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct Capabilities {
    /// How a change made elsewhere comes to us.
    pub news: News,
    /// Which shares a segment can be given.
    pub widen: Widening,
    /// What a pause does there.
    pub pause: Pausing,
    /// What happens when two people write at once.
    pub concurrency: Concurrency,
    /// The smallest thing that can be switched off.
    pub kill: KillScope,
    /// What a user gets once the flag is off.
    pub off: OffMeans,
    /// Whether a change can be tried there without being made.
    pub rehearses: bool,
}

/// Declares an enum of plain choices, each with its words for people. The first one is what is assumed of a
/// backend in a recording that does not say.
macro_rules! choices {
    ($(#[$meta:meta])* $name:ident { $($(#[$variant_meta:meta])* $variant:ident => $words:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        pub enum $name {
            $($(#[$variant_meta])* $variant,)+
        }

        impl $name {
            /// In words.
            #[must_use]
            pub const fn words(self) -> &'static str {
                match self {
                    $(Self::$variant => $words,)+
                }
            }
        }
    };
}

choices! {
    /// How a change made elsewhere comes to us.
    News {
        /// The backend tells us at once.
        #[default]
        Push => "pushed",
        /// We ask again and again.
        Poll => "polled",
    }
}

choices! {
    /// Which shares a segment can be given.
    Widening {
        /// Any share that the plan has.
        #[default]
        Any => "any share",
        /// Whole percents only.
        WholePercents => "whole percents",
        /// Only the steps that the backend knows.
        FixedSteps => "fixed steps",
        /// None: it is looked at only.
        Refused => "not possible",
    }
}

choices! {
    /// What a pause does at the backend.
    Pausing {
        /// Nothing: nothing moves there by itself, and we do not widen meanwhile.
        #[default]
        Held => "held by gonogo",
        /// It stops a ramp that the backend would have gone on with.
        Freezes => "freezes the ramp there",
    }
}

choices! {
    /// What happens when two people write at once.
    Concurrency {
        /// The second is refused: the write names what it replaces.
        #[default]
        CompareAndSet => "the later write is refused",
        /// Both are taken; we look afterwards whether ours replaced another one, and say so.
        VerifiedAfter => "seen afterwards",
        /// The last one wins, and nobody is told.
        Unguarded => "the last one wins",
    }
}

choices! {
    /// The smallest thing that a backend can switch off.
    KillScope {
        /// A single segment.
        #[default]
        Segment => "single segments or the whole flag",
        /// Only the whole flag.
        Flag => "the whole flag only",
    }
}

choices! {
    /// What a user gets once the flag is off.
    OffMeans {
        /// Whatever the flag service decides.
        #[default]
        ServiceDecides => "what the service decides",
        /// The default in the application's code: no variation of the flag.
        CodeDefault => "the default in the code",
        /// A variation of the flag that was chosen for that.
        Variation => "the flag's off variation",
    }
}

impl Capabilities {
    /// Each capability with its words: one line of the table.
    #[must_use]
    pub const fn lines(self) -> [(&'static str, &'static str); 7] {
        [
            ("changes are", self.news.words()),
            ("widen to", self.widen.words()),
            ("pause", self.pause.words()),
            ("two at once", self.concurrency.words()),
            ("kill", self.kill.words()),
            ("off means", self.off.words()),
            ("dry run", if self.rehearses { "yes" } else { "no" }),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_older_recording_does_not_say_is_assumed() -> Result<(), serde_json::Error> {
        let read: Capabilities = serde_json::from_str(r#"{"kill":"flag"}"#)?;
        assert_eq!(read, Capabilities { kill: KillScope::Flag, ..Capabilities::default() });
        assert_eq!(read.lines()[4], ("kill", "the whole flag only"));
        Ok(())
    }
}
