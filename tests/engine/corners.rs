//! Corners of the verdicts: no control group, two platforms, counters that fall, stations that have nothing more to say.

use std::time::Duration;

use gonogo::action::Verb;
use gonogo::domain::*;
use gonogo::effect::{Change, Record};
use gonogo::engine::Autopilot;
use gonogo::event::Body;

use super::bench::{Bench, commands, name, percent, records};
use super::decisions::{errors, everybody_has_it};

fn sentence(bench: &Bench) -> String {
    bench.cell("free", Station::Errors).1
}

#[test]
fn without_control_a_disaster_after_a_healthy_hour_is_killed_and_not_only_paused() {
    let mut bench = everybody_has_it(|_| {});
    for second in 0..3_600 {
        bench.users("free", 200., f64::from(second % 2) * 2., 0., 0.);
    }
    assert_ne!(bench.cell("free", Station::Errors).0, Verdict::NoGo);
    let mut sent = Vec::new();
    for _ in 0..20 {
        sent.extend(commands(&bench.users("free", 200., 100., 0., 0.)).into_iter().cloned());
    }
    assert_eq!(sent.len(), 1, "{}", sentence(&bench));
    assert_eq!(sent[0].change, Change::Shares([(name("free"), percent(0.))].into()));
}

#[test]
fn without_control_a_proof_that_only_needs_more_users_is_said_to_need_them() {
    let mut bench = everybody_has_it(|g| g.margin = Margin::Points(0.005));
    for _ in 0..5 {
        bench.users("free", 200., 1., 0., 0.);
    }
    let told = sentence(&bench);
    assert!(
        told.starts_with("needs ") && told.contains(" more users to rule out +0.5 points of errors"),
        "{told}"
    );
    let number: String = told.chars().filter(|c| c.is_ascii_digit() || *c == ' ').collect();
    let missing: f64 = number.split_whitespace().next().and_then(|n| n.parse().ok()).expect("a number");
    let mut came = 0.;
    while bench.cell("free", Station::Errors).0 != Verdict::Go && came < 4. * missing {
        bench.users("free", 200., 1., 0., 0.);
        came += 200.;
    }
    assert!(came <= 1.5 * missing && came >= 0.5 * missing, "{came} of {missing}");
}

#[test]
fn against_a_baseline_the_missing_users_are_not_those_of_a_comparison_with_control() {
    let change = |g: &mut Guardrail| (g.compare, g.margin) = (Compare::Baseline, Margin::Points(0.005));
    let mut bench = Bench::live_of(errors(change), Autopilot::Off, 0., 0.);
    for second in 0..60 {
        bench.users("free", 0., 0., 200., f64::from(second % 2) * 2.);
    }
    bench.flag(true, 50., 0.);
    for _ in 0..6 {
        // In control it is suddenly perfect: that is nothing to this guardrail.
        bench.users("free", 100., 0.5, 100., 0.);
    }
    assert!(sentence(&bench).starts_with("needs "), "{}", sentence(&bench));
}

#[test]
fn a_threshold_says_nothing_while_nobody_has_the_feature() {
    let above = |g: &mut Guardrail| g.compare = Compare::Above { rate: 0.02, least: 100 };
    let mut bench = Bench::live_of(errors(above), Autopilot::Guard, 0., 0.);
    for _ in 0..20 {
        let effects = bench.users("free", 100., 50., 0., 0.);
        assert!(records(&effects).is_empty(), "{}", sentence(&bench));
    }
    assert_eq!(bench.cell("free", Station::Errors), (Verdict::Wait, "nobody is exposed".into()));
}

#[test]
fn a_split_that_held_holds_no_longer_where_there_is_nothing_to_split() {
    let mut bench =
        Bench::live_of(Rollout { sample_ratio: true, ..errors(|_| {}) }, Autopilot::Off, 25., 25.);
    for _ in 0..200 {
        bench.users("free", 140., 1., 300., 3.);
    }
    assert_eq!(bench.cell("free", Station::SampleRatio).0, Verdict::Hold);
    for share in [0., 100.] {
        bench.flag(true, share, 25.);
        let segment = bench.model.segment(&name("free")).expect("a segment");
        assert!(!segment.board.contains_key(&Station::SampleRatio), "{share}");
        assert!(segment.verdict < Verdict::Hold, "{share}: {:?}", segment.board);
    }
}

#[test]
fn the_users_of_the_baseline_are_those_before_anybody_had_it() {
    let baseline = |g: &mut Guardrail| g.compare = Compare::Baseline;
    let mut bench = Bench::live_of(errors(baseline), Autopilot::Off, 0., 0.);
    for _ in 0..10 {
        bench.users("free", 0., 0., 200., 2.);
    }
    bench.flag(true, 50., 0.);
    bench.users("free", 100., 50., 100., 1.);
    bench.flag(true, 0., 0.);
    // They still have it for a while.
    for _ in 0..30 {
        bench.users("free", 100., 50., 100., 1.);
    }
    for _ in 0..30 {
        bench.users("free", 0., 0., 200., 2.);
    }
    bench.flag(true, 50., 0.);
    for _ in 0..30 {
        bench.users("free", 100., 20., 100., 1.);
    }
    assert_eq!(bench.cell("free", Station::Errors).0, Verdict::NoGo, "{}", sentence(&bench));
}

#[test]
fn a_proof_without_control_counts_wandering_readings_for_less() {
    // Equal in the mean; in one of them errors come in bursts.
    let verdict = |burst: f64| {
        let mut bench =
            Bench::live_of(errors(|g| g.margin = Margin::Points(0.005)), Autopilot::Off, 50., 50.);
        let bad = |second: u32| if f64::from(second) % burst == 0. { burst } else { 0. };
        for second in 0..400 {
            bench.users("free", 100., bad(second), 100., bad(second));
        }
        bench.flag(true, 100., 50.);
        let mut seconds = 0;
        while bench.cell("free", Station::Errors).0 != Verdict::Go && seconds < 2_000 {
            bench.users("free", 100., bad(seconds), 0., 0.);
            seconds += 1;
        }
        let segment = bench.model.segment(&name("free")).expect("a segment");
        segment.board[&Station::Errors].evidence.treatment.map_or(0., |(units, _)| units)
    };
    assert!(verdict(10.) > 1.2 * verdict(1.), "{} {}", verdict(10.), verdict(1.));
}

#[test]
fn a_segment_that_speaks_against_it_is_not_stopped_for_another_one() {
    // Just before its own threshold, with a healthy segment beside it.
    let mut bad = 20.;
    let ln = |bench: &Bench| {
        let evidence =
            &bench.model.segment(&name("free")).expect("a segment").board[&Station::Errors].evidence;
        (evidence.ln_e.unwrap_or_default(), evidence.ln_threshold.unwrap_or_default())
    };
    let at = |bad: f64| {
        let mut bench = Bench::live_of(errors(|_| {}), Autopilot::Guard, 50., 50.);
        bench.users("enterprise", 1000., 3., 1000., 5.);
        bench.users("free", 1000., bad, 1000., 1.);
        bench
    };
    let (mut low, mut high) = (0., bad);
    for _ in 0..60 {
        bad = f64::midpoint(low, high);
        let bench = at(bad);
        let is_over = bench.cell("free", Station::Errors).0 == Verdict::NoGo && ln(&bench).0 >= ln(&bench).1;
        if is_over { high = bad } else { low = bad }
    }
    for bench in [at(low), at(high)] {
        assert_ne!(
            bench.cell("enterprise", Station::Errors).0,
            Verdict::NoGo,
            "{}",
            bench.cell("enterprise", Station::Errors).1
        );
    }
}

/// Control's counters, as they are read; treatment has 20 of 200 bad in each reading, and so has control.
fn outage(control: impl Fn(f64) -> (f64, f64)) -> Verdict {
    let mut bench = Bench::live_of(errors(|_| {}), Autopilot::Guard, 50., 50.);
    for n in 0..40_u32 {
        bench.now += 500;
        bench.flag_heard();
        let (units, bad) = control(f64::from(n));
        let treatment =
            Some(Counts { units: 100_000. + 200. * f64::from(n), bad: 1_000. + 20. * f64::from(n) });
        let arms = ByArm { treatment, control: Some(Counts { units, bad }) };
        bench.sample("errors", "free", SampleValue::Counts(arms));
    }
    bench.cell("free", Station::Errors).0
}

#[test]
fn a_part_of_a_sum_of_counters_that_restarts_in_an_outage_is_not_blamed_on_the_feature() {
    assert_ne!(outage(|n| (100_000. + 200. * n, 1_000. + 20. * n)), Verdict::NoGo);
    // One of four instances restarts: the sum falls by its part, and what is left is the past.
    let part = |n: f64| if n < 20. { 1. } else { 0.75 };
    let fallen = outage(|n| (100_000. * part(n) + 200. * n, 1_000. * part(n) + 20. * n));
    assert_ne!(fallen, Verdict::NoGo, "units and bad units fall");
    // The instances that had the bad ones are gone, the sum of units grows on.
    let alone = outage(|n| (100_000. + 200. * n, if n < 20. { 1_000. + 20. * n } else { 20. * (n - 20.) }));
    assert_ne!(alone, Verdict::NoGo, "bad units fall alone");
    let once = outage(|n| (100_000. + 200. * n, if n == 20. { 0. } else { 1_000. + 20. * n }));
    assert_ne!(once, Verdict::NoGo, "bad units are not there in one reading");
}

#[test]
fn an_interval_of_any_length_is_no_panic() {
    let mut rollout = errors(|_| {});
    rollout.metrics[0].interval = Span(Duration::MAX);
    let mut bench = Bench::live_of(rollout, Autopilot::Full, 25., 25.);
    bench.users("free", 600., 6., 1200., 12.);
    assert_ne!(bench.cell("free", Station::Errors).0, Verdict::NoGo);
}

/// A rollout on two platforms, `web` and `store`.
fn two_platforms(mut rollout: Rollout, autopilot: Autopilot) -> Bench {
    let store = Platform::new(name("store"), name("checkout-v2"), Span(Duration::from_secs(5)));
    rollout.platforms.push(store);
    let mut bench = Bench::of(rollout, autopilot);
    bench.links();
    bench.event(Body::Link { source: Source::new(SourceKind::Flags, "store"), state: LinkState::Live });
    bench
}

fn flag(bench: &mut Bench, platform: &str, free: f64) {
    let state = bench.state(true, free, 0.);
    bench.event(Body::Flag { platform: name(platform), state });
}

fn users(bench: &mut Bench, treatment: f64, control: f64) {
    bench.event(Body::Heard(Source::new(SourceKind::Flags, "store")));
    bench.users("free", treatment, treatment / 100., control, control / 100.);
}

#[test]
fn a_split_is_counted_from_when_the_last_platform_serves_it() {
    let mut rollout = Rollout { sample_ratio: true, ..errors(|_| {}) };
    rollout.platforms[0].reach = Span(Duration::from_secs(10));
    let mut bench = two_platforms(rollout, Autopilot::Off);
    flag(&mut bench, "web", 25.);
    flag(&mut bench, "store", 5.);
    bench.users("free", 0., 0., 0., 0.);
    // Long after the first platform.
    for _ in 0..120 {
        users(&mut bench, 1_500., 8_500.);
    }
    flag(&mut bench, "store", 25.);
    // Its users are not served yet for some seconds.
    for _ in 0..16 {
        users(&mut bench, 1_500., 8_500.);
    }
    for _ in 0..20 {
        users(&mut bench, 2_500., 7_500.);
    }
    let (verdict, sentence) = bench.cell("free", Station::SampleRatio);
    assert_ne!(verdict, Verdict::Hold, "{sentence}");
}

#[test]
fn a_stage_bakes_from_when_the_last_platform_has_it() {
    let mut bench = two_platforms(errors(|_| {}), Autopilot::Full);
    flag(&mut bench, "web", 25.);
    flag(&mut bench, "store", 5.);
    bench.users("free", 0., 0., 0., 0.);
    for _ in 0..40 {
        users(&mut bench, 100., 300.);
    }
    flag(&mut bench, "store", 25.);
    let segment = bench.model.segment(&name("free")).expect("a segment");
    assert_eq!(bench.model.bake_left(segment), Some(Duration::from_secs(10)));
}

#[test]
fn a_platform_that_is_behind_needs_the_go_of_its_own_next_stage() {
    let mut bench = two_platforms(super::pilot::rollout(), Autopilot::Full);
    // Somebody took web to 50 % outside, which needs the captain's go.
    flag(&mut bench, "web", 50.);
    flag(&mut bench, "store", 5.);
    bench.users("free", 0., 0., 0., 0.);
    let mut sent = Vec::new();
    for _ in 0..60 {
        users(&mut bench, 1_000., 1_000.);
        bench.quick("free", 1_000., 1_000.);
        sent.extend(commands(&bench.tick(0)).into_iter().cloned());
    }
    assert!(sent.is_empty(), "{sent:?}");
    let free = bench.model.segment(&name("free")).expect("a segment");
    let told = gonogo::engine::autopilot::obstacle(&bench.model, free).map(|text| text.to_string());
    assert_eq!(told.as_deref(), Some("waits for captain's go"));
    let request =
        gonogo::action::Request { role: Some(name("captain")), ..bench.request(Verb::Approve, Some("free")) };
    let given = bench.ask(request);
    assert!(
        matches!(records(&given)[..], [Record::Approved { exposure, .. }] if *exposure == percent(50.)),
        "{}",
        bench.refusal()
    );
    sent.extend(commands(&bench.tick(0)).into_iter().cloned());
    assert_eq!(sent.iter().map(|c| c.platform.to_string()).collect::<Vec<_>>(), ["store"]);
}

/// Readings that have no treatment in them any more, while control goes on.
fn without_treatment(bench: &mut Bench) -> (Verdict, String) {
    for n in 1..20 {
        bench.now += 500;
        bench.flag_heard();
        let control = Some(Counts { units: 60_000. + 100. * f64::from(n), bad: 60. });
        bench.sample("errors", "free", SampleValue::Counts(ByArm { treatment: None, control }));
    }
    bench.cell("free", Station::Errors)
}

#[test]
fn treatment_that_vanishes_is_no_go_of_any_kind_of_guardrail() {
    let stopped = (Verdict::Hold, "errors has stopped telling about treatment".to_owned());
    let mut bench = everybody_has_it(|_| {});
    for second in 0..30 {
        bench.users("free", 200., f64::from(second % 2) * 2., 0., 0.);
    }
    assert_eq!(bench.cell("free", Station::Errors).0, Verdict::Go, "{}", sentence(&bench));
    assert_eq!(without_treatment(&mut bench), stopped);
    let above = |g: &mut Guardrail| g.compare = Compare::Above { rate: 0.5, least: 100 };
    let mut bench = Bench::live_of(errors(above), Autopilot::Off, 25., 25.);
    for _ in 0..30 {
        bench.users("free", 100., 1., 300., 3.);
    }
    assert_eq!(bench.cell("free", Station::Errors).0, Verdict::Go);
    assert_eq!(without_treatment(&mut bench), stopped);
}

#[test]
fn numbers_beyond_all_counting_blind_nothing() {
    let mut bench = Bench::live_of(errors(|_| {}), Autopilot::Off, 25., 25.);
    for huge in [8e307, 0.] {
        let counts = Some(Counts { units: huge, bad: huge * 0.9 });
        bench.sample("errors", "free", SampleValue::Counts(ByArm { treatment: counts, control: counts }));
    }
    for _ in 0..30 {
        bench.users("free", 100., 1., 300., 3.);
    }
    bench.break_segment("free");
    assert_eq!(bench.cell("free", Station::Errors).0, Verdict::NoGo, "{}", sentence(&bench));
}

#[test]
fn a_person_who_resumes_without_data_is_not_paused_again_for_the_same_silence() {
    let mut bench = Bench::live_of(errors(|_| {}), Autopilot::Guard, 25., 25.);
    let silence = |bench: &mut Bench, seconds: u32| {
        for _ in 0..seconds {
            bench.tick(1_000);
            bench.flag_heard();
        }
    };
    silence(&mut bench, 70);
    assert_eq!((bench.phase("free"), bench.phase("enterprise")), (Phase::Paused, Phase::Paused));
    bench.press(Verb::Resume, Some("free"));
    silence(&mut bench, 70);
    assert_eq!((bench.phase("free"), bench.phase("enterprise")), (Phase::Holding, Phase::Paused));
    // It is back, and lost once more.
    bench.users("free", 100., 1., 300., 3.);
    silence(&mut bench, 70);
    assert_eq!(bench.phase("free"), Phase::Paused);
}
