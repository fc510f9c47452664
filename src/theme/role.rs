//! The meanings that have a look of their own.
//!
//! In: nothing. Out: [`Role`], named by the screens and styled by the themes under the same word in
//! kebab-case. A new role is one line in the list below, and a line in `themes/default.toml` and
//! `themes/mono.toml` (a test names what is missing).

/// Writes the enum, the list of all roles and their words from one list.
macro_rules! roles {
    ($($(#[$doc:meta])+ $variant:ident = $word:literal,)+) => {
        /// What a piece of the screen means; the theme decides what it looks like.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Role { $($(#[$doc])+ $variant,)+ }

        impl Role {
            /// Every role, in the order of the enum.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// The word by which theme files name this role.
            pub fn word(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }
        }
    };
}

roles! {
    /// Body text; the terminal's own colour.
    Text = "text",
    /// Text of lesser weight: units, times, explanations.
    Dim = "dim",
    /// The title of a pane or screen.
    Title = "title",
    /// The frame of a pane.
    Border = "border",
    /// The frame of the pane that has the keys.
    BorderFocused = "border-focused",
    /// Verdict GO.
    Go = "go",
    /// Verdict WAIT: not enough evidence yet.
    Wait = "wait",
    /// Verdict HOLD: a warning, or the data is unhealthy.
    Hold = "hold",
    /// Verdict NO-GO, latched.
    NoGo = "no-go",
    /// The arm that has the feature.
    Treatment = "treatment",
    /// The arm that does not have the feature yet.
    Control = "control",
    /// A number older than twice its interval.
    Stale = "stale",
    /// A link that delivers.
    Live = "live",
    /// A link that is gone.
    Lost = "lost",
    /// Exposure that was asked for.
    Desired = "desired",
    /// Exposure that the backend has stored and that was read back.
    Confirmed = "confirmed",
    /// Exposure that an edge answers when it is probed.
    Served = "served",
    /// Exposure as seen in the users' events.
    Observed = "observed",
    /// The row or field that the next key acts on.
    Selected = "selected",
    /// A key, in the hint bar and the help.
    Key = "key",
    /// An action or field that cannot be used now.
    Disabled = "disabled",
    /// Something that makes harm possible: a kill, a typed confirmation, an unconfirmed effect.
    Danger = "danger",
    /// A change for the better, praise.
    Positive = "positive",
    /// A change for the worse, a complaint.
    Negative = "negative",
    /// The mark of a stage change in a chart.
    StageMark = "stage-mark",
    /// Axes and labels of a chart.
    ChartAxis = "chart-axis",
}

impl Role {
    /// The role of that word; `None` if there is none.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|role| role.word() == word)
    }
}
