//! The loop closes: a key widens, customers get it, Prometheus counts them, the cockpit judges them, a key or the
//! autopilot kills, and customers no longer get it.

use super::screen::Screen;
use super::town::Town;

/// Errors of both arms in a segment's row: `1.2/0.9%`.
fn shows_both_arms(text: &str, segment: &str) -> bool {
    let row = text.lines().find(|line| {
        line.trim_start_matches(|c: char| !c.is_alphanumeric()).starts_with(segment) && line.contains('/')
    });
    row.is_some_and(|row| {
        row.split_whitespace().any(|cell| {
            cell.split_once('/').is_some_and(|(t, c)| {
                t.starts_with(|c: char| c.is_ascii_digit()) && c.starts_with(|c: char| c.is_ascii_digit())
            })
        })
    })
}

fn wait_no_go(screen: &Screen, segment: &str) {
    screen.wait_row(segment, "NO-GO");
    screen.wait_for(&format!("NO-GO errors in {segment}"));
}

#[test]
fn a_person_widens_sees_what_it_does_and_kills_one_segment_then_everything() {
    let town = Town::open("person", 10);
    let mut screen = town.watch(&[]);
    screen.wait_row("free", "10%");

    screen.select("free");
    screen.widen("the captain said so");
    screen.wait_for("widen free to 25% at web: confirmed");
    screen.wait_row("free", "25%");
    assert_eq!(town.unleash.rollout("free"), "25");
    assert_eq!(town.unleash.rollout("beta"), "10", "only the focused segment is widened");
    town.wait_served("free", 0.25);
    screen.wait_until("errors of both arms", |text| {
        ["internal", "beta", "free", "enterprise"].iter().all(|segment| shows_both_arms(text, segment))
    });

    town.break_treatment("enterprise", 0.5);
    wait_no_go(&screen, "enterprise");
    screen.select("enterprise");
    screen.press(&["3"]);
    screen.wait_for("in control: ");
    screen.wait_for("times as many");
    // A key right after escape would be read as Alt and that key.
    screen.press(&["esc"]);
    screen.wait_for("segments of");
    screen.press(&["K", "enter"]);
    screen.wait_row("enterprise", "KILLED");
    assert_eq!(town.unleash.rollout("enterprise"), "0");
    assert!(town.unleash.is_on(), "the other segments go on");
    town.wait_unserved("enterprise");
    town.wait_served("free", 0.25);

    screen.select("everything");
    screen.press(&["K", "enter"]);
    screen.wait_row("everything", "KILLED");
    assert!(!town.unleash.is_on());
    for segment in ["internal", "beta", "free", "enterprise"] {
        town.wait_unserved(segment);
    }
    assert_eq!(town.unleash.rollout("free"), "25", "the stored shares stay for a resume");
    assert_eq!(screen.quit(), 0);

    let (code, status) = town.status();
    assert_eq!((code, &status["phase"]), (1, &"KILLED".into()), "a NO-GO outlives the cockpit: {status}");
    let journal = town.journal();
    for words in
        ["widen       free at web", "the captain said so", "NO-GO       enterprise", "kill        everything"]
    {
        assert!(journal.contains(words), "{words}:\n{journal}");
    }
}

#[test]
fn the_autopilot_kills_the_bad_segment_by_itself_and_says_why() {
    let town = Town::open("guard", 25);
    let screen = town.watch(&["--autopilot", "guard"]);
    screen.wait_for("autopilot guard");
    screen.wait_until("numbers", |text| shows_both_arms(text, "enterprise"));
    town.break_treatment("enterprise", 0.5);
    screen.wait_row("enterprise", "KILLED");
    assert_eq!(town.unleash.rollout("enterprise"), "0");
    assert_eq!(town.unleash.rollout("free"), "25", "what is well goes on");
    assert!(town.unleash.is_on());
    town.wait_unserved("enterprise");
    town.wait_served("free", 0.25);
    assert_eq!(screen.quit(), 0);
    let journal = town.journal();
    let line = journal.lines().find(|line| line.contains("kill        enterprise")).expect("a line");
    assert!(line.contains("autopilot") && line.contains("in control"), "{line}");
}
