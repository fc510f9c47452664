//! The table `[screen]`: how the cockpit looks, and how it calls its user.
//!
//! In: the table, with places. Out: [`ScreenSettings`], or problems. What is left out is found out from the terminal;
//! flags of the command line go before what stands here.

use toml::de::DeValue;

use crate::config::fields::{Fields, Value};
use crate::config::problem::{Problem, Problems};
use crate::config::values;
use crate::theme::{Depth, Graphs};

/// The settings of `[screen]`, in the order in which they are shown.
pub(super) const SCREEN: [&str; 8] =
    ["theme", "ascii", "graphs", "colors", "mouse", "bell", "notify", "link"];

/// The word that leaves a choice to what the terminal says of itself.
const AUTO: &str = "auto";

/// How the screen looks, and how it calls its user.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ScreenSettings {
    /// A theme by name, or a file from the root or the home on. `None`: the default theme.
    pub theme: Option<String>,
    /// Whether to show only ASCII. `None`: as locale and terminal say.
    pub ascii: Option<bool>,
    /// How charts are drawn. `None`: blocks, or ASCII where only ASCII is shown.
    pub graphs: Option<Graphs>,
    /// How many colours to use. `None`: as many as the terminal says it has.
    pub colors: Option<Depth>,
    /// Whether the mouse may move the focus, scroll and zoom.
    pub mouse: bool,
    /// Whether the terminal's bell rings at a NO-GO.
    pub bell: bool,
    /// How a NO-GO is announced on the desktop.
    pub notify: Notify,
    /// The address of a page that shows a rollout at a moment, with `{rollout}` and `{time}` to be filled in. `None`:
    /// copied links are commands.
    pub link: Option<String>,
}

/// How the terminal is asked for a notification on the desktop.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Notify {
    /// Not at all.
    #[default]
    Off,
    /// `OSC 9`, as iTerm2, Windows Terminal and others take it.
    Osc9,
    /// `OSC 777`, as urxvt, foot, Ghostty and others take it.
    Osc777,
}

impl Notify {
    /// All of them with their words.
    pub const WORDS: [(&'static str, Self); 3] =
        [("off", Self::Off), ("osc9", Self::Osc9), ("osc777", Self::Osc777)];

    /// The word in the settings.
    #[must_use]
    pub fn word(self) -> &'static str {
        Self::WORDS.iter().find(|(_, notify)| *notify == self).map_or("off", |(word, _)| word)
    }
}

/// Reads one setting.
pub(super) fn read(screen: &mut ScreenSettings, name: &str, value: &Value<'_>, problems: &mut Problems) {
    match name {
        "theme" => screen.theme = theme(value, problems),
        "ascii" => screen.ascii = ascii(value, problems),
        "graphs" => {
            screen.graphs = choice(value, Graphs::ALL.map(|graphs| (graphs.word(), graphs)), problems)
        }
        "colors" => screen.colors = choice(value, Depth::ALL.map(|depth| (depth.word(), depth)), problems),
        "mouse" => screen.mouse = values::truth(value, problems).unwrap_or_default(),
        "bell" => screen.bell = values::truth(value, problems).unwrap_or_default(),
        "link" => screen.link = link(value, problems),
        _ => screen.notify = values::choice(value, &Notify::WORDS, problems).unwrap_or_default(),
    }
}

/// The fields of the table.
pub(super) fn fields<'a>(value: &'a Value<'a>, problems: &mut Problems) -> Option<Fields<'a>> {
    Fields::of(value, "`screen`", &SCREEN, problems)
}

/// A setting as TOML.
pub(super) fn show(screen: &ScreenSettings, name: &str) -> String {
    let quoted = |word: &str| toml::Value::from(word).to_string();
    match name {
        "theme" => quoted(screen.theme.as_deref().unwrap_or(crate::theme::DEFAULT)),
        "ascii" => screen.ascii.map_or_else(|| quoted(AUTO), |ascii| ascii.to_string()),
        "graphs" => quoted(screen.graphs.map_or(AUTO, Graphs::word)),
        "colors" => quoted(screen.colors.map_or(AUTO, Depth::word)),
        "mouse" => screen.mouse.to_string(),
        "bell" => screen.bell.to_string(),
        "link" => quoted(screen.link.as_deref().unwrap_or_default()),
        _ => quoted(screen.notify.word()),
    }
}

/// A name, or a file that is the same wherever gonogo is started.
fn theme(value: &Value<'_>, problems: &mut Problems) -> Option<String> {
    let word = values::text(value, "a theme", problems)?;
    if (word.contains('/') || word.ends_with(".toml")) && !word.starts_with('/') && !word.starts_with("~/") {
        let problem = Problem::new(value.span(), "a theme's file is named from the root, or from the home");
        problems.push(problem.hint("such as \"~/themes/mine.toml\"; or write the name of a theme"));
        return None;
    }
    Some(word.to_owned())
}

/// An address with places for a rollout's name and a time. `None`: it is empty, or no such thing.
fn link(value: &Value<'_>, problems: &mut Problems) -> Option<String> {
    let DeValue::String(template) = value.get_ref() else {
        problems.push(Problem::new(value.span(), "expected the address of a page, as text"));
        return None;
    };
    if template.is_empty() {
        return None;
    }
    let filled = template.replace("{rollout}", "x").replace("{time}", "x");
    let is_page = url::Url::parse(&filled).is_ok_and(|url| {
        matches!(url.scheme(), "http" | "https") && url.has_host() && url.password().is_none()
    });
    if is_page && !filled.contains(['{', '}']) && !filled.chars().any(|c| c.is_control() || c == ' ') {
        return Some(template.to_string());
    }
    let problem = Problem::new(value.span(), "this is no address of a page for a moment of a rollout");
    problems.push(
        problem.hint("such as \"https://status.example/{rollout}?at={time}\"; nothing else stands in braces"),
    );
    None
}

fn ascii(value: &Value<'_>, problems: &mut Problems) -> Option<bool> {
    match value.get_ref() {
        DeValue::Boolean(ascii) => Some(*ascii),
        DeValue::String(word) if word.as_ref() == AUTO => None,
        _ => {
            problems.push(Problem::new(value.span(), "expected `\"auto\"`, `true` or `false`"));
            None
        }
    }
}

/// One of a few words, or `auto`, which is `None`.
fn choice<T: Copy, const N: usize>(
    value: &Value<'_>,
    words: [(&'static str, T); N],
    problems: &mut Problems,
) -> Option<T> {
    let auto = std::iter::once((AUTO, None));
    let all: Vec<_> = auto.chain(words.map(|(word, choice)| (word, Some(choice)))).collect();
    values::choice(value, &all, problems).flatten()
}
