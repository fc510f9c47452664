//! Laws over random worlds: total, deterministic, and a fact applied twice changes nothing.

use gonogo::action::{ACTIONS, Request, Scope};
use gonogo::domain::*;
use gonogo::effect::{EffectId, Outcome};
use gonogo::engine::{Autopilot, Model, update};
use gonogo::event::{Body, Event};
use proptest::prelude::*;

use super::bench::{Bench, name, percent, person};

fn state() -> impl Strategy<Value = FlagState> {
    (0..20u64, any::<bool>(), 0..=100u32, 0..=100u32).prop_map(|(version, on, free, enterprise)| FlagState {
        version: Version(version),
        on,
        shares: [(name("free"), percent(free.into())), (name("enterprise"), percent(enterprise.into()))]
            .into(),
        by: None,
        changed_at: None,
        doubts: vec![],
        ..FlagState::default()
    })
}

pub fn body() -> impl Strategy<Value = Body> {
    let segment = prop_oneof![Just("free"), Just("enterprise"), Just("nobody")];
    let number = prop_oneof![Just(f64::NAN), Just(f64::INFINITY), Just(-1.0), 0.0..1e6];
    let arm = (number.clone(), number).prop_map(|(units, bad)| Counts { units, bad });
    let sample = (segment.clone(), proptest::option::of(arm.clone()), proptest::option::of(arm)).prop_map(
        |(segment, treatment, control)| {
            let value = SampleValue::Counts(ByArm { treatment, control });
            Body::Sample(Sample { metric: name("errors"), segment: name(segment), value })
        },
    );
    let ask = (0..ACTIONS.len(), proptest::option::of(segment), proptest::option::of(0.0..100.0)).prop_map(
        |(verb, segment, to)| {
            let scope = Scope { segment: segment.map(name), platform: None };
            let reason = Some("because".into());
            Body::Asked(Request {
                to: to.map(percent),
                reason,
                ..Request::new(person(), ACTIONS[verb].verb, scope)
            })
        },
    );
    prop_oneof![
        Just(Body::Tick),
        state().prop_map(|state| Body::Flag { platform: name("web"), state }),
        Just(Body::Link { source: Source::new(SourceKind::Flags, "web"), state: LinkState::Live }),
        Just(Body::Heard(Source::new(SourceKind::Flags, "web"))),
        sample,
        ask,
        (0..9u64, state()).prop_map(|(id, state)| Body::Effect {
            id: EffectId(id),
            outcome: Outcome::Confirmed { state, overwrote: None }
        }),
    ]
}

fn run(events: &[(i64, Body)], autopilot: Autopilot, twice: bool) -> (Model, Vec<String>) {
    let mut bench = Bench::empty(autopilot);
    let mut effects = Vec::new();
    for (at, body) in events {
        let event = Event { at: Timestamp(*at), source_at: None, body: body.clone() };
        effects.extend(update(&mut bench.model, &event).iter().map(|effect| format!("{effect:?}")));
        let is_fact =
            matches!(body, Body::Flag { .. } | Body::Sample(_) | Body::Effect { .. } | Body::Link { .. });
        if twice && is_fact {
            let again = update(&mut bench.model, &event);
            assert!(again.is_empty(), "a fact applied twice asked for {again:?}");
        }
    }
    (bench.model, effects)
}

/// What a person could tell two models apart by.
fn shown(model: &Model) -> String {
    let cells: Vec<_> =
        model.segments.iter().map(|s| (&s.name, s.exposure, s.phase, s.verdict, &s.board)).collect();
    let moments: Vec<_> = model.timeline.iter().map(|m| (m.at, m.text.as_str())).collect();
    format!("{cells:?}\n{moments:?}")
}

proptest! {
    #[test]
    fn any_event_in_any_state_and_twice_is_as_once(
        events in proptest::collection::vec((0..100_000i64, body()), 0..60),
        guard in any::<bool>(),
    ) {
        let autopilot = if guard { Autopilot::Guard } else { Autopilot::Off };
        let (once, effects) = run(&events, autopilot, false);
        let (again, same) = run(&events, autopilot, false);
        prop_assert_eq!((shown(&once), &effects), (shown(&again), &same), "the same events, another model");
        let (doubled, effects_doubled) = run(&events, autopilot, true);
        prop_assert_eq!((shown(&once), &effects), (shown(&doubled), &effects_doubled));
    }

    #[test]
    fn after_a_kill_nothing_ever_widens_without_a_resume(
        events in proptest::collection::vec((0..100_000i64, body()), 0..40),
    ) {
        let mut bench = Bench::empty(Autopilot::Guard);
        bench.links();
        bench.flag(true, 25., 25.);
        bench.press(gonogo::action::Verb::Kill, None);
        for (at, body) in events {
            // Only people outside this cockpit could bring it back: leave them and `resume` out.
            let is_out = matches!(&body, Body::Flag { .. } | Body::Effect { .. })
                || matches!(&body, Body::Asked(r) if r.verb == gonogo::action::Verb::Resume);
            if is_out {
                continue;
            }
            let event = Event { at: Timestamp(bench.now + at), source_at: None, body };
            for effect in update(&mut bench.model, &event) {
                if let gonogo::effect::Effect::Command(command) = effect {
                    prop_assert!(command.is_urgent(), "{:?}", command);
                }
            }
        }
    }
}
