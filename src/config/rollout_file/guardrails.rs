//! `[[guardrails]]`: what must not get worse, and what happens if it does.

use super::names::Names;
use crate::config::fields::{Fields, Value};
use crate::config::near::{did_you_mean, one_of};
use crate::config::problem::{Problem, Problems};
use crate::config::values;
use crate::domain::{Compare, Guardrail, GuardrailName, MetricName, Response, Station, Unit};

/// The most guardrails: each spends a part of the chance of a false alarm.
const MAX_GUARDRAILS: usize = 200;

/// The chance of a false alarm of one guardrail over the whole rollout, when the file does not say.
const DEFAULT_RISK: f64 = 0.01;

/// What a sum of risks may exceed 1 by: the error of adding up decimals.
const ROUNDING: f64 = 1e-9;

const FIELDS: [&str; 8] = ["name", "station", "metric", "compare", "tolerate", "risk", "unit", "action"];
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

/// Reads all guardrails; `metrics` are the names that they may watch.
pub(super) fn read(root: &Fields<'_>, metrics: &Names, problems: &mut Problems) -> Vec<Guardrail> {
    let items = root
        .get("guardrails")
        .and_then(|value| values::list(value, "the list of guardrails", MAX_GUARDRAILS, problems))
        .unwrap_or_default();
    let mut names = Names::of("guardrails named");
    let guardrails: Vec<Guardrail> =
        items.into_iter().filter_map(|item| guardrail(item, metrics, &mut names, problems)).collect();
    let sum: f64 = guardrails.iter().map(|guardrail| guardrail.risk).sum();
    if sum > 1.0 + ROUNDING {
        problems.push(
            Problem::new(
                root.place_of("guardrails"),
                format!(
                    "the guardrails' risks add up to {sum:.2}, more than 1: a false alarm would be certain"
                ),
            )
            .hint("give each guardrail a smaller risk; 0.01 each is usual"),
        );
    }
    guardrails
}

fn guardrail(
    item: &Value<'_>,
    metrics: &Names,
    names: &mut Names,
    problems: &mut Problems,
) -> Option<Guardrail> {
    let fields = Fields::of(item, "a guardrail", &FIELDS, problems)?;
    let metric = metric(&fields, metrics, problems);
    let name = name(&fields, metric.as_ref(), names, problems);
    let stations = one_of(STATIONS.iter().map(|(word, _)| *word));
    let station = fields
        .require("station", &format!("station = \"errors\", or another of {stations}"), problems)
        .and_then(|station| values::choice(station, &STATIONS, problems));
    let compare = fields.get("compare").map_or(Some(Compare::Control), |with| compare(with, problems));
    let tolerate = fields.get("tolerate").map_or(Some(0.0), |share| tolerate(share, problems));
    let risk = fields.get("risk").map_or(Some(DEFAULT_RISK), |share| risk(share, problems));
    let unit = fields.get("unit").map_or(Some(Unit::User), |unit| values::choice(unit, &UNITS, problems));
    let action = fields
        .get("action")
        .map_or(Some(Response::Kill), |action| values::choice(action, &ACTIONS, problems));
    if let (Some(Unit::Request), Some(Response::Kill)) = (unit, action) {
        let said = fields.get("action").or_else(|| fields.get("unit"));
        problems.push(
            Problem::new(
                said.map_or_else(|| fields.place(), toml::Spanned::span),
                "a guardrail that counts requests may not kill: one user makes many requests, so the evidence looks surer than it is",
            )
            .hint("write action = \"pause\", or count distinct users and write unit = \"user\""),
        );
        return None;
    }
    Some(Guardrail {
        compare: compare?,
        tolerate: tolerate?,
        risk: risk?,
        unit: unit?,
        action: action?,
        ..Guardrail::new(name?, station?, metric?)
    })
}

fn metric(fields: &Fields<'_>, metrics: &Names, problems: &mut Problems) -> Option<MetricName> {
    let value = fields.require("metric", "metric = \"...\": one of the [[metrics]]", problems)?;
    let name: MetricName = values::parsed(value, "the name of a metric", problems)?;
    if metrics.all().any(|known| known == name.as_str()) {
        return Some(name);
    }
    let known: Vec<&str> = metrics.all().collect();
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

fn compare(value: &Value<'_>, problems: &mut Problems) -> Option<Compare> {
    if value.get_ref().as_str() == Some("control") {
        return Some(Compare::Control);
    }
    problems.push(
        Problem::new(value.span(), "a guardrail can only be compared with \"control\" so far").hint(
            "write compare = \"control\": the users of the same segment who do not have the feature yet",
        ),
    );
    None
}

fn tolerate(value: &Value<'_>, problems: &mut Problems) -> Option<f64> {
    let what = "a share of 0 or more: 0.10 accepts up to 10 % worse";
    let share = values::number(value, what, problems)?;
    if share >= 0.0 && share.is_finite() {
        return Some(share);
    }
    problems.push(Problem::new(value.span(), format!("expected {what}")));
    None
}

fn risk(value: &Value<'_>, problems: &mut Problems) -> Option<f64> {
    let what = "a chance above 0 and below 1: 0.01 allows one false alarm in a hundred rollouts";
    let chance = values::number(value, what, problems)?;
    if chance > 0.0 && chance < 1.0 {
        return Some(chance);
    }
    problems.push(Problem::new(value.span(), format!("expected {what}")));
    None
}
