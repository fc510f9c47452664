//! The pure parts: which rule is whose, which variation is the feature, what is written, who would move, who it was.
//!
//! Whole flows against a fake server are in `tests/launchdarkly_fake.rs`.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::author::{author, comment, others};
use super::fault::{Fault, Kind};
use super::flag::{Flag, Serve};
use super::lanes::Lanes;
use super::layout::{WHOLE, layout, moved, share};
use super::stream::{Streamed, Update, read};
use super::wire::{self, Config, Entry};
use super::{Variants, plan, rehearsal};
use crate::domain::{Actor, Percent, SegmentName, Text, Timestamp};
use crate::effect::{Change, Command, EffectId};
use crate::net::HttpError;
use crate::net::sse::Event;

fn segment(name: &str) -> SegmentName {
    SegmentName::new(name).expect("a name")
}

fn ours() -> Vec<(SegmentName, String)> {
    vec![(segment("all"), "default".into())]
}

fn called(treatment: Option<&str>, control: Option<&str>) -> Variants {
    Variants { treatment: treatment.map(Into::into), control: control.map(Into::into) }
}

/// A flag whose default rule serves these weights, by variation.
fn flag(values: &[Value], weights: &[(usize, u32)], off: Option<usize>) -> Flag {
    let variations: Vec<_> =
        values.iter().enumerate().map(|(at, v)| json!({ "_id": format!("id-{at}"), "value": v })).collect();
    let parts: Vec<_> = weights.iter().map(|(at, w)| json!({ "variation": at, "weight": w })).collect();
    let config = json!({ "on": true, "version": 3, "offVariation": off, "rules": [],
        "fallthrough": { "rollout": { "variations": parts } } });
    let whole: wire::Flag =
        serde_json::from_value(json!({ "variations": variations, "environments": { "e": config } }))
            .expect("a flag");
    Flag::of_rest(&whole, "e").expect("the environment")
}

fn command(change: Change) -> Command {
    Command {
        id: EffectId(1),
        verb: crate::action::Verb::Widen,
        platform: crate::domain::PlatformName::new("web").expect("a name"),
        change,
        expected: None,
        actor: Actor::Autopilot,
        reason: None,
        evidence: None,
        part_of: None,
    }
}

fn shares(percent: Percent) -> Change {
    Change::Shares([(segment("all"), percent)].into())
}

#[test]
fn which_variation_is_the_feature_is_said_known_or_doubted() {
    let booleans = [json!(true), json!(false)];
    let texts = [json!("a"), json!("b")];
    let three = [json!("a"), json!("b"), json!("c")];
    let half: &[(usize, u32)] = &[(0, 40_000), (1, 60_000)];
    // Values, off variation, what the settings say, the share that has the feature.
    for (values, off, treatment, control, expected) in [
        (&booleans[..], Some(1), None, None, Some(40.0)),
        (&booleans[..], None, None, None, Some(40.0)),
        (&booleans[..], Some(1), None, Some("true"), Some(60.0)),
        (&booleans[..], Some(1), Some("false"), None, Some(60.0)),
        (&texts[..], Some(0), None, None, Some(60.0)),
        (&texts[..], None, None, None, None),
        (&texts[..], Some(0), Some("a"), None, Some(40.0)),
        (&texts[..], Some(0), None, Some("id-1"), Some(40.0)),
        (&texts[..], Some(0), Some("no such"), None, None),
        (&texts[..], Some(0), Some("a"), Some("a"), None),
        (&three[..], Some(2), None, None, Some(100.0)),
        (&three[..], Some(0), Some("a"), None, None),
        (&three[..], None, Some("a"), Some("b"), Some(40.0)),
    ] {
        let flag = flag(values, half, off);
        let state = Lanes::of(&flag, &ours(), &called(treatment, control)).state(None);
        let case = format!("{values:?} off {off:?} treatment {treatment:?} control {control:?}: {state:?}");
        assert_eq!(state.shares.get(&segment("all")).map(|share| share.as_f64()), expected, "{case}");
        assert_eq!(state.doubts.is_empty(), expected.is_some(), "{case}");
    }
}

#[test]
fn what_makes_no_sense_is_a_doubt_and_can_still_be_stopped() {
    for (rollout, expected) in [
        (json!({}), "its rollout has no variation"),
        (
            json!({ "variations": [{ "variation": 7, "weight": 1 }] }),
            "it serves variation 7, and there are 2",
        ),
        (json!({ "variations": [{ "variation": 0, "weight": 1.5 }] }), "a weight of 1.5"),
        (json!({ "variations": [{ "variation": 0, "weight": -1 }] }), "a weight of -1"),
        (Value::Null, "it serves no variation"),
    ] {
        let mut flag = flag(&[json!(true), json!(false)], &[], Some(1));
        let config =
            json!({ "version": 1, "variations": [true, false], "fallthrough": { "rollout": rollout } });
        let config: Config = serde_json::from_value(config).expect("a flag");
        flag.fallthrough = Flag::of_stream(&config, None).fallthrough;
        let segments = ours();
        let lanes = Lanes::of(&flag, &segments, &Variants::default());
        let state = lanes.state(None);
        assert!(state.doubts[0].as_str().contains(expected), "{:?}", state.doubts);
        assert!(state.shares.is_empty());
        assert!(plan::plan(&lanes, &shares(Percent::from_ppm(500_000)), "user").is_err());
        let stop = plan::plan(&lanes, &shares(Percent::ZERO), "user").expect("a kill");
        assert_eq!(stop[0]["variationId"], "id-1");
    }
}

#[test]
fn without_names_the_stream_borrows_those_of_the_api_unless_the_variations_changed() {
    let known = flag(&[json!("on"), json!("off")], &[(1, WHOLE)], Some(1));
    let config = |values: Value| -> Config {
        serde_json::from_value(
            json!({ "version": 9, "variations": values, "fallthrough": { "variation": 0 } }),
        )
        .expect("a flag")
    };
    assert_eq!(Flag::of_stream(&config(json!(["on", "off"])), Some(&known)).variations, known.variations);
    let changed = Flag::of_stream(&config(json!(["off", "on"])), Some(&known));
    assert!(changed.variations.iter().all(|one| one.id.is_empty()), "{changed:?}");
    assert_eq!(changed.fallthrough, Serve::Fixed(0));
}

#[test]
fn a_variant_between_treatment_and_control_is_told_of_with_its_place() {
    let values = [json!("a"), json!("b"), json!("c"), json!("off")];
    let flag = flag(&values, &[(0, 10_000), (1, 10_000), (2, 10_000), (3, 70_000)], Some(3));
    let segments = ours();
    for (treatment, expected) in
        [("a", Some("pushed along")), ("b", Some("lies between other variations")), ("c", None)]
    {
        let variants = called(Some(treatment), None);
        let lanes = Lanes::of(&flag, &segments, &variants);
        let change = shares(Percent::from_ppm(500_000));
        let instructions = plan::plan(&lanes, &change, "user").expect("a plan");
        let after = rehearsal::done(&flag, &instructions);
        let warnings = rehearsal::warn(&lanes, &Lanes::of(&after, &segments, &variants), &command(change));
        match expected {
            Some(words) => assert!(warnings.concat().contains(words), "{treatment}: {warnings:?}"),
            None => assert_eq!(warnings, Vec::<String>::new()),
        }
    }
}

proptest! {
    #[test]
    fn what_is_planned_reaches_the_share_and_with_two_variations_moves_nobody_else(
        weights in prop::collection::vec(0_u32..50_000, 2..5),
        wanted in 0_u32..=WHOLE,
        control in 0_usize..4,
    ) {
        let control = control.min(weights.len() - 1);
        let treatment = usize::from(control == 0);
        let values: Vec<_> = (0..weights.len()).map(|at| json!(at)).collect();
        let parts: Vec<_> = weights.iter().copied().enumerate().collect();
        let flag = flag(&values, &parts, None);
        let (segments, variants) = (ours(), called(Some(&treatment.to_string()), Some(&control.to_string())));
        let lanes = Lanes::of(&flag, &segments, &variants);
        let change = shares(Percent::from_ppm(wanted * 10));
        let instructions = plan::plan(&lanes, &change, "user").expect("a plan");
        let after = rehearsal::done(&flag, &instructions);
        prop_assert!(change.is_met_by(&Lanes::of(&after, &segments, &variants).state(None)), "{instructions:?}");
        for one in &instructions {
            let sum: u64 = one["rolloutWeights"].as_object().expect("weights").values().filter_map(Value::as_u64).sum();
            prop_assert_eq!(sum, u64::from(WHOLE));
        }
        let (was, will) = (layout(&flag.fallthrough).expect("before"), layout(&after.fallthrough).expect("after"));
        if weights.len() == 2 {
            prop_assert!(!moved(&was, &will, control).needless());
        }
        // What grows takes from the control alone.
        if wanted >= WHOLE - share(&was, control) {
            for at in (0..weights.len()).filter(|at| *at != control && *at != treatment) {
                prop_assert_eq!(share(&was, at), share(&will, at));
            }
        }
    }
}

fn event(name: &str, data: &Value) -> Event {
    Event { name: name.into(), data: data.to_string(), id: None }
}

#[test]
fn events_of_the_stream_are_ours_or_passed_over_and_older_ones_change_nothing() {
    let config = |version: u64| json!({ "key": "a", "version": version, "variations": [true, false], "fallthrough": { "variation": 1 } });
    let of = |name: &str, data: Value| read(&event(name, &data), "a").expect("understood");
    assert_eq!(of("patch", json!({ "path": "/flags/ab", "data": config(1) })), None);
    assert_eq!(of("patch", json!({ "path": "/segments/a", "data": { "version": 1 } })), None);
    assert_eq!(of("something", json!({})), None);
    assert_eq!(
        of("put", json!({ "path": "/", "data": { "flags": { "a": null } } })),
        Some(Update::Whole(None))
    );
    assert!(read(&event("put", &json!({ "data": { "flags": [] } })), "a").is_err());
    let patch = |version| of("patch", json!({ "path": "/flags/a", "data": config(version) })).expect("ours");
    let put = |version| of("put", json!({ "data": { "flags": { "a": config(version) } } })).expect("ours");
    let mut streamed = Streamed::default();
    for (update, is_news, version) in [
        (put(5), true, 5),
        (patch(4), false, 5),
        (patch(5), false, 5),
        (patch(6), true, 6),
        (put(6), false, 6),
        (of("delete", json!({ "path": "/flags/a", "version": 6 })).expect("ours"), false, 6),
        (of("delete", json!({ "path": "/flags/a", "version": 7 })).expect("ours"), true, 6),
        (patch(8), true, 8),
        // A relay with an older archive: what it has is served, so it counts, as something newer.
        (put(2), true, 9),
        (patch(3), true, 10),
    ] {
        let case = format!("{update:?}");
        assert_eq!((streamed.take(update), streamed.version()), (is_news, version), "{case}");
    }
}

fn entry(date: i64, fields: Value) -> Entry {
    let mut entry: Entry = serde_json::from_value(fields).expect("a line");
    entry.date = date;
    entry
}

#[test]
fn the_author_is_whoever_the_newest_line_names_if_it_is_about_this_change() {
    let at = |at| Some(Timestamp(at));
    for (fields, expected) in [
        (json!({ "member": { "firstName": "Ariel", "lastName": "Flores", "email": "a@b" } }), "Ariel Flores"),
        (json!({ "member": { "email": "a@b" }, "token": { "name": "CI" } }), "a@b"),
        (json!({ "token": { "name": "CI" } }), "the token CI"),
        (json!({ "app": { "name": "Slack" } }), "Slack"),
        (json!({ "member": null }), "somebody"),
        (
            json!({ "comment": "gonogo: ann@laptop: because: of it [7f]", "token": { "name": "CI" } }),
            "ann@laptop with gonogo",
        ),
        (json!({ "comment": "gonogo: autopilot [7f]" }), "autopilot with gonogo"),
    ] {
        let log = [entry(900_000, json!({})), entry(1_000_000, fields)];
        let expected = Some(Actor::Other(Text::new(expected)));
        assert_eq!(author(&log, at(1_000_000)), expected);
        assert_eq!(author(&log, at(1_100_000)), None, "the log does not have it yet");
    }
    assert_eq!(author(&[], at(1)), None);
    let ours = comment(&command(Change::Off));
    let log = [entry(5, json!({ "comment": ours })), entry(6, json!({ "titleVerb": "turned on the flag" }))];
    assert_eq!(others(&log, at(4), &ours), ["somebody (turned on the flag)"]);
    assert_eq!(others(&log, at(6), &ours), Vec::<String>::new());
}

#[test]
fn what_a_refusal_says_is_found_also_in_a_body_that_was_cut_off() {
    let fault = |code, body: &str| {
        let url = "https://ld".to_owned();
        Fault::from(HttpError::Status { url, code, retry_after: None, body: Text::new(body) })
    };
    for (code, body, kind, expected) in [
        (
            403,
            r#"{"code":"forbidden","message":"Access to \"it\" was denied"#,
            Kind::Hopeless,
            "Access to \"it\" was denied",
        ),
        (400, r#"{"code": "x", "message": "pending scheduled change"}"#, Kind::Rejected, "a pending change"),
        (400, "not json", Kind::Rejected, "refuses it (400): not json"),
        (405, "{}", Kind::Rejected, "approval is required"),
        (409, "{}", Kind::Conflict, "at the same moment"),
        (429, "{}", Kind::Busy, "no more requests"),
        (302, "", Kind::Hopeless, "redirects"),
        (503, "down", Kind::Unsure, "failed (503): down"),
    ] {
        let fault = fault(code, body);
        assert_eq!(fault.kind, kind, "{code}");
        assert!(fault.cause.contains(expected), "{code}: {}", fault.cause);
    }
}
