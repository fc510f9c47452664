//! The crowd is reproducible, distinct, and only the treatment can be broken. In: seeds. Out: assertions. Start
//! anywhere.

use super::*;

#[test]
fn the_same_seed_brings_the_same_people() {
    let draw = |seed| {
        let mut people = People::new(seed);
        (0..500).map(|_| people.next()).collect::<Vec<_>>()
    };
    assert_eq!(draw(7), draw(7));
    assert_ne!(draw(7), draw(8));
}

#[test]
fn users_are_distinct_and_segments_get_their_share() {
    let mut people = People::new(1);
    let visits: Vec<_> = (0..20_000).map(|_| people.next()).collect();
    let ids: std::collections::HashSet<_> = visits.iter().map(|v| &v.user_id).collect();
    assert_eq!(ids.len(), visits.len());
    for segment in SEGMENTS {
        let share = visits.iter().filter(|v| v.segment == segment).count() as f64 / 20_000.0;
        assert!((share - f64::from(segment.arrivals) / 100.0).abs() < 0.015, "{} {share}", segment.name);
    }
}

#[test]
fn a_fault_raises_errors_and_latency_of_the_treatment_only() {
    let mut people = People::new(1);
    let visits: Vec<_> = (0..20_000).map(|_| people.next()).collect();
    let fault = Fault { rate: 0.2, slow_ms: 100.0 };
    let rate = |arm, fault| visits.iter().filter(|v| v.outcome(arm, fault).failed).count() as f64 / 20_000.0;
    assert!((0.005..0.02).contains(&rate(Arm::Treatment, Fault::default())));
    assert_eq!(rate(Arm::Control, fault), rate(Arm::Control, Fault::default()));
    assert!((0.19..0.23).contains(&rate(Arm::Treatment, fault)));
    let visit = &visits[0];
    assert_eq!(
        visit.outcome(Arm::Treatment, fault).latency_ms,
        visit.outcome(Arm::Control, fault).latency_ms + 100.0
    );
}
