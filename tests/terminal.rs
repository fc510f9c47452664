//! The terminal is always given back: each way out, tried in a real pseudo-terminal.
//!
//! The program that takes the terminal is this test binary itself, started again with only [`program`] to run.
//! What it wrote goes through a terminal emulator, so that the tests see what a person would be left with, and
//! the modes of the pseudo-terminal are compared with those before. Nothing sleeps for luck: each wait polls a
//! condition until a deadline.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on must fail")]

use std::{
    env,
    io::{Read, Write},
    num::NonZero,
    process::{Command, Stdio},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use gonogo::{
    keys::Input,
    term::{Drawn, Host, Inputs, Notify, Signal, Signals, Terminal},
};
use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use ratatui::{style::Stylize, text::Line};
use rustix::process::{Pid, Signal as Number, kill_process};

/// Says that this process is the program, and how it behaves.
const ROLE: &str = "GONOGO_TEST_PROGRAM";

/// Longest wait for anything, on a machine that is busy with other things.
const DEADLINE: Duration = Duration::from_secs(20);

/// Longest that an orphan may live: the promise is one second, the rest is for a busy machine.
const ORPHAN_DEADLINE: Duration = Duration::from_secs(3);

#[test]
#[ignore = "the program that the other tests start in a pseudo-terminal"]
fn program() {
    if let Ok(role) = env::var(ROLE) {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(run(&role));
    }
}

async fn run(role: &str) {
    let mut signals = Signals::listen().unwrap();
    let mut terminal = Terminal::enter(Host::default()).unwrap_or_else(|error| panic!("{error}"));
    let mut inputs = Inputs::open().unwrap();
    let output = terminal.output();
    let mut said = format!("ready {}", std::process::id());
    let mut dirty = true;
    loop {
        let line = Line::from(format!("<{said}>")).bold().reversed();
        let drawn = dirty.then(|| terminal.draw(|frame| frame.render_widget(line, frame.area())).unwrap());
        dirty = true;
        tokio::select! {
            () = output.idle(), if drawn == Some(Drawn::Busy) => {}
            signal = signals.next() => match signal {
                // The kernel sends both when the terminal goes away. Drawing would find out as well.
                Signal::Hangup | Signal::Continue if role == "deaf" => dirty = false,
                Signal::Stop => _ = terminal.suspend().unwrap(),
                Signal::Continue => {
                    terminal.resume().unwrap();
                    said = "continued".to_owned();
                }
                Signal::Hangup | Signal::Terminate | Signal::Interrupt => return,
            },
            input = inputs.next() => match input {
                None => return,
                Some(Input::Key { chord, .. }) => match chord.to_string().as_str() {
                    "q" => return,
                    "p" => panic!("this program panics"),
                    "P" => tokio::task::spawn(async { panic!("a task panics") }).await.unwrap_err().to_string().clone_into(&mut said),
                    "ctrl-z" => said = format!("stopped: {}", terminal.suspend().unwrap()),
                    "b" => said = format!("{} bytes", output.bytes()),
                    "c" => said = format!("copied: {:?}", terminal.copy("rollout 42")),
                    "m" => {
                        terminal.mouse(true).unwrap();
                        "mouse on".clone_into(&mut said);
                    }
                    "M" => {
                        terminal.mouse(false).unwrap();
                        "mouse off".clone_into(&mut said);
                    }
                    "a" => said = format!("alert: {}", terminal.alert(true, Notify::Osc9, "gonogo", "NO-GO")),
                    "i" => {}
                    other => said = format!("key {other}"),
                },
                Some(Input::Paste(text)) => said = format!("paste {text}"),
                Some(Input::Resize { columns, rows }) => said = format!("{columns} by {rows}"),
                Some(Input::Mouse { kind, column, row }) => said = format!("{kind:?} at {column},{row}"),
                Some(Input::FocusGained | Input::FocusLost) => {}
            },
        }
    }
}

/// A program that does not outlive its test.
struct Started(Box<dyn Child + Send + Sync>);

impl Started {
    fn wait_for_the_end(&mut self, deadline: Duration) {
        poll(deadline, "the end of the program", || match self.0.try_wait().unwrap() {
            Some(_) => Ok(()),
            None => Err("it still runs".to_owned()),
        });
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        // Usually it has ended by itself.
        let _ = self.0.kill();
    }
}

/// A pseudo-terminal with a program in it.
struct Session {
    master: Box<dyn MasterPty>,
    keyboard: Box<dyn Write + Send>,
    child: Started,
    shown: Arc<Mutex<Vec<u8>>>,
    enough: Arc<AtomicBool>,
    reader: JoinHandle<()>,
    modes_before: String,
}

impl Session {
    /// Starts the program, alone on its terminal.
    fn start(role: &str) -> Self {
        let program = env::current_exe().unwrap();
        let mut command = CommandBuilder::new(program);
        command.args(["program", "--exact", "--ignored", "--nocapture"]);
        Self::spawn(command, role)
    }

    /// Starts the program under a shell with job control, which, when the program has stopped, does as told and
    /// waits for a line.
    fn start_in_shell(meanwhile: &str) -> Self {
        let program = env::current_exe().unwrap();
        let program = format!("'{}' program --exact --ignored --nocapture", program.display());
        let mut command = CommandBuilder::new("sh");
        command.args([
            "-m",
            "-c",
            &format!("{program}; {meanwhile}; echo SHELL; read line; fg; echo ENDED $?"),
        ]);
        Self::spawn(command, "shell")
    }

    fn spawn(mut command: CommandBuilder, role: &str) -> Self {
        let size = PtySize { rows: 24, cols: 80, ..PtySize::default() };
        let pair = native_pty_system().openpty(size).unwrap();
        let modes_before = modes(&*pair.master);
        command.env(ROLE, role);
        command.env("NO_COLOR", "1");
        // A backtrace would push the message off the screen.
        command.env("RUST_BACKTRACE", "0");
        command.cwd(env::current_dir().unwrap());
        let child = Started(pair.slave.spawn_command(command).unwrap());
        drop(pair.slave);
        let shown = Arc::new(Mutex::new(Vec::new()));
        let enough = Arc::new(AtomicBool::new(false));
        let mut screen = pair.master.try_clone_reader().unwrap();
        let (into, until) = (Arc::clone(&shown), Arc::clone(&enough));
        let reader = thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(count @ 1..) = screen.read(&mut bytes) {
                into.lock().unwrap().extend_from_slice(&bytes[..count]);
                if until.load(Ordering::SeqCst) {
                    return;
                }
            }
        });
        let keyboard = pair.master.take_writer().unwrap();
        Self { master: pair.master, keyboard, child, shown, enough, reader, modes_before }
    }

    fn type_keys(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).unwrap();
        self.keyboard.flush().unwrap();
    }

    /// What a person sees now.
    fn screen(&self) -> vt100::Parser {
        let cells = |count| NonZero::new(count).unwrap();
        let mut emulator = vt100::Parser::new(cells(24), cells(80), 0);
        emulator.process(&self.shown.lock().unwrap());
        emulator
    }

    fn wait_for(&self, text: &str) {
        poll(DEADLINE, &format!("{text:?} on the screen"), || {
            let contents = self.screen().screen().contents();
            if contents.contains(text) { Ok(()) } else { Err(contents) }
        });
    }

    /// Waits until the program has taken the terminal, and returns the program's id.
    fn wait_until_taken(&self) -> Pid {
        self.wait_for("<ready ");
        assert_ne!(modes(&*self.master), self.modes_before, "raw mode is on");
        let screen = self.screen();
        let screen = screen.screen();
        assert!(screen.alternate_screen() && screen.hide_cursor() && screen.bracketed_paste());
        let contents = screen.contents();
        let id = contents.split_once("<ready ").unwrap().1.split('>').next().unwrap();
        Pid::from_raw(id.parse().unwrap()).unwrap()
    }

    /// Asserts that the terminal is as it was before the program.
    fn assert_given_back(&self) {
        poll(DEADLINE, "the modes from before", || {
            let now = modes(&*self.master);
            if now == self.modes_before { Ok(()) } else { Err(format!("{now}, not {}", self.modes_before)) }
        });
        poll(DEADLINE, "the screen from before", || {
            let screen = self.screen();
            let screen = screen.screen();
            let back = !screen.alternate_screen() && !screen.hide_cursor() && !screen.bracketed_paste();
            back.then_some(()).ok_or_else(|| screen.contents())
        });
        let shown = self.shown.lock().unwrap();
        let shown = String::from_utf8_lossy(&shown);
        assert!(shown.rfind("\x1b[?1004l") > shown.rfind("\x1b[?1004h"), "focus reports are on: {shown:?}");
        for mouse in ["1000", "1002", "1003", "1006"] {
            let (on, off) = (format!("\x1b[?{mouse}h"), format!("\x1b[?{mouse}l"));
            assert!(shown.rfind(&off) >= shown.rfind(&on), "the mouse is reported: {shown:?}");
        }
        assert!(shown.rfind("\x1b[?2026l") > shown.rfind("\x1b[?2026h"), "a frame is open: {shown:?}");
    }

    /// Whether this was written.
    fn has_written(&self, bytes: &str) -> bool {
        String::from_utf8_lossy(&self.shown.lock().unwrap()).contains(bytes)
    }

    /// Closes the terminal as a lost connection would.
    fn hang_up(mut self) -> Started {
        self.enough.store(true, Ordering::SeqCst);
        // The reader ends with the next thing shown.
        self.type_keys("x");
        self.reader.join().unwrap();
        self.child
    }
}

/// The modes of the terminal, for comparing.
fn modes(master: &dyn MasterPty) -> String {
    format!("{:?}", master.get_termios().unwrap())
}

/// Asks again and again until it is so, or fails with the last answer.
fn poll(deadline: Duration, what: &str, mut ask: impl FnMut() -> Result<(), String>) {
    let start = Instant::now();
    while let Err(answer) = ask() {
        assert!(start.elapsed() < deadline, "waited for {what}: {answer}");
        thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn quitting_gives_the_terminal_back() {
    let mut session = Session::start("plain");
    session.wait_until_taken();
    session.type_keys("q");
    session.child.wait_for_the_end(DEADLINE);
    session.assert_given_back();
}

#[test]
fn a_panic_gives_the_terminal_back_before_its_message() {
    let mut session = Session::start("plain");
    session.wait_until_taken();
    session.type_keys("p");
    session.child.wait_for_the_end(DEADLINE);
    session.assert_given_back();
    // The emulator shows the normal screen; had the message come first, it would be gone with the other.
    session.wait_for("this program panics");
}

#[test]
fn a_panic_in_a_task_gives_the_terminal_back_and_ends_the_drawing() {
    let mut session = Session::start("plain");
    session.wait_until_taken();
    session.type_keys("P");
    session.child.wait_for_the_end(DEADLINE);
    session.assert_given_back();
    session.wait_for("a task panics");
    session.wait_for("GivenBack");
}

#[test]
fn signals_that_end_the_program_give_the_terminal_back() {
    for signal in [Number::HUP, Number::TERM, Number::INT] {
        let mut session = Session::start("plain");
        let program = session.wait_until_taken();
        kill_process(program, signal).unwrap();
        session.child.wait_for_the_end(DEADLINE);
        session.assert_given_back();
    }
}

#[test]
fn an_orphan_ends_whether_or_not_it_heeds_the_hangup() {
    for role in ["plain", "deaf"] {
        let session = Session::start(role);
        session.wait_until_taken();
        session.hang_up().wait_for_the_end(ORPHAN_DEADLINE);
    }
}

#[test]
fn ctrl_z_gives_the_terminal_to_the_shell_and_fg_takes_it_again() {
    let mut session = Session::start_in_shell("true");
    session.wait_until_taken();
    session.type_keys("\x1a");
    session.wait_for("SHELL");
    session.assert_given_back();
    session.type_keys("\n");
    session.wait_for("<continued>");
    assert!(session.screen().screen().alternate_screen() && session.screen().screen().hide_cursor());
    session.type_keys("w");
    session.wait_for("<key w>");
    session.type_keys("q");
    session.wait_for("ENDED 0");
    session.child.wait_for_the_end(DEADLINE);
    session.assert_given_back();
}

#[test]
fn a_stop_from_outside_gives_the_terminal_to_the_shell() {
    let mut session = Session::start_in_shell("true");
    let program = session.wait_until_taken();
    kill_process(program, Number::TSTP).unwrap();
    session.wait_for("SHELL");
    session.assert_given_back();
    session.type_keys("\n");
    session.wait_for("<continued>");
    session.type_keys("q");
    session.child.wait_for_the_end(DEADLINE);
    session.assert_given_back();
}

#[test]
fn after_a_stop_that_cannot_be_seen_coming_the_terminal_is_taken_again() {
    // Nobody can give the terminal back then; an interactive shell resets its modes by itself.
    let mut session = Session::start_in_shell("stty sane");
    let program = session.wait_until_taken();
    let raw = modes(&*session.master);
    kill_process(program, Number::STOP).unwrap();
    poll(DEADLINE, "the shell", || {
        let said = String::from_utf8_lossy(&session.shown.lock().unwrap()).into_owned();
        if said.contains("SHELL") { Ok(()) } else { Err(said) }
    });
    assert_ne!(modes(&*session.master), raw);
    session.type_keys("\n");
    session.wait_for("<continued>");
    assert_eq!(modes(&*session.master), raw);
    session.type_keys("q");
    session.child.wait_for_the_end(DEADLINE);
    session.assert_given_back();
}

#[test]
fn without_a_shell_to_continue_it_ctrl_z_does_nothing() {
    let mut session = Session::start("plain");
    session.wait_until_taken();
    session.type_keys("\x1a");
    session.wait_for("<stopped: false>");
    session.type_keys("q");
    session.child.wait_for_the_end(DEADLINE);
    session.assert_given_back();
}

#[test]
fn pastes_and_sizes_arrive() {
    let mut session = Session::start("plain");
    session.wait_until_taken();
    session.type_keys("\x1b[200~qp\x1b[201~");
    session.wait_for("<paste qp>");
    session.master.resize(PtySize { rows: 12, cols: 70, ..PtySize::default() }).unwrap();
    session.wait_for("<70 by 12>");
    session.master.resize(PtySize { rows: 0, cols: 0, ..PtySize::default() }).unwrap();
    session.wait_for("<80 by 24>");
    session.type_keys("q");
    session.child.wait_for_the_end(DEADLINE);
}

#[test]
fn the_mouse_is_reported_only_when_asked_for_and_given_back_on_every_way_out() {
    let mut session = Session::start("plain");
    session.wait_until_taken();
    session.type_keys("w");
    session.wait_for("<key w>");
    assert!(
        !["1000", "1002", "1003", "1006"].iter().any(|mode| session.has_written(&format!("\x1b[?{mode}h")))
    );
    session.type_keys("m");
    session.wait_for("<mouse on>");
    assert!(session.has_written("\x1b[?1002h\x1b[?1006h"));
    session.type_keys("\x1b[<65;7;9M");
    session.wait_for("<ScrollDown at 6,8>");
    session.type_keys("M");
    session.wait_for("<mouse off>");
    assert!(session.has_written("\x1b[?1006l\x1b[?1002l"));
    for way_out in ["q", "p"] {
        let mut session = Session::start("plain");
        session.wait_until_taken();
        session.type_keys("m");
        session.wait_for("<mouse on>");
        session.type_keys(way_out);
        session.child.wait_for_the_end(DEADLINE);
        session.assert_given_back();
    }
}

#[test]
fn a_shell_in_between_has_no_mouse_and_the_program_has_it_again() {
    let mut session = Session::start_in_shell("true");
    session.wait_until_taken();
    session.type_keys("m");
    session.wait_for("<mouse on>");
    session.type_keys("\x1a");
    session.wait_for("SHELL");
    session.assert_given_back();
    session.type_keys("\n");
    session.wait_for("<continued>");
    let shown = String::from_utf8_lossy(&session.shown.lock().unwrap()).into_owned();
    assert!(shown.rfind("\x1b[?1006h") > shown.rfind("\x1b[?1006l"), "{shown:?}");
    session.type_keys("q");
    session.wait_for("ENDED 0");
    session.child.wait_for_the_end(DEADLINE);
    session.assert_given_back();
}

#[test]
fn copies_and_alerts_stand_between_frames_and_never_in_one() {
    let mut session = Session::start("plain");
    session.wait_until_taken();
    session.type_keys("c");
    session.wait_for("<copied: Ok(())>");
    session.type_keys("a");
    session.wait_for("<alert: true>");
    session.type_keys("q");
    session.child.wait_for_the_end(DEADLINE);
    session.assert_given_back();
    let shown = String::from_utf8_lossy(&session.shown.lock().unwrap()).into_owned();
    // "rollout 42" in base64.
    assert!(shown.contains("\x1b]52;c;cm9sbG91dCA0Mg==\x07"), "{shown:?}");
    assert!(shown.contains("\x1b]9;gonogo: NO-GO\x07\x07"), "{shown:?}");
    for frame in shown.split("\x1b[?2026h").skip(1) {
        let frame = frame.split("\x1b[?2026l").next().unwrap();
        assert!(!frame.contains("\x1b]") && !frame.contains('\x07'), "{frame:?}");
    }
}

#[test]
fn bold_and_reverse_survive_no_color() {
    let mut session = Session::start("plain");
    session.wait_until_taken();
    let screen = session.screen();
    let cell = screen.screen().cell(0, 0).unwrap();
    assert!(cell.bold() && cell.inverse(), "{cell:?}");
    session.type_keys("q");
    session.child.wait_for_the_end(DEADLINE);
}

#[test]
fn a_frame_without_change_writes_nothing() {
    let mut session = Session::start("plain");
    session.wait_until_taken();
    session.type_keys("b");
    session.wait_for(" bytes>");
    let before = session.shown.lock().unwrap().len();
    // Each of these draws a frame that looks the same; the last one looks different.
    session.type_keys("iiiiiiiiii");
    session.type_keys("w");
    session.wait_for("<key w>");
    let shown = session.shown.lock().unwrap();
    let frames = String::from_utf8_lossy(&shown[before..]).matches("\x1b[?2026h").count();
    assert_eq!(frames, 1);
    drop(shown);
    session.type_keys("q");
    session.child.wait_for_the_end(DEADLINE);
}

#[test]
fn without_a_terminal_the_error_names_the_remedy() {
    let output = Command::new(env::current_exe().unwrap())
        .args(["program", "--exact", "--ignored", "--nocapture"])
        .env(ROLE, "plain")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr) + String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("standard input is not a terminal"), "{said}");
    assert!(said.contains("gonogo status --json"), "{said}");
}
