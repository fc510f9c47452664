//! Keys that act on the rollout: each is judged by what the flag service has stored afterwards.

use super::harness::Cockpit;
use super::world::World;

/// Writes a note and waits until it is shown: everything that was typed before has been taken by then.
#[track_caller]
fn take_a_note(cockpit: &mut Cockpit, words: &str) {
    cockpit.press("n");
    cockpit.until_shown("enter sends it");
    cockpit.press(words);
    cockpit.press("\r");
    cockpit.until_shown(words);
    cockpit.until("the prompt to close", |seen| !seen.shows("enter sends it"));
}

#[test]
fn kill_and_enter_take_the_selected_segment_off() {
    let world = World::steady();
    let mut cockpit = world.watch_live(120, 40, &[]);
    cockpit.select("free");
    cockpit.press("K");
    cockpit.until_shown("Nobody in free will get checkout-v2");
    assert_eq!(world.share("free"), 25.0, "the key alone does nothing");
    cockpit.press("\r");
    world.until("free to be off", |world| world.share("free") == 0.0);
    assert_eq!((world.share("beta"), world.share("enterprise")), (50.0, 5.0), "and nothing else");
    cockpit.until_row("free", &["0%", "KILLED"]);
    cockpit.until_line(&["tester", "kill free to 0% at web: confirmed"]);
    cockpit.until_line(&["free stage 0/4 0%"]);
    cockpit.end();
}

#[test]
fn kill_and_enter_on_everything_switch_the_flag_off_and_nobody_gets_it() {
    let world = World::steady();
    let mut cockpit = world.watch_live(120, 40, &[]);
    world.until("users to get it", |world| world.users_with_it() > 0);
    cockpit.press("K\r");
    world.until("the flag to be off", |world| !world.stored().on);
    world.until("nobody to get it", |world| world.users_with_it() == 0);
    cockpit.until_line(&["checkout-v2", "KILLED"]);
    cockpit.until_line(&["kill everything at web: confirmed"]);
    assert_eq!(world.stored().by.map(|by| by.to_string()).as_deref(), Some("tester"));
    cockpit.end();
}

#[test]
fn widen_and_enter_alone_do_not_widen() {
    let world = World::steady();
    let mut cockpit = world.watch_live(120, 40, &[]);
    cockpit.select_ready("beta");
    let version = world.stored().version;
    cockpit.press("w");
    cockpit.until_shown("More users in beta will get checkout-v2");
    cockpit.press("\r");
    cockpit.until("the panel to close", |seen| !seen.shows("More users in beta"));
    take_a_note(&mut cockpit, "nothing was widened");
    assert_eq!(world.stored().version, version);
    assert!(!world.journal().contains("widen  "), "{}", world.journal());
    cockpit.end();
}

#[test]
fn widening_needs_the_focus_moved_and_then_changes_the_stored_share() {
    let world = World::steady();
    let mut cockpit = world.watch_live(120, 40, &[]);
    cockpit.select_ready("free");
    cockpit.press("w");
    cockpit.until_shown("More users in free will get checkout-v2");
    cockpit.press("\t\r");
    world.until("free to be at 50 %", |world| world.share("free") == 50.0);
    cockpit.until_row("free", &["50%"]);
    cockpit.until_line(&["widen free to 50% at web: confirmed"]);
    assert_eq!((world.share("beta"), world.share("enterprise")), (50.0, 5.0));
    cockpit.end();
}

#[test]
fn past_a_verdict_that_is_not_go_widening_needs_a_reason() {
    let world = World::serve(&super::world::text(0, ""));
    let mut cockpit = world.watch_live(120, 40, &[]);
    cockpit.select("free");
    cockpit.press("w");
    cockpit.until_shown("a reason is needed");
    cockpit.press("\t\r");
    cockpit.until_shown("type a reason first");
    assert_eq!(world.share("free"), 25.0);
    // The field of the reason has the keys now; after it stand *cancel* and *widen*.
    cockpit.press("the board says so\t\t\r");
    world.until("free to be at 50 %", |world| world.share("free") == 50.0);
    assert!(world.journal().contains("the board says so"), "{}", world.journal());
    cockpit.end();
}

#[test]
fn pause_holds_and_says_why_and_resume_frees() {
    let world = World::steady();
    let mut cockpit = world.watch_live(120, 40, &[]);
    cockpit.press("p");
    cockpit.until_line(&["checkout-v2", "PAUSED"]);
    cockpit.select("free");
    cockpit.press("w");
    cockpit.until_shown("cannot widen free: paused by tester: resume it first");
    cockpit.press("\x1b[A\x1b[A\x1b[A");
    cockpit.until_shown("▸everything");
    cockpit.press("r");
    cockpit.until_shown("[ resume ]");
    cockpit.press("\t\r");
    cockpit.until("nothing to be paused", |seen| !seen.shows("PAUSED"));
    cockpit.until_line(&["tester", "resumed everything"]);
    assert_eq!(world.share("free"), 25.0, "a pause leaves the exposure");
    let journal = world.journal();
    assert!(journal.contains("pause") && journal.contains("resume"), "{journal}");
    cockpit.end();
}

#[test]
fn what_was_killed_comes_back_only_with_the_name_of_the_rollout() {
    let world = World::steady();
    let mut cockpit = world.watch_live(120, 40, &[]);
    cockpit.press("K\r");
    cockpit.until_line(&["checkout-v2", "KILLED"]);
    cockpit.press("r");
    cockpit.until_shown("name of the rollout:");
    cockpit.press("\t\r");
    cockpit.until_shown("type the rollout's name, checkout-v2");
    assert!(!world.stored().on);
    cockpit.press("checkout-v2\t\t\r");
    world.until("the flag to be on", |world| world.stored().on);
    assert_eq!([world.share("beta"), world.share("free"), world.share("enterprise")], [50.0, 25.0, 5.0]);
    cockpit.until("nothing to be killed", |seen| !seen.shows("KILLED"));
    cockpit.end();
}

#[test]
fn roll_back_goes_one_stage_down() {
    let world = World::steady();
    let mut cockpit = world.watch_live(120, 40, &[]);
    cockpit.select("beta");
    cockpit.press("u");
    cockpit.until_shown("Fewer users in beta will get checkout-v2");
    cockpit.press("\r");
    world.until("beta to be at 25 %", |world| world.share("beta") == 25.0);
    cockpit.until_row("beta", &["25%"]);
    cockpit.until_line(&["rollback beta to 25% at web: confirmed"]);
    cockpit.end();
}

#[test]
fn a_note_lands_in_the_journal() {
    let world = World::steady();
    let mut cockpit = world.watch_live(120, 40, &[]);
    // Also letters that are keys elsewhere.
    take_a_note(&mut cockpit, "Kate says: keep an eye on w");
    cockpit.end();
    let journal = world.journal();
    assert!(
        journal
            .lines()
            .any(|l| l.contains("note") && l.contains("tester") && l.contains("Kate says: keep an eye on w")),
        "{journal}"
    );
    assert_eq!(world.share("free"), 25.0);
}

#[test]
fn a_paste_never_acts() {
    let world = World::steady();
    let mut cockpit = world.watch_live(120, 40, &[]);
    let version = world.stored().version;
    cockpit.press("\x1b[200~K\r\x1b[201~");
    cockpit.press("\x1b[200~w\t\r\x1b[201~");
    take_a_note(&mut cockpit, "after two pastes");
    assert!(!cockpit.seen().shows("KILL"));
    // Nor does one into an open panel.
    cockpit.press("K");
    cockpit.until_shown("Nobody anywhere will get checkout-v2");
    cockpit.press("\x1b[200~\r\x1b[201~");
    cockpit.press("\x1b");
    cockpit.until("the panel to close", |seen| !seen.shows("Nobody anywhere"));
    take_a_note(&mut cockpit, "after the third");
    let stored = world.stored();
    assert!(stored.on && stored.version == version, "{stored:?}");
    cockpit.end();
}

#[test]
fn kill_works_over_an_open_panel() {
    let world = World::steady();
    let mut cockpit = world.watch_live(120, 40, &[]);
    cockpit.select("free");
    cockpit.press("?");
    cockpit.until_shown("keys, page");
    cockpit.press("K\r");
    world.until("free to be off", |world| world.share("free") == 0.0);
    cockpit.end();
}
