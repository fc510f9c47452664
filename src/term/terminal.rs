//! The terminal of one cockpit.
//!
//! In: a function that draws. Out: the changed cells, as one write. The terminal is given back when this value
//! is dropped, and also when a panic gets there first.

use std::{
    fs::File,
    io::{self, IsTerminal},
    os::fd::AsFd,
    sync::Arc,
};

use ratatui::{Frame, layout::Size};

use super::{
    CopyError, Host, Notify, OutputState, TermError, modes,
    output::Output,
    screen::{self, Screen},
    stop,
    tty::Tty,
    words,
};

/// What became of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Drawn {
    /// It is on its way to the terminal.
    Sent,
    /// It looks like the one before; nothing was written.
    Unchanged,
    /// The terminal still has not taken the one before, so nothing was drawn. Draw again when
    /// [`OutputState::idle`] returns.
    Busy,
}

/// The terminal, taken until it is dropped.
pub struct Terminal {
    inner: ratatui::Terminal<Screen>,
    output: Arc<Output>,
    host: Host,
    has_mouse: bool,
    redraw: bool,
}

impl Terminal {
    /// Whether there is a terminal to take; nothing is done to it.
    ///
    /// # Errors
    /// If standard input or output is none.
    pub fn check() -> Result<(), TermError> {
        if !io::stdin().is_terminal() {
            return Err(TermError::NotATerminal { stream: "standard input" });
        }
        if !io::stdout().is_terminal() {
            return Err(TermError::NotATerminal { stream: "standard output" });
        }
        Ok(())
    }

    /// Takes the terminal: raw mode, alternate screen, hidden cursor, bracketed paste, focus reports; no mouse,
    /// until [`Terminal::mouse`] asks for it. `host` is what is known of it.
    ///
    /// # Errors
    /// If standard input or output is not a terminal, or this process has taken it already.
    pub fn enter(host: Host) -> Result<Self, TermError> {
        Self::check()?;
        // With NO_COLOR, crossterm drops bold and reverse together with the colours. The theme decides.
        crossterm::style::force_color_output(true);
        // Past std's line buffer, which would split a frame.
        let tty =
            io::stdout().as_fd().try_clone_to_owned().map_err(TermError::during("open the terminal"))?;
        let output =
            Output::start(Tty(File::from(tty))).map_err(TermError::during("start the output thread"))?;
        let output = Arc::new(output);
        let inner = ratatui::Terminal::new(Screen::new(ask_size))
            .map_err(TermError::during("ask the terminal for its size"))?;
        modes::take(&output, false)?;
        Ok(Self { inner, output, host, has_mouse: false, redraw: false })
    }

    /// Draws a frame and hands the changes over for writing. Never waits for the terminal.
    ///
    /// # Errors
    /// If the terminal has gone away or was given back: end the loop.
    pub fn draw(&mut self, render: impl FnOnce(&mut Frame)) -> Result<Drawn, TermError> {
        if self.output.is_sealed() {
            return Err(TermError::GivenBack);
        }
        if let Some(kind) = self.output.failure() {
            return Err(TermError::System { operation: "write to the terminal", cause: kind.into() });
        }
        if !self.output.state().is_idle() {
            return Ok(Drawn::Busy);
        }
        let during = TermError::during::<io::Error>;
        if std::mem::take(&mut self.redraw) {
            self.inner.clear().map_err(during("clear the screen"))?;
        }
        self.inner.draw(render).map_err(during("draw"))?;
        let Some(frame) = self.inner.backend_mut().take(self.output.spare()).map_err(during("draw"))? else {
            return Ok(Drawn::Unchanged);
        };
        // Only this method sends frames, so nothing but a panic elsewhere can have come between.
        if self.output.send(frame) { Ok(Drawn::Sent) } else { Err(TermError::GivenBack) }
    }

    /// Sends a text to the clipboard of the terminal. Whether it got there, nobody can know.
    ///
    /// # Errors
    /// [`CopyError`] when it is not even sent.
    pub fn copy(&mut self, text: &str) -> Result<(), CopyError> {
        let words = words::copy(text, &self.host)?;
        if self.output.is_sealed() {
            return Err(CopyError::GivenBack);
        }
        if self.output.say(&words) { Ok(()) } else { Err(CopyError::Busy) }
    }

    /// Rings the bell if asked for, and notifies the desktop with these words. Returns whether it was sent.
    pub fn alert(&mut self, bell: bool, notify: Notify, title: &str, text: &str) -> bool {
        let words = words::alert(bell, notify, title, text, &self.host);
        !words.is_empty() && self.output.say(&words)
    }

    /// Asks the terminal to report the mouse, or no longer to; it is off at first. While it is on, selecting text is
    /// no longer the terminal's business.
    ///
    /// # Errors
    /// If the terminal was given back.
    pub fn mouse(&mut self, is_on: bool) -> Result<(), TermError> {
        self.has_mouse = is_on;
        modes::set_mouse(is_on)
    }

    /// Makes the next frame a full one, for when something else has written to the screen.
    pub fn force_redraw(&mut self) {
        self.redraw = true;
    }

    /// Returns the size in cells, never zero; what is unknown is 80×24.
    ///
    /// # Errors
    /// If the terminal has gone away.
    pub fn size(&self) -> Result<Size, TermError> {
        size()
    }

    /// Returns what has been written so far, and whether the terminal keeps up.
    pub fn output(&self) -> OutputState {
        self.output.state()
    }

    /// Gives the terminal back, stops this process and its group as Ctrl-Z would, and takes the terminal again
    /// when it is continued; the next frame is a full one. Returns whether it stopped: without a
    /// shell that could continue us it does nothing.
    ///
    /// # Errors
    /// If the terminal cannot be taken again.
    pub fn suspend(&mut self) -> Result<bool, TermError> {
        if self.output.is_sealed() {
            return Err(TermError::GivenBack);
        }
        if !stop::can_be_continued() {
            return Ok(false);
        }
        modes::give_back().map_err(TermError::during("give the terminal back"))?;
        let stopped = stop::stop().map_err(TermError::during("stop"));
        modes::take(&self.output, self.has_mouse)?;
        self.start_over();
        stopped.map(|()| true)
    }

    /// Takes the terminal again after [`super::Signal::Continue`], when the shell may have changed its modes;
    /// the next frame is a full one.
    ///
    /// # Errors
    /// If the terminal has gone away or was given back.
    pub fn resume(&mut self) -> Result<(), TermError> {
        modes::take_again()?;
        self.start_over();
        Ok(())
    }

    /// Gives the terminal back before the value is dropped, to say something on the normal screen.
    ///
    /// # Errors
    /// If the terminal's modes could not be reset.
    pub fn restore(&mut self) -> Result<(), TermError> {
        modes::give_back().map_err(TermError::during("give the terminal back"))
    }

    fn start_over(&mut self) {
        self.inner.backend_mut().reset();
        self.redraw = true;
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // A terminal that has gone away cannot be given back, and there is nobody left to tell.
        let _ = modes::give_back();
    }
}

/// Returns the size of the terminal in cells, never zero; what is unknown is 80×24.
///
/// # Errors
/// If standard output is not a terminal or it has gone away.
pub fn size() -> Result<Size, TermError> {
    ask_size().map(screen::usable).map_err(TermError::during("ask the terminal for its size"))
}

/// Asks the system. Not crossterm, which opens `/dev/tty` each time and may start a program.
fn ask_size() -> io::Result<Size> {
    let size = rustix::termios::tcgetwinsize(io::stdout())?;
    Ok(Size { width: size.ws_col, height: size.ws_row })
}
