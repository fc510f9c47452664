//! Verdicts: what fires, what must not, and what stays.

use gonogo::action::Verb;
use gonogo::domain::*;
use gonogo::effect::{Change, Effect, Record};
use gonogo::engine::{Autopilot, Model, update};
use gonogo::event::{Body, Event};

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
    // Nothing came of the other one meanwhile, and it says so.
    let (verdict, sentence) = bench.cell("free", Station::Errors);
    assert_eq!((verdict, sentence.contains("no errors data of this segment")), (Verdict::Hold, true));
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

/// A sample with the source's time.
fn timed(bench: &mut Bench, metric: &str, taken: i64, value: SampleValue) -> Vec<Effect> {
    let body = Body::Sample(Sample { metric: name(metric), segment: name("free"), value });
    update(&mut bench.model, &Event { at: Timestamp(bench.now), source_at: Some(Timestamp(taken)), body })
}

#[test]
fn readings_in_any_order_and_twice_give_the_same_verdict() {
    let counts = |n: i64| {
        let n = n as f64;
        let arm = |bad| Some(Counts { units: 1000. + 40. * n, bad: 100. + bad * n });
        SampleValue::Counts(ByArm { treatment: arm(0.8), control: arm(0.8) })
    };
    let run = |order: &[i64]| {
        let mut bench = Bench::live(Autopilot::Guard, 25., 25.);
        let start = bench.now;
        for n in order {
            bench.now += 100;
            bench.flag_heard();
            timed(&mut bench, "errors", start + n * 1000, counts(*n));
        }
        let series = &bench.model.segments[0].series[&name("errors")];
        (series.stage, series.resets, bench.cell("free", Station::Errors), bench.model.traffic.late)
    };
    let straight: Vec<i64> = (0..40).collect();
    let shuffled: Vec<i64> = straight.chunks(4).flat_map(|c| [c[1], c[0], c[3], c[3], c[2]]).collect();
    let (stage, resets, cell, late) = run(&shuffled);
    assert_eq!((resets, late), (0, 20), "a late reading is no restart");
    let (expected, _, wanted, _) = run(&straight);
    assert_eq!(stage.treatment.map(|c| c.units), expected.treatment.map(|c| c.units));
    assert_eq!(cell.0, wanted.0);
}

#[test]
fn a_clock_that_is_set_back_does_not_blind_a_metric() {
    let mut bench = Bench::live(Autopilot::Off, 25., 25.);
    let counts = |units| {
        let arm = Some(Counts { units, bad: 0. });
        SampleValue::Counts(ByArm { treatment: arm, control: arm })
    };
    let now = bench.now;
    timed(&mut bench, "errors", now, counts(100.));
    timed(&mut bench, "errors", now - 3_600_000, counts(150.));
    timed(&mut bench, "errors", now - 3_599_000, counts(200.));
    let stage = bench.model.segments[0].series[&name("errors")].stage;
    assert_eq!((stage.treatment.map(|c| c.units), bench.model.traffic.late), (Some(200.), 0));
}

#[test]
fn bounds_that_change_under_a_latency_watch_change_neither_its_evidence_nor_what_it_watches() {
    let mut bench = Bench::live(Autopilot::Off, 25., 25.);
    let mut seconds = 0.;
    let mut step = |bench: &mut Bench, bounds: &[f64], shares: &[f64]| {
        seconds += 1.;
        let arm = || {
            let at_most = shares.iter().map(|share| share * 1000. * seconds).collect();
            Some(Histogram { at_most, total: 1000. * seconds })
        };
        let arms = ByArm { treatment: arm(), control: arm() };
        bench.now += 500;
        bench.flag_heard();
        bench.sample("latency", "free", SampleValue::Histogram { bounds: bounds.to_vec(), arms });
    };
    let ln_e = |bench: &Bench| bench.model.segments[0].board[&Station::Latency].evidence.ln_e;
    for _ in 0..4 {
        step(&mut bench, &[50., 100., 200., 400., 800.], &[0.1, 0.5, 0.9, 0.95, 0.99]);
    }
    let before = ln_e(&bench);
    assert!(before.is_some());
    // The first bound vanishes: every index moves by one.
    step(&mut bench, &[100., 200., 400., 800.], &[0.5, 0.9, 0.95, 0.99]);
    assert_eq!(ln_e(&bench), before, "evidence is neither lost nor invented");
    step(&mut bench, &[100., 200., 400., 800.], &[0.5, 0.9, 0.95, 0.99]);
    let cell = &bench.model.segments[0].board[&Station::Latency];
    let rate = cell.evidence.treatment.map(|(units, bad)| bad / units);
    assert!(
        rate.is_some_and(|rate| [0.5, 0.1, 0.05, 0.01].iter().any(|r| (rate - r).abs() < 1e-9)),
        "{rate:?}"
    );
    // All bounds are others: control is looked at anew, and the evidence goes on.
    for _ in 0..3 {
        step(&mut bench, &[150., 300., 600.], &[0.7, 0.92, 0.97]);
    }
    assert!(
        ln_e(&bench).is_some_and(|after| before.is_some_and(|before| after < before)),
        "{:?}",
        ln_e(&bench)
    );
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
fn guard_pauses_a_segment_that_its_source_no_longer_knows() {
    let mut bench = Bench::live(Autopilot::Guard, 25., 25.);
    for _ in 0..140 {
        bench.users("enterprise", 50., 1., 50., 1.);
        bench.quick("free", 50., 50.);
        bench.quick("enterprise", 50., 50.);
    }
    assert_eq!((bench.phase("free"), bench.phase("enterprise")), (Phase::Paused, Phase::Running));
}

#[test]
fn guard_pauses_when_a_metric_was_never_heard_of() {
    let mut bench = Bench::empty(Autopilot::Guard);
    bench.flag(true, 25., 25.);
    for _ in 0..70 {
        bench.tick(1_000);
        bench.flag_heard();
    }
    assert_eq!(bench.phase("free"), Phase::Paused);
}

#[test]
fn a_rollout_without_a_guardrail_is_never_go() {
    let mut bench = Bench::empty(Autopilot::Off);
    let rollout = Rollout { guardrails: vec![], ..super::bench::rollout() };
    bench.model = Model::new(std::sync::Arc::new(rollout), Autopilot::Off, false);
    bench.links();
    bench.flag(true, 25., 25.);
    assert_eq!(bench.model.verdict(), Verdict::Wait);
    assert!(commands(&bench.press(Verb::Widen, Some("free"))).is_empty());
    assert!(bench.refusal().contains("no guardrail"), "{}", bench.refusal());
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
