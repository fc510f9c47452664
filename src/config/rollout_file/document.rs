//! The document as a whole: its top fields, and what concerns more than one part.

use std::time::Duration;

use toml::de::DeTable;

use super::{RolloutFile, feedback, guardrails, metrics, platforms, segments, warnings};
use crate::config::fields::Fields;
use crate::config::problem::Problems;
use crate::config::values;
use crate::domain::{Rollout, RolloutName, Span, Text};

/// The most traits: a dozen describe any feature.
const MAX_TRAITS: usize = 32;

/// How long the autopilot waits without data before it pauses, when the file does not say.
const DEFAULT_PAUSE_WITHOUT_DATA: Span = Span(Duration::from_secs(120));

/// The bounds of that wait: below, every hiccup pauses; above, it is no guard.
const PAUSE_WITHOUT_DATA: (Span, Span) = (Span(Duration::from_secs(1)), Span(Duration::from_secs(86_400)));

const FIELDS: [&str; 12] = [
    "name",
    "owner",
    "traits",
    "pause_without_data",
    "risk",
    "sample_ratio",
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
    let sample_ratio = fields.get("sample_ratio").map_or(Some(true), |on| values::truth(on, problems));
    let segments = segments::read(&fields, problems);
    let platforms = platforms::read(&fields, &segments, problems);
    let metrics = metrics::read(&fields, problems);
    let guardrails = guardrails::read(&fields, &metrics, problems);
    let feedback = feedback::read(&fields, problems);

    let rollout = Rollout {
        name: name?,
        owner,
        platforms: platforms.platforms,
        segments: segments.segments,
        metrics: metrics.metrics,
        guardrails: guardrails.guardrails,
        pause_without_data: pause_without_data?,
        sample_ratio: sample_ratio?,
    };
    let warnings = warnings::of(&rollout, segments.plan_used, guardrails.idle);
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
