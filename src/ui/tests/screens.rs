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

/// The roles of each row: column and role where it changes.
fn roles(buf: &Buffer) -> Vec<String> {
    let name = |color: Color| match color {
        Color::Rgb(0, 0, number) => Role::ALL.get(usize::from(number) - 1).map_or("?", |role| role.word()),
        _ => "-",
    };
    let row = |y| {
        let (mut row, mut last) = (String::new(), "-");
        for x in 0..buf.area.width {
            let role = name(buf[(x, y)].fg);
            if role != last {
                write!(row, " {x}:{role}").unwrap();
                last = role;
            }
        }
        row
    };
    (0..buf.area.height).map(row).collect()
}

/// The same with their numbers. A row like the one before is not told again.
fn numbered(roles: &[String]) -> String {
    let (mut out, mut before) = (String::new(), "");
    for (y, row) in roles.iter().enumerate() {
        if row != before {
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

/// What is drawn: its text in Unicode and in ASCII, and its roles.
struct Drawn {
    plain: String,
    ascii: String,
    roles: Vec<String>,
}

/// Draws a model in each way that there is.
fn drawn(name: &str, model: &Model, view: &View, (columns, rows): (u16, u16)) -> Drawn {
    let draw = |theme: &Theme| render(model, view, theme, columns, rows);
    let (plain, ascii) = (text(&draw(&theme("dark"))), text(&draw(&theme("ascii"))));
    assert_eq!(plain, text(&draw(&theme("mono"))), "{name}: only colours may differ");
    assert!(ascii.is_ascii(), "{name}: {ascii}");
    Drawn { plain, ascii, roles: roles(&draw(&theme_of_roles())) }
}

/// Compares something with what is kept under that name.
fn compare(name: &str, picture: &str) {
    insta::with_settings!({ prepend_module_to_snapshot => false, snapshot_path => "../snapshots/screens", omit_expression => true }, {
        insta::assert_snapshot!(name, picture);
    });
}

/// Compares what is drawn with the picture of that name.
fn keep(name: &str, model: &Model, view: &View, (columns, rows): (u16, u16)) {
    let Drawn { plain, ascii, roles } = drawn(name, model, view, (columns, rows));
    let (other, roles) = (other_lines(&plain, &ascii), numbered(&roles));
    compare(
        &format!("{name}-{columns}x{rows}"),
        &format!("{plain}\n=== ascii, where it is more than another frame\n{other}\n=== roles\n{roles}"),
    );
}

/// The rows of a picture that are not as in another one of the same size: the text, and below it the roles.
fn difference(from: &Drawn, to: &Drawn) -> String {
    let mut out = String::new();
    let texts = from.plain.lines().zip(to.plain.lines());
    for (y, ((old, new), (old_roles, new_roles))) in texts.zip(from.roles.iter().zip(&to.roles)).enumerate() {
        if old != new {
            writeln!(out, "{y:2} {new}").unwrap();
        }
        if old_roles != new_roles {
            writeln!(out, "{y:2}={new_roles}").unwrap();
        }
    }
    out
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
        let view = looking_at(index, 3, &model);
        SIZES
            .iter()
            .for_each(|size| keep(&format!("{}-launch", screen.verb.spec().name), &model, &view, *size));
    }
}

#[test]
fn a_forecast_says_that_it_is_the_earliest_and_what_it_assumes() {
    let mut model = states::state("planned");
    let shown = |key: &str, model: &Model| {
        let mut view = view();
        press(&mut view, model, &[key]);
        let shown = text(&render(model, &view, &theme("default"), 120, 40));
        // Across the ends of lines.
        shown.replace('┃', " ").split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let assumed =
        "if every stage goes well, somebody widens each as soon as it may be, and the traffic stays";
    assert!(shown("5", &model).contains(assumed), "{}", shown("5", &model));
    assert!(shown("8", &model).contains("earliest end 20"), "{}", shown("8", &model));
    model.autopilot = crate::engine::Autopilot::Full;
    assert!(shown("5", &model).contains("if every stage goes well and the traffic stays as it is."));
}

#[test]
fn every_screen_in_trouble() {
    let model = world::trouble().model;
    for (index, screen) in SCREENS.iter().enumerate() {
        let view = looking_at(index, 0, &model);
        SIZES
            .iter()
            .for_each(|size| keep(&format!("{}-trouble", screen.verb.spec().name), &model, &view, *size));
    }
}

/// Every screen in every phase and every verdict: whole where it runs, then what is otherwise in each other state but
/// trouble, which stands whole above.
#[test]
fn every_screen_in_every_state() {
    let running = states::state("running");
    for (index, screen) in SCREENS.iter().enumerate() {
        let screen = screen.verb.spec().name;
        let view = looking_at(index, 0, &running);
        SIZES.iter().for_each(|size| keep(&format!("{screen}-running"), &running, &view, *size));
        for (name, model) in states::all().iter().filter(|(name, _)| !["running", "trouble"].contains(name)) {
            let at = format!("{screen}-{name}");
            let picture = |model: &Model, size| drawn(&at, model, &looking_at(index, 0, model), size);
            let mut told = format!("Rows that are not as in {screen}-running.\n");
            for (columns, rows) in SIZES {
                let size = (columns, rows);
                let other = difference(&picture(&running, size), &picture(model, size));
                write!(told, "=== {columns}x{rows}\n{other}").unwrap();
            }
            compare(&at, &told);
        }
    }
}

#[test]
fn numbers_that_are_stale_are_said_to_be_so_on_the_wall_in_large_letters() {
    let mut world = world::launch();
    states::stale(&mut world);
    let wall = SCREENS.iter().position(|screen| screen.verb == crate::action::Verb::Wall).unwrap();
    let view = looking_at(wall, 0, &world.model);
    SIZES.iter().for_each(|size| keep("wall-stale", &world.model, &view, *size));
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
