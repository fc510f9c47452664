//! Timeline, feedback and sources as lists: where the cursor stands, what the filter leaves, what is copied.

use super::pictures::{keep, press, render, text, theme, view};
use super::world::{self, World, seg};
use crate::action::{Request, Scope, Verb};
use crate::domain::{Arm, LinkState, Source, SourceKind, Text};
use crate::engine::Model;
use crate::engine::model::MAX_MOMENTS;
use crate::event::Body;
use crate::ui::link::Links;
use crate::ui::rollouts::Rollouts;
use crate::ui::screens::{Copied, SCREENS};
use crate::ui::{Intent, View};

fn open(model: &Model, keys: &[&str]) -> View {
    let mut view = view();
    press(&mut view, model, keys);
    view
}

fn shown(model: &Model, view: &View, columns: u16, rows: u16) -> String {
    text(&render(model, view, &theme("default"), columns, rows))
}

/// The row with the cursor.
fn marked(model: &Model, view: &View) -> String {
    let shown = shown(model, view, 120, 40);
    shown.lines().find(|line| line.contains('▸')).unwrap_or_default().to_owned()
}

fn filter(view: &mut View, typed: &str) {
    let screen = view.screen();
    view.stands[screen].filter = typed.to_owned();
}

fn copied(model: &Model, view: &View, what: Copied) -> Option<String> {
    (SCREENS[view.screen()].copy)(&Rollouts { open: model, all: &[model] }, view, what)
}

fn note(world: &mut World, words: &str) {
    let note = Request {
        reason: Some(Text::new(words)),
        ..Request::new(world::person(), Verb::Note, Scope::default())
    };
    world.ask(note);
}

#[test]
fn the_cursor_stays_on_its_moment_when_others_come_and_on_the_newest_it_goes_with_them() {
    let mut world = world::launch();
    let mut view = open(&world.model, &["6"]);
    assert!(marked(&world.model, &view).contains("support says all quiet"));
    note(&mut world, "second");
    assert!(marked(&world.model, &view).contains("second"));
    press(&mut view, &world.model, &["down"]);
    let before = marked(&world.model, &view);
    assert!(before.contains("support says all quiet"), "{before}");
    for _ in 0..30 {
        note(&mut world, "more");
    }
    assert_eq!(marked(&world.model, &view), before);
    // At the top again it follows.
    press(&mut view, &world.model, &["pageup", "pageup"]);
    note(&mut world, "last");
    assert!(marked(&world.model, &view).contains("last"));
}

#[test]
fn a_moment_that_is_looked_at_in_the_middle_of_the_screen_stays_there() {
    let mut world = world::launch();
    for at in 0..60 {
        note(&mut world, &format!("note {at}"));
    }
    let mut view = open(&world.model, &["6"]);
    press(&mut view, &world.model, &["down"; 40]);
    let rows = |model: &Model| {
        let shown = shown(model, &view, 120, 40);
        shown.lines().skip(4).take(30).map(ToOwned::to_owned).collect::<Vec<_>>()
    };
    let before = rows(&world.model);
    note(&mut world, "one more");
    assert_eq!(rows(&world.model), before);
}

#[test]
fn the_line_of_a_command_grows_under_the_cursor() {
    let mut world = world::launch();
    let mut view = open(&world.model, &["6"]);
    world.ask(Request::new(world::person(), Verb::Kill, Scope::segment(seg("enterprise"))));
    press(&mut view, &world.model, &["down"]);
    let before = marked(&world.model, &view);
    assert!(before.contains("kill") && before.contains("→ act"), "{before}");
    for effect in std::mem::take(&mut world.effects) {
        let crate::effect::Effect::Command(command) = effect else { continue };
        let outcome = crate::effect::Outcome::Refused { cause: Text::new("no right"), state: None };
        world.tell(Body::Effect { id: command.id, outcome });
    }
    let after = marked(&world.model, &view);
    assert!(after.contains("kill enterprise") && after.contains("refused: no right"), "{after}");
}

#[test]
fn the_timeline_is_filtered_by_kind_place_person_and_words() {
    let model = world::trouble().model;
    let mut view = open(&model, &["6"]);
    for (typed, holds, lacks) in [
        ("kind:note", "support says all quiet", "connected"),
        ("kind:no-go", "NO-GO", "connected"),
        ("kind:verdict|problem", "NaN in bucket 3", "connected"),
        ("kind:link voices", "voices connected", "web connected"),
        ("who:captain", "support says all quiet", "connected"),
        ("segment:beta", "paused beta", "connected"),
        ("segment:enterprise", "kill enterprise", "paused beta"),
        ("ALL quiet", "support says all quiet", "connected"),
    ] {
        filter(&mut view, typed);
        let shown = shown(&model, &view, 120, 40);
        assert!(shown.contains(holds) && !shown.contains(lacks), "{typed}: {shown}");
        let of = format!("of {} for \"{typed}\"", model.timeline.len());
        assert!(shown.contains(&of), "{of}: {shown}");
    }
    filter(&mut view, "nothing has this");
    let shown = shown(&model, &view, 80, 24);
    assert!(shown.contains("0 of") && shown.contains("passes the filter"), "{shown}");
}

#[test]
fn with_a_segment_selected_the_timeline_is_of_it_and_of_the_whole() {
    let model = world::trouble().model;
    let mut view = open(&model, &["6"]);
    assert!(shown(&model, &view, 120, 40).contains("beta"));
    // Everything, internal, beta, free, enterprise.
    press(&mut view, &model, &["right"; 4]);
    let shown = shown(&model, &view, 120, 40);
    assert!(shown.contains("timeline of enterprise and of the whole"), "{shown}");
    assert!(shown.contains("support says all quiet"), "{shown}");
    assert!(!shown.contains("paused beta"), "{shown}");
}

#[test]
fn moments_that_are_no_longer_kept_are_counted_and_the_journal_is_named() {
    let mut world = world::launch();
    for at in 0..MAX_MOMENTS {
        note(&mut world, &format!("note {at}"));
    }
    let view = open(&world.model, &["6"]);
    let gone = world.model.moments_seen as usize - MAX_MOMENTS;
    let shown = shown(&world.model, &view, 120, 40);
    let says = format!("{gone} older ones are kept in the journal: gonogo journal checkout-v2");
    assert!(shown.contains(&says), "{says}: {shown}");
}

#[test]
fn a_line_a_link_and_an_id_can_be_copied() {
    let model = world::trouble().model;
    let mut view = open(&model, &["6"]);
    filter(&mut view, "all quiet");
    let line = copied(&model, &view, Copied::Line).unwrap();
    assert_eq!(line, "2026-11-22 14:05:00 UTC  note  captain@war-room: support says all quiet");
    assert_eq!(
        copied(&model, &view, Copied::Link).unwrap(),
        "gonogo journal checkout-v2 --at 2026-11-22T14:05:00.000Z"
    );
    let view = view.with_links(Links::Page("https://status.example/{rollout}?at={time}".into()));
    assert_eq!(
        copied(&model, &view, Copied::Link).unwrap(),
        "https://status.example/checkout-v2?at=2026-11-22T14%3A05%3A00.000Z"
    );
    let mut view = open(&model, &["4"]);
    assert!(copied(&model, &view, Copied::Line).unwrap().contains("UTC  "));
    assert!(copied(&model, &view, Copied::Name).unwrap().starts_with('f'));
    filter(&mut view, "nothing says this");
    assert_eq!(copied(&model, &view, Copied::Line), None);
    assert_eq!(press(&mut view, &model, &["esc"]), Vec::<Intent>::new());
}

#[test]
fn a_link_to_an_entry_of_the_timeline_is_copied_by_keys() {
    let model = world::trouble().model;
    let mut view = view();
    let keys = ["6", "/", "k", "i", "n", "d", ":", "n", "o", "t", "e", "enter", "y", "l"];
    let intents = press(&mut view, &model, &keys);
    let link = "gonogo journal checkout-v2 --at 2026-11-22T14:05:00.000Z";
    assert_eq!(intents, [Intent::Copy(link.to_owned())]);
    assert!(shown(&model, &view, 120, 40).contains("1 of 23 for \"kind:note\""));
}

#[test]
fn every_screen_of_a_rollout_gives_a_line_a_link_and_a_name() {
    let model = world::trouble().model;
    for key in ["0", "1", "2", "3", "4", "5", "6", "7"] {
        let view = open(&model, &[key]);
        for what in [Copied::Line, Copied::Link, Copied::Name] {
            // A note of a person has no id.
            let copied = copied(&model, &view, what).unwrap_or_default();
            assert!(!copied.is_empty() || (key, what) == ("6", Copied::Name), "{key} {what:?}");
            assert!(
                what != Copied::Link || copied.starts_with("gonogo journal checkout-v2 --at 2026-"),
                "{copied}"
            );
        }
    }
    let view = open(&model, &["3"]);
    let evidence = copied(&model, &view, Copied::Line).unwrap();
    assert!(
        evidence.starts_with("checkout-v2 enterprise errors: NO-GO, since 2026-11-22 14:0"),
        "{evidence}"
    );
}

/// A launch about which much was said: content before and after, and for a while nobody in free was.
fn loud() -> World {
    let mut world = world::launch();
    for at in 0..240_u64 {
        let is_bad = (100..150).contains(&at);
        let (segment, arm) = match at % 4 {
            0 => ("free", Some(Arm::Treatment)),
            1 => ("free", Some(Arm::Control)),
            2 => ("enterprise", Some(Arm::Treatment)),
            _ => ("beta", None),
        };
        let score = match (is_bad && at % 4 == 0, at % 7) {
            (true, _) => Some(1 + (at % 2) as u8),
            (false, 3) => None,
            (false, n) => Some(3 + (n % 3) as u8),
        };
        let words = if is_bad { "the pay button does nothing" } else { "quick \u{1b}[31mand easy" };
        world.say(&format!("l{at}"), segment, arm, score, words);
        // A coffee break in which nobody speaks.
        world.wait(if at == 180 { 300_000 } else { 2_000 });
    }
    world
}

#[test]
fn feedback_says_how_many_of_how_many_it_shows_and_where_sentiment_comes_from() {
    let world = loud();
    let view = open(&world.model, &["4"]);
    let shown = shown(&world.model, &view, 120, 40);
    let all = world.model.feedback_totals.pieces;
    for words in [
        format!("the last 200 of {all}"),
        "sentiment is by stars".to_owned(),
        "words are not judged".to_owned(),
        "gave no stars".to_owned(),
        "· nobody spoke".to_owned(),
        "★★★★★ 5".to_owned(),
        "▲ positive quick and easy".to_owned(),
    ] {
        assert!(shown.contains(&words), "{words}: {shown}");
    }
    // In the break there is a gap, no low score.
    assert!(shown.contains("···"), "{shown}");
}

#[test]
fn feedback_is_filtered_with_its_numbers() {
    let world = loud();
    let mut view = open(&world.model, &["4"]);
    for (typed, holds, lacks) in [
        ("segment:free arm:treatment", "free   ", "beta   "),
        ("score:1-2", "▼ negative", "▲ positive"),
        ("sentiment:positive", "▲ positive", "▼ negative"),
        ("score:none", "– enterprise   treatment   –", "▲ positive"),
        ("arm:unknown", "beta   ", "free   "),
        ("\"pay button\"", "the pay button does nothing", "quick and easy"),
    ] {
        filter(&mut view, typed);
        let shown = shown(&world.model, &view, 120, 40);
        assert!(shown.contains(holds) && !shown.contains(lacks), "{typed}: {shown}");
        assert!(
            shown.contains(&format!("of {} for \"{typed}\"", world.model.feedback_totals.pieces)),
            "{shown}"
        );
    }
}

#[test]
fn feedback_of_the_selected_segment_is_shown_alone_and_another_can_be_selected() {
    let world = loud();
    let mut view = open(&world.model, &["4"]);
    press(&mut view, &world.model, &["right", "right"]);
    let beta = shown(&world.model, &view, 120, 40);
    assert!(beta.contains("feedback from beta") && !beta.contains(" free "), "{beta}");
    press(&mut view, &world.model, &["left"]);
    let internal = shown(&world.model, &view, 120, 40);
    assert!(internal.contains("no feedback from internal among those kept"), "{internal}");
}

#[test]
fn what_is_wrong_stands_first_among_the_sources() {
    let mut world = world::trouble();
    world.link(SourceKind::Probes, "web", LinkState::Connecting);
    let view = open(&world.model, &["o"]);
    let shown = shown(&world.model, &view, 120, 40);
    let at = |words: &str| shown.find(words).unwrap_or_else(|| panic!("{words}: {shown}"));
    let order =
        ["FAILED", "LOST", "SILENT", "connecting", "metrics errors", "NaN in bucket 3", "readings left out"];
    let places: Vec<_> = order.into_iter().map(at).collect();
    assert!(places.is_sorted(), "{places:?}: {shown}");
    assert!(at("platform ios") < at("platform web"), "{shown}");
    assert!(shown.contains("links not live"), "{shown}");
}

#[test]
fn the_data_of_a_source_whose_clock_is_off_are_called_late() {
    let mut world = world::launch();
    let mut model = world.model.clone();
    let source = Source::new(SourceKind::Metrics, "errors");
    let at = model.now;
    let event = crate::event::Event {
        at,
        source_at: Some(crate::domain::Timestamp(at.0 - 45_000)),
        body: Body::Heard(source),
    };
    crate::engine::update(&mut model, &event);
    world.model = model;
    let view = open(&world.model, &["o"]);
    let shown = shown(&world.model, &view, 120, 40);
    let row = shown.lines().find(|line| line.contains("metrics errors")).unwrap();
    assert!(row.contains(" 45s"), "{row}");
    assert!(shown.contains("its clock is wrong, or its data come late"), "{shown}");
}

#[test]
fn sources_are_filtered_by_words_and_copied_by_name() {
    let world = world::trouble();
    let mut view = open(&world.model, &["o"]);
    filter(&mut view, "voices");
    let shown = shown(&world.model, &view, 120, 40);
    assert!(shown.contains("feedback voices") && !shown.contains("metrics errors"), "{shown}");
    assert_eq!(copied(&world.model, &view, Copied::Name).as_deref(), Some("feedback voices"));
    filter(&mut view, "\"at web\" enterprise configured");
    assert_eq!(copied(&world.model, &view, Copied::Name).as_deref(), Some("enterprise"));
}

#[test]
fn pictures_of_streams() {
    let (loud, trouble) = (loud().model, world::trouble().model);
    for (columns, rows) in [(80, 24), (120, 40), (200, 60)] {
        for (name, model, keys) in [
            ("feedback", &loud, &["4", "down", "down"][..]),
            ("timeline", &trouble, &["6", "down", "down", "down"][..]),
            ("sources-trouble", &trouble, &["o", "down"][..]),
        ] {
            let view = open(model, keys);
            keep(name, columns, rows, |theme| render(model, &view, theme, columns, rows));
        }
    }
}

#[test]
fn the_numbers_above_the_comments_are_those_of_the_comments_below() {
    let mut world = world::launch();
    let said = [("internal", Some(1)), ("internal", Some(2)), ("internal", None), ("enterprise", Some(5))];
    for (index, (name, score)) in said.into_iter().enumerate() {
        world.say(&format!("n{index}"), name, None, score, "so it is");
    }
    let title = |keys: &[&str]| {
        let shown = shown(&world.model, &open(&world.model, keys), 200, 60);
        let line = shown.lines().find(|line| line.contains("feedback (")).unwrap_or_default();
        let title = line.split("feedback (").nth(1).unwrap_or_default();
        title.split(" ─").next().unwrap_or_default().to_owned()
    };
    assert_eq!(title(&["down"]), "3) mean 1.5 of 5, low 100%, n=2 from internal");
    assert_eq!(title(&["end"]), "1) mean 5.0 of 5, low 0% from enterprise");
    let all = title(&[]);
    assert!(all.starts_with(&format!("{}) mean ", world.model.comments.len())), "{all}");
}
