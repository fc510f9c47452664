//! From cells to the bytes of one frame.
//!
//! In: the changed cells that ratatui found. Out: the bytes for them, gathered until the frame is taken. The
//! words for colours and movements are crossterm's; what is ours: nothing is written before the frame is
//! complete, a frame without a change has no bytes at all (ratatui's own would have 25), the cursor is only
//! touched when it must be, and the terminal is never asked a question whose answer would get between the keys.

use std::io;

use crossterm::{
    queue,
    terminal::{BeginSynchronizedUpdate, EndSynchronizedUpdate},
};
use ratatui::{
    backend::{Backend, ClearType, CrosstermBackend, WindowSize},
    buffer::Cell,
    layout::{Position, Size},
};

/// Size that is assumed where the terminal does not know its own (a serial line, a container).
const ASSUMED: Size = Size { width: 80, height: 24 };

/// Largest size drawn, so that a frame is bounded: a 4K screen in a font 4 pixels wide is 960 × 270.
const LARGEST: Size = Size { width: 1000, height: 500 };

/// Where the size of the terminal is asked for.
pub(super) type AskSize = fn() -> io::Result<Size>;

/// Gathers the bytes of a frame.
pub(super) struct Screen {
    frame: Vec<u8>,
    ask_size: AskSize,
    /// Where the visible cursor stands; `None` while it is hidden or has been moved by drawing.
    cursor: Option<Position>,
    cursor_shown: bool,
}

impl Screen {
    /// Makes a screen whose cursor is hidden.
    pub(super) fn new(ask_size: AskSize) -> Self {
        Self { frame: Vec::new(), ask_size, cursor: None, cursor_shown: false }
    }

    /// Says that the terminal was taken anew, which hides the cursor, and forgets an unfinished frame.
    pub(super) fn reset(&mut self) {
        self.frame.clear();
        self.cursor = None;
        self.cursor_shown = false;
    }

    /// Takes the finished frame, bracketed by synchronized output, in exchange for an empty buffer;
    /// `None` if nothing changed.
    pub(super) fn take(&mut self, mut bracketed: Vec<u8>) -> io::Result<Option<Vec<u8>>> {
        if self.frame.is_empty() {
            return Ok(None);
        }
        queue!(bracketed, BeginSynchronizedUpdate)?;
        bracketed.append(&mut self.frame);
        queue!(bracketed, EndSynchronizedUpdate)?;
        Ok(Some(bracketed))
    }

    fn words(&mut self) -> CrosstermBackend<&mut Vec<u8>> {
        CrosstermBackend::new(&mut self.frame)
    }
}

/// Brings a reported size into what is drawn: nothing known is 80×24, and there is a largest size.
pub(super) fn usable(size: Size) -> Size {
    let or = |cells: u16, assumed: u16, largest: u16| match cells {
        0 => assumed,
        cells => cells.min(largest),
    };
    Size {
        width: or(size.width, ASSUMED.width, LARGEST.width),
        height: or(size.height, ASSUMED.height, LARGEST.height),
    }
}

impl Backend for Screen {
    type Error = io::Error;

    fn draw<'a, I: Iterator<Item = (u16, u16, &'a Cell)>>(&mut self, content: I) -> io::Result<()> {
        let mut content = content.peekable();
        if content.peek().is_none() {
            return Ok(());
        }
        self.cursor = None;
        self.words().draw(content)
    }

    fn hide_cursor(&mut self) -> io::Result<()> {
        if std::mem::take(&mut self.cursor_shown) { self.words().hide_cursor() } else { Ok(()) }
    }

    fn show_cursor(&mut self) -> io::Result<()> {
        if std::mem::replace(&mut self.cursor_shown, true) { Ok(()) } else { self.words().show_cursor() }
    }

    fn get_cursor_position(&mut self) -> io::Result<Position> {
        // Asking the terminal would read its answer from among the keys.
        Ok(self.cursor.unwrap_or_default())
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> io::Result<()> {
        let position = position.into();
        if self.cursor.replace(position) == Some(position) {
            return Ok(());
        }
        self.words().set_cursor_position(position)
    }

    fn clear(&mut self) -> io::Result<()> {
        self.words().clear()
    }

    fn clear_region(&mut self, clear_type: ClearType) -> io::Result<()> {
        self.words().clear_region(clear_type)
    }

    fn size(&self) -> io::Result<Size> {
        (self.ask_size)().map(usable)
    }

    fn window_size(&mut self) -> io::Result<WindowSize> {
        Ok(WindowSize { columns_rows: self.size()?, pixels: Size::ZERO })
    }

    fn flush(&mut self) -> io::Result<()> {
        // The frame is not finished before `take`.
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use ratatui::{
        Terminal,
        style::{Color, Stylize},
        text::Line,
    };

    use super::*;

    fn small() -> io::Result<Size> {
        Ok(Size { width: 20, height: 4 })
    }

    fn frame(terminal: &mut Terminal<Screen>, text: &str, cursor: Option<Position>) -> Option<String> {
        terminal
            .draw(|frame| {
                frame.render_widget(Line::from(text.to_owned()).fg(Color::Red).bold(), frame.area());
                if let Some(position) = cursor {
                    frame.set_cursor_position(position);
                }
            })
            .unwrap();
        let bytes = terminal.backend_mut().take(Vec::new()).unwrap()?;
        Some(String::from_utf8(bytes).unwrap())
    }

    #[test]
    fn a_frame_is_bracketed_and_one_without_change_has_no_bytes() {
        let mut terminal = Terminal::new(Screen::new(small)).unwrap();
        let first = frame(&mut terminal, "go", None).unwrap();
        assert!(first.starts_with("\x1b[?2026h") && first.ends_with("\x1b[?2026l"), "{first:?}");
        assert!(first.contains("go"));
        assert_eq!(frame(&mut terminal, "go", None), None);
        assert!(frame(&mut terminal, "no", None).is_some());
    }

    #[test]
    fn the_cursor_is_shown_hidden_and_moved_only_when_it_must_be() {
        let mut terminal = Terminal::new(Screen::new(small)).unwrap();
        frame(&mut terminal, "go", None);
        let here = Some(Position::new(2, 1));
        let shown = frame(&mut terminal, "go", here).unwrap();
        assert!(shown.contains("\x1b[?25h") && shown.contains("\x1b[2;3H"), "{shown:?}");
        assert_eq!(frame(&mut terminal, "go", here), None);
        let moved_by_drawing = frame(&mut terminal, "no", here).unwrap();
        assert!(moved_by_drawing.contains("\x1b[2;3H"), "{moved_by_drawing:?}");
        assert!(frame(&mut terminal, "no", None).unwrap().contains("\x1b[?25l"));
    }

    #[test]
    fn a_terminal_that_does_not_know_its_size_is_drawn_at_80_by_24() {
        let size = |width, height| usable(Size { width, height });
        assert_eq!(size(0, 0), ASSUMED);
        assert_eq!(size(1, 1), Size { width: 1, height: 1 });
        assert_eq!(size(u16::MAX, u16::MAX), LARGEST);
    }
}
