//! How many colours a terminal can show, and the nearest one it can.
//!
//! In: colours as the theme wants them. Out: colours that a terminal of that [`Depth`] has. How deep a terminal is,
//! [`Surroundings`](super::Surroundings) says.

use ratatui::style::Color;

/// How many colours a terminal can show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Depth {
    /// None: bold, reverse and underline only.
    Mono,
    /// The sixteen colours that the person chose for the terminal.
    Ansi16,
    /// The 256 colours of xterm.
    Ansi256,
    /// 24 bits per colour.
    Rgb,
}

impl Depth {
    /// All of them, the poorest first.
    pub const ALL: [Self; 4] = [Self::Mono, Self::Ansi16, Self::Ansi256, Self::Rgb];

    /// The word for it in settings and on the command line.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Mono => "none",
            Self::Ansi16 => "16",
            Self::Ansi256 => "256",
            Self::Rgb => "rgb",
        }
    }

    /// Returns the nearest colour that this depth has; without colours, the terminal's own.
    pub fn nearest(self, color: Color) -> Color {
        match (self, color) {
            (_, Color::Reset) | (Self::Mono, _) => Color::Reset,
            (Self::Rgb, color) => color,
            (Self::Ansi256, Color::Rgb(r, g, b)) => Color::Indexed(nearest_indexed([r, g, b])),
            (Self::Ansi16, Color::Rgb(r, g, b)) => nearest_ansi([r, g, b]),
            (Self::Ansi16, Color::Indexed(index)) => match named(index) {
                Some(color) => color,
                None => nearest_ansi(indexed_rgb(index)),
            },
            // Named colours exist at every depth that has colours.
            (Self::Ansi256 | Self::Ansi16, color) => color,
        }
    }
}

/// The sixteen named colours with xterm's default values, by index.
const ANSI: [(Color, [u8; 3]); 16] = [
    (Color::Black, [0, 0, 0]),
    (Color::Red, [205, 0, 0]),
    (Color::Green, [0, 205, 0]),
    (Color::Yellow, [205, 205, 0]),
    (Color::Blue, [0, 0, 238]),
    (Color::Magenta, [205, 0, 205]),
    (Color::Cyan, [0, 205, 205]),
    (Color::Gray, [229, 229, 229]),
    (Color::DarkGray, [127, 127, 127]),
    (Color::LightRed, [255, 0, 0]),
    (Color::LightGreen, [0, 255, 0]),
    (Color::LightYellow, [255, 255, 0]),
    (Color::LightBlue, [92, 92, 255]),
    (Color::LightMagenta, [255, 0, 255]),
    (Color::LightCyan, [0, 255, 255]),
    (Color::White, [255, 255, 255]),
];

/// The named colour of one of the first sixteen indexes.
fn named(index: u8) -> Option<Color> {
    ANSI.get(usize::from(index)).map(|(color, _)| *color)
}

/// The six steps of xterm's colour cube.
const CUBE: [u8; 6] = [0, 95, 135, 175, 215, 255];

/// The value of one of xterm's 256 colours: sixteen names, a 6×6×6 cube, a ramp of 24 greys.
fn indexed_rgb(index: u8) -> [u8; 3] {
    if let Some((_, rgb)) = ANSI.get(usize::from(index)) {
        return *rgb;
    }
    if index >= 232 {
        return [8 + 10 * (index - 232); 3];
    }
    let cell = index - 16;
    [cell / 36, cell / 6 % 6, cell % 6].map(|step| CUBE.get(usize::from(step)).copied().unwrap_or(255))
}

/// The value of any colour that has one; the terminal's own has none.
#[cfg(test)]
pub(super) fn rgb(color: Color) -> Option<[u8; 3]> {
    match color {
        Color::Reset => None,
        Color::Rgb(r, g, b) => Some([r, g, b]),
        Color::Indexed(index) => Some(indexed_rgb(index)),
        named => ANSI.iter().find(|(color, _)| *color == named).map(|(_, rgb)| *rgb),
    }
}

/// How different two colours look: the weighted distance of
/// <https://www.compuphase.com/cmetric.htm>, which is close to perception and needs no colour space.
fn distance(a: [u8; 3], b: [u8; 3]) -> i32 {
    let [ar, ag, ab] = a.map(i32::from);
    let [br, bg, bb] = b.map(i32::from);
    let mean = (ar + br) / 2;
    let (r, g, b) = (ar - br, ag - bg, ab - bb);
    (((512 + mean) * r * r) >> 8) + 4 * g * g + (((767 - mean) * b * b) >> 8)
}

/// How far the strongest part of a colour is above the weakest.
fn saturation(rgb: [u8; 3]) -> u8 {
    let [r, g, b] = rgb;
    r.max(g).max(b) - r.min(g).min(b)
}

/// The nearest of the 240 colours whose value does not depend on the person's settings.
fn nearest_indexed(rgb: [u8; 3]) -> u8 {
    (16..=255).min_by_key(|index| distance(indexed_rgb(*index), rgb)).unwrap_or(16)
}

/// Saturation from which a colour must stay a colour when it is brought down to sixteen.
const COLOURED: u8 = 48;

/// The nearest of the sixteen named colours. A colour never becomes a grey and a grey never a colour:
/// a muted green that turned grey would no longer mean anything. The dark blue is left out: on the black of a console
/// nobody can read it.
fn nearest_ansi(rgb: [u8; 3]) -> Color {
    let coloured = saturation(rgb) >= COLOURED;
    ANSI.iter()
        .filter(|(color, candidate)| (saturation(*candidate) > 0) == coloured && *color != Color::Blue)
        .min_by_key(|(_, candidate)| distance(*candidate, rgb))
        .map_or(Color::Reset, |(color, _)| *color)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_exact_colour_of_the_cube_or_the_greys_is_kept() {
        for index in [16, 21, 46, 196, 201, 226, 231, 244] {
            let [r, g, b] = indexed_rgb(index);
            assert_eq!(Depth::Ansi256.nearest(Color::Rgb(r, g, b)), Color::Indexed(index));
        }
    }

    #[test]
    fn muted_colours_keep_their_name_in_sixteen() {
        let ansi = |r, g, b| Depth::Ansi16.nearest(Color::Rgb(r, g, b));
        assert!(matches!(ansi(46, 140, 70), Color::Green | Color::LightGreen));
        assert!(matches!(ansi(200, 60, 55), Color::Red | Color::LightRed));
        assert!(matches!(ansi(128, 130, 133), Color::DarkGray));
        assert_eq!(Depth::Ansi16.nearest(Color::Indexed(1)), Color::Red);
    }

    #[test]
    fn without_colours_there_is_only_the_terminals_own() {
        for color in [Color::Red, Color::Indexed(200), Color::Rgb(1, 2, 3)] {
            assert_eq!(Depth::Mono.nearest(color), Color::Reset);
        }
    }

    proptest! {
        #[test]
        fn a_depth_never_yields_a_colour_beyond_itself(r: u8, g: u8, b: u8, index: u8) {
            for color in [Color::Rgb(r, g, b), Color::Indexed(index)] {
                prop_assert!(!matches!(Depth::Ansi256.nearest(color), Color::Rgb(..)));
                prop_assert!(!matches!(Depth::Ansi16.nearest(color), Color::Rgb(..) | Color::Indexed(_)));
            }
        }
    }
}
