//! The one-shot verbs, as a script uses them: exit codes, JSON, and what Unleash has stored afterwards.

use serde_json::{Value, json};

use super::town::{Town, variable, wait};

#[test]
fn verbs_widen_pause_resume_roll_back_and_kill_with_the_exit_codes_of_the_contract() {
    let town = Town::open("verbs", 10);
    let refused = town.must(1, "widen", &["--segment", "free", "--to", "25"]);
    assert!(refused.err.contains("give a reason"), "{}", refused.err);
    assert_eq!(town.unleash.rollout("free"), "10");

    let because = ["--reason", "by a script"];
    town.must(0, "widen", &[&["--segment", "free", "--to", "25"], &because[..]].concat());
    assert_eq!(town.unleash.rollout("free"), "25");
    town.wait_served("free", 0.25);

    town.must(0, "pause", &["--as", "captain"]);
    let refused = town.must(1, "widen", &[&["--segment", "free"], &because[..]].concat());
    assert!(refused.err.contains("paused by captain"), "{}", refused.err);
    assert_eq!(town.unleash.rollout("free"), "25", "a pause keeps the exposure");
    assert_eq!(town.status().1["phase"], "PAUSED");
    town.must(0, "resume", &[]);
    town.must(0, "widen", &[&["--segment", "free"], &because[..]].concat());
    assert_eq!(town.unleash.rollout("free"), "50", "the next stage");

    town.must(0, "rollback", &["--segment", "free"]);
    assert_eq!(town.unleash.rollout("free"), "25");
    town.must(0, "rollback", &["--segment", "free", "--to", "5"]);
    assert_eq!(town.unleash.rollout("free"), "5");

    let killed = town.must(0, "kill", &["--segment", "beta", "--json"]);
    let killed: Value = serde_json::from_str(&killed.out).expect("one JSON object");
    assert_eq!(killed["outcome"], "confirmed");
    assert!(killed["took_ms"].as_u64().is_some_and(|took| took < 2_000), "{killed}");
    assert_eq!(town.unleash.rollout("beta"), "0");
    town.wait_unserved("beta");

    town.must(0, "kill", &["--reason", "enough"]);
    assert!(!town.unleash.is_on());
    town.wait_unserved("free");
    let (code, status) = town.status();
    assert_eq!((code, &status["phase"]), (0, &json!("KILLED")), "{status}");

    let refused = town.must(1, "resume", &[]);
    assert!(refused.err.contains("checkout-v2"), "{}", refused.err);
    assert!(!town.unleash.is_on());
    town.must(0, "resume", &["--confirm", "checkout-v2"]);
    assert!(town.unleash.is_on());
    assert_eq!([town.unleash.rollout("free"), town.unleash.rollout("beta")], ["5", "0"]);
    town.wait_served("free", 0.05);

    assert_eq!(town.run("widen", &["--segment", "fre"]).code, 1, "there is no such segment");
    assert_eq!(town.run("widen", &["--to", "101"]).code, 2, "no percentage");
    assert_eq!(town.run("pause", &["--to", "5"]).code, 2, "pause takes no percentage");
    town.journal();
}

#[test]
fn check_says_what_works_how_fast_and_with_which_rights() {
    let town = Town::open("check", 10);
    let said = town.must(0, "check", &[]).out;
    for words in ["free 10%", "may change it", "4 of 4 segments have data, both arms", "platform web", "ms"] {
        assert!(said.contains(words), "{words}:\n{said}");
    }
    assert!(!said.contains(&variable("UNLEASH_ADMIN_TOKEN")), "a token was shown");
    let found: Value = serde_json::from_str(&town.must(0, "check", &["--json"]).out).expect("JSON");
    assert_eq!(found["ok"], true);
    assert_eq!(found["findings"].as_array().map(Vec::len), Some(3), "{found}");

    // A client's token may read flags as SDKs do, but not the admin API.
    let text = std::fs::read_to_string(&town.file).expect("the file");
    std::fs::write(&town.file, text.replace("UNLEASH_ADMIN_TOKEN", "UNLEASH_CLIENT_TOKEN")).expect("written");
    let said = town.must(3, "check", &[]).out;
    assert!(said.contains("FAILED platform web"), "{said}");
    assert!(!said.contains(&variable("UNLEASH_CLIENT_TOKEN")), "a token was shown");
}

#[test]
fn resuming_when_all_strategies_are_disabled_does_not_expose_everybody() {
    let town = Town::open("trap", 10);
    town.must(0, "kill", &[]);
    let admin = variable("UNLEASH_ADMIN_TOKEN");
    for segment in ["internal", "beta", "free", "enterprise"] {
        town.unleash.edit(&admin, segment, "/disabled", json!(true));
    }
    let before = town.unleash.strategies();
    let resumed = town.run("resume", &["--confirm", "checkout-v2", "--reason", "again"]);
    // Refused or done, Unleash must not have added its strategy for everybody.
    assert_eq!(town.unleash.strategies(), before, "{} {}", resumed.out, resumed.err);
    let is_on = town.unleash.is_on();
    let state = wait("the shop has heard of it", || {
        town.state().filter(|state| state["flag"]["enabled"] == is_on && state["flag"]["problem"].is_null())
    });
    for segment in ["internal", "beta", "free", "enterprise"] {
        let share = state["segments"][segment]["evaluated_share"].as_f64().expect("a share");
        assert!(share < 0.15, "{segment} is served at {share}: {} {}", resumed.out, resumed.err);
    }
    println!(
        "resume with all strategies disabled: exit code {}: {}{}",
        resumed.code, resumed.out, resumed.err
    );
}
