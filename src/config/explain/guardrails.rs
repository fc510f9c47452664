//! What the guardrails mean, in plain sentences: what is too much, what happens then, what a GO rules out, and how
//! often it is all a false alarm.

use std::io::{self, Write};

use crate::config::rollout_file::promised_risk;
use crate::config::values::decimal;
use crate::domain::{Compare, Guardrail, Margin, Response, Unit};

/// Writes two lines for each guardrail, and what they promise together.
pub(super) fn explain(guardrails: &[Guardrail], out: &mut dyn Write) -> io::Result<()> {
    for guardrail in guardrails {
        writeln!(
            out,
            "  {} ({}): if {}, {}.",
            guardrail.name,
            guardrail.station,
            too_much(guardrail),
            what_then(guardrail)
        )?;
        writeln!(out, "    {}", promises(guardrail))?;
    }
    let risk = promised_risk(guardrails);
    if guardrails.len() > 1 && risk > 0.0 {
        writeln!(out, "  Chance of a false alarm by any of them: at most {} %.", decimal(risk * 100.0))?;
    }
    Ok(())
}

fn too_much(guardrail: &Guardrail) -> String {
    let metric = &guardrail.metric;
    let unit = units(guardrail);
    let against = match guardrail.compare {
        Compare::Above { rate, least } => {
            let share = decimal(rate * 100.0);
            return format!("the metric {metric} is bad for more than {share} % of at least {least} {unit}");
        }
        Compare::Control => "in control",
        Compare::Baseline => "before anybody had the feature",
    };
    let limit = if guardrail.tolerate > 0.0 {
        format!("more than {} % worse", decimal(guardrail.tolerate * 100.0))
    } else {
        "worse at all".to_owned()
    };
    format!("the metric {metric} is {limit} than {against}, counted in {unit}")
}

const fn units(guardrail: &Guardrail) -> &'static str {
    match guardrail.unit {
        Unit::User => "users",
        Unit::Request => "requests",
    }
}

const fn what_then(guardrail: &Guardrail) -> &'static str {
    match (guardrail.action, guardrail.compare) {
        (Response::Warn, _) => "a warning is shown",
        (Response::Pause, _) => "the segment is paused",
        // Without a control group a shared outage looks like a bad feature.
        (Response::Kill, Compare::Baseline) => "the segment is paused; it is killed only if far worse",
        (Response::Kill, _) => "the segment is killed",
    }
}

fn promises(guardrail: &Guardrail) -> String {
    let forecast = format!(
        "The earliest possible kill is forecast for {} times as many as usual.",
        decimal(guardrail.jump)
    );
    if matches!(guardrail.compare, Compare::Above { .. }) {
        return format!("A plain threshold: no promise about false alarms. {forecast}");
    }
    let margin = match guardrail.margin {
        Margin::Relative(share) => format!("+{} %", decimal(share * 100.0)),
        Margin::Points(share) => {
            let points = decimal(share * 100.0);
            let unit = if points == "1" { "percentage point" } else { "percentage points" };
            format!("+{points} {unit}")
        }
    };
    let risk = decimal(guardrail.risk * 100.0);
    format!("A GO rules out {margin}. {forecast} Chance of a false alarm: {risk} %.")
}
