//! The earliest possible kill: its terms, what is missing for it, and which term to shorten.

use std::time::Duration;

use gonogo::action::Verb;
use gonogo::domain::*;
use gonogo::engine::Autopilot;
use gonogo::engine::forecast::{Forecast, Missing, Part, earliest_kill, slowest_after, slowest_kill};
use gonogo::engine::plan;

use super::bench::{Bench, commands, name, percent, rollout};

const SECOND: Duration = Duration::from_secs(1);

/// One segment, one guardrail on errors that may raise one false alarm in twenty rollouts.
pub fn shop() -> Rollout {
    let mut shop = rollout();
    let stage = |p| Stage::new(percent(p), Span(Duration::from_secs(60)), 500);
    let ladder = Ladder::new([0.1, 5., 25., 100.].map(stage).into()).expect("climbs");
    shop.segments = vec![Segment::new(name("free"), None, ladder)];
    shop.guardrails.truncate(1);
    shop.guardrails[0].risk = 0.05;
    shop.guardrails[0].tolerate = 0.0;
    shop
}

/// A bench whose segment `free` is at an exposure and has `users` a second, `bad` of them bad, for `seconds`; what it
/// brings comes every `every` seconds.
pub fn busy(rollout: Rollout, exposure: f64, users: f64, bad: f64, seconds: u32, every: u32) -> Bench {
    let mut bench = Bench::of(rollout, Autopilot::Off);
    bench.links();
    bench.flag(true, exposure, 0.);
    bench.users("free", 0., 0., 0., 0.);
    go_on(&mut bench, exposure, users, bad, seconds, every);
    bench
}

pub fn go_on(bench: &mut Bench, exposure: f64, users: f64, bad: f64, seconds: u32, every: u32) {
    for second in 1..=seconds {
        bench.tick(500);
        let new = if second % every == 0 { users * f64::from(every) } else { 0.0 };
        let (t, c) = (new * exposure / 100.0, new * (100.0 - exposure) / 100.0);
        bench.users("free", t, t * bad, c, c * bad);
    }
}

fn forecast(bench: &Bench, exposure: f64) -> Result<Forecast, Missing> {
    let segment = bench.model.segment(&name("free")).expect("it is there");
    earliest_kill(&bench.model, segment, percent(exposure))
}

fn at(bench: &Bench, exposure: f64) -> Forecast {
    forecast(bench, exposure).expect("all is known")
}

fn term(forecast: &Forecast, part: Part) -> (f64, bool) {
    let term = forecast.terms.iter().find(|term| term.part == part).expect("every term is there");
    (term.takes.as_secs_f64(), term.is_measured)
}

#[test]
fn a_very_small_stage_costs_minutes_and_five_percent_takes_seconds() {
    // 1,000 users a second, .5 % → 5 %: 148 s at .1 %, 4 s at 5 %.
    let bench = busy(shop(), 5., 1_000., 0.005, 30, 1);
    let evidence = |exposure| term(&at(&bench, exposure), Part::Evidence).0;
    assert!((111.0..185.0).contains(&evidence(0.1)), "{}", evidence(0.1));
    assert!((3.0..5.0).contains(&evidence(5.)), "{}", evidence(5.));
}

#[test]
fn the_terms_add_up_and_say_what_is_assumed() {
    let bench = busy(shop(), 5., 1_000., 0.005, 30, 1);
    let found = at(&bench, 5.);
    assert_eq!(term(&found, Part::Interval), (1.0, true));
    assert!(term(&found, Part::Evidence).1);
    assert_eq!(term(&found, Part::Decision), (0.01, false));
    assert_eq!(term(&found, Part::Api), (0.25, false));
    assert_eq!(term(&found, Part::Reach), (1.0, false));
    let sum: Duration = found.terms.iter().map(|term| term.takes).sum();
    assert_eq!(found.total(), sum);
    assert!(found.is_in_time() && found.shorten(&bench.model).is_none());
    let said = found.sentence();
    assert!(said.contains("by errors: ") && said.contains("reach 1.0s assumed"), "{said}");
}

#[test]
fn a_kill_that_was_confirmed_in_this_run_measures_the_api() {
    let mut bench = busy(shop(), 5., 1_000., 0.005, 30, 1);
    let effects = bench.press(Verb::Kill, Some("free"));
    let command = commands(&effects)[0].clone();
    bench.tick(1_200);
    let state = bench.state(true, 0., 0.);
    bench.confirm(&command, state);
    assert_eq!(term(&at(&bench, 5.), Part::Api), (1.2, true));
}

#[test]
fn without_traffic_there_is_no_forecast_and_it_says_what_is_missing() {
    let missing = |bench: &Bench| forecast(bench, 5.).expect_err("nothing is known").0;
    let unread = Bench::of(shop(), Autopilot::Off);
    assert_eq!(missing(&unread), "errors of free has not been read often enough yet");
    let quiet = busy(shop(), 5., 0., 0., 10, 1);
    assert_eq!(missing(&quiet), "no traffic seen in free lately");
    let mut silent = busy(shop(), 5., 1_000., 0.005, 30, 1);
    silent.tick(20_000);
    assert_eq!(missing(&silent), "no errors data of free for 20s");
    assert_eq!(slowest_kill(&silent.model), None);
    let mut unguarded = shop();
    unguarded.guardrails[0].action = Response::Warn;
    assert_eq!(missing(&busy(unguarded, 5., 10., 0., 10, 1)), "no guardrail kills or pauses free");
}

#[test]
fn a_source_that_has_news_more_seldom_than_it_is_read_counts_as_that_slow() {
    let bench = busy(shop(), 5., 1_000., 0.005, 40, 5);
    assert_eq!(term(&at(&bench, 5.), Part::Interval), (5.0, true));
}

#[test]
fn no_bad_user_at_all_is_half_a_bad_user() {
    let bench = busy(shop(), 5., 1_000., 0., 30, 1);
    let evidence = term(&at(&bench, 5.), Part::Evidence).0;
    assert!(evidence.is_finite() && evidence > 60.0, "{evidence}");
}

#[test]
fn the_largest_term_is_named_with_what_shortens_it() {
    let said = |rollout: Rollout, exposure: f64, every: u32| {
        let bench = busy(rollout, exposure, 1_000., 0.005, 90, every);
        at(&bench, exposure).shorten(&bench.model).expect("it is over ten seconds")
    };
    let mut seldom = shop();
    seldom.metrics[0].interval = Span(15 * SECOND);
    assert_eq!(said(seldom, 5., 15), "errors is read every 15s: read it every 2s and it is 13s shorter");
    let mut lagging = shop();
    lagging.metrics[0].interval = Span(SECOND);
    assert!(said(lagging, 5., 15).starts_with("errors has something new only every 15s, although"));
    let mut far = shop();
    far.platforms[0].reach = Span(15 * SECOND);
    assert_eq!(
        said(far, 5., 1),
        "clients of web hear of a change within 15s: shorten their refresh interval"
    );
    let small = said(shop(), 0.1, 1);
    assert!(
        small.contains(": at 5% instead of 0.1% it would be ") && small.contains(" users instead of "),
        "{small}"
    );
}

#[test]
fn where_no_guardrail_kills_the_fastest_pause_is_told_as_such() {
    let mut both = shop();
    let slow = Guardrail { name: name("slow"), jump: 3.0, ..both.guardrails[0].clone() };
    let pauses = Guardrail { name: name("pauses"), action: Response::Pause, jump: 40.0, ..slow.clone() };
    both.guardrails.extend([slow, pauses]);
    let found = at(&busy(both.clone(), 5., 1_000., 0.005, 30, 1), 5.);
    assert_eq!(
        (found.guardrail.as_str(), found.word()),
        ("errors", "kill"),
        "the fastest of those that kill"
    );
    for guardrail in &mut both.guardrails {
        guardrail.unit = Unit::Request;
    }
    let found = at(&busy(both, 5., 1_000., 0.005, 30, 1), 5.);
    assert_eq!((found.guardrail.as_str(), found.word()), ("pauses", "pause"), "requests never kill");
}

#[test]
fn everybody_is_held_against_what_was_before_and_a_small_jump_only_pauses() {
    let found = |jump: f64| {
        let mut shop = shop();
        shop.guardrails[0].jump = jump;
        let bench = busy(shop, 25., 1_000., 0.005, 60, 1);
        at(&bench, 100.)
    };
    assert_eq!(found(10.).word(), "kill");
    assert_eq!(found(3.).word(), "pause");
    // Too little was seen to know what is usual.
    let bench = busy(shop(), 25., 10., 0.005, 30, 1);
    assert_eq!(
        forecast(&bench, 100.).map_err(|missing| missing.0),
        Err("errors has nothing to compare free with at 100% yet".to_owned())
    );
}

#[test]
fn a_plain_threshold_needs_its_least_count_and_a_jump_above_it() {
    let mut plain = shop();
    plain.guardrails[0].compare = Compare::Above { rate: 0.02, least: 500 };
    let found = at(&busy(plain.clone(), 5., 1_000., 0.005, 30, 1), 5.);
    assert!((term(&found, Part::Evidence).0 - 10.0).abs() < 0.5, "500 users at 50 a second");
    plain.guardrails[0].compare = Compare::Above { rate: 0.2, least: 500 };
    let missing = forecast(&busy(plain, 5., 1_000., 0.005, 30, 1), 5.).expect_err("5 % is below 20 %");
    assert_eq!(missing.0, "errors would not see the jump that it is for");
}

#[test]
fn the_slowest_exposed_segment_counts_and_unknown_ones_are_counted() {
    let mut bench = Bench::live(Autopilot::Off, 25., 25.);
    for _ in 0..30 {
        bench.users("free", 250., 1., 750., 3.);
        bench.users("enterprise", 0., 0., 0., 0.);
    }
    let (slowest, unknown) = slowest_kill(&bench.model).expect("free is known");
    assert_eq!((slowest.segment.as_str(), unknown), ("free", 1));
    for _ in 0..30 {
        bench.users("free", 250., 1., 750., 3.);
        bench.users("enterprise", 5., 0., 15., 0.);
    }
    let (slowest, unknown) = slowest_kill(&bench.model).expect("both are known");
    assert_eq!((slowest.segment.as_str(), unknown), ("enterprise", 0));
    let request =
        gonogo::action::Request { reason: Some("x".into()), ..bench.request(Verb::Widen, Some("free")) };
    let moves = plan(&bench.model, &request).expect("it may").moves;
    let after = slowest_after(&bench.model, &moves).expect("there is a move").expect("free is known");
    assert_eq!((after.segment.as_str(), after.exposure), ("free", percent(50.)));
}
