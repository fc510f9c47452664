//! Random worlds: what could happen to a rollout, from a seed.

use std::collections::VecDeque;
use std::sync::Arc;

use gonogo::action::{ACTIONS, Danger, Request, Scope};
use gonogo::domain::*;
use gonogo::effect::{Change, Command, Effect, Outcome, Record};
use gonogo::engine::{self, Autopilot, Decision, Model};
use gonogo::event::{Body, Event};
use gonogo::recording::Header;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use crate::bench::{name, percent, person, rollout};

const SEGMENTS: [&str; 2] = ["free", "enterprise"];

/// One step of a world: the event, and what was decided on it.
pub type Step = (Event, Vec<Decision>);

/// A rollout in a random world.
pub struct World {
    dice: StdRng,
    pub model: Model,
    pub header: Header,
    now: i64,
    state: FlagState,
    counts: [[(f64, f64); 2]; 2],
    latency: [[f64; 2]; 2],
    /// Commands that nobody has answered yet.
    open: VecDeque<Command>,
    pieces: u64,
}

impl World {
    pub fn new(seed: u64) -> Self {
        let mut dice = StdRng::seed_from_u64(seed);
        let mut rollout = rollout();
        rollout.sample_ratio = dice.random_bool(0.5);
        if dice.random_bool(0.3) {
            rollout.guardrails[0].compare = Compare::Baseline;
        }
        let modes = [Autopilot::Off, Autopilot::Advise, Autopilot::Guard, Autopilot::Full];
        let autopilot = modes[dice.random_range(0..4)];
        let header = Header::new(&rollout, autopilot, false);
        let state = FlagState {
            version: Version(1),
            on: true,
            shares: SEGMENTS.map(|segment| (name(segment), percent(5.0))).into(),
            by: None,
            changed_at: None,
            doubts: vec![],
            ..FlagState::default()
        };
        let model = Model::new(Arc::new(rollout), autopilot, false);
        let (counts, latency, open) = Default::default();
        Self { dice, model, header, now: 1_795_356_000_000, state, counts, latency, open, pieces: 0 }
    }

    /// Lets a number of things happen. `look` sees the model after each.
    pub fn run(&mut self, steps: usize, mut look: impl FnMut(&Model, &Step)) -> Vec<Step> {
        let mut done = Vec::new();
        for (kind, who) in
            [(SourceKind::Flags, "web"), (SourceKind::Metrics, "errors"), (SourceKind::Metrics, "latency")]
        {
            let source = Source::new(kind, who);
            self.take(Body::Link { source, state: LinkState::Live }, &mut done, &mut look);
        }
        while done.len() < steps {
            self.now += self.dice.random_range(0..700);
            let body = self.next();
            self.take(body, &mut done, &mut look);
        }
        done
    }

    fn take(&mut self, body: Body, done: &mut Vec<Step>, look: &mut impl FnMut(&Model, &Step)) {
        let source_at =
            self.dice.random_bool(0.3).then(|| Timestamp(self.now - self.dice.random_range(0..900)));
        let event = Event { at: Timestamp(self.now), source_at, body };
        for effect in engine::update(&mut self.model, &event) {
            if let Effect::Command(command) = effect {
                self.open.push_back(command);
            }
        }
        let step = (event, self.model.decided.clone());
        look(&self.model, &step);
        done.push(step);
    }

    fn next(&mut self) -> Body {
        if !self.open.is_empty() && self.dice.random_bool(0.4) {
            return self.answer();
        }
        match self.dice.random_range(0..100) {
            0..=14 => Body::Tick,
            15..=24 => Body::Heard(Source::new(SourceKind::Flags, "web")),
            25..=26 => self.somebody_changes_the_flag(),
            27..=36 => Body::Flag { platform: name("web"), state: self.state.clone() },
            37..=40 => self.ask(),
            41..=46 => self.say(),
            47 => Body::Problem {
                source: Source::new(SourceKind::Metrics, "errors"),
                problem: Text::new(["odd", "n\u{e4}y", "\"quoted\""][self.dice.random_range(0..3)]),
            },
            48 => {
                let cause = Text::new("reset by peer");
                let state = match self.dice.random_range(0..3) {
                    0 => LinkState::Retrying { cause, wait: Span(std::time::Duration::from_millis(250)) },
                    1 => LinkState::Failed { cause },
                    _ => LinkState::Live,
                };
                Body::Link { source: Source::new(SourceKind::Metrics, "latency"), state }
            }
            49 => Body::Traffic { refused: self.dice.random_range(0..3), coalesced: self.pieces },
            50 => self.restored(),
            _ => self.sample(),
        }
    }

    fn sample(&mut self) -> Body {
        let segment = self.dice.random_range(0..2);
        let users = f64::from(self.dice.random_range(0..400_u32));
        let is_bad = self.model.now.0 % 97_000 > 60_000;
        if self.dice.random_bool(0.7) {
            for arm in 0..2 {
                let rate = if is_bad && arm == 0 { 0.1 } else { 0.01 };
                let counts = &mut self.counts[segment][arm];
                counts.0 += users;
                counts.1 += (users * rate * self.dice.random_range(0.0..2.0)).round();
            }
            let [treatment, control] = self.counts[segment].map(|(units, bad)| Some(Counts { units, bad }));
            let value = SampleValue::Counts(ByArm { treatment, control });
            return Body::Sample(Sample { metric: name("errors"), segment: name(SEGMENTS[segment]), value });
        }
        for arm in 0..2 {
            self.latency[segment][arm] += users;
        }
        let histogram = |total: f64, slow: f64| {
            Some(Histogram { at_most: [0.5, 0.9 - slow, 0.95, 0.99].map(|s| total * s).to_vec(), total })
        };
        let [treatment, control] = self.latency[segment];
        let arms = ByArm { treatment: histogram(treatment, 0.2), control: histogram(control, 0.0) };
        let value = SampleValue::Histogram { bounds: vec![100.0, 200.0, 400.1, 800.0], arms };
        Body::Sample(Sample { metric: name("latency"), segment: name(SEGMENTS[segment]), value })
    }

    fn ask(&mut self) -> Body {
        let spec = &ACTIONS[self.dice.random_range(0..ACTIONS.len())];
        let is_act = spec.danger != Danger::View;
        let segment = self.dice.random_bool(0.7).then(|| name(SEGMENTS[self.dice.random_range(0..2)]));
        let reason = (is_act && self.dice.random_bool(0.8)).then(|| Text::new("because \u{2026}"));
        let typed_name = Some(Text::new("checkout-v2"));
        let scope = Scope { segment, platform: None };
        let seen = self.model.versions();
        Body::Asked(Request { reason, typed_name, seen, ..Request::new(person(), spec.verb, scope) })
    }

    fn say(&mut self) -> Body {
        self.pieces += 1;
        Body::Feedback(Feedback {
            id: Text::new(&format!("f{}", self.pieces / 2)),
            segment: name(SEGMENTS[self.dice.random_range(0..2)]),
            arm: Some(Arm::Treatment),
            score: Some(self.dice.random_range(1..6)),
            text: Text::new("the pay button jumps"),
        })
    }

    fn restored(&mut self) -> Body {
        let record = Record::Noted {
            scope: Scope::default(),
            actor: person(),
            text: Text::new("written by another process"),
        };
        Body::Restored { written_at: Timestamp(self.now - 60_000), record }
    }

    fn somebody_changes_the_flag(&mut self) -> Body {
        self.state.version = Version(self.state.version.0 + 1);
        let share = percent(f64::from(self.dice.random_range(0..101_u32)));
        self.state.shares.insert(name(SEGMENTS[self.dice.random_range(0..2)]), share);
        self.state.on = self.dice.random_bool(0.8);
        Body::Flag { platform: name("web"), state: self.state.clone() }
    }

    fn answer(&mut self) -> Body {
        let Some(command) = self.open.pop_front() else { return Body::Tick };
        let outcome = match self.dice.random_range(0..10) {
            0 => Outcome::Refused { cause: Text::new("403"), state: Some(self.state.clone()) },
            1 => {
                self.open.push_back(command.clone());
                Outcome::Unknown { cause: Text::new("timed out"), attempts: self.dice.random_range(1..9) }
            }
            2 => {
                self.open.push_back(command.clone());
                Outcome::Sent
            }
            _ => {
                self.state.version = Version(self.state.version.0 + 1);
                match &command.change {
                    Change::Off => self.state.on = false,
                    Change::On(shares) => {
                        self.state.on = true;
                        self.state.shares.extend(shares.clone());
                    }
                    Change::Shares(shares) => self.state.shares.extend(shares.clone()),
                    Change::Freeze(names) => self.state.ramps.retain(|name, _| !names.contains(name)),
                    Change::Weights(weights) => self.state.splits.extend(weights.clone()),
                }
                Outcome::Confirmed { state: self.state.clone(), overwrote: None }
            }
        };
        Body::Effect { id: command.id, outcome }
    }
}
