//! `gonogo status`: what is going on, once.

use std::io::Write;

use clap::Args;
use tokio::time::Instant;

use super::open::Target;
use super::{Exit, Failure, out};
use crate::backends::Rights;
use crate::domain::{Phase, PlatformName, SegmentName, Span, Verdict};
use crate::engine::{Autopilot, Model};
use crate::runtime::headless;
use crate::ui::plain;

/// What `status` takes.
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    target: Target,
    /// Only this segment [default: all]
    #[arg(long, value_name = "NAME")]
    segment: Option<SegmentName>,
    /// Only this platform [default: all]
    #[arg(long, value_name = "NAME")]
    platform: Option<PlatformName>,
    /// How long to wait for flags and metrics
    #[arg(long, value_name = "TIME", default_value = "5s")]
    timeout: Span,
    /// As one JSON object
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub async fn run(arguments: Arguments) -> Result<Exit, Failure> {
    let (mut session, warnings) = arguments.target.start(Rights::ReadOnly, Autopilot::Off)?;
    for warning in &warnings {
        writeln!(out::stderr(), "gonogo: warning: {warning}")?;
    }
    let until = Instant::now() + arguments.timeout.0;
    let work = async {
        let is_read = headless::read_flags(&mut session, until).await;
        (is_read, headless::hear_metrics(&mut session, until).await)
    };
    let (is_read, is_heard) = tokio::select! {
        known = work => known,
        _ = tokio::signal::ctrl_c() => return Ok(Exit::Interrupted),
    };
    let model = &narrowed(&session.model, &arguments)?;
    let mut out = out::stdout();
    if arguments.json {
        writeln!(out, "{}", plain::status_json(model))?;
    } else {
        plain::status(model, &mut out)?;
    }
    Ok(match (is_read && is_heard, model.verdict(), model.phase()) {
        (_, Verdict::NoGo, _) => Exit::NoGo,
        (false, ..) | (_, _, Phase::Unknown | Phase::Killing) => Exit::Lost,
        _ => Exit::Done,
    })
}

/// The model with only the segment and the platform that were asked for; the exit code is about them alone.
fn narrowed(model: &Model, arguments: &Arguments) -> Result<Model, Failure> {
    let mut model = model.clone();
    if let Some(name) = &arguments.segment {
        let all: Vec<_> = model.segments.iter().map(|segment| segment.name.to_string()).collect();
        model.segments.retain(|segment| segment.name == *name);
        if model.segments.is_empty() {
            return Err(Failure::usage(format!("there is no segment {name}; there are {}", all.join(", "))));
        }
    }
    if let Some(name) = &arguments.platform {
        let all: Vec<_> = model.platforms.iter().map(|platform| platform.name.to_string()).collect();
        model.platforms.retain(|platform| platform.name == *name);
        if model.platforms.is_empty() {
            return Err(Failure::usage(format!("there is no platform {name}; there are {}", all.join(", "))));
        }
    }
    Ok(model)
}
