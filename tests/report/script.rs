//! A small rollout by hand: 90 seconds, two segments, every number known.
//!
//! ```text
//!  0 s  nobody has it                                      people could begin
//! 10 s  ann widens free to 10 %: sent 10.1, read back 10.5  bakes 20 s
//! 40 s  bob pauses; 50 s bob resumes
//! 52 s  ann widens free to 50 %: sent 52.2, read back 53.0  bakes 20 s
//! 60 s  the first reading with ten times the errors         NO-GO, killed by the autopilot: sent +0.1, off +0.3
//! 90 s  the recording ends; enterprise was never begun
//! ```

use std::sync::Arc;
use std::time::Duration;

use gonogo::action::{Request, Scope, Verb};
use gonogo::domain::*;
use gonogo::effect::{Change, Command, Effect, Outcome};
use gonogo::engine::{Autopilot, Model, update};
use gonogo::event::{Body, Event};
use gonogo::recording::{Header, Taken};
use gonogo::report::{End, Observer, Report};

pub const BEGAN: i64 = 1_795_356_000_000;

pub fn name<T: std::str::FromStr>(text: &str) -> T
where
    T::Err: std::fmt::Debug,
{
    text.parse().expect("a valid name")
}

pub fn percent(p: f64) -> Percent {
    Percent::new(p).expect("a valid percentage")
}

pub fn rollout() -> Rollout {
    let stage = |p| Stage::new(percent(p), Span(Duration::from_secs(20)), 500);
    let ladder = Ladder::new(vec![stage(10.), stage(50.), stage(100.)]).expect("climbs");
    let segment = |n: &str, size| Segment::new(name(n), Some(size), ladder.clone());
    let errors = Guardrail {
        tolerate: 0.1,
        margin: Margin::Points(0.05),
        ..Guardrail::new(name("errors"), Station::Errors, name("errors"))
    };
    Rollout {
        name: name("checkout-v2"),
        owner: Some("payments".into()),
        platforms: vec![Platform::new(name("web"), name("checkout-v2"), Span(Duration::from_secs(5)))],
        segments: vec![segment("free", 1_000), segment("enterprise", 2_000)],
        metrics: vec![Metric { name: name("errors"), interval: Span(Duration::from_secs(1)) }],
        guardrails: vec![errors],
        pause_without_data: Span(Duration::from_secs(60)),
        sample_ratio: false,
    }
}

/// The rollout while it happens, and what is recorded of it.
pub struct Script {
    pub header: Header,
    pub taken: Vec<Taken>,
    pub model: Model,
    now: i64,
    version: u64,
    free: f64,
    sums: ByArm<Counts>,
}

impl Script {
    pub fn new(autopilot: Autopilot) -> Self {
        let header = Header { program: "0.1.0".into(), ..Header::new(&rollout(), autopilot, false) };
        let model = Model::new(Arc::new(rollout()), autopilot, false);
        let sums = ByArm { treatment: Some(Counts::default()), control: Some(Counts::default()) };
        Self { header, taken: Vec::new(), model, now: 0, version: 0, free: 0., sums }
    }

    pub fn event(&mut self, body: Body) -> Vec<Effect> {
        let event = Event { at: Timestamp(BEGAN + self.now), source_at: None, body };
        let effects = update(&mut self.model, &event);
        let number = self.taken.len() as u64;
        self.taken.push(Taken { number, event, decided: Some(self.model.decided.clone()), missing: 0 });
        effects
    }

    pub fn at(&mut self, ms: i64) -> &mut Self {
        assert!(ms >= self.now, "time does not go back");
        self.now = ms;
        self
    }

    pub fn link(&mut self, kind: SourceKind, name: &str, state: LinkState) {
        self.event(Body::Link { source: Source::new(kind, name), state });
    }

    fn state(&mut self, free: f64) -> FlagState {
        self.version += 1;
        FlagState {
            version: Version(self.version),
            on: true,
            shares: [(name("free"), percent(free)), (name("enterprise"), percent(0.))].into(),
            by: None,
            changed_at: None,
            doubts: vec![],
            ..FlagState::default()
        }
    }

    pub fn begin(&mut self) {
        self.link(SourceKind::Flags, "web", LinkState::Live);
        self.link(SourceKind::Metrics, "errors", LinkState::Live);
        let state = self.state(0.);
        self.event(Body::Flag { platform: name("web"), state });
    }

    pub fn ask(&mut self, who: &str, verb: Verb, segment: &str, reason: &str) -> Vec<Command> {
        let request = Request::new(Actor::Person(who.into()), verb, Scope::segment(name(segment)));
        let request = Request { seen: self.model.versions(), reason: Some(reason.into()), ..request };
        let effects = self.event(Body::Asked(request));
        commands(&effects)
    }

    /// The command is on the wire and read back, so many milliseconds after now.
    pub fn carry_out(&mut self, commands: &[Command], sent: i64, confirmed: i64) {
        let asked = self.now;
        for command in commands {
            self.at(asked + sent).event(Body::Effect { id: command.id, outcome: Outcome::Sent });
            self.free = match &command.change {
                Change::Shares(shares) | Change::On(shares) => shares[&name("free")].as_f64(),
                Change::Off => 0.,
                Change::Freeze(_) | Change::Weights(_) => self.free,
            };
            let state = self.state(self.free);
            let outcome = Outcome::Confirmed { state, overwrote: None };
            self.at(asked + confirmed).event(Body::Effect { id: command.id, outcome });
        }
    }

    /// A second's reading of free: 1,000 users, split by its exposure, and a tick. What the autopilot asks for is
    /// carried out.
    pub fn second(&mut self, at_s: i64, treatment_rate: f64) {
        self.at(at_s * 1000);
        self.event(Body::Heard(Source::new(SourceKind::Flags, "web")));
        let treatment = 1000. * self.free / 100.;
        for (arm, units, rate) in
            [(Arm::Treatment, treatment, treatment_rate), (Arm::Control, 1000. - treatment, 0.01)]
        {
            let sum = self.sums.get_mut(arm).get_or_insert_default();
            sum.units += units;
            sum.bad += units * rate;
        }
        let value = SampleValue::Counts(self.sums);
        let mut effects =
            self.event(Body::Sample(Sample { metric: name("errors"), segment: name("free"), value }));
        effects.extend(self.event(Body::Tick));
        let commands = commands(&effects);
        self.carry_out(&commands, 100, 300);
    }

    pub fn feedback(&mut self, id: &str, arm: Arm, score: u8, text: &str) {
        self.event(Body::Feedback(Feedback {
            id: id.into(),
            segment: name("free"),
            arm: Some(arm),
            score: Some(score),
            text: text.into(),
        }));
    }

    /// The whole story of the drawing above.
    pub fn story(autopilot: Autopilot) -> Self {
        let mut script = Self::new(autopilot);
        script.begin();
        for second in 0..90 {
            script.second(second, if second >= 60 { 0.1 } else { 0.01 });
            match second {
                10 => {
                    let commands = script.ask("ann@desk", Verb::Widen, "free", "first customers");
                    script.carry_out(&commands, 100, 500);
                }
                20 => script.feedback("1", Arm::Treatment, 5, "so much faster"),
                25 => script.feedback("2", Arm::Control, 3, "where is it?"),
                40 => drop(script.ask("bob@desk", Verb::Pause, "free", "lunch")),
                50 => drop(script.ask("bob@desk", Verb::Resume, "free", "back")),
                52 => {
                    let commands = script.ask("ann@desk", Verb::Widen, "free", "half of them");
                    script.carry_out(&commands, 200, 1000);
                }
                62 => script.feedback("3", Arm::Treatment, 1, "cannot pay any more"),
                _ => {}
            }
        }
        script.second(90, 0.01);
        script
    }

    pub fn report(&self) -> Report {
        report(&self.header, &self.taken, End { name: "night.rec".into(), ..End::default() })
    }
}

pub fn report(header: &Header, taken: &[Taken], end: End) -> Report {
    let mut observer = Observer::new(header);
    taken.iter().for_each(|taken| observer.take(taken));
    observer.finish(end)
}

pub fn commands(effects: &[Effect]) -> Vec<Command> {
    let command = |effect: &Effect| match effect {
        Effect::Command(command) => Some(command.clone()),
        _ => None,
    };
    effects.iter().filter_map(command).collect()
}
