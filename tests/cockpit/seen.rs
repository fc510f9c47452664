//! What has come out of a terminal, as a person sees it and as bytes.
//!
//! In: a terminal emulator that was fed. Out: the screen, its lines, the rows of the table of segments.

use std::num::NonZero;
use std::time::{Duration, Instant};

/// What has come out of the terminal.
pub struct Seen {
    emulator: vt100::Parser,
    /// Everything that was written.
    pub bytes: Vec<u8>,
    /// When the first whole frame was there, counted from the start of the process.
    pub first_frame: Option<Duration>,
    /// Whether nothing more will come.
    pub is_over: bool,
}

/// The end of a frame.
const END: &[u8] = b"\x1b[?2026l";

impl Seen {
    /// Nothing yet, on a terminal of that size.
    pub fn new(columns: u16, rows: u16) -> Self {
        let emulator = vt100::Parser::new(cells(rows), cells(columns), 0);
        Self { emulator, bytes: Vec::new(), first_frame: None, is_over: false }
    }

    /// Takes what has come out of a process that was started then.
    pub fn take(&mut self, new: &[u8], started: Instant) {
        self.emulator.process(new);
        self.bytes.extend_from_slice(new);
        if self.first_frame.is_none() && self.bytes.windows(END.len()).any(|bytes| bytes == END) {
            self.first_frame = Some(started.elapsed());
        }
    }

    /// The terminal has another size from now on.
    pub fn resize(&mut self, columns: u16, rows: u16) {
        self.emulator.screen_mut().set_size(cells(rows), cells(columns));
    }

    /// The screen as text.
    pub fn text(&self) -> String {
        self.emulator.screen().contents()
    }

    /// The screen with its attributes and modes.
    pub fn screen(&self) -> &vt100::Screen {
        self.emulator.screen()
    }

    /// Whether a text stands on the screen.
    pub fn shows(&self, text: &str) -> bool {
        self.text().contains(text)
    }

    /// The first line with all of these texts.
    pub fn line_with(&self, texts: &[&str]) -> Option<String> {
        self.text().lines().find(|line| texts.iter().all(|text| line.contains(text))).map(str::to_owned)
    }

    /// The row of a segment in the table of segments, without what stands beside the table.
    pub fn row(&self, segment: &str) -> Option<String> {
        let text = self.text();
        let rows = text.lines().filter_map(|line| line.strip_prefix(['┃', '│'])?.split(['┃', '│']).next());
        rows.filter(|row| row.trim_start_matches([' ', '▸']).split(' ').next() == Some(segment))
            .map(str::to_owned)
            .next()
    }
}

fn cells(count: u16) -> NonZero<u16> {
    NonZero::new(count).unwrap()
}
