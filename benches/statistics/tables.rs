//! The tables of detection and false alarms.

use gonogo::stats::{DEFAULT_HORIZON, KillBet, Rates, Tick, evidence_time, exceedance};

use super::chance::Chance;
use super::peers::Sums;
use super::scene::Scene;

const ALPHA: f64 = 0.05;
const EVEN: Scene = Scene { name: "", units: 100., share: |_| 0.5, rate: |_| 0.01, ratio: |_| 1., batch: 1 };

/// First alarms of one run, in seconds.
#[derive(Default)]
struct First {
    cumulative: Option<u32>,
    twin: Option<u32>,
    whole: Option<u32>,
    bound: Option<u32>,
    z: Option<u32>,
}

/// Runs to the end, or until all have alarmed but the z-test.
fn run(scene: &Scene, seconds: u32, chance: &mut Chance) -> First {
    let mut bet = KillBet::new(ALPHA, 0.0, DEFAULT_HORIZON);
    let (mut sums, mut first) = (Sums::default(), First::default());
    // The twin alone would have all of the risk.
    let alone = KillBet::new(2.0 * ALPHA, 0.0, DEFAULT_HORIZON).standing();
    for second in 1..=seconds {
        let tick = scene.second(second - 1, chance);
        bet.update(&tick);
        sums.add(&tick);
        let standing = bet.standing();
        let note = |seen: &mut Option<u32>, is_past: bool| {
            if is_past {
                seen.get_or_insert(second);
            }
        };
        note(&mut first.cumulative, standing.ln_e >= alone.ln_threshold);
        note(&mut first.twin, standing.ln_twin >= alone.ln_twin_threshold);
        note(&mut first.whole, standing.is_crossed);
        note(&mut first.bound, sums.is_past_bound(ALPHA));
        note(&mut first.z, sums.is_past_z());
        if first.cumulative.is_some()
            && first.twin.is_some()
            && first.whole.is_some()
            && first.bound.is_some()
        {
            break;
        }
    }
    first
}

/// "median/p90"; a run without an alarm counts as the longest.
fn spread(times: impl Iterator<Item = Option<u32>>) -> String {
    let mut times: Vec<u32> = times.map(|time| time.unwrap_or(u32::MAX)).collect();
    times.sort_unstable();
    let at = |part: f64| match times.get((part * times.len() as f64) as usize) {
        Some(&u32::MAX) | None => "never".to_owned(),
        Some(time) => time.to_string(),
    };
    format!("{}/{}", at(0.5), at(0.9))
}

pub fn print_detection() {
    println!("\nseconds to alarm, median/p90, α = 5 %, one look a second, 5,000 runs");
    println!(
        "units/s an arm, change       | this: table, ours, forecast   | twin  | whole | bound: table, ours | mSPRT: table"
    );
    let rare = Scene { rate: |_| 0.001, ..EVEN };
    let cases = [
        (Scene { name: "50, 1 % → 20 %", ratio: |_| 20., ..EVEN }, ["1/2", "3/5", "2/5"]),
        (Scene { name: "50, 1 % → 5 %", ratio: |_| 5., ..EVEN }, ["5/11", "8/13", "9/15"]),
        (Scene { name: "50, .1 % → 1 %", ratio: |_| 10., ..rare }, ["15/32", "27/49", "36/59"]),
        (Scene { name: "10, 1 % → 10 %", units: 20., ratio: |_| 10., ..EVEN }, ["8/17", "21/29", "17/28"]),
        (Scene { name: "200, .1 % → .5 %", units: 400., ratio: |_| 5., ..rare }, ["11/25", "15/26", "22/37"]),
    ];
    for (number, (scene, [ours, bound, msprt])) in cases.into_iter().enumerate() {
        let mut chance = Chance::new(number as u64);
        let runs: Vec<First> = (0..5_000).map(|_| run(&scene, 3_600, &mut chance)).collect();
        let rates = Rates {
            treatment_units_per_s: scene.units / 2.,
            control_units_per_s: scene.units / 2.,
            base_rate: (scene.rate)(0),
            ratio: (scene.ratio)(0),
            tolerated: 0.,
        };
        let forecast = |part| evidence_time(rates, -ALPHA.ln(), part).unwrap_or(f64::NAN);
        println!(
            "{:<28} | {ours:>7} {:>9} {:>11} | {:>5} | {:>5} | {bound:>9} {:>8} | {msprt:>6}",
            scene.name,
            spread(runs.iter().map(|first| first.cumulative)),
            format!("{:.1}/{:.1}", forecast(0.5), forecast(0.9)),
            spread(runs.iter().map(|first| first.twin)),
            spread(runs.iter().map(|first| first.whole)),
            spread(runs.iter().map(|first| first.bound)),
        );
    }
}

pub fn print_late_onset() {
    const ONSET: u32 = 1_800;
    let ratio = |second| if second < ONSET { 1. } else { 4. };
    let scene = Scene { units: 400., rate: |_| 0.005, ratio, ..EVEN };
    let mut chance = Chance::new(20);
    let runs: Vec<First> = (0..2_000).map(|_| run(&scene, 3_600, &mut chance)).collect();
    // A false alarm before the onset is no detection.
    let late = |pick: fn(&First) -> Option<u32>| {
        let times = runs.iter().map(pick).filter(|time| time.is_none_or(|time| time > ONSET));
        spread(times.map(|time| time.map(|time| time - ONSET)))
    };
    println!(
        "\nonset after 30 healthy minutes, 200/s an arm, .5 → 2 %, 2,000 runs: seconds from the onset, median/p90"
    );
    println!(
        "cumulative {} (table 91/123), twin {} (table 12/18), whole {}, bound {}",
        late(|first| first.cumulative),
        late(|first| first.twin),
        late(|first| first.whole),
        late(|first| first.bound)
    );
}

pub fn print_false_alarms() {
    println!("\nA/A, an hour of looks, 50/s an arm, α = 5 %, 2,000 runs: false alarms in %");
    println!("bad in both | cumulative |  twin | whole | bound | z-test on a timer");
    let scenes = [
        (".1 %", Scene { rate: |_| 0.001, ..EVEN }),
        ("1 %", EVEN),
        ("5 %", Scene { rate: |_| 0.05, ..EVEN }),
        ("30 %", Scene { rate: |_| 0.3, ..EVEN }),
    ];
    for (number, (name, scene)) in scenes.into_iter().enumerate() {
        let mut chance = Chance::new(30 + number as u64);
        let runs: Vec<First> = (0..2_000).map(|_| run(&scene, 3_600, &mut chance)).collect();
        let part = |pick: fn(&First) -> Option<u32>| {
            runs.iter().filter(|first| pick(first).is_some()).count() as f64 / runs.len() as f64 * 100.
        };
        println!(
            "{name:<11} | {:10.1} | {:5.1} | {:5.1} | {:5.1} | {:5.1}",
            part(|first| first.cumulative),
            part(|first| first.twin),
            part(|first| first.whole),
            part(|first| first.bound),
            part(|first| first.z)
        );
    }
}

pub fn print_first_stages() {
    println!(
        "\nfirst stages, 1,000 users/s, .5 → 5 %, α = 5 %, 2,000 runs: seconds to alarm, median/p90, and customers hurt by then"
    );
    let base = Scene { units: 1_000., rate: |_| 0.005, ratio: |_| 10., ..EVEN };
    let stages = [
        (0.001, Scene { share: |_| 0.001, ..base }),
        (0.01, Scene { share: |_| 0.01, ..base }),
        (0.05, Scene { share: |_| 0.05, ..base }),
    ];
    for (number, (share, scene)) in stages.into_iter().enumerate() {
        let mut chance = Chance::new(40 + number as u64);
        let times: Vec<Option<u32>> = (0..2_000).map(|_| run_to_alarm(&scene, &mut chance)).collect();
        let mean = times.iter().flatten().map(|time| f64::from(*time)).sum::<f64>() / times.len() as f64;
        println!(
            "{:>5.1} % exposed: {}, {:.1} hurt",
            share * 100.,
            spread(times.into_iter()),
            mean * share * 1_000. * 0.045
        );
    }
}

fn run_to_alarm(scene: &Scene, chance: &mut Chance) -> Option<u32> {
    scene.run(KillBet::new(ALPHA, 0.0, DEFAULT_HORIZON), ALPHA, 3_600, chance).cumulative
}

/// Adds the latencies of some units to a cumulative histogram, of which `below` holds the part at or below each bound.
fn sample(units: f64, below: &[f64], at_most: &mut [f64], chance: &mut Chance) {
    let (mut above, mut at, mut before) = (units, 0.0, 0.0);
    for (slot, part) in at_most.iter_mut().zip(below) {
        // Of those above the bound before, the part that is not above this one.
        let here = chance.bad(above, (part - before) / (1.0 - before));
        (above, at, before) = (above - here, at + here, *part);
        *slot += at;
    }
}

pub fn print_latency() {
    println!(
        "\nlatency, 50 requests/s an arm, 5 % of treatment's ten times slower, α = 5 % for all quantiles, 2,000 runs"
    );
    // Exponential latencies, in buckets each half as wide again as the one before.
    let bounds: Vec<f64> = (0..16).map(|step| 0.05 * 1.5f64.powi(step)).collect();
    let below = |mean: f64| -> Vec<f64> { bounds.iter().map(|bound| 1.0 - (-bound / mean).exp()).collect() };
    let (healthy, slow) = (below(1.), below(10.));
    let mut chance = Chance::new(50);
    let times = (0..2_000).map(|_| {
        let mut start = vec![0.0; bounds.len()];
        sample(5_000., &healthy, &mut start, &mut chance);
        let frozen = exceedance::freeze(&start, 5_000.)?;
        let mut bets = frozen.map(|_| KillBet::new(ALPHA / frozen.len() as f64, 0.0, DEFAULT_HORIZON));
        (1..=600).find(|_| {
            let (mut treatment, mut control) = (vec![0.0; bounds.len()], vec![0.0; bounds.len()]);
            let slower = chance.bad(50., 0.05);
            sample(50. - slower, &healthy, &mut treatment, &mut chance);
            sample(slower, &slow, &mut treatment, &mut chance);
            sample(50., &healthy, &mut control, &mut chance);
            bets.iter_mut().zip(frozen).any(|(bet, bound)| {
                bet.update(&Tick {
                    treatment_units: 50.,
                    treatment_bad: 50. - treatment[bound],
                    control_units: 50.,
                    control_bad: 50. - control[bound],
                });
                bet.standing().is_crossed
            })
        })
    });
    println!("seen after {} s (table 6/12 at q99; its traffic is not stated)", spread(times));
}
