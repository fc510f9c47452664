//! Theme files: TOML in, a style for each role out.
//!
//! ```toml
//! title = "Dark"
//! inherits = "default"              # what is not said here is said there
//! [palette]
//! moss = "#3fb950"                  # "#rrggbb", an ANSI name, or 0 to 255
//! [roles]
//! go = { fg = "moss", bold = true } # a palette name or a colour; bg, dim, reverse, underline
//! ```
//!
//! A theme that inherits may exchange single palette colours: all roles that name them follow. A role
//! that is named again is replaced as a whole. In: the text and a way to find the parent's text. Out: a
//! look per role at full colour depth, or a [`ThemeError`] that says which line or word is wrong.

use std::collections::BTreeMap;

use ratatui::style::{Color, Modifier, Style};
use serde::Deserialize;
use thiserror::Error;

use super::{Role, shipped};

/// Longest chain of `inherits`; more is a circle or a puzzle.
const MAX_ANCESTORS: usize = 4;

/// How alike a wrong word must be to a right one to be suggested, from 0 to 1.
const ALIKE: f64 = 0.6;

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
    /// The text is not a theme file.
    #[error("cannot read the theme {name:?}: {cause}")]
    Syntax {
        /// The theme.
        name: String,
        /// What the parser says, with line and column.
        cause: String,
    },
    /// A role that does not exist.
    #[error("cannot read the theme {name:?}: there is no role {role:?}\nhint: {hint}")]
    Role {
        /// The theme.
        name: String,
        /// The word.
        role: String,
        /// A suggestion, or the list of roles.
        hint: String,
    },
    /// A colour that is neither in the palette nor a colour.
    #[error(
        "cannot read the theme {name:?}: {colour:?} in {place} is not a colour\n\
         hint: write \"#rrggbb\", an ANSI name such as \"light-red\", 0 to 255, or a name from [palette]"
    )]
    Colour {
        /// The theme.
        name: String,
        /// The role or palette entry.
        place: String,
        /// The word.
        colour: String,
    },
    /// A chain of `inherits` that does not end.
    #[error(
        "cannot read the theme {name:?}: it inherits from itself, or over more than {MAX_ANCESTORS} themes"
    )]
    Ancestors {
        /// The theme.
        name: String,
    },
}

/// The looks of all roles that a theme and its ancestors name.
pub(super) type Looks = Vec<(Role, Style)>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[expect(dead_code, reason = "says what the theme is for, to whoever reads the file")]
    title: String,
    inherits: Option<String>,
    #[serde(default)]
    palette: BTreeMap<String, Word>,
    #[serde(default)]
    roles: BTreeMap<String, Look>,
}

#[derive(Deserialize, Clone, Default)]
#[serde(deny_unknown_fields, default)]
struct Look {
    fg: Option<Word>,
    bg: Option<Word>,
    bold: bool,
    dim: bool,
    reverse: bool,
    underline: bool,
}

/// A colour as it is written: a word, or the number of one of the 256.
#[derive(Deserialize, Clone)]
#[serde(untagged)]
enum Word {
    Number(u8),
    Text(String),
}

impl Word {
    fn text(&self) -> String {
        match self {
            Self::Number(n) => n.to_string(),
            Self::Text(text) => text.clone(),
        }
    }
}

/// Reads a theme's text, with the shipped themes as possible ancestors.
///
/// # Errors
/// On anything that the file format does not allow; see [`ThemeError`].
pub(super) fn read(name: &str, text: &str) -> Result<Looks, ThemeError> {
    let mut files = vec![parse(name, text)?];
    while let Some(parent) = files.last().and_then(|file| file.inherits.clone()) {
        if files.len() > MAX_ANCESTORS {
            return Err(ThemeError::Ancestors { name: name.to_owned() });
        }
        let text = shipped::text(&parent).ok_or_else(|| unknown(&parent))?;
        files.push(parse(&parent, text)?);
    }
    // Ancestors first, so that the heir overwrites them.
    let mut palette = BTreeMap::new();
    let mut looks = BTreeMap::new();
    for file in files.into_iter().rev() {
        palette.extend(file.palette);
        looks.extend(file.roles);
    }
    let palette = palette
        .into_iter()
        .map(|(entry, word)| Ok((entry.clone(), color(name, &entry, &word, &BTreeMap::new())?)))
        .collect::<Result<BTreeMap<_, _>, ThemeError>>()?;
    looks.into_iter().map(|(word, look)| style(name, &word, &look, &palette)).collect()
}

/// Makes the error for a theme that does not exist.
pub(super) fn unknown(name: &str) -> ThemeError {
    ThemeError::Unknown { name: name.to_owned(), hint: suggest(name, shipped::names()) }
}

fn parse(name: &str, text: &str) -> Result<File, ThemeError> {
    toml::from_str(text)
        .map_err(|error| ThemeError::Syntax { name: name.to_owned(), cause: error.to_string() })
}

fn style(
    theme: &str,
    word: &str,
    look: &Look,
    palette: &BTreeMap<String, Color>,
) -> Result<(Role, Style), ThemeError> {
    let role = Role::from_word(word).ok_or_else(|| ThemeError::Role {
        name: theme.to_owned(),
        role: word.to_owned(),
        hint: suggest(word, Role::ALL.iter().map(|role| role.word())),
    })?;
    let mut style = Style::new();
    if let Some(fg) = &look.fg {
        style = style.fg(color(theme, word, fg, palette)?);
    }
    if let Some(bg) = &look.bg {
        style = style.bg(color(theme, word, bg, palette)?);
    }
    for (wanted, modifier) in [
        (look.bold, Modifier::BOLD),
        (look.dim, Modifier::DIM),
        (look.reverse, Modifier::REVERSED),
        (look.underline, Modifier::UNDERLINED),
    ] {
        if wanted {
            style = style.add_modifier(modifier);
        }
    }
    Ok((role, style))
}

/// Reads a colour; the palette goes before the ANSI names, so that a theme may define its own green.
fn color(
    theme: &str,
    place: &str,
    word: &Word,
    palette: &BTreeMap<String, Color>,
) -> Result<Color, ThemeError> {
    let text = word.text();
    palette.get(&text).copied().or_else(|| text.parse().ok()).ok_or_else(|| ThemeError::Colour {
        name: theme.to_owned(),
        place: place.to_owned(),
        colour: text,
    })
}

/// Returns "did you mean" with the most alike of the right words, or all of them.
fn suggest<'a>(wrong: &str, right: impl Iterator<Item = &'a str> + Clone) -> String {
    let best = right
        .clone()
        .map(|word| (strsim::jaro_winkler(wrong, word), word))
        .max_by(|(a, _), (b, _)| a.total_cmp(b));
    match best {
        Some((alike, word)) if alike >= ALIKE => format!("did you mean {word:?}?"),
        _ => format!("there are {}", right.collect::<Vec<_>>().join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(looks: &Looks, role: Role) -> Style {
        looks.iter().find(|(named, _)| *named == role).map(|(_, style)| *style).unwrap()
    }

    #[test]
    fn colours_are_read_in_every_spelling() {
        let looks = read(
            "mine",
            "title = ''\n[palette]\ngreen = '#010203'\n[roles]\n\
             go = { fg = 'green', bold = true }\nwait = { fg = 'light-blue' }\nhold = { fg = 208, bg = 'black' }",
        )
        .unwrap();
        assert_eq!(look(&looks, Role::Go), Style::new().fg(Color::Rgb(1, 2, 3)).add_modifier(Modifier::BOLD));
        assert_eq!(look(&looks, Role::Wait), Style::new().fg(Color::LightBlue));
        assert_eq!(look(&looks, Role::Hold), Style::new().fg(Color::Indexed(208)).bg(Color::Black));
    }

    #[test]
    fn an_exchanged_palette_colour_reaches_the_inherited_roles() {
        let parent = read("default", shipped::text("default").unwrap()).unwrap();
        let heir = read("mine", "title = ''\ninherits = 'default'\n[palette]\ngreen = '#010203'").unwrap();
        assert_eq!(look(&heir, Role::Go).fg, Some(Color::Rgb(1, 2, 3)));
        assert_eq!(look(&heir, Role::NoGo), look(&parent, Role::NoGo));
    }

    #[test]
    fn wrong_words_are_answered_with_the_right_one() {
        for (text, expected) in [
            ("title = ''\n[roles]\nnogo = {}", "did you mean \"no-go\"?"),
            ("title = ''\n[roles]\ngo = { fg = 'gren' }", "\"gren\" in go is not a colour"),
            ("title = ''\n[palette]\nmoss = '#12'", "\"#12\" in moss is not a colour"),
            ("title = ''\ninherits = 'darc'", "did you mean \"dark\"?"),
            ("title = ''\n[roles]\ngo = { foo = 1 }", "unknown field `foo`"),
            ("title = ''\n[roles]\ngo = { fg = 256 }", "line 3"),
        ] {
            let message = read("mine", text).unwrap_err().to_string();
            assert!(message.contains(expected), "{message}");
        }
    }
}
