//! The clerk: written without holding the loop, said when it cannot be.

use super::*;
use crate::action::Verb;
use crate::domain::{
    Actor, FlagKey, FlagState, Ladder, Percent, Platform, PlatformName, RolloutName, Segment, SegmentName,
    Span, Stage, Timestamp, Version,
};
use crate::effect::{Change, Command, Outcome, Record};
use crate::engine::Autopilot;
use crate::event::Body;
use crate::history::{Ending, Filter};

const LONG: Duration = Duration::from_secs(20);

fn rollout() -> Arc<Rollout> {
    let ladder = Ladder::new(vec![Stage::new(Percent::FULL, Span::default(), 0)]).unwrap();
    let platform = PlatformName::new("web").unwrap();
    Arc::new(Rollout {
        name: RolloutName::new("checkout").unwrap(),
        owner: None,
        platforms: vec![Platform::new(platform, FlagKey::new("f").unwrap(), Span::default())],
        segments: vec![Segment::new(SegmentName::new("free").unwrap(), Some(10), ladder)],
        metrics: vec![],
        guardrails: vec![],
        pause_without_data: Span::default(),
        sample_ratio: true,
    })
}

/// What the journal of an earlier run says: widened to all, and confirmed.
fn journal() -> [Event; 2] {
    let shares = [(SegmentName::new("free").unwrap(), Percent::FULL)];
    let command = Command {
        id: EffectId(5),
        verb: Verb::Widen,
        platform: PlatformName::new("web").unwrap(),
        change: Change::Shares(shares.clone().into()),
        expected: None,
        actor: Actor::Autopilot,
        reason: None,
        evidence: None,
        part_of: None,
    };
    let state = FlagState {
        version: Version(2),
        on: true,
        shares: shares.into(),
        by: None,
        changed_at: None,
        doubts: vec![],
        ..FlagState::default()
    };
    let outcome = Outcome::Confirmed { state, overwrote: None };
    let line = |written_at, record| Event {
        at: Timestamp(60_000),
        source_at: None,
        body: Body::Restored { written_at: Timestamp(written_at), record },
    };
    [line(1_000, Record::Commanded { command }), line(3_000, Record::Finished { id: EffectId(5), outcome })]
}

fn feed(clerk: &mut Clerk) {
    let model = Model::new(rollout(), Autopilot::Guard, false);
    journal().iter().for_each(|event| clerk.take(event, &[], &model));
}

#[test]
fn what_the_journal_tells_of_an_earlier_run_is_written_with_the_traits_of_the_file() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("state/history.db");
    let traits = vec![Text::new("checkout")];
    let mut clerk = Clerk::start(file.clone(), rollout(), traits.clone(), Some("/x.rec".into())).unwrap();
    feed(&mut clerk);
    assert_eq!(clerk.finish(LONG), None);
    let entries = Store::open(&file).unwrap().list(&Filter::default()).unwrap();
    assert_eq!(entries.len(), 1);
    let entry = &entries[0].entry;
    assert_eq!(
        (entry.ending, entry.started, entry.ended),
        (Ending::Complete, Timestamp(1_000), Timestamp(3_000))
    );
    assert_eq!((entry.traits.clone(), entry.recording.clone()), (Some(traits), Some("/x.rec".into())));
}

#[test]
fn a_damaged_history_is_a_problem_to_be_shown_once_and_holds_nobody() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("history.db");
    std::fs::write(&file, vec![7; 8192]).unwrap();
    let mut clerk = Clerk::start(file, rollout(), Vec::new(), None).unwrap();
    feed(&mut clerk);
    let problem = loop {
        if let Some(problem) = clerk.problem() {
            break problem;
        }
        std::thread::yield_now();
    };
    assert!(problem.as_str().contains("it is damaged") && problem.as_str().contains("hint: "), "{problem}");
    feed(&mut clerk);
    assert_eq!(clerk.problem(), None);
    assert!(clerk.finish(LONG).is_some());
}

#[test]
fn without_a_finished_rollout_no_file_is_made() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("state/history.db");
    let clerk = Clerk::start(file.clone(), rollout(), Vec::new(), None).unwrap();
    assert_eq!(clerk.finish(LONG), None);
    assert!(!file.exists());
}
