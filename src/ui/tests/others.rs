//! Somebody else's hand, and what the backends say before a change: the confirmation with several platforms.

use super::pictures::{keep, press, render, text, theme, view};
use super::platforms::{at, platform};
use super::world::{World, percent, seg};
use crate::action::{Request, Verb};
use crate::domain::{Actor, Rollout, Text};
use crate::effect::Change;
use crate::engine::{Model, acts};
use crate::event::Body;
use crate::ui::{Intent, View};

fn shown(view: &View, model: &Model) -> String {
    text(&render(model, view, &theme("default"), 120, 40))
}

/// Nobody but enterprise is exposed below all, so that it can be widened with a reason; web and ios try a change first.
fn world() -> World {
    let mut world = at(&["web", "ios", "android"]);
    let mut rollout = Rollout::clone(&world.model.rollout);
    for platform in rollout.platforms.iter_mut().take(2) {
        platform.capabilities.rehearses = true;
    }
    world.model.rollout = rollout.into();
    world
}

fn widening(world: &World) -> (View, Request) {
    let mut view = view();
    let intents = press(&mut view, &world.model, &["down", "down", "down", "down", "w"]);
    let [Intent::Rehearse(_, request)] = intents.as_slice() else { panic!("{intents:?}") };
    (view, request.clone())
}

fn answer(world: &mut World, at: &str, change: &Change, answer: Result<Vec<Text>, Text>) {
    world.tell(Body::Rehearsed { platform: platform(at), change: change.clone(), answer });
}

#[test]
fn the_confirmation_shows_what_each_backend_says_to_this_very_change() {
    let mut world = world();
    let (view, request) = widening(&world);
    assert_eq!(request.verb, Verb::Widen);
    let screen = shown(&view, &world.model);
    assert!(screen.contains("dry run at ios, web: asking"), "{screen}");
    let change = acts::drafts(&world.model, &request).remove(0).change;
    world.wait(300);
    let other = Change::Shares([(seg("free"), percent(25))].into());
    answer(&mut world, "web", &other, Ok(vec![Text::new("something about free")]));
    let screen = shown(&view, &world.model);
    assert!(screen.contains("dry run at ios, web: asking"), "an answer to another change: {screen}");
    answer(&mut world, "web", &change, Ok(vec![]));
    answer(&mut world, "ios", &change, Err(Text::new("approval is required")));
    answer(&mut world, "android", &change, Ok(vec![Text::new("users would be bucketed anew")]));
    let screen = shown(&view, &world.model);
    for words in [
        "dry run at ios: refused: approval is required",
        "! android: users would be bucketed anew",
        "dry run at web: accepted",
    ] {
        assert!(screen.contains(words), "{words}: {screen}");
    }
    keep("rehearsal", 80, 24, |theme| render(&world.model, &view, theme, 80, 24));
    // A panel that is opened later does not know what was said to an earlier one.
    world.wait(10);
    let (view, _) = widening(&world);
    let screen = shown(&view, &world.model);
    assert!(!screen.contains("approval is required") && screen.contains("asking"), "{screen}");
}

#[test]
fn what_cannot_be_changed_asks_no_backend() {
    let world = world();
    let mut view = View::of_replay().unwrap();
    assert!(press(&mut view, &world.model, &["w", "K"]).is_empty());
}

#[test]
fn a_change_by_somebody_else_at_one_of_several_platforms_is_noticed_with_both_versions_and_its_author() {
    let mut world = world();
    let (mut view, _) = widening(&world);
    world.wait(400);
    let mut state = world.model.platform(&platform("ios")).unwrap().state.clone().unwrap();
    state.version.0 = 57;
    state.shares.insert(seg("enterprise"), percent(30));
    state.by = Some(Actor::Other(Text::new("mallory")));
    world.tell(Body::Flag { platform: platform("ios"), state });
    let screen = shown(&view, &world.model);
    let flat: String = screen.replace('│', " ").split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(flat.contains("version 57 by mallory is newer than 41, which you saw"), "{screen}");
    assert!(flat.contains("cannot widen at ios"), "{screen}");
    let intents = press(&mut view, &world.model, &["tab", "enter", "o", "k", "enter", "tab", "enter"]);
    assert!(!intents.iter().any(|intent| matches!(intent, Intent::Ask(..))), "{intents:?}");
    keep("conflict", 80, 24, |theme| render(&world.model, &view, theme, 80, 24));
    press(&mut view, &world.model, &["esc"]);
    let screen = shown(&view, &world.model);
    assert!(screen.contains("enterprise mallory: changed enterprise at ios from 25% to 30%, o"), "{screen}");
    keep("others-hand", 120, 40, |theme| render(&world.model, &view, theme, 120, 40));
}
