//! The guard as a service: rollouts that are watched for weeks, without a terminal.
//!
//! ```text
//!                      ┌─ post: session of checkout-v2 ─┐  Report, 4 times a second
//! signals, --for ─▶ run┼─ post: session of search-v3  ──┼─▶ ready, status, signs of life ─▶ beacon ─▶ service manager
//!                      └─ …                             ┘                                       └▶ ready file
//!                           └── each event ─▶ diary ─▶ log (a thread) ─▶ standard output
//! ```
//!
//! In: [`Post`]s, each with a way to open its session; signals. Out: a log, readiness, and at the end an [`Ending`] that
//! exit codes are made of.
//!
//! - Each rollout has a task of its own. One that is in trouble, or dies of a bug, never stops another.
//! - Nothing that goes out (log, service manager, ready file) can hold a kill: each has its thread and a bounded queue.
//! - A sign of life is only given while the loop of *every* rollout turns.
//! - SIGTERM and SIGINT: nothing new is asked for, what is under way is seen to its end, at most ten seconds; a second
//!   one ends that wait. SIGHUP ends nothing.
//!
//! It decides nothing: verdicts and acts are the engine's, through the same session as the cockpit's.
//!
//! Start reading at [`run`], then [`post`].

mod beacon;
pub(super) mod diary;
pub mod line;
pub mod log;
pub mod post;
pub mod sight;

use std::path::PathBuf;
use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};

use self::beacon::Beacon;
use self::line::{Format, Kind};
use self::log::Log;
use self::post::{Desk, Order, Post, Report};
use self::sight::{Sight, Standing};
use super::clock::Clock;

/// How often the posts are looked at: well under the second in which a service manager wants to know.
const LOOK: Duration = Duration::from_millis(100);
/// How long the end waits for a slow output.
const LAST_LINES: Duration = Duration::from_secs(1);
/// How many rollouts the status line names: it is one line in `systemctl status`.
const NAMED: usize = 4;

/// How to guard.
#[derive(Debug, Clone)]
pub struct Orders {
    /// How the log is written.
    pub format: Format,
    /// A file that is there while the guard is ready.
    pub ready_file: Option<PathBuf>,
    /// End after this time.
    pub limit: Option<Duration>,
    /// End when nothing is left to guard.
    pub until_done: bool,
}

/// Why the guard ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// SIGTERM.
    Terminated,
    /// SIGINT.
    Interrupted,
    /// The set time was over.
    TimeUp,
    /// Nothing was left to guard.
    Done,
}

/// How the guard ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ending {
    /// Why.
    pub cause: Cause,
    /// How the worst of the rollouts stands.
    pub standing: Standing,
}

/// Why the guard cannot start.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// Sessions that cannot be opened, each with its cause.
    #[error("{}", .0.join("\n"))]
    Open(Vec<String>),
    /// The ready file cannot be where it is wanted.
    #[error("cannot use the ready file {}: {cause}\nhint: name a file in a folder that is there", path.display())]
    ReadyFile {
        /// The file.
        path: PathBuf,
        /// Why not.
        cause: std::io::Error,
    },
    /// The system refuses a thread or a signal.
    #[error("cannot start the guard: {0}")]
    System(#[from] std::io::Error),
}

/// Guards until somebody or something ends it.
///
/// # Errors
/// [`ServiceError`] when it cannot start; then nothing was watched.
pub async fn run(posts: Vec<Post>, orders: Orders) -> Result<Ending, ServiceError> {
    let mut calls = Calls::listen()?;
    let log = Log::start(orders.format, std::io::stdout(), Clock::system())?;
    let path = orders.ready_file.clone().unwrap_or_default();
    let beacon = Beacon::start(orders.ready_file, log.clone())
        .map_err(|cause| ServiceError::ReadyFile { path, cause })?;
    let (order, heard) = watch::channel(Order::Guard);
    let mut posted = Vec::new();
    let mut faults = Vec::new();
    for post in posts {
        match (post.open)() {
            Ok((session, warnings)) => posted.push((post, session, warnings)),
            Err(cause) => faults.push(cause),
        }
    }
    if !faults.is_empty() {
        return Err(ServiceError::Open(faults));
    }
    let (mut guards, mut reports) = (JoinSet::new(), Vec::new());
    for (post, session, warnings) in posted {
        let (sender, report) = watch::channel(Report::opening(&post.rollout));
        let desk = Desk { log: log.clone(), reports: sender, orders: heard.clone() };
        reports.push(report);
        guards.spawn(post::keep(post, session, warnings, desk));
    }
    let mut watchman = Watchman::new(reports, beacon, log.clone());
    let cause = watchman.watch(&mut calls, orders.limit, orders.until_done).await;
    let standing = watchman.finish(cause, &mut calls, &order, &mut guards).await;
    log.finish(LAST_LINES).await;
    Ok(Ending { cause, standing })
}

/// What the process is told from outside.
struct Calls {
    terminate: Signal,
    interrupt: Signal,
    hangup: Signal,
}

impl Calls {
    fn listen() -> std::io::Result<Self> {
        let terminate = signal(SignalKind::terminate())?;
        Ok(Self {
            terminate,
            interrupt: signal(SignalKind::interrupt())?,
            hangup: signal(SignalKind::hangup())?,
        })
    }

    /// Waits until the process is to end.
    async fn end(&mut self, log: &Log) -> Cause {
        loop {
            tokio::select! {
                biased;
                _ = self.terminate.recv() => return Cause::Terminated,
                _ = self.interrupt.recv() => return Cause::Interrupted,
                _ = self.hangup.recv() => {
                    let text = "SIGHUP: the guard goes on; a changed rollout file is read when it is started again";
                    log.say(None, Kind::Log, text);
                }
            }
        }
    }
}

/// Looks at the posts on behalf of the process.
struct Watchman {
    reports: Vec<watch::Receiver<Report>>,
    beacon: Beacon,
    log: Log,
    is_ready: bool,
    status: String,
    watchdog: Option<Watchdog>,
}

/// When the next sign of life is due, and the beats that it was last given for.
struct Watchdog {
    every: Duration,
    due: Instant,
    beats: Vec<u64>,
    is_silent: bool,
}

impl Watchman {
    fn new(reports: Vec<watch::Receiver<Report>>, beacon: Beacon, log: Log) -> Self {
        // Twice as often as wanted, as systemd's manual recommends.
        let watchdog = Beacon::watchdog().map(|every| Watchdog {
            every: every / 2,
            due: Instant::now(),
            beats: Vec::new(),
            is_silent: false,
        });
        Self { reports, beacon, log, is_ready: false, status: String::new(), watchdog }
    }

    /// Looks until there is a reason to end.
    async fn watch(&mut self, calls: &mut Calls, limit: Option<Duration>, until_done: bool) -> Cause {
        let log = self.log.clone();
        let end = limit.map(|limit| Instant::now() + limit);
        let mut looks = interval(LOOK);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                biased;
                cause = calls.end(&log) => return cause,
                _ = looks.tick() => {
                    self.look();
                    if until_done && self.reports.iter().all(|report| report.borrow().is_done) {
                        return Cause::Done;
                    }
                }
                () = sleep_until(end.unwrap_or_else(Instant::now)), if end.is_some() => return Cause::TimeUp,
            }
        }
    }

    /// Has every post stop, and waits for all of them. Returns the worst standing.
    async fn finish(
        &mut self,
        cause: Cause,
        calls: &mut Calls,
        order: &watch::Sender<Order>,
        guards: &mut JoinSet<Standing>,
    ) -> Standing {
        let why = match cause {
            Cause::Terminated => "SIGTERM",
            Cause::Interrupted => "SIGINT",
            Cause::TimeUp => "the set time is over",
            Cause::Done => "nothing is left to guard",
        };
        let text = format!("stopping: {why}; nothing new is asked for, what is under way is seen to its end");
        self.log.say(None, Kind::Stop, &text);
        self.beacon.stopping(&text);
        order.send_replace(Order::Stop);
        let log = self.log.clone();
        let mut looks = interval(LOOK);
        let mut worst = Standing::Healthy;
        loop {
            tokio::select! {
                biased;
                _ = calls.end(&log) => {
                    log.say(None, Kind::Stop, "a second signal: the wait for what is under way ends");
                    order.send_replace(Order::StopNow);
                }
                ended = guards.join_next() => match ended {
                    None => break,
                    Some(Ok(standing)) => worst = worst.max(standing),
                    // A post catches the panics of its loop; this one is about the way it ended.
                    Some(Err(_)) => worst = worst.max(Standing::Lost),
                },
                _ = looks.tick() => self.feed_watchdog(),
            }
        }
        self.beacon.finish(LAST_LINES).await;
        worst
    }

    fn look(&mut self) {
        self.feed_watchdog();
        let reports: Vec<Report> = self.reports.iter().map(|report| report.borrow().clone()).collect();
        if reports.iter().any(|report| report.sight == Sight::Opening) {
            return;
        }
        let status = status(&reports);
        if !self.is_ready {
            self.is_ready = self.beacon.ready(&status);
        } else if status != self.status && !self.beacon.status(&status) {
            return;
        }
        self.status = status;
    }

    fn feed_watchdog(&mut self) {
        let Some(dog) = self.watchdog.as_mut().filter(|dog| Instant::now() >= dog.due) else { return };
        let beats: Vec<u64> = self.reports.iter().map(|report| report.borrow().beats).collect();
        // A post that has stopped in good order beats no more; then its channel is closed.
        let is_alive =
            self.reports.iter().enumerate().all(|(index, report)| {
                report.has_changed().is_err() || dog.beats.get(index) != beats.get(index)
            });
        if is_alive {
            self.beacon.alive();
            dog.due = Instant::now() + dog.every;
            dog.beats = beats;
        } else if !dog.is_silent {
            let text = "the loop of a rollout does not turn any more: no sign of life is given for it";
            self.log.say(None, Kind::Log, text);
        }
        dog.is_silent = !is_alive;
    }
}

/// One line for the service manager: how it goes, and what is missing.
fn status(reports: &[Report]) -> String {
    let mut parts: Vec<String> = reports.iter().take(NAMED).map(|report| report.summary.clone()).collect();
    if reports.len() > NAMED {
        parts.push(format!("and {} more", reports.len() - NAMED));
    }
    let blind: Vec<&str> = reports
        .iter()
        .filter_map(|report| match &report.sight {
            Sight::Blind(missing) => missing.first().map(String::as_str),
            Sight::Opening | Sight::Full => None,
        })
        .take(NAMED)
        .collect();
    let word = if blind.is_empty() { String::new() } else { format!("blind: {}; ", blind.join("; ")) };
    format!("{word}{}", parts.join(", "))
}
