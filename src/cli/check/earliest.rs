//! The earliest possible kill: watches the metrics for a while, read-only, and says how soon each segment could be killed
//! after its next widening.
//!
//! In: the file and how long to listen. Out: a session whose model knows the traffic, and lines or JSON made of it. It
//! changes nothing and leaves no trace in the journal.

use std::io::{self, Write};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;

use super::Failure;
use crate::backends::Rights;
use crate::config::rollout_file::RolloutFile;
use crate::domain::{Percent, Span};
use crate::engine::forecast::{earliest_kill, next_exposure};
use crate::engine::model::SegmentModel;
use crate::engine::{Autopilot, Model};
use crate::runtime::clock::Clock;
use crate::runtime::headless;
use crate::runtime::ledger::Forgetful;
use crate::runtime::session::{Session, Start};
use crate::ui::plain;

/// What was seen while listening.
pub struct Heard {
    model: Model,
    took: Duration,
}

/// Listens until the traffic of every segment is known, at most so long.
///
/// # Errors
/// When the sources cannot be started.
pub async fn listen(file: RolloutFile, at_most: Duration) -> Result<Heard, Failure> {
    let begun = Instant::now();
    let start = Start {
        file,
        rights: Rights::ReadOnly,
        autopilot: Autopilot::Off,
        ledger: Forgetful,
        remembered: Vec::new(),
        clock: Clock::system(),
    };
    let mut session = Session::start(start).map_err(Failure::usage)?;
    headless::wait(&mut session, begun + at_most, |model| {
        let is_known =
            |segment| earliest_kill(model, segment, next(model, segment)).is_ok_and(|kill| kill.is_seen());
        model.segments.iter().all(is_known)
    })
    .await;
    Ok(Heard { model: session.model.clone(), took: begun.elapsed() })
}

/// The exposure to forecast: the next stage; while the flag is not read, the first.
fn next(model: &Model, segment: &SegmentModel) -> Percent {
    let first = || model.rollout.segment(&segment.name).and_then(|s| s.ladder.above(Percent::ZERO));
    next_exposure(model, segment).or_else(first).unwrap_or(Percent::FULL)
}

impl Heard {
    /// Writes one line for each segment, and a second one with advice where a kill would come too late.
    ///
    /// # Errors
    /// When the writer fails.
    pub fn write(&self, out: &mut impl Write) -> io::Result<()> {
        let model = &self.model;
        writeln!(out, "\nearliest possible kill at the next stage, from {} of listening:", Span(self.took))?;
        for segment in &model.segments {
            let at = next(model, segment);
            write!(out, "  {:<16} {at:>5}  ", segment.name)?;
            match earliest_kill(model, segment, at) {
                Ok(found) => {
                    let act = if found.word() == "kill" { "" } else { "only a pause: " };
                    writeln!(out, "{act}{}", found.sentence())?;
                    if let Some(how) = found.shorten(model) {
                        writeln!(out, "  {:<16}        hint: {how}", "")?;
                    }
                }
                Err(missing) => writeln!(out, "not known: {missing}; listen longer with --listen")?,
            }
        }
        Ok(())
    }

    /// The same as JSON: one object for each segment.
    pub fn json(&self) -> Value {
        let model = &self.model;
        let segments =
            model.segments.iter().map(|segment| plain::kill_json(model, segment, next(model, segment)));
        json!(segments.collect::<Vec<_>>())
    }
}
