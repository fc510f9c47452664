//! What an update costs, as a ratio to a bare loop of eight multiply-adds in the same process.

use std::hint::black_box;
use std::time::Instant;

use gonogo::stats::confidence::Proportion;
use gonogo::stats::{ConditionalBinomial, KillBet, Margin, SampleRatio, Tick, exact, noninferior};

/// Nanoseconds of one call: the median of nine rounds.
fn time(calls: u32, mut call: impl FnMut(u32)) -> f64 {
    let mut rounds: Vec<f64> = (0..9)
        .map(|_| {
            let start = Instant::now();
            (0..calls).for_each(&mut call);
            start.elapsed().as_nanos() as f64 / f64::from(calls)
        })
        .collect();
    rounds.sort_by(f64::total_cmp);
    rounds.get(4).copied().unwrap_or(f64::NAN)
}

fn tick(n: u32) -> Tick {
    let bad = f64::from(n % 3);
    black_box(Tick { treatment_units: 50., treatment_bad: bad, control_units: 50., control_bad: 1. })
}

pub fn print() {
    println!("\ncost of one call, and as a ratio to a bare loop of eight multiply-adds");
    let (mut sums, weights) = ([0.0f64; 8], black_box([0.1f64; 8]));
    let bare = time(1_000_000, |n| {
        let x = black_box(f64::from(n));
        for (sum, weight) in sums.iter_mut().zip(weights) {
            *sum += weight * x;
        }
        black_box(&mut sums);
    });
    let line = |name: &str, ns: f64| println!("{name:<58} {ns:8.0} ns  {:6.1}×", ns / bare);
    line("eight multiply-adds", bare);
    let mut cumulative = ConditionalBinomial::new(0.1);
    line("cumulative part: update", time(500_000, |n| cumulative.update(&tick(n))));
    let mut bet = KillBet::new(0.01, 0.1, 3_600);
    line("whole M1: update (budget 1,000 ns)", time(500_000, |n| bet.update(&tick(n))));
    line("whole M1: update without bad units", time(500_000, |_| bet.update_factors(None)));
    line("whole M1: standing", time(500_000, |_| _ = black_box(black_box(&bet).standing())));
    let mut ratio = SampleRatio::new(0.5);
    line("sample ratio: update", time(100_000, |_| ratio.update(black_box(50.), black_box(51.))));
    line(
        "exact upper bound (budget 5,000 ns)",
        time(50_000, |_| _ = black_box(exact::upper(black_box(30.), 1e5, 0.01))),
    );
    let arm = |bad| black_box(Proportion { bad, units: 1e5 });
    let margin = Margin::Relative(0.1);
    line(
        "non-inferiority, many events",
        time(50_000, |_| _ = black_box(noninferior(arm(500.), arm(500.), margin, 0.01))),
    );
    line(
        "non-inferiority, few events",
        time(50_000, |_| _ = black_box(noninferior(arm(50.), arm(50.), margin, 0.01))),
    );
}
