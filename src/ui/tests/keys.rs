//! What keys do: easy to stop, guarded to go, and never by accident.

use std::sync::Arc;

use super::pictures::{press, render, text, theme, view};
use super::world::{self, seg};
use crate::action::{Request, Verb};
use crate::domain::{Ladder, RoleName, Stage, Text};
use crate::engine::Model;
use crate::keys::Input;
use crate::ui::{Intent, View};

fn asked(intents: Vec<Intent>) -> Vec<Request> {
    intents
        .into_iter()
        .filter_map(|i| match i {
            Intent::Ask(_, request) => Some(request),
            _ => None,
        })
        .collect()
}

fn shown(view: &View, model: &Model) -> String {
    text(&render(model, view, &theme("default"), 120, 40))
}

fn held(view: &mut View, model: &Model, chord: &str) -> Vec<Intent> {
    view.handle(&Input::Key { chord: chord.parse().unwrap(), repeat: true }, &[model])
}

/// Everything that can be open, by the keys that open it, and whether text is being typed.
const STATES: [(&[&str], bool); 30] = [
    (&[], false),
    (&["?"], false),
    (&["enter"], false),
    (&["down", "enter", "down"], false),
    (&["tab", "tab", "tab", "down"], false),
    (&["w"], false),
    (&["w", "tab"], false),
    (&["w", "tab", "enter", "w", "h", "y"], true),
    (&["u"], false),
    (&["u", "tab"], false),
    (&["K", "tab"], false),
    (&["n"], true),
    (&["n", "x"], true),
    (&["r"], false),
    (&["y"], false),
    (&["z"], false),
    (&["enter", "y"], false),
    (&[":"], true),
    (&[":", "w", "i"], true),
    (&[":", "p", "a", "u", "down"], true),
    (&["0", "z"], false),
    (&["2"], false),
    (&["3", "down"], false),
    (&["4"], false),
    (&["5"], false),
    (&["6", "down"], false),
    (&["7"], false),
    (&["8"], false),
    (&["6", "/", "x"], true),
    (&["0", "/"], true),
];

#[test]
fn kill_is_at_most_three_keys_away_from_anywhere() {
    let model = world::launch().model;
    for (keys, typing) in STATES {
        let mut view = view();
        press(&mut view, &model, &["down", "down", "down", "down"]);
        press(&mut view, &model, keys);
        // A row of the fleet is a whole rollout.
        let target = view.selected().cloned().filter(|_| !view.is_on(Verb::Fleet));
        let kill: &[&str] = if typing { &["esc", "K", "enter"] } else { &["K", "enter"] };
        let requests = asked(press(&mut view, &model, kill));
        let [request] = requests.as_slice() else { panic!("{keys:?}: {requests:?}") };
        assert_eq!((request.verb, &request.scope.segment), (Verb::Kill, &target), "{keys:?}");
        assert_eq!(request.actor, world::person());
    }
}

#[test]
fn the_kill_panel_says_whom_it_hits() {
    let model = world::launch().model;
    let mut view = view();
    press(&mut view, &model, &["down", "down", "down", "down", "K"]);
    let screen = shown(&view, &model);
    for words in [
        "KILL enterprise",
        "Nobody in enterprise will get checkout-v2",
        "at web",
        "at ios",
        "25% → 0%",
        "about 3,000 users lose it",
        "▸[ kill ]",
    ] {
        assert!(screen.contains(words), "{words}: {screen}");
    }
}

#[test]
fn kill_works_while_everything_is_stale() {
    let model = world::trouble().model;
    let mut view = view();
    let requests = asked(press(&mut view, &model, &["K", "enter"]));
    assert_eq!(requests.len(), 1);
    assert_eq!(requests[0].scope.segment, None);
}

#[test]
fn while_text_is_typed_a_capital_k_is_a_letter() {
    let model = world::launch().model;
    let mut view = view();
    assert_eq!(press(&mut view, &model, &["n", "K", "enter"]).len(), 1);
    let mut view = super::pictures::view();
    let requests = asked(press(&mut view, &model, &["n", "K", "p", "enter"]));
    assert_eq!((requests[0].verb, requests[0].reason.clone()), (Verb::Note, Some(Text::new("Kp"))));
}

#[test]
fn pause_is_one_key_also_from_panels() {
    let model = world::launch().model;
    for (keys, typing) in STATES {
        let mut view = view();
        press(&mut view, &model, &["down", "down"]);
        press(&mut view, &model, keys);
        let requests = asked(press(&mut view, &model, &["p"]));
        if typing {
            assert!(requests.is_empty(), "{keys:?}");
        } else {
            let [request] = requests.as_slice() else { panic!("{keys:?}: {requests:?}") };
            assert_eq!(request.verb, Verb::Pause);
            assert_eq!(request.scope.segment.is_none(), view.is_on(Verb::Fleet));
        }
    }
}

/// A segment whose every station is GO and whose stage is baked: nothing to type.
fn baked() -> Model {
    let mut world = world::launch();
    for _ in 0..90 {
        world.step(&[], 0.012);
    }
    world.model
}

#[test]
fn widen_and_enter_alone_do_nothing_and_going_to_widen_does_it() {
    let model = baked();
    let mut view = view();
    press(&mut view, &model, &["down", "down", "down", "down"]);
    assert!(asked(press(&mut view, &model, &["w", "enter"])).is_empty());
    assert!(!shown(&view, &model).contains("[ widen ]"), "enter was cancel");
    for keys in [["w", "tab", "enter"], ["w", "right", "enter"], ["w", "backtab", "enter"]] {
        let requests = asked(press(&mut view, &model, &keys));
        let [request] = requests.as_slice() else { panic!("{keys:?}: {}", shown(&view, &model)) };
        assert_eq!((request.verb, request.scope.segment.clone()), (Verb::Widen, Some(seg("enterprise"))));
        assert_eq!(
            request.to,
            Some(world::percent(50)),
            "the stage that was shown, not the next one by then"
        );
        assert_eq!(request.seen, model.versions());
    }
}

#[test]
fn past_a_verdict_that_is_not_go_a_reason_must_be_typed() {
    let model = world::launch().model;
    let mut view = view();
    press(&mut view, &model, &["down", "down", "down", "down"]);
    assert!(asked(press(&mut view, &model, &["w", "tab", "enter"])).is_empty());
    assert!(shown(&view, &model).contains("type a reason first"));
    // The field has the keys now; enter leaves it, and never does it by itself.
    assert!(asked(press(&mut view, &model, &["o", "k", "enter", "enter"])).is_empty());
    let keys = ["w", "tab", "enter", "o", "k", "enter", "tab", "enter"];
    let requests = asked(press(&mut view, &model, &keys));
    assert_eq!(requests[0].reason, Some(Text::new("ok")));
}

#[test]
fn resuming_a_kill_needs_the_name_of_the_rollout() {
    let mut world = world::launch();
    world.ask(Request::new(world::person(), Verb::Kill, crate::action::Scope::default()));
    let commands: Vec<_> = world.model.commands.iter().map(|t| t.command.clone()).collect();
    for command in commands {
        let platform = world.model.platform(&command.platform).unwrap();
        let mut state = platform.state.clone().unwrap();
        (state.on, state.version.0) = (false, 50);
        let outcome = crate::effect::Outcome::Confirmed { state, overwrote: None };
        world.tell(crate::event::Body::Effect { id: command.id, outcome });
    }
    let model = world.model;
    let mut view = view();
    assert!(asked(press(&mut view, &model, &["r", "enter", "r", "tab", "enter"])).is_empty());
    assert!(
        shown(&view, &model).contains("type the rollout's name, checkout-v2"),
        "{}",
        shown(&view, &model)
    );
    press(&mut view, &model, &["c", "h", "e", "esc", "r", "tab", "enter"]);
    view.handle(&Input::Paste("checkout-v2\n".into()), &[&model]);
    let requests = asked(press(&mut view, &model, &["enter", "tab", "enter"]));
    assert_eq!(requests[0].typed_name, Some(Text::new("checkout-v2")));
}

#[test]
fn a_target_that_changed_meanwhile_is_not_acted_on_and_the_panel_says_so() {
    let before = baked();
    let mut world = world::launch();
    for _ in 0..90 {
        world.step(&[], 0.012);
    }
    for (verb, keys, why) in [
        ("w", ["tab", "enter"], "is newer than 41, which you saw"),
        ("u", ["tab", "backtab"], "10% is not less than the present 10%"),
    ] {
        let mut view = view();
        press(&mut view, &before, &["down", "down", "down", "down", verb]);
        let mut shares = world::shares();
        shares[3].1 = 10;
        world.flags(60, &shares);
        let model = &world.model;
        assert!(press(&mut view, model, &keys).is_empty());
        assert!(press(&mut view, model, &["enter"]).is_empty(), "{verb}");
        let screen = shown(&view, model);
        assert!(screen.contains(why), "{screen}");
    }
}

#[test]
fn a_kill_goes_ahead_although_the_exposure_has_changed() {
    let mut world = world::launch();
    let mut view = view();
    press(&mut view, &world.model, &["down", "down", "down", "down", "K"]);
    let mut shares = world::shares();
    shares[3].1 = 50;
    world.flags(60, &shares);
    assert_eq!(asked(press(&mut view, &world.model, &["enter"])).len(), 1);
}

#[test]
fn a_paste_is_text_or_nothing() {
    let model = baked();
    for (keys, _) in STATES {
        let mut view = view();
        press(&mut view, &model, keys);
        for paste in ["K\n", "w\t\n", "\nK\r\n", "p", "q"] {
            assert!(view.handle(&Input::Paste(paste.into()), &[&model]).is_empty(), "{keys:?} {paste:?}");
        }
    }
    let mut view = view();
    press(&mut view, &model, &["n"]);
    view.handle(&Input::Paste("two\nlines \u{1b}[31mred".into()), &[&model]);
    let requests = asked(press(&mut view, &model, &["enter"]));
    assert_eq!(requests[0].reason, Some(Text::new("two lines red")));
}

#[test]
fn a_held_key_neither_opens_nor_confirms() {
    let model = baked();
    for (keys, _) in STATES {
        let mut view = view();
        press(&mut view, &model, &["down", "down", "down", "down"]);
        press(&mut view, &model, keys);
        for chord in ["K", "w", "u", "p", "enter", "enter"] {
            assert!(held(&mut view, &model, chord).is_empty(), "{keys:?} {chord}");
        }
    }
    let mut view = view();
    press(&mut view, &model, &["K"]);
    assert!(held(&mut view, &model, "enter").is_empty());
    assert!(shown(&view, &model).contains("[ kill ]"), "still open");
    held(&mut view, &model, "esc");
    press(&mut view, &model, &["esc"]);
    held(&mut view, &model, "down");
    assert_eq!(view.selected(), Some(&seg("internal")), "moving may be held");
}

#[test]
fn a_kill_key_that_sticks_without_saying_so_does_not_kill() {
    let model = world::launch().model;
    let mut view = view();
    assert!(asked(press(&mut view, &model, &["K", "K", "K", "K"])).is_empty());
}

/// By whatever way one comes to it with everything selected: what is shown is what the next key acts on.
#[test]
fn on_the_screen_of_a_segment_a_key_acts_on_the_segment_that_is_shown() {
    let (one, mut two) = (world::trouble().model, world::launch().model);
    let mut rollout = (*two.rollout).clone();
    rollout.name = "search-v3".parse().unwrap();
    two.rollout = Arc::new(rollout);
    let models = [&one, &two];
    for keys in [
        &["2"][..],
        &["2", "}"],
        &["2", "up", "up", "up", "up", "up", "up"],
        &["2", "pageup"],
        &["2", "1", "pageup", "q"],
        &["2", "0", "}", "esc"],
    ] {
        let mut view = view();
        for key in keys {
            view.handle(&Input::Key { chord: key.parse().unwrap(), repeat: false }, &models);
        }
        assert!(view.is_on(Verb::Segment), "{keys:?}");
        let open = view.rollouts(&models).unwrap().open;
        let segment = view.selected().unwrap_or_else(|| panic!("{keys:?}: everything")).clone();
        assert!(shown(&view, open).contains(&format!("segment {segment} (")), "{keys:?}");
        let pause = Input::Key { chord: "p".parse().unwrap(), repeat: false };
        let requests = asked(view.handle(&pause, &models));
        assert!(requests.iter().all(|request| request.scope.segment.as_ref() == Some(&segment)), "{keys:?}");
    }
    // Whoever asks for everything by its name sees everything.
    let mut view = view();
    press(&mut view, &one, &["2", ":"]);
    view.handle(&Input::Paste("everything".into()), &[&one]);
    press(&mut view, &one, &["enter"]);
    assert!(view.selected().is_none() && !view.is_on(Verb::Segment));
}

#[test]
fn a_disabled_key_says_why_until_the_next_key() {
    let model = world::launch().model;
    let mut view = view();
    assert!(asked(press(&mut view, &model, &["r"])).is_empty());
    assert!(shown(&view, &model).contains("neither paused nor killed"));
    press(&mut view, &model, &["down"]);
    assert!(!shown(&view, &model).contains("neither paused nor killed"));
}

#[test]
fn a_refusal_of_the_engine_is_shown_until_the_next_key() {
    let mut world = world::launch();
    let mut view = view();
    world.ask(Request::new(world::person(), Verb::Resume, crate::action::Scope::default()));
    assert!(shown(&view, &world.model).contains("resume was refused"));
    press(&mut view, &world.model, &["down"]);
    assert!(!shown(&view, &world.model).contains("resume was refused"));
}

#[test]
fn a_selection_is_a_name_and_survives_rows_that_move() {
    let mut model = world::launch().model;
    let mut view = view();
    press(&mut view, &model, &["down", "down"]);
    assert_eq!(view.selected(), Some(&seg("beta")));
    model.segments.reverse();
    assert_eq!(asked(press(&mut view, &model, &["K", "enter"]))[0].scope.segment, Some(seg("beta")));
}

#[test]
fn clearing_and_noting_need_words() {
    let model = world::trouble().model;
    let mut view = view();
    assert!(asked(press(&mut view, &model, &["c", "enter"])).is_empty());
    assert!(shown(&view, &model).contains("type some words first"));
    let requests = asked(press(&mut view, &model, &["f", "i", "x", "enter"]));
    assert_eq!((requests[0].verb, requests[0].reason.clone()), (Verb::Clear, Some(Text::new("fix"))));
}

#[test]
fn a_go_is_given_for_a_role_that_is_held_and_else_it_is_said_how() {
    let mut model = world::launch().model;
    let mut rollout = (*model.rollout).clone();
    let beta = rollout.segments.iter_mut().find(|segment| segment.name == seg("beta")).unwrap();
    let captain = RoleName::new("captain").unwrap();
    let stages = beta.ladder.stages().iter().cloned();
    let stages = stages.map(|stage| Stage { approval: Some(captain.clone()), ..stage }).collect();
    beta.ladder = Ladder::new(stages).unwrap();
    model.rollout = Arc::new(rollout);
    let support = RoleName::new("support").unwrap();
    for roles in [vec![], vec![support.clone()]] {
        let mut view = view().with_roles(roles);
        assert!(asked(press(&mut view, &model, &["down", "down", "g"])).is_empty());
        let shown = shown(&view, &model);
        assert!(shown.contains("captain's go"), "{shown}");
    }
    let mut everything = view().with_roles(vec![captain.clone()]);
    assert!(asked(press(&mut everything, &model, &["g"])).is_empty());
    assert_eq!(
        everything.said(),
        Some("approve: a go is for one segment, and beta waits for captain's: select it, then g")
    );
    let mut view = view().with_roles(vec![support, captain.clone()]);
    let requests = asked(press(&mut view, &model, &["down", "down", "g"]));
    let request = &requests[0];
    assert_eq!((request.verb, request.scope.segment.clone()), (Verb::Approve, Some(seg("beta"))));
    assert_eq!(request.role, Some(captain));
}

#[test]
fn leaving_suspending_and_redrawing_work_from_panels() {
    let model = world::launch().model;
    for (keys, typing) in STATES {
        let mut view = view();
        press(&mut view, &model, keys);
        assert_eq!(press(&mut view, &model, &["ctrl-z", "ctrl-l"]), [Intent::Suspend, Intent::Redraw]);
        if !typing {
            // What is open closes first; then q leaves.
            let pressed = press(&mut view, &model, &["q", "q"]);
            assert!(pressed.contains(&Intent::Quit), "{keys:?}");
        }
        assert_eq!(press(&mut view, &model, &["ctrl-c"]), [Intent::Quit]);
    }
}

#[test]
fn the_view_says_when_it_may_have_changed() {
    let model = world::launch().model;
    let mut view = view();
    let before = view.revision();
    view.handle(&Input::FocusLost, &[&model]);
    view.handle(&Input::Paste("x".into()), &[&model]);
    assert_eq!(view.revision(), before);
    press(&mut view, &model, &["down"]);
    assert!(view.revision() > before);
}

#[test]
fn escape_and_a_stopping_key_that_arrive_as_one_stop_also_out_of_a_prompt() {
    let model = world::launch().model;
    let mut view = view();
    press(&mut view, &model, &["n", "x", "alt-b"]);
    assert!(shown(&view, &model).contains("note"), "a habit of editing closes nothing");
    let before = shown(&view, &model);
    press(&mut view, &model, &["alt-K"]);
    assert!(shown(&view, &model).contains("[ kill ]"), "{before}\n{}", shown(&view, &model));
    // Without a prompt any key is taken so.
    press(&mut view, &model, &["alt-?"]);
    assert!(shown(&view, &model).contains("keys, page 1"), "{}", shown(&view, &model));
}
