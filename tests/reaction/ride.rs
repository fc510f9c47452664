//! The simulated world and the engine together, without a network and on the world's own clock.
//!
//! In: a scenario, a seed, an autopilot. Out: each step's commands, and the model. What a cockpit would be told over the
//! websocket is told here at the same times of the world: samples as often as the demo's server sends them, the flag
//! when it changes. A command is stored and read back in the step in which it was asked for: what the network and the
//! reading back take is measured elsewhere (`benches/budgets/reaction.rs`).

use std::sync::Arc;
use std::time::Duration;

use gonogo::action::{Request, Scope, Verb};
use gonogo::config::rollout_file;
use gonogo::demo::server::{SAMPLE_EVERY, STEP};
use gonogo::demo::{Scenario, World};
use gonogo::domain::*;
use gonogo::effect::{Change, Command, Effect, Outcome};
use gonogo::engine::autopilot::obstacle;
use gonogo::engine::model::SegmentModel;
use gonogo::engine::{Autopilot, Model, update};
use gonogo::event::{Body, Event};
use gonogo::feed::message::Set;
use gonogo::feed::{FromServer, Log, OpaqueId};

const START: Timestamp = Timestamp(1_795_356_000_000);

/// A world and an engine that watches it.
pub struct Ride {
    pub model: Model,
    pub elapsed: Duration,
    world: World,
    log: Log,
    sets: u64,
}

impl Ride {
    /// Connected, with the flag read, before anybody has come.
    pub fn start(scenario: &Scenario, seed: u64, autopilot: Autopilot) -> Self {
        let text = scenario.rollout_toml("ws://127.0.0.1:9", None);
        let file = rollout_file::parse(&text, "ride").unwrap_or_else(|error| panic!("{error}"));
        let model = Model::new(Arc::new(file.rollout), autopilot, false);
        let world = World::new(scenario, seed, START);
        let log = world.open_log(OpaqueId::new("ride").unwrap());
        let mut ride = Self { model, elapsed: Duration::ZERO, world, log, sets: 0 };
        for source in ride.sources() {
            ride.tell(Body::Link { source, state: LinkState::Live });
        }
        ride.tell_flag();
        ride.tell_samples();
        ride
    }

    /// Lets the world and the engine go on by one step. Returns what the engine asked for.
    pub fn step(&mut self) -> Vec<Command> {
        let version = self.version();
        self.world.step(STEP, &mut self.log);
        self.elapsed += STEP;
        let mut commands = Vec::new();
        if self.version() != version {
            commands.extend(self.tell_flag());
        }
        if self.is_sampled() {
            commands.extend(self.tell_samples());
            commands.extend(self.tell(Body::Heard(Source::new(SourceKind::Flags, "web"))));
            commands.extend(self.tell(Body::Tick));
        }
        commands
    }

    /// Whether samples were sent in this step.
    pub fn is_sampled(&self) -> bool {
        self.elapsed.as_millis().is_multiple_of(SAMPLE_EVERY.as_millis())
    }

    /// Cumulative counts of a metric in a segment: treatment and control.
    pub fn counts(&self, metric: &str, segment: &str) -> (Counts, Counts) {
        let samples = self.world.samples();
        let found = samples.iter().find(|s| s.metric.as_str() == metric && s.segment.as_str() == segment);
        match found.map(|sample| &sample.value) {
            Some(SampleValue::Counts(arms)) => (arms.treatment.unwrap(), arms.control.unwrap()),
            other => panic!("{metric} of {segment}: {other:?}"),
        }
    }

    /// The share of a segment that the flag service has stored; 0 if the flag is off.
    pub fn share(&self, segment: &str) -> f64 {
        let state = self.log.state(self.world.flag()).unwrap();
        let share = state.shares.get(&segment.parse::<SegmentName>().unwrap()).unwrap();
        if state.on { share.as_f64() } else { 0.0 }
    }

    /// Why the autopilot does not widen now, by segment.
    pub fn obstacles(&self) -> Vec<(String, String)> {
        let of = |segment: &SegmentModel| {
            Some((segment.name.to_string(), obstacle(&self.model, segment)?.to_string()))
        };
        self.model.segments.iter().filter_map(of).collect()
    }

    /// Somebody asks to widen a segment, as with a key and no reason.
    pub fn widen(&mut self, segment: &str) {
        let request = self.request(Verb::Widen, segment);
        self.tell(Body::Asked(request));
    }

    /// The captain gives a go for a segment's next stage.
    pub fn give_go(&mut self, segment: &str) {
        let role = Some("captain".parse().unwrap());
        let request = Request { role, ..self.request(Verb::Approve, segment) };
        self.tell(Body::Asked(request));
        assert_eq!(self.model.refusal, None);
    }

    fn request(&self, verb: Verb, segment: &str) -> Request {
        let captain = Actor::Person(Text::new("captain"));
        let scope = Scope::segment(segment.parse().unwrap());
        Request { seen: self.model.versions(), ..Request::new(captain, verb, scope) }
    }

    fn sources(&self) -> Vec<Source> {
        let metrics = self.model.rollout.metrics.iter();
        let mut sources: Vec<_> =
            metrics.map(|m| Source::new(SourceKind::Metrics, m.name.as_str())).collect();
        sources.push(Source::new(SourceKind::Flags, "web"));
        sources
    }

    fn version(&self) -> Version {
        self.log.state(self.world.flag()).unwrap().version
    }

    fn tell_flag(&mut self) -> Vec<Command> {
        let state = FlagState::from(self.log.state(self.world.flag()).unwrap().clone());
        self.tell(Body::Flag { platform: "web".parse().unwrap(), state })
    }

    fn tell_samples(&mut self) -> Vec<Command> {
        let samples = self.world.samples();
        samples.into_iter().flat_map(|sample| self.tell(Body::Sample(sample))).collect()
    }

    /// Tells the engine, and carries out what it wants.
    fn tell(&mut self, body: Body) -> Vec<Command> {
        let at = self.world.now();
        let effects = update(&mut self.model, &Event { at, source_at: Some(at), body });
        let mut commands = Vec::new();
        for effect in effects {
            if let Effect::Command(command) = effect {
                commands.push(command.clone());
                commands.extend(self.carry_out(&command));
            }
        }
        commands
    }

    fn carry_out(&mut self, command: &Command) -> Vec<Command> {
        let (shares, on) = match &command.change {
            Change::Shares(shares) => (shares.clone(), None),
            Change::Off => (Default::default(), Some(false)),
            Change::On(shares) => (shares.clone(), Some(true)),
            Change::Freeze(_) | Change::Weights(_) => return Vec::new(),
        };
        self.sets += 1;
        let set = Set {
            id: OpaqueId::new(&self.sets.to_string()).unwrap(),
            flag: self.world.flag().clone(),
            shares,
            on,
            expected_version: command.expected,
            actor: command.actor.clone(),
            reason: command.reason.clone().unwrap_or_else(|| Text::new("")),
        };
        let answer = self.log.apply(&set, self.world.now());
        assert!(matches!(answer, FromServer::Ack(_)), "{answer:?}");
        let state = FlagState::from(self.log.state(self.world.flag()).unwrap().clone());
        let mut commands = self.tell(Body::Effect { id: command.id, outcome: Outcome::Sent });
        let confirmed = Outcome::Confirmed { state, overwrote: None };
        commands.extend(self.tell(Body::Effect { id: command.id, outcome: confirmed }));
        commands
    }
}

/// Whether a command takes the feature from somebody.
pub fn is_kill(command: &Command) -> bool {
    command.verb == Verb::Kill
}
