//! What is drawn: at once, at any size, without colours, in ASCII; and nothing when nothing has changed.

use std::time::{Duration, Instant};

use gonogo::action::{ACTIONS, Spec, Where};

use super::harness::Cockpit;
use super::seen::Seen;
use super::world::{World, text};

/// How long nothing may be written when nothing changes.
const IDLE: Duration = Duration::from_secs(10);

#[test]
fn the_demo_draws_at_once_and_moves() {
    let mut firsts = Vec::new();
    let mut moved = Duration::MAX;
    for _ in 0..5 {
        let start = Instant::now();
        let cockpit = Cockpit::start(&["demo"], 120, 40, &[]);
        cockpit.until("the first frame", |seen| seen.first_frame.is_some());
        let first = cockpit.seen().first_frame.unwrap();
        assert!(cockpit.seen().shows("checkout-v2"), "{}", cockpit.seen().text());
        firsts.push(first);
        let is_number = |seen: &super::seen::Seen| {
            seen.line_with(&["enterprise", "0%", "/0."]).is_some() && seen.shows("5 live")
        };
        cockpit.until("numbers", is_number);
        moved = moved.min(start.elapsed());
        let numbers = cockpit.seen().text();
        cockpit.until("the numbers to change", |seen| is_number(seen) && seen.text() != numbers);
        cockpit.end();
    }
    firsts.sort();
    println!(
        "first frame: {:?} best, {:?} median of 5; first numbers {moved:?} after the start",
        firsts[0], firsts[2]
    );
    assert!(firsts[2] < Duration::from_secs(2));
    assert!(moved < Duration::from_secs(3));
}

#[test]
fn help_shows_every_action_that_a_live_cockpit_has() {
    let world = World::steady();
    let mut cockpit = world.watch_live(120, 40, &[]);
    cockpit.press("?");
    // Frames arrive in pieces: a page is whole when the last piece of its frame is there.
    let is_whole = |seen: &Seen, page: usize| {
        seen.shows(&format!("keys, page {page} of")) && seen.bytes.ends_with(b"\x1b[?2026l")
    };
    cockpit.until("the first page", |seen| is_whole(seen, 1));
    let mut wanted: Vec<_> = ACTIONS.iter().filter(|spec| spec.place != Where::Replay).collect();
    for page in 2.. {
        let is_there = |seen: &Seen, spec: &&Spec| {
            let text = seen.text();
            text.lines().any(|line| line.contains(spec.chords[0]) && line.contains(spec.name))
        };
        wanted.retain(|spec| !is_there(&cockpit.seen(), spec));
        if wanted.is_empty() {
            break;
        }
        cockpit.press("\x1b[6~");
        cockpit.until("the next page", |seen| is_whole(seen, page));
    }
    cockpit.press("\x1b");
    cockpit.until("the help to close", |seen| !seen.shows("keys, page"));
    cockpit.end();
}

#[test]
fn nothing_changed_means_nothing_written() {
    let world = World::serve(&text(0, ""));
    let cockpit = world.watch_live(80, 24, &[]);
    // Stages bake for a second; what is heard of the first seconds settles.
    cockpit.until_quiet(Duration::from_secs(2));
    let (before, start) = (cockpit.bytes_written(), Instant::now());
    let seen = cockpit.seen().text();
    while start.elapsed() < IDLE {
        std::thread::sleep(Duration::from_millis(50));
        let bytes = cockpit.bytes_written() - before;
        let tail = String::from_utf8_lossy(&cockpit.seen().bytes[before..]).into_owned();
        assert_eq!(bytes, 0, "after {:?}: {tail:?}\n{seen}\n{}", start.elapsed(), cockpit.seen().text());
    }
    cockpit.end();
}

/// Every cell as it looks; one that was never written looks like a space.
fn cells(screen: &vt100::Screen) -> Vec<(String, vt100::Color, vt100::Color, [bool; 3])> {
    let (rows, columns) = screen.size();
    let places = (0..rows.get()).flat_map(|row| (0..columns.get()).map(move |column| (row, column)));
    let cells = places.filter_map(|(row, column)| screen.cell(row, column)).map(|cell| {
        let text = if cell.has_contents() { cell.contents() } else { " " };
        let blank = text == " " && !cell.inverse();
        let colour = if blank { vt100::Color::Default } else { cell.fgcolor() };
        (
            text.to_owned(),
            colour,
            cell.bgcolor(),
            [cell.bold() && !blank, cell.dim() && !blank, cell.inverse()],
        )
    });
    cells.collect()
}

#[test]
fn a_storm_of_resizes_ends_in_a_right_screen() {
    let world = World::serve(&text(0, ""));
    let mut cockpit = world.watch_live(90, 30, &[]);
    cockpit.until("all to be baked", |seen| !seen.shows("bake "));
    for step in 0..100_u16 {
        cockpit.resize(1 + step * 37 % 220, 1 + step * 23 % 70);
    }
    cockpit.resize(90, 30);
    cockpit.until_line(&["▸everything"]);
    // The time left to bake runs out by itself.
    cockpit.until("the stage to have baked", |seen| !seen.shows("bake "));
    cockpit.until_quiet(Duration::from_millis(700));
    let after_the_storm = cells(cockpit.seen().screen());
    cockpit.press("\x0c");
    cockpit.until_quiet(Duration::from_millis(700));
    let drawn_anew = cells(cockpit.seen().screen());
    let differences: Vec<_> =
        after_the_storm.iter().zip(&drawn_anew).enumerate().filter(|(_, (a, b))| a != b).collect();
    assert!(differences.is_empty(), "{differences:?}");
    assert!(cockpit.seen().line_with(&["? help"]).is_some(), "{}", cockpit.seen().text());
    cockpit.end();
}

#[test]
fn any_size_is_drawn() {
    let world = World::steady();
    let cockpit = world.watch_live(120, 40, &[]);
    for (columns, rows) in [(40, 10), (20, 5), (3, 2), (1, 1), (80, 24), (200, 60), (300, 100)] {
        cockpit.resize(columns, rows);
        if columns >= 20 {
            cockpit.until("the name", |seen| seen.shows("checkout-v2") || seen.shows("beta"));
        }
    }
    cockpit.end();
}

/// The parameters of all `ESC [ … m` sequences.
fn styles(bytes: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(bytes).into_owned();
    let sequences = text.split("\x1b[").skip(1).filter_map(|rest| {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != ';' && c != ':')?;
        rest[end..].starts_with('m').then(|| rest[..end].to_owned())
    });
    sequences.collect()
}

/// Whether the parameters of a style ask for a colour, and not for the default.
fn asks_for_colour(style: &str) -> bool {
    style
        .split([';', ':'])
        .any(|number| matches!(number.parse::<u16>(), Ok(30..=38 | 40..=48 | 58 | 90..=97 | 100..=107)))
}

#[test]
fn no_color_means_no_colour_but_bold_and_reverse() {
    let args = ["demo", "error-spike"];
    let mut cockpit = Cockpit::start(&args, 120, 40, &[("NO_COLOR", "1")]);
    cockpit.until_shown("5 live");
    cockpit.press("K");
    cockpit.until_shown("[ kill ]");
    cockpit.press("\x1b");
    cockpit.until("the panel to close", |seen| !seen.shows("[ kill ]"));
    let styles = styles(&cockpit.seen().bytes);
    let coloured: Vec<_> = styles.iter().filter(|style| asks_for_colour(style)).collect();
    assert!(coloured.is_empty(), "{coloured:?}");
    let has = |wanted: &str| styles.iter().any(|style| style.split(';').any(|number| number == wanted));
    assert!(has("1") && has("7"), "{styles:?}");
    cockpit.end();
}

#[test]
fn with_colours_there_are_some() {
    let cockpit = Cockpit::start(&["demo", "error-spike"], 120, 40, &[]);
    cockpit.until_shown("5 live");
    assert!(styles(&cockpit.seen().bytes).iter().any(|style| asks_for_colour(style)));
    cockpit.end();
}

#[test]
fn ascii_is_ascii() {
    let mut cockpit = Cockpit::start(&["demo", "error-spike", "--ascii"], 120, 40, &[]);
    cockpit.until_shown("5 live");
    cockpit.until_line(&["beta", "GO"]);
    for key in ["K", "\x1b", "?", "\x1b", "\t", "\r", "\x1b", "n", "\x1b"] {
        cockpit.press(key);
        cockpit.until_quiet(Duration::from_millis(100));
    }
    let seen = cockpit.seen();
    let foreign: String = String::from_utf8_lossy(&seen.bytes).chars().filter(|c| !c.is_ascii()).collect();
    assert_eq!(foreign, "", "{}", seen.text());
    drop(seen);
    cockpit.end();
}
