//! What a rollout file may say, but probably does not mean: one sentence each.
//!
//! In: the rollout as it was read. Out: warnings for `gonogo check` and the cockpit's start. A warning never stops
//! anything; what must stop is a problem.

use super::guardrails::promised_risk;
use crate::config::values::decimal;
use crate::domain::{Guardrail, Margin, Percent, Rollout, Unit};

/// Above this, the chance of any false alarm in the rollout is worth a word.
const NOTABLE_RISK: f64 = 0.10;

/// From this relative margin on it is more likely a percentage than a share: 5 is +500 %.
const NOTABLE_MARGIN: f64 = 5.0;

/// All warnings. `plan_used`: whether any segment uses the shared plan; `None` without one. `idle`: sentences on
/// fields that do nothing.
pub(super) fn of(rollout: &Rollout, plan_used: Option<bool>, idle: Vec<String>) -> Vec<String> {
    let mut warnings = Vec::new();
    warn_of_guardrails(&rollout.guardrails, &mut warnings);
    warnings.extend(idle);
    for metric in &rollout.metrics {
        if metric.interval.0 * 2 > rollout.pause_without_data.0 {
            warnings.push(format!(
                "{} is read every {}, but the autopilot pauses after {} without data: one late answer pauses the rollout",
                metric.name,
                String::from(metric.interval),
                String::from(rollout.pause_without_data),
            ));
        }
    }
    for segment in &rollout.segments {
        if let Some(last) = segment.ladder.stages().last().filter(|last| last.exposure < Percent::FULL) {
            warnings.push(format!(
                "{} ends at {}: the plan never reaches everybody",
                segment.name, last.exposure
            ));
        }
    }
    if plan_used == Some(false) {
        warnings.push("the [plan] is not used: every segment has its own stages".into());
    }
    warnings
}

fn warn_of_guardrails(guardrails: &[Guardrail], warnings: &mut Vec<String>) {
    if guardrails.is_empty() {
        warnings.push("there is no guardrail: nothing will pause or kill this rollout but a person".into());
    }
    let risk = promised_risk(guardrails);
    if risk > NOTABLE_RISK {
        warnings.push(format!(
            "the chance of a false alarm somewhere in this rollout is up to {:.0} %: the guardrails' risks add up",
            risk * 100.0
        ));
    }
    let by_request: Vec<&str> = guardrails
        .iter()
        .filter(|guardrail| guardrail.unit == Unit::Request)
        .map(|guardrail| guardrail.name.as_str())
        .collect();
    if !by_request.is_empty() {
        warnings.push(format!(
            "evidence from requests is over-confident, because one user makes many: {}",
            by_request.join(", ")
        ));
    }
    for guardrail in guardrails {
        match guardrail.margin {
            Margin::Relative(share) if share >= NOTABLE_MARGIN => warnings.push(format!(
                "a GO of {} rules out no less than +{} %: 0.10 would be +10 %",
                guardrail.name,
                decimal(share * 100.0)
            )),
            _ => {}
        }
    }
}
