//! `gonogo widen|approve|pause|resume|rollback|kill`: one act, for scripts, pagers and chat-ops.
//!
//! The same request as a key, through the same checks. It ends when every platform was read back; a kill also waits until
//! nobody is served any more, where an edge is probed. It prints how far each platform has come.

mod rehearsal;

use std::io::Write;
use std::time::Duration;

use clap::Args;
use serde_json::json;
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::Instant;

use super::exit::with_hints_apart;
use super::open::Target;
use super::{Exit, Failure, out};
use crate::action::{Request, Scope, Verb};
use crate::backends::Rights;
use crate::domain::{Percent, PlatformName, RoleName, Rollout, SegmentName, Span, Text};
use crate::engine::forecast::{Forecast, Missing, slowest_after};
use crate::engine::{Autopilot, Model, acts};
use crate::runtime::headless::{self, Answer};
use crate::runtime::session::Session;
use crate::ui::plain;

/// How long a widening watches the traffic first, to tell the earliest possible kill after it: a few readings of a fast
/// source. A slower one is not waited for.
const LISTEN: Duration = Duration::from_secs(3);

/// What an act takes.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  gonogo widen rollout.toml --segment free --to 25\n  \
    gonogo approve rollout.toml --segment free --role captain\n  \
    gonogo kill rollout.toml --reason 'checkout is down'\n  gonogo resume rollout.toml --confirm checkout-v2")]
pub struct Arguments {
    #[command(flatten)]
    target: Target,
    /// Only this segment [default: all]
    #[arg(long, value_name = "NAME")]
    segment: Option<SegmentName>,
    /// Only this platform [default: all]
    #[arg(long, value_name = "NAME")]
    platform: Option<PlatformName>,
    /// To this exposure in percent [default: the next stage]
    #[arg(long, value_name = "PERCENT")]
    to: Option<Percent>,
    /// Give this variant of the segment's flag to everybody: the winner of an A/B test; for widen only
    #[arg(long, value_name = "VARIANT", conflicts_with = "to")]
    winner: Option<String>,
    /// Why; needed past a verdict that is not GO
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// The rollout's name: needed to bring back what was killed
    #[arg(long, value_name = "ROLLOUT")]
    confirm: Option<String>,
    /// The role whose go is given; for approve only
    #[arg(long, value_name = "ROLE")]
    role: Option<RoleName>,
    /// How long to wait until it is confirmed
    #[arg(long, value_name = "TIME", default_value = "10s")]
    timeout: Span,
    /// The result as one JSON object
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub async fn run(verb: Verb, arguments: Arguments) -> Result<Exit, Failure> {
    if arguments.to.is_some() && !matches!(verb, Verb::Widen | Verb::RollBack | Verb::Resume) {
        return Err(Failure::usage(format!("--to says nothing to {}", verb.spec().name)));
    }
    if arguments.role.is_some() && verb != Verb::Approve {
        return Err(Failure::usage(format!("--role says nothing to {}", verb.spec().name)));
    }
    if arguments.winner.is_some() && verb != Verb::Widen {
        return Err(Failure::usage(format!("--winner says nothing to {}", verb.spec().name)));
    }
    let begun = Instant::now();
    let until = begun + arguments.timeout.0;
    let (mut session, warnings) = arguments.target.start(Rights::ReadWrite, Autopilot::Off)?;
    for warning in &warnings {
        writeln!(out::stderr(), "gonogo: warning: {warning}")?;
    }
    let scope = Scope { segment: arguments.segment.clone(), platform: arguments.platform.clone() };
    let request = Request {
        to: arguments.to,
        reason: arguments.reason.as_deref().map(Text::new),
        typed_name: arguments.confirm.as_deref().map(Text::new),
        role: arguments.role.clone(),
        winner: arguments.winner.as_deref().map(Text::new),
        ..Request::new(arguments.target.actor(), verb, scope)
    };
    let what = format!("{} {}", verb.spec().name, request.scope);
    if let Some(cause) = unknown_name(&session.model.rollout, &request.scope) {
        let took = Span(begun.elapsed());
        return tell(&session, &arguments, (verb, &what), &Answer::Refused(cause), Known::default(), took);
    }
    let interrupted = interrupted()?;
    let (mut kill, mut rehearsed) = (None, Vec::new());
    let answer = tokio::select! {
        answer = async {
            // What cannot be read is asked nothing: that contact is lost, the act itself says.
            if verb == Verb::Widen && headless::read_flags(&mut session, until).await {
                kill = kill_after(&mut session, &request, until).await;
                tell_kill(&session, kill.as_ref(), arguments.json);
                rehearsed = rehearsal::ask(&mut session, &request, until).await;
                rehearsal::tell(&rehearsed, arguments.json);
                if let Some(cause) = rehearsal::refusal(&rehearsed) {
                    return Answer::Refused(cause);
                }
            }
            let answer = headless::ask(&mut session, request, until).await;
            if verb == Verb::Kill && answer == Answer::Confirmed {
                headless::wait(&mut session, until, |model| plain::unserved(model, verb).is_empty()).await;
            }
            answer
        } => answer,
        () = interrupted => {
            let _ = writeln!(out::stderr(), "gonogo: interrupted: it is not known whether {what} happened");
            return Ok(Exit::Interrupted);
        }
    };
    let known = Known { kill, rehearsed };
    tell(&session, &arguments, (verb, &what), &answer, known, Span(begun.elapsed()))
}

/// Which name of the scope the rollout does not have: that is said at once, whether or not anything answers.
fn unknown_name(rollout: &Rollout, scope: &Scope) -> Option<Text> {
    let said = |what: &str, name: &str, all: Vec<&str>| {
        Text::new(&format!("there is no {what} {name}; there are {}", all.join(", ")))
    };
    if let Some(name) = scope.segment.as_ref().filter(|name| rollout.segment(name).is_none()) {
        let all = rollout.segments.iter().map(|segment| segment.name.as_str()).collect();
        return Some(said("segment", name.as_str(), all));
    }
    let is_unknown = |name: &&PlatformName| rollout.platforms.iter().all(|platform| platform.name != **name);
    let name = scope.platform.as_ref().filter(is_unknown)?;
    let all = rollout.platforms.iter().map(|platform| platform.name.as_str()).collect();
    Some(said("platform", name.as_str(), all))
}

/// The slowest kill after a widening; `None` when nothing would be widened.
type Kill = Option<Result<Forecast, Missing>>;

/// What was found out before a widening was asked for.
#[derive(Default)]
struct Known {
    kill: Kill,
    rehearsed: Vec<rehearsal::Said>,
}

/// Watches the traffic for a moment, so that the kill after a widening can be told before it is asked for. The flags were
/// read.
async fn kill_after(session: &mut Session, request: &Request, until: Instant) -> Kill {
    let moves = |model: &Model| {
        let request = Request { seen: model.versions(), ..request.clone() };
        acts::plan(model, &request).map(|plan| plan.moves).unwrap_or_default()
    };
    // What will be refused needs no forecast.
    let wanted = moves(&session.model);
    if wanted.is_empty() {
        return None;
    }
    // The act itself keeps at least half of the time.
    let now = Instant::now();
    let at_most = now + LISTEN.min(until.saturating_duration_since(now) / 2);
    headless::wait(session, at_most, |model| slowest_after(model, &wanted).is_some_and(|kill| kill.is_ok()))
        .await;
    slowest_after(&session.model, &moves(&session.model))
}

fn tell_kill(session: &Session, kill: Option<&Result<Forecast, Missing>>, is_json: bool) {
    if is_json {
        return;
    }
    let mut err = out::stderr();
    // Nobody is left to tell when standard error is closed.
    let _ = match kill {
        None => Ok(()),
        Some(Err(missing)) => {
            writeln!(
                err,
                "gonogo: earliest possible kill then: not known, {missing}; gonogo check --listen tells more"
            )
        }
        Some(Ok(kill)) => {
            let how = kill.shorten(&session.model).map_or_else(String::new, |how| format!("\nhint: {how}"));
            let (act, name, share) = (kill.word(), &kill.segment, kill.exposure);
            writeln!(err, "gonogo: earliest possible {act} of {name} at {share}: {}{how}", kill.sentence())
        }
    };
}

/// Ends when somebody wants the act to end. A terminal that goes away (SIGHUP) does not: a kill goes on without it,
/// and the time-out bounds it.
fn interrupted() -> std::io::Result<impl Future<Output = ()>> {
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let hangup = signal(SignalKind::hangup())?;
    Ok(async move {
        // Listened to for as long as the act lasts, so that it does not end the process.
        let _hangup = hangup;
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// What to do about an act of which nobody knows whether it happened.
const fn remedy(verb: Verb) -> &'static str {
    match verb {
        Verb::Kill => {
            "\nhint: run it again, or start `gonogo guard`, which repeats it until it is read back as off; \
             `gonogo check` says what cannot be reached"
        }
        _ => "\nhint: look with `gonogo status`; `gonogo check` says what cannot be reached",
    }
}

fn tell(
    session: &Session,
    arguments: &Arguments,
    (verb, what): (Verb, &str),
    answer: &Answer,
    known: Known,
    took: Span,
) -> Result<Exit, Failure> {
    // Stored as off is not off as long as an edge serves it. A share may be too small a change for a probe to see.
    let unserved = if verb == Verb::Kill { plain::unserved(&session.model, verb) } else { Vec::new() };
    let (exit, outcome, cause) = match answer {
        Answer::Recorded => (Exit::Done, "recorded", None),
        Answer::Confirmed if !unserved.is_empty() => {
            (Exit::Lost, "unserved", Some(Text::new(&unserved.join("; "))))
        }
        Answer::Confirmed => (Exit::Done, "confirmed", None),
        Answer::Refused(cause) => (Exit::NoGo, "refused", Some(cause.clone())),
        Answer::Unknown(cause) => (Exit::Lost, "unknown", Some(cause.clone())),
    };
    if arguments.json {
        let mut result = json!({
            "act": what,
            "outcome": outcome,
            "cause": cause,
            "took_ms": u64::try_from(took.0.as_millis()).unwrap_or(u64::MAX),
            "asked": plain::newest_json(&session.model, verb),
            "rehearsed": known.rehearsed.iter().map(rehearsal::Said::json).collect::<Vec<_>>(),
            "status": plain::status_json(&session.model),
        });
        if let (Some(kill), Some(fields)) = (known.kill, result.as_object_mut()) {
            let ms = kill.ok().map(|kill| u64::try_from(kill.total().as_millis()).unwrap_or(u64::MAX));
            fields.insert("earliest_kill_ms".to_owned(), json!(ms));
        }
        writeln!(out::stdout(), "{result}")?;
        return Ok(exit);
    }
    match cause {
        None => writeln!(out::stdout(), "{what}: {outcome} after {took}")?,
        Some(cause) => {
            let cause = with_hints_apart(cause.as_str());
            let hint = if exit == Exit::Lost { remedy(verb) } else { "" };
            writeln!(out::stderr(), "gonogo: {what}: {outcome}: {cause}{hint}")?;
        }
    }
    let mut out = out::stdout();
    plain::write_newest(&session.model, verb, &mut out)?;
    // What only went into the journal was not read at any backend.
    if *answer == Answer::Confirmed {
        for segment in &session.model.segments {
            let confirmed =
                segment.exposure.confirmed.map_or_else(|| "unknown".to_owned(), |share| share.to_string());
            writeln!(out, "  {:<16} {confirmed:>8}  {}", segment.name, segment.phase)?;
        }
    }
    Ok(exit)
}
