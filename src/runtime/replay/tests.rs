//! The deck on a recording of the screen's own world: playing, jumping, waiting, ending. Time is handed in.

use std::time::Duration;

use tempfile::TempDir;
use tokio::time::Instant;

use super::{Bookmarks, Deck, Order};
use crate::domain::{RolloutName, Timestamp};
use crate::engine::Autopilot;
use crate::recording::{Header, Kind, Player, Recorder};
use crate::ui::Wish;
use crate::ui::transport::Motion;
use crate::ui::world::{self, START, World};

/// A recording of a launch that goes wrong, and a clock.
struct Fixture {
    folder: TempDir,
    deck: Deck,
    now: Instant,
}

impl Fixture {
    fn new(order: Order) -> Self {
        Self::of(&world::trouble(), order)
    }

    fn of(world: &World, order: Order) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("night.rec");
        let header = Header::new(&world.model.rollout, Autopilot::Guard, false);
        let mut recorder = Recorder::create(&path, &header).unwrap();
        for (event, decided) in &world.told {
            recorder.take(event, decided);
        }
        let recorded = recorder.finish(Duration::from_secs(20));
        assert_eq!((recorded.events, recorded.lost), (world.told.len() as u64, 0));
        let player = Player::open(&path).unwrap();
        let name = RolloutName::new("checkout-v2").unwrap();
        let (bookmarks, said) = Bookmarks::load(Some(&folder.path().join("kept")), &name, START);
        assert_eq!(said, None);
        let now = Instant::now();
        Self { folder, deck: Deck::new(player, bookmarks, order, now), now }
    }

    /// The same, looked through.
    fn whole(order: Order) -> Self {
        let mut fixture = Self::new(order);
        fixture.work();
        fixture
    }

    fn work(&mut self) {
        while self.deck.has_work() {
            self.deck.work().unwrap();
        }
    }

    fn wish(&mut self, wish: Wish) -> Option<String> {
        self.deck.obey(wish, self.now).unwrap();
        self.work();
        self.deck.take_said()
    }

    fn pass(&mut self, seconds: f64) {
        self.now += Duration::from_secs_f64(seconds);
        self.deck.advance(self.now);
        self.work();
    }

    /// Seconds since the beginning, and events taken.
    fn place(&self) -> (i64, u64) {
        let transport = self.deck.transport();
        ((transport.at.0 - START.0) / 1000, transport.event)
    }

    fn motion(&self) -> Motion {
        self.deck.transport().motion
    }

    fn go_to(&mut self, text: &str) -> Option<String> {
        self.wish(Wish::GoTo(text.parse().unwrap()))
    }
}

fn order(from: &str, until: &str) -> Order {
    let when = |text: &str| (!text.is_empty()).then(|| text.parse().unwrap());
    Order { from: when(from), until: when(until), ..Order::default() }
}

#[test]
fn it_plays_at_once_in_the_time_of_the_recording_and_faster() {
    let mut fixture = Fixture::whole(Order::default());
    assert_eq!(fixture.motion(), Motion::Playing);
    let (_, first) = fixture.place();
    assert!(first > 0, "the first moment is there at once");
    fixture.pass(10.0);
    assert_eq!(fixture.place().0, 10);
    assert_eq!(fixture.deck.model().now, Timestamp(START.0 + 10_000));
    for _ in 0..3 {
        fixture.wish(Wish::Faster);
    }
    fixture.pass(6.0);
    assert_eq!(fixture.place().0, 70);
    fixture.wish(Wish::PlayOrPause);
    fixture.pass(60.0);
    assert_eq!((fixture.place().0, fixture.motion()), (70, Motion::Paused));
    // What went by while it stood is not made up for.
    fixture.wish(Wish::PlayOrPause);
    fixture.pass(1.0);
    assert_eq!(fixture.place().0, 80);
}

#[test]
fn a_recording_that_stands_has_nothing_to_do_and_looks_the_same() {
    let mut fixture = Fixture::whole(Order::default());
    fixture.wish(Wish::PlayOrPause);
    let look = fixture.deck.look();
    assert!(!fixture.deck.has_work() && !fixture.deck.is_playing());
    fixture.pass(100.0);
    assert_eq!(fixture.deck.look(), look);
}

#[test]
fn between_two_events_time_goes_on() {
    let mut fixture = Fixture::whole(Order::default());
    fixture.pass(5.0);
    let (_, event) = fixture.place();
    fixture.pass(3.0);
    assert_eq!(fixture.place(), (8, event));
}

#[test]
fn at_the_end_it_stands_and_begins_anew_when_it_is_played() {
    let mut fixture = Fixture::whole(Order::default());
    fixture.pass(10_000.0);
    assert_eq!(fixture.motion(), Motion::Over);
    let transport = fixture.deck.transport();
    assert_eq!((transport.event, transport.at), (transport.events, transport.to));
    assert!(!fixture.deck.is_to_leave(), "nobody asked for that");
    assert_eq!(fixture.wish(Wish::Step).as_deref(), Some("this is the end"));
    fixture.wish(Wish::PlayOrPause);
    assert_eq!((fixture.place().0, fixture.motion()), (0, Motion::Playing));
    let mut leaving = Fixture::whole(Order { exit_when_done: true, ..order("-1m", "") });
    assert!(!leaving.deck.is_to_leave());
    leaving.pass(61.0);
    assert!(leaving.deck.is_to_leave());
}

#[test]
fn steps_go_event_by_event_there_and_back_and_pause() {
    let mut fixture = Fixture::whole(order("+1m", ""));
    let (_, start) = fixture.place();
    for step in 1..=3 {
        assert_eq!(fixture.wish(Wish::Step), None);
        assert_eq!((fixture.place().1, fixture.motion()), (start + step, Motion::Paused));
    }
    for step in (0..3).rev() {
        assert_eq!(fixture.wish(Wish::StepBack), None);
        assert_eq!(fixture.place().1, start + step);
    }
    fixture.wish(Wish::Start);
    assert_eq!(fixture.place().1, 0);
    assert_eq!(fixture.wish(Wish::StepBack).as_deref(), Some("this is the beginning"));
}

#[test]
fn a_step_is_one_event_also_where_states_further_on_are_known() {
    let mut world = world::launch();
    for _ in 0..400 {
        world.step(&[], 0.01);
    }
    assert!(world.told.len() > 5000);
    let mut fixture = Fixture::of(&world, Order::default());
    fixture.work();
    fixture.wish(Wish::End);
    fixture.wish(Wish::Start);
    for event in 1..=3 {
        fixture.wish(Wish::Step);
        assert_eq!(fixture.place().1, event);
    }
}

#[test]
fn jumps_go_from_mark_to_mark_of_their_kind_and_say_when_there_is_none() {
    let mut fixture = Fixture::whole(Order::default());
    fixture.wish(Wish::PlayOrPause);
    for kind in [Kind::Any, Kind::Verdict, Kind::Stage, Kind::Action] {
        fixture.wish(Wish::Start);
        let mut places = Vec::new();
        while fixture.wish(Wish::Next(kind)).is_none() {
            let transport = fixture.deck.transport();
            assert!(transport.here.iter().any(|mark| mark.is(kind)), "{kind:?} at {}", transport.event);
            places.push(transport.event);
        }
        assert!(places.len() > 1 && places.is_sorted_by(|a, b| a < b), "{kind:?}: {places:?}");
        let said = fixture.wish(Wish::Next(kind)).unwrap();
        assert!(said.starts_with("there is no ") && said.ends_with(" after this"), "{said}");
        let mut back = vec![fixture.place().1];
        while fixture.wish(Wish::Previous(kind)).is_none() {
            back.push(fixture.place().1);
        }
        back.reverse();
        assert_eq!(back, places, "{kind:?}");
    }
}

#[test]
fn a_jump_waits_for_what_was_not_looked_through_yet() {
    let mut fixture = Fixture::new(Order::default());
    fixture.deck.obey(Wish::PlayOrPause, fixture.now).unwrap();
    fixture.deck.obey(Wish::Next(Kind::Action), fixture.now).unwrap();
    assert_eq!(fixture.deck.take_said(), None, "nobody knows yet");
    fixture.work();
    assert!(fixture.deck.transport().here.iter().any(|mark| mark.is(Kind::Action)));
}

#[test]
fn a_time_is_gone_to_also_in_a_gap_and_what_lies_outside_is_said() {
    let mut fixture = Fixture::whole(Order::default());
    fixture.wish(Wish::PlayOrPause);
    assert_eq!(fixture.go_to("14:03:02"), None);
    assert_eq!((fixture.place().0, fixture.deck.model().now), (182, Timestamp(START.0 + 180_000)));
    fixture.go_to("-30s");
    assert_eq!(fixture.place().0, 152);
    fixture.go_to("0%");
    assert_eq!(fixture.place().0, 0);
    let said = fixture.go_to("13:00").unwrap();
    assert_eq!(said, "2026-11-22 13:00:00 lies before the recording: this is its beginning");
    assert!(fixture.go_to("+9h").unwrap().contains("lies after the recording"));
    assert_eq!(fixture.motion(), Motion::Over);
}

#[test]
fn the_order_says_where_it_begins_and_where_it_stops() {
    let mut fixture = Fixture::whole(order("+1m", "+30s"));
    assert_eq!((fixture.place().0, fixture.motion()), (60, Motion::Playing));
    fixture.pass(29.0);
    assert_eq!(fixture.motion(), Motion::Playing);
    fixture.pass(29.0);
    assert_eq!((fixture.place().0, fixture.motion()), (90, Motion::Paused));
    // Whoever goes on, goes on to the end.
    fixture.wish(Wish::PlayOrPause);
    fixture.pass(100_000.0);
    assert_eq!(fixture.motion(), Motion::Over);
    let last = Fixture::whole(order("-10s", ""));
    let transport = last.deck.transport();
    assert_eq!(transport.to.since(transport.at), Duration::from_secs(10));
}

#[test]
fn bookmarks_are_gone_to_and_there_the_next_time() {
    let mut fixture = Fixture::whole(Order::default());
    fixture.wish(Wish::PlayOrPause);
    for time in ["14:01", "14:02"] {
        fixture.go_to(time);
        assert_eq!(fixture.wish(Wish::Bookmark), None);
    }
    assert_eq!(fixture.deck.transport().bookmark_here, Some(2));
    fixture.wish(Wish::PreviousBookmark);
    assert_eq!(fixture.place().0, 60);
    assert!(fixture.wish(Wish::PreviousBookmark).unwrap().contains("no bookmark before"));
    fixture.wish(Wish::NextBookmark);
    assert_eq!(fixture.place().0, 120);
    fixture.wish(Wish::Bookmark);
    assert_eq!(fixture.deck.transport().bookmarks.len(), 1);
    let name = RolloutName::new("checkout-v2").unwrap();
    let (again, _) = Bookmarks::load(Some(&fixture.folder.path().join("kept")), &name, START);
    assert_eq!(again.times(), [Timestamp(START.0 + 60_000)]);
}

#[test]
fn the_model_is_shown_as_it_was_recorded() {
    let mut fixture = Fixture::whole(Order::default());
    fixture.wish(Wish::End);
    let then = world::trouble().model;
    let now = fixture.deck.model();
    assert!(!now.read_only, "it was not, then");
    assert_eq!((now.now, now.verdict(), now.phase()), (then.now, then.verdict(), then.phase()));
    assert_eq!(now.timeline.len(), then.timeline.len());
}

#[test]
fn what_an_index_tells_is_in_the_strip_before_any_work() {
    let fixture = Fixture::whole(Order::default());
    let mut player = Player::open(&fixture.folder.path().join("night.rec")).unwrap();
    while player.look_through(1).unwrap() {}
    let name = RolloutName::new("checkout-v2").unwrap();
    let (bookmarks, _) = Bookmarks::load(None, &name, START);
    let deck = Deck::new(player, bookmarks, Order::default(), Instant::now());
    let acts = deck.transport().course.acts();
    assert!(!acts.is_empty());
    assert_eq!(acts, fixture.deck.transport().course.acts());
}
