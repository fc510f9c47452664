//! Two arms that are alike, or as much worse as is tolerated: how often is the treatment blamed within an hour of looks?

use gonogo::stats::{Baseline, DEFAULT_HORIZON, KillBet};

use super::chance::Chance;
use super::scene::Scene;
use super::table::Table;

const HOUR: u32 = 3_600;
const ALPHA: f64 = 0.05;
const RUNS: u32 = 1_500;

const EVEN: Scene = Scene { name: "", units: 100., share: |_| 0.5, rate: |_| 0.01, ratio: |_| 1.0, batch: 1 };

/// From 1 % to half in ten steps, each for six minutes.
fn ramp(second: u32) -> f64 {
    [0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5][(second / 360).min(9) as usize]
}

/// Two minutes in which three of ten units are bad in both arms, every ten minutes.
fn outage(second: u32) -> f64 {
    if second % 600 >= 480 { 0.3 } else { 0.01 }
}

fn hold(title: &str, scenes: &[Scene], tolerated: f64, horizon: u32, seed: u64) {
    let mut table = Table::new(title);
    for (number, scene) in scenes.iter().enumerate() {
        let mut chance = Chance::new(seed + number as u64);
        let (mut cumulative, mut whole) = (0, 0);
        for _ in 0..RUNS {
            let alarms = scene.run(KillBet::new(ALPHA, tolerated, horizon), ALPHA, HOUR, &mut chance);
            cumulative += u32::from(alarms.cumulative.is_some());
            whole += u32::from(alarms.whole.is_some());
        }
        table.promise(&format!("{}, cumulative part alone", scene.name), cumulative, RUNS, ALPHA);
        table.promise(&format!("{}, whole", scene.name), whole, RUNS, ALPHA);
    }
}

#[test]
fn alike_arms_at_any_rate_and_batch_are_blamed_no_more_often_than_promised() {
    hold(
        "A/A, an hour of looks, α = 5 %",
        &[
            Scene { name: ".1 % bad, every second", rate: |_| 0.001, ..EVEN },
            Scene { name: "1 % bad, every second", ..EVEN },
            Scene { name: "5 % bad, every second", rate: |_| 0.05, ..EVEN },
            Scene { name: "30 % bad, every second", rate: |_| 0.3, ..EVEN },
            Scene { name: "1 % bad, a tenth in treatment", share: |_| 0.1, ..EVEN },
            Scene { name: ".1 % bad, every 10 s", rate: |_| 0.001, batch: 10, ..EVEN },
            Scene { name: "1 % bad, every 60 s", batch: 60, ..EVEN },
            Scene { name: "30 % bad, every 60 s", rate: |_| 0.3, batch: 60, ..EVEN },
        ],
        0.0,
        DEFAULT_HORIZON,
        100,
    );
}

#[test]
fn a_changing_exposure_and_shared_outages_are_not_blamed_on_the_treatment() {
    hold(
        "A/A with changing exposure and shared outages, α = 5 %",
        &[
            Scene { name: "exposure 1 % to 50 %, 1 % bad", share: ramp, ..EVEN },
            Scene { name: "exposure 1 % to 50 %, 1 % bad, every 60 s", share: ramp, batch: 60, ..EVEN },
            Scene { name: "shared outages", rate: outage, ..EVEN },
            Scene { name: "shared outages, every 30 s", rate: outage, batch: 30, ..EVEN },
            Scene { name: "both, every 15 s", share: ramp, rate: outage, batch: 15, ..EVEN },
        ],
        0.0,
        DEFAULT_HORIZON,
        200,
    );
}

#[test]
fn as_much_worse_as_tolerated_and_past_the_horizon_the_promise_holds() {
    let worse = Scene { ratio: |_| 1.1, ..EVEN };
    hold(
        "exactly 10 % worse, 10 % tolerated, α = 5 %",
        &[
            Scene { name: "1 % bad", ..worse },
            Scene { name: "30 % bad, every 10 s", rate: |_| 0.3, batch: 10, ..worse },
        ],
        0.1,
        DEFAULT_HORIZON,
        300,
    );
    hold(
        "A/A over six horizons, α = 5 %",
        &[Scene { name: "1 % bad, horizon 10 min", ..EVEN }],
        0.0,
        600,
        310,
    );
    hold(
        "A/A over sixty horizons, α = 5 %",
        &[Scene { name: "1 % bad, horizon 1 min", ..EVEN }],
        0.0,
        60,
        320,
    );
}

#[test]
fn ten_segments_with_five_metrics_share_one_risk() {
    let mut table = Table::new("A/A, 10 segments × 5 metrics, each with a fiftieth of the risk, α = 5 %");
    let (runs, rates) = (240, [0.001, 0.005, 0.01, 0.03, 0.1]);
    let mut chance = Chance::new(400);
    let mut blamed = 0;
    for _ in 0..runs {
        let mut bets = [[KillBet::new(ALPHA / 50.0, 0.0, DEFAULT_HORIZON); 5]; 10];
        let is_blamed = (0..HOUR).any(|second| {
            // One outage for all of them, so that they are not independent.
            let factor = if (1_200..1_260).contains(&second) { 5.0 } else { 1.0 };
            bets.iter_mut().any(|metrics| {
                let scene = Scene { units: 40., share: |_| 0.25, ..EVEN };
                let arms = scene.second(second, &mut chance);
                metrics.iter_mut().zip(rates).any(|(bet, rate)| {
                    let mut tick = arms;
                    tick.treatment_bad = chance.bad(tick.treatment_units, rate * factor);
                    tick.control_bad = chance.bad(tick.control_units, rate * factor);
                    bet.update(&tick);
                    bet.standing().is_crossed
                })
            })
        });
        blamed += u32::from(is_blamed);
    }
    table.promise("any of the fifty", blamed, runs, ALPHA);
}

#[test]
fn without_a_control_group_an_unchanged_rate_is_not_blamed() {
    let mut table = Table::new("no control group: baseline of ten minutes, then an hour, α = 5 %");
    for (name, rate, seed) in [(".2 % bad", 0.002, 500), ("5 % bad", 0.05, 501)] {
        let mut chance = Chance::new(seed);
        let (runs, mut blamed) = (1_000, 0);
        for _ in 0..runs {
            let mut baseline = Baseline::default();
            (0..600).for_each(|_| baseline.update(50., chance.bad(50., rate)));
            let bound = baseline.upper_bound(ALPHA).expect("enough units");
            let mut bet = KillBet::new(ALPHA / 2.0, 0.0, DEFAULT_HORIZON);
            blamed += u32::from((0..HOUR).any(|_| {
                bet.update_against(50., chance.bad(50., rate), bound);
                bet.standing().is_crossed
            }));
        }
        table.promise(name, blamed, runs, ALPHA);
    }
}

#[test]
fn without_a_control_group_a_wandering_rate_needs_its_over_dispersion() {
    let mut table = Table::new(
        "no control group, the rate wanders from minute to minute, baseline of an hour, then an hour, α = 5 %",
    );
    let (mut chance, runs) = (Chance::new(510), 600);
    let (mut plain, mut divided) = (0, 0);
    for _ in 0..runs {
        // From half to one and a half per cent, anew each minute.
        let mut hour = |each: &mut dyn FnMut(f64)| {
            for _ in 0..60 {
                let rate = 0.005 + 0.01 * chance.bad(100., 0.5).mul_add(0.1, -4.5).clamp(0.0, 1.0);
                (0..60).for_each(|_| each(chance.bad(50., rate)));
            }
        };
        let mut baseline = Baseline::default();
        hour(&mut |bad| baseline.update(50., bad));
        let (bound, phi) = (baseline.upper_bound(ALPHA).expect("enough units"), baseline.over_dispersion());
        let mut bets = [KillBet::new(ALPHA / 2.0, 0.0, DEFAULT_HORIZON); 2];
        let mut is_blamed = [false; 2];
        hour(&mut |bad| {
            for ((bet, is_blamed), by) in bets.iter_mut().zip(&mut is_blamed).zip([1.0, phi]) {
                bet.update_against(50. / by, bad / by, bound);
                *is_blamed |= bet.standing().is_crossed;
            }
        });
        plain += u32::from(is_blamed[0]);
        divided += u32::from(is_blamed[1]);
    }
    table.share("counts as they come (nothing is promised)", plain, runs);
    table.promise("counts divided by the over-dispersion", divided, runs, ALPHA);
}
