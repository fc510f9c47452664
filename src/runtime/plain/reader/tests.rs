//! What is read aloud of a rollout that was scripted: all that happened, once, and nothing else.

use std::sync::Arc;

use super::*;
use crate::engine::{Autopilot, update};
use crate::event::Body;
use crate::runtime::service::line::Format;
use crate::ui::world;

/// The lines of a world, as they are written; looked at after every event.
fn read(told: &[Event], is_named: bool) -> Vec<String> {
    let mut model = Model::new(Arc::new(world::rollout()), Autopilot::Guard, false);
    let mut lines = Vec::new();
    let mut tell = |line: Line| lines.push(line.write(Format::Plain));
    let mut reader = Reader::begin(&model, is_named, &mut tell);
    for event in told {
        update(&mut model, event);
        let is_tick = event.body == Body::Tick;
        reader.follow(&model, (!is_tick).then_some(event), &mut tell);
    }
    end(&model, is_named, &mut tell);
    lines
}

fn told(world: world::World) -> Vec<Event> {
    world.told.into_iter().map(|(event, _)| event).collect()
}

#[test]
fn a_rollout_that_goes_wrong_is_told_from_its_summary_to_its_end() {
    let lines = read(&told(world::trouble()), false);
    let all = lines.join("\n");
    // In this order.
    let mut rest = all.as_str();
    for part in [
        "checkout-v2: 4 segments, 2 guardrails, autopilot guard",
        "14:00:05 RUNNING, WAIT errors in internal, autopilot guard",
        "free: WAIT, RUNNING, stage 3 of 6, desired 10%, confirmed 10%, observed not known",
        "live: ",
        "enterprise confirmed 25%, was 10%",
        "feedback free, treatment, 5 of 5: checkout is much faster now",
        "note by captain@war-room: support says all quiet",
        "beta is PAUSED, was RUNNING",
        "NO-GO errors enterprise: ",
        "autopilot: kill enterprise to 0% at web: requested",
        "enterprise is KILLING, was HOLDING",
        "flags ios lost: timed out",
        "at web: confirmed after ",
        "at ios: UNKNOWN after 3 attempts: no answer in 2 s",
        "feedback voices failed: 401: token refused",
        "NaN in bucket 3",
        "end: KILLING, NO-GO errors in enterprise",
    ] {
        let at = rest.find(part).unwrap_or_else(|| panic!("{part:?} is missing, or too early, in:\n{all}"));
        rest = &rest[at + part.len()..];
    }
    assert!(lines.iter().any(|line| line.contains("coach: ")), "{all}");
}

#[test]
fn time_that_goes_by_and_numbers_that_grow_make_no_line() {
    let mut world = world::launch();
    let before = read(&told(world::launch()), false).len();
    // Less than what a source may be silent for.
    for _ in 0..15 {
        world.wait(500);
    }
    let lines = read(&told(world), false);
    assert_eq!(lines.len(), before, "{:#?}", &lines[before.saturating_sub(3)..]);
    // Customers of the script repeat themselves.
    let mut sorted: Vec<_> =
        lines.iter().map(|line| &line[9..]).filter(|line| !line.starts_with("feedback ")).collect();
    let count = sorted.len();
    sorted.sort_unstable();
    sorted.dedup();
    assert_eq!(sorted.len(), count, "nothing is said twice: {lines:#?}");
}

#[test]
fn lines_are_words_alone_and_name_their_rollout_where_there_are_several() {
    for line in read(&told(world::trouble()), true).iter().skip(1) {
        assert!(line[8..].starts_with(" checkout-v2: "), "{line}");
        let signs = |c: char| c.is_control() || "✔✘‖●○◐◌▸█".contains(c);
        assert!(!line.contains(signs), "{line}");
    }
}

#[test]
fn what_is_unknown_is_said_when_nothing_answers_for_long() {
    let mut world = world::World::new();
    world.connect();
    assert!(!read(&told(world), false).join("\n").contains("confirmed"));
    let mut world = world::World::new();
    world.connect();
    world.wait(31_000);
    let said = read(&told(world), false).join("\n");
    assert!(said.contains("free: WAIT, ") && said.contains("confirmed not known"), "{said}");
}

#[test]
fn advice_is_said_again_only_when_more_than_its_numbers_changed() {
    assert_eq!(
        without_numbers("free needs 1,900 more users: about 14 min"),
        without_numbers("free needs 20 more users: about 2 min")
    );
    assert_ne!(without_numbers("w widens free to 25%"), without_numbers("w widens beta to 25%"));
}

#[test]
fn a_rollout_whose_session_was_opened_anew_is_told_on_and_not_from_the_beginning() {
    let before = world::trouble();
    let mut lines = Vec::new();
    let mut tell = |line: Line| lines.push(line.write(Format::Plain));
    let mut reader = Reader::begin(&before.model, false, &mut tell);
    reader.follow(&before.model, None, &mut tell);
    // What stands in its place has only one thing to say.
    let mut fallen = Model::new(Arc::new(world::rollout()), Autopilot::Off, false);
    fallen.now = before.model.now;
    let problem = |source: &str, text: &str| Body::Problem {
        source: crate::domain::Source::new(crate::domain::SourceKind::Flags, source),
        problem: crate::domain::Text::new(text),
    };
    let now = fallen.now;
    let event = |body| Event { at: now, source_at: None, body };
    update(&mut fallen, &event(problem("web", "its loop panicked")));
    reader.live(1);
    reader.follow(&fallen, None, &mut tell);
    // Then it knows again what stands in the journal, which was told long ago, and something new.
    let mut opened = world::launch().model;
    assert!(opened.timeline.len() > 3 && opened.now < now);
    update(&mut opened, &event(problem("session", "opened again")));
    reader.live(2);
    reader.follow(&opened, None, &mut tell);
    let all = lines.join("\n");
    assert!(all.contains("its loop panicked") && all.contains("opened again"), "{all}");
    assert!(!all.contains("connected"), "{all}");
}
