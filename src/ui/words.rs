//! How single values read on the screen and in plain text: percentages, ages, verdicts, phases.
//!
//! In: values of the domain. Out: short text, and the role of its colour. Not known is `–`, never 0.

use std::time::Duration;

use crate::domain::{Percent, Phase, Span, Verdict};
use crate::theme::{Glyphs, Role};

/// What stands where nothing is known.
pub const UNKNOWN: &str = "–";

/// The colour of a verdict.
pub const fn verdict_role(verdict: Verdict) -> Role {
    match verdict {
        Verdict::Go => Role::Go,
        Verdict::Wait => Role::Wait,
        Verdict::Hold => Role::Hold,
        Verdict::NoGo => Role::NoGo,
    }
}

/// The sign of a verdict.
pub const fn verdict_glyph(glyphs: &Glyphs, verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Go => glyphs.go,
        Verdict::Wait => glyphs.wait,
        Verdict::Hold => glyphs.hold,
        Verdict::NoGo => glyphs.no_go,
    }
}

/// A verdict as glyph and word.
pub fn verdict(glyphs: &Glyphs, verdict: Verdict) -> String {
    format!("{} {}", verdict_glyph(glyphs, verdict), verdict.word())
}

/// The colour of a phase.
pub const fn phase_role(phase: Phase) -> Role {
    match phase {
        Phase::Running | Phase::Complete => Role::Go,
        Phase::Holding | Phase::Paused | Phase::RollingBack => Role::Hold,
        Phase::Killing | Phase::Killed => Role::Danger,
        Phase::Unknown => Role::Lost,
    }
}

/// An exposure as it was set: all its decimals.
pub fn exposure(share: Option<Percent>) -> String {
    share.map_or_else(|| UNKNOWN.to_owned(), |share| share.to_string())
}

/// A measured share: one decimal, none when it is whole.
pub fn measured(share: Option<Percent>) -> String {
    share.map_or_else(|| UNKNOWN.to_owned(), |share| format!("{}%", (share.as_f64() * 10.0).round() / 10.0))
}

/// How many of so many cells of a bar a share fills: none only where nobody has it, all only where everybody has. `None`: it
/// is not known, which is no empty bar.
pub fn cells(share: Option<Percent>, columns: usize) -> Option<usize> {
    Some(match share? {
        share if share.is_zero() => 0,
        Percent::FULL => columns,
        share => {
            let filled = (share.as_f64() / 100.0 * columns as f64).round() as usize;
            filled.clamp(1, columns.saturating_sub(1).max(1)).min(columns)
        }
    })
}

/// A rate of so many units in percent without the sign, in at most four columns, with the decimals that they can carry:
/// one user of 40 is a step of 2.5 %, so `5`; of 400 `5.2`; of 4,000 `5.17`.
pub fn rate_of(share: f64, units: f64) -> String {
    let percent = share * 100.0;
    if !percent.is_finite() {
        return UNKNOWN.to_owned();
    }
    let most = if percent < 9.995 {
        2
    } else if percent < 99.95 {
        1
    } else {
        0
    };
    let carried = match units {
        units if units >= 1000.0 => 2,
        units if units >= 100.0 => 1,
        _ => 0,
    };
    format!("{percent:.*}", carried.min(most))
}

/// A measured number in at most four columns, whole from 10 on: `3.1`, `210`, `12k`. A time in milliseconds has no more.
pub fn whole(value: Option<f64>) -> String {
    match value {
        Some(n) if n.is_finite() => match n.abs() {
            size if size >= 9_999.5 => format!("{:.0}k", n / 1000.0),
            size if size >= 9.95 => format!("{n:.0}"),
            _ => format!("{n:.1}"),
        },
        _ => UNKNOWN.to_owned(),
    }
}

/// Treatment and control side by side, each in four columns to the right, so that neither moves when the other gets
/// longer; one `–` when neither is known.
pub fn pair(treatment: &str, control: &str) -> String {
    if treatment == UNKNOWN && control == UNKNOWN {
        UNKNOWN.to_owned()
    } else {
        format!("{treatment:>4}/{control:>4}")
    }
}

/// How long, in whole seconds below ten: an age that changes ten times a second is noise.
pub fn age(age: Duration) -> String {
    match age.as_secs() {
        s @ 0..=9 => format!("{s}s"),
        _ => Span(age).to_string(),
    }
}

/// How long something still takes, rounded up: what is left is never `0s`.
pub fn left(left: Duration) -> String {
    age(Duration::from_secs(left.as_millis().div_ceil(1000) as u64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_little_is_not_nothing_nearly_all_is_not_all_and_unknown_is_no_bar() {
        let of = |ppm| cells(Some(Percent::from_ppm(ppm)), 20);
        assert_eq!([0, 1, 250_000, 999_999, 1_000_000].map(of), [0, 1, 5, 19, 20].map(Some));
        assert_eq!((cells(None, 20), cells(Some(Percent::from_ppm(5)), 0)), (None, Some(0)));
    }

    #[test]
    fn numbers_read_short_and_unknown_is_not_zero() {
        assert_eq!(exposure(Some(Percent::from_ppm(25_000))), "2.5%");
        assert_eq!(measured(Some(Percent::from_ppm(998_134))), "99.8%");
        assert_eq!(measured(Some(Percent::FULL)), "100%");
        assert_eq!(measured(None), "–");
        assert_eq!(pair(&rate_of(0.0012, 5e3), UNKNOWN), "0.12/   –");
        assert_eq!(pair(&rate_of(1.0, 5e3), &rate_of(0.345, 5e3)), " 100/34.5");
        assert_eq!(pair(UNKNOWN, UNKNOWN), "–");
        assert_eq!([40.0, 400.0, 4_000.0].map(|units| rate_of(0.0517, units)), ["5", "5.2", "5.17"]);
        assert_eq!(
            [0.2, 9.99, 283.4, 9_999.4, 12_345.0].map(|n| whole(Some(n))),
            ["0.2", "10", "283", "9999", "12k"]
        );
        assert_eq!(whole(Some(f64::NAN)), "–");
        assert_eq!(age(Duration::from_millis(4_200)), "4s");
        assert_eq!(age(Duration::from_secs(75)), "1:15");
        assert_eq!(
            [1, 1_000, 1_001, 9_500].map(|ms| left(Duration::from_millis(ms))),
            ["1s", "1s", "2s", "10s"]
        );
    }
}
