//! A model as bytes and back: the same model, and from there on the same everything.
//!
//! `state_world` makes the events. Whatever `Debug` shows of a model is compared, which is all of its fields.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use gonogo::domain::*;
use gonogo::effect::{Change, Command, EffectId, Outcome};
use gonogo::engine::model::{Cell, Comment, Hold, Link, Moment, MomentKind, Refusal};
use gonogo::engine::state::{FINGERPRINT, StateError, read, write};
use gonogo::engine::{Autopilot, Model, update};
use gonogo::event::{Body, Event};

use super::bench::{Bench, name, rollout};
use super::state_world::{World, wide_rollout};

#[path = "../../build.rs"]
#[allow(dead_code, clippy::print_stdout, reason = "only its sum is of interest here")]
mod build;

/// What a state must be able to hold; each is in at least one of the states that are written below.
const SHAPES: [&str; 21] = [
    "alone: Some(Alone",
    "answered: false",
    "approvals: [Approval",
    "bound: Some(",
    "chosen: Some(",
    "control: Some(Histogram",
    "desired: {\"enterprise\"",
    "doubted: ByArm { treatment: Some",
    "killed: Some(Hold",
    "lowered: Some(Hold",
    "missing: Some(",
    "outcome: Some(Confirmed",
    "outcome: Some(Refused",
    "outcome: Some(Unknown",
    "paused: Some(Hold",
    "refusal: Some(",
    "remembered: Some(FlagState",
    "remembered_since: {\"",
    "restored: true",
    "split: Some(Split",
    "state: Retrying",
];

/// Writes and reads a model; the bytes must be made again of what was read.
fn again(model: &Model) -> Model {
    let bytes = write(model).expect("a model can be written");
    let mut back = read(model.rollout.clone(), &bytes).expect("what was written can be read");
    assert!(write(&back).as_ref() == Ok(&bytes), "what was read makes other bytes");
    back.decided.clone_from(&model.decided);
    back
}

fn assert_same(one: &Model, other: &Model, when: &str) {
    if format!("{one:?}") != format!("{other:?}") {
        let (one, other) = (format!("{one:#?}"), format!("{other:#?}"));
        let differing = one.lines().zip(other.lines()).find(|(a, b)| a != b);
        assert_eq!(differing, None, "{when}");
    }
}

#[test]
fn a_model_that_was_written_and_read_goes_on_as_the_one_that_was_not() {
    let mut missing = SHAPES.to_vec();
    for seed in 0..40 {
        let mut world = World::new(seed);
        let mut model = world.model();
        let mut other = again(&model);
        for number in 0..600 {
            let event = world.next(&model);
            let effects = update(&mut model, &event);
            let same = update(&mut other, &event);
            let when = format!("seed {seed}, event {number}");
            assert_eq!(format!("{effects:?}"), format!("{same:?}"), "{when}");
            assert_eq!(format!("{:?}", model.decided), format!("{:?}", other.decided), "{when}");
            world.hear(&effects);
            if world.chance(0.03) {
                assert_same(&model, &other, &when);
                other = again(&model);
                let shown = format!("{model:?}");
                missing.retain(|shape| !shown.contains(shape));
                assert_same(&model, &other, &when);
                assert_eq!(model.clone().outlook(), other.clone().outlook(), "{when}");
            }
        }
        assert_same(&model, &other, &format!("seed {seed}, at the end"));
    }
    assert!(missing.is_empty(), "no state held {missing:?}");
}

#[test]
fn whatever_a_field_can_hold_comes_back() {
    let mut model = Bench::live(Autopilot::Full, 25., 5.).model;
    let at = Timestamp(i64::MIN);
    let state = FlagState {
        version: Version(u64::MAX),
        on: true,
        shares: (0..40).map(|i| (name(&format!("s{i}")), Percent::from_ppm(i * 25_641 + i))).collect(),
        by: Some(Actor::Autopilot),
        changed_at: Some(Timestamp(i64::MAX)),
        doubts: vec!["…".into(), Text::new(&"ö ".repeat(900))],
        ..FlagState::default()
    };
    let actors = [Actor::Person("ann".into()), Actor::Autopilot, Actor::Other("".into())];
    for actor in &actors {
        let mut moment = Moment::new(at, MomentKind::Note, "x".repeat(900)).by(actor).of(EffectId(u64::MAX));
        moment.verdict = Some(Verdict::NoGo);
        model.timeline.push_back(moment);
    }
    for (index, number) in
        [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -0.0, 5e-324, 0.1, 1e300].into_iter().enumerate()
    {
        let evidence = Evidence {
            ln_e: Some(number),
            treatment: Some((number, -number)),
            bound: Some(number),
            ..Evidence::of("\u{1b}[31m kept as it is ".repeat(400), at)
        };
        let cell = Cell { verdict: Verdict::Hold, evidence, since: at };
        model.segments[0].board.insert(Station::ALL[index], cell);
    }
    for state in [
        LinkState::Connecting,
        LinkState::Live,
        LinkState::Retrying { cause: "why".into(), wait: Span(Duration::from_millis(90_061_001)) },
        LinkState::Failed { cause: "why".into() },
    ] {
        let link = Link {
            state,
            since: at,
            heard_at: None,
            interval: Duration::MAX,
            skew_ms: Some(i64::MIN),
            skewed: u64::MAX,
        };
        let source = Source::new(SourceKind::Feedback, &format!("{:?}", link.state));
        model.problems.insert((source.clone(), Text::new("a key that is no string")), 7);
        model.links.insert(source, link);
    }
    let outcomes = [
        Outcome::Sent,
        Outcome::Confirmed { state: state.clone(), overwrote: Some("x".into()) },
        Outcome::Refused { cause: "x".into(), state: Some(state.clone()) },
        Outcome::Unknown { cause: "x".into(), attempts: u32::MAX },
    ];
    let changes = [Change::Off, Change::On(state.shares.clone()), Change::Shares(state.shares.clone())];
    let changes = changes.iter().cycle();
    for (index, ((outcome, change), actor)) in
        outcomes.iter().zip(changes).zip(actors.iter().cycle()).enumerate()
    {
        let command = Command {
            id: EffectId(index as u64),
            verb: gonogo::action::Verb::RollBack,
            platform: name("web"),
            change: change.clone(),
            expected: Some(Version(2)),
            actor: actor.clone(),
            reason: None,
            evidence: Some("\u{0}".into()),
            part_of: None,
        };
        let record = gonogo::effect::Record::Commanded { command };
        let body = Body::Restored { written_at: at, record };
        let event = Event { at: model.now, source_at: None, body };
        update(&mut model, &event);
        model.commands.back_mut().expect("it is tracked").outcome = Some(outcome.clone());
    }
    let platform = &mut model.platforms[0];
    platform.killed = Some(Hold { by: Actor::Other("cron".into()), since: at, reason: Some("r".into()) });
    platform.before_kill = state.shares.clone();
    platform.remembered = Some(state);
    let feedback =
        Feedback { id: "1".into(), segment: name("x"), arm: None, score: Some(255), text: "".into() };
    model.comments.push_back(Comment { at, feedback });
    model.refusal = Some(Refusal { at, verb: gonogo::action::Verb::PrevPane, cause: "no".into() });
    assert_same(&model, &again(&model), "made by hand");
}

/// A model that has seen a lot, and its bytes.
fn eventful(seed: u64, events: usize) -> (Model, Vec<u8>) {
    let mut world = World::new(seed);
    let mut model = Model::new(Arc::new(wide_rollout()), Autopilot::Full, false);
    for _ in 0..events {
        let event = world.next(&model);
        let effects = update(&mut model, &event);
        world.hear(&effects);
    }
    let bytes = write(&model).expect("a model can be written");
    (model, bytes)
}

#[test]
fn a_state_that_is_cut_is_refused_wherever_it_is_cut() {
    let (model, bytes) = eventful(3, 500);
    let mut world = World::new(7);
    let anywhere: Vec<usize> = (0..1_000).map(|_| world.below(bytes.len())).collect();
    for end in anywhere.into_iter().chain(0..200).chain(bytes.len() - 200..bytes.len()) {
        let error = read(model.rollout.clone(), &bytes[..end]).expect_err("a part is no state");
        assert!(error.to_string().contains("hint: "), "{error}");
    }
    let longer = [&bytes[..], &[0]].concat();
    assert!(matches!(read(model.rollout, &longer), Err(StateError::Damaged(_))));
}

#[test]
fn a_damaged_state_is_an_error_or_one_that_the_engine_can_go_on_from() {
    let (model, bytes) = eventful(5, 500);
    let mut world = World::new(11);
    let mut refused = 0;
    for _ in 0..3_000 {
        let mut damaged = bytes.clone();
        for _ in 0..=world.below(3) {
            let place = world.below(damaged.len());
            damaged[place] ^= 1 << world.below(8);
        }
        let Ok(mut read) = read(model.rollout.clone(), &damaged) else {
            refused += 1;
            continue;
        };
        for _ in 0..10 {
            let event = world.next(&read);
            update(&mut read, &event);
        }
        let _ = read.outlook();
    }
    assert!((100..2_990).contains(&refused), "{refused} of 3000 were refused");
}

#[test]
fn a_state_of_another_rollout_is_refused() {
    let (_, bytes) = eventful(1, 300);
    type Edit = fn(&mut Rollout);
    let changes: [(&str, Edit); 8] = [
        ("platforms", |rollout| drop(rollout.platforms.pop())),
        ("platforms", |rollout| rollout.platforms.reverse()),
        ("segments", |rollout| drop(rollout.segments.pop())),
        ("segment", |rollout| rollout.segments.reverse()),
        ("segment", |rollout| drop(rollout.metrics.pop())),
        ("segment", |rollout| drop(rollout.guardrails.pop())),
        ("segment", |rollout| rollout.guardrails[0].risk = 0.02),
        ("segment", |rollout| rollout.guardrails[0].margin = Margin::Points(0.07)),
    ];
    for (what, change) in changes {
        let mut rollout = wide_rollout();
        change(&mut rollout);
        let error = read(Arc::new(rollout), &bytes).expect_err("it is another rollout").to_string();
        assert!(error.contains(what) && error.contains("not fit"), "{error}");
    }
    assert!(read(Arc::new(rollout()), &bytes).is_err());
    assert!(read(Arc::new(wide_rollout()), &bytes).is_ok());
}

#[test]
fn what_has_more_than_the_engine_keeps_is_refused() {
    let (model, _) = eventful(1, 50);
    let grown = |grow: fn(&mut Model)| {
        let mut model = model.clone();
        grow(&mut model);
        let bytes = write(&model).expect("it can be written");
        read(model.rollout, &bytes).expect_err("it is too large").to_string()
    };
    let timeline = grown(|model| {
        model.timeline = std::iter::repeat_n(Moment::new(Timestamp(0), MomentKind::Note, "x"), 501).collect();
    });
    assert!(timeline.contains("timeline"), "{timeline}");
    let problems = grown(|model| {
        let key = |i: u32| (Source::new(SourceKind::Flags, "web"), Text::new(&i.to_string()));
        model.problems = (0..101).map(|i| (key(i), 1)).collect();
    });
    assert!(problems.contains("problems"), "{problems}");
    assert!(grown(|model| model.revision = u64::MAX).contains("counter"));
}

#[test]
fn the_fingerprint_is_of_the_sources_and_of_nothing_else() -> Result<(), Box<dyn std::error::Error>> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    assert_ne!(FINGERPRINT, 0);
    assert_eq!(build::fingerprint(&source)?, FINGERPRINT);
    // At another place, with other line endings, and with files that are no part of the engine.
    let copy = tempfile::tempdir()?;
    copy_with_crlf(&source, copy.path())?;
    fs::write(copy.path().join("engine/notes.txt"), "x")?;
    fs::write(copy.path().join("cli.rs"), "x")?;
    assert_eq!(build::fingerprint(copy.path())?, FINGERPRINT);
    let watch = copy.path().join("engine/watch.rs");
    fs::rename(&watch, copy.path().join("engine/watches.rs"))?;
    assert_ne!(build::fingerprint(copy.path())?, FINGERPRINT, "a file has another name");
    fs::rename(copy.path().join("engine/watches.rs"), &watch)?;
    fs::write(&watch, fs::read_to_string(&watch)?.replacen("50.0", "51.0", 1))?;
    assert_ne!(build::fingerprint(copy.path())?, FINGERPRINT, "a number is another one");
    Ok(())
}

fn copy_with_crlf(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let path = entry?.path();
        let target = to.join(path.file_name().unwrap_or_default());
        if path.is_dir() {
            copy_with_crlf(&path, &target)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            fs::write(target, fs::read_to_string(&path)?.replace('\n', "\r\n"))?;
        }
    }
    Ok(())
}
