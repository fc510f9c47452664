//! A treatment that is worse: how many seconds until it is seen?

use gonogo::stats::{DEFAULT_HORIZON, KillBet, Rates, evidence_time};

use super::chance::Chance;
use super::scene::Scene;
use super::table::{Table, quantile};

const ALPHA: f64 = 0.05;
const RUNS: u32 = 2_000;
const LONGEST: u32 = 3_600;

/// Seconds to the alarm of the cumulative part alone and of the whole, one of each run.
fn times(scene: &Scene, runs: u32, seed: u64) -> (Vec<u32>, Vec<u32>) {
    let mut chance = Chance::new(seed);
    (0..runs)
        .map(|_| {
            let bet = KillBet::new(ALPHA, 0.0, DEFAULT_HORIZON);
            let alarms = scene.run(bet, ALPHA, LONGEST, &mut chance);
            (alarms.cumulative.unwrap_or(u32::MAX), alarms.whole.unwrap_or(u32::MAX))
        })
        .unzip()
}

#[test]
fn it_is_as_fast_as_the_table_and_the_forecast_is_right() {
    let mut table = Table::new("seconds to alarm, median/p90, α = 5 %");
    table.line(&format!("{:<34} {:>9} {:>9} {:>9} {:>11}", "", "table", "ours", "whole M1", "forecast"));
    let base = Scene { name: "", units: 0., share: |_| 0.5, rate: |_| 0.01, ratio: |_| 1., batch: 1 };
    let cases = [
        (Scene { name: "50/s an arm, 1 % → 20 %", units: 100., ratio: |_| 20., ..base }, 1, 2),
        (Scene { name: "50/s an arm, 1 % → 5 %", units: 100., ratio: |_| 5., ..base }, 5, 11),
        (
            Scene { name: "50/s an arm, .1 % → 1 %", units: 100., rate: |_| 0.001, ratio: |_| 10., ..base },
            15,
            32,
        ),
        (Scene { name: "10/s an arm, 1 % → 10 %", units: 20., ratio: |_| 10., ..base }, 8, 17),
        (
            Scene {
                name: "200/s an arm, .1 % → .5 %", units: 400., rate: |_| 0.001, ratio: |_| 5., ..base
            },
            11,
            25,
        ),
    ];
    for (number, (scene, median, p90)) in cases.into_iter().enumerate() {
        let (mut cumulative, mut whole) = times(&scene, RUNS, 600 + number as u64);
        let rates = Rates {
            treatment_units_per_s: scene.units / 2.,
            control_units_per_s: scene.units / 2.,
            base_rate: (scene.rate)(0),
            ratio: (scene.ratio)(0),
            tolerated: 0.,
        };
        let forecast = |part, alpha: f64| evidence_time(rates, -alpha.ln(), part).expect("it will alarm");
        let (found, found_p90) = (quantile(&mut cumulative, 0.5), quantile(&mut cumulative, 0.9));
        table.line(&format!(
            "{:<34} {:>9} {:>9} {:>9} {:>11}",
            scene.name,
            format!("{median}/{p90}"),
            format!("{found}/{found_p90}"),
            format!("{}/{}", quantile(&mut whole, 0.5), quantile(&mut whole, 0.9)),
            format!("{:.1}/{:.1}", forecast(0.5, ALPHA), forecast(0.9, ALPHA)),
        ));
        for (found, expected, part) in [(found, median, 0.5), (found_p90, p90, 0.9)] {
            assert!(f64::from(found) <= f64::from(expected) * 1.15, "{}: {found} not {expected}", scene.name);
            let forecast = forecast(part, ALPHA).ceil();
            assert!((forecast / f64::from(found) - 1.0).abs() <= 0.25, "{}: {forecast} {found}", scene.name);
        }
        // The whole has half of the risk for it; it must still be of the same kind.
        let (slow, fast) = (quantile(&mut whole, 0.9), forecast(0.9, ALPHA / 2.0).ceil() * 1.25);
        assert!(f64::from(slow) <= fast, "{}: whole {slow}, forecast {fast}", scene.name);
    }
}

#[test]
fn a_late_onset_is_seen_within_twenty_five_seconds() {
    let mut table = Table::new(
        "onset after 30 healthy minutes, 200/s an arm, .5 % → 2 %: seconds from the onset, median/p90",
    );
    const ONSET: u32 = 1_800;
    let scene = Scene {
        name: "",
        units: 400.,
        share: |_| 0.5,
        rate: |_| 0.005,
        ratio: |second| if second < ONSET { 1. } else { 4. },
        batch: 1,
    };
    let (cumulative, whole) = times(&scene, 1_000, 700);
    // A false alarm before the onset is no detection.
    let late = |times: Vec<u32>| -> Vec<u32> {
        times.into_iter().filter(|time| *time > ONSET).map(|time| time - ONSET).collect()
    };
    let (mut cumulative, mut whole) = (late(cumulative), late(whole));
    let (c50, c90) = (quantile(&mut cumulative, 0.5), quantile(&mut cumulative, 0.9));
    let (w50, w90) = (quantile(&mut whole, 0.5), quantile(&mut whole, 0.9));
    table.line(&format!("cumulative part alone {c50}/{c90} (table 91/123)"));
    table.line(&format!("whole M1 {w50}/{w90} (table, the twin alone: 12/18; budget p90 25)"));
    assert!(w90 <= 25, "{w90}");
    assert!(c50 > w90, "the twin is what sees it: {c50}");
}

#[test]
fn a_control_without_any_bad_unit_still_lets_it_fire() {
    let mut bet = KillBet::new(ALPHA, 0.0, DEFAULT_HORIZON);
    let mut chance = Chance::new(800);
    let fired = (1..=100).find(|_| {
        bet.update(&gonogo::stats::Tick {
            treatment_units: 50.,
            treatment_bad: chance.bad(50., 0.1),
            control_units: 50.,
            control_bad: 0.,
        });
        bet.standing().is_crossed
    });
    let mut table = Table::new("control never bad, treatment 10 %, 50/s an arm");
    table.line(&format!("fires after {fired:?} s"));
    assert!(fired.is_some_and(|second| second <= 5), "{fired:?}");
}
