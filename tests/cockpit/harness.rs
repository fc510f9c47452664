//! A cockpit in a real pseudo-terminal: the real binary, a keyboard, and a terminal emulator that is looked at.
//!
//! In: arguments, a size, an environment, keys. Out: the screen as a person sees it, and the bytes that a
//! connection would have had to carry. [`Cockpit::until`] is told of every byte that arrives and ends
//! with the condition, or fails with the screen at its deadline: nothing here sleeps for luck.
//!
//! What is looked at is a [`Seen`]; how many may run at once is said in `seat`.

use std::io::{Read, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, ExitStatus, MasterPty, PtySize, native_pty_system};
use rustix::process::{Pid, Signal, kill_process};

use super::seat::Seat;
use super::seen::Seen;
use super::world::DEADLINE;

type Shown = Arc<(Mutex<Seen>, Condvar)>;

/// A cockpit, killed when dropped.
pub struct Cockpit {
    master: Option<Box<dyn MasterPty + Send>>,
    keyboard: Option<Box<dyn Write + Send>>,
    child: Box<dyn Child + Send + Sync>,
    shown: Shown,
    is_closing: Arc<AtomicBool>,
    modes_before: String,
    _seat: Seat,
}

impl Cockpit {
    /// Starts `gonogo` with these arguments in a terminal of that size.
    pub fn start(args: &[&str], columns: u16, rows: u16, env: &[(&str, &str)]) -> Self {
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_gonogo"));
        command.args(args);
        Self::spawn(command, columns, rows, env)
    }

    /// Starts it under a shell with job control, which waits for a line when the cockpit has stopped.
    pub fn start_in_shell(args: &[&str], columns: u16, rows: u16) -> Self {
        let words: Vec<_> = args.iter().map(|arg| format!("'{arg}'")).collect();
        let gonogo = format!("'{}' {}", env!("CARGO_BIN_EXE_gonogo"), words.join(" "));
        let mut command = CommandBuilder::new("sh");
        command.args(["-m", "-c", &format!("{gonogo}; echo SHELL; read line; fg; echo ENDED $?")]);
        Self::spawn(command, columns, rows, &[])
    }

    fn spawn(mut command: CommandBuilder, columns: u16, rows: u16, env: &[(&str, &str)]) -> Self {
        let seat = Seat::take();
        let pair = native_pty_system().openpty(size(columns, rows)).unwrap();
        let modes_before = modes(&*pair.master);
        for name in ["NO_COLOR", "TMUX", "STY"] {
            command.env_remove(name);
        }
        for (name, value) in [("TERM", "xterm-256color"), ("COLORTERM", "truecolor"), ("USER", "tester")] {
            command.env(name, value);
        }
        for (name, value) in env {
            command.env(name, value);
        }
        command.cwd(std::env::current_dir().unwrap());
        let mut screen = pair.master.try_clone_reader().unwrap();
        let keyboard = pair.master.take_writer().unwrap();
        let shown: Shown = Arc::new((Mutex::new(Seen::new(columns, rows)), Condvar::new()));
        let is_closing = Arc::new(AtomicBool::new(false));
        let (into, until) = (Arc::clone(&shown), Arc::clone(&is_closing));
        let started = Instant::now();
        let child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        thread::spawn(move || {
            let mut bytes = [0; 65536];
            while let Ok(count @ 1..) = screen.read(&mut bytes) {
                let mut seen = into.0.lock().unwrap_or_else(PoisonError::into_inner);
                seen.take(&bytes[..count], started);
                into.1.notify_all();
                if until.load(Ordering::SeqCst) {
                    break;
                }
            }
            drop(screen);
            into.0.lock().unwrap_or_else(PoisonError::into_inner).is_over = true;
            into.1.notify_all();
        });
        Self {
            master: Some(pair.master),
            keyboard: Some(keyboard),
            child,
            shown,
            is_closing,
            modes_before,
            _seat: seat,
        }
    }

    /// What is to be seen now.
    pub fn seen(&self) -> MutexGuard<'_, Seen> {
        self.shown.0.lock().unwrap()
    }

    /// Waits until it is so. Returns how long that took.
    #[track_caller]
    pub fn until(&self, what: &str, is_so: impl FnMut(&Seen) -> bool) -> Duration {
        self.within(DEADLINE, what, is_so)
    }

    /// Waits until it is so, not longer than `limit`.
    #[track_caller]
    pub fn within(&self, limit: Duration, what: &str, mut is_so: impl FnMut(&Seen) -> bool) -> Duration {
        let start = Instant::now();
        let mut seen = self.seen();
        while !is_so(&seen) {
            let left = limit.saturating_sub(start.elapsed());
            if left.is_zero() || seen.is_over {
                let (over, text) = (seen.is_over, seen.text());
                drop(seen);
                panic!("waited {limit:?} for {what} (ended: {over}):\n{text}");
            }
            seen = self.shown.1.wait_timeout(seen, left).unwrap().0;
        }
        start.elapsed()
    }

    /// Waits until a text stands on the screen.
    #[track_caller]
    pub fn until_shown(&self, text: &str) -> Duration {
        self.until(&format!("{text:?}"), |seen| seen.shows(text))
    }

    /// Waits until a line has all of these texts.
    #[track_caller]
    pub fn until_line(&self, texts: &[&str]) -> Duration {
        self.until(&format!("a line with {texts:?}"), |seen| seen.line_with(texts).is_some())
    }

    /// Waits until the row of a segment has all of these texts.
    #[track_caller]
    pub fn until_row(&self, segment: &str, texts: &[&str]) -> Duration {
        self.until(&format!("the row of {segment} with {texts:?}"), |seen| {
            seen.row(segment).is_some_and(|row| texts.iter().all(|text| row.contains(text)))
        })
    }

    /// Selects a segment, and waits until it may be widened without a reason: GO, and baked.
    #[track_caller]
    pub fn select_ready(&mut self, segment: &str) {
        self.select(segment);
        self.until(&format!("{segment} to be ready"), |seen| {
            seen.row(segment).is_some_and(|row| row.contains("GO")) && !seen.shows("bake ")
        });
    }

    /// Types, as a terminal would send it.
    pub fn press(&mut self, keys: &str) {
        let keyboard = self.keyboard.as_mut().unwrap();
        keyboard.write_all(keys.as_bytes()).unwrap();
        keyboard.flush().unwrap();
    }

    /// Selects a segment with the arrow keys: `everything` stands first.
    #[track_caller]
    pub fn select(&mut self, segment: &str) {
        let is_selected = |seen: &Seen, name: &str| seen.shows(&format!("▸{name}"));
        for _ in 0..8 {
            if is_selected(&self.seen(), segment) {
                return;
            }
            let before = self.seen().text().lines().find(|line| line.contains('▸')).map(str::to_owned);
            self.press("\x1b[B");
            self.until("the selection to move", |seen| {
                let now = seen.text().lines().find(|line| line.contains('▸')).map(str::to_owned);
                now.is_some() && name_in(now.as_deref()) != name_in(before.as_deref())
            });
        }
        panic!("there is no segment {segment}:\n{}", self.seen().text());
    }

    /// Changes the size of the terminal.
    pub fn resize(&self, columns: u16, rows: u16) {
        self.seen().resize(columns, rows);
        self.master.as_ref().unwrap().resize(size(columns, rows)).unwrap();
    }

    /// Bytes written so far.
    pub fn bytes_written(&self) -> usize {
        self.seen().bytes.len()
    }

    /// Waits until nothing was written for `quiet`.
    #[track_caller]
    pub fn until_quiet(&self, quiet: Duration) {
        let start = Instant::now();
        let mut seen = self.seen();
        loop {
            assert!(start.elapsed() < DEADLINE + quiet, "it never falls silent:\n{}", seen.text());
            let before = seen.bytes.len();
            let condition = |seen: &mut Seen| seen.bytes.len() == before;
            let (after, timeout) = self.shown.1.wait_timeout_while(seen, quiet, condition).unwrap();
            if timeout.timed_out() {
                return;
            }
            seen = after;
        }
    }

    /// The id of the process.
    pub fn id(&self) -> i32 {
        i32::try_from(self.child.process_id().unwrap()).unwrap()
    }

    /// Sends a signal to the process.
    pub fn signal(&self, signal: Signal) {
        let id = self.id();
        kill_process(Pid::from_raw(id).unwrap(), signal).unwrap();
    }

    /// Waits until the process has ended, and returns how and after how long.
    #[track_caller]
    pub fn wait_for_the_end(&mut self) -> (ExitStatus, Duration) {
        let start = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return (status, start.elapsed());
            }
            assert!(start.elapsed() < DEADLINE, "it still runs:\n{}", self.seen().text());
            thread::sleep(Duration::from_millis(2));
        }
    }

    /// Leaves with `q`, and asserts that it ended well.
    #[track_caller]
    pub fn end(mut self) {
        self.press("q");
        let (status, _) = self.wait_for_the_end();
        assert!(status.success(), "{status:?}");
        self.assert_given_back();
    }

    /// Asserts that the terminal is as it was before.
    #[track_caller]
    pub fn assert_given_back(&self) {
        let master = self.master.as_ref().unwrap();
        assert_eq!(modes(&**master), self.modes_before, "the modes of the terminal");
        let mut seen = self.seen();
        // The last bytes may still be on their way.
        while !seen.is_over && seen.screen().alternate_screen() {
            let (after, timeout) = self.shown.1.wait_timeout(seen, DEADLINE).unwrap();
            assert!(!timeout.timed_out(), "still on the alternate screen");
            seen = after;
        }
        let screen = seen.screen();
        assert!(!screen.alternate_screen() && !screen.hide_cursor() && !screen.bracketed_paste());
    }

    /// Closes the terminal as a lost connection would; the process is an orphan then.
    #[track_caller]
    pub fn hang_up(&mut self) {
        self.is_closing.store(true, Ordering::SeqCst);
        // The emulator lets go of the terminal with the next thing that is shown.
        self.press("?");
        let seen = self.seen();
        let ended = self.shown.1.wait_timeout_while(seen, DEADLINE, |seen| !seen.is_over).unwrap();
        assert!(!ended.1.timed_out());
        drop(ended);
        self.keyboard = None;
        self.master = None;
    }
}

impl Drop for Cockpit {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The word behind the mark of the selection.
fn name_in(line: Option<&str>) -> Option<&str> {
    line?.split_once('▸')?.1.split_whitespace().next()
}

fn size(columns: u16, rows: u16) -> PtySize {
    PtySize { rows, cols: columns, ..PtySize::default() }
}

fn modes(master: &dyn MasterPty) -> String {
    format!("{:?}", master.get_termios().unwrap())
}
