//! Draws a picture of the cockpit: runs the real binary in a pseudo-terminal and writes its screen as SVG.
//!
//! ```text
//! cargo run --example picture -- OUT.svg [--size 120x36] [--after 100s] [--env NAME=VALUE] [STEP]... -- ARGUMENTS OF GONOGO
//! ```
//!
//! Steps are carried out in order, before the picture is taken: `--until TEXT` waits until a text stands on the screen,
//! `--press KEYS` types (`<enter>`, `<esc>`, `<tab>`, `<up>` and `<down>` are keys), `--after TIME` lets time go by.
//! The same world and the same steps give a picture that differs in times and chances only.
//!
//! In: what a terminal would have been sent. Out: one SVG file without scripts, fonts or anything else from outside.
//! Start reading at [`main`]; `svg` is the drawing.

#![expect(clippy::print_stdout, reason = "this program talks to the person who starts it")]

mod svg;

use std::env;
use std::error::Error;
use std::io::{Read, Write};
use std::num::NonZero;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use gonogo::domain::Span;
use portable_pty::{CommandBuilder, PtySize, native_pty_system};

type Failure = Box<dyn Error>;

/// Longest wait for a text.
const PATIENCE: Duration = Duration::from_secs(300);
/// How long keys may take until what they do is drawn.
const KEY: Duration = Duration::from_millis(400);
/// How often the screen is looked at for a text.
const LOOK: Duration = Duration::from_millis(20);

/// Something to do before the picture is taken.
enum Step {
    After(Duration),
    Until(String),
    Press(String),
}

/// What was asked for.
struct Order {
    out: PathBuf,
    size: (u16, u16),
    steps: Vec<Step>,
    env: Vec<(String, String)>,
    arguments: Vec<String>,
}

fn main() -> Result<(), Failure> {
    let order = read_order(env::args().skip(1))?;
    let (columns, rows) = order.size;
    let pair = native_pty_system().openpty(PtySize { rows, cols: columns, ..PtySize::default() })?;
    let mut command = CommandBuilder::new(gonogo()?);
    command.args(&order.arguments);
    command.cwd(env::current_dir()?);
    command.env_remove("NO_COLOR");
    for (name, value) in [("TERM", "xterm-256color"), ("COLORTERM", "truecolor"), ("USER", "captain")] {
        command.env(name, value);
    }
    for (name, value) in &order.env {
        command.env(name, value);
    }
    let mut keyboard = pair.master.take_writer()?;
    let mut reader = pair.master.try_clone_reader()?;
    let mut child = pair.slave.spawn_command(command)?;
    let cells = |count| NonZero::new(count).ok_or("a terminal has rows and columns");
    let emulator = Arc::new(Mutex::new(vt100::Parser::new(cells(rows)?, cells(columns)?, 0)));
    let into = Arc::clone(&emulator);
    thread::spawn(move || {
        let mut bytes = [0; 16384];
        while let Ok(count @ 1..) = reader.read(&mut bytes) {
            let new = bytes.get(..count).unwrap_or_default();
            into.lock().unwrap_or_else(PoisonError::into_inner).process(new);
        }
    });
    let look = || emulator.lock().unwrap_or_else(PoisonError::into_inner);
    let done = order.steps.iter().try_for_each(|step| -> Result<(), Failure> {
        match step {
            Step::After(time) => thread::sleep(*time),
            Step::Press(keys) => {
                keyboard.write_all(keys.as_bytes())?;
                keyboard.flush()?;
                thread::sleep(KEY);
            }
            Step::Until(text) => {
                let start = Instant::now();
                while !look().screen().contents().contains(text) {
                    if start.elapsed() > PATIENCE {
                        return Err(format!("waited for {text:?}:\n{}", look().screen().contents()).into());
                    }
                    thread::sleep(LOOK);
                }
            }
        }
        Ok(())
    });
    let picture = svg::draw(look().screen());
    child.kill()?;
    child.wait()?;
    done?;
    std::fs::write(&order.out, &picture)?;
    println!("{}: {columns}x{rows}, {} bytes", order.out.display(), picture.len());
    Ok(())
}

/// The binary that was built beside this example.
fn gonogo() -> Result<PathBuf, Failure> {
    let me = env::current_exe()?;
    let folder =
        me.parent().and_then(|examples| examples.parent()).ok_or("there is no folder above examples/")?;
    let binary = folder.join("gonogo");
    if binary.is_file() { Ok(binary) } else { Err(format!("{} is not built", binary.display()).into()) }
}

fn read_order(mut words: impl Iterator<Item = String>) -> Result<Order, Failure> {
    let out = words.next().ok_or("usage: picture OUT.svg [--size 120x36] [STEP]... -- ARGUMENTS")?.into();
    let mut order = Order { out, size: (120, 36), steps: Vec::new(), env: Vec::new(), arguments: Vec::new() };
    while let Some(word) = words.next() {
        if word == "--" {
            order.arguments = words.collect();
            break;
        }
        let value = words.next().ok_or_else(|| format!("{word} needs a value"))?;
        match word.as_str() {
            "--size" => {
                let (columns, rows) = value.split_once('x').ok_or("a size is COLUMNSxROWS")?;
                order.size = (columns.parse()?, rows.parse()?);
            }
            "--after" => order.steps.push(Step::After(value.parse::<Span>()?.0)),
            "--until" => order.steps.push(Step::Until(value)),
            "--press" => order.steps.push(Step::Press(keys(&value))),
            "--env" => {
                let (name, value) = value.split_once('=').ok_or("--env takes NAME=VALUE")?;
                order.env.push((name.to_owned(), value.to_owned()));
            }
            _ => return Err(format!("{word} is not known").into()),
        }
    }
    Ok(order)
}

/// Keys as a terminal sends them.
fn keys(text: &str) -> String {
    [("<enter>", "\r"), ("<esc>", "\x1b"), ("<tab>", "\t"), ("<up>", "\x1b[A"), ("<down>", "\x1b[B")]
        .into_iter()
        .fold(text.to_owned(), |text, (name, bytes)| text.replace(name, bytes))
}
