//! The mouse: focus, scroll and zoom, where it was asked for; never an action.

use super::pictures::{press, render, text, theme, view};
use super::world::{self, seg};
use crate::action::Verb;
use crate::engine::Model;
use crate::keys::{Button, Input, Mouse};
use crate::ui::screens::index_of;
use crate::ui::{Intent, View};

const COLUMNS: u16 = 120;
const ROWS: u16 = 40;

fn with_mouse(model: &Model) -> View {
    let mut view = view().with_mouse(true);
    view.handle(&Input::Resize { columns: COLUMNS, rows: ROWS }, &[model]);
    view
}

/// Where a text stands on the screen.
fn find(view: &View, model: &Model, words: &str) -> (u16, u16) {
    let screen = text(&render(model, view, &theme("default"), COLUMNS, ROWS));
    let found = screen.lines().enumerate().find_map(|(row, line)| {
        let at = line.find(words)?;
        Some((line[..at].chars().count() as u16, row as u16))
    });
    found.unwrap_or_else(|| panic!("{words}: {screen}"))
}

/// Where the row of a segment stands: behind frame and cursor.
fn row(view: &View, model: &Model, name: &str) -> (u16, u16) {
    let screen = text(&render(model, view, &theme("default"), COLUMNS, ROWS));
    let begins = |line: &str| line.trim_start_matches(|c: char| !c.is_alphanumeric()).starts_with(name);
    let found = screen.lines().enumerate().skip(3).find(|(_, line)| begins(line));
    found.map(|(row, _)| (5, row as u16)).unwrap_or_else(|| panic!("{name}: {screen}"))
}

fn click_row(view: &mut View, model: &Model, name: &str) -> Vec<Intent> {
    let at = row(view, model, name);
    mouse(view, model, Mouse::Press(Button::Left), at)
}

fn mouse(view: &mut View, model: &Model, kind: Mouse, (column, row): (u16, u16)) -> Vec<Intent> {
    view.handle(&Input::Mouse { kind, column, row }, &[model])
}

fn click(view: &mut View, model: &Model, words: &str) -> Vec<Intent> {
    let at = find(view, model, words);
    mouse(view, model, Mouse::Press(Button::Left), at)
}

#[test]
fn a_click_focuses_selects_a_row_and_zooms_what_is_focused() {
    let model = world::launch().model;
    let mut view = with_mouse(&model);
    assert_eq!(click_row(&mut view, &model, "beta "), []);
    assert_eq!(view.selected(), Some(&seg("beta")));
    click(&mut view, &model, " timeline");
    assert_eq!(view.selected(), Some(&seg("beta")), "looking elsewhere leaves the target alone");
    let before = view.screen();
    click(&mut view, &model, " timeline");
    assert_ne!(view.screen(), before);
    assert_eq!(Some(view.screen()), index_of(Verb::Timeline));
}

#[test]
fn the_wheel_scrolls_what_is_under_it_and_leaves_the_target_alone() {
    let model = world::trouble().model;
    let mut view = with_mouse(&model);
    press(&mut view, &model, &["down"]);
    let at = row(&view, &model, "internal ");
    mouse(&mut view, &model, Mouse::ScrollDown, at);
    assert_eq!(view.selected(), Some(&seg("internal")));
    let (column, row) = find(&view, &model, " timeline");
    let before = text(&render(&model, &view, &theme("default"), COLUMNS, ROWS));
    mouse(&mut view, &model, Mouse::ScrollDown, (column, row + 1));
    assert_ne!(before, text(&render(&model, &view, &theme("default"), COLUMNS, ROWS)));
    mouse(&mut view, &model, Mouse::ScrollUp, (column, row + 1));
    assert_eq!(before, text(&render(&model, &view, &theme("default"), COLUMNS, ROWS)));
}

#[test]
fn the_mouse_is_off_until_it_is_asked_for_and_its_key_says_so() {
    let model = world::launch().model;
    let mut view = view();
    view.handle(&Input::Resize { columns: COLUMNS, rows: ROWS }, &[&model]);
    click_row(&mut view, &model, "beta ");
    assert_eq!(view.selected(), None);
    assert_eq!(press(&mut view, &model, &["z", "m"]), [Intent::Mouse(true)]);
    assert!(view.said().unwrap().contains("hold shift to mark text"));
    press(&mut view, &model, &["tab"]);
    click_row(&mut view, &model, "beta ");
    assert_eq!(view.selected(), Some(&seg("beta")));
    assert_eq!(press(&mut view, &model, &["z", "m"]), [Intent::Mouse(false)]);
}

/// Every cell, every button, with everything open: nothing is asked for, and no confirmation is answered.
#[test]
fn the_mouse_never_acts_whatever_is_open() {
    let model = world::launch().model;
    for keys in
        [&[][..], &["?"], &["K"], &["w", "tab"], &["u"], &["n", "x"], &[":", "k"], &["y"], &["0"], &["5"]]
    {
        let mut view = with_mouse(&model);
        press(&mut view, &model, &["down", "down", "down", "down"]);
        press(&mut view, &model, keys);
        let is_asking = matches!(keys.first(), Some(&("K" | "w" | "u" | "n" | ":")));
        let before = text(&render(&model, &view, &theme("default"), COLUMNS, ROWS));
        for row in (0..ROWS).step_by(3) {
            for column in (0..COLUMNS).step_by(7) {
                for kind in [
                    Mouse::Press(Button::Left),
                    Mouse::Release(Button::Left),
                    Mouse::Press(Button::Right),
                    Mouse::Drag(Button::Left),
                    Mouse::ScrollUp,
                    Mouse::ScrollDown,
                ] {
                    assert_eq!(mouse(&mut view, &model, kind, (column, row)), [], "{keys:?} {kind:?}");
                }
            }
            if is_asking {
                assert_eq!(
                    before,
                    text(&render(&model, &view, &theme("default"), COLUMNS, ROWS)),
                    "{keys:?}"
                );
            }
        }
    }
}
