//! A workbench with the autopilot at `full`: users keep coming, and a backend that obeys.
//!
//! Two segments: `free` comes first and needs the captain's go for 50 %; `enterprise` comes after it.

use std::sync::Arc;
use std::time::Duration;

use gonogo::action::{Request, Verb};
use gonogo::domain::*;
use gonogo::effect::{Change, Command, Effect, Outcome};
use gonogo::engine::{Autopilot, Model, autopilot};

use super::bench::{Bench, commands, name, percent};

/// Users of each arm and second: enough that equal arms are soon proven equal.
pub const USERS: f64 = 1000.;
pub const BAKE: i64 = 10_000;

pub struct Pilot {
    pub bench: Bench,
    /// What the backend has: free, enterprise.
    pub shares: [f64; 2],
    /// What the autopilot had done, with the time.
    pub log: Vec<(i64, Command)>,
}

pub fn rollout() -> Rollout {
    let stage = |p, approval: Option<&str>| Stage {
        approval: approval.map(name),
        ..Stage::new(percent(p), Span(Duration::from_millis(BAKE as u64)), 500)
    };
    let ladder = |approval| Ladder::new(vec![stage(5., None), stage(50., approval), stage(100., None)]);
    let mut rollout = super::bench::rollout();
    rollout.segments[0].ladder = ladder(Some("captain")).expect("climbs");
    rollout.segments[1].ladder = ladder(None).expect("climbs");
    rollout.segments[1].after = vec![name("free")];
    rollout
}

impl Pilot {
    /// Links live, the flag on, nobody exposed unless said.
    pub fn new(autopilot: Autopilot, shares: [f64; 2]) -> Self {
        let mut bench = Bench::empty(autopilot);
        bench.model = Model::new(Arc::new(rollout()), autopilot, false);
        bench.links();
        bench.flag(true, shares[0], shares[1]);
        Self { bench, shares, log: Vec::new() }
    }

    /// All is well at 5 %, baked and proven: only the captain's go is missing.
    pub fn ready() -> Self {
        let mut pilot = Self::new(Autopilot::Full, [5., 0.]);
        pilot.seconds(20);
        assert_eq!(pilot.obstacle("free"), "waits for captain's go");
        assert!(pilot.log.is_empty());
        pilot
    }

    pub fn approve(&mut self) -> Vec<Effect> {
        let request = self.bench.request(Verb::Approve, Some("free"));
        self.bench.ask(Request { role: Some(name("captain")), ..request })
    }

    /// A second of users without a tick.
    pub fn users(&mut self) -> Vec<Effect> {
        let mut effects = Vec::new();
        for (index, segment) in ["free", "enterprise"].into_iter().enumerate() {
            let share = self.shares[index];
            let treatment = if share > 0. { USERS } else { 0. };
            let control = if share < 100. { USERS } else { 0. };
            let bad = |users: f64| users / 100.;
            effects.extend(self.bench.users(segment, treatment, bad(treatment), control, bad(control)));
            self.bench.quick(segment, treatment, control);
        }
        effects
    }

    /// A second of users, and a tick; what is asked for is done.
    pub fn second(&mut self) {
        let mut effects = self.users();
        effects.extend(self.bench.tick(0));
        self.obey(&effects);
    }

    pub fn seconds(&mut self, count: usize) {
        (0..count).for_each(|_| self.second());
    }

    /// A second without users: only time goes on, and the flag is heard of.
    pub fn silence(&mut self) -> Vec<Effect> {
        self.bench.flag_heard();
        let effects = self.bench.tick(1_000);
        self.bench.flag_heard();
        effects
    }

    /// The backend does what it is told.
    pub fn obey(&mut self, effects: &[Effect]) {
        for command in commands(effects) {
            self.log.push((self.bench.now, command.clone()));
            self.bench.outcome(command.id, Outcome::Sent);
            let mut is_on = true;
            match &command.change {
                Change::Off => is_on = false,
                Change::Shares(shares) | Change::On(shares) => {
                    for (index, segment) in ["free", "enterprise"].into_iter().enumerate() {
                        if let Some(share) = shares.get(&name(segment)) {
                            self.shares[index] = share.as_f64();
                        }
                    }
                }
                Change::Freeze(_) | Change::Weights(_) => {}
            }
            let state = self.bench.state(is_on, self.shares[0], self.shares[1]);
            self.bench.confirm(command, state);
        }
    }

    pub fn obstacle(&self, segment: &str) -> String {
        let segment = self.bench.model.segment(&name(segment)).expect("a segment of the bench");
        autopilot::obstacle(&self.bench.model, segment).map_or_else(String::new, |text| text.to_string())
    }

    /// Where the widens went, in their order.
    pub fn steps(&self) -> Vec<(String, f64)> {
        let widens = self.log.iter().filter(|(_, command)| command.verb == Verb::Widen);
        let shares = widens.flat_map(|(_, command)| match &command.change {
            Change::Shares(shares) | Change::On(shares) => shares.clone(),
            Change::Off | Change::Freeze(_) | Change::Weights(_) => Default::default(),
        });
        shares.map(|(segment, share)| (segment.to_string(), share.as_f64())).collect()
    }
}
