//! How fast a kill is, and that the autopilot finds the key by itself.

use std::time::{Duration, Instant};

use gonogo::domain::Span;

use super::harness::Cockpit;
use super::seen::Seen;
use super::world::{World, text};

/// Kills that are measured.
const KILLS: usize = 50;

/// The promise is 250 ms; the rest is for a busy machine.
const AT_ONCE: Duration = Duration::from_secs(2);

/// What the newest kill in the timeline says it took. `None`: a newer line says that free was brought back.
fn took(seen: &Seen) -> Option<Duration> {
    let text = seen.text();
    let newest =
        text.lines().find(|line| line.contains("changed free at") || line.contains("kill free to"))?;
    let took = newest.split_once("confirmed after ")?.1.split([' ', '│']).next()?;
    took.parse::<Span>().ok().map(|span| span.0)
}

fn percentile(sorted: &[Duration], share: f64) -> Duration {
    let index = (sorted.len() as f64 * share).ceil() as usize;
    sorted[index.clamp(1, sorted.len()) - 1]
}

#[test]
fn a_kill_is_off_in_the_service_and_confirmed_on_the_screen_at_once() {
    let world = World::steady();
    let mut cockpit = world.watch_live(120, 40, &[]);
    cockpit.select("free");
    let (mut stored, mut confirmed, mut shown) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..KILLS {
        cockpit.press("K");
        cockpit.until_shown("Nobody in free will get checkout-v2");
        let start = Instant::now();
        cockpit.press("\r");
        world.until("free to be off", |world| world.share("free") == 0.0);
        stored.push(start.elapsed());
        cockpit.until("the confirmation", |seen| took(seen).is_some());
        shown.push(start.elapsed());
        confirmed.push(took(&cockpit.seen()).unwrap());
        world.set("reset", &[("free", 25)], None);
        cockpit.until("free to be back", |seen| {
            seen.row("free").is_some_and(|row| row.contains("25%")) && took(seen).is_none()
        });
    }
    for (what, figures) in [
        ("key byte to stored as off", &mut stored),
        ("request to read back", &mut confirmed),
        ("key byte to shown as confirmed", &mut shown),
    ] {
        figures.sort();
        let (p50, p99) = (percentile(figures, 0.5), percentile(figures, 0.99));
        println!("{KILLS} kills, {what}: p50 {p50:?}, p99 {p99:?}");
        assert!(p99 <= AT_ONCE, "{what}: {p99:?}");
    }
    cockpit.end();
}

#[test]
fn the_guard_kills_what_fails_by_itself_and_writes_down_why() {
    let broken = r#"{ at = "2s", do = { kind = "worsen", segment = "free", errors = { to = 0.5 } } }"#;
    let world = World::serve(&text(200, broken));
    let cockpit = world.watch_live(120, 40, &["--autopilot", "guard"]);
    let start = Instant::now();
    world.until("free to be off", |world| world.share("free") == 0.0);
    println!("the guard killed {:?} after the start of the cockpit", start.elapsed());
    assert_eq!(world.stored().by, Some(gonogo::domain::Actor::Autopilot));
    assert_eq!((world.share("beta"), world.share("enterprise")), (50.0, 5.0), "and nothing else");
    cockpit.until_row("free", &["NO-GO", "KILLED"]);
    cockpit.until_line(&["autopilot", "kill free to 0% at web: confirmed"]);
    cockpit.end();
    let journal = world.journal();
    let killed = journal.lines().find(|line| line.contains("autopilot") && line.contains("kill"));
    assert!(killed.is_some_and(|line| line.contains("in control")), "{journal}");
}

/// The demo turns bad after 15 s; an alarm takes some seconds, seldom more than ten.
const DEMO: Duration = Duration::from_secs(60);

#[test]
fn the_demo_of_an_error_spike_kills_it_by_itself_and_says_so() {
    let cockpit = Cockpit::start(&["demo", "error-spike", "--autopilot", "guard"], 120, 40, &[]);
    cockpit.until_shown("5 live");
    let killed = cockpit.within(DEMO, "free to be killed", |seen| {
        seen.row("free").is_some_and(|row| row.contains("NO-GO") && row.contains("KILLED"))
    });
    println!("the demo's error spike was killed {killed:?} after the start of the cockpit");
    cockpit.until_line(&["autopilot", "kill free to 0% at web: confirmed"]);
    assert!(cockpit.seen().row("beta").is_some_and(|row| !row.contains("KILLED")), "and nothing else");
    cockpit.end();
}

#[test]
fn the_demo_of_the_autopilot_widens_by_itself_from_stage_to_stage() {
    let cockpit = Cockpit::start(&["demo", "autopilot", "--autopilot", "full"], 120, 40, &[]);
    for share in ["50%", "100%"] {
        let line = format!("widen internal to {share} at web: confirmed");
        let took = cockpit.within(DEMO, &line, |seen| seen.line_with(&["autopilot", &line]).is_some());
        println!("the autopilot took internal to {share}, {took:?} later");
    }
    cockpit.until_row("internal", &["100%"]);
    cockpit.end();
}

#[test]
fn advice_does_not_kill() {
    let broken = r#"{ at = "1s", do = { kind = "worsen", segment = "free", errors = { to = 0.5 } } }"#;
    let world = World::serve(&text(200, broken));
    let cockpit = world.watch_live(120, 40, &["--autopilot", "advise"]);
    cockpit.until_row("free", &["NO-GO"]);
    cockpit.until("the advice", |seen| seen.shows("would kill") || seen.shows("advise"));
    assert_eq!(world.share("free"), 25.0);
    cockpit.end();
}
