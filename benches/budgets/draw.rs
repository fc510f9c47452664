//! Drawing: a whole screen into cells, and the bytes of a changed one.
//!
//! Bytes are counted behind the same backend that the terminal room uses, with its brackets of synchronized output
//! added. The real binary's bytes are counted in `cockpit`.

use std::cell::Cell;
use std::io::{self, Write};
use std::rc::Rc;
use std::time::{Duration, Instant};

use gonogo::domain::{Actor, Text};
use gonogo::theme::{self, Depth, Theme};
use gonogo::ui::{self, View};
use ratatui::backend::{CrosstermBackend, TestBackend};
use ratatui::layout::Rect;
use ratatui::{Terminal, TerminalOptions, Viewport};

use super::table::{Runs, Table};
use super::world::World;

/// Bytes of `ESC[?2026h` and `ESC[?2026l`.
const BRACKETS: u64 = 16;

pub fn measure(table: &mut Table) {
    let mut world = World::live(10, 5);
    (0..1_800).for_each(|_| world.step(Duration::from_secs(1)));
    let theme = theme::pick("default", Depth::Rgb, false).expect("a theme");
    let view = View::new(Actor::Person(Text::new("captain"))).expect("a view");
    for (columns, rows) in [(80, 24), (120, 40), (200, 60)] {
        let mut terminal = Terminal::new(TestBackend::new(columns, rows)).expect("a terminal");
        let mut draw = || {
            let start = Instant::now();
            terminal.draw(|frame| ui::draw(frame, &[&world.model], &view, &theme)).expect("drawn");
            start.elapsed()
        };
        (0..20).for_each(|_| _ = draw());
        let runs = Runs::ms((0..300).map(|_| draw()));
        let what = format!("draw at {columns}×{rows}, one rollout of 10 segments");
        let budget = if columns == 200 { "≤ 1 ms (200 rollouts)" } else { "≤ 1 ms" };
        table.row(&what, budget, runs.tail("ms"), runs.p99() <= 1.0);
    }
    for (columns, rows) in [(80, 24), (120, 40), (200, 60)] {
        bytes(table, &mut world, &view, &theme, columns, rows);
    }
}

/// Bytes when every number of the rollout moves between two frames, a quarter of a second apart.
fn bytes(table: &mut Table, world: &mut World, view: &View, theme: &Theme, columns: u16, rows: u16) {
    let written = Rc::new(Cell::new(0));
    let backend = CrosstermBackend::new(Counter(Rc::clone(&written)));
    let viewport = Viewport::Fixed(Rect::new(0, 0, columns, rows));
    let mut terminal = Terminal::with_options(backend, TerminalOptions { viewport }).expect("a terminal");
    let mut frame = |world: &World| {
        written.set(0);
        terminal.draw(|frame| ui::draw(frame, &[&world.model], view, theme)).expect("drawn");
        (written.get() + BRACKETS) as f64
    };
    let first = frame(world);
    let mut frames = Vec::new();
    for _ in 0..40 {
        world.step(Duration::from_millis(250));
        frames.push(frame(world));
    }
    let frames = Runs::new(frames);
    let a_second = frames.mean() * 4.0 / 1e3;
    let what = format!("bytes at {columns}×{rows}, all numbers moving, 4 frames/s");
    let measured = format!("{a_second:.1} kB/s; a frame {}; the first {first:.0} B", frames.spread("B", 0));
    if columns == 120 {
        table.row(&what, "≤ 6 kB/s", measured, a_second <= 6.0);
    } else {
        table.note(&what, measured);
    }
}

/// Counts what is written.
struct Counter(Rc<Cell<u64>>);

impl Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.set(self.0.get() + bytes.len() as u64);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
