//! The autopilot climbs by itself: the scenarios `autopilot` and `autopilot-kill`, in the world's own time.

use std::time::Duration;

use gonogo::action::Verb;
use gonogo::demo;
use gonogo::domain::Actor;
use gonogo::effect::Command;
use gonogo::engine::Autopilot;

use super::ride::Ride;

/// How long a person watches at most.
const PATIENCE: Duration = Duration::from_secs(180);

/// Worlds of each scenario.
const SEEDS: u64 = 10;

/// The segments in the order in which they begin.
const ORDER: [&str; 4] = ["internal", "beta", "free", "enterprise"];

fn shares(ride: &Ride) -> [f64; 4] {
    ORDER.map(|segment| ride.share(segment))
}

/// Nobody begins before the one in front has everybody.
fn assert_in_order(ride: &Ride) {
    let shares = shares(ride);
    for pair in shares.windows(2) {
        assert!(pair[1] == 0.0 || pair[0] == 100.0, "{shares:?}");
    }
}

/// Lets a world go on until `each`, which is told of every step, has seen enough. Returns how long that took.
fn climb(name: &str, seed: u64, mut each: impl FnMut(&mut Ride, Vec<Command>) -> bool) -> Duration {
    let scenario = demo::find(name).unwrap();
    assert!(scenario.acts.iter().all(|act| !matches!(act.deed, demo::scenario::Deed::Set { .. })));
    let mut ride = Ride::start(&scenario, seed, Autopilot::Full);
    loop {
        let commands = ride.step();
        if each(&mut ride, commands) {
            return ride.elapsed;
        }
        assert!(ride.elapsed < PATIENCE, "seed {seed}: {:?}, {:?}", shares(&ride), ride.obstacles());
    }
}

#[test]
fn full_takes_the_feature_to_everybody_and_asks_the_captain_once() {
    for seed in 0..SEEDS {
        let mut asked_at = None;
        let took = climb("autopilot", seed, |ride, commands| {
            for command in commands {
                assert_eq!((&command.actor, command.verb), (&Actor::Autopilot, Verb::Widen), "{command:?}");
            }
            assert_in_order(ride);
            let waits = ride.obstacles().iter().any(|(_, why)| why.contains("waits for captain's go"));
            if waits && asked_at.is_none() {
                assert_eq!(shares(ride), [100.0, 100.0, 100.0, 50.0], "seed {seed}");
                asked_at = Some(ride.elapsed);
            }
            // The captain takes their time, and nothing goes on without them.
            if asked_at.is_some_and(|then| ride.elapsed == then + Duration::from_secs(5)) {
                assert_eq!(shares(ride), [100.0, 100.0, 100.0, 50.0], "seed {seed}");
                ride.give_go("enterprise");
            }
            shares(ride) == [100.0; 4]
        });
        println!("seed {seed}: the captain was asked after {asked_at:?}, everybody had it after {took:?}");
        assert!(asked_at.is_some());
    }
}

#[test]
fn full_stops_at_what_turns_bad_kills_it_and_goes_no_further() {
    for seed in 0..SEEDS {
        let (mut half_at, mut killed_at) = (None, None);
        climb("autopilot-kill", seed, |ride, commands| {
            assert_in_order_or_killed(ride, killed_at);
            if ride.share("free") == 50.0 {
                half_at.get_or_insert(ride.elapsed);
            }
            for command in commands {
                assert!(killed_at.is_none(), "seed {seed}: after the kill {command:?}");
                if command.verb == Verb::Kill {
                    assert_eq!(shares(ride), [100.0, 100.0, 0.0, 0.0], "seed {seed}");
                    killed_at = Some(ride.elapsed);
                }
            }
            killed_at.is_some_and(|then| ride.elapsed > then + Duration::from_secs(30))
        });
        let (half_at, killed_at) = (half_at.unwrap(), killed_at.unwrap());
        println!("seed {seed}: half of free after {half_at:?}, killed {:?} later", killed_at - half_at);
        assert!(killed_at - half_at < Duration::from_secs(15), "seed {seed}");
    }
}

/// As [`assert_in_order`], until free is off.
fn assert_in_order_or_killed(ride: &Ride, killed_at: Option<Duration>) {
    match killed_at {
        None => assert_in_order(ride),
        Some(_) => assert_eq!(shares(ride), [100.0, 100.0, 0.0, 0.0]),
    }
}
