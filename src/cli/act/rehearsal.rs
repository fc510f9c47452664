//! What the backends say to a widening before it is made: printed, so that whoever reads the log knows.
//!
//! In: a session whose flags were read, and the request. Out: what each platform said, and whether one would refuse it:
//! then it is asked of none, or a part of the platforms would be wider than the rest. Nothing is changed. On the screen a
//! person reads this on the confirmation and decides; here nobody is asked any more.

use std::io::Write;

use serde_json::{Value, json};
use tokio::time::Instant;

use crate::action::Request;
use crate::cli::out;
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

/// Why the widening is not asked for: what the platforms said that would refuse it. `None`: none of them would.
pub fn refusal(said: &[Said]) -> Option<Text> {
    let why = |said: &Said| match &said.answer {
        Some(Err(cause)) => Some(format!("dry run at {}: {cause}", said.platform)),
        Some(Ok(_)) | None => None,
    };
    let why: Vec<_> = said.iter().filter_map(why).collect();
    (!why.is_empty()).then(|| Text::new(&format!("nothing was changed: {}", why.join("; "))))
}

/// Prints warnings, and that all is well only where it was really tried. What refuses it is said at the end.
pub fn tell(said: &[Said], is_json: bool) {
    if is_json {
        return;
    }
    let mut err = out::stderr();
    // What cannot be said there keeps nobody from widening.
    for Said { platform, answer, rehearses } in said {
        let _ = match answer {
            None => writeln!(err, "gonogo: dry run at {platform}: no answer in time"),
            Some(Err(_)) => Ok(()),
            Some(Ok(warnings)) if warnings.is_empty() && *rehearses => {
                writeln!(err, "gonogo: dry run at {platform}: accepted")
            }
            Some(Ok(warnings)) => warnings
                .iter()
                .try_for_each(|warning| writeln!(err, "gonogo: warning: {platform}: {warning}")),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_platform_that_would_refuse_stops_it_at_all_of_them() {
        let said = |name: &str, answer| Said { platform: name.parse().unwrap(), answer, rehearses: true };
        let fine = || vec![said("web", Some(Ok(vec!["a warning".into()]))), said("app", None)];
        assert_eq!(refusal(&fine()), None);
        let mut one = fine();
        one.push(said("ios", Some(Err("approval is required".into()))));
        let why = refusal(&one).unwrap();
        assert_eq!(why.as_str(), "nothing was changed: dry run at ios: approval is required");
    }
}
