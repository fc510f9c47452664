//! Three rollouts to look at: one before its first data, one that goes well, one in trouble.

use std::sync::Arc;

use crate::action::{Request, Scope, Verb};
use crate::domain::{
    Actor, Arm, ByArm, Counts, Feedback, FlagKey, FlagState, Guardrail, GuardrailName, Histogram, Ladder,
    LinkState, Margin, Metric, MetricName, Percent, Platform, PlatformName, Response, Rollout, RolloutName,
    Sample, SampleValue, Segment, SegmentName, Source, SourceKind, Span, Stage, Station, Text, Timestamp,
    Version,
};
use crate::effect::{Effect, Outcome};
use crate::engine::{Autopilot, Decision, Model, update};
use crate::event::{Body, Event};
use crate::recording::Mark;

/// 2026-11-22 14:00:00 UTC.
pub const START: Timestamp = Timestamp(1_795_356_000_000);
const SEGMENTS: [(&str, u64, u32); 4] =
    [("internal", 500, 100), ("beta", 3_000, 50), ("free", 40_000, 10), ("enterprise", 12_000, 25)];
const BOUNDS: [f64; 6] = [50.0, 100.0, 200.0, 400.0, 800.0, 1600.0];

pub fn seg(name: &str) -> SegmentName {
    SegmentName::new(name).unwrap()
}

pub fn percent(n: u32) -> Percent {
    Percent::from_ppm(n * 10_000)
}

fn span(text: &str) -> Span {
    text.parse().unwrap()
}

pub fn rollout() -> Rollout {
    let stage = |n| Stage::new(percent(n), span("10m"), 200);
    let ladder = || Ladder::new([1, 5, 10, 25, 50, 100].map(stage).into()).unwrap();
    let metric = |name| Metric { name: MetricName::new(name).unwrap(), interval: span("5s") };
    let guardrail = |name, station, metric, action| Guardrail {
        tolerate: 0.1,
        margin: Margin::Points(0.05),
        action,
        ..Guardrail::new(GuardrailName::new(name).unwrap(), station, MetricName::new(metric).unwrap())
    };
    Rollout {
        name: RolloutName::new("checkout-v2").unwrap(),
        owner: Some(Text::new("payments")),
        platforms: ["web", "ios"]
            .map(|name| {
                let flag = FlagKey::new("checkout-v2").unwrap();
                Platform::new(PlatformName::new(name).unwrap(), flag, span("5s"))
            })
            .into(),
        segments: SEGMENTS.map(|(name, size, _)| Segment::new(seg(name), Some(size), ladder())).into(),
        metrics: vec![metric("errors"), metric("latency")],
        guardrails: vec![
            guardrail("errors-10", Station::Errors, "errors", Response::Kill),
            guardrail("slow-10", Station::Latency, "latency", Response::Pause),
        ],
        pause_without_data: span("1h"),
        sample_ratio: false,
    }
}

pub struct World {
    pub model: Model,
    pub effects: Vec<Effect>,
    /// What a recording of it would have for a timeline.
    pub marks: Vec<Mark>,
    /// Everything that was told, with what was decided on it: what a recording of it would hold.
    pub told: Vec<(Event, Vec<Decision>)>,
    now: Timestamp,
    units: [[f64; 2]; 4],
    bad: [[f64; 2]; 4],
    slow: [[f64; 2]; 4],
}

impl World {
    pub fn new() -> Self {
        Self::of(rollout())
    }

    pub fn of(rollout: Rollout) -> Self {
        let model = Model::new(Arc::new(rollout), Autopilot::Guard, false);
        let mut world = Self {
            model,
            effects: vec![],
            marks: vec![],
            told: vec![],
            now: START,
            units: [[0.0; 2]; 4],
            bad: [[0.0; 2]; 4],
            slow: [[0.0; 2]; 4],
        };
        world.tell(Body::Tick);
        world
    }

    pub fn tell(&mut self, body: Body) {
        let event = Event { at: self.now, source_at: Some(self.now), body };
        self.effects.extend(update(&mut self.model, &event));
        let number = self.told.len() as u64;
        self.marks.extend(self.model.decided.iter().filter_map(|what| Mark::of(number, self.now, what)));
        self.told.push((event, self.model.decided.clone()));
    }

    /// Time goes by, live links say that they are, and nothing else happens.
    pub fn wait(&mut self, ms: i64) {
        self.now = Timestamp(self.now.0 + ms);
        let live = self.model.links.iter().filter(|(_, link)| link.state == LinkState::Live);
        for source in live.map(|(source, _)| source.clone()).collect::<Vec<_>>() {
            self.tell(Body::Heard(source));
        }
        self.tell(Body::Tick);
    }

    pub fn link(&mut self, kind: SourceKind, name: &str, state: LinkState) {
        self.tell(Body::Link { source: Source::new(kind, name), state });
    }

    pub fn flag(&mut self, platform: &str, version: u64, shares: &[(&str, u32)]) {
        let state = FlagState {
            version: Version(version),
            on: true,
            shares: shares.iter().map(|(name, share)| (seg(name), percent(*share))).collect(),
            by: Some(Actor::Other(Text::new("captain"))),
            changed_at: Some(self.now),
            doubts: vec![],
            ..FlagState::default()
        };
        self.tell(Body::Flag { platform: PlatformName::new(platform).unwrap(), state });
    }

    pub fn flags(&mut self, version: u64, shares: &[(&str, u32)]) {
        self.flag("web", version, shares);
        self.flag("ios", version, shares);
    }

    pub fn connect(&mut self) {
        for name in ["web", "ios"] {
            self.link(SourceKind::Flags, name, LinkState::Live);
        }
        for name in ["errors", "latency"] {
            self.link(SourceKind::Metrics, name, LinkState::Live);
        }
        self.link(SourceKind::Feedback, "voices", LinkState::Live);
        self.tell(Body::Heard(Source::new(SourceKind::Feedback, "voices")));
    }

    /// Goes on for five seconds: new users in each segment, some of them with errors, some slow.
    pub fn step(&mut self, silent: &[&str], enterprise_error_rate: f64) {
        self.now = Timestamp(self.now.0 + 5_000);
        for name in ["web", "ios"].into_iter().filter(|name| !silent.contains(name)) {
            self.tell(Body::Heard(Source::new(SourceKind::Flags, name)));
        }
        let wave = ((self.now.0 / 5_000) % 7) as f64;
        for (index, (name, size, _)) in SEGMENTS.into_iter().enumerate() {
            let share = self.model.segments[index].exposure.confirmed.map_or(0.0, Percent::as_f64) / 100.0;
            for (arm, part) in [share.min(0.97), 1.0 - share.min(0.97)].into_iter().enumerate() {
                let new = (size as f64 / 100.0 * part).round();
                let rate = if index == 3 && arm == 0 { enterprise_error_rate } else { 0.012 };
                self.units[index][arm] += new;
                self.bad[index][arm] += (new * rate * (0.7 + wave / 10.0)).round();
                self.slow[index][arm] += (new * (0.04 + wave / 400.0)).round();
            }
            if !silent.contains(&"errors") {
                let counts =
                    |arm: usize| Some(Counts { units: self.units[index][arm], bad: self.bad[index][arm] });
                let value = SampleValue::Counts(ByArm { treatment: counts(0), control: counts(1) });
                self.sample("errors", name, value);
            }
            if !silent.contains(&"latency") {
                let histogram = |arm: usize| {
                    let (all, slow) = (self.units[index][arm], self.slow[index][arm]);
                    let fast = all - slow;
                    let at_most = vec![fast * 0.3, fast * 0.7, fast, all - slow * 0.4, all - slow * 0.1, all];
                    Some(Histogram { at_most, total: all })
                };
                let arms = ByArm { treatment: histogram(0), control: histogram(1) };
                self.sample("latency", name, SampleValue::Histogram { bounds: BOUNDS.into(), arms });
            }
        }
        self.tell(Body::Tick);
    }

    fn sample(&mut self, metric: &str, segment: &str, value: SampleValue) {
        self.tell(Body::Sample(Sample {
            metric: MetricName::new(metric).unwrap(),
            segment: seg(segment),
            value,
        }));
    }

    pub fn say(&mut self, id: &str, segment: &str, arm: Option<Arm>, score: Option<u8>, text: &str) {
        self.tell(Body::Feedback(Feedback {
            id: Text::new(id),
            segment: seg(segment),
            arm,
            score,
            text: Text::new(text),
        }));
    }

    pub fn ask(&mut self, request: Request) {
        self.tell(Body::Asked(request));
    }
}

pub fn person() -> Actor {
    Actor::Person(Text::new("captain@war-room"))
}

/// The shares that all segments start with.
pub fn shares() -> Vec<(&'static str, u32)> {
    SEGMENTS.map(|(name, _, share)| (name, share)).into()
}

/// Before the first data.
pub fn empty() -> Model {
    let mut world = World::new();
    for name in ["web", "ios"] {
        world.link(SourceKind::Flags, name, LinkState::Connecting);
    }
    let cause = Text::new("connection refused");
    world.link(SourceKind::Metrics, "errors", LinkState::Retrying { cause, wait: span("4s") });
    world.model
}

/// A launch that goes well, five minutes in.
pub fn launch() -> World {
    let mut world = World::new();
    world.connect();
    let mut start = shares();
    start[3].1 = 10;
    world.flags(40, &start);
    for step in 0..60 {
        if step == 20 {
            world.flags(41, &shares());
        }
        world.step(&[], 0.012);
        if step % 9 == 4 {
            let (arm, score, text) = match step % 4 {
                0 => (Some(Arm::Treatment), Some(5), "checkout is much faster now"),
                1 => (Some(Arm::Control), Some(4), "fine"),
                2 => (Some(Arm::Treatment), Some(2), "the pay button jumps \u{1b}[31maround"),
                _ => (None, None, "日本語のフィードバックも幅で切られます、とても長い文章なので"),
            };
            world.say(&format!("f{step}"), if step % 2 == 0 { "free" } else { "beta" }, arm, score, text);
        }
    }
    let note = Request {
        reason: Some(Text::new("support says all quiet")),
        ..Request::new(person(), Verb::Note, Scope::default())
    };
    world.ask(note);
    world.step(&[], 0.012);
    world
}

/// Errors in enterprise: the autopilot kills it, web confirms, ios does not answer; a metrics source is
/// silent, feedback is lost, another segment is paused.
pub fn trouble() -> World {
    let mut world = launch();
    world.ask(Request::new(person(), Verb::Pause, Scope::segment(seg("beta"))));
    for _ in 0..24 {
        world.step(&[], 0.15);
    }
    let commands: Vec<_> = world
        .effects
        .iter()
        .filter_map(|e| match e {
            Effect::Command(c) => Some(c.clone()),
            _ => None,
        })
        .collect();
    assert_eq!(commands.len(), 2, "the autopilot kills at both platforms");
    world.link(
        SourceKind::Flags,
        "ios",
        LinkState::Retrying { cause: Text::new("timed out"), wait: span("2s") },
    );
    let cause = Text::new("no answer in 2 s");
    for command in commands {
        let outcome = if command.platform.as_str() == "web" {
            let mut state = world.model.platforms[0].state.clone().unwrap();
            state.version = Version(42);
            state.shares.insert(seg("enterprise"), Percent::ZERO);
            Outcome::Confirmed { state, overwrote: None }
        } else {
            Outcome::Unknown { cause: cause.clone(), attempts: 3 }
        };
        world.tell(Body::Effect { id: command.id, outcome });
    }
    let cause = Text::new("401: token refused");
    world.link(SourceKind::Feedback, "voices", LinkState::Failed { cause });
    world.tell(Body::Problem {
        source: Source::new(SourceKind::Metrics, "latency"),
        problem: Text::new("NaN in bucket 3"),
    });
    for _ in 0..5 {
        world.step(&["latency", "ios"], 0.0);
    }
    world
}
