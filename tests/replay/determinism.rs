//! Recording → replay → the same model, decisions and frames.

use std::path::{Path, PathBuf};
use std::time::Duration;

use gonogo::domain::Actor;
use gonogo::engine::Model;
use gonogo::recording::{Archive, Finding, Kind, Player, Progress, Recorder, Target, verify};
use gonogo::theme::{self, Depth};
use gonogo::ui::{self, View};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;

use crate::world::{Step, World};

/// Steps of a random world: minutes of a rollout.
const STEPS: usize = 1_200;

/// Writes the steps of a world into a recording.
pub fn record(folder: &Path, world: &World, steps: &[Step]) -> PathBuf {
    let path = folder.join("night.rec");
    let mut recorder = Recorder::create(&path, &world.header).expect("a new file");
    for (event, decided) in steps {
        recorder.take(event, decided);
    }
    let recorded = recorder.finish(Duration::from_secs(20));
    assert_eq!((recorded.events, recorded.lost, recorded.failure), (steps.len() as u64, 0, None));
    path
}

/// What the cockpit shows of a model at 120×40: text and looks.
pub fn frame(model: &Model) -> Buffer {
    let mut terminal = Terminal::new(TestBackend::new(120, 40)).expect("a terminal");
    let view = View::new(Actor::Person("ann@desk".into())).expect("a keymap");
    let theme = theme::pick("default", Depth::Rgb, false).expect("a theme");
    terminal.draw(|frame| ui::draw(frame, &[model], &view, &theme)).expect("a frame");
    terminal.backend().buffer().clone()
}

/// Goes to a target, a few events at a time.
pub fn go(player: &mut Player, target: Target) {
    player.seek(target);
    while player.run(100).expect("readable") != Progress::Arrived {}
}

fn verified(path: &Path) -> gonogo::recording::Verified {
    verify(Archive::open(path).expect("a recording")).expect("readable")
}

#[test]
fn random_worlds_are_replayed_to_the_same_model_decisions_and_frames() {
    for seed in 0..6 {
        let mut world = World::new(seed);
        let (mut frames, mut models, mut taken) = (Vec::new(), Vec::new(), 0_u64);
        let steps = world.run(STEPS, |model, (_, decided)| {
            taken += 1;
            // Each decision is looked at, and a moment between them now and then.
            if !decided.is_empty() || taken % 97 == 0 {
                models.push((taken, format!("{model:?}")));
                frames.push((taken, frame(model)));
            }
        });
        let folder = tempfile::tempdir().expect("a folder");
        let path = record(folder.path(), &world, &steps);
        let decisions: usize = steps.iter().map(|(_, decided)| decided.len()).sum();
        let verified = verified(&path);
        assert_eq!(verified.finding, Finding::Equal, "seed {seed}");
        assert_eq!((verified.events, verified.decisions), (steps.len() as u64, decisions as u64));
        assert!(decisions > 20, "seed {seed}: {decisions} decisions are no world");
        let mut player = Player::open(&path).expect("a recording");
        for ((taken, model), (_, frame_then)) in models.iter().zip(&frames) {
            go(&mut player, Target::Event(*taken));
            assert_eq!(player.position(), *taken);
            assert!(format!("{:?}", player.model()) == *model, "seed {seed}: the model after {taken} events");
            assert!(frame(player.model()) == *frame_then, "seed {seed}: the frame after {taken} events");
        }
    }
}

#[test]
fn a_decision_that_differs_is_found_and_both_sides_are_told() {
    let mut world = World::new(7);
    let mut steps = world.run(STEPS, |_, _| {});
    let place = steps.iter().rposition(|(_, decided)| !decided.is_empty()).expect("decisions");
    let taken_away = steps[place].1.pop();
    let folder = tempfile::tempdir().expect("a folder");
    let path = record(folder.path(), &world, &steps);
    match verified(&path).finding {
        Finding::Differs(difference) => {
            assert_eq!((difference.event, difference.at), (place as u64, steps[place].0.at));
            assert_eq!(difference.recorded, steps[place].1);
            assert_eq!(difference.derived.last(), taken_away.as_ref());
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_marks_of_a_recording_are_its_verdicts_stages_and_acts() {
    let mut world = World::new(3);
    let steps = world.run(STEPS, |_, _| {});
    let folder = tempfile::tempdir().expect("a folder");
    let path = record(folder.path(), &world, &steps);
    let mut player = Player::open(&path).expect("a recording");
    while player.look_through(100).expect("readable") {}
    let extent = player.extent();
    let (first, last) = (steps[0].0.at, steps[STEPS - 1].0.at);
    assert_eq!((extent.events, extent.from, extent.to), (STEPS as u64, first, last));
    assert!(extent.is_whole && player.position() == 0 && player.damage().is_none());
    // Forward from mark to mark, and back the same way.
    for kind in [Kind::Any, Kind::Verdict, Kind::Stage, Kind::Action] {
        let wanted: Vec<u64> = {
            let mut events: Vec<_> =
                player.marks().iter().filter(|mark| mark.is(kind)).map(|mark| mark.event + 1).collect();
            events.dedup();
            events
        };
        assert!(!wanted.is_empty(), "{kind:?}");
        go(&mut player, Target::Event(0));
        let mut met = Vec::new();
        while let Some(next) = player.next_mark(kind) {
            go(&mut player, Target::Event(next));
            met.push(next);
        }
        assert_eq!(met, wanted, "{kind:?}");
        while let Some(previous) = player.previous_mark(kind) {
            assert_eq!(met.pop().zip(met.last().copied()).map(|pair| pair.1), Some(previous), "{kind:?}");
            go(&mut player, Target::Event(previous));
        }
        assert_eq!(met.len(), 1, "{kind:?}");
    }
}

#[test]
fn a_screen_that_is_looked_at_changes_nothing() {
    for seed in 20..24 {
        let unseen = World::new(seed).run(STEPS, |_, _| {});
        // The coach and the forecast are worked out when a screen asks for them.
        let seen = World::new(seed).run(STEPS, |model, _| _ = model.outlook());
        assert!(unseen == seen, "seed {seed}");
    }
}
