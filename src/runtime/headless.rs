//! The loop without a screen: for one-shot verbs.
//!
//! It waits until the flags are read, asks once, and waits until the answer is known. An urgent request does not
//! wait for anything first: a kill goes out although nothing could be read.

use std::time::Duration;

use tokio::time::{Instant, interval, timeout_at};

use super::session::Session;
use crate::action::{Danger, Request, Verb};
use crate::domain::{LinkState, Source, SourceKind, Text};
use crate::effect::Outcome;
use crate::engine::Model;
use crate::engine::model::{Link, Tracked};
use crate::event::Body;

/// How often time is told to the engine meanwhile.
const TICK: Duration = Duration::from_millis(100);

/// How a request ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// It was written down; no backend was needed for it.
    Recorded,
    /// Every platform confirmed.
    Confirmed,
    /// It was not done.
    Refused(Text),
    /// It is not known whether it was done: no answer in time.
    Unknown(Text),
}

/// Waits until every flag has been read once, or until `until`. Returns whether all were.
pub async fn read_flags(session: &mut Session, until: Instant) -> bool {
    wait(session, until, |model| model.platforms.iter().all(|platform| platform.state.is_some())).await
}

/// Waits until each metric was heard of or has failed, or until `until`. Returns whether all were heard of.
pub async fn hear_metrics(session: &mut Session, until: Instant) -> bool {
    let is = |model: &Model, wanted: fn(&Link) -> bool| {
        model.rollout.metrics.iter().all(|metric| {
            let source = Source::new(SourceKind::Metrics, metric.name.as_str());
            model.links.get(&source).is_some_and(wanted)
        })
    };
    let is_live = |link: &Link| link.state == LinkState::Live && link.heard_at.is_some();
    wait(session, until, |model| {
        is(model, |link| match link.state {
            LinkState::Connecting => false,
            LinkState::Live => link.heard_at.is_some(),
            LinkState::Retrying { .. } | LinkState::Failed { .. } => true,
        })
    })
    .await
        && is(&session.model, is_live)
}

/// Asks, and waits until the end is known, or until `until`.
pub async fn ask(session: &mut Session, mut request: Request, until: Instant) -> Answer {
    // A kill and a pause need to know nothing first.
    let needs_a_reading =
        request.verb.spec().danger == Danger::Grows || matches!(request.verb, Verb::RollBack | Verb::Approve);
    if needs_a_reading && !read_flags(session, until).await {
        return Answer::Unknown(unread(&session.model));
    }
    request.seen = session.model.versions();
    let verb = request.verb;
    let known: Vec<_> = session.model.commands.iter().map(|tracked| tracked.command.id).collect();
    // The same kill may be under way already: found open in the journal and taken over.
    let is_under_way = |tracked: &Tracked| tracked.is_open() && tracked.command.verb == verb;
    let taken_over: Vec<_> = session
        .model
        .commands
        .iter()
        .filter(|t| is_under_way(t) && !t.restored)
        .map(|t| t.command.id)
        .collect();
    session.feed(Body::Asked(request));
    if let Some(refusal) = &session.model.refusal {
        return Answer::Refused(refusal.cause.clone());
    }
    let is_ours = |tracked: &&Tracked| {
        let id = tracked.command.id;
        !tracked.restored && (!known.contains(&id) || taken_over.contains(&id))
    };
    if !session.model.commands.iter().any(|tracked| is_ours(&tracked)) {
        return if session.settle(until.saturating_duration_since(Instant::now())).await {
            journal_trouble(&session.model).map_or(Answer::Recorded, Answer::Refused)
        } else {
            Answer::Unknown("its line in the journal could not be written in time".into())
        };
    }
    wait(session, until, |model| model.commands.iter().filter(is_ours).all(|tracked| !tracked.is_open()))
        .await;
    // The last lines of the journal go to the disk before the process ends.
    session.settle(Duration::from_millis(500)).await;
    let ours: Vec<_> = session.model.commands.iter().filter(is_ours).collect();
    let refused = ours.iter().find_map(|tracked| match &tracked.outcome {
        Some(Outcome::Refused { cause, .. }) if ours.len() > 1 => {
            Some(Text::new(&format!("{}: {cause}", tracked.command.platform)))
        }
        Some(Outcome::Refused { cause, .. }) => Some(cause.clone()),
        _ => None,
    });
    let open: Vec<_> =
        ours.iter().filter(|tracked| tracked.is_open()).map(|tracked| unanswered(tracked)).collect();
    match (open.is_empty(), refused) {
        (false, _) => Answer::Unknown(Text::new(&open.join("; "))),
        (true, Some(cause)) => Answer::Refused(cause),
        (true, None) => Answer::Confirmed,
    }
}

/// Which platform has not confirmed, and why.
fn unanswered(tracked: &Tracked) -> String {
    let platform = &tracked.command.platform;
    match &tracked.outcome {
        Some(Outcome::Unknown { cause, .. }) => format!("{platform}: {cause}"),
        _ => format!("{platform} has not answered"),
    }
}

/// A problem with the journal, if there was one: then nothing was written down.
fn journal_trouble(model: &Model) -> Option<Text> {
    model
        .problems
        .keys()
        .find(|(source, _)| source.name.as_str() == "journal")
        .map(|(_, problem)| problem.clone())
}

/// Which platforms could not be read, and why.
fn unread(model: &Model) -> Text {
    let unread = model.platforms.iter().filter(|platform| platform.state.is_none());
    let why = unread.map(|platform| {
        let link = model.links.iter().find(|(source, _)| {
            source.kind == SourceKind::Flags && source.name.as_str() == platform.name.as_str()
        });
        match link.map(|(_, link)| &link.state) {
            Some(LinkState::Retrying { cause, .. } | LinkState::Failed { cause }) => {
                format!("{} could not be read: {cause}", platform.name)
            }
            _ => format!("{} has not answered", platform.name),
        }
    });
    Text::new(&why.collect::<Vec<_>>().join("; "))
}

/// Watches until `is_done`, or until `until`. Returns whether it is.
pub async fn wait(session: &mut Session, until: Instant, is_done: impl Fn(&Model) -> bool) -> bool {
    let mut ticks = interval(TICK);
    while !is_done(&session.model) {
        let news = async {
            tokio::select! {
                _ = session.take_news() => false,
                _ = ticks.tick() => true,
            }
        };
        match timeout_at(until, news).await {
            Ok(true) => session.feed(Body::Tick),
            Ok(false) => {}
            Err(_) => return false,
        }
    }
    true
}
