//! The coach: which advice, in which situation, in which words, and never with a number that nobody has.

use std::time::Duration;

use gonogo::action::Verb;
use gonogo::domain::*;
use gonogo::effect::Outcome;
use gonogo::engine::coach::{Advice, MOST, advice};
use gonogo::engine::forecast::slowest_kill;
use gonogo::engine::{Autopilot, Model, update};
use gonogo::event::{Body, Event};
use proptest::prelude::*;

use super::bench::{Bench, commands, name, percent, rollout};
use super::forecast::{busy, go_on, shop};
use super::laws::body;

fn said(model: &Model) -> Vec<String> {
    advice(model).into_iter().map(|advice| advice.text).collect()
}

#[track_caller]
fn assert_first(model: &Model, words: &[&str]) {
    let said = said(model);
    let first = said.first().cloned().unwrap_or_default();
    for word in words {
        assert!(first.contains(word), "{word}: {said:#?}");
    }
}

/// `free` is at 25 % with 1,000 users a second, all well, long enough for every verdict.
fn well(ladder: &[f64], bake: u64) -> Bench {
    let mut shop = shop();
    let stage = |p: &f64| Stage::new(percent(*p), Span(Duration::from_secs(bake)), 500);
    shop.segments[0].ladder = Ladder::new(ladder.iter().map(stage).collect()).expect("climbs");
    shop.guardrails[0].margin = Margin::Points(0.05);
    busy(shop, 25., 1_000., 0.005, 60, 1)
}

#[test]
fn before_anything_is_known_there_is_nothing_to_say() {
    assert_eq!(advice(&Bench::empty(Autopilot::Off).model), []);
    assert_eq!(advice(&Bench::of(shop(), Autopilot::Guard).model), []);
}

#[test]
fn a_no_go_that_nobody_acts_on_is_first_and_says_what_to_press() {
    let mut bench = Bench::live(Autopilot::Advise, 25., 25.);
    bench.break_segment("free");
    let words = [
        "free is NO-GO on errors",
        "still exposed at 25%",
        "only advises",
        "Kill it: select it, then press K.",
    ];
    assert_first(&bench.model, &words);
    assert_eq!(advice(&bench.model)[0].segment, Some(name("free")));
    bench.press(Verb::Pause, Some("free"));
    assert_first(&bench.model, &["paused", "whoever has it keeps it", "press K", "press u"]);
    bench.break_segment("enterprise");
    assert_first(&bench.model, &["free and enterprise are NO-GO", "select everything, then press K"]);
    bench.model.read_only = true;
    assert_first(&bench.model, &["read-only: gonogo kill"]);
}

#[test]
fn a_kill_under_way_needs_no_advice_until_it_stays_unconfirmed() {
    let mut bench = Bench::live(Autopilot::Guard, 25., 25.);
    let effects = bench.break_segment("free");
    let command = commands(&effects)[0].clone();
    assert!(said(&bench.model).iter().all(|text| !text.contains("NO-GO")), "{:?}", said(&bench.model));
    bench.outcome(command.id, Outcome::Unknown { cause: "timed out".into(), attempts: 3 });
    let words =
        ["kill free to 0% at web is not confirmed after 3 tries: timed out", "switch the flag off at web"];
    assert_first(&bench.model, &words);
    let state = bench.state(true, 0., 25.);
    bench.confirm(&command, state);
    let all = said(&bench.model).join("\n");
    assert!(all.contains("free is off after its NO-GO on errors") && all.contains("c clears"), "{all}");
}

#[test]
fn a_hold_says_what_to_check() {
    let mut silent = Bench::live(Autopilot::Guard, 25., 25.);
    silent.tick(31_000);
    assert_first(&silent.model, &["web has not answered for 31s", "A kill is sent all the same"]);
    assert_eq!(advice(&silent.model)[0].segment, None, "it is said once, not for each segment");

    let mut blind = Bench::live(Autopilot::Guard, 25., 25.);
    blind.tick(20_000);
    blind.flag_heard();
    let words = ["there is no errors data for 20s", "check its source", "pauses after 1:00 without data"];
    assert_first(&blind.model, &words);

    let mut doubtful = Bench::live(Autopilot::Off, 25., 25.);
    let mut state = doubtful.state(true, 25., 25.);
    state.doubts = vec!["the share of free is \"abc\"".into()];
    doubtful.event(Body::Flag { platform: name("web"), state });
    assert_first(&doubtful.model, &["at web the share of free is \"abc\"", "mend it at the flag service"]);
}

#[test]
fn a_sample_ratio_mismatch_lists_its_causes_in_order() {
    let mut split = shop();
    split.sample_ratio = true;
    let mut bench = busy(split, 25., 1_000., 0.005, 5, 1);
    for _ in 0..60 {
        bench.tick(500);
        bench.users("free", 500., 2.5, 500., 2.5);
    }
    let words =
        ["25% asked for", "check in this order: whether both arms are counted at the moment of exposure"];
    assert_first(&bench.model, &words);
}

#[test]
fn a_wait_says_what_is_missing_when_it_is_there_and_what_would_be_faster() {
    // One user a second at .1 %: 500 take 500 s; at 5 % they take 10.
    let bench = busy(shop(), 0.1, 1_000., 0.005, 60, 1);
    let words = [
        "free needs 440 more users for the least sample of errors, about 7 min at this rate",
        "; a stage at 5% instead of 0.1% would need 10 s.",
    ];
    assert_first(&bench.model, &words);
    // The sample is in; the proof of +10 % is not.
    let mut strict = shop();
    strict.guardrails[0].margin = Margin::Relative(0.1);
    let mut bench = busy(strict, 5., 1_000., 0.02, 60, 1);
    assert_first(
        &bench.model,
        &["free needs ", " more users to rule out +10 % errors, about ", "at this rate"],
    );
    let text = said(&bench.model)[0].clone();
    assert!(text.contains("; a stage at 25% instead of 5% would need "), "{text}");
    // Nobody comes any more: no forecast, and no guess.
    go_on(&mut bench, 5., 0., 0., 90, 1);
    let text = said(&bench.model)[0].clone();
    assert!(text.ends_with("; no users lately, so no forecast."), "{text}");
    assert!(!text.contains("rate") && !text.contains("about"), "{text}");
}

#[test]
fn a_stage_without_any_traffic_has_no_forecast() {
    let bench = busy(shop(), 5., 0., 0., 20, 1);
    assert_eq!(
        said(&bench.model),
        ["free needs 500 more users for the least sample of errors; no users lately, so no forecast."]
    );
}

#[test]
fn when_all_is_go_it_bakes_or_can_be_widened() {
    let baking = well(&[25., 50.], 3_600);
    assert_first(&baking.model, &["free is GO and bakes for 59 min more; then it can go to 50%."]);
    let baked = well(&[25., 50.], 10);
    assert_eq!(said(&baked.model)[0], "free can go to 50%: select it, then press w.");
    assert_eq!(said(&well(&[25.], 10).model), Vec::<String>::new(), "at the top of its plan all is done");
}

#[test]
fn the_full_autopilot_widens_by_itself_and_the_coach_says_what_it_waits_for() {
    let mut later = rollout();
    later.segments[1].after = vec![name("free")];
    let mut bench = Bench::of(later, Autopilot::Full);
    bench.links();
    bench.flag(true, 25., 0.);
    let all = said(&bench.model).join("\n");
    assert!(all.contains("the autopilot does not widen enterprise yet: begins after free."), "{all}");
    let mut full = well(&[25., 50.], 10);
    full.model.autopilot = Autopilot::Full;
    assert!(said(&full.model).iter().all(|text| !text.contains("press w")), "{:?}", said(&full.model));
}

#[test]
fn a_stage_that_only_waits_for_a_role_says_how_its_go_is_given() {
    let mut asks = shop();
    asks.guardrails[0].margin = Margin::Points(0.05);
    let stage =
        |p, approval| Stage { approval, ..Stage::new(percent(p), Span(Duration::from_secs(10)), 500) };
    let ladder = Ladder::new(vec![stage(25., None), stage(50., Some(name("captain")))]);
    asks.segments[0].ladder = ladder.expect("climbs");
    let bench = busy(asks, 25., 1_000., 0.005, 60, 1);
    assert_first(
        &bench.model,
        &[
            "free can go to 50% with captain's go: select it, then g in a cockpit",
            "gonogo approve --role captain",
        ],
    );
}

#[test]
fn a_kill_that_would_come_too_late_names_the_term_to_shorten() {
    let mut far = well(&[25., 50.], 3_600);
    let mut rollout = (*far.model.rollout).clone();
    rollout.platforms[0].reach = Span(Duration::from_secs(30));
    far.model.rollout = rollout.into();
    assert_first(
        &far.model,
        &["a kill of free would take 3", "more than 10 s: clients of web", "shorten their refresh"],
    );
}

#[test]
fn everybody_has_it_is_said_when_nothing_else_is() {
    let mut shop = shop();
    shop.guardrails[0].margin = Margin::Points(0.05);
    let mut bench = busy(shop, 25., 1_000., 0.005, 60, 1);
    bench.flag(true, 100., 0.);
    go_on(&mut bench, 100., 1_000., 0.005, 60, 1);
    let all = said(&bench.model).join("\n");
    assert!(all.contains("at 100% free has no control group"), "{all}");
}

/// Numbers in a text, as they stand there: `1,900`, `0.1`, `25`.
fn numbers(text: &str) -> Vec<f64> {
    let mut numbers = Vec::new();
    for word in text.split(|c: char| !(c.is_ascii_digit() || c == '.' || c == ',')) {
        let plain: String = word.chars().filter(|c| *c != ',').collect();
        numbers.extend(plain.trim_matches('.').parse::<f64>());
    }
    numbers
}

/// Every exposure that somebody set, asked for or planned.
fn exposures(model: &Model) -> Vec<f64> {
    let planned = model.rollout.segments.iter().flat_map(|s| s.ladder.stages()).map(|stage| stage.exposure);
    let stored = model.platforms.iter().flat_map(|p| {
        let state = p.state.iter().flat_map(|state| state.shares.values());
        state.chain(p.desired.values()).copied().collect::<Vec<_>>()
    });
    let shown = model.segments.iter().filter_map(|s| s.exposure.confirmed);
    planned.chain(stored).chain(shown).map(Percent::as_f64).collect()
}

fn check(model: &Model, advice: &Advice) -> Result<(), TestCaseError> {
    let text = &advice.text;
    prop_assert!(!text.contains("NaN") && !text.contains("inf") && !text.is_empty(), "{}", text);
    prop_assert!(!text.chars().any(char::is_control), "{:?}", text);
    for (index, _) in text.match_indices('%') {
        // `+10 %` is a margin; `25%` is an exposure, or a share that an evidence sentence measured.
        let before = text[..index].trim_end();
        let digits = before.rsplit(|c: char| !(c.is_ascii_digit() || c == '.')).next().unwrap_or("");
        let is_margin = text[..index].ends_with(' ');
        if let (false, Ok(share)) = (is_margin, digits.parse::<f64>()) {
            prop_assert!(exposures(model).contains(&share) || text.contains("asked for"), "{}", text);
        }
    }
    if text.contains("at this rate") {
        let segment = advice.segment.as_ref().and_then(|name| model.segment(name));
        let has_users = segment.is_some_and(|s| {
            s.series.values().any(|series| {
                series.slots().any(|slot| {
                    let units = |arm| slot.new.get(arm).map_or(0.0, |c: &Counts| c.units);
                    units(Arm::Treatment) + units(Arm::Control) > 0.0
                })
            })
        });
        prop_assert!(has_users, "a rate without users: {}", text);
    }
    Ok(())
}

proptest! {
    #[test]
    fn it_never_says_a_number_that_nobody_has(
        events in proptest::collection::vec((0..30_000i64, body()), 0..80),
        read_only in any::<bool>(),
    ) {
        let mut bench = Bench::empty(Autopilot::Advise);
        bench.model.read_only = read_only;
        for (at, body) in events {
            update(&mut bench.model, &Event { at: Timestamp(at), source_at: None, body });
            let given = advice(&bench.model);
            prop_assert!(given.len() <= MOST);
            for advice in &given {
                check(&bench.model, advice)?;
            }
            prop_assert_eq!(&given, &advice(&bench.model), "the same model, other advice");
            if let Some((slowest, _)) = slowest_kill(&bench.model) {
                prop_assert!(slowest.total() > Duration::ZERO);
                prop_assert!(numbers(&slowest.sentence()).iter().all(|number| number.is_finite()));
            }
        }
    }

    #[test]
    fn without_a_single_reading_it_forecasts_nothing(
        events in proptest::collection::vec((0..30_000i64, body()), 0..80),
    ) {
        let mut bench = Bench::empty(Autopilot::Advise);
        for (at, body) in events.into_iter().filter(|(_, body)| !matches!(body, Body::Sample(_))) {
            update(&mut bench.model, &Event { at: Timestamp(at), source_at: None, body });
            prop_assert_eq!(slowest_kill(&bench.model), None);
            for text in said(&bench.model) {
                for word in ["about ", "would need", "more users", "would take"] {
                    prop_assert!(!text.contains(word), "{}", text);
                }
            }
        }
    }
}
