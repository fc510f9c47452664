//! The traps of GO Feature Flag, each first shown on the real relay, then avoided.

use gonogo::action::Verb;
use gonogo::domain::Timestamp;
use gonogo::effect::Change;
use serde_json::{Value, json};

use crate::place::{Place, apply, flag, off, read, segment, share, shared, shares, split, widen};

/// How many users are asked for.
const USERS: u32 = 150;

/// A ramp so slow that it stands still while a test looks.
fn slow_ramp(end: f64) -> Value {
    let now = gonogo::runtime::clock::Clock::system().now();
    let day = |days: i64| Timestamp(now.0 + days * 86_400_000).rfc3339();
    json!({"progressiveRollout": {
        "initial": {"variation": "off", "percentage": 0, "date": day(-400)},
        "end": {"variation": "on", "percentage": end, "date": day(600)},
    }})
}

#[tokio::test]
async fn a_ramp_that_ends_at_nothing_ends_at_everybody_and_is_shown_so() {
    let _guard = shared().await;
    let ramp = |end: f64| {
        let date = |year: u32| format!("{year}-01-01T00:00:00Z");
        json!({"progressiveRollout": {
            "initial": {"variation": "off", "percentage": 0, "date": date(2020)},
            "end": {"variation": "on", "percentage": end, "date": date(2021)},
        }})
    };
    let flag = Place::File.flag("zero", flag(ramp(0.0), off())).await;
    assert_eq!(flag.serves("anybody", "eu").await.0, "on", "the trap");
    let adapter = flag.adapter();
    assert_eq!(read(&adapter).await.shares[&segment("eu")], share(100.0));
    apply(&adapter, Verb::Kill, shares(&[("eu", 0.0)]), None).await.expect("killed");
    assert_eq!(flag.serves("anybody", "eu").await.0, "off");
}

#[tokio::test]
async fn a_frozen_ramp_keeps_everybody_where_they_are_and_percentages_would_not() {
    let _guard = shared().await;
    for place in [Place::File, Place::Postgres, Place::Redis] {
        // `A` comes before `B`: as percentages, the other end of the buckets would get it.
        let mut ramp = slow_ramp(100.0);
        ramp["progressiveRollout"]["initial"]["variation"] = json!("B");
        ramp["progressiveRollout"]["end"]["variation"] = json!("A");
        let mut letters = flag(ramp, json!({"variation": "B"}));
        letters["variations"] = json!({"A": true, "B": false});
        let flag = place.flag("ramp", letters.clone()).await;
        let before = flag.who_gets("A", "eu", USERS).await;
        let mut percentages = letters;
        percentages["targeting"][0] =
            json!({"name": "rule-eu", "query": "region eq \"eu\"", "percentage": {"A": 40, "B": 60}});
        let other = place.flag("percent", percentages).await;
        assert!(!other.who_gets("A", "eu", USERS).await.is_empty());

        let adapter = flag.adapter();
        let state = read(&adapter).await;
        assert!(state.ramps.contains_key(&segment("eu")), "{state:?}");
        assert!(state.shares[&segment("eu")].distance(share(40.0)) < share(0.1), "{state:?}");
        let freeze = Change::Freeze([segment("eu")].into());
        let frozen = apply(&adapter, Verb::Pause, freeze, None).await.expect("frozen").state;
        assert!(frozen.ramps.is_empty(), "{frozen:?}");
        assert_eq!(flag.who_gets("A", "eu", USERS).await, before, "{place:?}");

        widen(&adapter, "eu", 60.0).await.expect("widened");
        let after = flag.who_gets("A", "eu", USERS).await;
        assert!(before.iter().all(|user| after.contains(user)) && after.len() > before.len());
    }
}

#[tokio::test]
async fn a_rule_that_is_disabled_exposes_its_users_to_the_next_one_so_we_serve_the_control() {
    let _guard = shared().await;
    let rule = json!({"variation": "on", "disable": true});
    let flag = Place::Postgres.flag("disabled", flag(rule, json!({"variation": "on"}))).await;
    assert_eq!(flag.serves("anybody", "eu").await.0, "on", "the trap");
    let adapter = flag.adapter();
    let state = read(&adapter).await;
    assert!(!state.shares.contains_key(&segment("eu")), "{state:?}");
    assert!(state.doubts[0].as_str().contains("it is disabled"), "{state:?}");
    apply(&adapter, Verb::Kill, shares(&[("eu", 0.0)]), None).await.expect("killed");
    assert_eq!(flag.serves("anybody", "eu").await.0, "off");
}

#[tokio::test]
async fn a_due_step_of_the_schedule_stands_before_the_flag_and_a_kill_takes_it_out() {
    let _guard = shared().await;
    let mut scheduled = flag(split(100.0), off());
    scheduled["disable"] = json!(true);
    scheduled["scheduledRollout"] = json!([{"date": "2020-01-01T00:00:00Z", "disable": false}]);
    let flag = Place::Redis.flag("schedule", scheduled).await;
    assert_eq!(flag.serves("anybody", "eu").await.0, "on", "the trap: `disable` is written there");
    let adapter = flag.adapter();
    assert!(read(&adapter).await.on);
    crate::place::kill(&adapter).await.expect("killed");
    assert_eq!(flag.serves("anybody", "eu").await.1, "DISABLED");
}

#[tokio::test]
async fn weights_with_another_sum_keep_their_users_when_they_are_widened() {
    let _guard = shared().await;
    let flag = Place::File.flag("sum", flag(json!({"percentage": {"on": 1, "off": 2}}), off())).await;
    let before = flag.who_gets("on", "eu", USERS).await;
    let adapter = flag.adapter();
    assert_eq!(read(&adapter).await.shares[&segment("eu")], share(33.3333));
    widen(&adapter, "eu", 50.0).await.expect("widened");
    let after = flag.who_gets("on", "eu", USERS).await;
    assert!(before.iter().all(|user| after.contains(user)), "{before:?} {after:?}");
    let percentages = flag.stored().await["targeting"][0]["percentage"].clone();
    assert_eq!(percentages, json!({"on": 1.5, "off": 1.5}));
}

#[tokio::test]
async fn a_flag_that_is_not_valid_is_dropped_by_the_relay_and_said_to_be_gone() {
    let _guard = shared().await;
    let flag = Place::Redis.flag("dropped", flag(split(10.0), off())).await;
    let adapter = flag.adapter();
    read(&adapter).await;
    let mut broken = flag.stored().await;
    broken["defaultRule"] = json!({"percentage": {"on": 0, "off": 0}});
    flag.store(Some(&broken)).await;
    let error = gonogo::backends::Backend::read(&*adapter).await.expect_err("gone").to_string();
    assert!(error.contains("drops a flag that is not valid"), "{error}");
}
