//! The rules of the house as data: one line each, with its reason.

/// Which other rooms these rooms may know, if they may not know all of them.
pub struct Knows {
    /// The rooms.
    pub rooms: &'static [&'static str],
    /// The only rooms that they import besides themselves.
    pub only: &'static [&'static str],
    /// Why.
    pub reason: &'static str,
}

/// What these rooms never touch.
pub struct Never {
    /// The rooms; empty for all of them.
    pub rooms: &'static [&'static str],
    /// But not these rooms or files.
    pub except: &'static [&'static str],
    /// Beginnings of paths.
    pub paths: &'static [&'static str],
    /// Why.
    pub reason: &'static str,
}

const WORLD: &[&str] =
    &["tokio", "reqwest", "tokio_tungstenite", "crossterm", "std::fs", "std::net", "std::env"];
const CLOCKS: &[&str] =
    &["std::time::Instant", "std::time::SystemTime", "chrono::Utc::now", "chrono::Local", "tokio::time"];
const PURE: &[&str] = &["domain", "stats", "event", "action", "effect", "engine", "backtest", "planning"];
const SCREEN: &[&str] = &["ui", "theme", "keys"];
const ADAPTERS: &[&str] = &["backends", "metrics", "feedback", "probes"];

/// Rooms with a short list of acquaintances.
#[rustfmt::skip]
pub const KNOWS: &[Knows] = &[
    Knows { rooms: &["domain", "stats"], only: &[], reason: "everybody builds on them" },
    Knows { rooms: &["action"], only: &["domain"], reason: "the language between the rooms knows no room" },
    Knows { rooms: &["effect"], only: &["domain", "action"], reason: "a command carries the verb that it is part of" },
    Knows { rooms: &["event"], only: &["domain", "action", "effect"], reason: "requests and outcomes come in as events" },
    Knows { rooms: &["net"], only: &["domain", "event"], reason: "it knows no provider" },
    Knows { rooms: &["feed"], only: &["domain", "event", "net"], reason: "the protocol is shared by adapters and servers" },
];

/// Who never touches what.
#[rustfmt::skip]
pub const NEVER: &[Never] = &[
    Never { rooms: PURE, except: &[], paths: WORLD, reason: "pure: what it needs to know comes in as an event" },
    Never { rooms: PURE, except: &[], paths: CLOCKS, reason: "pure: time comes in as events, or a replay would differ" },
    Never { rooms: PURE, except: &[], paths: &["ratatui"], reason: "the truth knows no screen" },
    Never { rooms: PURE, except: &[], paths: &["rand"], reason: "the same events give the same model, bit for bit" },
    Never { rooms: &["engine", "backtest", "planning"], except: &[], paths: &["crate::runtime", "crate::backends", "crate::metrics", "crate::feedback", "crate::probes", "crate::net", "crate::feed", "crate::ui", "crate::term"], reason: "the core decides; others fetch and show" },
    Never { rooms: SCREEN, except: &[], paths: &["tokio", "reqwest", "crossterm"], reason: "drawing is pure; the terminal has one owner" },
    Never { rooms: SCREEN, except: &[], paths: &["crate::runtime", "crate::backends", "crate::metrics", "crate::feedback", "crate::probes"], reason: "the screen reads the model and nothing else" },
    Never { rooms: ADAPTERS, except: &[], paths: &["crate::engine", "crate::ui", "crate::term"], reason: "an adapter reports and obeys; it never judges" },
    Never { rooms: &["backends"], except: &[], paths: &["crate::metrics", "crate::feedback", "crate::probes"], reason: "one adapter can be taken out without another" },
    Never { rooms: &["metrics"], except: &[], paths: &["crate::backends", "crate::feedback", "crate::probes"], reason: "one adapter can be taken out without another" },
    Never { rooms: &["feedback"], except: &[], paths: &["crate::backends", "crate::metrics", "crate::probes"], reason: "one adapter can be taken out without another" },
    Never { rooms: &["probes"], except: &[], paths: &["crate::backends", "crate::metrics", "crate::feedback"], reason: "what checks a backend takes no word of it" },
    Never { rooms: &["term"], except: &[], paths: &["crate::engine", "crate::domain", "crate::ui"], reason: "it moves bytes and knows no rollout" },
    Never { rooms: &["recording", "journal", "report", "history"], except: &[], paths: &["crate::ui", "crate::term", "ratatui", "crossterm"], reason: "what is written down outlives the screen" },
    Never { rooms: &["recording", "report", "history"], except: &[], paths: &["tokio", "reqwest", "std::net", "crate::net", "crate::feed", "crate::backends", "crate::metrics", "crate::feedback", "crate::probes", "crate::runtime"], reason: "a replay and a report open no network" },
    Never { rooms: &["demo"], except: &[], paths: &["crate::engine", "crate::runtime", "crate::backends", "crate::metrics", "crate::feedback", "crate::probes"], reason: "the simulated world is reached over its socket, like any other" },
    Never { rooms: &[], except: &["term"], paths: &["crossterm"], reason: "two users of crossterm restore the terminal wrongly" },
    Never { rooms: &[], except: &["main", "cli"], paths: &["crate::main", "crate::cli", "gonogo::cli"], reason: "commands use the house, not the other way round" },
    Never { rooms: &[], except: &["src/runtime/clock.rs"], paths: &["std::time::Instant::now", "std::time::SystemTime::now", "chrono::Utc::now", "chrono::Local::now"], reason: "one clock, in one file, or tests and replays drift" },
];

/// Calls that end the program or were not meant to stay, as they follow each other in the source.
#[rustfmt::skip]
pub const CALLS: &[(&[&str], &str)] = &[
    (&[".", "unwrap", "("], "an error is handled or handed on"),
    (&["::", "unwrap"], "an error is handled or handed on"),
    (&[".", "expect", "("], "an error is handled or handed on"),
    (&["panic", "!"], "update is total, and so is the rest"),
    (&["todo", "!"], "unfinished"),
    (&["unimplemented", "!"], "unfinished"),
    (&["dbg", "!"], "not meant to stay"),
];

/// The longest file, in lines: what a reviewer reads in one sitting.
pub const MAX_LINES: usize = 500;

/// What the median of all files must not exceed.
pub const MAX_MEDIAN: usize = 150;
