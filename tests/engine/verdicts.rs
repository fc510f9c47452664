//! Verdicts: what fires, what must not, and what stays.

use gonogo::action::Verb;
use gonogo::domain::*;
use gonogo::effect::{Change, Record};
use gonogo::engine::Autopilot;

use super::bench::{Bench, commands, name, percent, records};

#[test]
fn a_bad_segment_gets_a_no_go_with_evidence_and_the_other_does_not() {
    let mut bench = Bench::live(Autopilot::Off, 25., 25.);
    let effects = bench.break_segment("enterprise");
    let (verdict, sentence) = bench.cell("enterprise", Station::Errors);
    assert_eq!(verdict, Verdict::NoGo);
    assert!(
        sentence.contains("users with errors against") && sentence.contains("times as many, e ="),
        "{sentence}"
    );
    assert_eq!(bench.cell("free", Station::Errors).0, Verdict::Wait);
    assert!(
        records(&effects)
            .iter()
            .any(|r| matches!(r, Record::Latched { segment, .. } if segment.as_str() == "enterprise"))
    );
    assert!(commands(&effects).is_empty(), "the autopilot is off");
}

#[test]
fn users_who_came_before_the_bet_began_are_no_evidence_for_a_go() {
    let mut bench = Bench::live(Autopilot::Off, 25., 25.);
    let mut verdicts = Vec::new();
    for _ in 0..100 {
        bench.users("free", 10., 0., 10., 0.);
        bench.quick("free", 600., 100.);
        let (verdict, sentence) = bench.cell("free", Station::Latency);
        verdicts.push(verdict);
        if verdict == Verdict::Go {
            assert!(!sentence.contains("no users in treatment"), "{sentence}");
        }
    }
    assert_eq!(verdicts.last(), Some(&Verdict::Go));
}

#[test]
fn a_no_go_stays_through_quieter_data_and_is_said_once() {
    let mut bench = Bench::live(Autopilot::Off, 25., 25.);
    let first = bench.break_segment("enterprise");
    let later: Vec<_> = (0..50).flat_map(|_| bench.users("enterprise", 500., 5., 500., 5.)).collect();
    assert_eq!(bench.cell("enterprise", Station::Errors).0, Verdict::NoGo);
    let latched =
        |effects: &[_]| records(effects).iter().filter(|r| matches!(r, Record::Latched { .. })).count();
    assert_eq!((latched(&first), latched(&later)), (1, 0));
}

#[test]
fn an_outage_of_both_arms_is_not_blamed_on_the_feature() {
    let mut bench = Bench::live(Autopilot::Guard, 25., 25.);
    for _ in 0..60 {
        let effects = bench.users("free", 100., 60., 300., 180.);
        assert!(effects.is_empty());
    }
    assert_ne!(bench.cell("free", Station::Errors).0, Verdict::NoGo);
}

#[test]
fn no_evidence_is_not_good_evidence() {
    // No traffic.
    let mut bench = Bench::live(Autopilot::Guard, 25., 25.);
    for _ in 0..20 {
        bench.users("free", 0., 0., 0., 0.);
    }
    let (verdict, sentence) = bench.cell("free", Station::Errors);
    assert_eq!(verdict, Verdict::Wait);
    assert!(sentence.contains("none came lately"), "{sentence}");
    // Nonsense.
    for bad in [f64::NAN, f64::INFINITY, -5.0] {
        let counts = Some(Counts { units: bad, bad });
        bench.sample("errors", "free", SampleValue::Counts(ByArm { treatment: counts, control: counts }));
        assert_eq!(bench.cell("free", Station::Errors).0, Verdict::Wait);
    }
    // One arm only.
    for n in 0..20 {
        let counts = Some(Counts { units: 1000. * f64::from(n), bad: 900. * f64::from(n) });
        bench.sample("errors", "free", SampleValue::Counts(ByArm { treatment: counts, control: None }));
    }
    assert_eq!(bench.cell("free", Station::Errors).0, Verdict::Wait);
}

#[test]
fn go_needs_the_stage_s_least_sample_and_fresh_data() {
    let mut bench = Bench::live(Autopilot::Off, 25., 25.);
    bench.users("free", 400., 4., 1200., 12.);
    let (verdict, sentence) = bench.cell("free", Station::Errors);
    assert_eq!(verdict, Verdict::Wait);
    assert!(sentence.starts_with("needs 100 more users in treatment"), "{sentence}");
    bench.users("free", 200., 2., 600., 6.);
    assert_eq!(bench.cell("free", Station::Errors).0, Verdict::Go);
    bench.tick(2_500);
    bench.flag_heard();
    let (verdict, sentence) = bench.cell("free", Station::Errors);
    assert_eq!((verdict, sentence.starts_with("no errors data for")), (Verdict::Hold, true), "{sentence}");
    assert_eq!(bench.cell("free", Station::Data).0, Verdict::Hold);
}

#[test]
fn a_new_stage_waits_for_its_own_sample() {
    let mut bench = Bench::live(Autopilot::Off, 5., 5.);
    bench.users("free", 600., 6., 9000., 90.);
    assert_eq!(bench.cell("free", Station::Errors).0, Verdict::Go);
    bench.flag(true, 25., 5.);
    assert_eq!(bench.cell("free", Station::Errors).0, Verdict::Wait);
}

#[test]
fn a_growing_latency_tail_is_seen() {
    let mut bench = Bench::live(Autopilot::Guard, 25., 25.);
    let bounds = vec![100., 200., 400., 800., 1600.];
    let (mut t, mut c) = ([0.; 5], [0.; 5]);
    let mut all = Vec::new();
    for second in 0..40 {
        let slow = if second > 10 { 60. } else { 10. };
        for (sum, share) in t.iter_mut().zip([500., 900., 950., 1000. - slow, 1000.]) {
            *sum += share;
        }
        for (sum, share) in c.iter_mut().zip([500., 900., 950., 990., 1000.]) {
            *sum += share;
        }
        let histogram = |at_most: &[f64]| Some(Histogram { at_most: at_most.to_vec(), total: at_most[4] });
        let arms = ByArm { treatment: histogram(&t), control: histogram(&c) };
        all.extend(bench.sample("latency", "free", SampleValue::Histogram { bounds: bounds.clone(), arms }));
    }
    let (verdict, sentence) = bench.cell("free", Station::Latency);
    assert_eq!(verdict, Verdict::NoGo, "{sentence}");
    assert!(sentence.contains("slower than 800 ms"), "{sentence}");
    // Its guardrail pauses, so the guard paused, and killed nothing.
    assert!(commands(&all).is_empty());
    assert_eq!(bench.phase("free"), Phase::Paused);
}

#[test]
fn guard_kills_the_bad_segment_and_everything_when_two_are_bad() {
    let mut bench = Bench::live(Autopilot::Guard, 25., 25.);
    let effects = bench.break_segment("enterprise");
    let sent = commands(&effects);
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0].change, Change::Shares([(name("enterprise"), percent(0.))].into()));
    assert_eq!(sent[0].actor, Actor::Autopilot);
    assert!(sent[0].evidence.as_ref().is_some_and(|e| e.contains("times as many")));
    let effects = bench.break_segment("free");
    assert_eq!(commands(&effects)[0].change, Change::Off);
}

#[test]
fn advise_says_what_it_would_do_and_does_nothing() {
    let mut bench = Bench::live(Autopilot::Advise, 25., 25.);
    let effects = bench.break_segment("enterprise");
    assert!(commands(&effects).is_empty());
    assert!(bench.told("would kill enterprise"));
}

#[test]
fn guard_pauses_after_a_set_time_without_data() {
    let mut bench = Bench::live(Autopilot::Guard, 25., 25.);
    let mut effects = Vec::new();
    for _ in 0..70 {
        effects.extend(bench.tick(1_000));
        bench.flag_heard();
    }
    let paused = records(&effects).iter().filter(|r| matches!(r, Record::Paused { .. })).count();
    assert_eq!((paused, bench.phase("free")), (1, Phase::Paused));
}

#[test]
fn a_stale_flag_holds_and_a_drift_holds() {
    let mut bench = Bench::live(Autopilot::Off, 25., 25.);
    bench.tick(11_000);
    assert!(bench.cell("free", Station::Data).1.contains("web is silent"));
    let mut bench = Bench::live(Autopilot::Off, 25., 25.);
    let command = commands(&bench.press(Verb::Kill, Some("free")))[0].clone();
    let state = bench.state(true, 0., 25.);
    bench.confirm(&command, state);
    assert_eq!(bench.phase("free"), Phase::Killed);
}

#[test]
fn a_silent_source_is_one_line_and_not_one_for_each_segment_and_station() {
    let mut bench = Bench::live(Autopilot::Off, 25., 25.);
    for segment in ["free", "enterprise"] {
        bench.users(segment, 600., 6., 1200., 12.);
    }
    let before = bench.model.timeline.len();
    bench.tick(2_600);
    bench.flag_heard();
    let told: Vec<_> =
        bench.model.timeline.iter().skip(before).map(|m| (m.segment.clone(), m.text.as_str())).collect();
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].0.is_none() && told[0].1.contains("no errors data"), "{told:?}");
}

#[test]
fn a_warning_holds_and_does_not_flicker() {
    let mut bench = Bench::live(Autopilot::Off, 25., 25.);
    bench.users("free", 600., 0., 600., 0.);
    let mut verdicts = vec![];
    for (bad, other) in [(7., 0.), (0., 1.), (1., 0.)] {
        bench.users("free", 50., bad, 50., other);
        verdicts.push(bench.cell("free", Station::Errors).0);
    }
    assert_eq!(verdicts, [Verdict::Hold; 3]);
    bench.users("free", 500., 0., 500., 8.);
    assert_eq!(bench.cell("free", Station::Errors).0, Verdict::Go);
}
