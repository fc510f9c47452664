//! The scenarios against the engine's formula: is what they promise seen, and when?
//!
//! The formula is written down here a second time on purpose: the demo must not lean on the engine.

use super::*;

/// One arm-to-arm e-process with a grid of rate ratios, the cumulative part of the engine's.
struct Alarm {
    ln_l: [f64; RATIOS.len()],
}

const RATIOS: [f64; 8] = [1.25, 1.5, 2.0, 3.0, 5.0, 10.0, 20.0, 50.0];

impl Alarm {
    const fn new() -> Self {
        Self { ln_l: [0.0; RATIOS.len()] }
    }

    fn see(&mut self, (n_t, x_t): (f64, f64), (n_c, x_c): (f64, f64), tolerate: f64) {
        if n_t + n_c == 0.0 {
            return;
        }
        let theta = n_t / (n_t + n_c);
        let theta = theta * (1.0 + tolerate) / (1.0 + theta * tolerate);
        for (l, r) in self.ln_l.iter_mut().zip(RATIOS) {
            let theta_r = theta * r / (theta * r + 1.0 - theta);
            let gain = if theta <= 0.0 || theta >= 1.0 {
                0.0
            } else {
                x_t * (theta_r / theta).ln() + x_c * ((1.0 - theta_r) / (1.0 - theta)).ln()
            };
            *l += gain;
        }
    }

    fn ln_mean(values: &[f64]) -> f64 {
        let most = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        most + (values.iter().map(|v| (v - most).exp()).sum::<f64>() / values.len() as f64).ln()
    }
}

#[test]
fn the_formula_gives_its_known_answers() {
    for (x_t, x_c, ln_e) in
        [(5.0, 0.0, 2.553_104_078_7), (8.0, 1.0, 2.438_080_995_2), (3.0, 3.0, -0.920_556_143_8)]
    {
        let mut alarm = Alarm::new();
        alarm.see((100.0, x_t), (100.0, x_c), 0.0);
        assert!((Alarm::ln_mean(&alarm.ln_l) - ln_e).abs() < 1e-9);
    }
}

/// Seconds from `from` until the cumulative part of a guardrail on `metric` fires in `segment`.
fn seconds_to_alarm(
    scenario: &str,
    seed: u64,
    metric: &str,
    segment: &str,
    from: u64,
    most: u64,
) -> Option<f64> {
    let mut town = Town::of(scenario, seed);
    town.run(from);
    // Counting starts anew with the stage; one look each half second; α = 0.01 shared by four segments.
    let threshold = (2.0_f64 / (0.01 / 4.0)).ln();
    let mut alarm = Alarm::new();
    let mut before = town.counts(metric, segment);
    for look in 1..=most * 2 {
        (0..5).for_each(|_| drop(town.step()));
        let now = town.counts(metric, segment);
        let new = |now: Counts, then: Counts| (now.units - then.units, now.bad - then.bad);
        let tolerate = if metric == "errors" { 0.1 } else { 0.25 };
        alarm.see(new(now.0, before.0), new(now.1, before.1), tolerate);
        before = now;
        if Alarm::ln_mean(&alarm.ln_l) >= threshold {
            return Some(look as f64 / 2.0);
        }
    }
    None
}

fn alarms(scenario: &str, metric: &str, segment: &str, from: u64, most: u64) -> Vec<f64> {
    let mut times: Vec<f64> = (0..40)
        .map(|seed| seconds_to_alarm(scenario, seed, metric, segment, from, most).unwrap_or(f64::INFINITY))
        .collect();
    times.sort_by(f64::total_cmp);
    times
}

#[test]
fn the_story_is_seen_ten_to_twenty_seconds_after_enterprise_turns_bad() {
    let seed = find("story").expect("story").seed;
    let default = seconds_to_alarm("story", seed, "errors", "enterprise", 90, 60);
    assert!(default.is_some_and(|s| (10.0..=20.0).contains(&s)), "{default:?}");
    // Whatever the seed: the person's keys change the draws.
    let times = alarms("story", "errors", "enterprise", 90, 60);
    let (p10, median, p90) = (times[4], times[20], times[36]);
    assert!(p10 > 6.0 && (10.0..=17.0).contains(&median) && p90 < 24.0, "{p10} {median} {p90}");
}

#[test]
fn a_spike_and_a_revolt_are_seen_and_a_calm_day_raises_no_alarm() {
    for (scenario, metric, segment, from, most) in
        [("error-spike", "errors", "free", 15, 8.0), ("revolt", "feedback", "enterprise", 15, 30.0)]
    {
        let times = alarms(scenario, metric, segment, from, 60);
        assert!(times[36] < most, "{scenario}: {times:?}");
    }
    assert!(alarms("calm", "errors", "internal", 6, 60).iter().all(|seconds| seconds.is_infinite()));
    assert!(alarms("shared-outage", "errors", "free", 10, 40).iter().all(|seconds| seconds.is_infinite()));
}
