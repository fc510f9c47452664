//! A guard as a process: no terminal, no environment but what a test gives it.
//!
//! In: arguments, signals. Out: the lines of its log as they come, its exit code, what it said on standard error.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::world::{DEADLINE, World};

/// The lines so far, and whether there will be no more.
type Lines = Arc<(Mutex<(Vec<String>, bool)>, Condvar)>;

/// A guard, killed when dropped.
pub struct Guard {
    child: Child,
    lines: Lines,
    is_read: bool,
}

/// How a guard ended.
pub struct Ended {
    /// Its exit code; `None`: by a signal.
    pub code: Option<i32>,
    /// How long that took.
    pub took: Duration,
    /// What it said on standard error.
    pub err: String,
}

/// The command that guards a world's rollout, with its journal in the world's folder.
pub fn guard(world: &World, more: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gonogo"));
    command.env_clear().args(["guard", &world.path("rollout.toml"), "--state-dir", &world.path("state")]);
    command.args(more);
    command
}

impl Guard {
    /// Starts a guard on a world.
    pub fn on(world: &World, more: &[&str]) -> Self {
        Self::start(&mut guard(world, more))
    }

    /// Starts a guard on a world, and waits until it is ready.
    #[track_caller]
    pub fn ready(world: &World, more: &[&str]) -> Self {
        let guard = Self::on(world, more);
        guard.until_line(&["checkout-v2 ready: "]);
        guard
    }

    /// Starts a command that guards.
    pub fn start(command: &mut Command) -> Self {
        let (mut guard, out) = Self::start_unread(command);
        guard.is_read = true;
        let lines = Arc::clone(&guard.lines);
        thread::spawn(move || {
            for line in BufReader::new(out).lines() {
                lines.0.lock().unwrap().0.push(line.unwrap());
                lines.1.notify_all();
            }
            lines.0.lock().unwrap().1 = true;
            lines.1.notify_all();
        });
        guard
    }

    /// Starts a command that guards. What it says is for whoever takes its output, or for nobody.
    pub fn start_unread(command: &mut Command) -> (Self, ChildStdout) {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let out = child.stdout.take().unwrap();
        (Self { child, lines: Lines::default(), is_read: false }, out)
    }

    /// The lines so far.
    pub fn lines(&self) -> Vec<String> {
        self.lines.0.lock().unwrap().0.clone()
    }

    /// Waits for a line with all of these texts, and returns it.
    #[track_caller]
    pub fn until_line(&self, texts: &[&str]) -> String {
        self.until_nth_line(1, texts)
    }

    /// Waits for the nth line with all of these texts, counted from 1, and returns it.
    #[track_caller]
    pub fn until_nth_line(&self, nth: usize, texts: &[&str]) -> String {
        let start = Instant::now();
        let mut lines = self.lines.0.lock().unwrap();
        loop {
            let mut found = lines.0.iter().filter(|line| texts.iter().all(|text| line.contains(text)));
            if let Some(found) = found.nth(nth - 1) {
                return found.clone();
            }
            let left = DEADLINE.saturating_sub(start.elapsed());
            if left.is_zero() || lines.1 {
                let (said, is_over) = (lines.0.join("\n"), lines.1);
                drop(lines);
                panic!("waited for a line with {texts:?} (ended: {is_over}):\n{said}");
            }
            lines = self.lines.1.wait_timeout(lines, left).unwrap().0;
        }
    }

    /// Sends a signal.
    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_raw(i32::try_from(self.child.id()).unwrap()).unwrap(), signal).unwrap();
    }

    /// Whether it still runs.
    pub fn runs(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Waits until it has ended by itself.
    #[track_caller]
    pub fn wait(&mut self) -> Ended {
        let start = Instant::now();
        while self.runs() {
            assert!(start.elapsed() < DEADLINE, "it still runs:\n{}", self.lines().join("\n"));
            thread::sleep(Duration::from_millis(2));
        }
        let mut err = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
        if self.is_read {
            // The last lines may still be on their way.
            let lines = self.lines.0.lock().unwrap();
            drop(self.lines.1.wait_timeout_while(lines, DEADLINE, |lines| !lines.1).unwrap());
        }
        Ended { code: self.child.wait().unwrap().code(), took: start.elapsed(), err }
    }

    /// Sends a signal and waits for the end.
    #[track_caller]
    pub fn end(&mut self, signal: Signal) -> Ended {
        self.signal(signal);
        self.wait()
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Asserts that a world's journal is whole.
#[track_caller]
pub fn assert_whole(world: &World) {
    let verified = Command::new(env!("CARGO_BIN_EXE_gonogo"))
        .args(["journal", "--verify", &world.path("state/checkout-v2.jsonl")])
        .output()
        .unwrap();
    assert!(verified.status.success(), "{verified:?}");
}

/// The records of a world's journal, oldest first; none if it has none yet.
pub fn records(world: &World) -> Vec<serde_json::Value> {
    let text = std::fs::read_to_string(world.path("state/checkout-v2.jsonl")).unwrap_or_default();
    let whole = text.split_inclusive('\n').filter(|line| line.ends_with('\n'));
    whole.map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["record"].clone()).collect()
}
