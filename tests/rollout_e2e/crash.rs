//! The cockpit dies between "sent" and "confirmed". The next one says so, finds out what is true, and completes a kill.

use super::town::{Town, wait};
use super::unleash::Unleash;

/// Presses kill while nobody answers, and dies.
fn die_in_the_middle(town: &Town) {
    let mut screen = town.watch(&[]);
    screen.wait_row("free", "10%");
    Unleash::must("freeze");
    screen.press(&["K", "enter"]);
    screen.wait_row("everything", "KILLING");
    wait("its line is in the journal", || {
        town.journal().contains("kill        everything at web").then_some(())
    });
    screen.kill_hard();
}

#[test]
fn a_kill_that_was_never_sent_is_completed_by_the_next_cockpit() {
    let town = Town::open("crash", 10);
    die_in_the_middle(&town);
    // Whatever lay in its sockets is gone with the server: nothing was ever done.
    Unleash::must("kill");
    let screen = town.watch_unconnected();
    screen.wait_row("everything", "KILLING");
    Unleash::must("start");
    screen.wait_row("everything", "KILLED");
    assert!(!town.unleash.is_on());
    town.wait_unserved("free");
    screen.wait_for("left open by an earlier run");
    assert_eq!(screen.quit(), 0);
    town.journal();
}

#[test]
fn a_kill_that_arrived_unseen_is_verified_by_the_next_cockpit() {
    let town = Town::open("verify", 10);
    die_in_the_middle(&town);
    Unleash::must("thaw");
    let screen = town.watch(&[]);
    screen.wait_row("everything", "KILLED");
    assert!(!town.unleash.is_on());
    assert_eq!(screen.quit(), 0);
    let journal = town.journal();
    assert!(journal.lines().any(|line| line.contains("kill") && line.contains("confirmed")), "{journal}");
    assert_eq!(town.status().0, 0);
}
