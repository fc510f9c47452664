//! The Prometheus adapter against a real Prometheus that scrapes a shop which this test serves.
//!
//! Needs `PROMETHEUS_URL` and `GONOGO_SHOP_PORT`, which `.ci/servers run` sets. All scenarios share
//! the one port that Prometheus scrapes, so they are one test, told in order.

#![expect(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "prometheus/shop.rs"]
mod shop;
#[path = "prometheus/watched.rs"]
mod watched;

use gonogo::domain::{Arm, Counts, LinkState, SampleValue};
use gonogo::event::Body;
use gonogo::metrics::{Query, Select};

use shop::Shop;
use watched::{Errors as _, Watched, counts, histogram, probe};

const BAD: &str = "sum by (segment, arm) (shop_bad_total)";
const TOTAL: &str = "sum by (segment, arm) (shop_users_total)";
const BUCKETS: &str = "sum by (segment, arm, le) (shop_seconds_bucket)";

fn users(segment: &str, arm: &str, number: impl std::fmt::Display) -> String {
    format!("shop_users_total{{segment=\"{segment}\",arm=\"{arm}\"}} {number}\n")
}

fn bad(segment: &str, arm: &str, number: impl std::fmt::Display) -> String {
    format!("shop_bad_total{{segment=\"{segment}\",arm=\"{arm}\"}} {number}\n")
}

fn select(bad: &str, total: &str) -> Select {
    Select::Counts { bad: bad.into(), total: total.into() }
}

fn is(segment: &'static str, arm: Arm, expected: Option<Counts>) -> impl Fn(&Body) -> bool {
    move |body| counts(body, segment).is_some_and(|arms| arms.get(arm).copied() == expected)
}

const fn of(units: f64, bad: f64) -> Option<Counts> {
    Some(Counts { units, bad })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_real_prometheus_gives_what_the_shop_says_and_no_more() {
    let shop = Shop::open().await;
    let url = watched::prometheus_url();
    counters(&shop, &url).await;
    distributions(&shop, &url).await;
    mistakes(&shop, &url).await;
    pushed(&shop, &url).await;
}

async fn counters(shop: &Shop, url: &str) {
    shop.say(users("free", "treatment", 100) + &users("free", "control", 1000));
    let mut errors = Watched::start(url, Query::errors(select(BAD, TOTAL)));
    errors.until("the link lives", |body| matches!(body, Body::Link { state: LinkState::Live, .. })).await;
    errors.until("a counter that is not born is 0", is("free", Arm::Treatment, of(100.0, 0.0))).await;

    shop.say(
        users("free", "treatment", 110)
            + &users("free", "control", "1.2345678901234568e17")
            + &bad("free", "treatment", 7)
            + &users("gold", "control", 5),
    );
    errors.until("counters rise", is("free", Arm::Treatment, of(110.0, 7.0))).await;
    errors.until("large numbers", is("free", Arm::Control, of(123_456_789_012_345_680.0, 0.0))).await;
    errors.until_problem("not in the rollout are ignored: gold").await;

    shop.say(users("free", "treatment", 3) + &users("free", "control", 50) + &bad("free", "treatment", 1));
    errors.until("a reset is handed on raw", is("free", Arm::Treatment, of(3.0, 1.0))).await;

    shop.say(
        users("free", "treatment", 3) + &users("free", "control", 60) + &bad("free", "treatment", "NaN"),
    );
    errors
        .until("NaN is no data, the other arm is", |body| {
            counts(body, "free").is_some_and(|arms| arms.treatment.is_none() && arms.control == of(60.0, 0.0))
        })
        .await;
    errors.until_problem("NaN, infinite or negative for free/treatment").await;

    shop.say(users("free", "control", 70));
    errors.until("an arm that vanished", is("free", Arm::Treatment, None)).await;

    shop.close();
    errors.until_new_problem("`total`: no series: no data").await;
    errors.forget();

    shop.say(users("free", "control", 80));
    let back =
        errors.until("something is heard", |body| matches!(body, Body::Sample(_) | Body::Heard(_))).await;
    let found = counts(&back, "free").and_then(|arms| arms.control);
    assert_eq!(found, of(80.0, 0.0), "nothing in between, while the target was down");
}

async fn distributions(shop: &Shop, url: &str) {
    let bucket = |arm: &str, le: &str, count: u32| {
        format!("shop_seconds_bucket{{segment=\"free\",arm=\"{arm}\",le=\"{le}\"}} {count}\n")
    };
    shop.say(
        bucket("treatment", "0.1", 3)
            + &bucket("treatment", "0.25", 5)
            + &bucket("treatment", "0.5", 8)
            + &bucket("treatment", "+Inf", 10)
            + &bucket("control", "0.1", 30)
            + &bucket("control", "0.5", 80)
            + &bucket("control", "+Inf", 100),
    );
    let query = Query::errors(Select::Histogram { buckets: BUCKETS.into(), scale: 1000.0 });
    let mut latency = Watched::start(url, query);
    let seen = latency.until("both arms", |body| histogram(body).is_some()).await;
    let Some(SampleValue::Histogram { bounds, arms }) = histogram(&seen) else { panic!("{seen:?}") };
    assert_eq!(bounds, &[100.0, 500.0], "milliseconds, and only what both arms have");
    let (treatment, control) = arms.both().expect("both arms");
    assert_eq!((treatment.at_most.as_slice(), treatment.total), ([3.0, 8.0].as_slice(), 10.0));
    assert_eq!((control.at_most.as_slice(), control.total), ([30.0, 80.0].as_slice(), 100.0));
}

async fn mistakes(shop: &Shop, url: &str) {
    let pods = |pod: u32| {
        format!("shop_users_total{{segment=\"free\",arm=\"control\",pod=\"{pod}\"}} 10\n")
            + &format!("shop_bad_total{{segment=\"free\",arm=\"control\",pod=\"{pod}\"}} 1\n")
    };
    shop.say(pods(1) + &pods(2));
    let mut errors = Watched::start(url, Query::errors(select(BAD, TOTAL)));
    errors.until("pods are added up", is("free", Arm::Control, of(20.0, 2.0))).await;
    for (bad, total, words) in [
        ("shop_bad_total", "shop_users_total", "several series for free/control"),
        ("shop_bad_total", "shop_users_total", "sum by (segment, arm) (…)"),
        (BAD, "sum(shop_users_total)", "without the labels `segment` and `arm`"),
        (BAD, "sum by (segment, arm) (", "answered 400: bad_data: "),
        (BAD, "sum by (segment, arm) (", "parse error"),
        (BAD, "scalar(sum(shop_users_total))", "gives a scalar, expected an instant vector"),
        (BAD, "shop_users_total[10s]", "gives a matrix, expected an instant vector"),
        ("\"words\"", TOTAL, "gives a string, expected an instant vector"),
        (BAD, "sum by (segment, arm) (shop_nothing_total)", "`total`: no series: no data"),
        (
            BAD,
            "shop_users_total * on(segment) group_left() shop_bad_total",
            "answered 422: found duplicate series",
        ),
    ] {
        let found = probe(url, Query::errors(select(bad, total))).await.expect_err(words);
        assert!(found.as_str().contains(words), "expected {words:?}: {found}");
    }
    let found = probe(&format!("{url}/nowhere"), Query::errors(select(BAD, TOTAL))).await;
    let found = found.expect_err("a wrong path");
    assert!(found.as_str().contains("`url` must end where `/api/v1` begins"), "{found}");
    let found = probe(url, Query::errors(select(BAD, TOTAL))).await.expect("data");
    assert!(
        found.as_str().starts_with("1 of 2 segments have data, none for beta, free/treatment"),
        "{found}"
    );
}

/// A series with a time of its own is never marked as ended, as a pushed one is not.
async fn pushed(shop: &Shop, url: &str) {
    shop.say(users("free", "control", 1));
    let mut now = Watched::start(url, Query::errors(select(BAD, TOTAL)));
    now.until("fresh data", is("free", Arm::Control, of(1.0, 0.0))).await;
    let at = now.source_at().expect("the server's time");
    // A number of this run: that of an earlier one may still live on.
    let number = f64::from(u32::try_from(at.0.rem_euclid(1_000_000_000)).expect("a small number"));
    shop.say(format!("shop_pushed_total{{segment=\"free\",arm=\"control\"}} {number} {}\n", at.0));
    let pushed = "sum by (segment, arm) (shop_pushed_total)";
    let mut lingering = Watched::start(url, Query::errors(select(BAD, pushed)));
    lingering.until("pushed once", is("free", Arm::Control, of(number, 0.0))).await;
    shop.say(String::new());
    let limited = "sum by (segment, arm) (last_over_time(shop_pushed_total[4s]))";
    let mut limited = Watched::start(url, Query::errors(select(BAD, limited)));
    limited.until("pushed not long ago", is("free", Arm::Control, of(number, 0.0))).await;
    limited.until_new_problem("`total`: no series: no data").await;
    lingering.forget();
    lingering.until("without a window it lives on", is("free", Arm::Control, of(number, 0.0))).await;
}
