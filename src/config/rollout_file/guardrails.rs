//! `[[guardrails]]`: what must not get worse, and what happens if it does.
//!
//! One guardrail is read here; `compare` reads what it is held against, `margin` how much worse is too much, and
//! `shares` how the chance of a false alarm is shared among all of them.

mod compare;
mod margin;
mod shares;

use self::shares::{Part, Whole};
use super::metrics::Metrics;
use super::names::Names;
use crate::config::fields::{Fields, Value};
use crate::config::near::{did_you_mean, one_of};
use crate::config::problem::{Problem, Problems};
use crate::config::values;
use crate::domain::{Compare, Guardrail, GuardrailName, MetricName, Response, Station, Unit};

/// The most guardrails: each spends a part of the chance of a false alarm.
const MAX_GUARDRAILS: usize = 200;

const FIELDS: [&str; 11] = [
    "name", "station", "metric", "compare", "tolerate", "margin", "jump", "risk", "weight", "unit", "action",
];
/// What only a comparison needs.
const IDLE_AT_A_THRESHOLD: [&str; 4] = ["tolerate", "margin", "risk", "weight"];
const STATIONS: [(&str, Station); 6] = [
    ("errors", Station::Errors),
    ("latency", Station::Latency),
    ("business", Station::Business),
    ("adoption", Station::Adoption),
    ("feedback", Station::Feedback),
    ("data", Station::Data),
];
const UNITS: [(&str, Unit); 2] = [("user", Unit::User), ("request", Unit::Request)];
const ACTIONS: [(&str, Response); 3] =
    [("warn", Response::Warn), ("pause", Response::Pause), ("kill", Response::Kill)];

/// The guardrails of the file.
pub(super) struct Guardrails {
    /// For the engine.
    pub guardrails: Vec<Guardrail>,
    /// What was written and has no effect, one sentence for each guardrail.
    pub idle: Vec<String>,
}

/// Reads all guardrails; `metrics` are what they may watch.
pub(super) fn read(root: &Fields<'_>, metrics: &Metrics, problems: &mut Problems) -> Guardrails {
    let items = root
        .get("guardrails")
        .and_then(|value| values::list(value, "the list of guardrails", MAX_GUARDRAILS, problems))
        .unwrap_or_default();
    let mut names = Names::of("guardrails named");
    let whole = shares::whole(root, problems);
    let (mut guardrails, mut parts, mut idle) = (Vec::new(), Vec::new(), Vec::new());
    for item in items {
        let Some((guardrail, part)) = guardrail(item, metrics, whole, &mut names, problems) else { continue };
        idle.extend(idle_fields(item, &guardrail));
        guardrails.push(guardrail);
        parts.push(part);
    }
    let risks = shares::share(whole, &parts, root.place_of("guardrails"), problems);
    for (guardrail, risk) in guardrails.iter_mut().zip(risks) {
        guardrail.risk = risk;
    }
    Guardrails { guardrails, idle }
}

/// Says which fields of a plain threshold do nothing.
fn idle_fields(item: &Value<'_>, guardrail: &Guardrail) -> Option<String> {
    let table = item.get_ref().as_table().filter(|_| is_threshold(guardrail))?;
    let written: Vec<&str> =
        IDLE_AT_A_THRESHOLD.into_iter().filter(|name| table.contains_key(*name)).collect();
    (!written.is_empty()).then(|| {
        format!(
            "these have no effect in {}: {}; a plain threshold is its own limit and promises nothing about false alarms",
            guardrail.name,
            written.join(", ")
        )
    })
}

const fn is_threshold(guardrail: &Guardrail) -> bool {
    matches!(guardrail.compare, Compare::Above { .. })
}

/// The chance of a false alarm by any guardrail, at most: the sum of what each promises. A plain threshold promises
/// nothing and is left out.
pub(in crate::config) fn promised_risk(guardrails: &[Guardrail]) -> f64 {
    let promises = |guardrail: &&Guardrail| !is_threshold(guardrail);
    // Not `sum`: that of nothing is -0.
    guardrails.iter().filter(promises).fold(0.0, |sum, guardrail| sum + guardrail.risk)
}

fn guardrail(
    item: &Value<'_>,
    metrics: &Metrics,
    whole: Whole,
    names: &mut Names,
    problems: &mut Problems,
) -> Option<(Guardrail, Part)> {
    let fields = Fields::of(item, "a guardrail", &FIELDS, problems)?;
    let metric = metric(&fields, metrics, problems);
    let name = name(&fields, metric.as_ref(), names, problems);
    let stations = one_of(STATIONS.iter().map(|(word, _)| *word));
    let station = fields
        .require("station", &format!("station = \"errors\", or another of {stations}"), problems)
        .and_then(|station| values::choice(station, &STATIONS, problems));
    let compare =
        fields.get("compare").map_or(Some((Compare::Control, false)), |with| compare::read(with, problems));
    let tolerate = margin::tolerate(&fields, problems);
    let margin = margin::read(&fields, tolerate, problems);
    let jump = margin::jump(&fields, problems);
    let part = shares::part(&fields, whole, problems);
    let unit = fields.get("unit").map_or(Some(Unit::User), |unit| values::choice(unit, &UNITS, problems));
    let action = fields
        .get("action")
        .map_or(Some(Response::Kill), |action| values::choice(action, &ACTIONS, problems));
    let (compare, has_least) = compare?;
    if let (Compare::Above { .. }, Some(metric)) = (compare, &metric)
        && metrics.is_distribution(metric)
    {
        let message = format!("a plain threshold needs counts, and `{metric}` is a distribution");
        problems.push(
            Problem::new(fields.place_of("compare"), message)
                .hint("write compare = \"control\", or count what is too slow: a metric with bad and total"),
        );
        return None;
    }
    if let (Some(Unit::Request), Some(Response::Kill), false) = (unit, action, has_least) {
        let said = fields.get("action").or_else(|| fields.get("unit"));
        problems.push(
            Problem::new(
                said.map_or_else(|| fields.place(), toml::Spanned::span),
                "a guardrail that counts requests may not kill: one user makes many requests, so the evidence looks surer than it is",
            )
            .hint(
                "write action = \"pause\", or count distinct users and write unit = \"user\", or kill by a plain threshold with a least count: compare = { above = 0.02, least = 500 }",
            ),
        );
        return None;
    }
    let guardrail = Guardrail {
        compare,
        tolerate: tolerate?,
        margin: margin?,
        jump: jump?,
        unit: unit?,
        action: action?,
        ..Guardrail::new(name?, station?, metric?)
    };
    let part = part?;
    let part = if is_threshold(&guardrail) { Part::Nothing } else { part };
    Some((guardrail, part))
}

fn metric(fields: &Fields<'_>, metrics: &Metrics, problems: &mut Problems) -> Option<MetricName> {
    let value = fields.require("metric", "metric = \"...\": one of the [[metrics]]", problems)?;
    let name: MetricName = values::parsed(value, "the name of a metric", problems)?;
    if metrics.names.all().any(|known| known == name.as_str()) {
        return Some(name);
    }
    let known: Vec<&str> = metrics.names.all().collect();
    let message = if known.is_empty() {
        format!("there is no metric `{name}`: the file has no [[metrics]]")
    } else {
        format!("there is no metric `{name}`, expected {}", one_of(known.iter().copied()))
    };
    problems.push(Problem::new(value.span(), message).maybe_hint(did_you_mean(name.as_str(), known)));
    None
}

/// The guardrail's own name, or that of its metric.
fn name(
    fields: &Fields<'_>,
    metric: Option<&MetricName>,
    names: &mut Names,
    problems: &mut Problems,
) -> Option<GuardrailName> {
    let (name, place) = match fields.get("name") {
        Some(value) => (values::parsed::<GuardrailName>(value, "a name", problems)?, value.span()),
        None => (GuardrailName::new(metric?.as_str()).ok()?, fields.get("metric")?.span()),
    };
    names.add(name.as_str(), place, problems);
    Some(name)
}
