//! Seeks: wherever one goes, and however one came there, the model is what it was.

use gonogo::domain::Timestamp;
use gonogo::recording::{Player, Target};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use crate::determinism::{go, record};
use crate::world::World;

#[test]
fn a_seek_back_and_forth_comes_to_the_same_model_as_playing_on() {
    let mut world = World::new(11);
    let mut models = vec![String::new()];
    let steps = world.run(9_000, |model, _| {
        // Every model in words would fill the memory; its length and revision tell which to write.
        models.push(if model.revision % 50 == 0 { format!("{model:?}") } else { String::new() });
    });
    let folder = tempfile::tempdir().expect("a folder");
    let path = record(folder.path(), &world, &steps);
    let mut player = Player::open(&path).expect("a recording");
    let mut dice = StdRng::seed_from_u64(5);
    let mut compared = 0;
    for _ in 0..60 {
        let position = dice.random_range(0..=steps.len());
        go(&mut player, Target::Event(position as u64));
        assert_eq!(player.position(), position as u64);
        // The next one that was written down, reached by playing on.
        if let Some(ahead) = models[position..].iter().position(|model| !model.is_empty()) {
            let position = position + ahead;
            go(&mut player, Target::Event(position as u64));
            assert!(format!("{:?}", player.model()) == models[position], "after {position} events");
            compared += 1;
        }
    }
    assert!(compared > 30, "{compared}");
}

#[test]
fn a_time_takes_all_events_up_to_it_and_none_after() {
    let mut world = World::new(13);
    let steps = world.run(3_000, |_, _| {});
    let folder = tempfile::tempdir().expect("a folder");
    let path = record(folder.path(), &world, &steps);
    let mut player = Player::open(&path).expect("a recording");
    let mut dice = StdRng::seed_from_u64(6);
    let (first, last) = (steps[0].0.at.0, steps[steps.len() - 1].0.at.0);
    let mut times: Vec<_> = (0..40).map(|_| dice.random_range(first - 10..=last + 10)).collect();
    // A time at which several events came in, from both sides.
    times.extend(steps.windows(2).filter(|pair| pair[0].0.at == pair[1].0.at).take(5).map(|p| p[0].0.at.0));
    for time in times {
        go(&mut player, Target::Time(Timestamp(time)));
        let wanted = steps.iter().filter(|(event, _)| event.at.0 <= time).count();
        assert_eq!(player.position(), wanted as u64, "{time}");
    }
}

#[test]
fn what_lies_beyond_the_end_ends_there() {
    let mut world = World::new(17);
    let steps = world.run(50, |_, _| {});
    let folder = tempfile::tempdir().expect("a folder");
    let path = record(folder.path(), &world, &steps);
    let mut player = Player::open(&path).expect("a recording");
    go(&mut player, Target::Event(1_000_000));
    assert_eq!(player.position(), 50);
    go(&mut player, Target::Event(0));
    assert_eq!((player.position(), player.now()), (0, steps[0].0.at));
    go(&mut player, Target::Time(Timestamp(i64::MAX)));
    assert_eq!(player.position(), 50);
}
