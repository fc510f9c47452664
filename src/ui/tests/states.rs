//! A rollout in each state that there is: every phase, every verdict, stale, before the first data.

use super::world::{self, World, seg};
use crate::action::{Request, Scope, Verb};
use crate::domain::{
    Ladder, LinkState, Margin, Percent, Phase, RoleName, SourceKind, Span, Stage, Text, Verdict,
};
use crate::effect::{Effect, Outcome};
use crate::engine::Model;

/// All of them, each with its name.
pub fn all() -> Vec<(&'static str, Model)> {
    vec![
        ("unknown", world::empty()),
        ("running", world::launch().model),
        ("go", go()),
        ("holding", holding()),
        ("no-go", no_go()),
        ("paused", asked(Verb::Pause, None, false)),
        ("killing", asked(Verb::Kill, None, false)),
        ("killed", asked(Verb::Kill, None, true)),
        ("rolling-back", asked(Verb::RollBack, Some("enterprise"), false)),
        ("complete", complete()),
        ("trouble", world::trouble().model),
        ("planned", planned()),
    ]
}

/// Every station of every segment says GO.
fn go() -> Model {
    let mut rollout = world::rollout();
    // The small segments would need hours for the least sample and for a distribution.
    rollout.guardrails.truncate(1);
    rollout.guardrails[0].margin = Margin::Points(0.3);
    for segment in &mut rollout.segments {
        let stages = segment.ladder.stages().iter().cloned();
        segment.ladder = Ladder::new(stages.map(|stage| Stage { sample: 50, ..stage }).collect()).unwrap();
    }
    let mut world = World::of(rollout);
    world.connect();
    world.flags(40, &[("internal", 50), ("beta", 50), ("free", 10), ("enterprise", 25)]);
    for _ in 0..90 {
        world.step(&[], 0.012);
    }
    world.model
}

/// A source has fallen silent.
fn holding() -> Model {
    let mut world = world::launch();
    for _ in 0..6 {
        world.step(&["latency"], 0.012);
    }
    world.model
}

/// A NO-GO that nobody has acted on: this cockpit is read-only.
fn no_go() -> Model {
    let mut world = world::launch();
    world.model.read_only = true;
    for _ in 0..24 {
        world.step(&[], 0.15);
    }
    world.model
}

/// Somebody asked for something; it was confirmed, or is still under way.
fn asked(verb: Verb, segment: Option<&str>, is_confirmed: bool) -> Model {
    let mut world = world::launch();
    let scope = Scope { segment: segment.map(seg), platform: None };
    let before = world.effects.len();
    let reason = Some(Text::new("support hears complaints"));
    world.ask(Request { reason, ..Request::new(world::person(), verb, scope) });
    let commands: Vec<_> = world.effects[before..]
        .iter()
        .filter_map(|effect| if let Effect::Command(command) = effect { Some(command.clone()) } else { None })
        .collect();
    for command in commands.into_iter().filter(|_| is_confirmed) {
        let mut state = world.model.platform(&command.platform).unwrap().state.clone().unwrap();
        (state.on, state.version.0) = (false, 50);
        world.tell(crate::event::Body::Effect {
            id: command.id,
            outcome: Outcome::Confirmed { state, overwrote: None },
        });
    }
    world.wait(1_000);
    world.model
}

/// Everybody has it.
fn complete() -> Model {
    let mut world = world::launch();
    let everybody: Vec<_> = world::shares().into_iter().map(|(name, _)| (name, 100)).collect();
    world.flags(60, &everybody);
    for _ in 0..6 {
        world.step(&[], 0.012);
    }
    world.model
}

/// Roles, an order, short stages and long ones: much to wait for.
fn planned() -> Model {
    let mut rollout = world::rollout();
    let stage = |share: u32, bake: &str, role: Option<&str>| Stage {
        approval: role.map(|role| RoleName::new(role).unwrap()),
        ..Stage::new(world::percent(share), bake.parse::<Span>().unwrap(), 2_000)
    };
    for (index, segment) in rollout.segments.iter_mut().enumerate() {
        let captain = (index != 0).then_some("captain");
        let stages = vec![
            stage(10, "10m", None),
            stage(25, "2h", captain),
            stage(50, "2h", None),
            stage(100, "1d", Some("legal")),
        ];
        segment.ladder = Ladder::new(stages).unwrap();
    }
    let first = rollout.segments[2].name.clone();
    rollout.segments[3].after = vec![first];
    let mut world = World::of(rollout);
    world.connect();
    world.flags(40, &[("internal", 25), ("beta", 10), ("free", 10), ("enterprise", 0)]);
    for _ in 0..60 {
        world.step(&[], 0.012);
    }
    let request = Request::new(world::person(), Verb::Approve, Scope::segment(seg("free")));
    world.ask(Request { role: Some(RoleName::new("captain").unwrap()), ..request });
    world.model
}

/// A model of that name.
pub fn state(name: &str) -> Model {
    all().into_iter().find(|(known, _)| *known == name).expect("a state of the list").1
}

#[test]
fn each_state_is_what_its_name_says() {
    for (name, model) in all() {
        let is_as_named = match name {
            "unknown" => model.phase() == Phase::Unknown && model.verdict() == Verdict::Wait,
            "running" => model.phase() == Phase::Running && model.verdict() == Verdict::Wait,
            "go" => model.phase() == Phase::Running && model.verdict() == Verdict::Go,
            "holding" => model.phase() == Phase::Holding && model.verdict() == Verdict::Hold,
            "no-go" => model.verdict() == Verdict::NoGo && model.phase() == Phase::Holding,
            "paused" => model.phase() == Phase::Paused,
            "killing" => model.phase() == Phase::Killing,
            "killed" => {
                let is_off = |share: Option<Percent>| share == Some(Percent::ZERO);
                model.phase() == Phase::Killed && model.segments.iter().all(|s| is_off(s.exposure.confirmed))
            }
            "rolling-back" => model.phase() == Phase::RollingBack,
            "complete" => model.phase() == Phase::Complete,
            "trouble" => model.phase() == Phase::Killing && model.verdict() == Verdict::NoGo,
            "planned" => model.completion().end.at().is_some() && model.completion().people.len() == 2,
            _ => false,
        };
        let words: Vec<_> = model.segments.iter().map(|s| (s.name.as_str(), s.phase, s.verdict)).collect();
        let end = &model.completion().end;
        assert!(is_as_named, "{name}: {} {} {words:?} {end:?}", model.phase(), model.verdict());
    }
}

/// Links that deliver nothing any more, whatever else is so.
pub fn stale(world: &mut World) {
    let cause = Text::new("timed out");
    for (kind, name) in [(SourceKind::Flags, "web"), (SourceKind::Metrics, "errors")] {
        let wait = "2s".parse().unwrap();
        world.link(kind, name, LinkState::Retrying { cause: cause.clone(), wait });
    }
    world.wait(47_000);
}
