//! `gonogo themes`: all themes as this terminal shows them, one of them with its roles, or its file.

use std::io::{IsTerminal, Write};

use clap::Args;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::paint::{Signs, surroundings};
use super::{Exit, Failure, out};
use crate::config::themes::{self, Place};
use crate::config::user::{self, ScreenSettings};
use crate::runtime::wardrobe::Wish;
use crate::theme::{Depth, Role, Theme, ThemeError, shipped};
use crate::ui::{print, sample};

/// What `themes` takes.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  gonogo themes\n  gonogo themes gruvbox\n  gonogo themes --colors 16\n  \
    gonogo themes default --toml > \"$(gonogo themes --path)/mine.toml\"\n\n\
    A theme is worn with --theme NAME, or for good with `theme = \"NAME\"` below `[screen]` in the settings."
)]
pub struct Arguments {
    /// Show these: names, or files; one alone is shown with all its roles
    #[arg(value_name = "NAME|FILE")]
    themes: Vec<String>,
    /// Print its file, to begin one of your own with
    #[arg(long, requires = "themes")]
    toml: bool,
    /// Print the folder of your own themes
    #[arg(long, conflicts_with_all = ["themes", "toml"])]
    path: bool,
    #[command(flatten)]
    signs: Signs,
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    let mut out = out::stdout();
    if arguments.path {
        let folder = themes::folder().ok_or_else(|| {
            Failure::usage(
                "cannot name the folder of your themes: you have no home\nhint: set XDG_CONFIG_HOME",
            )
        })?;
        writeln!(out, "{}", folder.display())?;
        return Ok(Exit::Done);
    }
    // A fault in them hides no theme from whoever looks for another.
    let settings = match user::load() {
        Ok(settings) => settings.screen,
        Err(error) => {
            writeln!(out::stderr(), "gonogo: your settings are not used, the defaults hold: {error}")?;
            ScreenSettings::default()
        }
    };
    let wish = arguments.signs.wish(&settings, &surroundings());
    // In a file colours would be noise.
    let colored = std::io::stdout().is_terminal();
    let chosen = if arguments.themes.is_empty() {
        themes::all()
    } else {
        let find = |word: &String| Ok((word.clone(), themes::find(word)?));
        arguments.themes.iter().map(find).collect::<Result<_, ThemeError>>().map_err(Failure::usage)?
    };
    if let (true, [(_, place), ..]) = (arguments.toml, chosen.as_slice()) {
        write!(out, "{}", text(place).map_err(Failure::usage)?)?;
        return Ok(Exit::Done);
    }
    for (name, place) in &chosen {
        match theme(place, &wish) {
            Ok(theme) => {
                writeln!(out, "{}", small(&theme, name, colored))?;
                if let [_] = arguments.themes.as_slice() {
                    writeln!(out, "{}", roles(&theme, colored))?;
                }
            }
            Err(error) if !arguments.themes.is_empty() => return Err(Failure::usage(error)),
            // One that is spoilt hides none of the others.
            Err(error) => writeln!(out, " {name}\n {}\n", error.to_string().replace('\n', "\n "))?,
        }
    }
    writeln!(out, "{}", summary(&wish))?;
    Ok(Exit::Done)
}

fn roles(theme: &Theme, colored: bool) -> String {
    let area = Rect::new(0, 0, sample::COLUMNS, u16::try_from(Role::ALL.len()).unwrap_or(u16::MAX));
    let mut buf = Buffer::empty(area);
    sample::draw_roles(theme, &mut buf, area);
    print::print(&buf, colored)
}

fn small(theme: &Theme, name: &str, colored: bool) -> String {
    let area = Rect::new(0, 0, sample::COLUMNS, sample::ROWS);
    let mut buf = Buffer::empty(area);
    sample::draw(theme, name, &mut buf, area);
    print::print(&buf, colored)
}

fn text(place: &Place) -> Result<String, ThemeError> {
    match place {
        Place::Shipped(name) => Ok(shipped::text(name).unwrap_or_default().to_owned()),
        Place::File(path) => themes::text(path),
    }
}

fn theme(place: &Place, wish: &Wish) -> Result<Theme, ThemeError> {
    let theme = match place {
        Place::Shipped(name) => crate::theme::pick(name, wish.depth, wish.is_ascii),
        Place::File(path) => {
            Theme::read(&path.display().to_string(), &themes::text(path)?, wish.depth, wish.is_ascii)
        }
    };
    theme.map(|theme| theme.with_graphs(wish.graphs))
}

/// What this terminal shows, and how to have it otherwise.
fn summary(wish: &Wish) -> String {
    let colors = match wish.depth {
        Depth::Mono => "no colours".to_owned(),
        Depth::Rgb => "24-bit colours".to_owned(),
        depth => format!("{} colours", depth.word()),
    };
    let signs = if wish.is_ascii { "ASCII signs only" } else { "all signs" };
    format!(
        " This terminal: {colors}, {signs}, graphs {}.\n Otherwise: --colors, --ascii, --unicode, --graphs.",
        wish.graphs
    )
}
