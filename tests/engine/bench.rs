//! A small rollout on a workbench: two segments, one platform, three guardrails, a clock set by hand.

use std::sync::Arc;
use std::time::Duration;

use gonogo::action::{Request, Scope, Verb};
use gonogo::domain::*;
use gonogo::effect::{Command, Effect, EffectId, Outcome, Record};
use gonogo::engine::{Autopilot, Model, update};
use gonogo::event::{Body, Event};

pub struct Bench {
    pub model: Model,
    pub now: i64,
    version: u64,
    counts: std::collections::BTreeMap<(String, String), ByArm<Counts>>,
}

pub fn name<T: std::str::FromStr>(text: &str) -> T
where
    T::Err: std::fmt::Debug,
{
    text.parse().expect("a valid name")
}

pub fn percent(p: f64) -> Percent {
    Percent::new(p).expect("a valid percentage")
}

pub fn person() -> Actor {
    Actor::Person("ann@desk".into())
}

pub fn rollout() -> Rollout {
    let stage = |p| Stage::new(percent(p), Span(Duration::from_secs(10)), 500);
    let ladder = Ladder::new(vec![stage(5.), stage(25.), stage(50.)]).expect("climbs");
    let segment = |n: &str| Segment::new(name(n), Some(1000), ladder.clone());
    let metric = |n: &str| Metric { name: name(n), interval: Span(Duration::from_secs(1)) };
    let guardrail = |n: &str, station, action| Guardrail {
        tolerate: 0.1,
        margin: Margin::Points(0.05),
        action,
        ..Guardrail::new(name(n), station, name(n))
    };
    Rollout {
        name: name("checkout-v2"),
        owner: None,
        platforms: vec![Platform::new(name("web"), name("checkout-v2"), Span(Duration::from_secs(5)))],
        segments: vec![segment("free"), segment("enterprise")],
        metrics: vec![metric("errors"), metric("latency")],
        guardrails: vec![
            guardrail("errors", Station::Errors, Response::Kill),
            guardrail("latency", Station::Latency, Response::Pause),
        ],
        pause_without_data: Span(Duration::from_secs(60)),
        sample_ratio: false,
    }
}

impl Bench {
    /// Nothing has happened yet.
    pub fn empty(autopilot: Autopilot) -> Self {
        Self::of(rollout(), autopilot)
    }

    /// The same with another rollout.
    pub fn of(rollout: Rollout, autopilot: Autopilot) -> Self {
        let model = Model::new(Arc::new(rollout), autopilot, false);
        Self { model, now: 1_700_000_000_000, version: 0, counts: Default::default() }
    }

    /// Links live, flag on with these shares, both metrics with a baseline.
    pub fn live(autopilot: Autopilot, free: f64, enterprise: f64) -> Self {
        let mut bench = Self::empty(autopilot);
        bench.go_live(free, enterprise);
        bench
    }

    /// As [`Self::live`], with another rollout.
    pub fn live_of(rollout: Rollout, autopilot: Autopilot, free: f64, enterprise: f64) -> Self {
        let mut bench = Self::of(rollout, autopilot);
        bench.go_live(free, enterprise);
        bench
    }

    fn go_live(&mut self, free: f64, enterprise: f64) {
        self.links();
        self.flag(true, free, enterprise);
        self.tick(10_001);
        self.flag_heard();
        for segment in ["free", "enterprise"] {
            self.users(segment, 0., 0., 0., 0.);
        }
    }

    pub fn links(&mut self) {
        for (kind, who) in
            [(SourceKind::Flags, "web"), (SourceKind::Metrics, "errors"), (SourceKind::Metrics, "latency")]
        {
            self.event(Body::Link { source: Source::new(kind, who), state: LinkState::Live });
        }
    }

    pub fn event(&mut self, body: Body) -> Vec<Effect> {
        let event = Event { at: Timestamp(self.now), source_at: None, body };
        update(&mut self.model, &event)
    }

    pub fn tick(&mut self, ms: i64) -> Vec<Effect> {
        self.now += ms;
        self.event(Body::Tick)
    }

    pub fn flag_heard(&mut self) {
        self.event(Body::Heard(Source::new(SourceKind::Flags, "web")));
    }

    pub fn state(&mut self, on: bool, free: f64, enterprise: f64) -> FlagState {
        self.version += 1;
        FlagState {
            version: Version(self.version),
            on,
            shares: [(name("free"), percent(free)), (name("enterprise"), percent(enterprise))].into(),
            by: Some(Actor::Other("bob".into())),
            changed_at: None,
            doubts: vec![],
            ..FlagState::default()
        }
    }

    pub fn flag(&mut self, on: bool, free: f64, enterprise: f64) -> Vec<Effect> {
        let state = self.state(on, free, enterprise);
        self.event(Body::Flag { platform: name("web"), state })
    }

    /// New users of a segment in both arms, one second later.
    pub fn users(&mut self, segment: &str, t: f64, t_bad: f64, c: f64, c_bad: f64) -> Vec<Effect> {
        self.now += 500;
        self.flag_heard();
        let sum = self.counts.entry(("errors".into(), segment.into())).or_default();
        for (arm, units, bad) in [(Arm::Treatment, t, t_bad), (Arm::Control, c, c_bad)] {
            let sum = sum.get_mut(arm).get_or_insert_default();
            sum.units += units;
            sum.bad += bad;
        }
        let value = SampleValue::Counts(*sum);
        self.sample("errors", segment, value)
    }

    pub fn sample(&mut self, metric: &str, segment: &str, value: SampleValue) -> Vec<Effect> {
        self.event(Body::Sample(Sample { metric: name(metric), segment: name(segment), value }))
    }

    /// New users of a segment, as quick in both arms.
    pub fn quick(&mut self, segment: &str, t: f64, c: f64) {
        let sum = self.counts.entry(("latency".into(), segment.into())).or_default();
        for (arm, units) in [(Arm::Treatment, t), (Arm::Control, c)] {
            sum.get_mut(arm).get_or_insert_default().units += units;
        }
        let histogram = |counts: Counts| Histogram {
            at_most: [0.5, 0.9, 0.95, 0.99].map(|share| counts.units * share).to_vec(),
            total: counts.units,
        };
        let arms = ByArm { treatment: sum.treatment.map(histogram), control: sum.control.map(histogram) };
        self.sample(
            "latency",
            segment,
            SampleValue::Histogram { bounds: vec![100., 200., 400., 800.], arms },
        );
    }

    pub fn request(&self, verb: Verb, segment: Option<&str>) -> Request {
        let scope = Scope { segment: segment.map(name), platform: None };
        Request { seen: self.model.versions(), ..Request::new(person(), verb, scope) }
    }

    pub fn ask(&mut self, request: Request) -> Vec<Effect> {
        self.event(Body::Asked(request))
    }

    pub fn press(&mut self, verb: Verb, segment: Option<&str>) -> Vec<Effect> {
        let request = self.request(verb, segment);
        self.ask(request)
    }

    pub fn confirm(&mut self, command: &Command, state: FlagState) {
        let outcome = Outcome::Confirmed { state, overwrote: None };
        self.event(Body::Effect { id: command.id, outcome });
    }

    pub fn outcome(&mut self, id: EffectId, outcome: Outcome) -> Vec<Effect> {
        self.event(Body::Effect { id, outcome })
    }

    pub fn refusal(&self) -> &str {
        self.model.refusal.as_ref().map_or("", |refusal| refusal.cause.as_str())
    }

    pub fn cell(&self, segment: &str, station: Station) -> (Verdict, String) {
        let segment = self.model.segment(&name(segment)).expect("a segment of the bench");
        segment
            .board
            .get(&station)
            .map_or((Verdict::Wait, String::new()), |cell| (cell.verdict, cell.evidence.sentence.clone()))
    }

    pub fn phase(&self, segment: &str) -> Phase {
        self.model.segment(&name(segment)).expect("a segment of the bench").phase
    }

    pub fn told(&self, words: &str) -> bool {
        self.model.timeline.iter().any(|moment| moment.text.as_str().contains(words))
    }

    /// Enough bad users in treatment for a NO-GO.
    pub fn break_segment(&mut self, segment: &str) -> Vec<Effect> {
        (0..20).flat_map(|_| self.users(segment, 100., 20., 100., 1.)).collect()
    }
}

pub fn commands(effects: &[Effect]) -> Vec<&Command> {
    effects
        .iter()
        .filter_map(|e| if let Effect::Command(command) = e { Some(command) } else { None })
        .collect()
}

pub fn records(effects: &[Effect]) -> Vec<&Record> {
    effects.iter().filter_map(|e| if let Effect::Record(record) = e { Some(record) } else { None }).collect()
}
