//! The document as a whole: its top fields, and what concerns more than one part.

use std::time::Duration;

use toml::de::DeTable;

use super::{RolloutFile, feedback, guardrails, metrics, platforms, segments};
use crate::config::fields::Fields;
use crate::config::problem::Problems;
use crate::config::values;
use crate::domain::{Percent, Rollout, RolloutName, Span, Text};

/// The most traits: a dozen describe any feature.
const MAX_TRAITS: usize = 32;

/// How long the autopilot waits without data before it pauses, when the file does not say.
const DEFAULT_PAUSE_WITHOUT_DATA: Span = Span(Duration::from_secs(120));

/// The bounds of that wait: below, every hiccup pauses; above, it is no guard.
const PAUSE_WITHOUT_DATA: (Span, Span) = (Span(Duration::from_secs(1)), Span(Duration::from_secs(86_400)));

/// Above this, the chance of any false alarm in the rollout is worth a word.
const NOTABLE_RISK: f64 = 0.10;

const FIELDS: [&str; 10] = [
    "name",
    "owner",
    "traits",
    "pause_without_data",
    "platforms",
    "segments",
    "plan",
    "metrics",
    "guardrails",
    "feedback",
];

/// Reads the whole document; `None` or a counted problem means that it cannot be used.
pub(super) fn read(root: &DeTable<'_>, problems: &mut Problems) -> Option<RolloutFile> {
    let fields = Fields::new(root, &(0..0), &FIELDS, problems);
    let name: Option<RolloutName> = fields
        .require("name", "name = \"checkout-v2\" at the top", problems)
        .and_then(|name| values::parsed(name, "the rollout's name", problems));
    let owner =
        fields.get("owner").and_then(|owner| values::text(owner, "the owner", problems)).map(Text::new);
    let traits = traits(&fields, problems);
    let (least, most) = PAUSE_WITHOUT_DATA;
    let pause_without_data = fields
        .get("pause_without_data")
        .map_or(Some(DEFAULT_PAUSE_WITHOUT_DATA), |wait| values::span(wait, least, most, problems));
    let segments = segments::read(&fields, problems);
    let platforms = platforms::read(&fields, &segments, problems);
    let metrics = metrics::read(&fields, problems);
    let guardrails = guardrails::read(&fields, &metrics.names, problems);
    let feedback = feedback::read(&fields, problems);

    let rollout = Rollout {
        name: name?,
        owner,
        platforms: platforms.platforms,
        segments: segments.segments,
        metrics: metrics.metrics,
        guardrails,
        pause_without_data: pause_without_data?,
        sample_ratio: true,
    };
    let mut warnings = warnings(&rollout);
    if segments.plan_used == Some(false) {
        warnings.push("the [plan] is not used: every segment has its own stages".into());
    }
    let sources = [platforms.sources, metrics.sources, feedback.sources].concat();
    Some(RolloutFile {
        rollout,
        traits,
        platforms: platforms.configs,
        metrics: metrics.groups,
        feedback: feedback.settings,
        sources,
        warnings,
    })
}

fn traits(fields: &Fields<'_>, problems: &mut Problems) -> Vec<Text> {
    let items = fields
        .get("traits")
        .and_then(|value| values::list(value, "the list of traits", MAX_TRAITS, problems))
        .unwrap_or_default();
    items.into_iter().filter_map(|item| values::text(item, "a trait", problems)).map(Text::new).collect()
}

/// What is allowed but probably not meant.
fn warnings(rollout: &Rollout) -> Vec<String> {
    let mut warnings = Vec::new();
    if rollout.guardrails.is_empty() {
        warnings.push("there is no guardrail: nothing will pause or kill this rollout but a person".into());
    }
    let risk: f64 = rollout.guardrails.iter().map(|guardrail| guardrail.risk).sum();
    if risk > NOTABLE_RISK {
        warnings.push(format!(
            "the chance of a false alarm somewhere in this rollout is up to {:.0} %: the guardrails' risks add up",
            risk * 100.0
        ));
    }
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
    warnings
}
