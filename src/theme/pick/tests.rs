//! What every shipped theme keeps, at every depth.

use ratatui::style::Modifier;

use super::*;
use crate::theme::{depth, names};

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

/// The role that is hardest to read on a background, and its contrast. A role with a background of its own stands on
/// that one; reversed or not, the contrast is the same.
fn least_contrast(theme: &str, background: [u8; 3]) -> (f64, Role) {
    let theme = pick(theme, Depth::Rgb, false).unwrap();
    let text = theme.style(Role::Text).fg;
    Role::ALL
        .iter()
        .filter_map(|role| {
            let style = theme.style(*role);
            let ground = style.bg.and_then(depth::rgb).unwrap_or(background);
            Some((contrast(depth::rgb(style.fg.or(text)?)?, ground), *role))
        })
        .min_by(|a, b| a.0.total_cmp(&b.0))
        .unwrap()
}

#[test]
fn every_theme_is_picked_at_every_depth_within_the_depth() {
    for name in names() {
        for depth in Depth::ALL {
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
fn no_word_is_in_the_dark_blue_that_cannot_be_read_on_a_console() {
    for name in names() {
        let theme = pick(name, Depth::Ansi16, false).unwrap();
        for role in Role::ALL {
            assert_ne!(theme.style(*role).fg, Some(ratatui::style::Color::Blue), "{name} {role:?}");
        }
    }
}

#[test]
fn every_theme_names_every_role() {
    for name in names() {
        let sheet = file::read(name, shipped::text(name).unwrap()).unwrap();
        assert!(!sheet.title.is_empty(), "{name}");
        for role in Role::ALL {
            assert!(sheet.named.contains(role), "{name} lacks {}", role.word());
        }
    }
}

#[test]
fn verdicts_look_different_in_every_theme_at_every_depth() {
    for name in names() {
        for depth in Depth::ALL {
            let theme = pick(name, depth, false).unwrap();
            for (i, a) in VERDICTS.iter().enumerate() {
                for b in VERDICTS.iter().skip(i + 1) {
                    assert_ne!(theme.style(*a), theme.style(*b), "{name} {depth:?} {a:?} {b:?}");
                }
            }
            assert_ne!(theme.style(Role::Treatment), theme.style(Role::Control), "{name} {depth:?}");
            assert_ne!(theme.style(Role::Live), theme.style(Role::Lost), "{name} {depth:?}");
            assert_ne!(theme.style(Role::Selected), theme.style(Role::Text), "{name} {depth:?}");
            assert_ne!(theme.style(Role::Danger), theme.style(Role::Text), "{name} {depth:?}");
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

/// The themes that are made for a background of their own, and paint it.
const PAINTED: [&str; 3] = ["high-contrast", "gruvbox", "catppuccin-mocha"];

#[test]
fn body_text_and_background_are_the_terminals_own_unless_a_theme_paints_both() {
    for name in names() {
        let theme = pick(name, Depth::Rgb, false).unwrap();
        let Style { fg, bg, .. } = theme.style(Role::Text);
        if PAINTED.contains(&name) {
            // One without the other could be unreadable.
            assert!(fg.is_some() && bg.is_some(), "{name}");
            assert_eq!(theme.ground(), Some(Style { fg, bg, ..Style::new() }));
            continue;
        }
        assert_eq!(theme.style(Role::Text), Style::default(), "{name}");
        assert_eq!(theme.ground(), None, "{name}");
        for role in Role::ALL {
            assert_eq!(theme.style(*role).bg, None, "{name} {role:?}");
        }
    }
}

#[test]
fn the_theme_of_sixteen_colours_has_only_names_and_none_that_may_be_the_background() {
    let theme = pick("ansi16", Depth::Rgb, false).unwrap();
    for role in Role::ALL {
        let style = theme.style(*role);
        assert_eq!(style.bg, None);
        let background = [Color::Black, Color::Gray, Color::DarkGray, Color::White];
        let is_safe =
            |color| !matches!(color, Color::Rgb(..) | Color::Indexed(_)) && !background.contains(&color);
        assert!(style.fg.is_none_or(is_safe), "{} {:?}", role.word(), style.fg);
    }
    let default = pick("default", Depth::Ansi16, false).unwrap();
    assert_eq!(default.style(Role::Dim), theme.style(Role::Dim), "the default where there are sixteen");
}

#[test]
fn colours_are_readable_on_the_background_they_are_made_for() {
    const BLACK: [u8; 3] = [0, 0, 0];
    const WHITE: [u8; 3] = [255, 255, 255];
    for (name, background, least) in [
        // No colour has more than 4.58 on both.
        ("default", BLACK, 3.0),
        ("default", WHITE, 3.0),
        ("deuteranopia", BLACK, 3.0),
        ("deuteranopia", WHITE, 3.0),
        ("tritanopia", BLACK, 3.0),
        ("tritanopia", WHITE, 3.0),
        ("dark", BLACK, 4.5),
        ("light", WHITE, 4.5),
        ("high-contrast", BLACK, 7.0),
        // Its red is what it is.
        ("gruvbox", [0x28, 0x28, 0x28], 4.2),
        ("catppuccin-mocha", [0x1e, 0x1e, 0x2e], 4.5),
    ] {
        let (contrast, role) = least_contrast(name, background);
        assert!(contrast >= least, "{name} on {background:?}: {} has {contrast:.2}", role.word());
        let ground = pick(name, Depth::Rgb, false).unwrap().ground();
        assert_eq!(ground.is_some(), PAINTED.contains(&name), "{name}");
        if let Some(painted) = ground.and_then(|style| depth::rgb(style.bg?)) {
            assert_eq!(painted, background, "{name}");
        }
    }
}

/// How somebody sees who lacks one kind of cones: the two half-planes of Brettel, Viénot and Mollon 1997, "Computerized
/// simulation of color appearance for dichromats", as matrices on linear sRGB with the plane between them, from
/// libDaltonLens (<https://github.com/DaltonLens/libDaltonLens>, public domain).
struct Eyes {
    planes: [[[f64; 3]; 3]; 2],
    between: [f64; 3],
}

const DEUTERANOPIA: Eyes = Eyes {
    planes: [
        [[0.36477, 0.86381, -0.22858], [0.26294, 0.64245, 0.09462], [-0.02006, 0.02728, 0.99278]],
        [[0.37298, 0.88166, -0.25464], [0.25954, 0.63506, 0.10540], [-0.01980, 0.02784, 0.99196]],
    ],
    between: [-0.00281, -0.00611, 0.00892],
};

const TRITANOPIA: Eyes = Eyes {
    planes: [
        [[1.01277, 0.13548, -0.14826], [-0.01243, 0.86812, 0.14431], [0.07589, 0.80500, 0.11911]],
        [[0.93678, 0.18979, -0.12657], [0.06154, 0.81526, 0.12320], [-0.37562, 1.12767, 0.24796]],
    ],
    between: [0.03901, -0.02788, -0.01113],
};

impl Eyes {
    fn see(&self, rgb: [u8; 3]) -> [f64; 3] {
        let linear = rgb.map(|part| {
            let part = f64::from(part) / 255.0;
            if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        });
        let times = |row: [f64; 3]| row.iter().zip(linear).map(|(a, b)| a * b).sum::<f64>();
        let [first, second] = self.planes;
        let plane = if times(self.between) >= 0.0 { first } else { second };
        plane.map(|row| {
            let part = times(row).clamp(0.0, 1.0);
            255.0 * if part <= 0.003_130_8 { part * 12.92 } else { 1.055 * part.powf(1.0 / 2.4) - 0.055 }
        })
    }

    /// How far apart two roles look, from 0 to 441.
    fn apart(&self, theme: &Theme, a: Role, b: Role) -> f64 {
        let [a, b] = [a, b].map(|role| self.see(depth::rgb(theme.style(role).fg.unwrap()).unwrap()));
        a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt()
    }
}

#[test]
fn good_and_bad_stay_apart_for_who_is_colour_blind() {
    let pairs = [(Role::Go, Role::NoGo), (Role::Positive, Role::Negative), (Role::Live, Role::Lost)];
    let usual = pick("default", Depth::Rgb, false).unwrap();
    for (name, eyes) in [("deuteranopia", DEUTERANOPIA), ("tritanopia", TRITANOPIA)] {
        let theirs = pick(name, Depth::Rgb, false).unwrap();
        for (good, bad) in pairs {
            let apart = eyes.apart(&theirs, good, bad);
            assert!(apart > 200.0, "{name} {good:?} {apart}");
            assert!(apart > 1.3 * eyes.apart(&usual, good, bad), "{name} {good:?} {apart}");
        }
        let arms = eyes.apart(&theirs, Role::Treatment, Role::Control);
        assert!(arms > 100.0, "{name}: the arms are {arms} apart");
        // What warns is never taken for what is well.
        let warning = eyes.apart(&theirs, Role::Go, Role::Hold);
        assert!(warning > 100.0, "{name}: HOLD is {warning} from GO");
    }
}

#[test]
fn an_unknown_theme_is_answered_with_a_suggestion() {
    let message = pick("deuteranopa", Depth::Rgb, false).unwrap_err().to_string();
    assert!(message.contains("did you mean `deuteranopia`?"), "{message}");
    assert!(pick("../dark", Depth::Rgb, false).is_err());
    let message = pick("zzz", Depth::Rgb, false).unwrap_err().to_string();
    assert!(message.contains("default, dark, light, high-contrast"), "{message}");
}
