//! The real binary in a pseudo-terminal: first frame, keys under load, idle, bytes and memory.
//!
//! What is measured is what a person at the other end of the terminal would: bytes that arrive. Not covered: the
//! terminal's own time to show them, and a network in between.

use std::io::{Read, Write};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

use super::flood::{Flood, Load};
use super::process;
use super::table::{Runs, Table};
use super::world::{metric_name, segment_name};

const PROGRAM: &str = env!("CARGO_BIN_EXE_gonogo");
/// How a frame begins: synchronized output.
const FRAME: &[u8] = b"\x1b[?2026h";
const FRAME_END: &[u8] = b"\x1b[?2026l";
/// The title of the help, which stands in no other frame.
const HELP: &[u8] = b"keys, page 1";
const DEMO_RUNS: Duration = Duration::from_secs(60);
const STARTS: usize = 10;
const PRESSES: usize = 30;
/// How long bytes are counted while much happens.
const BUSY: Duration = Duration::from_secs(20);
const IDLE: Duration = Duration::from_secs(10);
const PATIENCE: Duration = Duration::from_secs(10);

/// A program in a pseudo-terminal; ends when dropped.
pub struct Cockpit {
    child: Box<dyn Child + Send + Sync>,
    keyboard: Box<dyn Write + Send>,
    shown: Arc<Mutex<Vec<u8>>>,
    started: Instant,
    _master: Box<dyn MasterPty>,
}

impl Cockpit {
    pub fn start(words: &[&str], cols: u16, rows: u16) -> Self {
        Self::run(PROGRAM, words, cols, rows, &[])
    }

    /// Any program, with more in its environment.
    fn run(program: &str, words: &[&str], cols: u16, rows: u16, env: &[(&str, &str)]) -> Self {
        let pair =
            native_pty_system().openpty(PtySize { rows, cols, ..PtySize::default() }).expect("a terminal");
        let mut command = CommandBuilder::new(program);
        command.args(words);
        for name in ["SSH_CONNECTION", "SSH_CLIENT", "SSH_TTY", "TMUX", "STY"] {
            command.env_remove(name);
        }
        for (name, value) in [("TERM", "xterm-256color"), ("LC_ALL", "C.UTF-8")].iter().chain(env) {
            command.env(name, value);
        }
        let shown = Arc::new(Mutex::new(Vec::new()));
        let mut screen = pair.master.try_clone_reader().expect("a reader");
        let into = Arc::clone(&shown);
        thread::spawn(move || {
            let mut bytes = [0; 65536];
            while let Ok(count @ 1..) = screen.read(&mut bytes) {
                into.lock().expect("a lock").extend_from_slice(&bytes[..count]);
            }
        });
        let keyboard = pair.master.take_writer().expect("a writer");
        let started = Instant::now();
        let child = pair.slave.spawn_command(command).expect("the program starts");
        Self { child, keyboard, shown, started, _master: pair.master }
    }

    /// Whether it has not ended by itself.
    pub fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    pub fn pid(&self) -> u32 {
        self.child.process_id().expect("a process")
    }

    fn bytes(&self) -> usize {
        self.shown.lock().expect("a lock").len()
    }

    fn press(&mut self, key: &str) {
        self.keyboard.write_all(key.as_bytes()).and_then(|()| self.keyboard.flush()).expect("a keyboard");
    }

    /// How long until these bytes stand in what came after `from`.
    fn wait_for(&self, wanted: &[u8], from: usize) -> Duration {
        let start = Instant::now();
        loop {
            let shown = self.shown.lock().expect("a lock");
            let is_there =
                shown.get(from..).is_some_and(|new| new.windows(wanted.len()).any(|part| part == wanted));
            if is_there {
                return start.elapsed();
            }
            if start.elapsed() > PATIENCE {
                panic!(
                    "the program did not show {:?}:\n{}",
                    String::from_utf8_lossy(wanted),
                    String::from_utf8_lossy(&shown)
                );
            }
            drop(shown);
            thread::sleep(Duration::from_micros(100));
        }
    }
}

impl Drop for Cockpit {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub fn measure(table: &mut Table) {
    first_frame(table);
    let folder = tempfile::tempdir().expect("a folder");
    keys(table, folder.path());
    idle(table, folder.path());
    remote(table, folder.path());
    peers(table);
}

fn first_frame(table: &mut Table) {
    let start = |_| {
        let cockpit = Cockpit::start(&["demo"], 80, 24);
        cockpit.wait_for(FRAME, 0);
        cockpit.started.elapsed()
    };
    let runs = Runs::ms((0..STARTS).map(start));
    table.row(
        "start of `gonogo demo` → first byte of a frame",
        "≤ 50 ms",
        runs.spread("ms", 1),
        runs.median() <= 50.0,
    );
}

/// A rollout file for a flood, and what starts a cockpit on it.
fn watch(
    folder: &Path,
    flood: &Flood,
    load: Load,
    (cols, rows): (u16, u16),
    env: &[(&str, &str)],
) -> Cockpit {
    use std::fmt::Write as _;
    let feed = format!("{{ kind = \"feed\", url = {:?} }}", flood.url());
    let mut text = format!(
        "name = \"checkout-v2\"\n[[platforms]]\nname = \"web\"\nbackend = {feed}\nflag = \"checkout-v2\"\n\
         [plan]\nstages = [{{ exposure = 25, bake = \"1s\", sample = 100 }}, {{ exposure = 50, bake = \"1s\", sample = 100 }}]\n"
    );
    for segment in (0..load.segments).map(segment_name) {
        let _ = writeln!(text, "[[segments]]\nname = \"{segment}\"\nsize = 1000");
    }
    for metric in (0..load.metrics).map(metric_name) {
        let _ = writeln!(text, "[[metrics]]\nname = \"{metric}\"\nsource = {feed}\ninterval = \"30s\"");
        let _ = writeln!(
            text,
            "[[guardrails]]\nstation = \"errors\"\nmetric = \"{metric}\"\ncompare = \"control\"\ntolerate = 0.1\nrisk = 0.01\naction = \"pause\""
        );
    }
    let file = folder.join(format!("{}.toml", flood.address.port()));
    std::fs::write(&file, text).expect("a rollout file");
    let (file, folder) = (file.to_string_lossy(), folder.to_string_lossy());
    Cockpit::run(PROGRAM, &["watch", &file, "--state-dir", &folder], cols, rows, env)
}

/// `?` until the help is there, while 10,000 samples a second come in.
fn keys(table: &mut Table, folder: &Path) {
    let load = Load { segments: 10, metrics: 5, samples: Some(10_000), feedback: 0 };
    let flood = Flood::start(load);
    flood.go();
    let mut cockpit = watch(folder, &flood, load, (120, 40), &[]);
    cockpit.wait_for(b"europe-west", 0);
    thread::sleep(Duration::from_secs(1));
    let (before, sent) = (process::processor_time(cockpit.pid()), flood.samples());
    let since = Instant::now();
    let mut runs = Vec::new();
    for _ in 0..PRESSES {
        let from = cockpit.bytes();
        cockpit.press("?");
        runs.push(cockpit.wait_for(HELP, from));
        cockpit.press("\x1b");
        // Long enough for the lone escape to be told from the beginning of a longer key.
        // And sometimes right after a frame of data, sometimes right before one.
        thread::sleep(Duration::from_millis(170));
    }
    let seconds = since.elapsed().as_secs_f64();
    let runs = Runs::ms(runs);
    let offered = (flood.samples() - sent) as f64 / seconds;
    let busy = (process::processor_time(cockpit.pid()) - before).as_secs_f64() / seconds * 100.0;
    table.row(
        "key → frame at 120×40 under 10,000 samples/s",
        "≤ 16 ms, p99 ≤ 33 ms",
        format!("{} ({offered:.0} samples/s, {busy:.1} % of a core)", runs.tail("ms")),
        runs.median() <= 16.0 && runs.p99() <= 33.0,
    );
}

/// A rollout on which nothing happens: every link live, no sample that is new, no bake that counts down.
fn idle(table: &mut Table, folder: &Path) {
    let load = Load { segments: 3, metrics: 2, samples: Some(1), feedback: 0 };
    // Never let loose: one sample of each series, then only pings.
    let flood = Flood::start(load);
    let cockpit = watch(folder, &flood, load, (80, 24), &[]);
    cockpit.wait_for(b"europe-west", 0);
    thread::sleep(Duration::from_secs(2));
    let (bytes, spent) = (cockpit.bytes(), process::processor_time(cockpit.pid()));
    thread::sleep(IDLE);
    let (new, shown) = {
        let shown = cockpit.shown.lock().expect("a lock");
        (shown.len() - bytes, String::from_utf8_lossy(&shown[bytes..]).into_owned())
    };
    let busy = (process::processor_time(cockpit.pid()) - spent).as_secs_f64() / IDLE.as_secs_f64() * 100.0;
    table.row("idle at 80×24: bytes in 10 s", "0", format!("{new} B"), new == 0);
    table.row("idle: processor time", "< 0.1 % of a core", format!("{busy:.3} %"), busy < 0.1);
    if std::env::var_os("GONOGO_BENCH_SHOW").is_some() {
        table.note("what was written", format!("{shown:?}"));
    }
}

/// Bytes in some seconds, and how they are made up.
struct Line {
    bytes: usize,
    frames: usize,
    /// Bytes that stand in no frame.
    outside: usize,
}

fn listen(cockpit: &Cockpit, during: Duration) -> Line {
    let from = cockpit.bytes();
    thread::sleep(during);
    let shown = cockpit.shown.lock().expect("a lock");
    let new = &shown[from..];
    // The first piece may be the rest of a frame that had begun before.
    let pieces: Vec<&[u8]> = split(new, FRAME);
    let outside =
        pieces.iter().skip(1).map(|piece| split(piece, FRAME_END).last().map_or(0, |rest| rest.len()));
    Line { bytes: new.len(), frames: pieces.len() - 1, outside: outside.sum() }
}

fn split<'a>(bytes: &'a [u8], mark: &[u8]) -> Vec<&'a [u8]> {
    let (mut parts, mut rest) = (Vec::new(), bytes);
    while let Some(at) = rest.windows(mark.len()).position(|part| part == mark) {
        parts.push(&rest[..at]);
        rest = &rest[at + mark.len()..];
    }
    parts.push(rest);
    parts
}

/// A rollout on which every number moves all the time, as it goes over SSH.
fn remote(table: &mut Table, folder: &Path) {
    let load = Load { segments: 10, metrics: 5, samples: Some(10_000), feedback: 0 };
    let flood = Flood::start(load);
    flood.go();
    let cockpit =
        watch(folder, &flood, load, (120, 40), &[("SSH_CONNECTION", "192.0.2.1 50000 192.0.2.2 22")]);
    cockpit.wait_for(b"europe-west", 0);
    thread::sleep(Duration::from_secs(2));
    let Line { bytes, frames, outside } = listen(&cockpit, BUSY);
    let seconds = BUSY.as_secs_f64();
    let (a_second, rate) = (bytes as f64 / seconds / 1e3, frames as f64 / seconds);
    table.row(
        "bytes at 120×40 over SSH, 10,000 samples/s: every number moves",
        "≤ 6 kB/s, 4 frames/s",
        format!(
            "{a_second:.1} kB/s in {rate:.1} frames/s of {:.0} B, {outside} B outside of frames",
            bytes as f64 / frames.max(1) as f64
        ),
        a_second <= 6.0 && rate <= 4.2,
    );
}

/// Others on the same terminal, by the same counter. Only told, and only if they are there.
fn peers(table: &mut Table) {
    for (program, words, begins) in [("top", &["-d", "1"][..], "PID"), ("btop", &[][..], "cpu")] {
        let is_there = std::env::var_os("PATH")
            .is_some_and(|path| std::env::split_paths(&path).any(|folder| folder.join(program).is_file()));
        if !is_there {
            table.note(program, "is not installed".to_owned());
            continue;
        }
        let mut peer = Cockpit::run(program, words, 120, 40, &[]);
        peer.wait_for(begins.as_bytes(), 0);
        thread::sleep(Duration::from_secs(2));
        let line = listen(&peer, BUSY);
        let a_second = line.bytes as f64 / BUSY.as_secs_f64() / 1e3;
        let what = format!(
            "`{program}{}` at 120×40",
            words.iter().map(|word| format!(" {word}")).collect::<String>()
        );
        table.note(&what, format!("{a_second:.1} kB/s (runs: {})", peer.is_running()));
    }
}

/// The demo's story at 120×40, beside everything else.
pub fn start_demo() -> Cockpit {
    Cockpit::start(&["demo", "--autopilot", "guard"], 120, 40)
}

/// Waits until the demo has run its minute.
pub fn measure_demo(table: &mut Table, demo: Cockpit) {
    thread::sleep((demo.started + DEMO_RUNS).saturating_duration_since(Instant::now()));
    let seconds = demo.started.elapsed().as_secs_f64();
    let now = process::resident(demo.pid()) as f64 / 1e6;
    let most = process::most_resident(demo.pid()) as f64 / 1e6;
    let busy = process::processor_time(demo.pid()).as_secs_f64() / seconds * 100.0;
    let a_second = demo.bytes() as f64 / seconds / 1e3;
    let what = format!("the demo's story and its world after {seconds:.0} s: memory");
    table.row(
        &what,
        "≤ 60 MB (500 series, 24 h)",
        format!("{now:.1} MB, at most {most:.1} MB"),
        most <= 60.0,
    );
    table.row(
        "its bytes to the terminal at 120×40",
        "≤ 6 kB/s",
        format!("{a_second:.2} kB/s"),
        a_second <= 6.0,
    );
    table.note("its processor time, the world included", format!("{busy:.1} % of a core"));
}
