//! Actions: the one list of everything that a person or the autopilot can ask for.
//!
//! [`ACTIONS`] feeds the keymap, the hint bar, the help overlay, the one-shot verbs and the table
//! in the README. Adding an action is one line here and, if it acts on the rollout, one file in
//! `engine/acts/`.
//!
//! A [`Request`] is an action on its way: who, what, on which target, as seen at which version.
//! Keys, one-shot verbs and the autopilot all make the same request; there is no other way to
//! change an exposure.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::domain::{Actor, Percent, PlatformName, RoleName, SegmentName, Text, Version};

/// Which way an action moves the number of exposed users; danger has a direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Danger {
    /// Changes what is shown, nothing else.
    View,
    /// Changes nobody's exposure.
    Harmless,
    /// Exposes fewer: easy, `enter` is on *do it*.
    Stops,
    /// Exposes more: guarded, `enter` is on *cancel*.
    Grows,
}

/// Where an action makes sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Where {
    /// In every cockpit: it only changes what is looked at.
    Everywhere,
    /// On a rollout that goes on. In a replay it is shown, cannot be done, and its key says why.
    Live,
    /// In a replay only. A live cockpit neither shows nor obeys it.
    Replay,
}

/// One line of the list.
#[derive(Debug, Clone, Copy)]
pub struct Spec {
    /// What it is.
    pub verb: Verb,
    /// Its kebab-case word, the same in help, log and command line.
    pub name: &'static str,
    /// The keys that ask for it as they are built in, in the notation of `keys`: a key, or a prefix and a key. A person may
    /// have changed them: see `keys::Bindings`.
    pub chords: &'static [&'static str],
    /// Which way it moves.
    pub danger: Danger,
    /// Where it makes sense.
    pub place: Where,
    /// What it does, for the help overlay.
    pub help: &'static str,
}

/// The titles of the groups of the list, each from its first action on.
pub const GROUPS: &[(Verb, &str)] = &[
    (Verb::Widen, "On a rollout that goes on"),
    (Verb::First, "In a list of a rollout that goes on"),
    (Verb::Play, "In a replay"),
    (Verb::NextPane, "Everywhere: looking around"),
    (Verb::Fleet, "Everywhere: screens"),
    (Verb::Copy, "Everywhere: copying"),
    (Verb::NextTheme, "Everywhere: how it looks"),
    (Verb::Palette, "Everywhere: gonogo itself"),
];

/// The list in its groups: title and actions of each, in the order of the help.
pub fn groups() -> impl Iterator<Item = (&'static str, &'static [Spec])> {
    let start = |verb: Verb| ACTIONS.iter().position(|spec| spec.verb == verb).unwrap_or(0);
    GROUPS.iter().enumerate().map(move |(index, (verb, title))| {
        let end = GROUPS.get(index + 1).map_or(ACTIONS.len(), |(next, _)| start(*next));
        (*title, ACTIONS.get(start(*verb)..end).unwrap_or_default())
    })
}

/// The titles of prefixes: what a key begins that waits for another.
pub const PREFIXES: &[(&str, &str)] = &[("y", "copy"), ("z", "look")];

macro_rules! actions {
    ($($verb:ident, $name:literal, [$($chord:literal),*], $danger:ident, $place:ident, $help:literal;)+) => {
        /// What can be asked for.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        pub enum Verb {
            $(#[doc = $help] $verb,)+
        }

        /// Everything that can be asked for, in the order of the help overlay.
        pub const ACTIONS: &[Spec] = &[
            $(Verb::$verb.spec(),)+
        ];

        impl Verb {
            /// Its line of the list.
            #[must_use]
            pub const fn spec(self) -> Spec {
                match self {
                    $(Self::$verb => Spec {
                        verb: Self::$verb,
                        name: $name,
                        chords: &[$($chord),*],
                        danger: Danger::$danger,
                        place: Where::$place,
                        help: $help,
                    },)+
                }
            }
        }
    };
}

actions! {
    Widen,        "widen",         ["w"],           Grows,    Live,       "widen the focused segment to its next stage";
    Pause,        "pause",         ["p"],           Harmless, Live,       "pause: no widening until somebody resumes; the exposure stays";
    Resume,       "resume",        ["r"],           Grows,    Live,       "resume after a pause, or bring back what was killed";
    RollBack,     "rollback",      ["u"],           Stops,    Live,       "roll the focused segment back one stage";
    Kill,         "kill",          ["K"],           Stops,    Live,       "kill: nobody in the focused scope gets the feature";
    Clear,        "clear",         ["c"],           Harmless, Live,       "clear a NO-GO or sample ratio; counting starts anew";
    Approve,      "approve",       ["g"],           Harmless, Live,       "give your role's go for the segment's next stage";
    Note,         "note",          ["n"],           Harmless, Live,       "write a note into the journal";
    First,        "first",         ["home"],        View,     Live,       "go to the first row or line; in a replay the key is its own";
    Last,         "last",          ["end"],         View,     Live,       "go to the last row or line";
    Play,         "play-pause",    ["space"],       View,     Replay,     "play or pause; at the end: begin anew";
    Step,         "step",          ["."],           View,     Replay,     "one event forward, and pause";
    StepBack,     "step-back",     [","],           View,     Replay,     "one event back, and pause";
    NextDecision, "next-decision", ["]", "d"],      View,     Replay,     "go to the next decision: a verdict, a stage or an action";
    PrevDecision, "prev-decision", ["[", "D"],      View,     Replay,     "go to the decision before";
    NextVerdict,  "next-verdict",  ["v"],           View,     Replay,     "go to the next change of a verdict";
    PrevVerdict,  "prev-verdict",  ["V"],           View,     Replay,     "go to the change of a verdict before";
    NextAction,   "next-action",   ["x"],           View,     Replay,     "go to the next action of a person or the autopilot";
    PrevAction,   "prev-action",   ["X"],           View,     Replay,     "go to the action before";
    NextStage,    "next-stage",    ["s"],           View,     Replay,     "go to the next change of an exposure";
    PrevStage,    "prev-stage",    ["S"],           View,     Replay,     "go to the change of an exposure before";
    Faster,       "faster",        ["+", "="],      View,     Replay,     "play faster, up to 1000×";
    Slower,       "slower",        ["-"],           View,     Replay,     "play slower, down to 1×";
    GoTo,         "go-to",         ["t"],           View,     Replay,     "go to a time: 14:02, a date, +5m, -30s, 50%";
    Bookmark,     "bookmark",      ["m"],           View,     Replay,     "set a bookmark here, or take it away; kept for the next time";
    NextBookmark, "next-bookmark", ["b", "'"],      View,     Replay,     "go to the next bookmark";
    PrevBookmark, "prev-bookmark", ["B", "\""],     View,     Replay,     "go to the bookmark before";
    Start,        "start",         ["home"],        View,     Replay,     "go to the beginning";
    End,          "end",           ["end"],         View,     Replay,     "go to the end, and pause";
    NextPane,     "next-pane",     ["tab"],         View,     Everywhere, "go to the next pane";
    PrevPane,     "prev-pane",     ["backtab"],     View,     Everywhere, "go to the previous pane";
    Up,           "up",            ["up", "k"],     View,     Everywhere, "move up";
    Down,         "down",          ["down", "j"],   View,     Everywhere, "move down";
    Left,         "left",          ["left", "h"],   View,     Everywhere, "move left";
    Right,        "right",         ["right", "l"],  View,     Everywhere, "move right";
    PageUp,       "page-up",       ["pageup"],      View,     Everywhere, "move up by a screen";
    PageDown,     "page-down",     ["pagedown"],    View,     Everywhere, "move down by a screen";
    NextRollout,  "next-rollout",  ["}"],           View,     Everywhere, "look at the next rollout";
    PrevRollout,  "prev-rollout",  ["{"],           View,     Everywhere, "look at the rollout before";
    Filter,       "filter",        ["/"],           View,     Everywhere, "show only the rows of a list that have these words";
    Zoom,         "zoom",          ["enter"],       View,     Everywhere, "open what is focused";
    Back,         "back",          ["esc"],         View,     Everywhere, "close what is open, or go back to the screen before";
    Fleet,        "fleet",         ["0"],           View,     Everywhere, "all rollouts, those that need somebody first";
    Main,         "main",          ["1"],           View,     Everywhere, "one rollout at a glance";
    Segment,      "segment",       ["2"],           View,     Everywhere, "everything measured in the selected segment";
    Evidence,     "evidence",      ["3"],           View,     Everywhere, "why each station says what it says";
    Feedback,     "feedback",      ["4"],           View,     Everywhere, "what customers say";
    Plan,         "plan",          ["5"],           View,     Everywhere, "the ladder of stages, where it stands, and when it is done";
    Timeline,     "timeline",      ["6"],           View,     Everywhere, "what happened";
    Sources,      "sources",       ["7", "o"],      View,     Everywhere, "links and platforms: what each can do, stores and serves";
    Wall,         "wall",          ["8"],           View,     Everywhere, "for a projector: how far, and is it all right";
    Copy,         "copy-line",     ["y y"],         View,     Everywhere, "send the selected line to the terminal's clipboard";
    CopyLink,     "copy-link",     ["y l"],         View,     Everywhere, "send a link to what is selected there";
    CopyName,     "copy-name",     ["y n"],         View,     Everywhere, "send the name or id of what is selected there";
    NextTheme,    "next-theme",    ["z t"],         View,     Everywhere, "the next theme, for this session";
    NextGraphs,   "next-graphs",   ["z g"],         View,     Everywhere, "graphs of braille, blocks or ASCII, for this session";
    Sort,         "sort",          ["z s"],         View,     Everywhere, "sort the fleet: by who needs you, name, verdict, phase or age";
    Mouse,        "mouse",         ["z m"],         View,     Everywhere, "mouse on or off: it focuses, scrolls and zooms, and never acts";
    Palette,      "palette",       [":"],           View,     Everywhere, "find an action, a screen, a segment or a rollout by its name";
    Help,         "help",          ["?", "f1"],     View,     Everywhere, "show all keys";
    Redraw,       "redraw",        ["ctrl-l"],      View,     Everywhere, "draw the whole screen again";
    Suspend,      "suspend",       ["ctrl-z"],      View,     Everywhere, "stop gonogo and go back to the shell; `fg` comes back";
    Quit,         "quit",          ["q", "ctrl-c"], View,     Everywhere, "leave; the rollout goes on as it is";
}

impl Verb {
    /// Whether its key works whatever else is going on, also while a prefix waits for its second key.
    #[must_use]
    pub const fn is_brake(self) -> bool {
        matches!(self, Self::Kill | Self::Pause)
    }
}

/// What an action is aimed at. `None` means all of them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub struct Scope {
    /// One segment, or the whole rollout.
    pub segment: Option<SegmentName>,
    /// One platform, or all of them.
    pub platform: Option<PlatformName>,
}

impl Scope {
    /// One segment on all platforms.
    #[must_use]
    pub const fn segment(name: SegmentName) -> Self {
        Self { segment: Some(name), platform: None }
    }
}

impl std::fmt::Display for Scope {
    /// `everything`, `enterprise`, `enterprise at web`, `everything at web`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.segment {
            Some(segment) => write!(f, "{segment}")?,
            None => write!(f, "everything")?,
        }
        match &self.platform {
            Some(platform) => write!(f, " at {platform}"),
            None => Ok(()),
        }
    }
}

/// An action on its way to the engine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// Who asks.
    pub actor: Actor,
    /// For what.
    pub verb: Verb,
    /// On what.
    pub scope: Scope,
    /// The exposure to go to. `None`: the next stage of the ladder.
    pub to: Option<Percent>,
    /// Why, in the actor's words. Needed past a verdict that is not GO.
    pub reason: Option<Text>,
    /// The rollout's name as the person typed it: needed to resume a kill.
    pub typed_name: Option<Text>,
    /// The role on whose behalf a go is given. `None`: none was named.
    #[serde(default)]
    pub role: Option<RoleName>,
    /// The variant that shall get all users of the segment. `None`: variants keep their proportions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub winner: Option<Text>,
    /// The version of each platform's flag that the actor saw. What makes the exposure larger is
    /// refused if a platform has moved on since; what stops is not.
    pub seen: BTreeMap<PlatformName, Version>,
}

impl Request {
    /// A request without target exposure, reason, role or seen versions.
    #[must_use]
    pub const fn new(actor: Actor, verb: Verb, scope: Scope) -> Self {
        Self {
            actor,
            verb,
            scope,
            to: None,
            reason: None,
            typed_name: None,
            role: None,
            winner: None,
            seen: BTreeMap::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_action_has_its_own_name_and_help() {
        let mut names: Vec<_> = ACTIONS.iter().map(|spec| spec.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), ACTIONS.len(), "two actions share a name");
        assert!(ACTIONS.iter().all(|spec| !spec.help.is_empty() && spec.verb.spec().name == spec.name));
    }

    #[test]
    fn every_action_is_in_one_group_whose_keys_are_active_in_one_place() {
        let in_groups: Vec<_> = groups().flat_map(|(_, specs)| specs).map(|spec| spec.verb).collect();
        let listed: Vec<_> = ACTIONS.iter().map(|spec| spec.verb).collect();
        assert_eq!(in_groups, listed);
        for (title, specs) in groups() {
            assert!(specs.iter().all(|spec| spec.place == specs[0].place), "{title}");
        }
    }
}
