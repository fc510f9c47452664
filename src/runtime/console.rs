//! The console: what both loops with a screen have in common at the terminal.
//!
//! In: frames to draw, texts to copy, what to ring for. Out: at most one frame at a time, as the [`Pacer`] says; words
//! for the terminal; with `--stats` what it all costs. How the terminal is to be used comes in as [`Manners`], decided
//! by whoever reads flags, settings and the environment.

use ratatui::Frame;
use tokio::time::Instant;

use super::alarm::Alarm;
use super::gauge::Gauge;
use super::pacer::{Look, Pacer};
use crate::engine::Model;
use crate::keys::Input;
use crate::term::{self, Drawn, Host, Notify, OutputState, TermError, Terminal};
use crate::theme::Theme;
use crate::ui::{self, View};

/// Who calls, in a notification.
const CALLER: &str = "gonogo";
/// How many columns of a copied text are said again.
const SHOWN: usize = 60;

/// How the terminal is used.
#[derive(Debug, Clone, Copy, Default)]
pub struct Manners {
    /// What is known of the terminal.
    pub host: Host,
    /// Whether bytes and frames are shown, and said at the end.
    pub has_stats: bool,
    /// Whether the terminal is asked for the mouse.
    pub has_mouse: bool,
    /// Whether the bell rings at a NO-GO and at a kill that is not confirmed. Never in a replay.
    pub bell: bool,
    /// How the desktop is told of the same.
    pub notify: Notify,
}

impl Manners {
    /// The words of what there is to ring for, if the user wants that.
    fn occasion(&self, alarm: &mut Alarm, rollouts: &[&Model]) -> Option<String> {
        let is_wanted = self.bell || self.notify != Notify::Off;
        is_wanted.then(|| alarm.look(rollouts, Instant::now())).flatten()
    }

    /// The bytes that ring on a terminal that nobody draws on.
    pub(super) fn ring(&self, alarm: &mut Alarm, rollouts: &[&Model]) -> Option<Vec<u8>> {
        let text = self.occasion(alarm, rollouts)?;
        Some(term::alert(self.bell, self.notify, CALLER, &text, &self.host))
    }
}

/// A terminal in use. `L` is what a frame is drawn from.
pub(super) struct Console<L> {
    terminal: Terminal,
    output: OutputState,
    pacer: Pacer<L>,
    gauge: Option<Gauge>,
    alarm: Alarm,
    manners: Manners,
}

impl<L: Look> Console<L> {
    /// Takes the terminal, and tells the view its size.
    ///
    /// # Errors
    /// [`TermError`] when there is none.
    pub fn enter(manners: Manners, view: &mut View) -> Result<Self, TermError> {
        let mut terminal = Terminal::enter(manners.host)?;
        if manners.has_mouse {
            terminal.mouse(true)?;
        }
        let size = terminal.size()?;
        view.handle(&Input::Resize { columns: size.width, rows: size.height }, &[]);
        let is_remote = manners.host.is_remote;
        Ok(Self {
            output: terminal.output(),
            terminal,
            pacer: Pacer::new(is_remote),
            gauge: manners.has_stats.then(|| Gauge::new(is_remote)),
            alarm: Alarm::default(),
            manners,
        })
    }

    /// Draws a frame if one is due. Never waits for the terminal.
    ///
    /// # Errors
    /// [`TermError`] when the terminal is lost.
    pub fn draw(
        &mut self,
        look: L,
        theme: &Theme,
        render: impl FnOnce(&mut Frame<'_>),
    ) -> Result<(), TermError> {
        let written = self.output.written();
        self.pacer.measure(written.frames, written.took);
        if !self.pacer.is_due(look) {
            return Ok(());
        }
        let (gauge, interval) = (&mut self.gauge, self.pacer.interval());
        let drawn = self.terminal.draw(|frame| {
            render(frame);
            if let Some(gauge) = gauge {
                let stats = gauge.figures(frame.buffer_mut(), written, interval);
                ui::draw_stats(frame, theme, &stats);
            }
        })?;
        match drawn {
            Drawn::Sent => self.pacer.drawn(look, false),
            Drawn::Unchanged => self.pacer.drawn(look, true),
            Drawn::Busy => self.pacer.wait(),
        }
        Ok(())
    }

    /// Somebody waits for the next frame: it is due at once.
    pub const fn ask(&mut self) {
        self.pacer.ask();
    }

    /// Whether there is something to draw, now or later.
    pub fn has_news(&self, look: L) -> bool {
        self.pacer.has_news(look)
    }

    /// The earliest time of the next frame, if it is drawn from that.
    pub fn due(&self, look: L) -> Instant {
        self.pacer.due(look)
    }

    /// Whether the terminal is waited for.
    pub const fn is_waiting(&self) -> bool {
        self.pacer.is_waiting()
    }

    /// Waits until the terminal has taken what it was given.
    pub async fn caught_up(&self) {
        self.output.idle().await;
    }

    /// The terminal has caught up.
    pub const fn go_on(&mut self) {
        self.pacer.go_on();
    }

    /// Takes notice of what the person did. Returns whether it is for the view.
    pub fn notice(&mut self, input: &Input) -> bool {
        match input {
            // What somebody else has left on is no wish of this user.
            Input::Mouse { .. } if !self.manners.has_mouse => return false,
            // There and back between two frames: the size is as before, but the terminal has cut its cells.
            Input::Resize { .. } => self.terminal.force_redraw(),
            _ => {}
        }
        self.ask();
        true
    }

    /// Draws the next frame anew, whatever the terminal shows now.
    pub fn redraw(&mut self) {
        self.terminal.force_redraw();
        self.ask();
    }

    /// Goes back to the shell for a while.
    ///
    /// # Errors
    /// [`TermError`] when the terminal cannot be taken again.
    pub fn suspend(&mut self) -> Result<(), TermError> {
        self.terminal.suspend()?;
        self.ask();
        Ok(())
    }

    /// Takes the terminal again after a stop.
    ///
    /// # Errors
    /// [`TermError`] when it is lost.
    pub fn resume(&mut self) -> Result<(), TermError> {
        self.terminal.resume()?;
        self.ask();
        Ok(())
    }

    /// Sends a text to the clipboard of the terminal, and says what is known of that: that it was sent.
    pub fn copy(&mut self, text: &str, view: &mut View) {
        view.say(match self.terminal.copy(text) {
            Ok(()) => format!("sent to the terminal: {}", crate::domain::text::cut(text, SHOWN)),
            Err(error) => error.to_string().replace('\n', "; "),
        });
        self.ask();
    }

    /// Asks the terminal to report the mouse, or no longer to.
    ///
    /// # Errors
    /// [`TermError`] when it is lost.
    pub fn set_mouse(&mut self, is_on: bool) -> Result<(), TermError> {
        self.manners.has_mouse = is_on;
        self.terminal.mouse(is_on)
    }

    /// Rings if there is something to ring for, and if the user wants that.
    pub fn ring(&mut self, rollouts: &[&Model]) {
        if let Some(text) = self.manners.occasion(&mut self.alarm, rollouts) {
            self.terminal.alert(self.manners.bell, self.manners.notify, CALLER, &text);
        }
    }

    /// Gives the terminal back. Returns what it all cost, as a sentence, if that was asked for.
    pub fn leave(mut self) -> Option<String> {
        // Whoever has taken the terminal away has given it back.
        let _ = self.terminal.restore();
        self.gauge.map(|gauge| gauge.report(self.output.written()))
    }
}
