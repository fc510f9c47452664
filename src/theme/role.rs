//! The meanings that have a look of their own.
//!
//! In: nothing. Out: [`Role`], named by the screens and styled by the themes under the same word in
//! kebab-case. A new role is one line in the list below. It says which role it is like where a theme does not name it,
//! so that a new one never leaves a hole in somebody's own theme.

/// Writes the enum, the list of all roles, their words and whom they are like from one list.
macro_rules! roles {
    ($($(#[doc = $doc:literal])+ $variant:ident = $word:literal $(like $kin:ident)?,)+) => {
        /// What a piece of the screen means; the theme decides what it looks like.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Role { $($(#[doc = $doc])+ $variant,)+ }

        impl Role {
            /// Every role, in the order of the enum.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// The word by which theme files name this role.
            pub fn word(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }

            /// The role whose look this one has where a theme does not name it. `None`: no look of its own.
            pub fn kin(self) -> Option<Self> {
                let kin: &[Self] = match self { $(Self::$variant => &[$(Self::$kin)?],)+ };
                kin.first().copied()
            }

            /// What this role is for, in a sentence.
            pub fn about(self) -> &'static str {
                match self { $(Self::$variant => concat!($($doc),+).trim_ascii(),)+ }
            }
        }
    };
}

roles! {
    /// Body text; the terminal's own colour.
    Text = "text",
    /// Text of lesser weight: units, times, explanations.
    Dim = "dim" like Text,
    /// The title of a pane or screen.
    Title = "title" like Text,
    /// The frame of a pane.
    Border = "border" like Dim,
    /// The frame of the pane that has the keys.
    BorderFocused = "border-focused" like Title,
    /// Verdict GO.
    Go = "go" like Text,
    /// Verdict WAIT: not enough evidence yet.
    Wait = "wait" like Dim,
    /// Verdict HOLD: a warning, or the data is unhealthy.
    Hold = "hold" like Title,
    /// Verdict NO-GO, latched.
    NoGo = "no-go" like Title,
    /// The arm that has the feature.
    Treatment = "treatment" like Text,
    /// The arm that does not have the feature yet.
    Control = "control" like Dim,
    /// A number older than twice its interval.
    Stale = "stale" like Dim,
    /// A link that delivers.
    Live = "live" like Go,
    /// A link that is gone.
    Lost = "lost" like NoGo,
    /// Exposure that was asked for.
    Desired = "desired" like Text,
    /// Exposure that the backend has stored and that was read back.
    Confirmed = "confirmed" like Text,
    /// Exposure that an edge answers when it is probed.
    Served = "served" like Confirmed,
    /// Exposure as seen in the users' events.
    Observed = "observed" like Text,
    /// The row or field that the next key acts on.
    Selected = "selected" like Title,
    /// A key, in the hint bar and the help.
    Key = "key" like Title,
    /// An action or field that cannot be used now.
    Disabled = "disabled" like Dim,
    /// Something that makes harm possible: a kill, a typed confirmation, an unconfirmed effect.
    Danger = "danger" like NoGo,
    /// A change for the better, praise.
    Positive = "positive" like Go,
    /// A change for the worse, a complaint.
    Negative = "negative" like NoGo,
    /// The mark of a stage change in a chart.
    StageMark = "stage-mark" like Title,
    /// Axes and labels of a chart.
    ChartAxis = "chart-axis" like Dim,
}

impl Role {
    /// The role of that word; `None` if there is none.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|role| role.word() == word)
    }
}
