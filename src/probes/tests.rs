//! The loop, against an edge in memory and a clock that the test turns: what is asked, when, and what is handed in.

mod fake;

use std::time::Duration;

use tokio::time::Instant;

use self::fake::{Fake, World};
use super::Size;
use crate::domain::{LinkState, Panel, Span};

fn size(keys: u32) -> Size {
    Size { keys, interval: Span(Duration::from_secs(10)) }
}

#[tokio::test(start_paused = true)]
async fn a_panel_measures_each_segment_and_comes_again_each_interval() {
    let edge = Fake::new(&[("free", 10), ("pro", 50)]);
    let world = World::start(&edge, size(40));
    let first = world.whole().await;
    assert_eq!((first["free"].asked, first["free"].treated), (40, 10));
    assert_eq!(
        (first["pro"].asked, first["pro"].treated),
        (40, 40),
        "everybody, where more have it than are asked"
    );
    let at = Instant::now();
    world.whole().await;
    let took = at.elapsed();
    assert!((Duration::from_secs(9)..=Duration::from_secs(15)).contains(&took), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn a_calm_panel_is_spread_out_and_a_canary_looks_each_second() {
    let edge = Fake::new(&[("free", 10)]);
    let world = World::start(&edge, size(100));
    world.whole().await;
    edge.forget();
    tokio::time::sleep(Duration::from_secs(60)).await;
    let (asked, looks, most) = edge.load();
    assert!((500..=700).contains(&asked), "{asked} questions in a minute");
    assert!((50..=62).contains(&looks), "{looks} canaries in a minute");
    assert!(most <= 45, "{most} questions in one second: that is no spreading");
}

#[tokio::test(start_paused = true)]
async fn a_change_that_the_canary_sees_is_measured_within_a_second() {
    let edge = Fake::new(&[("free", 20)]);
    let world = World::start(&edge, size(40));
    world.whole().await;
    tokio::time::sleep(Duration::from_millis(2500)).await;
    edge.serve("free", 0);
    let at = Instant::now();
    assert_eq!(world.whole().await["free"].treated, 0);
    assert!(at.elapsed() <= Duration::from_millis(1100), "{:?}", at.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_hint_of_the_edge_is_followed_before_the_interval_is_over() {
    let edge = Fake::new(&[("free", 20)]);
    let world = World::start(&edge, size(40));
    world.whole().await;
    tokio::time::sleep(Duration::from_millis(3100)).await;
    // Nobody that the canary asks sees this.
    edge.serve("free", 21);
    edge.hint();
    let at = Instant::now();
    assert_eq!(world.whole().await["free"].treated, 21);
    assert!(at.elapsed() <= Duration::from_millis(300), "{:?}", at.elapsed());
}

#[tokio::test(start_paused = true)]
async fn after_a_command_a_kill_is_seen_within_one_quick_round() {
    let edge = Fake::new(&[("free", 10), ("pro", 30), ("none", 0)]);
    let mut world = World::start(&edge, size(40));
    world.whole().await;
    world.cuer.stored([("free", 25), ("pro", 75), ("none", 0)]);
    world.cuer.sent();
    tokio::time::sleep(Duration::from_millis(333)).await;
    for segment in ["free", "pro"] {
        edge.serve(segment, 0);
    }
    let at = Instant::now();
    let part = world.served().await;
    assert!(at.elapsed() <= Duration::from_millis(50), "{:?}", at.elapsed());
    for (name, probed) in &part {
        assert_eq!((probed.panel, probed.treated), (Panel::Treated, 0), "{name}");
    }
    assert_eq!(part.len(), 3, "one for each segment");
    let whole = world.whole().await;
    assert!(whole.values().all(|probed| probed.treated == 0 && probed.asked == 40));
    assert!(at.elapsed() <= Duration::from_millis(200), "{:?}", at.elapsed());
}

#[tokio::test(start_paused = true)]
async fn fast_mode_is_silent_while_nothing_changes_and_ends_when_all_agree() {
    let edge = Fake::new(&[("free", 10)]);
    let mut world = World::start(&edge, size(40));
    world.whole().await;
    world.cuer.stored([("free", 25)]);
    world.cuer.sent();
    world.cuer.ended();
    edge.forget();
    let at = Instant::now();
    // Two seconds of quick rounds, then everybody once more, and that agrees.
    world.whole().await;
    assert!((2000..=2100).contains(&at.elapsed().as_millis()), "{:?}", at.elapsed());
    let (asked, ..) = edge.load();
    assert!((1000..=2000).contains(&asked), "{asked} questions in two seconds");
    assert_eq!(world.served_since(at), 1, "nothing was reported while nothing changed");
    edge.forget();
    tokio::time::sleep(Duration::from_secs(5)).await;
    let (asked, ..) = edge.load();
    assert!(asked <= 40, "{asked} questions in five calm seconds");
}

#[tokio::test(start_paused = true)]
async fn fast_mode_gives_up_after_half_a_minute_when_the_edge_never_follows() {
    let edge = Fake::new(&[("free", 10)]);
    let mut world = World::start(&edge, size(40));
    world.whole().await;
    world.cuer.stored([("free", 25)]);
    world.cuer.sent();
    world.cuer.stored([("free", 0)]);
    world.cuer.ended();
    tokio::time::sleep(Duration::from_secs(31)).await;
    edge.forget();
    tokio::time::sleep(Duration::from_secs(10)).await;
    let (asked, ..) = edge.load();
    assert!(asked <= 100, "{asked} questions in ten seconds after giving up");
    assert!(!world.is_off("free"), "what was never served is never reported");
}

#[tokio::test(start_paused = true)]
async fn a_small_growth_is_found_because_everybody_has_their_turn() {
    let edge = Fake::new(&[("free", 10)]);
    let mut world = World::start(&edge, size(200));
    world.whole().await;
    world.cuer.stored([("free", 5)]);
    world.cuer.sent();
    tokio::time::sleep(Duration::from_millis(100)).await;
    edge.serve("free", 12);
    let at = Instant::now();
    assert_eq!(world.whole().await["free"].treated, 12);
    assert!(at.elapsed() <= Duration::from_millis(800), "{:?}", at.elapsed());
}

#[tokio::test(start_paused = true)]
async fn whoever_gets_no_answer_is_missing_and_never_without_the_feature() {
    let edge = Fake::new(&[("free", 40), ("pro", 40)]);
    let world = World::start(&edge, size(40));
    edge.fail_every(2, "free");
    let found = world.whole().await;
    assert!(!found.contains_key("free"), "an incomplete panel is no measurement");
    assert_eq!(found["pro"].treated, 40, "another segment is measured all the same");
    let problem = world.problem("got no answer").await;
    assert!(problem.contains("20 of 40 synthetic users of free"), "{problem}");
    assert!(problem.contains("500"), "the cause is named: {problem}");
    edge.fail_every(0, "free");
    assert_eq!(world.whole_of("free").await.treated, 40);
}

#[tokio::test(start_paused = true)]
async fn an_edge_that_fails_is_a_lost_link_and_no_zero() {
    let edge = Fake::new(&[("free", 40)]);
    let world = World::start(&edge, size(40));
    world.whole().await;
    edge.fail_every(1, "free");
    edge.serve("free", 0);
    world.link(|state| matches!(state, LinkState::Retrying { .. })).await;
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert!(!world.is_off("free"), "an error was taken for an answer");
    edge.fail_every(0, "free");
    let at = Instant::now();
    assert_eq!(world.whole().await["free"].treated, 0);
    assert!(at.elapsed() <= Duration::from_secs(12), "{:?}", at.elapsed());
    world.link(|state| *state == LinkState::Live).await;
}

#[tokio::test(start_paused = true)]
async fn an_edge_that_asks_for_a_pause_gets_it_in_both_modes() {
    let edge = Fake::new(&[("free", 40)]);
    let world = World::start(&edge, size(40));
    world.whole().await;
    edge.pause(Some(Duration::from_secs(20)));
    world.link(|state| matches!(state, LinkState::Retrying { wait, .. } if *wait == Span(Duration::from_secs(20)))).await;
    world.cuer.sent();
    edge.forget();
    tokio::time::sleep(Duration::from_secs(15)).await;
    assert_eq!(edge.load().0 + edge.load().1, 0, "asked although it wanted to be left alone");
    edge.pause(None);
    world.link(|state| *state == LinkState::Live).await;
}

#[tokio::test(start_paused = true)]
async fn a_flag_that_the_edge_does_not_know_is_off_and_said_once() {
    let edge = Fake::new(&[("free", 40)]);
    edge.forget_flag();
    let world = World::start(&edge, size(40));
    assert_eq!(world.whole().await["free"].treated, 0);
    world.whole().await;
    world.whole().await;
    assert_eq!(world.problems("does not know the flag"), 1);
}

#[tokio::test(start_paused = true)]
async fn variants_are_counted_where_there_are_more_than_two() {
    let edge = Fake::new(&[("free", 30), ("pro", 30)]);
    edge.split("free");
    let world = World::start(&edge, size(40));
    let found = world.whole().await;
    let counts: Vec<_> = found["free"].variants.iter().map(|(name, n)| (name.to_string(), *n)).collect();
    assert_eq!(counts, [("a".to_owned(), 15), ("b".to_owned(), 15), ("off".to_owned(), 10)]);
    assert!(found["pro"].variants.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_panel_once_is_what_check_shows() {
    let edge = Fake::new(&[("free", 10)]);
    edge.fail_every(40, "free");
    let asked = World::ask(&edge, size(40)).await.expect("a panel");
    assert!(
        asked.served.is_empty() && asked.problems[0].as_str().contains("1 of 40"),
        "{:?}",
        asked.problems
    );
    edge.fail_every(1, "free");
    assert!(World::ask(&edge, size(40)).await.expect_err("no panel").as_str().contains("500"));
}

#[test]
fn a_panel_that_the_edge_would_feel_is_refused_with_what_to_write() {
    let settings = |keys: u32, interval: &str| -> super::ProbeSettings {
        let text = format!("kind = \"ofrep\"\nurl = \"http://h\"\nkeys = {keys}\ninterval = \"{interval}\"");
        toml::from_str(&text).expect("settings")
    };
    assert!(settings(200, "10s").check(25).is_ok());
    let error = settings(200, "10s").check(26).expect_err("too much").to_string();
    assert!(error.contains("520 questions a second") && error.contains("interval = \"11s\""), "{error}");
    assert!(settings(19, "10s").check(1).is_err() && settings(5001, "60s").check(1).is_err());
    assert!(settings(20, "500ms").check(1).is_err() && settings(20, "11m").check(1).is_err());
}
