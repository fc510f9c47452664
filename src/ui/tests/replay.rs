//! The screen of a recording: its bar, its keys, and that nothing can be changed.

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::pictures::{keep, press, text, theme};
use super::world::{self, World, seg};
use crate::action::{ACTIONS, Danger, Spec, Where};
use crate::domain::{Timestamp, When};
use crate::engine::Model;
use crate::keys::{Chord, Input, Sequence};
use crate::recording::{Kind, Mark};
use crate::theme::Theme;
use crate::ui::frame::draw_cells;
use crate::ui::transport::{Course, Motion};
use crate::ui::{Intent, Scene, Transport, View, Wish, draw_replay};

fn view() -> View {
    View::of_replay().unwrap()
}

fn course(marks: &[Mark]) -> Course {
    let mut course = Course::of(&world::rollout());
    course.follow(marks);
    course
}

/// The recording of a world, standing at its end: the model is that of the end.
fn at_the_end<'a>(world: &World, course: &'a Course) -> Transport<'a> {
    Transport {
        from: world::START,
        to: world.model.now,
        at: world.model.now,
        event: world.told.len() as u64,
        events: world.told.len() as u64,
        missing: 0,
        is_whole: true,
        motion: Motion::Over,
        speed: 1,
        seeking: None,
        damage: None,
        course,
        bookmarks: &[],
        bookmark_here: None,
        here: &[],
    }
}

fn render(
    model: &Model,
    view: &View,
    theme: &Theme,
    transport: &Transport<'_>,
    columns: u16,
    rows: u16,
) -> Buffer {
    let mut terminal = Terminal::new(TestBackend::new(columns, rows)).unwrap();
    terminal.draw(|frame| draw_replay(frame, model, view, theme, transport)).unwrap();
    terminal.backend().buffer().clone()
}

#[test]
fn pictures_of_a_replay() {
    let world = world::trouble();
    let course = course(&world.marks);
    let bookmarks = [Timestamp(world::START.0 + 60_000), Timestamp(world::START.0 + 250_000)];
    let transport = Transport {
        at: Timestamp(world::START.0 + 250_000),
        event: 1_234,
        events: 5_678,
        motion: Motion::Playing,
        speed: 10,
        bookmarks: &bookmarks,
        bookmark_here: Some(2),
        here: &world.marks[3..5],
        ..at_the_end(&world, &course)
    };
    for (columns, rows) in [(80, 24), (120, 40), (200, 60)] {
        keep("replay", columns, rows, |theme| {
            render(&world.model, &view(), theme, &transport, columns, rows)
        });
    }
    keep("replay-summary", 50, 11, |theme| render(&world.model, &view(), theme, &transport, 50, 11));
    let mut help = view();
    press(&mut help, &world.model, &["?"]);
    keep("replay-help", 120, 40, |theme| render(&world.model, &help, theme, &transport, 120, 40));
    let mut go_to = view();
    press(&mut go_to, &world.model, &["t", "1", "4", "x", "enter"]);
    keep("replay-go-to", 80, 24, |theme| render(&world.model, &go_to, theme, &transport, 80, 24));
}

#[test]
fn pictures_of_a_damaged_recording_that_is_searched() {
    let world = world::trouble();
    let course = course(&world.marks);
    let mut view = view();
    press(&mut view, &world.model, &["down", "down", "down", "down"]);
    let transport = Transport {
        // Two nights before: the times have dates.
        from: Timestamp(world::START.0 - 2 * 86_400_000),
        at: Timestamp(world::START.0 - 86_400_000),
        event: 1_234,
        missing: 12,
        is_whole: false,
        motion: Motion::Paused,
        speed: 1_000,
        seeking: Some(0.129),
        damage: Some(
            "damaged at byte 5,679, block 3: its sum is wrong; it is read up to event 1,234".to_owned(),
        ),
        ..at_the_end(&world, &course)
    };
    for (columns, rows) in [(80, 24), (200, 60)] {
        keep("replay-damaged", columns, rows, |theme| {
            render(&world.model, &view, theme, &transport, columns, rows)
        });
    }
}

#[test]
fn every_size_draws_in_a_replay() {
    let world = world::trouble();
    let course = course(&world.marks);
    let bookmarks = [world::START, world.model.now];
    let whole = at_the_end(&world, &course);
    let point = Transport { to: world::START, at: world::START, bookmarks: &bookmarks, ..whole.clone() };
    let theme = theme("default");
    for keys in [&[][..], &["?"], &["t", "x"], &["down", "enter"]] {
        let mut view = view();
        press(&mut view, &world.model, keys);
        for transport in [&whole, &point] {
            for columns in (0..=24).chain((25..=130).step_by(7)) {
                for rows in 0..=45 {
                    let area = Rect::new(0, 0, columns, rows);
                    let rollouts = [&world.model];
                    let scene = Scene::of(&rollouts, &view, &theme, Some(transport), area).unwrap();
                    draw_cells(&scene, &mut Buffer::empty(area), area);
                }
            }
        }
    }
}

#[test]
fn nothing_that_acts_on_a_rollout_can_be_asked_for_and_its_key_says_why() {
    let world = world::launch();
    let course = course(&world.marks);
    let transport = at_the_end(&world, &course);
    let acts = |spec: &&Spec| spec.place == Where::Live && spec.danger != Danger::View;
    for spec in ACTIONS.iter().filter(acts) {
        for open in [&[][..], &["?"], &["enter"], &["down"]] {
            let mut view = view();
            press(&mut view, &world.model, open);
            assert_eq!(press(&mut view, &world.model, &[spec.chords[0]]), [], "{} {open:?}", spec.name);
            let shown = text(&render(&world.model, &view, &theme("default"), &transport, 120, 40));
            let why = format!("{}: this is a recording: nothing can be changed", spec.name);
            assert!(shown.contains(&why), "{open:?}: {shown}");
        }
    }
}

#[test]
fn no_keys_at_all_make_a_request() {
    let model = world::trouble().model;
    let keys = ACTIONS.iter().flat_map(|spec| spec.chords).map(|keys| keys.parse::<Sequence>().unwrap());
    let mut chords: Vec<Chord> = keys.flat_map(|keys| [keys.prefix, Some(keys.key)]).flatten().collect();
    chords.extend((' '..='~').map(Chord::from));
    let inputs: Vec<_> = chords.into_iter().map(|chord| Input::Key { chord, repeat: false }).collect();
    for first in &inputs {
        let mut view = view();
        for second in &inputs {
            for input in [first, second] {
                let intents = view.handle(input, &[&model]);
                assert!(!intents.iter().any(|i| matches!(i, Intent::Ask(..))), "{first:?} {second:?}");
            }
        }
    }
}

#[test]
fn a_live_cockpit_neither_shows_nor_obeys_the_keys_of_a_replay() {
    let model = world::launch().model;
    for spec in ACTIONS.iter().filter(|spec| spec.place == Where::Replay) {
        for chord in spec.chords {
            let mut view = super::pictures::view();
            assert_eq!(press(&mut view, &model, &[chord]), [], "{}", spec.name);
            assert_eq!(view.said(), None);
        }
        let mut view = super::pictures::view();
        press(&mut view, &model, &["?"]);
        let shown = text(&super::pictures::render(&model, &view, &theme("default"), 120, 60));
        assert!(!shown.contains(&format!("  {}  ", spec.name)), "{}: {shown}", spec.name);
    }
}

#[test]
fn keys_of_a_replay_move_it_also_while_evidence_is_open_and_may_be_held() {
    let model = world::launch().model;
    for open in [&[][..], &["enter"]] {
        let mut view = view();
        press(&mut view, &model, open);
        for (chord, wish) in [
            ("space", Wish::PlayOrPause),
            (".", Wish::Step),
            (",", Wish::StepBack),
            ("]", Wish::Next(Kind::Any)),
            ("[", Wish::Previous(Kind::Any)),
            ("v", Wish::Next(Kind::Verdict)),
            ("X", Wish::Previous(Kind::Action)),
            ("s", Wish::Next(Kind::Stage)),
            ("+", Wish::Faster),
            ("m", Wish::Bookmark),
            ("b", Wish::NextBookmark),
            ("home", Wish::Start),
            ("end", Wish::End),
        ] {
            assert_eq!(press(&mut view, &model, &[chord]), [Intent::Replay(wish)], "{chord}");
        }
        let held = |chord: &str| Input::Key { chord: chord.parse().unwrap(), repeat: true };
        assert_eq!(view.handle(&held("]"), &[&model]), [Intent::Replay(Wish::Next(Kind::Any))]);
        assert_eq!(view.handle(&held("space"), &[&model]), []);
    }
}

#[test]
fn a_time_is_typed_into_its_prompt_and_nonsense_keeps_it_open() {
    let model = world::launch().model;
    let mut view = view();
    assert_eq!(press(&mut view, &model, &["t", "enter", "K", "enter"]), []);
    assert_eq!(press(&mut view, &model, &["backspace", "+", "5", "m"]), []);
    let five = When::Later(std::time::Duration::from_secs(300));
    assert_eq!(press(&mut view, &model, &["enter"]), [Intent::Replay(Wish::GoTo(five))]);
    assert_eq!(press(&mut view, &model, &["t", "5", "0", "esc", "q"]), [Intent::Quit]);
}

#[test]
fn the_exposure_of_everything_is_that_of_all_customers() {
    let world = world::launch();
    let course = course(&world.marks);
    // 500 at 100 %, 3,000 at 50 %, 40,000 at 10 %, 12,000 at 10 % and then at 25 %.
    let shares: Vec<_> = course.lane(None).shares.iter().map(|(_, share)| share.unwrap().as_f64()).collect();
    assert_eq!(shares.last().map(|share| (share * 100.0).round()), Some(1622.0));
    let enterprise = &course.lane(Some(&seg("enterprise"))).shares;
    assert_eq!(
        enterprise.iter().map(|(_, share)| *share).collect::<Vec<_>>(),
        [10, 25].map(|p| Some(world::percent(p)))
    );
}

#[test]
fn the_strip_is_that_of_the_selected_segment() {
    let world = world::trouble();
    let course = course(&world.marks);
    let transport = Transport { at: world::START, ..at_the_end(&world, &course) };
    let strip = |keys: &[&str]| {
        let mut view = view();
        press(&mut view, &world.model, keys);
        assert_eq!(view.selected().is_some(), !keys.is_empty());
        let shown = text(&render(&world.model, &view, &theme("default"), &transport, 120, 40));
        shown.lines().find(|line| line.starts_with(" verdicts")).unwrap().to_owned()
    };
    assert!(strip(&[]).contains("✘ NO-GO ✘"), "{}", strip(&[]));
    assert!(!strip(&["down", "down", "down"]).contains('✘'), "free has no NO-GO");
    assert!(strip(&["down", "down", "down", "down"]).contains('✘'), "{:?}", seg("enterprise"));
}
