//! Facts from the outside: adopted, told, counted, never believed twice.

use gonogo::action::Verb;
use gonogo::domain::*;
use gonogo::engine::{Autopilot, update};
use gonogo::event::{Body, Event};

use super::bench::{Bench, commands, name, percent};

#[test]
fn a_change_by_somebody_else_is_told_and_taken_over() {
    let mut bench = Bench::live(Autopilot::Off, 5., 5.);
    bench.tick(1000);
    bench.flag(true, 25., 5.);
    let exposure = bench.model.segments[0].exposure;
    assert_eq!((exposure.desired, exposure.confirmed), (Some(percent(25.)), Some(percent(25.))));
    assert!(bench.told("changed free at web from 5% to 25%"));
    bench.tick(1000);
    bench.flag(false, 25., 5.);
    assert!(bench.told("switched the flag off at web"));
    assert_eq!(bench.model.phase(), Phase::Killed);
}

#[test]
fn a_killed_flag_that_somebody_brings_back_is_seen() {
    let mut bench = Bench::live(Autopilot::Off, 5., 5.);
    let command = commands(&bench.press(Verb::Kill, None))[0].clone();
    let state = bench.state(false, 5., 5.);
    bench.confirm(&command, state);
    bench.tick(5000);
    bench.flag(true, 5., 5.);
    assert!(bench.told("switched the flag on at web"));
    assert_ne!(bench.model.phase(), Phase::Killed);
}

#[test]
fn a_late_answer_never_overwrites_a_newer_one() {
    let mut bench = Bench::live(Autopilot::Off, 5., 5.);
    let old = bench.state(true, 5., 5.);
    bench.flag(true, 25., 5.);
    bench.event(Body::Flag { platform: name("web"), state: old });
    assert_eq!(bench.model.segments[0].exposure.confirmed, Some(percent(25.)));
}

#[test]
fn unusable_input_is_shown_once_and_counted_always() {
    let mut bench = Bench::live(Autopilot::Off, 5., 5.);
    let before = bench.model.timeline.len();
    for n in 0..1000 {
        let problem = Text::new(if n % 2 == 0 { "bad frame" } else { "\u{1b}[31mescape" });
        bench.event(Body::Problem { source: Source::new(SourceKind::Metrics, "errors"), problem });
    }
    assert_eq!((bench.model.timeline.len() - before, bench.model.problems_seen), (2, 1000));
    for n in 0..1000 {
        let problem = Text::new(&format!("invented {n}"));
        bench.event(Body::Problem { source: Source::new(SourceKind::Metrics, "errors"), problem });
    }
    assert!(bench.model.problems.len() <= 100 && bench.model.problems_seen == 2000);
}

#[test]
fn the_same_feedback_twice_is_one_piece() {
    let mut bench = Bench::live(Autopilot::Off, 5., 5.);
    let feedback =
        Feedback { id: "a".into(), segment: name("free"), arm: None, score: Some(2), text: "slow".into() };
    bench.event(Body::Feedback(feedback.clone()));
    bench.event(Body::Feedback(feedback));
    let totals = bench.model.feedback_totals;
    assert_eq!((totals.pieces, totals.duplicates, bench.model.comments.len()), (1, 1, 1));
}

#[test]
fn a_counter_restart_is_said_once_and_counting_goes_on() {
    let mut bench = Bench::live(Autopilot::Off, 25., 25.);
    bench.users("free", 300., 3., 300., 3.);
    for (units, bad) in [(50., 0.), (100., 1.), (10., 0.), (350., 2.)] {
        let counts = Some(Counts { units, bad });
        bench.sample("errors", "free", SampleValue::Counts(ByArm { treatment: counts, control: counts }));
    }
    let told = bench.model.timeline.iter().filter(|m| m.text.as_str().contains("was restarted")).count();
    let units = bench.model.segments[0].series[&name("errors")].stage.treatment.map(|c| c.units);
    assert_eq!((told, units), (1, Some(300. + 50. + 50. + 10. + 340.)));
}

#[test]
fn a_clock_that_is_wrong_is_said_once_and_counted() {
    let mut bench = Bench::live(Autopilot::Off, 5., 5.);
    let source = Source::new(SourceKind::Metrics, "errors");
    for (offset, times) in [(29_000, 3), (-31_000, 4), (90_000, 5)] {
        for _ in 0..times {
            let at = Timestamp(bench.now);
            let source_at = Some(Timestamp(bench.now + offset));
            update(&mut bench.model, &Event { at, source_at, body: Body::Heard(source.clone()) });
        }
    }
    let told = bench.model.timeline.iter().filter(|m| m.text.as_str().contains("clock of metrics errors"));
    assert_eq!(told.count(), 1);
    let link = &bench.model.links[&source];
    assert_eq!((link.skewed, link.skew_ms), (9, Some(90_000)));
}

#[test]
fn readings_without_anything_new_change_nothing_that_can_be_seen() {
    let mut bench = Bench::live(Autopilot::Off, 0., 0.);
    bench.users("free", 0., 0., 0., 0.);
    let revision = bench.model.revision;
    for _ in 0..10 {
        bench.users("free", 0., 0., 0., 0.);
        bench.quick("free", 0., 0.);
    }
    assert_eq!(bench.model.revision, revision);
}

#[test]
fn an_unreadable_share_is_a_doubt_that_holds_and_blocks_widening() {
    let mut bench = Bench::live(Autopilot::Off, 5., 5.);
    let state = FlagState {
        doubts: vec!["strategy free has the rollout \"abc\"".into()],
        ..bench.state(true, 5., 5.)
    };
    bench.event(Body::Flag { platform: name("web"), state });
    assert_eq!(bench.cell("free", Station::Data).0, Verdict::Hold);
    bench.press(Verb::Widen, Some("free"));
    assert!(bench.refusal().contains("abc"));
    assert_eq!(commands(&bench.press(Verb::Kill, None)).len(), 1);
}

#[test]
fn what_the_inbox_left_out_is_shown_and_what_it_merged_draws_nothing() {
    let mut bench = Bench::live(Autopilot::Off, 5., 5.);
    let revision = bench.model.revision;
    bench.event(Body::Traffic { refused: 0, coalesced: 5_000 });
    assert_eq!(bench.model.revision, revision);
    bench.event(Body::Traffic { refused: 7, coalesced: 5_000 });
    assert!(bench.model.revision > revision && bench.model.traffic.refused == 7);
}
