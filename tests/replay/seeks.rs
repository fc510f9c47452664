//! Seeks: wherever one goes, and however one came there, the model is what it was.

use gonogo::domain::Timestamp;
use gonogo::recording::{Archive, Keyframe, Player, Target, Writer};
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
fn a_seek_that_begins_at_a_state_in_the_file_comes_to_the_same_model() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("night.rec");
    let mut world = World::new(19);
    let mut writer = Writer::create(&path, &world.header).expect("a new file");
    let mut taken = 0_u64;
    let steps = world.run(6_000, |model, (event, decided)| {
        assert!(writer.put(event, decided).expect("written"));
        taken += 1;
        // The last one stands at the end of all events.
        if taken.is_multiple_of(1_500) {
            writer.flush().expect("written");
            writer.put_keyframe(&Keyframe::of(model).expect("a state")).expect("written");
        }
    });
    writer.finish().expect("written");
    let states =
        Archive::open(&path).expect("a recording").blocks().iter().filter(|b| b.has_keyframe).count();
    assert_eq!(states, 4);
    let mut played = Player::open(&path).expect("a recording");
    let mut dice = StdRng::seed_from_u64(8);
    let mut places: Vec<u64> = (0..12).map(|_| dice.random_range(0..=6_000)).collect();
    places.sort_unstable();
    for place in places {
        // One plays on from place to place, the other begins anew and goes there at once.
        for position in played.position() + 1..=place {
            go(&mut played, Target::Event(position));
        }
        let mut fresh = Player::open(&path).expect("a recording");
        go(&mut fresh, Target::Event(place));
        assert_eq!((fresh.position(), played.position()), (place, place));
        assert!(format!("{:?}", fresh.model()) == format!("{:?}", played.model()), "after {place} events");
        let time = steps.get(place as usize).map_or(i64::MAX, |(event, _)| event.at.0);
        let mut fresh = Player::open(&path).expect("a recording");
        go(&mut fresh, Target::Time(Timestamp(time)));
        let wanted = steps.iter().take_while(|(event, _)| event.at.0 <= time).count();
        assert_eq!(fresh.position(), wanted as u64, "at {time}");
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
