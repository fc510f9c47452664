//! Unleash goes away and comes back, once in order and once half-open: that is seen, and a kill that was asked for
//! meanwhile happens.

use super::town::{Town, wait};
use super::unleash::Unleash;

fn kill_through(town: &Town, away: &str, back: &str) {
    let mut screen = town.watch(&[]);
    screen.wait_row("free", "10%");
    Unleash::must(away);
    // The link's state with its age, on the first lines: `web lost 4s`.
    let text = screen.wait_until("a lost link", |text| {
        let top: String = text.lines().take(2).collect();
        ["web lost ", "web silent "].iter().any(|words| {
            top.split_once(words).is_some_and(|(_, age)| age.starts_with(|c: char| c.is_ascii_digit()))
        })
    });
    assert!(text.contains("HOLD"), "what is not fresh is not GO:\n{text}");

    screen.select("free");
    screen.press(&["w"]);
    screen.wait_for("the view may be old");
    screen.select("everything");
    screen.press(&["K", "enter"]);
    screen.wait_for("NOT CONFIRMED");
    screen.wait_row("everything", "KILLING");

    Unleash::must(back);
    screen.wait_row("everything", "KILLED");
    assert!(!town.unleash.is_on());
    town.wait_unserved("free");
    screen.wait_for("3 live");
    assert_eq!(screen.quit(), 0);
    assert!(town.journal().contains("confirmed"));
}

#[test]
fn a_kill_while_unleash_is_down_is_completed_when_it_is_back() {
    kill_through(&Town::open("down", 10), "stop", "start");
}

#[test]
fn a_kill_while_unleash_is_half_open_is_completed_when_it_is_back() {
    kill_through(&Town::open("frozen", 10), "freeze", "thaw");
}

#[test]
fn verbs_say_that_contact_is_lost_and_a_pause_needs_none() {
    let town = Town::open("verbless", 10);
    Unleash::must("stop");
    let lost = town.must(3, "widen", &["--segment", "free", "--reason", "x", "--timeout", "2s"]);
    assert!(lost.err.contains("web"), "{}", lost.err);
    let lost = town.must(3, "kill", &["--timeout", "2s"]);
    assert!(lost.err.contains("unknown"), "{}", lost.err);
    assert_eq!(town.run("status", &["--timeout", "2s"]).code, 3);
    town.must(0, "pause", &[]);
    Unleash::must("start");
    // The kill that no verb could finish is finished by the next cockpit.
    let screen = town.watch(&[]);
    screen.wait_row("everything", "KILLED");
    wait("the kill is stored", || (!town.unleash.is_on()).then_some(()));
    assert_eq!(screen.quit(), 0);
    town.journal();
}
