//! The post of one rollout: its session, kept alive, and its end.
//!
//! In: how to open a session, and the order to stop. Out: lines for the log, a `Report` four times a second, and how
//! the rollout stands at the end. A session that dies of a bug is opened again from the journal; the other rollouts
//! of the process never notice.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, sleep_until};

use super::diary::{self, Diary};
use super::line::Kind;
use super::log::Log;
use super::sight::{self, Sight, Standing};
use crate::domain::RolloutName;
use crate::domain::text::thousands;
use crate::engine::Model;
use crate::event::Body;
use crate::runtime::session::Session;

/// How often time is told to the engine.
const TICK: Duration = Duration::from_millis(250);
/// How long a session that died is left alone.
pub const REVIVE: Duration = Duration::from_secs(2);
/// How long the end waits for commands that have no known end yet: three attempts of a kill.
const LAST_ACTS: Duration = Duration::from_secs(10);
/// How long the end waits for the journal's last lines, and for the look after a kill that overtook something.
const LAST_LINES: Duration = Duration::from_secs(3);
/// The same when something is still open: its task will not end.
const LAST_LINES_OPEN: Duration = Duration::from_millis(500);

/// How long the end waits for a recording's last events.
const LAST_EVENTS: Duration = Duration::from_millis(500);

/// A session with warnings, or why it cannot be opened.
pub type Opened = Result<(Session, Vec<String>), String>;

/// Opens a session: reads the journal, builds the adapters.
pub type Open = dyn Fn() -> Opened + Send + Sync;

/// One rollout to guard.
#[derive(Clone)]
pub struct Post {
    /// Its name.
    pub rollout: RolloutName,
    /// How to open its session. May be called again.
    pub open: Arc<Open>,
}

/// Whether to go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    /// On.
    Guard,
    /// Ask for nothing more, see what is under way to its end, then stop.
    Stop,
    /// Wait for nothing more.
    StopNow,
}

/// How a rollout is, for the whole process.
#[derive(Debug, Clone)]
pub(super) struct Report {
    /// What is seen.
    pub sight: Sight,
    /// Whether nothing is left to guard.
    pub is_done: bool,
    /// `checkout-v2 RUNNING GO`.
    pub summary: String,
    /// Grows as long as the loop lives.
    pub beats: u64,
}

impl Report {
    pub fn opening(rollout: &RolloutName) -> Self {
        Self { sight: Sight::Opening, is_done: false, summary: format!("{rollout} starts"), beats: 0 }
    }
}

/// What a post works with.
pub(super) struct Desk {
    pub log: Log,
    pub reports: watch::Sender<Report>,
    pub orders: watch::Receiver<Order>,
}

/// Keeps a rollout guarded until it is told to stop. Returns how it stands then.
pub(super) async fn keep(post: Post, session: Session, warnings: Vec<String>, desk: Desk) -> Standing {
    keep_with(guard, post, session, warnings, desk).await
}

/// The same with another loop, which a test may let panic.
async fn keep_with(
    mut guard: impl AsyncFnMut(&mut Session, &[String], &mut Desk) -> Standing,
    post: Post,
    mut session: Session,
    mut warnings: Vec<String>,
    mut desk: Desk,
) -> Standing {
    loop {
        match AssertUnwindSafe(guard(&mut session, &warnings, &mut desk)).catch_unwind().await {
            Ok(standing) => return standing,
            Err(_) => {
                let text = "its loop panicked; this is a bug. It is started again from the journal";
                desk.log.say(Some(&post.rollout), Kind::Log, text);
            }
        }
        drop(session);
        (session, warnings) = loop {
            desk.reports.send_modify(|report| {
                report.beats += 1;
                report.is_done = false;
                report.summary = format!("{} is started again", post.rollout);
            });
            tokio::select! {
                biased;
                () = told(&mut desk.orders, |order| order != Order::Guard) => return Standing::Lost,
                () = sleep(REVIVE) => {}
            }
            let open = Arc::clone(&post.open);
            // Opening reads the disk.
            match tokio::task::spawn_blocking(move || open()).await {
                Ok(Ok(opened)) => break opened,
                Ok(Err(cause)) => desk.log.say(Some(&post.rollout), Kind::Log, cause),
                Err(_) => desk.log.say(Some(&post.rollout), Kind::Log, "opening it panicked; this is a bug"),
            }
        };
    }
}

/// Guards until told to stop, then sees what is under way to its end.
async fn guard(session: &mut Session, warnings: &[String], desk: &mut Desk) -> Standing {
    let log = desk.log.clone();
    let mut diary = Diary::begin(&session.model);
    tell_start(&session.model, warnings, &log);
    let mut lookout = Lookout { since: Instant::now(), told: Sight::Opening };
    let mut ticks = interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            biased;
            () = told(&mut desk.orders, |order| order != Order::Guard) => break,
            _ = ticks.tick() => {
                session.feed(Body::Tick);
                diary.follow(&session.model, None, |line| log.tell(line));
                lookout.report(&session.model, desk);
            }
            _ = session.take_news_and(|model, event| {
                diary.follow(model, Some(event), |line| log.tell(line));
            }) => {}
        }
    }
    session.feed(Body::Leaving);
    let until = Instant::now() + LAST_ACTS;
    while sight::has_open_acts(&session.model) {
        tokio::select! {
            biased;
            () = told(&mut desk.orders, |order| order == Order::StopNow) => break,
            () = sleep_until(until) => break,
            _ = ticks.tick() => {
                session.feed(Body::Tick);
                diary.follow(&session.model, None, |line| log.tell(line));
                desk.reports.send_modify(|report| report.beats += 1);
            }
            _ = session.take_news_and(|model, event| {
                diary.follow(model, Some(event), |line| log.tell(line));
            }) => {}
        }
    }
    let patience = if sight::has_open_acts(&session.model) { LAST_LINES_OPEN } else { LAST_LINES };
    session.settle(patience).await;
    diary.follow(&session.model, None, |line| log.tell(line));
    if let Some(recorded) = session.end_recording(LAST_EVENTS) {
        let failure = recorded.failure.map_or_else(String::new, |failure| format!("; {failure}"));
        let (events, lost) = (thousands(recorded.events), thousands(recorded.lost));
        let text =
            format!("recorded {events} events to {}, {lost} missing{failure}", recorded.path.display());
        log.say(Some(&session.model.rollout.name), Kind::Log, text);
    }
    if let Some(problem) = session.end_history(LAST_EVENTS) {
        log.say(Some(&session.model.rollout.name), Kind::Log, problem.as_str());
    }
    tell_stop(&session.model, &log)
}

/// Waits until such an order stands.
async fn told(orders: &mut watch::Receiver<Order>, is_meant: fn(Order) -> bool) {
    // A closed channel means that the process ends.
    let _ = orders.wait_for(|order| is_meant(*order)).await;
}

/// Says what is seen, and what there is to say to the whole process.
struct Lookout {
    since: Instant,
    told: Sight,
}

impl Lookout {
    fn report(&mut self, model: &Model, desk: &Desk) {
        let sight = sight::look(model, self.since.elapsed());
        let name = &model.rollout.name;
        let is_first = self.told == Sight::Opening && sight != Sight::Opening;
        if is_first || (sight == Sight::Full && self.told != Sight::Full) {
            desk.log.say(Some(name), Kind::Ready, words(model, &sight));
            self.told = sight.clone();
        }
        let summary = format!("{name} {} {}", model.phase(), model.verdict());
        let is_done = sight != Sight::Opening && sight::is_done(model);
        desk.reports.send_modify(|report| {
            // Who was ready once stays so: links come and go.
            if report.sight == Sight::Opening || sight != Sight::Opening {
                report.sight = sight;
            }
            report.is_done = is_done;
            report.summary = summary;
            report.beats += 1;
        });
    }
}

fn words(model: &Model, sight: &Sight) -> String {
    match sight {
        Sight::Blind(missing) => format!("ready, blind: {}", missing.join("; ")),
        Sight::Opening | Sight::Full => {
            let (flags, metrics) = (model.platforms.len(), model.rollout.metrics.len());
            let plural = |count: usize| if count == 1 { "" } else { "s" };
            format!(
                "ready: {} {}, flags of {flags} platform{} read, {metrics} metric{}",
                model.phase(),
                model.verdict(),
                plural(flags),
                plural(metrics)
            )
        }
    }
}

fn tell_start(model: &Model, warnings: &[String], log: &Log) {
    let name = &model.rollout.name;
    let text = format!(
        "start: gonogo {}, autopilot {}, {} segments, {} guardrails",
        env!("CARGO_PKG_VERSION"),
        model.autopilot.word(),
        model.segments.len(),
        model.rollout.guardrails.len(),
    );
    log.say(Some(name), Kind::Start, text);
    for warning in warnings {
        log.say(Some(name), Kind::Start, format!("warning: {warning}"));
    }
    diary::standing(model).into_iter().for_each(|line| log.tell(line));
}

fn tell_stop(model: &Model, log: &Log) -> Standing {
    let name = &model.rollout.name;
    for tracked in model.commands.iter().filter(|t| t.is_open() && (!t.restored || t.command.is_urgent())) {
        let hint = if tracked.command.is_urgent() {
            "nobody repeats it now. hint: start the guard again, which takes it up, or run `gonogo kill`"
        } else {
            "it may still happen. hint: look with `gonogo status`"
        };
        log.say(Some(name), Kind::Stop, format!("{} is NOT CONFIRMED; {hint}", tracked.what()));
    }
    let standing = sight::standing(model);
    let because = match standing {
        Standing::Healthy => "healthy",
        Standing::Lost => "contact is lost",
        Standing::NoGo => "a NO-GO stands or something was killed",
        Standing::Unconfirmed => "not confirmed",
    };
    let text = format!("stop: {} {}: {because}", model.phase(), model.verdict());
    log.say(Some(name), Kind::Stop, text);
    standing
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;
    use crate::backends::Rights;
    use crate::config::rollout_file;
    use crate::domain::Timestamp;
    use crate::engine::Autopilot;
    use crate::runtime::clock::Clock;
    use crate::runtime::ledger::Forgetful;
    use crate::runtime::service::line::Format;
    use crate::runtime::session::Start;

    const FILE: &str = r#"
name = "checkout-v2"
[[platforms]]
name = "web"
flag = "checkout-v2"
backend = { kind = "feed", url = "ws://127.0.0.1:9" }
[[segments]]
name = "free"
[plan]
stages = [{ exposure = 100, bake = "1s", sample = 1 }]
"#;

    fn open() -> Result<(Session, Vec<String>), String> {
        let start = Start {
            file: rollout_file::parse(FILE, "test").map_err(|error| error.to_string())?,
            rights: Rights::ReadWrite,
            autopilot: Autopilot::Guard,
            ledger: Forgetful,
            remembered: Vec::new(),
            clock: Clock::starting_at(Timestamp(0)),
        };
        Ok((Session::start(start).map_err(|error| error.to_string())?, Vec::new()))
    }

    #[tokio::test(start_paused = true)]
    async fn a_session_that_dies_of_a_bug_is_opened_again() {
        let opened = Arc::new(AtomicU32::new(0));
        let count = Arc::clone(&opened);
        let reopen = move || match count.fetch_add(1, Ordering::SeqCst) {
            // The journal may be busy at first.
            0 => Err("the journal is locked".to_owned()),
            _ => open(),
        };
        let post = Post { rollout: "checkout-v2".parse().expect("a name"), open: Arc::new(reopen) };
        let (session, warnings) = open().expect("a session");
        let log = Log::start(Format::Text, std::io::sink(), Clock::system()).expect("a thread");
        let (reports, report) = watch::channel(Report::opening(&post.rollout));
        let (_order, orders) = watch::channel(Order::Guard);
        let mut runs = 0;
        let guard = async |_: &mut Session, _: &[String], _: &mut Desk| {
            runs += 1;
            assert!(runs > 1, "a bug");
            Standing::Healthy
        };
        let desk = Desk { log, reports, orders };
        assert_eq!(keep_with(guard, post, session, warnings, desk).await, Standing::Healthy);
        assert_eq!((runs, opened.load(Ordering::SeqCst)), (2, 2));
        assert!(report.borrow().beats >= 2, "it lives meanwhile");
    }
}
