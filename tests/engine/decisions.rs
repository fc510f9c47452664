//! How a verdict is reached: M1 with its twin, M2, M3, M4, plain thresholds, and all segments together.

use gonogo::domain::*;
use gonogo::effect::Change;
use gonogo::engine::Autopilot;

use super::bench::{Bench, commands, name, percent, rollout};

/// Only the errors guardrail, changed as the test wants it.
pub fn errors(change: impl FnOnce(&mut Guardrail)) -> Rollout {
    let mut rollout = rollout();
    rollout.guardrails.truncate(1);
    change(&mut rollout.guardrails[0]);
    rollout
}

fn free(bench: &Bench) -> &gonogo::engine::model::Cell {
    &bench.model.segment(&name("free")).expect("a segment").board[&Station::Errors]
}

#[test]
fn a_late_onset_is_seen_by_the_twin_long_before_the_whole_is_bad() {
    let mut bench = Bench::live_of(errors(|_| {}), Autopilot::Off, 50., 50.);
    for _ in 0..1_800 {
        bench.users("free", 200., 1., 200., 1.);
    }
    let mut seconds = 0;
    while free(&bench).verdict != Verdict::NoGo && seconds < 120 {
        bench.users("free", 200., 4., 200., 1.);
        seconds += 1;
    }
    let cell = free(&bench);
    assert!(seconds <= 25, "{seconds} s: {}", cell.evidence.sentence);
    assert_eq!(cell.evidence.method, Method::Twin, "{}", cell.evidence.sentence);
    assert!(cell.evidence.sentence.contains("of late: R ="), "{}", cell.evidence.sentence);
}

#[test]
fn control_without_a_single_error_is_enough_to_fire() {
    let mut bench = Bench::live_of(errors(|_| {}), Autopilot::Off, 50., 50.);
    // The segment has half of .01, the cumulative part half of that: e = 400 is needed.
    for _ in 0..11 {
        bench.users("free", 50., 1., 50., 0.);
        assert_ne!(free(&bench).verdict, Verdict::NoGo);
    }
    for _ in 0..3 {
        bench.users("free", 50., 1., 50., 0.);
    }
    assert_eq!(free(&bench).verdict, Verdict::NoGo, "{}", free(&bench).evidence.sentence);
}

#[test]
fn what_no_segment_has_enough_of_all_have_together() {
    let mut bench = Bench::live_of(errors(|_| {}), Autopilot::Guard, 50., 50.);
    let mut sent = Vec::new();
    let mut alone = true;
    for _ in 0..30 {
        for segment in ["free", "enterprise"] {
            let effects = bench.users(segment, 100., 3., 100., 1.);
            sent.extend(commands(&effects).into_iter().cloned());
        }
        if !sent.is_empty() {
            break;
        }
        alone = false;
    }
    assert!(!alone, "one segment's own evidence came first");
    let sentence = &free(&bench).evidence.sentence;
    assert_eq!(free(&bench).evidence.method, Method::Together, "{sentence}");
    assert!(sentence.starts_with("2 exposed segments together: e ="), "{sentence}");
    assert_eq!(bench.cell("enterprise", Station::Errors).0, Verdict::NoGo);
    assert_eq!(sent.last().map(|command| &command.change), Some(&Change::Off), "{sent:?}");
}

#[test]
fn a_segment_that_has_its_no_go_does_not_drag_the_others_down() {
    let mut bench = Bench::live_of(errors(|_| {}), Autopilot::Off, 50., 50.);
    for _ in 0..60 {
        bench.users("free", 100., 30., 100., 1.);
        bench.users("enterprise", 100., 1., 100., 1.);
    }
    assert_eq!(free(&bench).verdict, Verdict::NoGo);
    assert_eq!(bench.cell("enterprise", Station::Errors).0, Verdict::Go);
}

#[test]
fn a_go_is_proof_and_until_then_it_says_what_is_missing_and_when() {
    let mut bench = Bench::live_of(errors(|g| g.margin = Margin::Points(0.01)), Autopilot::Off, 25., 25.);
    for _ in 0..6 {
        bench.users("free", 100., 1., 300., 3.);
    }
    let cell = free(&bench);
    assert_eq!(cell.verdict, Verdict::Wait, "{}", cell.evidence.sentence);
    let sentence = &cell.evidence.sentence;
    assert!(
        sentence.starts_with("needs ")
            && sentence.contains("more users to rule out +1 point of errors, about")
    );
    assert!(cell.evidence.bound > cell.evidence.limit, "{:?}", cell.evidence);
    for _ in 0..60 {
        bench.users("free", 100., 1., 300., 3.);
    }
    let cell = free(&bench);
    assert_eq!(cell.verdict, Verdict::Go, "{}", cell.evidence.sentence);
    assert!(
        cell.evidence.sentence.ends_with("+1 point of errors is ruled out"),
        "{}",
        cell.evidence.sentence
    );
    assert!(cell.evidence.bound <= cell.evidence.limit, "{:?}", cell.evidence);
}

#[test]
fn not_yet_significantly_worse_is_no_go_to_widen() {
    let mut bench = Bench::live_of(errors(|g| g.margin = Margin::Relative(0.1)), Autopilot::Off, 25., 25.);
    for _ in 0..200 {
        bench.users("free", 100., 1., 300., 3.);
    }
    let cell = free(&bench);
    assert_eq!(cell.verdict, Verdict::Wait, "{}", cell.evidence.sentence);
    assert!(cell.evidence.sentence.contains("to rule out +10 % errors"), "{}", cell.evidence.sentence);
}

#[test]
fn a_split_that_is_not_as_asked_for_holds_and_does_not_stop_a_no_go() {
    let split = || Rollout { sample_ratio: true, ..errors(|_| {}) };
    let mut bench = Bench::live_of(split(), Autopilot::Off, 25., 25.);
    for _ in 0..200 {
        bench.users("free", 100., 1., 300., 3.);
    }
    assert_eq!(bench.cell("free", Station::SampleRatio).0, Verdict::Go);
    let mut bench = Bench::live_of(split(), Autopilot::Off, 25., 25.);
    for _ in 0..200 {
        bench.users("free", 140., 1., 300., 3.);
    }
    let (verdict, sentence) = bench.cell("free", Station::SampleRatio);
    assert_eq!(verdict, Verdict::Hold, "{sentence}");
    assert!(sentence.contains("31.8") && sentence.contains("against 25% asked for"), "{sentence}");
    bench.break_segment("free");
    assert_eq!(free(&bench).verdict, Verdict::NoGo);
}

/// Half of free exposed and healthy for a while, then all of it: there is no control any more.
pub fn everybody_has_it(change: impl FnOnce(&mut Guardrail)) -> Bench {
    let mut bench = Bench::live_of(errors(change), Autopilot::Guard, 50., 50.);
    for second in 0..60 {
        let bad = f64::from(second % 2);
        bench.users("free", 100., bad, 100., bad);
    }
    bench.flag(true, 100., 50.);
    bench
}

#[test]
fn without_control_it_is_held_against_what_was_before_and_says_so() {
    let mut bench = everybody_has_it(|_| {});
    for second in 0..60 {
        bench.users("free", 200., f64::from(second % 2) * 2., 0., 0.);
    }
    let cell = free(&bench);
    assert_eq!((cell.verdict, cell.evidence.method), (Verdict::Go, Method::Uncontrolled));
    assert!(cell.evidence.sentence.starts_with("uncontrolled: "), "{}", cell.evidence.sentence);
}

#[test]
fn without_control_worse_pauses_and_only_much_worse_kills() {
    let mut bench = everybody_has_it(|_| {});
    let mut sent = Vec::new();
    for _ in 0..60 {
        sent.extend(commands(&bench.users("free", 200., 6., 0., 0.)).into_iter().cloned());
    }
    assert_eq!(free(&bench).verdict, Verdict::NoGo, "{}", free(&bench).evidence.sentence);
    assert!(sent.is_empty(), "an outage of everything must not kill the feature: {sent:?}");
    assert_eq!(bench.phase("free"), Phase::Paused);
    // It gets much worse: then it is killed after all.
    for _ in 0..120 {
        sent.extend(commands(&bench.users("free", 200., 60., 0., 0.)).into_iter().cloned());
    }
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0].change, Change::Shares([(name("free"), percent(0.))].into()));
}

#[test]
fn a_segment_that_begins_with_everybody_has_nothing_to_compare_with() {
    let mut bench = Bench::live_of(errors(|_| {}), Autopilot::Guard, 100., 50.);
    for _ in 0..60 {
        let effects = bench.users("free", 200., 100., 0., 0.);
        assert!(effects.is_empty());
    }
    let cell = free(&bench);
    assert_eq!(cell.verdict, Verdict::Wait);
    assert!(
        cell.evidence.sentence.contains("too little was seen of control before"),
        "{}",
        cell.evidence.sentence
    );
}

#[test]
fn a_baseline_is_what_was_before_anybody_had_it() {
    let mut bench = Bench::live_of(errors(|g| g.compare = Compare::Baseline), Autopilot::Guard, 0., 0.);
    for second in 0..60 {
        bench.users("free", 0., 0., 200., f64::from(second % 2) * 2.);
    }
    assert_eq!(free(&bench).verdict, Verdict::Wait);
    bench.flag(true, 50., 0.);
    for _ in 0..60 {
        bench.users("free", 100., 10., 100., 10.);
    }
    let cell = free(&bench);
    assert_eq!((cell.verdict, cell.evidence.method), (Verdict::NoGo, Method::Uncontrolled));
}

#[test]
fn a_plain_threshold_needs_its_least_count() {
    let above = |g: &mut Guardrail| {
        g.compare = Compare::Above { rate: 0.02, least: 2_000 };
        g.unit = Unit::Request;
    };
    let mut bench = Bench::live_of(errors(above), Autopilot::Guard, 50., 50.);
    let mut sent = Vec::new();
    for _ in 0..19 {
        sent.extend(commands(&bench.users("free", 100., 5., 100., 5.)).into_iter().cloned());
    }
    assert!(sent.is_empty());
    assert_eq!(free(&bench).verdict, Verdict::Wait);
    sent.extend(commands(&bench.users("free", 100., 5., 100., 5.)).into_iter().cloned());
    assert_eq!(sent.len(), 1, "{}", free(&bench).evidence.sentence);
    assert!(free(&bench).evidence.sentence.contains("5 % against 2 % allowed"));
}

#[test]
fn a_new_stage_holds_latency_against_what_control_showed_last() {
    let mut bench = Bench::live(Autopilot::Off, 25., 25.);
    let mut at_most = ([0.; 4], [0.; 4]);
    let mut second = |bench: &mut Bench, shares: [f64; 4]| {
        for arm in [&mut at_most.0, &mut at_most.1] {
            arm.iter_mut().zip(shares).for_each(|(sum, share)| *sum += share * 1000.);
        }
        bench.now += 500;
        bench.flag_heard();
        let arm = |at_most: &[f64; 4], total: f64| Some(Histogram { at_most: at_most.to_vec(), total });
        let total = at_most.0[3];
        let arms = ByArm { treatment: arm(&at_most.0, total), control: arm(&at_most.1, total) };
        let bounds = vec![100., 200., 400., 800.];
        bench.sample("latency", "free", SampleValue::Histogram { bounds, arms });
    };
    let slow_bound = |bench: &Bench| {
        let board = &bench.model.segment(&name("free")).expect("a segment").board;
        board[&Station::Latency].evidence.sentence.clone()
    };
    for _ in 0..5 {
        second(&mut bench, [0.5, 0.99, 1.0, 1.0]);
    }
    // Everything got slower in both arms: nobody's fault, but the bounds are of another day.
    for _ in 0..5 {
        second(&mut bench, [0.0, 0.1, 0.5, 1.0]);
    }
    assert_ne!(bench.cell("free", Station::Latency).0, Verdict::NoGo, "{}", slow_bound(&bench));
    bench.flag(true, 50., 25.);
    for _ in 0..3 {
        second(&mut bench, [0.0, 0.1, 0.5, 1.0]);
    }
    let sentence = slow_bound(&bench);
    assert!(!sentence.contains("slower than 100 ms"), "{sentence}");
}

#[test]
fn coalescing_and_a_restarted_source_do_not_change_a_verdict() {
    let verdict = |bad: f64, every: usize, restart: bool| {
        let mut bench = Bench::live_of(errors(|_| {}), Autopilot::Off, 50., 50.);
        let mut base = 0.;
        for second in 1..=600_usize {
            let n = second as f64;
            if restart && second == 300 {
                base = n;
            }
            if second % every == 0 {
                bench.now += 500 * every as i64;
                bench.flag_heard();
                let arm = |rate: f64| {
                    Some(Counts { units: (n - base) * 50., bad: ((n - base) * 50. * rate).floor() })
                };
                let arms = ByArm { treatment: arm(bad), control: arm(0.02) };
                bench.sample("errors", "free", SampleValue::Counts(arms));
            }
        }
        free(&bench).verdict
    };
    for bad in [0.02, 0.08] {
        let expected = verdict(bad, 1, false);
        assert_eq!(expected, if bad > 0.05 { Verdict::NoGo } else { Verdict::Go });
        for (every, restart) in [(5, false), (30, false), (1, true), (5, true)] {
            assert_eq!(verdict(bad, every, restart), expected, "every {every}, restart {restart}, {bad}");
        }
    }
}

#[test]
fn nothing_that_is_no_evidence_ever_speaks_for_or_against() {
    for compare in [Compare::Control, Compare::Baseline, Compare::Above { rate: 0.01, least: 1 }] {
        let mut bench = Bench::live_of(errors(|g| g.compare = compare), Autopilot::Guard, 100., 100.);
        for bad in [f64::NAN, f64::INFINITY, -1.0] {
            let counts = Some(Counts { units: bad, bad });
            let effects = bench.sample(
                "errors",
                "free",
                SampleValue::Counts(ByArm { treatment: counts, control: counts }),
            );
            assert!(effects.is_empty(), "{compare:?}");
            assert!(!matches!(free(&bench).verdict, Verdict::Go | Verdict::NoGo), "{compare:?}");
        }
        bench.tick(60_000);
        assert!(!matches!(free(&bench).verdict, Verdict::Go | Verdict::NoGo), "{compare:?}");
    }
}

#[test]
fn an_arm_that_vanishes_from_the_readings_holds() {
    let mut bench = Bench::live_of(errors(|_| {}), Autopilot::Full, 25., 25.);
    for _ in 0..60 {
        bench.users("free", 100., 1., 300., 3.);
    }
    assert_eq!(free(&bench).verdict, Verdict::Go);
    for n in 1..20 {
        bench.now += 500;
        bench.flag_heard();
        let treatment = Some(Counts { units: 6_000. + 100. * f64::from(n), bad: 60. });
        bench.sample("errors", "free", SampleValue::Counts(ByArm { treatment, control: None }));
    }
    let cell = free(&bench);
    assert_eq!(cell.verdict, Verdict::Hold);
    assert_eq!(cell.evidence.sentence, "errors has stopped telling about control");
}

#[test]
fn when_it_will_be_there_is_told_from_the_rate_of_this_stage() {
    let mut bench = Bench::live_of(errors(|_| {}), Autopilot::Off, 0., 50.);
    for _ in 0..60 {
        bench.users("free", 0., 0., 100., 1.);
    }
    bench.flag(true, 50., 50.);
    for _ in 0..6 {
        bench.users("free", 50., 0., 50., 0.);
    }
    // 100 users a second since three seconds, counted in whole ones; over the half minute before it would be 20 s.
    let sentence = &free(&bench).evidence.sentence;
    let told =
        ["1 s", "2 s"].map(|time| format!("needs 200 more users in treatment, about {time} at this rate"));
    assert!(told.contains(sentence), "{sentence}");
}
