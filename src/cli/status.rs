//! `gonogo status`: what is going on, once.

use std::io::Write;

use clap::Args;
use tokio::time::Instant;

use super::open::Target;
use super::{Exit, Failure};
use crate::backends::Rights;
use crate::domain::{Phase, Span, Verdict};
use crate::engine::Autopilot;
use crate::runtime::headless;
use crate::ui::plain;

/// What `status` takes.
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    target: Target,
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
        writeln!(std::io::stderr(), "gonogo: warning: {warning}")?;
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
    let mut out = std::io::stdout();
    if arguments.json {
        writeln!(out, "{}", plain::status_json(&session.model))?;
    } else {
        plain::status(&session.model, &mut out)?;
    }
    let model = &session.model;
    Ok(match (is_read && is_heard, model.verdict(), model.phase()) {
        (_, Verdict::NoGo, _) => Exit::NoGo,
        (false, ..) | (_, _, Phase::Unknown | Phase::Killing) => Exit::Lost,
        _ => Exit::Done,
    })
}
