//! One rollout of some days, in simulated time: the world, the engine, and what runs between them.
//!
//! ```text
//!  World ─▶ events, as the adapters hand them in ─▶ engine::update ─▶ commands ─▶ Service ─▶ outcomes ─┐
//!    ▲ obeys the flag ─────────────────────────────────────────────────────────────┘                  │
//!  people ─▶ requests ─▶ (the same way in) ◀──────────────────────────────────────────────────────────┘
//! ```
//!
//! In: a scenario with days. Out: each event and what was decided on it, in order, handed to whoever keeps them. No clock, no socket:
//! the same scenario gives the same tape.
//!
//! Start reading at [`Tape::run`].

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use gonogo::action::{Request, Scope};
use gonogo::config::rollout_file;
use gonogo::demo::scenario::{Ask, Days, Pilot};
use gonogo::demo::world::{Fault, Happening, Remark};
use gonogo::demo::{Scenario, World};
use gonogo::domain::{Actor, Feedback, LinkState, Rollout, Source, SourceKind, Span, Text, Timestamp};
use gonogo::effect::Effect;
use gonogo::engine::{self, Autopilot, Model};
use gonogo::event::{Body, Event};
use gonogo::recording::Header;

use crate::Failure;
use crate::people::is_time;
use crate::service::{Service, Turn};

/// One step of the world: comments and acts fall on these.
const STEP: Duration = Duration::from_secs(10);
/// How long a link that was dropped takes until it stands again.
const RELINK: Duration = Duration::from_secs(5);
/// Where the world would be reached, for the rollout file: nobody connects.
const NOWHERE: &str = "ws://127.0.0.1:7070";

/// What is kept of a tape: each event, and what was decided on it.
pub type Keep<'a> = &'a mut dyn FnMut(&Event, &Model);

/// A rollout under way.
pub struct Tape<'a> {
    days: Days,
    world: World,
    service: Service,
    model: Model,
    sources: Vec<Source>,
    /// Until when nothing comes from the flag service.
    away: Option<Timestamp>,
    /// Outcomes and answers on their way, by when they come.
    coming: BTreeMap<(Timestamp, u64), Turn>,
    sent: u64,
    remarks: u64,
    asks: std::collections::VecDeque<Ask>,
    /// Since when the next ask could be done.
    seen: Option<Timestamp>,
    keep: Keep<'a>,
}

/// The rollout of a scenario with days, and how its recording begins.
pub fn opening(scenario: &Scenario) -> Result<(Header, Rollout), Failure> {
    let days = scenario.days.as_ref().ok_or("it has no [days]")?;
    let mut file = rollout_file::parse(&scenario.rollout_toml(NOWHERE, None), scenario.flag.as_str())?;
    // The service of these days says as seldom as its metrics that all is as it was.
    for platform in &mut file.rollout.platforms {
        platform.interval = days.every;
        // Nobody connects, so there is no address to show.
        platform.backend.clear();
    }
    Ok((Header::new(&file.rollout, autopilot(days), false), file.rollout))
}

const fn autopilot(days: &Days) -> Autopilot {
    match days.autopilot {
        Pilot::Off => Autopilot::Off,
        Pilot::Advise => Autopilot::Advise,
        Pilot::Guard => Autopilot::Guard,
        Pilot::Full => Autopilot::Full,
    }
}

impl<'a> Tape<'a> {
    /// Runs a scenario from its first day to its last, and returns how it ended.
    pub fn run(scenario: &Scenario, keep: Keep<'a>) -> Result<Model, Failure> {
        let days = scenario.days.clone().ok_or("it has no [days]")?;
        let (_, rollout) = opening(scenario)?;
        let start = days.start.0;
        let world = World::new(scenario, scenario.seed, start);
        let service = Service::new(&world, &rollout)?;
        let mut sources: Vec<_> =
            rollout.platforms.iter().map(|p| Source::new(SourceKind::Flags, p.name.as_str())).collect();
        sources.extend(rollout.metrics.iter().map(|m| Source::new(SourceKind::Metrics, m.name.as_str())));
        sources.push(Source::new(SourceKind::Feedback, gonogo::demo::scenario::VOICES));
        let model = Model::new(Arc::new(rollout), autopilot(&days), false);
        let asks = days.asks.clone().into();
        let (away, coming, seen) = (None, BTreeMap::new(), None);
        let mut tape = Self {
            days,
            world,
            service,
            model,
            sources,
            away,
            coming,
            sent: 0,
            remarks: 0,
            asks,
            seen,
            keep,
        };
        tape.link(start, &LinkState::Live)?;
        tape.read(start)?;
        let end = start.plus(tape.days.lasts.0);
        while tape.world.now() < end {
            tape.step()?;
        }
        match tape.asks.front() {
            Some(ask) => {
                let left = tape.asks.len();
                Err(format!("{} {}: never came to it, {left} asks are left", ask.who, ask.verb.spec().name)
                    .into())
            }
            None => Ok(tape.model),
        }
    }

    fn step(&mut self) -> Result<(), Failure> {
        let next = self.world.now().plus(STEP);
        while let Some(entry) = self.coming.first_entry().filter(|entry| entry.key().0 < next) {
            let ((at, _), turn) = entry.remove_entry();
            for (body, source_at) in self.service.turn(turn, at) {
                self.take(at, source_at, body)?;
            }
        }
        let happened = self.world.step(STEP, &mut self.service.log);
        let now = self.world.now();
        if self.away.is_some_and(|until| until <= now) {
            self.away = None;
            self.link(now, &LinkState::Live)?;
            self.read(now)?;
        }
        for happening in happened {
            self.suffer(now, happening)?;
        }
        if self.world.elapsed().as_millis().is_multiple_of(self.days.every.0.as_millis()) {
            if self.away.is_none() {
                self.measure(now)?;
            }
            self.take(now, None, Body::Tick)?;
        }
        self.ask(now)
    }

    fn suffer(&mut self, now: Timestamp, happening: Happening) -> Result<(), Failure> {
        match happening {
            Happening::Flag(_) => self.read(now),
            Happening::Said(remark) => {
                self.remarks += 1;
                if self.away.is_some() {
                    return Ok(());
                }
                let feedback = heard(remark, self.remarks);
                self.take(now, Some(now), Body::Feedback(feedback))
            }
            Happening::Fault(Fault::Drop) => self.lose(now, RELINK),
            Happening::Fault(Fault::Refuse(lasts)) => self.lose(now, lasts),
            Happening::Fault(Fault::HalfOpen) | Happening::StoodBack(_) => Ok(()),
        }
    }

    fn lose(&mut self, now: Timestamp, lasts: Duration) -> Result<(), Failure> {
        self.away = Some(now.plus(lasts));
        let cause = Text::new("the server closed the connection");
        self.link(now, &LinkState::Retrying { cause, wait: Span(RELINK) })
    }

    fn link(&mut self, at: Timestamp, state: &LinkState) -> Result<(), Failure> {
        for source in self.sources.clone() {
            self.take(at, None, Body::Link { source, state: state.clone() })?;
        }
        Ok(())
    }

    /// The flag service tells its flag.
    fn read(&mut self, now: Timestamp) -> Result<(), Failure> {
        let (body, source_at) = self.service.flag()?;
        self.take(now, source_at, body)
    }

    /// The readings of the present moment, and a sign of life from the flag service.
    fn measure(&mut self, now: Timestamp) -> Result<(), Failure> {
        let alive = self.sources.iter().filter(|source| source.kind != SourceKind::Metrics).cloned();
        for source in alive.collect::<Vec<_>>() {
            self.take(now, None, Body::Heard(source))?;
        }
        for sample in self.world.samples() {
            self.take(now, Some(now), Body::Sample(sample))?;
        }
        Ok(())
    }

    /// Whoever is next asks, if it is time.
    fn ask(&mut self, now: Timestamp) -> Result<(), Failure> {
        while let Some(ask) = self.asks.front() {
            let request = self.request(ask);
            if now < self.days.due(ask) || !is_time(&self.model, ask, &request) {
                self.seen = None;
                return Ok(());
            }
            if now.since(*self.seen.get_or_insert(now)) < ask.after.0 {
                return Ok(());
            }
            let told = format!("{} {} {}", ask.who, ask.verb.spec().name, request.scope);
            self.asks.pop_front();
            self.seen = None;
            self.take(now, None, Body::Asked(request))?;
            if let Some(refusal) = &self.model.refusal {
                return Err(format!("{}: {told}: refused: {}", now.rfc3339(), refusal.cause).into());
            }
        }
        Ok(())
    }

    fn request(&self, ask: &Ask) -> Request {
        let scope = Scope { segment: ask.segment.clone(), platform: None };
        Request {
            to: ask.to,
            reason: ask.reason.clone(),
            role: ask.role.clone(),
            typed_name: Some(Text::new(self.model.rollout.name.as_str())),
            seen: self.model.versions(),
            ..Request::new(Actor::Person(ask.who.clone()), ask.verb, scope)
        }
    }

    /// The one place that every event passes.
    fn take(&mut self, at: Timestamp, source_at: Option<Timestamp>, body: Body) -> Result<(), Failure> {
        let event = Event { at, source_at, body };
        let effects = engine::update(&mut self.model, &event);
        (self.keep)(&event, &self.model);
        for effect in effects {
            if let Effect::Command(command) = effect {
                for (wait, turn) in self.service.accept(command)? {
                    self.sent += 1;
                    self.coming.insert((at.plus(wait), self.sent), turn);
                }
            }
        }
        Ok(())
    }
}

/// A remark as the adapter hands it in: its words made safe.
fn heard(remark: Remark, number: u64) -> Feedback {
    let Remark { segment, arm, score, words } = remark;
    let id = Text::new(&format!("c{number}"));
    Feedback { id, segment, arm: Some(arm), score: Some(score), text: Text::new(&words) }
}
