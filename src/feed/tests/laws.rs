//! The law: whatever is lost, repeated, swapped or restarted on the way, a consumer ends with the
//! state that the server has.
//!
//! The server is the real [`Log`] and [`Session`], the consumer the real codec and [`Sequence`]; only
//! the wire between them is played, and it is worse than any TCP connection.

use std::collections::VecDeque;

use proptest::prelude::*;

use crate::domain::{FlagKey, KillScope, Percent, SegmentName, Text, Timestamp, Version};
use crate::feed::codec::{read_server, write};
use crate::feed::message::{ClientHello, FromClient, FromServer, Resync, State};
use crate::feed::sequence::{Sequence, Step};
use crate::feed::stream::{OpaqueId, Stream, Topic};
use crate::feed::{Line, Log, Session};

#[derive(Debug, Clone)]
enum Mishap {
    Change(u32),
    Send(usize),
    Arrive(usize),
    Repeat(prop::sample::Index, prop::sample::Index),
    Lose,
    Swap,
    Reconnect,
    Restart,
}

fn mishap() -> impl Strategy<Value = Mishap> {
    let index = any::<prop::sample::Index>;
    prop_oneof![
        4 => (0..100_u32).prop_map(Mishap::Change),
        4 => (1..4_usize).prop_map(Mishap::Send),
        4 => (1..4_usize).prop_map(Mishap::Arrive),
        2 => (index(), index()).prop_map(|(which, place)| Mishap::Repeat(which, place)),
        1 => Just(Mishap::Lose),
        1 => Just(Mishap::Swap),
        1 => Just(Mishap::Reconnect),
        1 => Just(Mishap::Restart),
    ]
}

struct World {
    log: Log,
    session: Session,
    wire: VecDeque<Line>,
    sent: Vec<Line>,
    sequence: Sequence,
    in_snapshot: bool,
    seen: Option<State>,
    epochs: u32,
}

fn flag() -> FlagKey {
    FlagKey::new("f").expect("name")
}

fn is_flag(line: &Line) -> bool {
    line.starts_with(r#"{"kind":"flag""#)
}

fn log(epoch: u32) -> Log {
    Log::new(OpaqueId::new(&epoch.to_string()).expect("id"), Text::new("s"), KillScope::Segment)
}

impl World {
    fn new() -> Self {
        let mut world = Self {
            log: log(0),
            session: Session::new(true),
            wire: VecDeque::new(),
            sent: Vec::new(),
            sequence: Sequence::new([Stream::Flag(flag())]),
            in_snapshot: false,
            seen: None,
            epochs: 0,
        };
        world.change(0);
        world.connect();
        world
    }

    fn change(&mut self, percent: u32) {
        let version = self.log.state(&flag()).map_or(1, |state| state.version.0 + 1);
        let segment = SegmentName::new("eu").expect("name");
        self.log.publish_state(State {
            flag: flag(),
            version: Version(version),
            on: true,
            shares: [(segment, Percent::from_ppm(percent * 10_000))].into(),
            by: None,
            changed_at_ms: None,
            reason: None,
        });
    }

    fn connect(&mut self) {
        self.wire.clear();
        self.sent.clear();
        self.in_snapshot = false;
        self.session = Session::new(true);
        let hello = ClientHello {
            protocol: 1,
            client: Text::new("c"),
            want: vec![Topic::Flag],
            flags: vec![flag()],
            resume: self.sequence.resume(),
            token: None,
        };
        self.session.take(&mut self.log, &write(&FromClient::Hello(hello)), Timestamp(0));
        let hello = self.session.next(&self.log).expect("the server's hello");
        let FromServer::Hello(hello) = read_server(&hello).expect("hello").message else { panic!("{hello}") };
        self.sequence.begin(&hello.epoch);
    }

    fn send(&mut self) -> bool {
        let line = self.session.next(&self.log);
        self.sent.extend(line.iter().filter(|line| is_flag(line)).cloned());
        self.wire.extend(line.clone());
        line.is_some()
    }

    fn arrive(&mut self) -> bool {
        let Some(line) = self.wire.pop_front() else { return false };
        match read_server(&line).expect("a message").message {
            FromServer::Snapshot(snapshot) => {
                self.in_snapshot = true;
                self.sequence.open(&snapshot.streams);
            }
            FromServer::SnapshotEnd(end) => {
                self.in_snapshot = false;
                self.sequence.close(&end.seq);
            }
            FromServer::Flag(state) => {
                let stream = Stream::Flag(flag());
                let step = self.sequence.step(&stream, state.seq);
                if step == Step::DeliverAndAsk {
                    let resync = FromClient::Resync(Resync { streams: vec![stream] });
                    self.session.take(&mut self.log, &write(&resync), Timestamp(0));
                }
                if matches!(step, Step::Deliver | Step::DeliverAndAsk) {
                    self.seen = Some(state.into_state());
                }
            }
            other => panic!("{other:?}"),
        }
        true
    }

    fn play(&mut self, mishap: Mishap) {
        match mishap {
            Mishap::Change(percent) => self.change(percent),
            Mishap::Send(times) => {
                for _ in 0..times {
                    self.send();
                }
            }
            Mishap::Arrive(times) => {
                for _ in 0..times {
                    self.arrive();
                }
            }
            Mishap::Repeat(which, place) => {
                if !self.sent.is_empty() {
                    let line = which.get(&self.sent).clone();
                    // Only what has arrived can be repeated: a copy that overtakes its original is a swap.
                    if !self.wire.contains(&line) {
                        let place = place.index(self.wire.len() + 1);
                        self.wire.insert(place, line);
                    }
                }
            }
            Mishap::Lose if !self.in_snapshot && self.wire.front().is_some_and(is_flag) => {
                self.wire.pop_front();
            }
            Mishap::Swap if !self.in_snapshot => {
                if let (Some(a), Some(b)) = (self.wire.front(), self.wire.get(1))
                    && is_flag(a)
                    && is_flag(b)
                {
                    self.wire.swap(0, 1);
                }
            }
            Mishap::Lose | Mishap::Swap => {}
            Mishap::Reconnect => self.connect(),
            Mishap::Restart => {
                self.epochs += 1;
                let state = self.log.state(&flag()).cloned();
                self.log = log(self.epochs);
                state.into_iter().for_each(|state| self.log.publish_state(state));
                self.connect();
            }
        }
    }
}

proptest! {
    #[test]
    fn duplicates_reorders_losses_and_reconnects_never_change_the_final_state(
        mishaps in prop::collection::vec(mishap(), 0..60)
    ) {
        let mut world = World::new();
        for mishap in mishaps {
            world.play(mishap);
        }
        // A lost last message can only be missed when there is another one after it.
        while world.send() {}
        world.change(100);
        while world.send() || world.arrive() {}
        prop_assert_eq!(world.seen.as_ref(), world.log.state(&flag()));
        prop_assert_eq!(world.sequence.missing().count(), 0);
    }
}
