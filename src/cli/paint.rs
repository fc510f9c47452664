//! How it looks: flags, the user's settings and the terminal put together.
//!
//! Flags go before settings, settings before what the terminal says of itself. What stands in a settings file or a theme's
//! file never keeps anybody from a rollout: it is said on the screen, and the default is worn. Only a flag that names
//! nothing is refused, because whoever typed it is still there.

use std::io::{IsTerminal, Write};

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};

use super::Failure;
use crate::config::themes::{self, Place};
use crate::config::user::{self, ScreenSettings};
use crate::runtime::wardrobe::{Wardrobe, Wish};
use crate::theme::{DEFAULT, Depth, Graphs, Surroundings};

/// How it looks.
#[derive(Debug, Args)]
pub struct Paint {
    /// Colours by name, or the file of your own; `gonogo themes` shows them [default: default]
    #[arg(long, value_name = "NAME|FILE")]
    theme: Option<String>,
    #[command(flatten)]
    signs: Signs,
    /// No screen: a line for each change, for screen readers, logs and pipes; by itself when standard output is no terminal,
    /// and with TERM=dumb
    #[arg(long)]
    plain: bool,
}

/// Which signs and colours are used.
#[derive(Debug, Args)]
pub struct Signs {
    /// Only ASCII signs, for fonts and locales without the others
    #[arg(long, conflicts_with = "unicode")]
    ascii: bool,
    /// All signs, whatever locale and terminal say
    #[arg(long)]
    unicode: bool,
    /// How charts are drawn [default: block; where only ASCII is shown, ascii]
    #[arg(long, value_name = "KIND", value_parser = words(Graphs::ALL.map(|graphs| (graphs.word(), graphs))))]
    graphs: Option<Asked<Graphs>>,
    /// How many colours to use [default: as many as the terminal says it has]
    #[arg(long, value_name = "DEPTH", value_parser = words(Depth::ALL.map(|depth| (depth.word(), depth))))]
    colors: Option<Asked<Depth>>,
}

/// What a flag asks for. `None`: as the terminal says, which undoes a setting.
#[derive(Debug, Clone, Copy)]
struct Asked<T>(Option<T>);

/// Reads one of a few words, or `auto`.
fn words<T, const N: usize>(words: [(&'static str, T); N]) -> impl TypedValueParser<Value = Asked<T>>
where
    T: Copy + Send + Sync + 'static,
{
    let known = std::iter::once("auto").chain(words.map(|(word, _)| word)).collect::<Vec<_>>();
    PossibleValuesParser::new(known).map(move |said| {
        let found = words.iter().find(|(word, _)| *word == said);
        Asked(found.map(|(_, meant)| *meant))
    })
}

impl Paint {
    /// Whether changes are written as lines, instead of a screen being drawn.
    pub fn is_plain(&self) -> bool {
        self.plain || !std::io::stdout().is_terminal() || surroundings().is_dumb()
    }

    /// Says why there is no screen, where somebody sits who did not ask for that.
    pub fn tell_plain(&self) {
        if !self.plain && std::io::stdout().is_terminal() && surroundings().is_dumb() {
            // Nobody is left to tell when standard error is closed.
            let _ = writeln!(
                std::io::stderr(),
                "gonogo: lines instead of a screen, as with --plain: this terminal says that it cannot place text (TERM)\n\
                 hint: if it can, say which it is, such as with TERM=vt100"
            );
        }
    }

    /// Checks what the flags name, before anything is begun.
    ///
    /// # Errors
    /// When there is no such theme, or no such file.
    pub fn check(&self) -> Result<(), Failure> {
        let Some(word) = &self.theme else { return Ok(()) };
        match themes::find(word).map_err(Failure::usage)? {
            Place::File(path) => themes::text(&path).map(drop).map_err(Failure::usage),
            Place::Shipped(_) => Ok(()),
        }
    }

    /// Puts on what flags, settings and terminal ask for. What is wrong with it is said with it, on one line.
    pub fn dress(&self) -> (Wardrobe, Option<String>) {
        let (settings, fault) = match user::load() {
            Ok(settings) => (settings.screen, None),
            Err(error) => {
                let why = one_line(&error.to_string());
                (
                    ScreenSettings::default(),
                    Some(format!("your settings are not used, the defaults hold: {why}")),
                )
            }
        };
        let (wardrobe, refused) = Wardrobe::open(self.wish(&settings));
        let refused = refused.map(|error| format!("the default theme is worn: {}", error.brief()));
        (wardrobe, refused.or(fault))
    }

    /// What flags, settings and terminal ask for together.
    fn wish(&self, settings: &ScreenSettings) -> Wish {
        let wish = self.signs.wish(settings, &surroundings());
        Wish { theme: self.theme.clone().unwrap_or(wish.theme), ..wish }
    }
}

impl Signs {
    /// What flags, settings and terminal ask for together; the theme is the one of the settings.
    pub fn wish(&self, settings: &ScreenSettings, terminal: &Surroundings) -> Wish {
        let is_ascii = match (self.ascii, self.unicode) {
            (true, _) => true,
            (_, true) => false,
            _ => settings.ascii.unwrap_or_else(|| terminal.is_ascii()),
        };
        let graphs = self.graphs.map_or(settings.graphs, |asked| asked.0);
        let colors = self.colors.map_or(settings.colors, |asked| asked.0);
        Wish {
            theme: settings.theme.clone().unwrap_or_else(|| DEFAULT.to_owned()),
            depth: colors.unwrap_or_else(|| terminal.depth()),
            is_ascii,
            graphs: graphs.unwrap_or(if is_ascii { Graphs::Ascii } else { Graphs::Block }),
        }
    }
}

/// What the environment says about the terminal.
pub fn surroundings() -> Surroundings {
    Surroundings::read(|name| std::env::var_os(name).unwrap_or_default().to_string_lossy().into_owned())
}

/// The first fault of a report: what it is and where, without the line to look at.
fn one_line(report: &str) -> String {
    report.lines().next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        paint: Paint,
    }

    fn wish(flags: &[&str], settings: &ScreenSettings, terminal: &Surroundings) -> Wish {
        let line = Line::try_parse_from(std::iter::once(&"x").chain(flags)).unwrap();
        line.paint.signs.wish(settings, terminal)
    }

    #[test]
    fn flags_go_before_settings_and_settings_before_the_terminal() {
        let good =
            Surroundings { term: "xterm-kitty".into(), lang: "C.UTF-8".into(), ..Surroundings::default() };
        let poor = Surroundings { term: "linux".into(), ..Surroundings::default() };
        let none = ScreenSettings::default();
        let usual =
            Wish { theme: "default".into(), depth: Depth::Rgb, is_ascii: false, graphs: Graphs::Block };
        assert_eq!(wish(&[], &none, &good), usual);
        let wanted = Wish { depth: Depth::Ansi16, is_ascii: true, graphs: Graphs::Ascii, ..usual.clone() };
        assert_eq!(wish(&[], &none, &poor), wanted);
        let settings = ScreenSettings {
            theme: Some("light".into()),
            ascii: Some(false),
            graphs: Some(Graphs::Braille),
            colors: Some(Depth::Ansi256),
            ..none
        };
        let wanted =
            Wish { theme: "light".into(), depth: Depth::Ansi256, is_ascii: false, graphs: Graphs::Braille };
        assert_eq!(wish(&[], &settings, &poor), wanted);
        let flags = ["--ascii", "--graphs", "ascii", "--colors", "none"];
        let wanted =
            Wish { theme: "light".into(), depth: Depth::Mono, is_ascii: true, graphs: Graphs::Ascii };
        assert_eq!(wish(&flags, &settings, &good), wanted);
        assert_eq!(wish(&["--colors", "auto"], &settings, &good).depth, Depth::Rgb);
        assert!(!wish(&["--unicode"], &ScreenSettings { ascii: Some(true), ..settings }, &poor).is_ascii);
    }

    #[test]
    fn a_flag_that_names_nothing_is_refused() {
        let check = |theme: &str| Line::try_parse_from(["x", "--theme", theme]).unwrap().paint.check();
        let line = Line::try_parse_from(["x", "--theme", "dark"]).unwrap();
        let settled = ScreenSettings { theme: Some("light".into()), ..ScreenSettings::default() };
        assert_eq!(line.paint.wish(&settled).theme, "dark");
        assert!(check("tritanopia").is_ok());
        assert!(check("tritanopa").is_err() && check("/nowhere/x.toml").is_err());
        assert!(Line::try_parse_from(["x", "--graphs", "dots"]).is_err());
        assert!(Line::try_parse_from(["x", "--ascii", "--unicode"]).is_err());
    }
}
