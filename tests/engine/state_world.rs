//! A world that does anything: cumulative counts that go wrong, a backend with moods, people, other processes, damage.
//!
//! In: a seed. Out: one event after the other; it hears which commands the engine sent. The same seed and the same answers
//! give the same events.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use gonogo::action::{ACTIONS, Request, Scope, Verb};
use gonogo::domain::*;
use gonogo::effect::{Change, Command, Effect, EffectId, Outcome, Record};
use gonogo::engine::{Autopilot, Model};
use gonogo::event::{Body, Event};
use rand::rngs::SmallRng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};

use super::bench::{name, percent, rollout};

const SEGMENTS: [&str; 3] = ["free", "enterprise", "nobody"];

/// Everything that a rollout can ask for: several platforms, roles, an order, all comparisons, counts and a distribution.
pub fn wide_rollout() -> Rollout {
    let mut rollout = rollout();
    let mut ios = Platform::new(name("ios"), name("checkout-v2"), Span(Duration::from_secs(5)));
    ios.capabilities.kill = KillScope::Flag;
    rollout.platforms.push(ios);
    let stage = |share, role: Option<&str>| Stage {
        approval: role.map(name),
        ..Stage::new(percent(share), Span(Duration::from_secs(3)), 100)
    };
    let ladder = vec![stage(5., None), stage(25., Some("captain")), stage(50., None), stage(100., None)];
    rollout.segments[1].ladder = Ladder::new(ladder).expect("climbs");
    rollout.segments[0].after.push(name("enterprise"));
    rollout.metrics.push(Metric { name: name("orders"), interval: Span(Duration::from_secs(2)) });
    let mut add = |guardrail: &str, station, metric: &str, compare, margin| {
        rollout.guardrails.push(Guardrail {
            compare,
            margin,
            tolerate: 0.05,
            ..Guardrail::new(name(guardrail), station, name(metric))
        });
    };
    add("before", Station::Business, "orders", Compare::Baseline, Margin::Relative(0.2));
    add("never", Station::Adoption, "orders", Compare::Above { rate: 0.4, least: 500 }, Margin::Points(0.1));
    rollout.sample_ratio = true;
    rollout.pause_without_data = Span(Duration::from_secs(20));
    rollout
}

/// Cumulative units and bad units by arm.
type Sums = [(f64, f64); 2];

pub struct World {
    dice: SmallRng,
    now: i64,
    on: bool,
    shares: BTreeMap<SegmentName, Percent>,
    splits: BTreeMap<SegmentName, Vec<VariantShare>>,
    ramps: BTreeMap<SegmentName, Ramp>,
    version: u64,
    sums: BTreeMap<(&'static str, &'static str), Sums>,
    /// How bad treatment is, by segment.
    bad: [f64; 3],
    open: Vec<Command>,
    said: u64,
}

impl World {
    pub fn new(seed: u64) -> Self {
        Self {
            dice: SmallRng::seed_from_u64(seed),
            now: 1_700_000_000_000,
            on: true,
            shares: [(name("free"), Percent::ZERO), (name("enterprise"), Percent::ZERO)].into(),
            splits: BTreeMap::new(),
            ramps: BTreeMap::new(),
            version: 1,
            sums: BTreeMap::new(),
            bad: [0.02; 3],
            open: Vec::new(),
            said: 0,
        }
    }

    /// A model for it: of either rollout, with any autopilot.
    pub fn model(&mut self) -> Model {
        let rollout = if self.dice.random_bool(0.7) { wide_rollout() } else { rollout() };
        let modes = [Autopilot::Off, Autopilot::Advise, Autopilot::Guard, Autopilot::Full, Autopilot::Full];
        let mode = self.any(&modes);
        Model::new(Arc::new(rollout), mode, self.dice.random_bool(0.1))
    }

    pub fn any<T: Clone>(&mut self, of: &[T]) -> T {
        of.choose(&mut self.dice).expect("something to choose from").clone()
    }

    pub fn chance(&mut self, of: f64) -> bool {
        self.dice.random_bool(of)
    }

    pub fn below(&mut self, end: usize) -> usize {
        self.dice.random_range(0..end)
    }

    /// What the engine asked for.
    pub fn hear(&mut self, effects: &[Effect]) {
        for effect in effects {
            if let Effect::Command(command) = effect {
                self.open.push(command.clone());
            }
        }
    }

    /// The next event. It may look at the model, as people do.
    pub fn next(&mut self, model: &Model) -> Event {
        self.now += match self.dice.random_range(0..1000) {
            0..2 => 90_000,
            2..300 => self.dice.random_range(0..2_000),
            300..302 => -500,
            _ => self.dice.random_range(0..300),
        };
        let source_at = match self.dice.random_range(0..40) {
            0 => Some(self.now - 2_000),
            1 => Some(self.now + 45_000),
            2..10 => Some(self.now),
            _ => None,
        };
        let body = self.body(model);
        Event { at: Timestamp(self.now), source_at: source_at.map(Timestamp), body }
    }

    fn body(&mut self, model: &Model) -> Body {
        let source = |kind, who: &str| Source::new(kind, who);
        match self.dice.random_range(0..1000) {
            0..80 => Body::Tick,
            80..180 => {
                let who = self.any(&["web", "ios"]);
                Body::Heard(source(SourceKind::Flags, who))
            }
            180..220 => {
                let (kind, who) = self.any(&[
                    (SourceKind::Flags, "web"),
                    (SourceKind::Flags, "ios"),
                    (SourceKind::Metrics, "errors"),
                    (SourceKind::Metrics, "latency"),
                    (SourceKind::Metrics, "orders"),
                    (SourceKind::Feedback, "form"),
                ]);
                let wait = Span(Duration::from_millis(1_250));
                let state = match self.dice.random_range(0..8) {
                    0 => LinkState::Connecting,
                    1 => LinkState::Retrying { cause: "no route to host".into(), wait },
                    2 => LinkState::Failed { cause: "401: \u{1b}[31mtoken".into() },
                    _ => LinkState::Live,
                };
                Body::Link { source: source(kind, who), state }
            }
            220..290 => self.flag(),
            290..320 => self.feedback(),
            320..330 => {
                let problem = format!("line {} is no number", self.dice.random_range(0..150));
                Body::Problem { source: source(SourceKind::Metrics, "errors"), problem: problem.into() }
            }
            330..335 => Body::Traffic { refused: self.said, coalesced: u64::MAX },
            335 if self.chance(0.2) => Body::Leaving,
            336..400 => self.request(model),
            400..480 => self.outcome(model),
            480..500 => self.restored(),
            500..540 => self.served(),
            540..545 => {
                let change = self.any(&[Change::Off, Change::Freeze([name("free")].into())]);
                let answer = if self.chance(0.5) { Ok(vec!["all move".into()]) } else { Err("405".into()) };
                Body::Rehearsed { platform: name("web"), change, answer }
            }
            _ => self.sample(),
        }
    }

    fn state(&mut self) -> FlagState {
        let doubts = if self.chance(0.03) { vec!["a rule that nobody knows".into()] } else { Vec::new() };
        let by = [None, Some(Actor::Other("bob".into())), Some(Actor::Person("ann@desk".into()))];
        FlagState {
            version: Version(self.version),
            on: self.on,
            shares: self.shares.clone(),
            by: self.any(&by),
            changed_at: self.chance(0.5).then_some(Timestamp(self.now - 10)),
            doubts,
            splits: self.splits.clone(),
            ramps: self.ramps.clone(),
        }
    }

    fn flag(&mut self) -> Body {
        if self.chance(0.1) {
            // Somebody outside, who knows more segments than we do.
            let segment = self.any(&["free", "enterprise", "vip"]);
            let share = self.any(&[0., 5., 25., 33.3333, 50., 100.]);
            self.shares.insert(name(segment), percent(share));
            self.on = self.chance(0.9);
            self.version += 1;
            if self.chance(0.3) {
                let until = self.chance(0.5).then_some(Timestamp(self.now + 60_000));
                self.ramps.insert(name(segment), Ramp { to: until.map(|_| Percent::FULL), until });
            }
            if self.chance(0.3) {
                let variant = |(called, share): (&str, f64)| VariantShare {
                    name: called.into(),
                    share: percent(share),
                };
                let split = [("control", 50.), ("blue", 30.), ("green", 20.)].map(variant);
                self.splits.insert(name(segment), split.into());
            }
        }
        let platform = name(self.any(&["web", "ios", "elsewhere"]));
        Body::Flag { platform, state: self.state() }
    }

    fn served(&mut self) -> Body {
        let asked = self.any(&[0, 16, 200]);
        let treated = self.any(&[0, 8, 50, 200]);
        let panel = self.any(&[Panel::Whole, Panel::Whole, Panel::Treated]);
        let variants = if self.chance(0.3) { [("blue".into(), treated)].into() } else { BTreeMap::new() };
        let segment = name(self.any(&SEGMENTS));
        let probed = Probed { panel, asked, treated, variants };
        Body::Served {
            platform: name(self.any(&["web", "ios", "elsewhere"])),
            served: [(segment, probed)].into(),
        }
    }

    fn feedback(&mut self) -> Body {
        self.said += 1;
        let id = if self.chance(0.2) { self.said / 2 } else { self.said };
        Body::Feedback(Feedback {
            id: format!("f-{id}").as_str().into(),
            segment: name(self.any(&SEGMENTS)),
            arm: self.any(&[None, Some(Arm::Treatment), Some(Arm::Control)]),
            score: self.any(&[None, Some(0), Some(5), Some(255)]),
            text: self.any(&["", "it is gone again", "größer \u{202e} als je", "日本語"]).into(),
        })
    }

    fn request(&mut self, model: &Model) -> Body {
        let verb = self.any(ACTIONS).verb;
        let verb =
            if self.chance(0.4) { self.any(&[Verb::Widen, Verb::Approve, Verb::Resume]) } else { verb };
        let segment = self.any(&[None, Some("free"), Some("enterprise"), Some("nobody")]);
        let platform = self.any(&[None, None, None, Some("web"), Some("ios")]);
        let scope = Scope { segment: segment.map(name), platform: platform.map(name) };
        let to = self.any(&[None, None, Some(25.), Some(70.)]).map(percent);
        Body::Asked(Request {
            to,
            reason: self.chance(0.8).then(|| "because".into()),
            typed_name: self.chance(0.8).then(|| "checkout-v2".into()),
            role: self.chance(0.8).then(|| name("captain")),
            seen: if self.chance(0.9) { model.versions() } else { BTreeMap::new() },
            ..Request::new(self.actor(), verb, scope)
        })
    }

    fn actor(&mut self) -> Actor {
        self.any(&[Actor::Person("ann@desk".into()), Actor::Autopilot, Actor::Other("cron".into())])
    }

    fn outcome(&mut self, model: &Model) -> Body {
        // Mostly of what is open; now and then of an earlier run, or of nothing at all.
        let known: Vec<Command> = model.commands.iter().map(|tracked| tracked.command.clone()).collect();
        let command = if self.chance(0.8) { self.open.pop() } else { known.choose(&mut self.dice).cloned() };
        let Some(command) = command else {
            let (id, cause) = (EffectId(self.said), "nobody asked".into());
            return Body::Effect { id, outcome: Outcome::Refused { cause, state: None } };
        };
        let id = command.id;
        let outcome = match self.dice.random_range(0..10) {
            0 | 1 => {
                self.open.push(command);
                Outcome::Sent
            }
            2 => Outcome::Refused {
                cause: "409: the version is another".into(),
                state: self.chance(0.5).then(|| self.state()),
            },
            3 => {
                self.open.push(command);
                Outcome::Unknown { cause: "timed out".into(), attempts: 3 }
            }
            _ => {
                self.apply(&command.change);
                let overwrote = self.chance(0.1).then(|| "a change of bob".into());
                Outcome::Confirmed { state: self.state(), overwrote }
            }
        };
        Body::Effect { id, outcome }
    }

    fn apply(&mut self, change: &Change) {
        self.version += 1;
        match change {
            Change::Off => self.on = false,
            Change::On(shares) => {
                self.on = true;
                self.shares.extend(shares.clone());
            }
            Change::Shares(shares) => self.shares.extend(shares.clone()),
            Change::Freeze(names) => self.ramps.retain(|name, _| !names.contains(name)),
            Change::Weights(weights) => self.splits.extend(weights.clone()),
        }
    }

    fn restored(&mut self) -> Body {
        let actor = self.actor();
        let segment: SegmentName = name(self.any(&SEGMENTS));
        let scope = Scope { segment: self.chance(0.5).then(|| segment.clone()), platform: None };
        let id = EffectId(self.dice.random_range(0..6));
        let shares = [(segment.clone(), percent(self.any(&[0., 5., 25.])))];
        let reason: Option<Text> = self.chance(0.5).then(|| "so it was".into());
        let record = match self.dice.random_range(0..8) {
            0 | 1 => {
                let (verb, platform) =
                    (self.any(&[Verb::Kill, Verb::Widen, Verb::RollBack]), self.any(&["web", "ios"]));
                let change = self.any(&[
                    Change::Off,
                    Change::On(shares.clone().into()),
                    Change::Shares(shares.into()),
                ]);
                let evidence = self.chance(0.5).then(|| "e = 401".into());
                let expected = Some(Version(3));
                let platform = name(platform);
                Record::Commanded {
                    command: Command {
                        id,
                        verb,
                        platform,
                        change,
                        expected,
                        actor,
                        reason,
                        evidence,
                        part_of: None,
                    },
                }
            }
            2 => {
                Record::Finished { id, outcome: Outcome::Confirmed { state: self.state(), overwrote: None } }
            }
            3 => Record::Paused { scope, actor, reason },
            4 => Record::Resumed { scope, actor, reason },
            5 => Record::Approved { segment, exposure: percent(25.), role: name("captain"), actor },
            6 => Record::Cleared { segment, actor, reason: "looked at it".into() },
            _ => Record::Latched {
                segment,
                station: Station::Errors,
                guardrail: name(self.any(&["errors", "long-gone"])),
                evidence: Evidence {
                    ln_e: Some(f64::INFINITY),
                    ln_threshold: Some(f64::NAN),
                    control: Some((-0.0, 1e-320)),
                    ..Evidence::of("bad enough", Timestamp(self.now))
                },
                response: self.any(&[None, Some(Response::Pause), Some(Response::Kill)]),
            },
        };
        Body::Restored { written_at: Timestamp(self.now - 5_000), record }
    }

    fn sample(&mut self) -> Body {
        let known = if self.chance(0.97) { 2 } else { 3 };
        let which = self.below(known);
        let segment = SEGMENTS[which];
        let metric = self.any(&["errors", "errors", "latency", "latency", "orders"]);
        if self.chance(0.005) {
            self.bad[which] = self.any(&[0.0, 0.02, 0.02, 0.3]);
        }
        let share =
            self.shares.get(&name::<SegmentName>(segment)).map_or(0.1, |share| share.as_f64() / 100.0);
        let share = if self.on { share } else { 0.0 };
        let users = self.dice.random_range(0..400) as f64;
        let worse = self.bad[which];
        let (t, c) = ((users * share).round(), (users * (1.0 - share)).round());
        let (t_bad, c_bad) = (self.of(t, worse), self.of(c, 0.02));
        let sums = self.sums.entry((metric, segment)).or_default();
        for (sum, (units, bad)) in sums.iter_mut().zip([(t, t_bad), (c, c_bad)]) {
            *sum = (sum.0 + units, sum.1 + bad);
        }
        let sums = *sums;
        match self.dice.random_range(0..300) {
            0 => drop(self.sums.remove(&(metric, segment))),
            1..4 => _ = self.sums.insert((metric, segment), [(sums[0].0, 0.0), sums[1]]),
            _ => {}
        }
        let odd = self.chance(0.01);
        let arm = |(units, bad): (f64, f64)| {
            let bad = if odd { f64::NAN } else { bad };
            Some(Counts { units, bad })
        };
        let mut arms = ByArm { treatment: arm(sums[0]), control: arm(sums[1]) };
        if self.chance(0.02) {
            arms.control = None;
        }
        let value = if metric == "latency" {
            let bounds = if self.chance(0.998) { vec![100., 200., 400., 800.] } else { vec![100., 400.] };
            let histogram = |counts: Counts| {
                let slow = [0.5, 0.9, 0.95, 0.99].map(|part| counts.units * part);
                let at_most =
                    slow.into_iter().take(bounds.len()).map(|n| (n - counts.bad).max(0.0)).collect();
                Histogram { at_most, total: counts.units }
            };
            let arms =
                ByArm { treatment: arms.treatment.map(histogram), control: arms.control.map(histogram) };
            SampleValue::Histogram { bounds: bounds.clone(), arms }
        } else {
            SampleValue::Counts(arms)
        };
        Body::Sample(Sample { metric: name(metric), segment: name(segment), value })
    }

    /// About so many of them.
    fn of(&mut self, units: f64, share: f64) -> f64 {
        let wanted = units * share;
        wanted.floor() + f64::from(u8::from(self.chance(wanted.fract().clamp(0.0, 1.0))))
    }
}
