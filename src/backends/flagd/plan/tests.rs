//! Plans, carried out on the text of a file.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::backends::flagd::flag::{Flag, find};
use crate::backends::flagd::schema;
use crate::backends::flagd::text::edit;
use crate::domain::{Text, Version};

/// A file as a person writes it: one line for each branch, something of everything.
const FILE: &str = r#"{
  "$schema": "https://flagd.dev/schema/v0/flags.json",
  "metadata": { "flagSetId": "shop", "version": "17" },
  "flags": {
    "other": { "state": "ENABLED", "variants": { "a": 1.50, "b": 2 }, "defaultVariant": "a" },
    "f": {
      "state": "ENABLED",
      "defaultVariant": "off",
      "variants": { "on": true, "off": false },
      "targeting": {
        "if": [
          { "==": [{ "var": "plan" }, "free"] },       { "fractional": [["on", 5], ["off", 95]] },
          { "==": [{ "var": "plan" }, "enterprise"] }, "off",
          { "$ref": "isEu" },                          { "fractional": [{ "var": "account" }, ["off", 3], ["on", 1]] },
          { "fractional": [["on"], ["off"]] }
        ]
      }
    }
  },
  "$evaluators": { "isEu": { "in": [{ "var": "region" }, ["eu"]] } }
}
"#;

fn segments() -> Vec<(SegmentName, String)> {
    ["free", "enterprise", "eu", "default"].map(|name| (segment(name), name.to_owned())).to_vec()
}

fn segment(name: &str) -> SegmentName {
    SegmentName::new(name).expect("a name")
}

fn percent(percent: f64) -> Percent {
    Percent::new(percent).expect("a percentage")
}

fn shares(wanted: &[(&str, f64)]) -> BTreeMap<SegmentName, Percent> {
    wanted.iter().map(|(name, share)| (segment(name), percent(*share))).collect()
}

fn read(text: &str) -> (Vec<String>, Flag) {
    find(text, "f").expect("a configuration").expect("the flag")
}

/// The text afterwards, and the plan.
fn carried_out(text: &str, change: &Change, leave: Leave) -> (String, Plan) {
    let (place, flag) = read(text);
    let plan = plan(&Map::of(&flag, &segments(), &Roles::default()), change, leave);
    let whole = |edit: &Edit| Edit {
        path: place.iter().chain(&edit.path).cloned().collect(),
        json: edit.json.clone(),
    };
    let edits: Vec<_> = plan.edits.iter().map(whole).collect();
    let after = edit(text, &edits).expect("places that are there");
    assert_eq!(schema::faults(&serde_json::from_str(&after).expect("JSON")), Ok(vec![]), "{after}");
    (after, plan)
}

fn done(text: &str, change: &Change, leave: Leave) -> String {
    let (after, plan) = carried_out(text, change, leave);
    assert_eq!(plan.refused, None);
    let (_, flag) = read(&after);
    let state = Map::of(&flag, &segments(), &Roles::default()).state(Version(1), None);
    assert!(change.is_met_by(&state), "{change:?}: {state:?}");
    // Twice does no harm.
    assert_eq!(carried_out(&after, change, leave).1.edits, []);
    after
}

#[test]
fn a_widen_changes_two_numbers_and_no_other_byte() {
    let after = done(FILE, &Change::Shares(shares(&[("free", 25.0)])), Leave::Grow);
    assert_eq!(after, FILE.replace(r#"["on", 5], ["off", 95]"#, r#"["on", 25], ["off", 75]"#));
    let after = done(FILE, &Change::Shares(shares(&[("eu", 50.0), ("free", 2.5)])), Leave::Grow);
    let wanted = FILE
        .replace(r#"["on", 5], ["off", 95]"#, r#"["on", 25], ["off", 975]"#)
        .replace(r#"["off", 3], ["on", 1]"#, r#"["off", 2], ["on", 2]"#);
    assert_eq!(after, wanted);
}

#[test]
fn a_weight_that_is_not_written_and_a_branch_without_weights_get_them() {
    let after = done(FILE, &Change::Shares(shares(&[("default", 10.0), ("enterprise", 1.0)])), Leave::Grow);
    assert!(after.contains(r#"{ "fractional": [["on", 10], ["off", 90]] }"#), "{after}");
    assert!(after.contains(r#"{"fractional": [["on", 1], ["off", 99]]},"#), "{after}");
    let whole = done(FILE, &Change::Shares(shares(&[("enterprise", 100.0)])), Leave::Grow);
    assert_eq!(whole, FILE.replace(r#"enterprise"] }, "off""#, r#"enterprise"] }, "on""#));
}

#[test]
fn a_kill_disables_the_flag_and_nothing_else() {
    assert_eq!(
        done(FILE, &Change::Off, Leave::Stop),
        FILE.replacen(
            r#"    "f": {
      "state": "ENABLED""#,
            r#"    "f": {
      "state": "DISABLED""#,
            1
        )
    );
    // flagd takes a flag without a state for enabled.
    let bare = r#"{"flags":{"f":{"variants":{"on":true,"off":false}}}}"#;
    let (place, flag) = read(bare);
    let planned = plan(&Map::of(&flag, &segments(), &Roles::default()), &Change::Off, Leave::Stop);
    let path = place.into_iter().chain(planned.edits[0].path.clone()).collect();
    let after = edit(bare, &[Edit { path, json: planned.edits[0].json.clone() }]).unwrap();
    assert!(!read(&after).1.on, "{after}");
}

#[test]
fn a_kill_of_a_segment_leaves_the_others() {
    let after = done(FILE, &Change::Shares(shares(&[("eu", 0.0)])), Leave::Stop);
    assert_eq!(after, FILE.replace(r#"["off", 3], ["on", 1]"#, r#"["off", 4], ["on", 0]"#));
}

#[test]
fn a_stop_never_exposes_and_does_what_it_can() {
    let (after, plan) =
        carried_out(FILE, &Change::Shares(shares(&[("free", 50.0), ("eu", 1.0)])), Leave::Stop);
    assert!(plan.refused.unwrap().contains("widen it instead"));
    assert!(after.contains(r#"["on", 5]"#) && after.contains(r#"["off", 99], ["on", 1]"#), "{after}");
    let (after, plan) =
        carried_out(FILE, &Change::Shares(shares(&[("free", 50.0), ("nobody", 1.0)])), Leave::Grow);
    assert!(plan.refused.unwrap().contains("no branch for nobody"));
    assert_eq!(after, FILE, "what grows is done whole or not at all");
}

const RAMP: &str = r#"{ "flags": { "f": { "state": "ENABLED", "variants": { "on": true, "off": false }, "defaultVariant": "off",
  "targeting": { "fractional": [["on", { "-": [{ "var": "$flagd.timestamp" }, 1700000000] }], ["off", { "-": [1700009999, { "var": "$flagd.timestamp" }] }]] } } } }"#;

#[test]
fn computed_weights_are_killed_and_neither_widened_nor_frozen() {
    let wider = carried_out(RAMP, &Change::Shares(shares(&[("default", 50.0)])), Leave::Grow).1;
    assert!(wider.edits.is_empty() && wider.refused.unwrap().contains("computes the weights"));
    let frozen = carried_out(RAMP, &Change::Freeze([segment("default")].into()), Leave::Stop).1;
    assert!(frozen.edits.is_empty() && frozen.refused.unwrap().contains("cannot be known here"));
    assert_eq!(carried_out(FILE, &Change::Freeze([segment("free")].into()), Leave::Stop).1, Plan::default());
    let to_some = carried_out(RAMP, &Change::Shares(shares(&[("default", 5.0)])), Leave::Stop).1;
    assert!(to_some.edits.is_empty() && to_some.refused.is_some());
    let after = done(RAMP, &Change::Shares(shares(&[("default", 0.0)])), Leave::Stop);
    assert!(after.contains(r#"[["on", 0], ["off", 100]]"#), "{after}");
}

#[test]
fn a_switch_on_sets_the_shares_in_the_same_write() {
    let off = FILE.replace(
        r#"    "f": {
      "state": "ENABLED""#,
        r#"    "f": {
      "state": "DISABLED""#,
    );
    let all = shares(&[("free", 1.0), ("enterprise", 0.0), ("eu", 0.0), ("default", 0.0)]);
    let after = done(&off, &Change::On(all), Leave::Grow);
    assert!(after.contains(r#"["on", 1], ["off", 99]"#) && read(&after).1.on);
    let (after, plan) = carried_out(&off, &Change::On(shares(&[("free", 1.0)])), Leave::Grow);
    assert!(plan.refused.unwrap().contains("default is exposed and not part of the command"));
    assert_eq!(after, off);
}

const COLOURS: &str = r#"{ "flags": { "f": { "state": "ENABLED", "variants": { "blue": 1, "green": 2, "grey": 3 }, "defaultVariant": "grey",
  "targeting": { "fractional": [["blue", 10], ["green", 10], ["grey", 80]] } } } }"#;

fn colours(change: &Change) -> (Value, Plan) {
    let (place, flag) = read(COLOURS);
    let named = Roles { treatment: None, control: Some("grey".into()) };
    let plan = plan(&Map::of(&flag, &segments(), &named), change, Leave::Grow);
    let edits: Vec<_> = plan
        .edits
        .iter()
        .map(|e| Edit { path: place.iter().chain(&e.path).cloned().collect(), json: e.json.clone() })
        .collect();
    let after: Value = serde_json::from_str(&edit(COLOURS, &edits).unwrap()).unwrap();
    (after["flags"]["f"]["targeting"]["fractional"].clone(), plan)
}

fn weights(wanted: &[(&str, f64)]) -> Change {
    let shares =
        wanted.iter().map(|(name, share)| VariantShare { name: Text::new(name), share: percent(*share) });
    Change::Weights([(segment("default"), shares.collect())].into())
}

#[test]
fn variants_are_widened_in_proportion_with_a_warning_who_would_change() {
    let (after, plan) = colours(&Change::Shares(shares(&[("default", 40.0)])));
    assert_eq!(after, json!([["blue", 20], ["green", 20], ["grey", 60]]));
    assert_eq!(plan.warnings.len(), 1, "{:?}", plan.warnings);
    assert!(
        plan.warnings[0].starts_with("10% of default would change from green to blue"),
        "{:?}",
        plan.warnings
    );
    assert_eq!(
        carried_out(FILE, &Change::Shares(shares(&[("free", 25.0)])), Leave::Grow).1.warnings,
        Vec::<String>::new()
    );
}

#[test]
fn the_winner_gets_everybody_and_weights_must_make_a_whole() {
    assert_eq!(colours(&weights(&[("green", 100.0)])).0, json!([["blue", 0], ["green", 100], ["grey", 0]]));
    assert_eq!(
        colours(&weights(&[("blue", 5.0), ("green", 15.0)])).0,
        json!([["blue", 5], ["green", 15], ["grey", 80]])
    );
    for bad in
        [weights(&[("blue", 60.0), ("green", 60.0)]), weights(&[("grey", 60.0)]), weights(&[("red", 100.0)])]
    {
        let plan = colours(&bad).1;
        assert!(plan.refused.is_some() && plan.edits.is_empty(), "{bad:?}");
    }
}

#[test]
fn a_rule_that_only_flagd_computes_is_left_alone() {
    let text = r#"{"flags":{"f":{"state":"ENABLED","variants":{"on":true,"off":false},"targeting":{"if":[{"var":"free"},{"var":"variant"},"off"]}}}}"#;
    for (share, leave) in [(0.0, Leave::Stop), (50.0, Leave::Grow)] {
        let plan = carried_out(text, &Change::Shares(shares(&[("free", share)])), leave).1;
        assert!(plan.edits.is_empty() && plan.refused.unwrap().contains("left alone"));
    }
    let text = r#"{"flags":{"f":{"state":"ENABLED","variants":{"on":true,"off":false},"targeting":{"if":[{"var":"free"},"on"]}}}}"#;
    let plan = carried_out(text, &Change::Shares(shares(&[("default", 5.0)])), Leave::Grow).1;
    assert!(plan.refused.unwrap().contains("no else"));
}

proptest! {
    /// Whatever is asked for: it reads back as asked, and everything else means the same.
    #[test]
    fn an_edit_does_what_was_asked_and_keeps_everything_else(
        wanted in prop::collection::btree_map(prop::sample::select(vec!["free", "enterprise", "eu", "default"]), 0_u32..=1_000_000, 1..4),
    ) {
        let wanted: BTreeMap<_, _> = wanted.into_iter().map(|(name, ppm)| (segment(name), Percent::from_ppm(ppm))).collect();
        let after = done(FILE, &Change::Shares(wanted.clone()), Leave::Grow);
        let parse = |text: &str| serde_json::from_str::<Value>(text).unwrap();
        let (mut before, mut after) = (parse(FILE), parse(&after));
        // The branches that were asked for may differ, and nothing else.
        for (name, place) in [("free", 1), ("enterprise", 3), ("eu", 5), ("default", 6)] {
            if wanted.contains_key(&segment(name)) {
                for document in [&mut before, &mut after] {
                    document["flags"]["f"]["targeting"]["if"][place] = Value::Null;
                }
            }
        }
        prop_assert_eq!(before, after);
    }
}
