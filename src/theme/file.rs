//! Theme files: TOML in, a style for each role out.
//!
//! ```toml
//! title = "Dark"
//! inherits = "default"              # what is not said here is said there
//! [palette]
//! moss = "#3fb950"                  # "#rrggbb", an ANSI name, or 0 to 255
//! [roles]
//! go = { fg = "moss", bold = true } # a palette name or a colour; bg, dim, reverse, underline
//! live = { like = "go" }            # the look of another role; what is said beside it changes it
//! ```
//!
//! A theme that inherits may exchange single palette colours: all roles that name them follow. A role
//! that is named again is replaced as a whole. One that nobody names looks like the role that it is like
//! ([`Role::kin`]), so that a role of tomorrow breaks no theme of today.
//!
//! In: the text and what messages call it. Out: a `Sheet` at full colour depth, or a [`ThemeError`] that names every
//! fault with line, column and what was probably meant. A theme inherits only from those that come with the program.

use std::collections::BTreeMap;

use ratatui::style::{Color, Modifier, Style};
use thiserror::Error;
use toml::de::{DeTable, DeValue};

use super::{Role, shipped};
use crate::config::{self, Fields, Problem, Problems, SourceText, Value, did_you_mean, printable};

/// Longest chain of `inherits`; more is a circle or a puzzle.
const MAX_ANCESTORS: usize = 4;

/// What a theme may say.
const FIELDS: [&str; 4] = ["title", "inherits", "palette", "roles"];
/// What a role may say.
const LOOK: [&str; 7] = ["fg", "bg", "like", "bold", "dim", "reverse", "underline"];
/// The names that every terminal gives its colours.
const ANSI: [&str; 16] = [
    "black",
    "red",
    "green",
    "yellow",
    "blue",
    "magenta",
    "cyan",
    "gray",
    "dark-gray",
    "light-red",
    "light-green",
    "light-yellow",
    "light-blue",
    "light-magenta",
    "light-cyan",
    "white",
];
/// How a colour is written.
const SPELLINGS: &str =
    "write \"#rrggbb\", an ANSI name such as \"light-red\", 0 to 255, or a name from [palette]";

/// Why a theme cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ThemeError {
    /// No theme has this name.
    #[error("cannot use the theme {name:?}: there is no such theme\nhint: {hint}")]
    Unknown {
        /// The name asked for.
        name: String,
        /// A suggestion, or the list of names.
        hint: String,
    },
    /// The file cannot be read.
    #[error("cannot read the theme {origin}: {cause}\nhint: `gonogo themes` lists those that there are")]
    Unreadable {
        /// The file.
        origin: String,
        /// What the system said.
        cause: String,
    },
    /// The file says something that cannot be.
    #[error("cannot use the theme:\n{report}")]
    Invalid {
        /// The first fault on one line, with file, line and column.
        first: String,
        /// All of them, each with the line to look at.
        report: String,
    },
}

impl ThemeError {
    /// No theme has this name; with one that was probably meant, or all that there are.
    pub fn unknown<'a>(name: &str, right: impl Iterator<Item = &'a str> + Clone) -> Self {
        let hint = did_you_mean(name, right.clone())
            .unwrap_or_else(|| format!("there are {}", right.collect::<Vec<_>>().join(", ")));
        Self::Unknown { name: printable(name), hint }
    }

    /// The same on one line, for a place that has no more.
    #[must_use]
    pub fn brief(&self) -> String {
        match self {
            Self::Invalid { first, .. } => first.clone(),
            Self::Unreadable { origin, cause } => format!("cannot read the theme {origin}: {cause}"),
            other => other.to_string().replace("\nhint: ", "; "),
        }
    }
}

/// A theme as it was written, its colours found, not yet brought down to a terminal.
#[derive(Debug, Clone)]
pub(super) struct Sheet {
    /// What it is for, in its author's words; empty where they said nothing.
    pub title: String,
    /// The look of every role, by [`Role::ALL`]'s order.
    pub styles: Vec<Style>,
    /// The roles that the theme or one it inherits from names.
    #[cfg(test)]
    pub named: Vec<Role>,
}

/// One file, read but not resolved.
#[derive(Default)]
struct Leaf<'a> {
    title: Option<&'a str>,
    inherits: Option<&'a Value<'a>>,
    palette: BTreeMap<&'a str, Color>,
    looks: BTreeMap<Role, Look<'a>>,
}

/// A role as it is written.
#[derive(Clone, Copy, Default)]
struct Look<'a> {
    fg: Option<&'a Value<'a>>,
    bg: Option<&'a Value<'a>>,
    like: Option<(Role, &'a Value<'a>)>,
    set: Modifier,
    unset: Modifier,
}

/// Reads a theme's text; `origin` is what messages call it.
///
/// # Errors
/// On anything that the file format does not allow; see [`ThemeError`].
pub(super) fn read(origin: &str, text: &str) -> Result<Sheet, ThemeError> {
    let mut problems = Problems::default();
    let sheet = resolve(text, &mut problems);
    if problems.count() == 0 {
        return Ok(sheet);
    }
    let source = SourceText::new(&printable(origin), text, Vec::new());
    Err(ThemeError::Invalid { first: problems.first(&source), report: problems.report(&source) })
}

fn resolve(text: &str, problems: &mut Problems) -> Sheet {
    let root = parse(text, problems);
    let leaf = leaf(root.get_ref(), problems);
    let title = leaf.title.unwrap_or_default().to_owned();
    let mut parent = leaf.inherits.and_then(|value| {
        let name = config::text(value, "a theme's name", problems)?;
        let text = shipped::text(name);
        if text.is_none() {
            let message = format!("no theme that comes with gonogo is called `{name}`");
            let hint = did_you_mean(name, shipped::names());
            problems.push(Problem::new(value.span(), message).maybe_hint(hint));
        }
        text
    });
    // Those that come with the program have no faults: a test reads them all.
    let mut roots = Vec::new();
    while let Some(text) = parent.filter(|_| roots.len() < MAX_ANCESTORS) {
        let root = parse(text, &mut Problems::default());
        let inherits = root.get_ref().get("inherits").and_then(|value| value.get_ref().as_str());
        parent = inherits.and_then(shipped::text);
        roots.push(root);
    }
    // Ancestors first, so that the heir overwrites them.
    let (mut palette, mut looks) = (BTreeMap::new(), BTreeMap::new());
    for root in roots.iter().rev() {
        let ancestor = self::leaf(root.get_ref(), &mut Problems::default());
        palette.extend(ancestor.palette);
        looks.extend(ancestor.looks);
    }
    palette.extend(leaf.palette);
    looks.extend(leaf.looks);
    for (role, look) in &looks {
        if let Some((_, value)) = look.like.filter(|_| kin_of(*role, &looks).len() > Role::ALL.len()) {
            problems.push(Problem::new(value.span(), format!("`{}` is like itself in the end", role.word())));
        }
    }
    let styles = Role::ALL.iter().map(|role| style(*role, &looks, &palette, problems)).collect();
    Sheet {
        title,
        styles,
        #[cfg(test)]
        named: looks.keys().copied().collect(),
    }
}

/// The table of a text, with the first fault if it is none.
fn parse<'a>(text: &'a str, problems: &mut Problems) -> toml::Spanned<DeTable<'a>> {
    let (root, errors) = DeTable::parse_recoverable(text);
    let first = errors.iter().min_by_key(|error| error.span().map_or(text.len(), |span| span.start));
    if let Some(error) = first {
        problems.push(config::syntax(error, text));
    }
    root
}

fn leaf<'a>(root: &'a DeTable<'a>, problems: &mut Problems) -> Leaf<'a> {
    // What follows from text that is no TOML only hides what is wrong.
    if problems.count() > 0 {
        return Leaf::default();
    }
    let fields = Fields::new(root, &(0..0), &FIELDS, problems);
    let mut leaf = Leaf {
        title: fields.get("title").and_then(|value| config::text(value, "a title", problems)),
        inherits: fields.get("inherits"),
        ..Leaf::default()
    };
    for (entry, value) in entries(fields.get("palette"), "`palette`", problems) {
        match own_color(value) {
            Some(color) => drop(leaf.palette.insert(entry.get_ref().as_ref(), color)),
            None => problems.push(no_color(value, std::iter::empty())),
        }
    }
    for (word, value) in entries(fields.get("roles"), "`roles`", problems) {
        let name: &str = word.get_ref().as_ref();
        let Some(role) = Role::from_word(name) else {
            let hint = did_you_mean(name, Role::ALL.iter().map(|role| role.word()));
            problems.push(Problem::new(word.span(), format!("there is no role `{name}`")).maybe_hint(
                hint.or_else(|| Some("`gonogo themes default --toml` lists them all".to_owned())),
            ));
            continue;
        };
        if let Some(look) = look(name, value, problems) {
            leaf.looks.insert(role, look);
        }
    }
    leaf
}

/// The entries of a table that may be missing.
fn entries<'a>(
    value: Option<&'a Value<'a>>,
    what: &str,
    problems: &mut Problems,
) -> Vec<(&'a toml::Spanned<toml::de::DeString<'a>>, &'a Value<'a>)> {
    let Some(value) = value else { return Vec::new() };
    let Some(table) = value.get_ref().as_table() else {
        problems.push(Problem::new(value.span(), format!("{what} is a table")));
        return Vec::new();
    };
    table.iter().collect()
}

fn look<'a>(name: &str, value: &'a Value<'a>, problems: &mut Problems) -> Option<Look<'a>> {
    let fields = Fields::of(value, &format!("the role `{name}`"), &LOOK, problems)?;
    let mut look = Look { fg: fields.get("fg"), bg: fields.get("bg"), ..Look::default() };
    for (word, modifier) in [
        ("bold", Modifier::BOLD),
        ("dim", Modifier::DIM),
        ("reverse", Modifier::REVERSED),
        ("underline", Modifier::UNDERLINED),
    ] {
        match fields.get(word).and_then(|value| config::truth(value, problems)) {
            Some(true) => look.set |= modifier,
            Some(false) => look.unset |= modifier,
            None => {}
        }
    }
    if let Some(value) = fields.get("like") {
        let word = config::text(value, "a role", problems)?;
        look.like = Role::from_word(word).map(|role| (role, value));
        if look.like.is_none() {
            let hint = did_you_mean(word, Role::ALL.iter().map(|role| role.word()));
            problems.push(Problem::new(value.span(), format!("there is no role `{word}`")).maybe_hint(hint));
        }
    }
    Some(look)
}

/// Whom a role is like, and whom that one is like, and so on; longer than there are roles if it never ends.
fn kin_of(role: Role, looks: &BTreeMap<Role, Look<'_>>) -> Vec<Role> {
    let next = |role: &Role| match looks.get(role) {
        Some(look) => look.like.map(|(kin, _)| kin),
        None => role.kin(),
    };
    std::iter::successors(Some(role), next).take(Role::ALL.len() + 1).collect()
}

/// The look of a role: that of the role it is like, and what it says itself.
fn style(
    role: Role,
    looks: &BTreeMap<Role, Look<'_>>,
    palette: &BTreeMap<&str, Color>,
    problems: &mut Problems,
) -> Style {
    let mut style = Style::new();
    for (distance, role) in kin_of(role, looks).iter().enumerate().rev() {
        let Some(look) = looks.get(role) else { continue };
        let mut color = |value: Option<&Value<'_>>| {
            let value = value?;
            let known = value.get_ref().as_str().and_then(|word| palette.get(word).copied());
            let color = known.or_else(|| own_color(value));
            // Said once, where it stands, not for every role that is like it.
            if color.is_none() && distance == 0 {
                problems.push(no_color(value, palette.keys().copied()));
            }
            color
        };
        style.fg = color(look.fg).or(style.fg);
        style.bg = color(look.bg).or(style.bg);
        style.add_modifier = (style.add_modifier - look.unset) | look.set;
    }
    style
}

/// A colour that needs no palette.
fn own_color(value: &Value<'_>) -> Option<Color> {
    match value.get_ref() {
        DeValue::String(text) => text.parse().ok(),
        DeValue::Integer(whole) => {
            let whole = i64::from_str_radix(whole.as_str(), whole.radix()).ok()?;
            u8::try_from(whole).ok().map(Color::Indexed)
        }
        _ => None,
    }
}

fn no_color<'a>(value: &Value<'_>, palette: impl Iterator<Item = &'a str>) -> Problem {
    let (word, hint) = match value.get_ref() {
        DeValue::String(text) => (text.to_string(), did_you_mean(text, palette.chain(ANSI))),
        DeValue::Integer(whole) => (whole.to_string(), None),
        _ => ("this".to_owned(), None),
    };
    Problem::new(value.span(), format!("`{word}` is not a colour"))
        .hint(hint.unwrap_or_else(|| SPELLINGS.to_owned()))
}

#[cfg(test)]
mod tests;
