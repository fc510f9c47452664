//! What the end-to-end test relies on: arms follow the flag, the state tells what is served. In: a hand-made flag and
//! hand-made time. Out: assertions. Start anywhere.

use serde_json::{Value, json};

use super::*;

fn seen(percent: &str, enabled: bool) -> Seen {
    let flag = json!({ "name": "checkout-v2", "enabled": enabled, "strategies": [{ "name": "flexibleRollout",
        "parameters": { "rollout": percent, "stickiness": "userId", "groupId": "checkout-v2" },
        "constraints": [{ "contextName": "segment", "operator": "IN", "values": ["enterprise"] }] }] });
    Seen { flag: Some(serde_json::from_value(flag).unwrap()), ..Seen::default() }
}

/// Runs the shop for so many seconds, 20 ticks each, and returns the time then.
fn run(shop: &Shop, mut now: Instant, seconds: u32) -> Instant {
    for _ in 0..seconds * 20 {
        now += Duration::from_millis(50);
        shop.serve(now);
    }
    now
}

fn opened(seen: Seen) -> (watch::Sender<Seen>, Shop, Instant) {
    let (sender, receiver) = watch::channel(seen);
    let shop = Shop::new("checkout-v2".to_owned(), receiver, 1, 200.0);
    let now = Instant::now();
    shop.serve(now);
    (sender, shop, now)
}

fn state(shop: &Shop, now: Instant) -> Value {
    serde_json::to_value(shop.state(now)).unwrap()
}

#[test]
fn users_arrive_at_the_rate_asked_for() {
    let (_sender, shop, start) = opened(Seen::default());
    let now = run(&shop, start, 10);
    let state = state(&shop, now);
    let sum = |key: &str| {
        state["segments"].as_object().unwrap().values().map(|s| s[key].as_u64().unwrap()).sum::<u64>()
    };
    assert!((1_999..=2_000).contains(&sum("users_total")), "{state}");
    assert!((199..=200).contains(&sum("users_last_second")), "{state}");
    assert_eq!(sum("treatment_total"), 0, "nobody gets a feature whose flag was never seen");
}

#[test]
fn the_state_shows_that_serving_stopped_when_the_flag_goes_off() {
    let (sender, shop, start) = opened(seen("100", true));
    let now = run(&shop, start, 3);
    let before = state(&shop, now);
    assert_eq!(before["segments"]["enterprise"]["evaluated_share"], 1.0);
    assert_eq!(before["segments"]["free"]["evaluated_share"], 0.0);
    assert!(before["segments"]["enterprise"]["treatment_last_second"].as_u64().unwrap() > 20);

    sender.send_replace(seen("100", false));
    let now = run(&shop, now, 2);
    let after = state(&shop, now);
    let enterprise = &after["segments"]["enterprise"];
    assert_eq!(after["flag"]["enabled"], false);
    assert_eq!(
        (&enterprise["evaluated_share"], &enterprise["treatment_last_second"]),
        (&json!(0.0), &json!(0))
    );
    assert_eq!(enterprise["treatment_total"], before["segments"]["enterprise"]["treatment_total"]);
    assert!(
        enterprise["users_last_second"].as_u64().unwrap() > 20,
        "customers still come, to the old checkout"
    );
    assert!(enterprise["last_treatment_ms_ago"].as_u64().unwrap() >= 2_000);
}

#[test]
fn the_evaluated_share_is_that_of_the_rollout() {
    let (_sender, shop, start) = opened(seen("25", true));
    let share = state(&shop, start)["segments"]["enterprise"]["evaluated_share"].as_f64().unwrap();
    assert!((share - 0.25).abs() < 0.03, "{share}");
}

#[test]
fn a_break_hits_its_segment_until_it_is_mended() {
    let (_sender, shop, start) = opened(seen("100", true));
    let errors = |shop: &Shop| {
        let text = shop.metrics().unwrap();
        let line = "checkout_users_with_error_total{segment=\"enterprise\",arm=\"treatment\"} ";
        text.lines().find_map(|l| l.strip_prefix(line)).unwrap().parse::<u64>().unwrap()
    };
    shop.break_checkout(crate::people::segment("enterprise"), Fault { rate: 1.0, slow_ms: 0.0 });
    let now = run(&shop, start, 5);
    let broken = errors(&shop);
    assert!(broken > 200, "{broken}");
    assert_eq!(state(&shop, now)["faults"], json!({ "enterprise": { "rate": 1.0, "slow_ms": 0.0 } }));

    shop.mend();
    let now = run(&shop, now, 5);
    assert!(errors(&shop) - broken < 20);
    assert_eq!(state(&shop, now)["faults"], json!({}));
}

#[test]
fn a_long_pause_is_not_made_up_for() {
    let (_sender, shop, start) = opened(Seen::default());
    shop.serve(start + Duration::from_secs(3600));
    assert_eq!(shop.floor().recent.len(), 200);
}

#[test]
fn comments_are_numbered_bounded_and_read_from_where_one_left_off() {
    let (_sender, shop, start) = opened(seen("100", true));
    shop.break_checkout(None, Fault { rate: 1.0, slow_ms: 0.0 });
    run(&shop, start, 100);
    let all = shop.comments(0);
    assert_eq!(all.len(), COMMENT_LIMIT);
    assert!(all.windows(2).all(|pair| pair[1].id == pair[0].id + 1));
    let last = all.last().unwrap().id;
    assert_eq!(shop.comments(last - 1).len(), 1);
}
