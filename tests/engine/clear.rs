//! A person's clear: what starts anew, and what must not be lost by it.

use gonogo::action::{Request, Verb};
use gonogo::domain::*;
use gonogo::effect::{Effect, Record};
use gonogo::engine::Autopilot;
use gonogo::event::Body;

use super::bench::{Bench, commands, name, records, rollout};

fn errors(sample_ratio: bool) -> Rollout {
    let mut rollout = Rollout { sample_ratio, ..rollout() };
    rollout.guardrails.truncate(1);
    rollout
}

fn clear(bench: &mut Bench) -> Vec<Effect> {
    bench.ask(Request { reason: Some("mended".into()), ..bench.request(Verb::Clear, Some("free")) })
}

fn split(bench: &Bench) -> (Verdict, String) {
    bench.cell("free", Station::SampleRatio)
}

/// A quarter was asked for, a third came.
fn uneven() -> Bench {
    let mut bench = Bench::live_of(errors(true), Autopilot::Off, 25., 25.);
    for _ in 0..200 {
        bench.users("free", 140., 1., 300., 3.);
    }
    assert_eq!(split(&bench).0, Verdict::Hold);
    bench
}

#[test]
fn a_split_that_holds_can_be_cleared_and_is_counted_anew() {
    let mut bench = uneven();
    for _ in 0..200 {
        bench.users("free", 100., 1., 300., 3.);
    }
    assert_eq!(split(&bench).0, Verdict::Hold, "it never goes by itself within a stage");
    let effects = clear(&mut bench);
    assert!(matches!(records(&effects)[..], [Record::Cleared { .. }]), "{}", bench.refusal());
    assert!(bench.told("sample ratio"));
    for _ in 0..50 {
        bench.users("free", 100., 1., 300., 3.);
    }
    let (verdict, sentence) = split(&bench);
    assert!(verdict == Verdict::Go && sentence.starts_with("5,000 of 20,000"), "{sentence}");
    // It is still wrong: it is found again.
    for _ in 0..200 {
        bench.users("free", 160., 1., 300., 3.);
    }
    assert_eq!(split(&bench).0, Verdict::Hold);
}

#[test]
fn what_is_well_has_nothing_to_clear() {
    let mut bench = Bench::live_of(errors(true), Autopilot::Off, 25., 25.);
    for _ in 0..50 {
        bench.users("free", 100., 1., 300., 3.);
    }
    assert!(clear(&mut bench).is_empty());
    assert!(bench.refusal().contains("nothing to clear"), "{}", bench.refusal());
}

#[test]
fn clearing_a_split_alone_keeps_the_evidence_about_errors() {
    let mut bench = uneven();
    bench.users("free", 100., 5., 300., 3.);
    let ln_e = |bench: &Bench| {
        bench.model.segment(&name("free")).expect("a segment").board[&Station::Errors].evidence.ln_e
    };
    let before = ln_e(&bench);
    clear(&mut bench);
    bench.users("free", 0., 0., 0., 0.);
    assert_eq!(ln_e(&bench), before);
}

#[test]
fn clearing_a_no_go_counts_the_split_anew_also_when_the_journal_says_so() {
    let mut bench = uneven();
    bench.break_segment("free");
    let effects = clear(&mut bench);
    assert_eq!(split(&bench).0, Verdict::Wait);
    let mut other = uneven();
    let (written_at, record) = (Timestamp(other.now), records(&effects)[0].clone());
    other.event(Body::Restored { written_at, record });
    assert_eq!(split(&other).0, Verdict::Wait);
}

#[test]
fn a_clear_when_everybody_has_it_does_not_forget_what_is_usual() {
    let mut bench = Bench::live_of(errors(false), Autopilot::Guard, 50., 50.);
    for second in 0..60 {
        let bad = f64::from(second % 2);
        bench.users("free", 100., bad, 100., bad);
    }
    bench.flag(true, 100., 50.);
    let broken = |bench: &mut Bench| -> Vec<_> {
        (0..60)
            .flat_map(|_| bench.users("free", 200., 80., 0., 0.))
            .filter(|effect| matches!(effect, Effect::Command(_)))
            .collect()
    };
    assert_eq!(commands(&broken(&mut bench)).len(), 1);
    bench.flag(true, 100., 50.);
    clear(&mut bench);
    assert_ne!(bench.cell("free", Station::Errors).0, Verdict::NoGo);
    broken(&mut bench);
    assert_eq!(
        bench.cell("free", Station::Errors).0,
        Verdict::NoGo,
        "{:?}",
        bench.cell("free", Station::Errors)
    );
}
