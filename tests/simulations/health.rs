//! The split between the arms: how often is a right one called wrong, and how soon is a wrong one seen?

use gonogo::stats::SampleRatio;
use gonogo::stats::sample_ratio::ALERT;

use super::chance::Chance;
use super::table::{Table, quantile};

/// The second of the alert within an hour of 100 units a second.
fn alert(expected: f64, real: f64, chance: &mut Chance) -> Option<u32> {
    let mut test = SampleRatio::new(expected);
    (1..=3_600).find(|_| {
        let treatment = chance.bad(100., real);
        test.update(treatment, 100. - treatment);
        test.is_alert()
    })
}

#[test]
fn a_right_split_is_called_wrong_once_in_a_thousand_and_a_wrong_one_is_seen() {
    let mut table = Table::new("sample ratio, 100 units/s, an hour of looks");
    for (number, share) in [0.5, 0.1, 0.01].into_iter().enumerate() {
        let (mut chance, runs) = (Chance::new(1_000 + number as u64), 3_000);
        let alerts = (0..runs).filter(|_| alert(share, share, &mut chance).is_some()).count() as u32;
        table.promise(&format!("right: {share} of the units in treatment"), alerts, runs, ALERT);
    }
    for (number, (expected, real)) in [(0.5, 0.45), (0.1, 0.12)].into_iter().enumerate() {
        let mut chance = Chance::new(1_010 + number as u64);
        let mut times: Vec<u32> =
            (0..500).map(|_| alert(expected, real, &mut chance).unwrap_or(u32::MAX)).collect();
        let (median, p90) = (quantile(&mut times, 0.5), quantile(&mut times, 0.9));
        table.line(&format!("wrong: {real} instead of {expected}, seen after {median}/{p90} s (median/p90)"));
        assert!(p90 < 600, "{expected} {real}: {p90}");
    }
}
