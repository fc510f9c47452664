//! Changes of flags: laws over random rules, and each trap by name.

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::backends::goff::buckets::fnv32a;
use crate::backends::goff::{check, flag, mapping};
use crate::domain::{Text, Version};

const NOW: &str = "2026-06-01T00:00:00Z";

fn at(text: &str) -> Timestamp {
    Timestamp::parse_rfc3339(text).expect("a date")
}

fn segments() -> Vec<(SegmentName, String)> {
    ["eu", "default"].map(|name| (name.parse().expect("a name"), name.to_owned())).into()
}

fn with(rule: &Value) -> Object {
    let mut eu = json!({"name": "eu", "query": "region eq \"eu\""});
    eu.as_object_mut().expect("an object").extend(rule.as_object().expect("an object").clone());
    let flag = json!({
        "variations": {"on": true, "off": false}, "targeting": [eu], "defaultRule": {"variation": "off"},
    });
    flag.as_object().expect("an object").clone()
}

fn roles() -> Roles {
    Roles::default()
}

fn change(flag: &Object, change: &Change, may_grow: bool) -> Edited {
    let (segments, roles) = (segments(), roles());
    edit(flag, change, &Ground { segments: &segments, roles: &roles, now: at(NOW), may_grow })
}

fn shares(share: f64) -> Change {
    Change::Shares([("eu".parse().expect("a name"), Percent::new(share).expect("a share"))].into())
}

fn freeze() -> Change {
    Change::Freeze(["eu".parse().expect("a name")].into())
}

fn state(flag: &Object) -> crate::domain::FlagState {
    mapping::state(flag, &segments(), &roles(), at(NOW), Version(1))
}

fn eu(flag: &Object) -> &Object {
    flag::rule(flag, "eu").expect("the rule")
}

fn serves(flag: &Object, key: &str) -> Option<String> {
    Serves::of(eu(flag))
        .expect("it serves")
        .serve(fnv32a(&format!("checkout{key}")), at(NOW))
        .map(str::to_owned)
}

fn ramp(from: &str, to: &str, low: f64, high: f64) -> Value {
    let step = |variation, percentage: f64, date| json!({"variation": variation, "percentage": percentage, "date": date});
    json!({"progressiveRollout": {"initial": step("off", low, from), "end": step("on", high, to)}})
}

/// Any rule with two variations, also with odd sums, ramps that run, wait or are over.
fn rules() -> impl Strategy<Value = Value> {
    let split = (1..400_u32, 0..400_u32, prop::sample::select(vec![1.0, 0.25, 0.01, 100.0])).prop_map(
        |(on, off, unit)| json!({"percentage": {"on": f64::from(on) * unit, "off": f64::from(off) * unit}}),
    );
    let ramp = (
        0..100_u32,
        0..100_u32,
        prop::sample::select(vec!["2026-05-01T00:00:00Z", "2026-05-31T23:00:17Z", "2026-06-01T00:00:01Z"]),
    )
        .prop_map(|(low, rise, from)| {
            ramp(from, "2026-06-10T03:00:00Z", f64::from(low), f64::from((low + rise).clamp(1, 100)))
        });
    prop_oneof![split, ramp, Just(json!({"variation": "on"})), Just(json!({"variation": "off"}))]
}

proptest! {
    #[test]
    fn widening_takes_nobody_out_and_is_read_back_exactly(rule in rules(), share in 0..=1_000_000_u32, keys in prop::collection::vec("[a-z0-9]{1,10}", 40)) {
        let before = with(&rule);
        let share = Percent::from_ppm(share);
        prop_assume!(state(&before).shares.get(&segments()[0].0).is_some_and(|now| *now <= share));
        let wanted = Change::Shares([("eu".parse().expect("a name"), share)].into());
        let edited = change(&before, &wanted, true);
        prop_assert_eq!(&edited.refused, &None);
        prop_assert!(check::mistakes(&edited.flag).is_empty(), "{:?}", check::mistakes(&edited.flag));
        prop_assert!(wanted.is_met_by(&state(&edited.flag)), "{:?}", state(&edited.flag));
        prop_assert!(state(&edited.flag).ramps.is_empty());
        for key in keys {
            if serves(&before, &key).as_deref() == Some("on") {
                prop_assert_eq!(serves(&edited.flag, &key), Some("on".to_owned()), "{}", key);
            }
        }
    }

    #[test]
    fn freezing_keeps_everybody_where_they_are(rule in rules(), keys in prop::collection::vec("[a-z0-9]{1,10}", 40)) {
        let before = with(&rule);
        let edited = change(&before, &freeze(), false);
        prop_assert_eq!(&edited.refused, &None);
        prop_assert!(check::mistakes(&edited.flag).is_empty());
        let frozen = state(&edited.flag);
        prop_assert!(freeze().is_met_by(&frozen), "{frozen:?}");
        for key in keys {
            prop_assert_eq!(serves(&before, &key), serves(&edited.flag, &key), "{}", key);
        }
    }

    #[test]
    fn what_stops_never_makes_a_share_larger(rule in rules(), share in 0..=1_000_000_u32) {
        let before = with(&rule);
        let wanted = Change::Shares([("eu".parse().expect("a name"), Percent::from_ppm(share))].into());
        let edited = change(&before, &wanted, false);
        let eu: SegmentName = "eu".parse().expect("a name");
        prop_assert!(state(&edited.flag).shares[&eu] <= state(&before).shares[&eu]);
        prop_assert!(check::mistakes(&edited.flag).is_empty());
    }
}

#[test]
fn freezing_what_stands_still_leaves_its_weights_to_the_last_bit() {
    let rule = json!({"percentage": {"on": 2.8000000000000003, "off": 3.2800000000000002}});
    let edited = change(&with(&rule), &freeze(), false);
    assert_eq!(eu(&edited.flag)["percentage"], rule["percentage"]);
}

#[test]
fn a_kill_of_the_whole_is_disable_and_no_schedule_takes_it_back() {
    let mut flag = with(&json!({"variation": "on"}));
    flag.insert(
        "scheduledRollout".into(),
        json!([
            {"date": "2026-01-01T00:00:00Z", "disable": false},
            {"date": "2026-07-01T00:00:00Z", "disable": false, "defaultRule": {"variation": "on"}},
        ]),
    );
    let edited = change(&flag, &Change::Off, false);
    assert_eq!(
        edited.flag["scheduledRollout"],
        json!([{"date": "2026-07-01T00:00:00Z", "defaultRule": {"variation": "on"}}])
    );
    assert!(!state(&edited.flag).on);
    assert!(!mapping::state(&edited.flag, &segments(), &roles(), at("2027-01-01T00:00:00Z"), Version(1)).on);
}

#[test]
fn a_kill_of_a_segment_serves_the_control_and_never_disables_the_rule() {
    for (rule, killed) in [
        (json!({"variation": "on"}), json!({"variation": "off"})),
        (json!({"percentage": {"on": 1, "off": 3}}), json!({"percentage": {"on": 0, "off": 4}})),
        (ramp("2026-05-01T00:00:00Z", "2026-07-01T00:00:00Z", 0.0, 0.0), json!({"variation": "off"})),
        (json!({"disable": true, "variation": "on"}), json!({"variation": "off"})),
    ] {
        let edited = change(&with(&rule), &shares(0.0), false);
        assert_eq!((edited.flag, edited.refused), (with(&killed), None), "{rule}");
    }
}

#[test]
fn a_ramp_never_ends_at_nothing_and_one_that_has_not_begun_is_frozen_as_the_control() {
    let waiting = with(&ramp("2026-06-02T00:00:00Z", "2026-07-01T00:00:00Z", 10.0, 50.0));
    assert_eq!(eu(&change(&waiting, &freeze(), false).flag)["variation"], json!("off"));
    let widened = change(&waiting, &shares(20.0), true).flag;
    let held = &eu(&widened)["progressiveRollout"];
    assert_eq!((&held["initial"]["percentage"], &held["end"]["percentage"]), (&json!(20), &json!(20)));
    assert!(at(held["initial"]["date"].as_str().expect("a date")) < at(NOW));
}

#[test]
fn a_share_that_is_written_down_is_not_moved_by_the_schedule_any_more_and_other_rules_are() {
    let mut flag = with(&json!({"percentage": {"on": 10, "off": 90}}));
    flag.insert("scheduledRollout".into(), json!([
        {"date": "2026-05-01T00:00:00Z", "targeting": [{"name": "eu", "percentage": {"on": 20, "off": 80}}]},
        {"date": "2026-07-01T00:00:00Z", "defaultRule": {"variation": "on"}, "targeting": [{"name": "eu", "percentage": {"on": 90, "off": 10}}]},
        {"date": "2026-08-01T00:00:00Z", "targeting": [{"name": "eu", "variation": "on"}]},
    ]));
    let frozen = change(&flag, &freeze(), false).flag;
    assert_eq!(
        frozen["scheduledRollout"],
        json!([{"date": "2026-07-01T00:00:00Z", "defaultRule": {"variation": "on"}}])
    );
    assert_eq!(eu(&frozen)["percentage"], json!({"on": 20, "off": 80}));
    assert!(!state(&frozen).ramps.contains_key(&"eu".parse().expect("a name")));
}

#[test]
fn what_cannot_be_done_is_refused_with_what_to_do() {
    let unknown = Change::Shares([("asia".parse().expect("a name"), Percent::ZERO)].into());
    let mut nameless = with(&json!({"variation": "off"}));
    nameless.insert("targeting".into(), json!([]));
    for (flag, wanted, may_grow, why) in [
        (with(&json!({"variation": "off"})), unknown, true, "no segment asia"),
        (nameless, shares(5.0), true, "give the rule in the flag's targeting this name"),
        (with(&json!({"variation": "off"})), shares(5.0), false, "could expose more users: it stands at 0%"),
        (with(&json!({"disable": true, "variation": "on"})), shares(5.0), false, "it is disabled"),
        (with(&json!({"percentage": {"on": 0}})), freeze(), false, "cannot be frozen"),
    ] {
        let edited = change(&flag, &wanted, may_grow);
        assert!(edited.refused.as_ref().is_some_and(|said| said.contains(why)), "{edited:?}");
        assert_eq!(edited.flag, flag, "{why}");
    }
}

#[test]
fn an_experimentation_that_has_not_begun_is_not_widened_and_can_be_killed() {
    let mut flag = with(&json!({"percentage": {"on": 50, "off": 50}}));
    flag.insert(
        "experimentation".into(),
        json!({"start": "2026-07-01T00:00:00Z", "end": "2026-08-01T00:00:00Z"}),
    );
    assert!(
        change(&flag, &shares(60.0), true).refused.is_some_and(|why| why.contains("begins at 2026-07-01"))
    );
    let frozen = change(&flag, &freeze(), false);
    assert_eq!((frozen.refused, &eu(&frozen.flag)["percentage"]), (None, &json!({"on": 0, "off": 100})));
    assert!(state(&frozen.flag).ramps.is_empty());
}

#[test]
fn switching_on_sets_the_shares_and_the_switch_at_once() {
    let mut flag = with(&json!({"variation": "on"}));
    flag.insert("disable".into(), json!(true));
    let on =
        |share| Change::On([("eu".parse().expect("a name"), Percent::new(share).expect("a share"))].into());
    let edited = change(&flag, &on(5.0), true);
    assert_eq!(edited.refused, None);
    assert!(on(5.0).is_met_by(&state(&edited.flag)));
    let nobody_asked = Change::On([("default".parse().expect("a name"), Percent::ZERO)].into());
    let edited = change(&flag, &nobody_asked, true);
    assert!(
        edited.refused.is_some_and(|why| why.contains("eu is exposed")),
        "somebody would be exposed unasked"
    );
    flag.insert(
        "experimentation".into(),
        json!({"start": "2026-01-01T00:00:00Z", "end": "2026-02-01T00:00:00Z"}),
    );
    assert!(change(&flag, &on(5.0), true).refused.is_some_and(|why| why.contains("experimentation ended")));
}

#[test]
fn weights_are_given_to_variants_by_name_and_the_winner_gets_all() {
    let mut flag = with(&json!({"percentage": {"red": 1, "blue": 1, "off": 2}}));
    flag.insert("variations".into(), json!({"red": "r", "blue": "b", "off": ""}));
    let roles = Roles { treatment: None, control: Some("off".into()) };
    let segments = segments();
    flag.insert("defaultRule".into(), json!({"variation": "off"}));
    let weights = |pairs: &[(&str, f64)]| {
        let shares = pairs
            .iter()
            .map(|(n, s)| VariantShare { name: Text::new(n), share: Percent::new(*s).expect("a share") });
        Change::Weights([("eu".parse().expect("a name"), shares.collect())].into())
    };
    let ground = Ground { segments: &segments, roles: &roles, now: at(NOW), may_grow: true };
    for pairs in [vec![("red", 20.0), ("blue", 30.0), ("off", 50.0)], vec![("blue", 100.0)]] {
        let edited = edit(&flag, &weights(&pairs), &ground);
        assert_eq!(edited.refused, None);
        let state = mapping::state(&edited.flag, &segments, &roles, at(NOW), Version(1));
        assert!(weights(&pairs).is_met_by(&state), "{state:?}");
        assert!(check::mistakes(&edited.flag).is_empty());
    }
    for (pairs, why) in
        [(vec![("red", 20.0)], "sum up to 100%"), (vec![("green", 100.0)], "no variation green")]
    {
        assert!(
            edit(&flag, &weights(&pairs), &ground).refused.is_some_and(|said| said.contains(why)),
            "{why}"
        );
    }
    let widened = edit(&flag, &shares(80.0), &ground).flag;
    assert_eq!(
        eu(&widened)["percentage"],
        json!({"red": 1.6, "blue": 1.6, "off": 0.8}),
        "in their proportions"
    );
}
