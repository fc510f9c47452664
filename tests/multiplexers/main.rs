//! The real binary within real multiplexers, tmux and GNU screen: what a person sees is the same as without them.
//!
//! In: a pseudo-terminal with a multiplexer in it, and the cockpit in that. Out: what reaches the outer terminal, as a
//! person sees it and as bytes. `.ci/servers install tmux screen` fetches both; a missing one fails the test.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test that cannot go on must fail; it prints what it measured"
)]

use std::io::{Read, Write};
use std::num::NonZero;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use base64::{Engine, prelude::BASE64_STANDARD};
use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use tempfile::TempDir;

const GONOGO: &str = env!("CARGO_BIN_EXE_gonogo");
/// Longest wait for anything, on a machine that is busy with other things.
const DEADLINE: Duration = Duration::from_secs(30);
/// A recording that stands still: the same cells whenever it is looked at.
const STILL: &str = "demo cold-cache --from 50% --until 50%";
const COLUMNS: u16 = 100;
const ROWS: u16 = 30;

/// What is between the cockpit and the terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Between {
    Nothing,
    /// tmux with these lines in its configuration.
    Tmux(&'static str),
    Screen,
}

const ALL: [Between; 2] = [Between::Tmux(""), Between::Screen];

/// Everything that reached the terminal, and what it looks like.
struct Seen {
    emulator: vt100::Parser,
    bytes: Vec<u8>,
}

/// A terminal with a cockpit in it.
struct Session {
    between: Between,
    folder: TempDir,
    keyboard: Box<dyn Write + Send>,
    child: Box<dyn Child + Send + Sync>,
    seen: Arc<(Mutex<Seen>, Condvar)>,
    _master: Box<dyn MasterPty + Send>,
}

impl Session {
    /// Starts `gonogo` with these words; afterwards the screen says LEFT.
    fn start(between: Between, words: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o700)).unwrap();
        let config = folder.path().join("config");
        let inner = format!("'{GONOGO}' {words}; echo LEFT; read line");
        let mut command = match between {
            Between::Nothing => {
                let mut command = CommandBuilder::new("sh");
                command.args(["-c", &inner]);
                command
            }
            Between::Tmux(more) => {
                // Without its own line at the bottom, the cockpit has as much room as without tmux.
                let base =
                    "set -g status off\nset -g default-terminal tmux-256color\nset -g escape-time 10\n";
                std::fs::write(&config, format!("{base}{more}\n")).unwrap();
                let mut command = CommandBuilder::new("tmux");
                command.args(["-L", "gonogo", "-f", config.to_str().unwrap(), "new-session", &inner]);
                command
            }
            Between::Screen => {
                std::fs::write(&config, "startup_message off\nmaptimeout 10\n").unwrap();
                let mut command = CommandBuilder::new("screen");
                command.args(["-c", config.to_str().unwrap(), "-U", "-S", "gonogo", "-T", "screen-256color"]);
                command.args(["sh", "-c", &inner]);
                command
            }
        };
        for name in ["NO_COLOR", "TMUX", "STY", "SSH_CONNECTION", "SSH_CLIENT", "SSH_TTY"] {
            command.env_remove(name);
        }
        for (name, value) in [("TERM", "xterm-256color"), ("COLORTERM", ""), ("LC_ALL", "C.UTF-8")] {
            command.env(name, value);
        }
        command.env("TMUX_TMPDIR", folder.path());
        command.env("SCREENDIR", folder.path());
        command.cwd(std::env::current_dir().unwrap());
        let size = PtySize { rows: ROWS, cols: COLUMNS, ..PtySize::default() };
        let pair = native_pty_system().openpty(size).unwrap();
        let child = pair.slave.spawn_command(command).unwrap_or_else(|error| {
            panic!("{between:?} cannot be started: {error}\nhint: .ci/servers install tmux screen")
        });
        drop(pair.slave);
        let cells = |count| NonZero::new(count).unwrap();
        let emulator = vt100::Parser::new(cells(ROWS), cells(COLUMNS), 0);
        let seen = Arc::new((Mutex::new(Seen { emulator, bytes: Vec::new() }), Condvar::new()));
        let mut screen = pair.master.try_clone_reader().unwrap();
        let into = Arc::clone(&seen);
        thread::spawn(move || {
            let mut bytes = [0; 65536];
            while let Ok(count @ 1..) = screen.read(&mut bytes) {
                let mut seen = into.0.lock().unwrap();
                seen.emulator.process(&bytes[..count]);
                seen.bytes.extend_from_slice(&bytes[..count]);
                into.1.notify_all();
            }
        });
        let keyboard = pair.master.take_writer().unwrap();
        Self { between, folder, keyboard, child, seen, _master: pair.master }
    }

    #[track_caller]
    fn until(&self, what: &str, mut is_so: impl FnMut(&Seen) -> bool) {
        let start = Instant::now();
        let mut seen = self.seen.0.lock().unwrap();
        while !is_so(&seen) {
            if start.elapsed() > DEADLINE {
                let text = seen.emulator.screen().contents();
                drop(seen);
                panic!("{:?}: waited for {what}:\n{text}", self.between);
            }
            seen = self.seen.1.wait_timeout(seen, Duration::from_millis(50)).unwrap().0;
        }
    }

    #[track_caller]
    fn until_shown(&self, text: &str) {
        self.until(text, |seen| seen.emulator.screen().contents().contains(text));
    }

    #[track_caller]
    fn until_gone(&self, text: &str) {
        self.until(&format!("{text} to go"), |seen| !seen.emulator.screen().contents().contains(text));
    }

    fn press(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).unwrap();
        self.keyboard.flush().unwrap();
    }

    /// What is shown once nothing changes any more.
    fn text_at_rest(&self) -> String {
        let (mut before, start) = (String::new(), Instant::now());
        loop {
            assert!(start.elapsed() < DEADLINE, "{:?}: it never rests:\n{before}", self.between);
            thread::sleep(Duration::from_millis(400));
            let now = self.seen.0.lock().unwrap().emulator.screen().contents();
            if now == before {
                // A cell that was erased and one with a space in it look the same.
                return now.lines().map(str::trim_end).collect::<Vec<_>>().join("\n");
            }
            before = now;
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // The multiplexers' servers outlive their terminal, so they are told to go.
        let told = match self.between {
            Between::Nothing => None,
            Between::Tmux(_) => Some(("tmux", &["-L", "gonogo", "kill-server"][..])),
            Between::Screen => Some(("screen", &["-S", "gonogo", "-X", "quit"][..])),
        };
        if let Some((program, args)) = told {
            let mut command = Command::new(program);
            command.args(args).env("TMUX_TMPDIR", self.folder.path()).env("SCREENDIR", self.folder.path());
            // It may have ended by itself.
            let _ = command.output();
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_frame_looks_the_same_inside() {
    let look = |between| {
        let session = Session::start(between, STILL);
        session.until_shown("PAUSED 300");
        session.until_shown("? help");
        session.text_at_rest()
    };
    let direct = look(Between::Nothing);
    assert!(direct.contains("timeline") && direct.contains('✔'), "{direct}");
    for between in ALL {
        let inside = look(between);
        assert_eq!(inside, direct, "{between:?}");
    }
}

#[test]
fn a_live_cockpit_is_drawn_steered_and_left_inside() {
    for between in ALL {
        let mut session = Session::start(between, "demo error-spike");
        session.until_shown("5 live");
        session.press("?");
        session.until_shown("keys, page 1");
        session.press("\x1b");
        session.until_gone("keys, page 1");
        session.press("K");
        session.until_shown("[ kill ]");
        session.press("\x1b");
        session.until_gone("[ kill ]");
        session.press("q");
        session.until_shown("LEFT");
        // What a multiplexer does not know must not stand there as text.
        let left = session.text_at_rest();
        assert!(!left.contains("2026") && !left.contains("1004") && !left.contains("[?"), "{left}");
    }
}

#[test]
fn a_stopping_key_right_after_escape_arrives_inside() {
    for between in ALL {
        let mut session = Session::start(between, "demo error-spike");
        session.until_shown("5 live");
        session.press("?");
        session.until_shown("keys, page 1");
        session.press("\x1bK");
        session.until_shown("[ kill ]");
    }
}

/// The texts that reached the clipboard of the outer terminal.
fn copied(bytes: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(bytes);
    let words = text.split("\x1b]52;").skip(1).filter_map(|rest| rest.split(['\x07', '\x1b']).next());
    let decoded = words.filter_map(|word| BASE64_STANDARD.decode(word.split_once(';')?.1).ok());
    decoded.map(|bytes| String::from_utf8(bytes).unwrap()).collect()
}

#[test]
fn what_is_copied_reaches_the_terminal_through_them() {
    for between in [
        Between::Nothing,
        Between::Tmux("set -g set-clipboard on"),
        Between::Tmux("set -g allow-passthrough on"),
        Between::Screen,
    ] {
        let mut session = Session::start(between, STILL);
        session.until_shown("PAUSED 300");
        // The timeline, and its first line.
        session.press("6");
        session.until_shown("timeline");
        session.press("y");
        session.until_shown("copy-link");
        session.press("l");
        session.until_shown("sent to the terminal");
        session.until("the copy", |seen| !copied(&seen.bytes).is_empty());
        let copied = copied(&session.seen.0.lock().unwrap().bytes);
        println!("{between:?}: {copied:?}");
        let shown = session.text_at_rest();
        let words = copied[0].split_whitespace().last().unwrap();
        assert!(copied.iter().all(|text| *text == copied[0]), "{copied:?}");
        assert!(!words.is_empty() && !shown.contains("52;c"), "{shown}");
    }
}

#[test]
fn an_alarm_reaches_the_terminal_through_them() {
    for between in [Between::Tmux("set -g allow-passthrough on"), Between::Screen] {
        let session = Session::start(between, "demo error-spike --bell --notify osc777");
        session.until("the notification", |seen| {
            String::from_utf8_lossy(&seen.bytes).contains("\x1b]777;notify;gonogo;NO-GO errors in ")
        });
        session.until_shown("NO-GO");
    }
}
