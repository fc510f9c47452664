//! Other people at the same flag: what they do is seen, named, and never overwritten by a widen.

use serde_json::json;

use super::town::Town;

#[test]
fn an_edit_by_somebody_else_is_told_with_their_name_and_stops_a_widen_that_did_not_see_it() {
    let town = Town::open("others", 10);
    let (bob, token) = town.unleash.person();
    let mut screen = town.watch(&[]);
    screen.select("free");
    screen.press(&["w"]);
    screen.wait_for("reason");
    screen.press(&["backtab", "all is well", "enter", "tab"]);

    town.unleash.edit(&token, "free", "/parameters/rollout", json!("15"));
    screen.wait_row("free", "15%");

    // The panel still shows 10 -> 25: its enter does nothing now.
    screen.press(&["enter"]);
    screen.wait_for("nothing will be done");
    assert_eq!(town.unleash.rollout("free"), "15");
    screen.press(&["esc"]);
    screen.wait_until("the panel closes", |text| !text.contains("nothing will be done"));
    // The panel stood on the timeline.
    let text = screen.wait_for("outside this cockpit");
    assert!(text.contains(&bob), "the timeline names {bob}:\n{text}");
    screen.widen("seen and meant");
    screen.wait_for("widen free to 25% at web: confirmed");
    assert_eq!(town.unleash.rollout("free"), "25");
    assert_eq!(screen.quit(), 0);
    town.journal();
}

#[test]
fn two_cockpits_know_of_each_other_s_pause() {
    let town = Town::open("pair", 10);
    let mut one = town.watch(&["--as", "ann"]);
    let mut two = town.watch(&["--as", "bea"]);
    one.press(&["p"]);
    one.wait_row("free", "PAUSED");
    two.wait_row("free", "PAUSED");
    two.select("free");
    two.press(&["w"]);
    two.wait_for("paused by ann");
    assert_eq!(town.unleash.rollout("free"), "10");
    two.press(&["K", "enter"]);
    two.wait_row("free", "KILLED");
    one.wait_row("free", "KILLED");
    assert_eq!(town.unleash.rollout("free"), "0");
    assert_eq!((one.quit(), two.quit()), (0, 0));
    town.journal();
}
