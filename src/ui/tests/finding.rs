//! Prefixes, the palette, a person's own keys, the help and the hints: what there is, where it is, and why not now.

use super::pictures::{press, render, text, theme, view};
use super::world::{self, seg};
use crate::action::{ACTIONS, Verb, Where};
use crate::config::keys::parse;
use crate::engine::Model;
use crate::keys::{Bindings, Input};
use crate::ui::view::Repaint;
use crate::ui::{Intent, View};

fn shown(view: &View, model: &Model) -> String {
    text(&render(model, view, &theme("default"), 80, 24))
}

fn typed(view: &mut View, model: &Model, words: &str) -> Vec<Intent> {
    let keys: Vec<String> =
        words.chars().map(|c| if c == ' ' { "space".to_owned() } else { c.into() }).collect();
    press(view, model, &keys.iter().map(String::as_str).collect::<Vec<_>>())
}

fn own(toml: &str) -> View {
    view().with_keys(parse(toml, "keys.toml").unwrap(), None)
}

#[test]
fn a_prefix_shows_what_may_follow_until_a_key_or_esc() {
    let model = world::launch().model;
    let mut view = view();
    press(&mut view, &model, &["z"]);
    let screen = shown(&view, &model);
    for words in ["z look", "t    next-theme", "m    mouse", "esc  leave"] {
        assert!(screen.contains(words), "{words}: {screen}");
    }
    assert_eq!(press(&mut view, &model, &["t"]), [Intent::Paint(Repaint::Theme)]);
    assert!(!shown(&view, &model).contains("z look"));
    press(&mut view, &model, &["z", "esc"]);
    assert!(!shown(&view, &model).contains("z look"));
    assert_eq!(view.said(), None);
}

#[test]
fn an_unknown_key_after_a_prefix_does_nothing_and_says_which_there_are() {
    let model = world::launch().model;
    let mut view = view();
    assert_eq!(press(&mut view, &model, &["y", "w"]), []);
    assert_eq!(view.said(), Some("y w is no key; after y there are y, l, n"));
    // It is over: the next key is a key again.
    press(&mut view, &model, &["down"]);
    assert_eq!(view.selected(), Some(&seg("internal")));
}

#[test]
fn a_held_key_neither_continues_nor_leaves_a_prefix() {
    let model = world::launch().model;
    let mut view = view();
    press(&mut view, &model, &["z"]);
    let held = Input::Key { chord: "z".parse().unwrap(), repeat: true };
    assert_eq!(view.handle(&held, &[&model]), []);
    assert!(shown(&view, &model).contains("z look"));
    assert_eq!(press(&mut view, &model, &["g"]), [Intent::Paint(Repaint::Graphs)]);
}

#[test]
fn leaving_works_while_a_prefix_waits() {
    let model = world::launch().model;
    let mut view = view();
    assert_eq!(press(&mut view, &model, &["y", "ctrl-c"]), [Intent::Quit]);
}

#[test]
fn the_palette_finds_by_letters_and_opens_the_same_confirmation_as_the_key() {
    let model = world::launch().model;
    let mut view = view();
    press(&mut view, &model, &["down", ":"]);
    assert_eq!(typed(&mut view, &model, "kill"), []);
    let screen = shown(&view, &model);
    assert!(screen.contains("kill") && screen.contains(" K "), "{screen}");
    assert_eq!(
        press(&mut view, &model, &["enter"]).iter().filter(|i| matches!(i, Intent::Ask(..))).count(),
        0
    );
    assert!(shown(&view, &model).contains("[ kill ]"));
    let asked = press(&mut view, &model, &["enter"]);
    let [Intent::Ask(_, request)] = asked.as_slice() else { panic!("{asked:?}") };
    assert_eq!((request.verb, request.scope.segment.clone()), (Verb::Kill, Some(seg("internal"))));
}

#[test]
fn what_makes_more_users_see_it_is_still_guarded_when_the_palette_picked_it() {
    let model = world::launch().model;
    let mut view = view();
    press(&mut view, &model, &["down", "down", "down", "down", ":"]);
    typed(&mut view, &model, "widen");
    let intents = press(&mut view, &model, &["enter", "enter"]);
    assert!(!intents.iter().any(|intent| matches!(intent, Intent::Ask(..))), "enter was cancel: {intents:?}");
}

#[test]
fn what_cannot_be_done_stands_in_the_palette_with_its_reason_and_does_nothing() {
    let model = world::launch().model;
    let mut view = view();
    press(&mut view, &model, &[":"]);
    typed(&mut view, &model, "resume");
    assert!(shown(&view, &model).contains("not now: "), "{}", shown(&view, &model));
    assert_eq!(press(&mut view, &model, &["enter"]), []);
    let screen = shown(&view, &model);
    assert!(screen.contains("resume: ") && screen.contains("neither paused nor killed"), "{screen}");
}

#[test]
fn the_palette_selects_segments_and_opens_screens() {
    let model = world::launch().model;
    let mut view = view();
    press(&mut view, &model, &[":"]);
    typed(&mut view, &model, "seg enterp");
    press(&mut view, &model, &["enter"]);
    assert_eq!(view.selected(), Some(&seg("enterprise")));
    press(&mut view, &model, &[":"]);
    typed(&mut view, &model, "everything");
    press(&mut view, &model, &["enter"]);
    assert_eq!(view.selected(), None);
    press(&mut view, &model, &[":"]);
    typed(&mut view, &model, "screen ladder");
    press(&mut view, &model, &["enter"]);
    assert_eq!(Some(view.screen()), crate::ui::screens::index_of(Verb::Plan));
    press(&mut view, &model, &[":"]);
    typed(&mut view, &model, "quit");
    assert_eq!(press(&mut view, &model, &["enter"]), [Intent::Quit]);
}

#[test]
fn a_paste_into_the_palette_is_text_and_picks_nothing() {
    let model = world::launch().model;
    let mut view = view();
    press(&mut view, &model, &[":"]);
    assert_eq!(view.handle(&Input::Paste("kill\n\n".into()), &[&model]), []);
    let screen = shown(&view, &model);
    assert!(screen.contains("kill") && !screen.contains("[ kill ]"), "{screen}");
}

#[test]
fn what_is_called_by_no_name_is_said() {
    let model = world::launch().model;
    let mut view = view();
    press(&mut view, &model, &[":"]);
    typed(&mut view, &model, "xyzzy");
    assert_eq!(press(&mut view, &model, &["enter"]), []);
    assert!(shown(&view, &model).contains("nothing is called so; esc closes"));
}

#[test]
fn every_place_shows_a_persons_own_keys_and_not_the_built_in_ones() {
    let model = world::launch().model;
    let toml = "[live]\nkill = \"X\"\npause = \"P\"\n[everywhere]\nhelp = \"f3\"\ncopy-line = \"f4 c\"\n[prefixes]\nf4 = \"mine\"\n";
    let mut view = own(toml);
    let screen = shown(&view, &model);
    assert!(
        screen.contains("X kill") && screen.contains("P pause") && screen.contains("f3 help"),
        "{screen}"
    );
    assert!(!screen.contains("K kill"), "{screen}");
    press(&mut view, &model, &["f3"]);
    let screen = text(&render(&model, &view, &theme("default"), 120, 60));
    assert!(screen.contains("X              kill") || screen.contains("X  "), "{screen}");
    press(&mut view, &model, &["esc", ":"]);
    typed(&mut view, &model, "kill");
    assert!(shown(&view, &model).contains(" X "), "{}", shown(&view, &model));
    press(&mut view, &model, &["esc", "f4"]);
    assert!(shown(&view, &model).contains("f4 mine"));
    // The brake is the person's own, too.
    let asked = press(&mut view, &model, &["X", "enter"]);
    assert!(
        asked.iter().any(|intent| matches!(intent, Intent::Ask(_, request) if request.verb == Verb::Kill))
    );
    assert_eq!(press(&mut own(toml), &model, &["K", "enter"]), []);
}

#[test]
fn the_coach_names_a_persons_own_keys_and_in_a_replay_none() {
    let mut world = world::launch();
    for _ in 0..90 {
        world.step(&[], 0.012);
    }
    let model = world.model;
    let wide = |view: &View| text(&render(&model, view, &theme("default"), 200, 60));
    assert!(wide(&view()).contains("press w"), "{}", wide(&view()));
    let own = wide(&own("[live]\nwiden = \"W\"\n"));
    assert!(own.contains("press W") && !own.contains("press w"), "{own}");
    let replay = wide(&View::of_replay().unwrap());
    assert!(replay.contains("coach, as it was then") && !replay.contains("press "), "{replay}");
}

#[test]
fn refused_keys_are_said_at_once_and_stand_in_the_help() {
    let model = world::launch().model;
    let why = "your keys are not used, the built-in ones hold: keys.toml:3:9: no";
    let mut view = view().with_keys(Bindings::built_in().unwrap(), Some(why.to_owned()));
    assert!(shown(&view, &model).contains("your keys are not used"));
    press(&mut view, &model, &["?"]);
    assert!(shown(&view, &model).contains("keys.toml:3:9: no"));
}

#[test]
fn the_help_can_be_read_to_its_end_on_small_screens_and_names_every_action() {
    let model = world::launch().model;
    for (columns, rows) in [(80, 24), (40, 10), (200, 60)] {
        let mut view = view();
        view.handle(&Input::Resize { columns, rows }, &[&model]);
        press(&mut view, &model, &["?"]);
        let mut all = String::new();
        for _ in 0..200 {
            all.push_str(&text(&render(&model, &view, &theme("ascii"), columns, rows)));
            press(&mut view, &model, &["pagedown"]);
        }
        for spec in ACTIONS.iter().filter(|spec| spec.place != Where::Replay) {
            assert!(all.contains(spec.name), "{} at {columns}x{rows}", spec.name);
        }
        assert!(all.contains("gonogo/keys.toml"), "{columns}x{rows}: {all}");
        press(&mut view, &model, &["pageup"; 100]);
        assert!(
            text(&render(&model, &view, &theme("ascii"), columns, rows))
                .contains("On a rollout that goes on")
        );
    }
}

#[test]
fn a_hint_keeps_its_columns_whether_its_key_can_do_something_or_not() {
    let (calm, trouble) = (world::launch().model, world::trouble().model);
    let column = |model: &Model, word: &str| {
        let screen = text(&render(model, &view(), &theme("default"), 120, 40));
        screen.lines().last().and_then(|line| line.find(word))
    };
    for word in ["widen", "pause", "rollback", "kill", "find", "help"] {
        assert_eq!(column(&calm, word), column(&trouble, word), "{word}");
    }
}

#[test]
fn the_brake_the_help_and_the_palette_are_always_among_the_hints() {
    let model = world::launch().model;
    for screen in ["0", "1", "2", "3", "4", "5", "6", "7"] {
        for columns in [60, 80, 120] {
            let mut view = view();
            press(&mut view, &model, &[screen]);
            let shown = text(&render(&model, &view, &theme("default"), columns, 24));
            let hints = shown.lines().last().unwrap();
            for word in ["K kill", "p pause", "? help", ": find"] {
                assert!(hints.contains(word), "{screen} at {columns}: {hints}");
            }
        }
    }
}
