//! Rollouts by hand, and the numbers that they must come to.

use std::collections::BTreeMap;

use super::*;
use crate::domain::{
    Actor, Evidence, FlagKey, Guardrail, Ladder, MetricName, Platform, Response, RolloutName, Segment, Span,
    Stage, Station, Version,
};

const MINUTE: i64 = 60_000;

fn name(text: &str) -> SegmentName {
    SegmentName::new(text).unwrap()
}

fn percent(share: u32) -> Percent {
    Percent::from_ppm(share * 10_000)
}

/// Two segments of 1,000 and 10,000 customers, 10 % and then all, on two platforms.
fn rollout() -> Rollout {
    let stages = || [10, 100].map(|share| Stage::new(percent(share), Span::default(), 0)).to_vec();
    let segment = |of: &str, size| Segment::new(name(of), Some(size), Ladder::new(stages()).unwrap());
    let platform =
        |of: &str| Platform::new(PlatformName::new(of).unwrap(), FlagKey::new("f").unwrap(), Span::default());
    let errors = MetricName::new("errors").unwrap();
    Rollout {
        name: RolloutName::new("checkout").unwrap(),
        owner: Some(Text::new("payments")),
        platforms: vec![platform("web"), platform("ios")],
        segments: vec![segment("beta", 1_000), segment("free", 10_000)],
        metrics: vec![],
        guardrails: vec![Guardrail::new(GuardrailName::new("errors").unwrap(), Station::Errors, errors)],
        pause_without_data: Span::default(),
        sample_ratio: true,
    }
}

/// Writes a journal, one command and its confirmation at a time.
struct Story {
    tally: Tally,
    next: u64,
    shares: BTreeMap<SegmentName, Percent>,
    on: bool,
}

impl Story {
    fn new() -> Self {
        let shares = [(name("beta"), Percent::ZERO), (name("free"), Percent::ZERO)].into();
        Self { tally: Tally::new(Arc::new(rollout())), next: 0, shares, on: true }
    }

    /// A command at one platform.
    fn ask(&mut self, at: i64, platform: &str, verb: Verb, change: &Change, actor: Actor) -> EffectId {
        self.next += 1;
        let command = Command {
            id: EffectId(self.next),
            verb,
            platform: PlatformName::new(platform).unwrap(),
            change: change.clone(),
            expected: None,
            actor,
            reason: Some(Text::new("because")),
            evidence: None,
            part_of: None,
        };
        self.tally.record(Timestamp(at), &Record::Commanded { command });
        EffectId(self.next)
    }

    fn confirm(&mut self, at: i64, id: EffectId) {
        let state = FlagState {
            version: Version(self.next),
            on: self.on,
            shares: self.shares.clone(),
            by: None,
            changed_at: None,
            doubts: vec![],
            ..FlagState::default()
        };
        let outcome = Outcome::Confirmed { state, overwrote: None };
        self.tally.record(Timestamp(at), &Record::Finished { id, outcome });
    }

    /// A command to both platforms, confirmed at both a second after it was asked for.
    fn act(&mut self, at: i64, verb: Verb, change: Change) {
        let ids = ["web", "ios"]
            .map(|platform| self.ask(at, platform, verb, &change, Actor::Person(Text::new("ann"))));
        match change {
            Change::Off => self.on = false,
            Change::Shares(shares) => self.shares.extend(shares),
            Change::On(shares) => {
                self.on = true;
                self.shares.extend(shares);
            }
            Change::Freeze(_) | Change::Weights(_) => {}
        }
        ids.into_iter().for_each(|id| self.confirm(at + 1_000, id));
    }

    fn widen(&mut self, at: i64, segment: &str, share: u32) {
        self.act(at, Verb::Widen, Change::Shares([(name(segment), percent(share))].into()));
    }

    fn complete(&mut self) {
        self.widen(0, "beta", 10);
        self.widen(10 * MINUTE, "beta", 100);
        self.widen(20 * MINUTE, "free", 10);
        self.widen(30 * MINUTE, "free", 100);
    }

    fn latch(&mut self, at: i64, segment: &str) {
        let record = Record::Latched {
            segment: name(segment),
            station: Station::Errors,
            guardrail: GuardrailName::new("errors").unwrap(),
            evidence: Evidence::of("ten times as many", Timestamp(at)),
            response: Some(Response::Kill),
        };
        self.tally.record(Timestamp(at), &record);
    }

    fn entry(&self) -> Entry {
        self.tally.ended().expect("it has ended")
    }
}

#[test]
fn a_rollout_is_complete_when_the_last_platform_of_the_last_segment_is_at_the_top() {
    let mut story = Story::new();
    story.widen(5_000, "beta", 10);
    story.widen(10 * MINUTE, "beta", 100);
    story.widen(20 * MINUTE, "free", 10);
    assert_eq!(story.tally.ended(), None);
    let full = Change::Shares([(name("free"), percent(100))].into());
    let ids =
        ["web", "ios"].map(|platform| story.ask(30 * MINUTE, platform, Verb::Widen, &full, Actor::Autopilot));
    story.shares.insert(name("free"), percent(100));
    story.confirm(31 * MINUTE, ids[0]);
    assert_eq!(story.tally.ended(), None, "ios has not answered");
    story.confirm(32 * MINUTE, ids[1]);

    let entry = story.entry();
    assert_eq!((entry.ending, entry.first_command), (Ending::Complete, EffectId(1)));
    assert_eq!((entry.started, entry.ended), (Timestamp(5_000), Timestamp(32 * MINUTE)));
    assert_eq!((entry.kills.len(), entry.roll_backs, entry.no_gos), (0, 0, 0));
    assert_eq!(entry.exposed, Some(11_000));
    assert_eq!(entry.owner, Some(Text::new("payments")));
}

#[test]
fn a_kill_of_everything_at_two_platforms_is_one_kill_from_its_no_go_to_the_last_platform() {
    let mut story = Story::new();
    story.widen(0, "beta", 100);
    story.widen(10 * MINUTE, "free", 10);
    story.latch(15 * MINUTE, "free");
    // Another cockpit writes the same down.
    story.latch(15 * MINUTE + 20, "free");
    let at = 15 * MINUTE + 50;
    let ids =
        ["web", "ios"].map(|platform| story.ask(at, platform, Verb::Kill, &Change::Off, Actor::Autopilot));
    story.on = false;
    story.confirm(at + 300, ids[1]);
    assert_eq!(story.tally.ended(), None, "web is not proven off");
    story.confirm(at + 1_950, ids[0]);

    let entry = story.entry();
    assert_eq!((entry.ending, entry.no_gos), (Ending::Killed, 1));
    assert_eq!(entry.kills.len(), 1);
    let kill = &entry.kills[0];
    assert_eq!((kill.scope.as_str(), kill.actor.as_str()), ("everything", "autopilot"));
    assert_eq!(kill.detected_to_off(), Some(Duration::from_millis(2_000)));
    assert_eq!(entry.ended, Timestamp(15 * MINUTE + 2_000));
    // 1,000 in beta, and a tenth of 10,000 in free.
    assert_eq!(entry.exposed, Some(2_000));
}

#[test]
fn a_rollout_that_is_resumed_after_a_kill_is_the_same_and_a_widening_after_an_end_is_another() {
    let mut story = Story::new();
    story.widen(0, "beta", 10);
    story.act(MINUTE, Verb::Kill, Change::Off);
    assert_eq!(story.entry().ending, Ending::Killed);
    story.act(2 * MINUTE, Verb::Resume, Change::On([(name("beta"), percent(10))].into()));
    assert_eq!(story.tally.ended(), None, "it goes on");
    story.widen(3 * MINUTE, "beta", 100);
    story.widen(4 * MINUTE, "free", 100);
    let entry = story.entry();
    assert_eq!((entry.ending, entry.kills.len(), entry.first_command), (Ending::Complete, 1, EffectId(1)));
    assert_eq!(entry.kills[0].detected_at, None, "a person saw it before any guardrail did");
    assert!(story.tally.take_done().is_empty());

    // Rolled back to nobody, and begun again.
    story.act(
        10 * MINUTE,
        Verb::RollBack,
        Change::Shares([(name("beta"), Percent::ZERO), (name("free"), Percent::ZERO)].into()),
    );
    let entry = story.entry();
    assert_eq!((entry.ending, entry.roll_backs), (Ending::RolledBack, 1));
    story.widen(20 * MINUTE, "beta", 10);
    let done = story.tally.take_done();
    assert_eq!(done, [entry]);
    assert_eq!(story.tally.ended(), None);
    story.widen(21 * MINUTE, "beta", 100);
    story.widen(22 * MINUTE, "free", 100);
    let entry = story.entry();
    assert_eq!((entry.started, entry.kills.len(), entry.roll_backs), (Timestamp(20 * MINUTE), 0, 0));
    assert_ne!(entry.first_command, EffectId(1));
}

#[test]
fn a_segment_that_was_killed_while_the_others_are_at_the_top_ends_it_as_killed() {
    let mut story = Story::new();
    story.widen(0, "free", 10);
    story.act(MINUTE, Verb::Kill, Change::Shares([(name("free"), Percent::ZERO)].into()));
    // Nobody has it now; that beta goes on makes it the same rollout only by a resume, so this is a new one.
    assert_eq!(story.entry().ending, Ending::Killed);
    assert_eq!(story.entry().kills[0].scope.as_str(), "free");

    let mut story = Story::new();
    story.widen(0, "beta", 10);
    story.widen(MINUTE, "free", 10);
    story.act(2 * MINUTE, Verb::Kill, Change::Shares([(name("free"), Percent::ZERO)].into()));
    assert_eq!(story.tally.ended(), None, "beta is on its way");
    story.widen(3 * MINUTE, "beta", 100);
    assert_eq!((story.entry().ending, story.entry().kills.len()), (Ending::Killed, 1));
}

#[test]
fn what_was_complete_stays_so_when_the_flag_is_taken_away_outside_and_not_when_it_is_killed() {
    let mut story = Story::new();
    story.complete();
    let complete = story.entry();
    for segment in ["beta", "free"] {
        story.tally.exposure(Timestamp(90 * MINUTE), &name(segment), Some(Percent::ZERO));
    }
    assert_eq!(story.entry(), complete);

    let mut story = Story::new();
    story.complete();
    story.act(90 * MINUTE, Verb::Kill, Change::Off);
    assert_eq!((story.entry().ending, story.entry().ended), (Ending::Killed, Timestamp(90 * MINUTE + 1_000)));
}

#[test]
fn what_is_switched_off_outside_before_it_was_complete_is_abandoned_until_it_goes_on() {
    let mut story = Story::new();
    story.widen(0, "beta", 10);
    story.tally.exposure(Timestamp(MINUTE), &name("beta"), Some(percent(10)));
    story.tally.exposure(Timestamp(2 * MINUTE), &name("beta"), Some(Percent::ZERO));
    assert_eq!((story.entry().ending, story.entry().ended), (Ending::Abandoned, Timestamp(2 * MINUTE)));
    story.tally.exposure(Timestamp(3 * MINUTE), &name("beta"), Some(percent(10)));
    assert_eq!(story.tally.ended(), None);
    let left = story.tally.left(Timestamp(4 * MINUTE)).unwrap();
    assert_eq!((left.ending, left.ended), (Ending::Abandoned, Timestamp(4 * MINUTE)));
}

#[test]
fn a_no_go_before_the_first_command_counts_and_one_that_was_answered_not_again_for_the_next_rollout() {
    let mut story = Story::new();
    // Somebody widened it outside; gonogo only guards.
    story.tally.exposure(Timestamp(0), &name("beta"), Some(Percent::ZERO));
    story.tally.exposure(Timestamp(0), &name("free"), Some(percent(50)));
    story.latch(MINUTE, "free");
    story.act(MINUTE + 10, Verb::Kill, Change::Off);
    for segment in ["beta", "free"] {
        story.tally.exposure(Timestamp(MINUTE + 500), &name(segment), Some(Percent::ZERO));
    }
    let entry = story.entry();
    assert_eq!((entry.no_gos, entry.ending, entry.started), (1, Ending::Killed, Timestamp(0)));
    assert_eq!(entry.kills[0].detected_at, Some(Timestamp(MINUTE)));
    story.widen(2 * MINUTE, "beta", 10);
    assert_eq!(
        story.tally.left(Timestamp(3 * MINUTE)).map(|entry| entry.no_gos),
        None,
        "nobody was seen to have it"
    );
    story.tally.exposure(Timestamp(3 * MINUTE), &name("beta"), Some(percent(10)));
    assert_eq!(story.tally.left(Timestamp(3 * MINUTE)).map(|entry| entry.no_gos), Some(0));
}

#[test]
fn pauses_of_several_segments_count_once_where_they_overlap_and_not_after_the_end() {
    let mut story = Story::new();
    story.widen(0, "beta", 10);
    let actor = || Actor::Person(Text::new("ann"));
    let paused =
        |scope: &str| Record::Paused { scope: Scope::segment(name(scope)), actor: actor(), reason: None };
    let resumed =
        |scope: &str| Record::Resumed { scope: Scope::segment(name(scope)), actor: actor(), reason: None };
    story.tally.record(Timestamp(10 * MINUTE), &paused("beta"));
    story.tally.record(Timestamp(12 * MINUTE), &paused("free"));
    story.tally.record(Timestamp(14 * MINUTE), &resumed("beta"));
    story.tally.record(Timestamp(17 * MINUTE), &resumed("free"));
    story.tally.record(Timestamp(20 * MINUTE), &paused("beta"));
    story.act(23 * MINUTE, Verb::Kill, Change::Off);
    let entry = story.entry();
    // From 10 to 17, and from 20 to the kill, a second after 23.
    assert_eq!(entry.paused, Duration::from_millis(7 * 60_000 + 3 * 60_000 + 1_000));
    let later = Record::Noted { scope: Scope::default(), actor: actor(), text: Text::new("a note") };
    story.tally.record(Timestamp(60 * MINUTE), &later);
    assert_eq!(story.entry(), entry);
}

#[test]
fn nothing_that_nobody_ever_had_is_a_rollout_and_a_line_that_comes_twice_counts_once() {
    let mut story = Story::new();
    story.act(0, Verb::Kill, Change::Off);
    assert_eq!((story.tally.ended(), story.tally.left(Timestamp(MINUTE))), (None, None));

    let mut story = Story::new();
    story.widen(0, "beta", 10);
    let kill = |id| Command {
        id: EffectId(id),
        verb: Verb::Kill,
        platform: PlatformName::new("web").unwrap(),
        change: Change::Off,
        expected: None,
        actor: Actor::Autopilot,
        reason: None,
        evidence: None,
        part_of: None,
    };
    for _ in 0..2 {
        story.tally.record(Timestamp(MINUTE), &Record::Commanded { command: kill(77) });
    }
    assert_eq!(story.tally.left(Timestamp(MINUTE)).unwrap().kills.len(), 1);
}
