//! The world against its promises.

mod alarm;

use std::time::Duration;

use super::*;
use crate::demo::scenario::find;
use crate::domain::{Actor, ByArm, Counts, Histogram, Percent, SampleValue};
use crate::feed::FromServer;
use crate::feed::message::Set;

const STEP: Duration = Duration::from_millis(100);

/// A world with its flag service.
#[derive(Debug)]
struct Town {
    world: World,
    log: Log,
}

impl Town {
    fn of(scenario: &str, seed: u64) -> Self {
        let world = World::new(&find(scenario).expect(scenario), seed, Timestamp(1_700_000_000_000));
        let log = world.open_log(OpaqueId::new("test").expect("id"));
        Self { world, log }
    }

    fn step(&mut self) -> Vec<Happening> {
        self.world.step(STEP, &mut self.log)
    }

    fn run(&mut self, seconds: u64) -> Vec<Happening> {
        (0..seconds * 10).flat_map(|_| self.step()).collect()
    }

    fn flag(&self) -> &State {
        self.log.state(self.world.flag()).expect("the flag")
    }

    /// Somebody changes the flag.
    fn set(&mut self, shares: &[(&str, u32)], on: Option<bool>) {
        let share = |(name, percent): &(&str, u32)| {
            (SegmentName::new(name).expect("name"), Percent::from_ppm(percent * 10_000))
        };
        let set = Set {
            id: OpaqueId::new(&format!("set-{}", self.flag().version)).expect("id"),
            flag: self.world.flag().clone(),
            shares: shares.iter().map(share).collect(),
            on,
            expected_version: Some(self.flag().version),
            actor: Actor::Person(Text::new("me@here")),
            reason: Text::new("test"),
        };
        let answer = self.log.apply(&set, self.world.now());
        assert!(matches!(answer, FromServer::Ack(_)), "{answer:?}");
    }

    fn getting(&self, segment: &str) -> Getting {
        let mut all = self.world.getting();
        all.find(|(name, _)| name.as_str() == segment).map(|(_, getting)| getting).expect("segment")
    }

    fn sample(&self, metric: &str, segment: &str) -> SampleValue {
        let mut all = self.world.samples().into_iter();
        all.find(|s| s.metric.as_str() == metric && s.segment.as_str() == segment).expect("a sample").value
    }

    /// Treatment and control.
    fn counts(&self, metric: &str, segment: &str) -> (Counts, Counts) {
        match self.sample(metric, segment) {
            SampleValue::Counts(ByArm { treatment: Some(treatment), control: Some(control) }) => {
                (treatment, control)
            }
            other => panic!("{metric}: {other:?}"),
        }
    }

    fn rates(&self, metric: &str, segment: &str) -> (f64, f64) {
        let (treatment, control) = self.counts(metric, segment);
        (treatment.bad / treatment.units, control.bad / control.units)
    }
}

#[test]
fn the_same_seed_gives_the_same_world_and_another_seed_another() {
    let play = |seed| {
        let mut town = Town::of("revolt", seed);
        let mut happened = town.run(12);
        town.set(&[("free", 50)], None);
        happened.extend(town.run(12));
        town.world.publish_samples(&mut town.log);
        // The world from inside, every frame of its log, what happened, and what was counted.
        (format!("{town:?}"), happened, town.world.samples())
    };
    let (first, second, other) = (play(5), play(5), play(6));
    assert!(first.1.len() > 20);
    assert_eq!(first, second);
    assert_ne!(first.1, other.1);
    assert_ne!(first.2, other.2);
}

#[test]
fn users_fall_into_arms_by_the_stored_share() {
    let mut town = Town::of("error-spike", 1);
    town.run(10);
    let (ever, sampled) = (town.getting("enterprise"), town.counts("errors", "enterprise").0);
    // 2,000 users at 5 %: 100, give or take five standard deviations.
    assert!((ever.with_feature_ever as f64 - ever.users_ever as f64 * 0.05).abs() < 50.0, "{ever:?}");
    assert_eq!(sampled.units, ever.with_feature_ever as f64);
    let internal = town.getting("internal");
    assert_eq!((internal.share, internal.with_feature_ever), (Percent::FULL, internal.users_ever));
    assert_eq!(town.getting("free").with_feature_ever, 0);
}

#[test]
fn nobody_gets_the_feature_from_the_step_after_it_is_switched_off() {
    let mut town = Town::of("error-spike", 1);
    town.run(20);
    town.set(&[], Some(false));
    let before = town.getting("free").with_feature_ever;
    for _ in 0..50 {
        town.step();
        for (name, getting) in town.world.getting() {
            assert_eq!((getting.share, getting.with_feature), (Percent::ZERO, 0), "{name}");
        }
    }
    assert!(town.getting("free").users > 0);
    assert_eq!(town.getting("free").with_feature_ever, before);
}

#[test]
fn a_bad_stage_is_bad_only_from_its_exposure_on_and_only_in_treatment() {
    let mut town = Town::of("error-spike", 2);
    town.set(&[("free", 49)], None);
    town.run(40);
    let (early, control) = town.rates("errors", "free");
    assert!(early < 0.02 && control < 0.02, "{early} {control}");
    town.set(&[("free", 50)], None);
    let then = town.counts("errors", "free").0;
    town.run(40);
    let now = town.counts("errors", "free").0;
    let rate = (now.bad - then.bad) / (now.units - then.units);
    assert!((0.08..0.12).contains(&rate), "{rate}");
    assert!(town.rates("errors", "free").1 < 0.02);
    // Back below the exposure, the fault is gone.
    town.set(&[("free", 5)], None);
    let then = town.counts("errors", "free").0;
    town.run(60);
    let now = town.counts("errors", "free").0;
    let rate = (now.bad - then.bad) / (now.units - then.units);
    assert!(rate < 0.03, "{rate}");
}

#[test]
fn a_shared_outage_hits_both_arms_alike_and_ends() {
    let mut town = Town::of("shared-outage", 3);
    town.run(14);
    assert!(town.rates("errors", "free").1 < 0.01);
    town.run(30);
    let (treatment, control) = town.rates("errors", "free");
    assert!(treatment > 0.1 && (treatment - control).abs() < 0.02, "{treatment} {control}");
    let then = town.counts("errors", "free").1;
    town.run(3);
    let then_2 = town.counts("errors", "free").1;
    assert!((then_2.bad - then.bad) / (then_2.units - then.units) < 0.15);
}

#[test]
fn a_revolt_is_heard_in_feedback_and_not_in_errors() {
    let mut town = Town::of("revolt", 4);
    town.run(60);
    let (treatment, control) = town.rates("feedback", "free");
    assert!(treatment > 8.0 * control, "{treatment} {control}");
    let (treatment, control) = town.rates("errors", "free");
    assert!(treatment < 1.3 * control, "{treatment} {control}");
}

#[test]
fn a_slow_burn_grows_the_tail_and_leaves_the_median() {
    let mut town = Town::of("slow-burn", 5);
    town.run(80);
    let SampleValue::Histogram { bounds, arms } = town.sample("latency", "free") else {
        panic!("not a histogram")
    };
    let (treatment, control) = arms.both().expect("both arms");
    let above = |histogram: &Histogram, bound: f64| {
        let i = bounds.iter().position(|b| *b == bound).expect("a bound");
        1.0 - histogram.at_most.get(i).expect("a count") / histogram.total
    };
    assert!(above(treatment, 1000.0) > 10.0 * above(control, 1000.0).max(0.0005));
    assert!((above(treatment, 200.0) - above(control, 200.0)).abs() < 0.1);
}

#[test]
fn without_traffic_the_counts_stand_still() {
    let mut town = Town::of("no-traffic", 6);
    town.run(13);
    let before = town.getting("enterprise").users_ever;
    town.run(5);
    assert!(before > 0);
    assert_eq!(town.getting("enterprise").users_ever, before);
    assert!(town.getting("free").users > 0);
    town.run(110);
    assert!(town.getting("free").users > 0, "free comes back after a minute");
}

#[test]
fn the_captain_stands_back_once_somebody_else_has_acted() {
    let mut one = Town::of("story", 3);
    one.run(30);
    one.set(&[("beta", 10)], None);
    let happened = one.run(31);
    assert_eq!(one.getting("beta").share, Percent::from_ppm(100_000));
    assert!(happened.iter().any(|h| matches!(h, Happening::StoodBack(_))));
    assert_eq!(one.getting("free").share, Percent::from_ppm(100_000), "other segments go on");
    one.set(&[], Some(false));
    let left = one.flag().clone();
    one.run(120);
    assert_eq!(one.flag(), &left);
}

#[test]
fn the_flag_says_who_changed_it() {
    let mut town = Town::of("story", 3);
    let happened = town.run(6);
    let changed = happened.iter().find_map(|h| match h {
        Happening::Flag(state) => Some(state.clone()),
        _ => None,
    });
    assert_eq!(changed.and_then(|state| state.by), Some(Actor::Other(Text::new("captain"))));
}
