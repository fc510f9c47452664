//! A theme, ready for one terminal.
//!
//! In: the name or the text, the colour depth and whether the terminal can only show ASCII. Out: a [`Theme`].
//! Everything is resolved here, once, so that drawing only looks up an array.

use ratatui::style::{Color, Style};

use super::{Depth, Glyphs, Graphs, Role, ThemeError, file, shipped};

/// The theme that is used where the terminal has no colours.
const MONO: &str = "mono";
/// The theme that is used where nobody chose one.
pub const DEFAULT: &str = "default";
/// The theme that is used instead of the default one where the terminal has sixteen colours.
const ANSI16: &str = "ansi16";

/// The look of every role, and the signs, on this terminal.
#[derive(Debug, Clone, PartialEq)]
pub struct Theme {
    /// By [`Role::ALL`]'s order.
    styles: Vec<Style>,
    /// The signs that stand beside the colours.
    pub glyphs: Glyphs,
    /// What it is for, in its author's words; empty where they said nothing.
    pub title: String,
}

impl Theme {
    /// Returns the look of a role.
    pub fn style(&self, role: Role) -> Style {
        self.styles.get(role as usize).copied().unwrap_or_default()
    }

    /// The colours of the whole screen, where the theme paints it. `None`: the terminal's own.
    pub fn ground(&self) -> Option<Style> {
        let Style { fg, bg, .. } = self.style(Role::Text);
        (fg.is_some() || bg.is_some()).then_some(Style { fg, bg, ..Style::new() })
    }

    /// Words and signs without any look.
    #[must_use]
    pub fn bare(ascii: bool) -> Self {
        let glyphs = if ascii { Glyphs::ASCII } else { Glyphs::UNICODE };
        Self { styles: Vec::new(), glyphs, title: String::new() }
    }

    /// Reads a person's own theme from its text; it may inherit a shipped one. `origin` is what messages call it.
    ///
    /// # Errors
    /// If the text is not a theme; the message names line, column and what was probably meant.
    pub fn read(origin: &str, text: &str, depth: Depth, ascii: bool) -> Result<Self, ThemeError> {
        let own = file::read(origin, text)?;
        // Without colours a theme made of colours says nothing, so the one made without them is used.
        let sheet = match (depth, shipped::text(MONO)) {
            (Depth::Mono, Some(mono)) => file::Sheet { title: own.title, ..file::read(MONO, mono)? },
            _ => own,
        };
        let styles = sheet.styles.into_iter().map(|style| bring_down(style, depth)).collect();
        let glyphs = if ascii { Glyphs::ASCII } else { Glyphs::UNICODE };
        Ok(Self { styles, glyphs, title: sheet.title })
    }

    /// The same look with other charts.
    #[must_use]
    pub fn with_graphs(self, graphs: Graphs) -> Self {
        Self { glyphs: self.glyphs.with_graphs(graphs), ..self }
    }
}

/// Picks a shipped theme by name. At [`Depth::Mono`] every name gives the looks of `mono`, and at [`Depth::Ansi16`] the
/// default those of `ansi16`, which was made for it.
///
/// # Errors
/// If there is no such theme; the message suggests one.
pub fn pick(name: &str, depth: Depth, ascii: bool) -> Result<Theme, ThemeError> {
    let looks = if (name, depth) == (DEFAULT, Depth::Ansi16) { ANSI16 } else { name };
    let text = shipped::text(looks).ok_or_else(|| ThemeError::unknown(name, shipped::names()))?;
    Theme::read(name, text, depth, ascii)
}

/// Brings a style down to the colours that the terminal has.
fn bring_down(style: Style, depth: Depth) -> Style {
    let nearest = |color: Option<Color>| match depth.nearest(color?) {
        // Not named at all, so that what is underneath keeps its colour.
        Color::Reset if depth == Depth::Mono => None,
        color => Some(color),
    };
    Style { fg: nearest(style.fg), bg: nearest(style.bg), underline_color: None, ..style }
}

#[cfg(test)]
mod tests;
