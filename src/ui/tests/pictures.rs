//! Pictures of the screen: text and styles, at three sizes, in three themes.

use std::fmt::Write;

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use ratatui::style::Style;

use super::world;
use crate::engine::Model;
use crate::keys::Input;
use crate::theme::{Depth, Theme, pick};
use crate::ui::{View, draw};

pub fn theme(name: &str) -> Theme {
    match name {
        "mono" => pick("default", Depth::Mono, false),
        "ascii" => pick("default", Depth::Rgb, true),
        name => pick(name, Depth::Rgb, false),
    }
    .unwrap()
}

pub fn view() -> View {
    View::new(world::person()).unwrap()
}

pub fn press(view: &mut View, model: &Model, chords: &[&str]) -> Vec<crate::ui::Intent> {
    let key = |chord: &&str| Input::Key { chord: chord.parse().unwrap(), repeat: false };
    chords.iter().flat_map(|chord| view.handle(&key(chord), &[model])).collect()
}

pub fn render(model: &Model, view: &View, theme: &Theme, columns: u16, rows: u16) -> Buffer {
    let mut terminal = Terminal::new(TestBackend::new(columns, rows)).unwrap();
    terminal.draw(|frame| draw(frame, &[model], view, theme)).unwrap();
    terminal.backend().buffer().clone()
}

/// The characters, row by row.
pub fn text(buf: &Buffer) -> String {
    let mut text = String::new();
    for y in 0..buf.area.height {
        let mut row = String::new();
        let mut skip = 0;
        for x in 0..buf.area.width {
            if skip > 0 {
                skip -= 1;
                continue;
            }
            let symbol = buf[(x, y)].symbol();
            skip = unicode_width::UnicodeWidthStr::width(symbol).saturating_sub(1);
            row.push_str(symbol);
        }
        text.push_str(row.trim_end());
        text.push('\n');
    }
    text
}

/// The styles, row by row, as runs: column and style where it changes.
fn styles(buf: &Buffer) -> String {
    let mut out = String::new();
    for y in 0..buf.area.height {
        let mut last = Style::reset();
        let mut row = String::new();
        for x in 0..buf.area.width {
            let cell = &buf[(x, y)];
            let style = Style { underline_color: None, sub_modifier: Default::default(), ..cell.style() };
            if style != last {
                let mut name = String::new();
                if let Some(fg) = style.fg.filter(|fg| *fg != ratatui::style::Color::Reset) {
                    write!(name, " {fg}").unwrap();
                }
                if !style.add_modifier.is_empty() {
                    write!(name, " {:?}", style.add_modifier).unwrap();
                }
                write!(row, "{x}:{};", if name.is_empty() { " -" } else { &name }).unwrap();
                last = style;
            }
        }
        writeln!(out, "{y:2} {row}").unwrap();
    }
    out
}

fn picture(name: &str, model: &Model, keys: &[&str], columns: u16, rows: u16) {
    let mut view = view();
    press(&mut view, model, keys);
    keep(name, columns, rows, |theme| render(model, &view, theme, columns, rows));
}

/// Compares what is drawn in three themes with the picture of that name.
pub fn keep(name: &str, columns: u16, rows: u16, render: impl Fn(&Theme) -> Buffer) {
    let [plain, mono, ascii] = ["default", "mono", "ascii"].map(|name| render(&theme(name)));
    let picture = format!(
        "{}\n=== ascii\n{}\n=== styles, default\n{}\n=== styles, mono\n{}",
        text(&plain),
        text(&ascii),
        styles(&plain),
        styles(&mono)
    );
    assert_eq!(text(&plain), text(&mono), "only colours may differ");
    assert!(text(&ascii).is_ascii());
    insta::with_settings!({ prepend_module_to_snapshot => false, snapshot_path => "../snapshots", omit_expression => true }, {
        insta::assert_snapshot!(format!("{name}-{columns}x{rows}"), picture);
    });
}

const SIZES: [(u16, u16); 3] = [(80, 24), (120, 40), (200, 60)];

#[test]
fn pictures_before_the_first_data() {
    for (columns, rows) in SIZES {
        picture("empty", &world::empty(), &[], columns, rows);
    }
}

#[test]
fn pictures_of_a_launch() {
    let model = world::launch().model;
    for (columns, rows) in SIZES {
        picture("launch", &model, &["down", "down", "down", "down"], columns, rows);
    }
}

#[test]
fn pictures_of_trouble() {
    let model = world::trouble().model;
    for (columns, rows) in SIZES {
        picture("trouble", &model, &[], columns, rows);
    }
}

#[test]
fn pictures_of_panels() {
    let model = world::launch().model;
    picture("kill", &model, &["down", "down", "down", "down", "K"], 80, 24);
    picture("widen", &model, &["down", "down", "down", "down", "w"], 80, 24);
    picture("note", &model, &["n", "o", "k"], 80, 24);
    picture("help", &model, &["?"], 80, 24);
    picture("evidence", &model, &["down", "down", "down", "down", "enter"], 80, 24);
    picture("summary", &world::trouble().model, &[], 50, 11);
}
