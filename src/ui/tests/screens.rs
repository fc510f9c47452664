//! Pictures of every screen: text and roles, at three sizes. A screen that is added to the list is pictured by itself.
//!
//! The text is drawn in the signs of Unicode and of ASCII. The roles are told exactly, by a theme in which each has a colour
//! of its own; what they look like is the theme's business and tested there. That without colours the text is the same,
//! and that an ASCII terminal gets ASCII only, is tried for each picture.
//!
//! To make all pictures anew: `INSTA_UPDATE=always cargo test --lib ui::`, then look at the difference.

use std::fmt::Write;

use ratatui::buffer::Buffer;
use ratatui::style::Color;

use super::pictures::{press, render, text, theme, view};
use super::states;
use super::world;
use crate::engine::Model;
use crate::theme::{Depth, Role, Theme};
use crate::ui::View;
use crate::ui::screens::{MAIN, SCREENS};

const SIZES: [(u16, u16); 3] = [(80, 24), (120, 40), (200, 60)];

/// A theme in which every role but body text has a colour of its own.
fn theme_of_roles() -> Theme {
    let mut file = String::from("title = \"Roles\"\n[roles]\n");
    for role in Role::ALL.iter().filter(|role| **role != Role::Text) {
        writeln!(file, "{} = {{ fg = \"#0000{:02x}\" }}", role.word(), *role as usize + 1).unwrap();
    }
    Theme::read("roles", &file, Depth::Rgb, false).unwrap()
}

/// The roles, row by row: column and role where it changes. A row like the one before is not told again.
fn roles(buf: &Buffer) -> String {
    let name = |color: Color| match color {
        Color::Rgb(0, 0, number) => Role::ALL.get(usize::from(number) - 1).map_or("?", |role| role.word()),
        _ => "-",
    };
    let mut out = String::new();
    let mut before = String::new();
    for y in 0..buf.area.height {
        let mut row = String::new();
        let mut last = "-";
        for x in 0..buf.area.width {
            let role = name(buf[(x, y)].fg);
            if role != last {
                write!(row, " {x}:{role}").unwrap();
                last = role;
            }
        }
        if row != before && !(row.is_empty() && before.is_empty()) {
            writeln!(out, "{y:2}{row}").unwrap();
        }
        before = row;
    }
    out
}

/// The lines of an ASCII screen that say more than that frames are drawn in ASCII, with their numbers.
fn other_lines(plain: &str, ascii: &str) -> String {
    let framed = |line: &str| {
        let plain = |c| match c {
            '│' => '|',
            '─' => '-',
            '┃' => '#',
            '━' => '=',
            '┌' | '┐' | '└' | '┘' => '+',
            '┏' | '┓' | '┗' | '┛' => '#',
            c => c,
        };
        line.chars().map(plain).collect::<String>()
    };
    let lines = plain.lines().zip(ascii.lines()).enumerate();
    let other = lines.filter(|(_, (plain, ascii))| framed(plain) != **ascii);
    other.map(|(row, (_, ascii))| format!("{row:2} {ascii}\n")).collect()
}

/// Compares what is drawn with the picture of that name.
fn keep(name: &str, model: &Model, view: &View, columns: u16, rows: u16) {
    let draw = |theme: &Theme| render(model, view, theme, columns, rows);
    let (plain, ascii) = (draw(&theme("dark")), draw(&theme("ascii")));
    let roles = roles(&draw(&theme_of_roles()));
    assert_eq!(text(&plain), text(&draw(&theme("mono"))), "{name}: only colours may differ");
    assert!(text(&ascii).is_ascii(), "{name}: {}", text(&ascii));
    let picture = format!(
        "{}\n=== ascii, where it is more than another frame\n{}\n=== roles\n{roles}",
        text(&plain),
        other_lines(&text(&plain), &text(&ascii))
    );
    insta::with_settings!({ prepend_module_to_snapshot => false, snapshot_path => "../snapshots/screens", omit_expression => true }, {
        insta::assert_snapshot!(format!("{name}-{columns}x{rows}"), picture);
    });
}

/// A view that looks at a screen, with this segment of the list selected.
fn looking_at(screen: usize, segment: usize, model: &Model) -> View {
    let mut view = view();
    press(&mut view, model, &vec!["down"; segment]);
    if screen != MAIN {
        let spec = SCREENS[screen].verb.spec();
        press(&mut view, model, &spec.chords[..1]);
    }
    assert_eq!(view.screen(), screen, "its key opens it");
    view
}

#[test]
fn every_screen_of_a_launch_that_goes_well() {
    let model = states::state("planned");
    for (index, screen) in SCREENS.iter().enumerate() {
        for (columns, rows) in SIZES {
            let name = format!("{}-launch", screen.verb.spec().name);
            keep(&name, &model, &looking_at(index, 3, &model), columns, rows);
        }
    }
}

#[test]
fn every_screen_in_trouble() {
    let model = world::trouble().model;
    for (index, screen) in SCREENS.iter().enumerate() {
        for (columns, rows) in SIZES {
            let name = format!("{}-trouble", screen.verb.spec().name);
            keep(&name, &model, &looking_at(index, 0, &model), columns, rows);
        }
    }
}

/// The main screen and those that say how far it is, in every phase and every verdict.
#[test]
fn every_state_on_the_screens_that_are_looked_at_most() {
    for (name, model) in states::all() {
        for verb in [crate::action::Verb::Main, crate::action::Verb::Plan, crate::action::Verb::Wall] {
            let screen = SCREENS.iter().position(|screen| screen.verb == verb).unwrap();
            let sizes = if verb == crate::action::Verb::Main { &SIZES[..] } else { &SIZES[..1] };
            for (columns, rows) in sizes {
                let name = format!("{}-{name}", verb.spec().name);
                keep(&name, &model, &looking_at(screen, 0, &model), *columns, *rows);
            }
        }
    }
}

#[test]
fn numbers_that_are_stale_are_said_to_be_so_on_the_wall_in_large_letters() {
    let mut world = world::launch();
    states::stale(&mut world);
    let wall = SCREENS.iter().position(|screen| screen.verb == crate::action::Verb::Wall).unwrap();
    let view = looking_at(wall, 0, &world.model);
    for (columns, rows) in SIZES {
        keep("wall-stale", &world.model, &view, columns, rows);
    }
    let shown = text(&render(&world.model, &view, &theme("dark"), 30, 8));
    assert!(shown.contains("STALE 40 s"), "{shown}");
}

#[test]
fn leaving_goes_back_through_each_screen_once_however_often_it_was_looked_at() {
    let model = world::launch().model;
    let mut view = view();
    for _ in 0..20 {
        press(&mut view, &model, &["5", "6", "2", "1"]);
    }
    let mut way = vec![SCREENS[view.screen()].verb.spec().name];
    while press(&mut view, &model, &["q"]).is_empty() {
        way.push(SCREENS[view.screen()].verb.spec().name);
    }
    assert_eq!(way, ["main", "segment", "timeline", "plan"]);
}
