//! What the backends say to a widening before it is made: printed, so that whoever reads the log knows.
//!
//! In: a session whose flags were read, and the request. Out: what each platform said. Nothing is changed, and nothing is
//! stopped by it: the backend itself refuses what it does not allow.

use std::io::Write;

use serde_json::{Value, json};
use tokio::time::Instant;

use crate::action::Request;
use crate::domain::{PlatformName, Text};
use crate::engine::acts;
use crate::runtime::headless;
use crate::runtime::session::Session;

/// What one platform said.
pub struct Said {
    platform: PlatformName,
    /// What is to be known first, or why it would be refused. `None`: it did not answer in time.
    answer: Option<Result<Vec<Text>, Text>>,
    /// Whether this backend tries a change at all.
    rehearses: bool,
}

impl Said {
    /// As JSON: what was warned of, or why it would be refused.
    pub fn json(&self) -> Value {
        let warnings = self.answer.as_ref().and_then(|answer| answer.as_ref().ok());
        json!({
            "platform": self.platform,
            "dry_run": self.rehearses,
            "warnings": warnings,
            "refused": self.answer.as_ref().and_then(|answer| answer.as_ref().err()),
        })
    }
}

/// Asks every platform that the request would change, and waits for the answers, at most half of what is left.
pub async fn ask(session: &mut Session, request: &Request, until: Instant) -> Vec<Said> {
    let request = Request { seen: session.model.versions(), ..request.clone() };
    let drafts = acts::drafts(&session.model, &request);
    if drafts.is_empty() {
        return Vec::new();
    }
    let since = session.clock.now();
    session.rehearse(&request);
    let answer = |model: &crate::engine::Model, draft: &crate::effect::Command| {
        let known = model.platform(&draft.platform)?.rehearsal.as_ref()?;
        (known.change == draft.change && known.at >= since).then(|| known.answer.clone())
    };
    let now = Instant::now();
    let at_most = now + until.saturating_duration_since(now) / 2;
    headless::wait(session, at_most, |model| drafts.iter().all(|draft| answer(model, draft).is_some())).await;
    let model = &session.model;
    let rehearses = |name: &PlatformName| {
        model.rollout.platforms.iter().any(|known| known.name == *name && known.capabilities.rehearses)
    };
    let said = |draft: &crate::effect::Command| Said {
        platform: draft.platform.clone(),
        answer: answer(model, draft),
        rehearses: rehearses(&draft.platform),
    };
    drafts.iter().map(said).collect()
}

/// Prints warnings and refusals; that all is well only where it was really tried.
pub fn tell(said: &[Said], is_json: bool) {
    if is_json {
        return;
    }
    let mut err = std::io::stderr();
    // Nobody is left to tell when standard error is closed.
    for Said { platform, answer, rehearses } in said {
        let _ = match answer {
            None => writeln!(err, "gonogo: dry run at {platform}: no answer in time"),
            Some(Err(cause)) => writeln!(err, "gonogo: dry run at {platform}: refused: {cause}"),
            Some(Ok(warnings)) if warnings.is_empty() && *rehearses => {
                writeln!(err, "gonogo: dry run at {platform}: accepted")
            }
            Some(Ok(warnings)) => warnings
                .iter()
                .try_for_each(|warning| writeln!(err, "gonogo: warning: {platform}: {warning}")),
        };
    }
}
