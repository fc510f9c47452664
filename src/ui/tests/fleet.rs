//! The fleet: who stands first, what a row says, and whom the keys act on.

use std::sync::Arc;

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;

use super::pictures::{keep, text, theme, view};
use super::world;
use crate::action::{Request, Scope, Verb};
use crate::domain::{Phase, Platform, RolloutName, Text};
use crate::engine::{Model, Need};
use crate::keys::Input;
use crate::theme::Theme;
use crate::ui::screens::Order;
use crate::ui::{Intent, View, draw};

fn named(name: &str, owner: &str, mut model: Model) -> Model {
    let mut rollout = (*model.rollout).clone();
    rollout.name = RolloutName::new(name).unwrap();
    rollout.owner = Some(Text::new(owner));
    model.rollout = Arc::new(rollout);
    model
}

/// Nobody is at the console, every NO-GO stands.
fn sick() -> Model {
    let mut world = world::launch();
    world.model.autopilot = crate::engine::Autopilot::Advise;
    for _ in 0..24 {
        world.step(&[], 0.15);
    }
    world.model
}

fn paused() -> Model {
    let mut world = world::launch();
    world.ask(Request::new(world::person(), Verb::Pause, Scope::default()));
    world.step(&[], 0.012);
    world.model
}

fn complete() -> Model {
    let mut world = world::launch();
    let all: Vec<_> = world::shares().into_iter().map(|(name, _)| (name, 100)).collect();
    world.flags(50, &all);
    world.model
}

/// Six rollouts, given in the order of the alphabet.
fn six() -> Vec<Model> {
    vec![
        named("a-complete", "payments", complete()),
        named("b-paused", "search", paused()),
        named("c-launch", "search", world::launch().model),
        named("d-sick", "payments", sick()),
        named("e-empty", "mobile", world::empty()),
        named("f-trouble", "mobile", world::trouble().model),
    ]
}

fn render(models: &[Model], view: &View, theme: &Theme, columns: u16, rows: u16) -> Buffer {
    let models: Vec<_> = models.iter().collect();
    let mut terminal = Terminal::new(TestBackend::new(columns, rows)).unwrap();
    terminal.draw(|frame| draw(frame, &models, view, theme)).unwrap();
    terminal.backend().buffer().clone()
}

fn press(view: &mut View, models: &[Model], chords: &[&str]) -> Vec<Intent> {
    let models: Vec<_> = models.iter().collect();
    let key = |chord: &&str| Input::Key { chord: chord.parse().unwrap(), repeat: false };
    chords.iter().flat_map(|chord| view.handle(&key(chord), &models)).collect()
}

fn shown(models: &[Model], view: &View) -> String {
    text(&render(models, view, &theme("default"), 120, 40))
}

/// The names of the rows, from the top, and the one with the cursor.
fn rows(models: &[Model], view: &View) -> (Vec<String>, Option<String>) {
    let shown = shown(models, view);
    let is_row = |name: &str, line: &str| line.split([' ', '┃', '▸', '!', '▲']).any(|word| word == name);
    let body = || shown.lines().skip(4);
    let name = |line: &str| {
        let found = models.iter().find(|model| is_row(model.rollout.name.as_str(), line));
        found.map(|model| model.rollout.name.to_string())
    };
    (body().filter_map(name).collect(), body().find(|line| line.contains('▸')).and_then(name))
}

#[test]
fn pictures_of_the_fleet() {
    let (models, view) = (six(), view().on_fleet());
    for (columns, rows) in [(50, 11), (80, 24), (120, 40), (200, 60)] {
        keep("fleet", columns, rows, |theme| render(&models, &view, theme, columns, rows));
    }
}

#[test]
fn who_needs_somebody_stands_first_and_the_sick_before_the_slow() {
    let models = six();
    let needs: Vec<_> = models.iter().map(|model| model.brief().need).collect();
    assert_eq!(needs[0], Need::Over);
    assert_eq!(needs[1], Need::Paused);
    assert_eq!(needs[3], Need::Unanswered);
    assert_eq!(needs[4], Need::Lost, "its metrics cannot be reached");
    assert_eq!(needs[5], Need::Unconfirmed, "ios has not confirmed a kill");
    let (names, _) = rows(&models, &view().on_fleet());
    assert_eq!(names, ["f-trouble", "d-sick", "e-empty", "c-launch", "b-paused", "a-complete"]);
    assert!(Need::ALL.is_sorted() && Need::ALL.iter().filter(|need| need.is_call()).count() == 6);
}

#[test]
fn the_order_is_changed_by_a_key_and_equals_stand_by_name() {
    let (models, mut view) = (six(), view().on_fleet());
    let first = |view: &View| rows(&models, view).0.first().cloned().unwrap();
    let mut seen = vec![first(&view)];
    for _ in 0..5 {
        view.order = view.order.next();
        seen.push(first(&view));
    }
    assert_eq!(seen[..2], ["f-trouble", "a-complete"]);
    assert_eq!(seen[5], seen[0], "round and round");
    let twins: Vec<_> = ["b", "c", "a"].map(|name| named(name, "x", world::empty())).into();
    for _ in 0..5 {
        view.order = view.order.next();
        assert_eq!(rows(&twins, &view).0, ["a", "b", "c"], "{:?}", view.order);
    }
}

#[test]
fn by_age_what_is_stale_stands_first_and_what_is_current_by_name() {
    let silent = |steps: usize| {
        let mut world = world::launch();
        (0..steps).for_each(|_| world.step(&["ios"], 0.012));
        world.model
    };
    let models = [
        named("a-current", "x", silent(0)),
        named("b-current", "x", silent(0)),
        named("c-stale", "x", silent(4)),
        named("d-older", "x", silent(8)),
    ];
    let mut refs: Vec<&Model> = models.iter().collect();
    assert!(models[2].brief().oldest.is_stale && models[3].brief().oldest.is_stale);
    Order::Age.sort(&mut refs);
    let names: Vec<_> = refs.iter().map(|model| model.rollout.name.as_str()).collect();
    assert_eq!(names[2..], ["a-current", "b-current"]);
}

#[test]
fn the_cursor_is_a_rollout_and_stays_on_it_when_rows_move() {
    let (mut models, mut view) = (six(), view().on_fleet());
    press(&mut view, &models, &["up", "up"]);
    let (_, before) = rows(&models, &view);
    let target = before.clone().unwrap();
    // The one with the cursor gets well, another one falls ill.
    for model in &mut models {
        if model.rollout.name.as_str() == target {
            *model = named(&target, "x", complete());
        }
    }
    models[0] = named("a-complete", "payments", sick());
    let (names, after) = rows(&models, &view);
    assert_eq!(after, before);
    assert_ne!(names.first(), after.as_ref(), "it has moved");
    let intents = press(&mut view, &models, &["K", "enter"]);
    let killed: Vec<_> = intents
        .iter()
        .filter_map(|intent| match intent {
            Intent::Ask(name, request) => Some((name.to_string(), request.verb, request.scope.clone())),
            _ => None,
        })
        .collect();
    assert_eq!(killed, [(target, Verb::Kill, Scope::default())]);
}

#[test]
fn a_key_on_the_fleet_acts_on_the_whole_rollout_whatever_is_selected_in_it() {
    let (models, mut view) = (six(), view());
    // On the main screen of the first a segment is selected.
    press(&mut view, &models, &["down", "down"]);
    assert!(view.selected().is_some());
    press(&mut view, &models, &["0"]);
    let intents = press(&mut view, &models, &["p"]);
    let [Intent::Ask(name, request)] = intents.as_slice() else { panic!("{intents:?}") };
    assert_eq!((name.as_str(), &request.scope), ("a-complete", &Scope::default()));
    press(&mut view, &models, &["K"]);
    assert!(shown(&models, &view).contains("a-complete"), "the panel names it");
}

#[test]
fn enter_opens_the_rollout_under_the_cursor_and_the_way_leads_back() {
    let (models, mut view) = (six(), view().on_fleet());
    press(&mut view, &models, &["up", "up", "up", "up", "up", "up", "enter"]);
    assert!(shown(&models, &view).lines().next().unwrap().contains("f-trouble"));
    assert!(!view.is_on(Verb::Fleet));
    press(&mut view, &models, &["esc"]);
    assert!(view.is_on(Verb::Fleet));
    assert_eq!(rows(&models, &view).1.as_deref(), Some("f-trouble"));
}

#[test]
fn what_a_filter_leaves_out_vanishes_but_never_the_row_that_the_keys_act_on() {
    let (models, mut view) = (six(), view().on_fleet());
    for (filter, left) in [
        ("trouble", vec!["f-trouble", "a-complete"]),
        ("owner:search", vec!["c-launch", "b-paused", "a-complete"]),
        ("verdict:no-go", vec!["f-trouble", "d-sick", "a-complete"]),
        ("phase:paused", vec!["b-paused", "a-complete"]),
        ("payments no-go", vec!["d-sick", "a-complete"]),
        ("nothing of the kind", vec!["a-complete"]),
    ] {
        view.stands[0].filter = filter.to_owned();
        let (names, cursor) = rows(&models, &view);
        assert_eq!(names, left, "{filter}");
        assert_eq!(cursor.as_deref(), Some("a-complete"));
    }
    // Whoever types a filter looks for something: the keys follow.
    view.stands[0].filter = "owner:search".to_owned();
    let all: Vec<_> = models.iter().collect();
    let rollouts = view.rollouts(&all).unwrap();
    view.follow_filter(&rollouts);
    assert_eq!(
        rows(&models, &view),
        (vec!["c-launch".to_owned(), "b-paused".to_owned()], Some("c-launch".to_owned()))
    );
}

#[test]
fn a_kept_filter_says_how_many_pass_it_and_not_the_row_that_is_shown_all_the_same() {
    let (models, mut view) = (six(), view().on_fleet());
    for (filter, count) in [("owner:search", "2 of 6"), ("nothing of the kind", "0 of 6")] {
        view.stands[0].filter = filter.to_owned();
        let shown = shown(&models, &view);
        assert!(shown.contains(&format!("filter: {filter} ({count})")), "{shown}");
    }
}

#[test]
fn on_the_wall_each_arrow_looks_at_another_rollout() {
    let (models, mut view) = (six(), view());
    press(&mut view, &models, &["8"]);
    let mut after = |key| {
        press(&mut view, &models, &[key]);
        view.looks_at().map(ToString::to_string).unwrap_or_default()
    };
    let names: Vec<_> = models.iter().map(|model| model.rollout.name.to_string()).collect();
    for (key, place) in [("down", 1), ("right", 2), ("left", 1), ("up", 0), ("up", 5), ("down", 0)] {
        assert_eq!(after(key), names[place], "{key}");
    }
}

#[test]
fn the_header_of_a_rollout_says_which_other_one_needs_somebody() {
    let (models, mut view) = (six(), view());
    assert!(shown(&models, &view).contains("! 3 others need you: f-trouble NOT CONFIRMED"));
    let two = [models[0].clone(), models[3].clone()];
    assert!(shown(&two, &view).contains("! 1 other needs you: d-sick NO-GO unanswered"));
    let well = [models[0].clone(), models[1].clone()];
    assert!(!shown(&well, &view).contains("you:"));
    // Whoever looks at it knows.
    view.rollout = Some(models[3].rollout.name.clone());
    assert!(!shown(&two, &view).contains("you:"));
    assert!(!shown(&models, &view.on_fleet()).contains("you:"), "the fleet says it itself");
}

#[test]
fn the_exposure_is_weighed_by_size_and_says_when_it_is_not() {
    let model = world::launch().model;
    // 500 × 100 %, 3,000 × 50 %, 40,000 × 10 %, 12,000 × 25 % of 55,500.
    let exposed = model.brief().exposed;
    assert_eq!(crate::ui::words::measured(exposed.share), "16.2%");
    assert!(!exposed.is_least && !exposed.is_rough);
    let mut rollout = (*model.rollout).clone();
    rollout.segments[0].size = None;
    let mut world = world::World::of(rollout);
    world.connect();
    let known = world::shares();
    world.flags(1, &known[..3]);
    let exposed = world.model.brief().exposed;
    assert_eq!(crate::ui::words::measured(exposed.share), "40%", "160 % of four segments");
    assert!(exposed.is_least && exposed.is_rough);
    assert!(text(&render(&[world.model], &view().on_fleet(), &theme("default"), 120, 40)).contains("≥40%"));
}

#[test]
fn a_number_that_is_current_shows_a_bound_that_stands_still_and_a_stale_one_its_age() {
    let mut world = world::launch();
    let row = |world: &world::World| {
        let text =
            text(&render(std::slice::from_ref(&world.model), &view().on_fleet(), &theme("default"), 120, 40));
        text.lines().find(|line| line.contains("▸")).unwrap().to_owned()
    };
    let before = row(&world);
    assert!(before.contains("<10s"), "{before}");
    world.step(&[], 0.012);
    assert!(row(&world).contains("<10s"));
    for _ in 0..4 {
        world.step(&["ios"], 0.012);
    }
    let stale = row(&world);
    assert!(stale.contains("◐20s") && stale.contains("silent: ios, 20s"), "{stale}");
}

#[test]
fn foreign_text_moves_no_column() {
    let mut models = six();
    for (index, owner) in
        ["日本語のチーム", "\u{202e}שלום עולם", "e\u{301}e\u{301}", "x\u{1b}[2J", ""].iter().enumerate()
    {
        models[index] = named(&format!("{index}{}", "y".repeat(60)), owner, models[index].clone());
    }
    let buf = render(&models, &view().on_fleet(), &theme("default"), 200, 60);
    let column = |word: &str| {
        let at: Vec<_> = (0..60)
            .filter_map(|y| {
                let row: Vec<&str> = (0..200).map(|x| buf[(x, y)].symbol()).collect();
                (0..200).find(|x| row[*x..].concat().starts_with(word)).map(|x| (x, y))
            })
            .collect();
        at
    };
    let phases = [Phase::Complete, Phase::Paused, Phase::Holding, Phase::Unknown, Phase::Running];
    let places: Vec<_> =
        phases.iter().flat_map(|phase| column(phase.word())).filter(|(_, y)| *y > 3).collect();
    assert!(places.len() >= 5, "{places:?}");
    assert!(places.iter().all(|(x, _)| *x == places[0].0), "{places:?}\n{}", text(&buf));
}

#[test]
fn the_fleet_draws_at_any_size_with_any_number_of_rollouts() {
    let models = six();
    let mut many: Vec<Model> =
        (0..40).map(|n| named(&format!("r-{n}"), "x", models[n % 6].clone())).collect();
    many[7].rollout = {
        let mut rollout = (*many[7].rollout).clone();
        rollout.platforms = Vec::<Platform>::new();
        rollout.segments.clear();
        Arc::new(rollout)
    };
    many[7].segments.clear();
    many[7].platforms.clear();
    let mut view = view().on_fleet();
    press(&mut view, &many, &["pagedown", "pagedown", "down"]);
    for columns in (0..30).chain([40, 59, 60, 80, 119, 120, 200, 300]) {
        for rows in [0, 1, 2, 3, 4, 5, 8, 11, 12, 24, 60] {
            for models in [&many[..], &models[..1]] {
                render(models, &view, &theme("default"), columns, rows);
            }
        }
    }
}

#[test]
fn the_open_rollout_is_always_in_sight() {
    let many: Vec<Model> = (0..100).map(|n| named(&format!("r-{n:03}"), "x", world::empty())).collect();
    let mut view = view().on_fleet();
    view.handle(&Input::Resize { columns: 120, rows: 40 }, &[]);
    for _ in 0..6 {
        press(&mut view, &many, &["pagedown"]);
        assert!(rows(&many, &view).1.is_some());
    }
    assert_eq!(rows(&many, &view).1.as_deref(), Some("r-099"));
}
