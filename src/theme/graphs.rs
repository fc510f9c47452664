//! How curves, bars and sparklines are drawn: with which characters.
//!
//! In: nothing. Out: [`Graphs`], a choice that goes into the [`Glyphs`](super::Glyphs). Which is best depends on the
//! font of the terminal, which no program can ask for, so a person chooses.

use std::fmt;
use std::str::FromStr;

/// The characters of a chart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Graphs {
    /// 2 × 4 dots a cell: fine, but missing or uneven in many fonts.
    Braille,
    /// 2 × 2 blocks a cell: in most fonts, drawn by many terminals themselves.
    Block,
    /// One sign a cell: everywhere.
    Ascii,
}

impl Graphs {
    /// All of them, the finest first.
    pub const ALL: [Self; 3] = [Self::Braille, Self::Block, Self::Ascii];

    /// The word for it in settings and on the command line.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Braille => "braille",
            Self::Block => "block",
            Self::Ascii => "ascii",
        }
    }

    /// The one after it, and the first after the last.
    pub const fn next(self) -> Self {
        match self {
            Self::Braille => Self::Block,
            Self::Block => Self::Ascii,
            Self::Ascii => Self::Braille,
        }
    }
}

impl fmt::Display for Graphs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl FromStr for Graphs {
    type Err = &'static str;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|graphs| graphs.word() == word).ok_or("write braille, block or ascii")
    }
}
