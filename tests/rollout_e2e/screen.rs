//! A cockpit in a pseudo-terminal: keys in, the text of the screen out.

use std::io::{Read, Write};
use std::process::Command;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

use super::town::PATIENCE;

/// Room for all panes beside each other.
const SIZE: PtySize = PtySize { rows: 45, cols: 160, pixel_width: 0, pixel_height: 0 };
/// How long a program may take to end.
const ENDING: Duration = Duration::from_secs(10);

/// What the terminal shows, and a bell for news.
type Shown = Arc<(Mutex<vt100::Parser>, Condvar)>;

/// A running cockpit. Dropped, it is killed.
pub struct Screen {
    shown: Shown,
    keys: Box<dyn Write + Send>,
    child: Box<dyn Child + Send + Sync>,
    _master: Box<dyn MasterPty + Send>,
}

impl Drop for Screen {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Screen {
    /// Starts a command in a terminal.
    pub fn start(command: &Command) -> Self {
        let pair = native_pty_system().openpty(SIZE).expect("a terminal");
        let mut builder = CommandBuilder::new(command.get_program());
        builder.args(command.get_args());
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => builder.env(name, value),
                None => builder.env_remove(name),
            }
        }
        let child = pair.slave.spawn_command(builder).expect("the cockpit starts");
        let mut output = pair.master.try_clone_reader().expect("its output");
        let keys = pair.master.take_writer().expect("its keys");
        let cells = |count| std::num::NonZeroU16::new(count).expect("not 0");
        let parser = vt100::Parser::new(cells(SIZE.rows), cells(SIZE.cols), 0);
        let shown: Shown = Arc::new((Mutex::new(parser), Condvar::new()));
        let theirs = Arc::clone(&shown);
        // Ends with the terminal.
        std::thread::spawn(move || {
            let mut bytes = [0; 16 * 1024];
            while let Ok(count @ 1..) = output.read(&mut bytes) {
                theirs.0.lock().unwrap_or_else(PoisonError::into_inner).process(&bytes[..count]);
                theirs.1.notify_all();
            }
        });
        Self { shown, keys, child, _master: pair.master }
    }

    /// The text of the screen.
    pub fn text(&self) -> String {
        self.shown.0.lock().unwrap_or_else(PoisonError::into_inner).screen().contents()
    }

    /// Waits until the screen is as wanted.
    pub fn wait_until(&self, what: &str, wanted: impl Fn(&str) -> bool) -> String {
        let end = Instant::now() + PATIENCE;
        let mut parser = self.shown.0.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let text = parser.screen().contents();
            if wanted(&text) {
                return text;
            }
            let left = end.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "{what}: not within {PATIENCE:?}; the screen:\n{text}");
            parser = self.shown.1.wait_timeout(parser, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Waits until these words are shown.
    pub fn wait_for(&self, words: &str) -> String {
        self.wait_until(words, |text| text.contains(words))
    }

    /// Waits until the row of a segment has these words.
    pub fn wait_row(&self, segment: &str, words: &str) -> String {
        self.wait_until(&format!("{segment}: {words}"), |text| {
            text.lines().any(|line| {
                line.trim_start_matches(|c: char| !c.is_alphanumeric()).starts_with(segment)
                    && line.contains(words)
            })
        })
    }

    /// Presses keys as a terminal sends them, one write for each.
    pub fn press(&mut self, keys: &[&str]) {
        for key in keys {
            let bytes = match *key {
                "enter" => "\r",
                "tab" => "\t",
                "backtab" => "\x1b[Z",
                "esc" => "\x1b",
                "down" => "\x1b[B",
                "up" => "\x1b[A",
                other => other,
            };
            self.keys.write_all(bytes.as_bytes()).expect("a key");
            self.keys.flush().expect("a key");
            // A person, not a paste: several keys in one read are still several keys.
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Selects a segment: `everything` stands above them all.
    pub fn select(&mut self, segment: &str) {
        let order = ["everything", "internal", "beta", "free", "enterprise"];
        let row = order.iter().position(|name| *name == segment).expect("a segment of the rollout file");
        self.press(&["up"; 4]);
        self.press(&vec!["down"; row]);
    }

    /// Widens the selected segment past a verdict that is not GO: the reason, then *do it*.
    pub fn widen(&mut self, reason: &str) {
        self.press(&["w"]);
        self.wait_for("reason");
        self.press(&["backtab"]);
        self.press(&[reason, "enter", "tab", "enter"]);
    }

    /// The process id of the cockpit.
    pub fn pid(&self) -> i32 {
        self.child.process_id().and_then(|id| i32::try_from(id).ok()).expect("it runs")
    }

    /// Ends it as the kernel does when memory is short: nothing of it runs any more.
    pub fn kill_hard(mut self) {
        let pid = rustix::process::Pid::from_raw(self.pid()).expect("it runs");
        rustix::process::kill_process(pid, rustix::process::Signal::KILL).expect("killed");
        self.child.wait().expect("an end");
    }

    /// Leaves with `q`; its exit code.
    pub fn quit(mut self) -> u32 {
        self.press(&["q"]);
        let end = Instant::now() + ENDING;
        loop {
            if let Some(status) = self.child.try_wait().expect("a status") {
                return status.exit_code();
            }
            assert!(Instant::now() < end, "q does not end it; the screen:\n{}", self.text());
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}
