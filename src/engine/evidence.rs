//! Evidence as sentences that a tired person understands.

use std::time::Duration;

use super::series::Series;
use super::watch::Standing;
use crate::domain::text::thousands;
use crate::domain::{Arm, Counts, Evidence, Guardrail, Method, Span, Station, Timestamp, Unit};

/// How far back a rate looks when it says when something will be there.
const RATE_OVER: Duration = Duration::from_secs(30);

/// The evidence of a bet: both arms, how much worse, e against what it needs.
pub fn of_bet(guardrail: &Guardrail, standing: &Standing, bounds: &[f64], as_of: Timestamp) -> Evidence {
    let pair = |counts: Option<Counts>| counts.map(|c| (c.units, c.bad));
    let (treatment, control) = (pair(standing.seen.treatment), pair(standing.seen.control));
    let what = match (standing.bound.and_then(|index| bounds.get(index)), guardrail.station) {
        (Some(bound), _) => format!("slower than {} ms", number(*bound)),
        (None, Station::Errors) => "with errors".into(),
        (None, Station::Feedback) => "unhappy".into(),
        (None, station) => format!("bad for {station}"),
    };
    let unit = match guardrail.unit {
        Unit::User => "users",
        Unit::Request => "requests (over-confident)",
    };
    let arm = |(units, bad): (f64, f64)| format!("{} of {}", number(bad), number(units));
    let mut sentence = match (treatment, control) {
        (Some(t), Some(c)) => {
            format!("{} {unit} {what} against {} in control{}", arm(t), arm(c), times(t, c))
        }
        (Some(t), None) => format!("{} {unit} {what}, no control", arm(t)),
        (None, _) => format!("no {unit} in treatment yet"),
    };
    let needed = number(standing.ln_threshold.exp());
    sentence.push_str(&format!(", e = {} against {needed} needed", e_value(standing.ln_e)));
    Evidence {
        method: Method::Bet,
        ln_e: Some(standing.ln_e),
        ln_threshold: Some(standing.ln_threshold),
        treatment,
        control,
        ..Evidence::of(sentence, as_of)
    }
}

/// What is missing for a GO, and when it will be there at the present rate.
pub fn missing(needed: f64, series: &Series, now: Timestamp) -> String {
    let from = Timestamp(now.0.saturating_sub(RATE_OVER.as_millis() as i64));
    let lately = series.since(from, Arm::Treatment).map_or(0.0, |counts| counts.units);
    let first = series.slots().rev().take_while(|slot| slot.at >= from).last();
    let span = first.map_or(RATE_OVER, |slot| now.since(slot.at));
    let rate = lately / span.as_secs_f64().max(1.0);
    let needed = needed.ceil();
    if rate > 0.0 {
        let wait = Duration::from_secs_f64((needed / rate).min(31_536_000.0));
        format!("needs {} more users in treatment, about {} at this rate", number(needed), Span(wait))
    } else {
        format!("needs {} more users in treatment; none came lately", number(needed))
    }
}

/// How many times as many, as `: 3.4 times as many`; empty where it cannot be said.
fn times(treatment: (f64, f64), control: (f64, f64)) -> String {
    let rate = |(units, bad): (f64, f64)| if units > 0.0 { bad / units } else { f64::NAN };
    let ratio = rate(treatment) / rate(control);
    if !ratio.is_finite() {
        return String::new();
    }
    match ratio {
        r if r >= 9.95 => format!(": {r:.0} times as many"),
        r if r >= 1.05 => format!(": {r:.1} times as many"),
        r if r > 0.95 => ": about as many".into(),
        _ => ": fewer".into(),
    }
}

fn e_value(ln_e: f64) -> String {
    match ln_e {
        ln if ln > 13.8 => "over 1,000,000".into(),
        ln if ln > 2.3 => number(ln.exp()),
        ln => format!("{:.2}", ln.exp()),
    }
}

/// A count with thousands separated: `2,410`.
fn number(value: f64) -> String {
    // As a whole number: printing a float exactly costs ten times as much, and this is done for every sample.
    thousands(value.clamp(0.0, 9e15).round_ties_even() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_as_a_person_writes_them() {
        assert_eq!([0., 31., 2410., 1_234_567.].map(number), ["0", "31", "2,410", "1,234,567"]);
        assert_eq!([-1., 2.0, 6.0, 40.].map(e_value), ["0.37", "7.39", "403", "over 1,000,000"]);
        assert_eq!(times((1000., 34.), (1000., 10.)), ": 3.4 times as many");
        assert_eq!(times((1000., 34.), (1000., 0.)), "");
    }
}
