//! A treatment that is exactly as much worse as the margin: how often is it let pass within an hour of looks? And a good
//! one: how soon?

use gonogo::stats::{Margin, Method, NonInferiority, Proportion, exact, noninferior, units_missing};

use super::chance::Chance;
use super::table::{Table, quantile};

const HOUR: u32 = 3_600;
const ALPHA: f64 = 0.05;

/// Two arms with their units a second and rates.
#[derive(Clone, Copy)]
struct Arms {
    units: (f64, f64),
    rates: (f64, f64),
}

impl Arms {
    /// The first proof within some seconds, and when.
    fn proof(&self, margin: Margin, seconds: u32, chance: &mut Chance) -> Option<(u32, NonInferiority)> {
        let nobody = Proportion { bad: 0., units: 0. };
        let (mut treatment, mut control) = (nobody, nobody);
        (1..=seconds).find_map(|second| {
            for (arm, units, rate) in
                [(&mut treatment, self.units.0, self.rates.0), (&mut control, self.units.1, self.rates.1)]
            {
                arm.units += units;
                arm.bad += chance.bad(units, rate);
            }
            let found = noninferior(treatment, control, margin, ALPHA);
            found.is_proven.then_some((second, found))
        })
    }
}

#[test]
fn at_the_margin_a_stage_is_passed_no_more_often_than_promised() {
    let mut table =
        Table::new("non-inferiority at the margin itself, an hour of looks, α = 5 %: false passes");
    let (ten, points) = (Margin::Relative(0.1), Margin::Points);
    let cases = [
        ("5 % bad, 100/s an arm, margin +10 %", (100., 100.), (0.055, 0.05), ten, 1_500),
        ("30 % bad, 100/s an arm, margin +10 %", (100., 100.), (0.33, 0.3), ten, 1_500),
        ("5 % bad, 20/s against 180/s, margin +10 %", (20., 180.), (0.055, 0.05), ten, 1_500),
        (".5 % bad, 100/s an arm, margin +50 %", (100., 100.), (0.0075, 0.005), Margin::Relative(0.5), 1_000),
        ("few: .02 % bad, 50/s an arm, margin .03 points", (50., 50.), (0.0005, 0.0002), points(0.0003), 300),
        ("few: none bad in control, margin .1 points", (5., 45.), (0.001, 0.), points(0.001), 300),
        ("few, then many: 1 % bad, 10/s an arm, margin 1 point", (10., 10.), (0.02, 0.01), points(0.01), 500),
    ];
    for (number, (name, units, rates, margin, runs)) in cases.into_iter().enumerate() {
        let mut chance = Chance::new(1_100 + number as u64);
        let arms = Arms { units, rates };
        let proofs: Vec<Method> =
            (0..runs).filter_map(|_| Some(arms.proof(margin, HOUR, &mut chance)?.1.method)).collect();
        let exact = proofs.iter().filter(|method| **method == Method::Exact).count();
        let name = format!("{name} ({exact} by the exact bound)");
        table.promise(&name, proofs.len() as u32, runs, ALPHA);
    }
}

#[test]
fn the_exact_bounds_hold_the_true_rate_at_every_look() {
    let mut table = Table::new("exact bounds of one proportion, an hour of looks, α = 5 %: ever outside");
    for (number, (rate, units)) in [(0.0002, 10.), (0.005, 10.), (0.3, 2.)].into_iter().enumerate() {
        let (mut chance, runs) = (Chance::new(1_200 + number as u64), 500);
        let (mut above, mut below) = (0, 0);
        for _ in 0..runs {
            let (mut bad, mut seen) = (0., 0.);
            let (mut is_above, mut is_below) = (false, false);
            for _ in 0..HOUR {
                bad += chance.bad(units, rate);
                seen += units;
                is_above |= exact::upper(bad, seen, ALPHA) < rate;
                is_below |= exact::lower(bad, seen, ALPHA) > rate;
            }
            above += u32::from(is_above);
            below += u32::from(is_below);
        }
        table.promise(&format!("{rate} bad: upper bound below it"), above, runs, ALPHA);
        table.promise(&format!("{rate} bad: lower bound above it"), below, runs, ALPHA);
        table.promise(&format!("{rate} bad: either"), above + below, runs, ALPHA);
    }
}

#[test]
fn a_treatment_without_harm_passes_and_about_when_it_was_forecast() {
    let mut table = Table::new(
        "non-inferiority of equal arms: seconds to the proof, median/p90, and the forecast from the true rates",
    );
    for (number, (name, rate, units, margin)) in [
        ("5 % bad, 100/s an arm, margin +10 %", 0.05, 100., Margin::Relative(0.1)),
        ("1 % bad, 100/s an arm, margin +50 %", 0.01, 100., Margin::Relative(0.5)),
        (".02 % bad, 100/s an arm, margin .1 points", 0.0002, 100., Margin::Points(0.001)),
    ]
    .into_iter()
    .enumerate()
    {
        let mut chance = Chance::new(1_300 + number as u64);
        let arms = Arms { units: (units, units), rates: (rate, rate) };
        let mut times: Vec<u32> = (0..200)
            .map(|_| arms.proof(margin, 4 * HOUR, &mut chance).map_or(u32::MAX, |(second, _)| second))
            .collect();
        let start = Proportion { bad: rate * units, units };
        let forecast = units_missing(start, start, margin, ALPHA).expect("it will be proven") / units;
        let (median, p90) = (quantile(&mut times, 0.5), quantile(&mut times, 0.9));
        table.line(&format!("{name:<44} {median}/{p90}   forecast {forecast:.0}"));
        // A lucky moment on the way is enough; but neither arm's events come exactly in time.
        let is_between = 0.9 * f64::from(median) <= forecast && forecast <= f64::from(p90);
        assert!(is_between, "{name}: {median} {p90} {forecast}");
    }
}
