//! A theme, ready for one terminal.
//!
//! In: the name, the colour depth and whether the terminal can only show ASCII. Out: a [`Theme`].
//! Everything is resolved here, once, so that drawing only looks up an array.

use ratatui::style::{Color, Style};

use super::{Depth, Glyphs, Role, ThemeError, file, shipped};

/// The theme that is used where the terminal has no colours.
const MONO: &str = "mono";

/// The look of every role, and the signs, on this terminal.
#[derive(Debug, Clone)]
pub struct Theme {
    /// By [`Role::ALL`]'s order.
    styles: Vec<Style>,
    /// The signs that stand beside the colours.
    pub glyphs: Glyphs,
}

impl Theme {
    /// Returns the look of a role.
    pub fn style(&self, role: Role) -> Style {
        self.styles.get(role as usize).copied().unwrap_or_default()
    }

    /// Reads a person's own theme from its text; it may inherit a shipped one.
    ///
    /// # Errors
    /// If the text is not a theme; the message names the line or word.
    pub fn read(name: &str, text: &str, depth: Depth, ascii: bool) -> Result<Self, ThemeError> {
        let looks = file::read(name, text)?;
        // Without colours a theme made of colours says nothing, so the one made without them is used.
        let looks = match (depth, shipped::text(MONO)) {
            (Depth::Mono, Some(mono)) => file::read(MONO, mono)?,
            _ => looks,
        };
        let mut styles = vec![Style::default(); Role::ALL.len()];
        for (role, style) in looks {
            if let Some(slot) = styles.get_mut(role as usize) {
                *slot = bring_down(style, depth);
            }
        }
        let glyphs = if ascii { Glyphs::ASCII } else { Glyphs::UNICODE };
        Ok(Self { styles, glyphs })
    }
}

/// Picks a shipped theme by name. At [`Depth::Mono`] every name gives the looks of `mono`.
///
/// # Errors
/// If there is no such theme; the message suggests one.
pub fn pick(name: &str, depth: Depth, ascii: bool) -> Result<Theme, ThemeError> {
    let text = shipped::text(name).ok_or_else(|| file::unknown(name))?;
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
mod tests {
    use ratatui::style::Modifier;

    use super::*;
    use crate::theme::{depth, names};

    const DEPTHS: [Depth; 4] = [Depth::Mono, Depth::Ansi16, Depth::Ansi256, Depth::Rgb];
    const VERDICTS: [Role; 4] = [Role::Go, Role::Wait, Role::Hold, Role::NoGo];

    /// Contrast of two colours after WCAG 2.2, from 1 to 21.
    fn contrast(a: [u8; 3], b: [u8; 3]) -> f64 {
        let luminance = |rgb: [u8; 3]| {
            let [r, g, b] = rgb.map(|part| {
                let part = f64::from(part) / 255.0;
                if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
            });
            0.2126 * r + 0.7152 * g + 0.0722 * b
        };
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    fn least_contrast(theme: &str, background: [u8; 3]) -> (f64, Role) {
        let theme = pick(theme, Depth::Rgb, false).unwrap();
        Role::ALL
            .iter()
            .filter_map(|role| Some((contrast(depth::rgb(theme.style(*role).fg?)?, background), *role)))
            .min_by(|a, b| a.0.total_cmp(&b.0))
            .unwrap()
    }

    #[test]
    fn every_theme_is_picked_at_every_depth_within_the_depth() {
        for name in names() {
            for depth in DEPTHS {
                let theme = pick(name, depth, false).unwrap();
                for role in Role::ALL {
                    for color in [theme.style(*role).fg, theme.style(*role).bg].into_iter().flatten() {
                        assert_eq!(depth.nearest(color), color, "{name} {depth:?} {role:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn every_theme_names_every_role() {
        for name in names() {
            let looks = file::read(name, shipped::text(name).unwrap()).unwrap();
            for role in Role::ALL {
                assert!(looks.iter().any(|(named, _)| named == role), "{name} lacks {}", role.word());
            }
        }
    }

    #[test]
    fn verdicts_look_different_in_every_theme_at_every_depth() {
        for name in names() {
            for depth in DEPTHS {
                let theme = pick(name, depth, false).unwrap();
                for (i, a) in VERDICTS.iter().enumerate() {
                    for b in VERDICTS.iter().skip(i + 1) {
                        assert_ne!(theme.style(*a), theme.style(*b), "{name} {depth:?} {a:?} {b:?}");
                    }
                }
                assert_ne!(theme.style(Role::Treatment), theme.style(Role::Control), "{name} {depth:?}");
                assert_ne!(theme.style(Role::Live), theme.style(Role::Lost), "{name} {depth:?}");
            }
        }
    }

    #[test]
    fn without_colours_no_style_has_a_colour_whatever_the_theme() {
        for name in names() {
            let theme = pick(name, Depth::Mono, true).unwrap();
            for role in Role::ALL {
                let style = theme.style(*role);
                assert_eq!((style.fg, style.bg), (None, None), "{name} {role:?}");
            }
            assert!(theme.style(Role::NoGo).add_modifier.contains(Modifier::REVERSED));
            assert_eq!(theme.glyphs, Glyphs::ASCII);
        }
    }

    #[test]
    fn body_text_and_background_are_the_terminals_own() {
        for name in names() {
            let theme = pick(name, Depth::Rgb, false).unwrap();
            assert_eq!(theme.style(Role::Text), Style::default(), "{name}");
            for role in Role::ALL.iter().filter(|role| **role != Role::NoGo) {
                assert_eq!(theme.style(*role).bg, None, "{name} {role:?}");
            }
        }
    }

    #[test]
    fn colours_are_readable_on_the_background_they_are_made_for() {
        const BLACK: [u8; 3] = [0, 0, 0];
        const WHITE: [u8; 3] = [255, 255, 255];
        for (name, background, least) in [
            ("default", BLACK, 3.0),
            ("default", WHITE, 3.0),
            ("deuteranopia", BLACK, 3.0),
            ("deuteranopia", WHITE, 3.0),
            ("dark", BLACK, 4.5),
            ("light", WHITE, 4.5),
        ] {
            let (contrast, role) = least_contrast(name, background);
            assert!(contrast >= least, "{name} on {background:?}: {} has {contrast:.2}", role.word());
        }
    }

    #[test]
    fn good_and_bad_stay_apart_for_a_person_with_deuteranopia() {
        // Machado, Oliveira and Fernandes 2009, severity 1.0, applied to linear light.
        let seen = |rgb: [u8; 3]| {
            let [r, g, b] = rgb.map(|part| (f64::from(part) / 255.0).powf(2.2));
            [
                0.367_322 * r + 0.860_646 * g - 0.227_968 * b,
                0.280_085 * r + 0.672_501 * g + 0.047_413 * b,
                -0.011_820 * r + 0.042_940 * g + 0.968_881 * b,
            ]
            .map(|part| part.clamp(0.0, 1.0).powf(1.0 / 2.2) * 255.0)
        };
        let apart = |theme: &Theme, a: Role, b: Role| {
            let [a, b] = [a, b].map(|role| seen(depth::rgb(theme.style(role).fg.unwrap()).unwrap()));
            a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt()
        };
        let pairs = [(Role::Go, Role::NoGo), (Role::Positive, Role::Negative), (Role::Live, Role::Lost)];
        let usual = pick("default", Depth::Rgb, false).unwrap();
        let theirs = pick("deuteranopia", Depth::Rgb, false).unwrap();
        for (good, bad) in pairs {
            assert!(apart(&theirs, good, bad) > 100.0, "{good:?} {}", apart(&theirs, good, bad));
            assert!(apart(&theirs, good, bad) > apart(&usual, good, bad), "{good:?}");
        }
    }

    #[test]
    fn an_unknown_theme_is_answered_with_a_suggestion() {
        let message = pick("deuteranopa", Depth::Rgb, false).unwrap_err().to_string();
        assert!(message.contains("did you mean \"deuteranopia\"?"), "{message}");
        let message = pick("zzz", Depth::Rgb, false).unwrap_err().to_string();
        assert!(message.contains("default, dark, light"), "{message}");
    }
}
