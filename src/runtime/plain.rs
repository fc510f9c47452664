//! The cockpit without a screen: what changes, one line each.
//!
//! ```text
//! Fleet ──▶ Reader (one for each rollout) ─▶ Line ─▶ Log (a thread) ─▶ standard output
//! Player ─▶ Reader ────────────────────────────────▶ Paper
//! ```
//!
//! For screen readers, logs of CI and pipes. In: the same sessions as those of the cockpit, or a recording. Out: a
//! summary, then a line for each change; no colours, no cursor, no signs instead of words, times in UTC. No keys are
//! read. It decides nothing: the autopilot does what it may, as behind the screen.
//!
//! Live, a stalled reader holds nothing: lines wait in the [`Log`]'s queue. When nobody reads any more, it ends. A
//! recording has all the time there is, and waits for its reader.
//!
//! Start reading at [`run`], then [`reader`].

pub mod reader;

use std::io::{self, ErrorKind, Write};
use std::thread;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};

use self::reader::Reader;
use super::alarm::Alarm;
use super::fleet::Fleet;
use super::live::{Ending, Manners};
use super::replay::{Order, ReplayError};
use super::service::line::{Format, Line, Paper};
use super::service::log::Log;
use crate::recording::{Player, Progress, Target};
use crate::term::{Signal, Signals, TermError};

/// How often time is told to the engine.
const TICK: Duration = Duration::from_millis(500);
/// How long the end waits for a slow reader.
const LAST_LINES: Duration = Duration::from_secs(1);
/// Events of a recording that are passed at a time.
const SLICE: usize = 2048;

/// Follows rollouts until somebody ends it or nobody reads it, at most `limit` if there is one. It rings as `manners` say.
///
/// # Errors
/// [`TermError`] when signals cannot be heard.
pub async fn run(
    fleet: &mut Fleet,
    log: &Log,
    manners: Manners,
    limit: Option<Duration>,
) -> Result<Ending, TermError> {
    let mut alarm = Alarm::default();
    let mut signals = Signals::listen()?;
    let is_one = fleet.models().len() == 1;
    let mut readers: Vec<Reader> =
        fleet.models().iter().map(|model| Reader::begin(model, !is_one, |line| log.tell(line))).collect();
    let mut ticks = interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let end = limit.map(|limit| Instant::now() + limit);
    let ending = loop {
        tokio::select! {
            biased;
            signal = signals.next() => match signal {
                Signal::Hangup | Signal::Terminate => break Ending::Ended,
                Signal::Interrupt => break Ending::Interrupted,
                Signal::Stop => Signals::stop()?,
                Signal::Continue => {}
            },
            // Who has read enough is no failure.
            () = log.closed() => break Ending::Quit,
            // What is new is said after each event.
            _ = fleet.take_news_and(|place, model, event| {
                if let Some(reader) = readers.get_mut(place.index) {
                    reader.live(place.life);
                    reader.follow(model, Some(event), |line| log.tell(line));
                }
            }) => {}
            _ = ticks.tick() => {
                fleet.tick();
                for ((model, place), reader) in fleet.models().into_iter().zip(fleet.places()).zip(&mut readers) {
                    reader.live(place.life);
                    reader.follow(model, None, |line| log.tell(line));
                }
                if let Some(words) = manners.ring(&mut alarm, &fleet.models()) {
                    log.call(words);
                }
            }
            () = sleep_until(end.unwrap_or_else(Instant::now)), if end.is_some() => break Ending::TimeUp,
        }
    };
    Ok(ending)
}

/// Says how each rollout stands now, and waits until it is written.
pub async fn end(fleet: &Fleet, log: &Log) {
    let is_one = fleet.models().len() == 1;
    for model in fleet.models() {
        reader::end(model, !is_one, |line| log.tell(line));
    }
    log.finish(LAST_LINES).await;
}

/// Goes through a recording; unless it is paced, as fast as its lines are read.
///
/// # Errors
/// [`ReplayError`] when the file cannot be read any more, or its lines not be written. A closed pipe is none.
pub async fn replay(
    player: Player,
    order: Order,
    is_paced: bool,
    out: impl Write + Send + 'static,
) -> Result<Ending, ReplayError> {
    let mut signals = Signals::listen()?;
    let (done, mut ended) = oneshot::channel();
    // A thread of its own: it may wait for its reader for as long as it takes, and a signal ends it all the same.
    thread::Builder::new().name("plain".into()).spawn(move || {
        // Nobody waits any more when the process ends.
        let _ = done.send(read_through(player, order, is_paced, out));
    })?;
    loop {
        tokio::select! {
            biased;
            signal = signals.next() => match signal {
                Signal::Hangup | Signal::Terminate => return Ok(Ending::Ended),
                Signal::Interrupt => return Ok(Ending::Interrupted),
                Signal::Stop => Signals::stop()?,
                Signal::Continue => {}
            },
            result = &mut ended => return result.unwrap_or(Ok(Ending::Ended)),
        }
    }
}

fn read_through(
    mut player: Player,
    order: Order,
    is_paced: bool,
    out: impl Write,
) -> Result<Ending, ReplayError> {
    // Its length is known only when all of it was seen; who asks for no place in it need not wait for that.
    let has_places = order.from.is_some() || order.until.is_some();
    while has_places && player.look_through(SLICE)? {}
    let (from, until, _) = order.bounds(player.extent());
    player.seek(Target::Time(from));
    while let Progress::Working { .. } = player.run(SLICE)? {}
    let mut teller = Teller { paper: Paper::new(out, Format::Plain), failure: None };
    let mut reader = Reader::begin(player.model(), false, |line| teller.tell(line));
    loop {
        let before = player.now().max(from);
        reader.follow(player.model(), None, |line| teller.tell(line));
        match teller.failure.take() {
            Some(failure) if failure.kind() == ErrorKind::BrokenPipe => return Ok(Ending::Quit),
            Some(failure) => return Err(failure.into()),
            None => {}
        }
        if !player.step()? || until.is_some_and(|until| player.now() > until) {
            break;
        }
        if is_paced {
            thread::sleep(player.now().since(before) / order.speed.get());
        }
    }
    reader::end(player.model(), false, |line| teller.tell(line));
    Ok(Ending::TimeUp)
}

/// Lines on paper, until one cannot be written.
struct Teller<W> {
    paper: Paper<W>,
    failure: Option<io::Error>,
}

impl<W: Write> Teller<W> {
    fn tell(&mut self, line: Line) {
        if self.failure.is_none() {
            self.failure = self.paper.put(&line).err();
        }
    }
}
