//! Unit tests of `plan`.

use serde_json::json;

use super::*;
use crate::backends::unleash::wire::Environment;

fn segment(name: &str) -> SegmentName {
    SegmentName::new(name).expect("a name")
}

fn share(percent: f64) -> Percent {
    Percent::new(percent).expect("a percentage")
}

fn wanted(shares: &[(&str, f64)]) -> BTreeMap<SegmentName, Percent> {
    shares.iter().map(|(name, percent)| (segment(name), share(*percent))).collect()
}

fn environment(strategies: &[(&str, &str, bool)]) -> Environment {
    let strategies: Vec<_> = strategies
        .iter()
        .enumerate()
        .map(|(n, (title, rollout, disabled))| {
            json!({
                "id": format!("s{n}"), "name": "flexibleRollout", "title": title, "disabled": disabled,
                "constraints": [{ "operator": "IN", "values": [title] }], "parameters": { "rollout": rollout },
            })
        })
        .collect();
    serde_json::from_value(json!({ "name": "production", "enabled": true, "strategies": strategies }))
        .expect("json")
}

fn segments() -> Vec<(SegmentName, String)> {
    ["free", "eu"].map(|name| (segment(name), name.to_owned())).into()
}

fn planned(strategies: &[(&str, &str, bool)], shares: &[(&str, f64)], leave: Leave) -> Plan {
    let environment = environment(strategies);
    let names = SegmentNames::new();
    plan(&Map::of(&environment, &segments(), &names), &wanted(shares), leave, &names)
}

fn refusal(plan: &Plan) -> &str {
    plan.refused.as_deref().expect("refused")
}

#[test]
fn widening_tests_the_old_value_and_sends_the_new_one_as_text() {
    let plan = planned(&[("free", "10", false)], &[("free", 25.0)], Leave::Grow);
    let [write] = plan.writes.as_slice() else { unreachable!("{plan:?}") };
    assert_eq!(
        write.patch(),
        json!([
            { "op": "test", "path": "/parameters/rollout", "value": "10" },
            { "op": "test", "path": "/disabled", "value": false },
            { "op": "add", "path": "/parameters/rollout", "value": "25" },
        ])
    );
}

#[test]
fn a_strategy_without_a_stored_share_is_not_tested_for_one() {
    let mut environment = environment(&[("free", "10", false)]);
    environment.strategies[0].parameters.clear();
    let names = SegmentNames::new();
    let plan =
        plan(&Map::of(&environment, &segments(), &names), &wanted(&[("free", 5.0)]), Leave::Grow, &names);
    let paths: Vec<_> =
        plan.writes[0].patch().as_array().into_iter().flatten().map(|s| s["op"].clone()).collect();
    assert_eq!(paths, ["test", "add"], "only whether it is enabled");
}

#[test]
fn stopping_one_segment_sets_zero_untested_and_never_disables() {
    for stored in ["10", "150", "abc"] {
        let plan = planned(&[("free", stored, false)], &[("free", 0.0)], Leave::Stop);
        let patches: Vec<_> = plan.writes.iter().map(Write::patch).collect();
        assert_eq!(
            patches,
            [json!([{ "op": "add", "path": "/parameters/rollout", "value": "0" }])],
            "{stored}"
        );
    }
}

#[test]
fn what_is_already_so_is_not_written() {
    for (stored, disabled, percent) in [("10", false, 10.0), ("0", false, 0.0), ("50", true, 0.0)] {
        let plan = planned(&[("free", stored, disabled)], &[("free", percent)], Leave::Grow);
        assert_eq!(plan, Plan::default(), "{stored}");
    }
}

#[test]
fn a_disabled_strategy_is_used_again_only_together_with_its_share() {
    let plan = planned(&[("free", "90", true)], &[("free", 5.0)], Leave::Grow);
    let [write] = plan.writes.as_slice() else { unreachable!("{plan:?}") };
    assert!(write.enable && write.grows);
    assert_eq!(write.patch().as_array().map(Vec::len), Some(4));
}

#[test]
fn switching_on_uses_disabled_strategies_again_even_at_zero() {
    let plan = planned(&[("free", "90", true)], &[("free", 0.0)], Leave::SwitchOn);
    let [write] = plan.writes.as_slice() else { unreachable!("{plan:?}") };
    assert!(write.enable);
    assert_eq!(write.to, "0");
}

#[test]
fn a_command_that_stops_exposes_nobody_and_still_stops_the_rest() {
    let plan =
        planned(&[("free", "1", false), ("eu", "50", false)], &[("free", 5.0), ("eu", 5.0)], Leave::Stop);
    let writes: Vec<_> =
        plan.writes.iter().map(|write| (write.segment.as_str(), write.to.as_str())).collect();
    assert_eq!(writes, [("eu", "5")]);
    assert!(refusal(&plan).contains("could expose more users"), "{plan:?}");
}

#[test]
fn an_unknown_share_is_not_lowered_to_anything_but_zero() {
    let plan = planned(&[("free", "abc", false)], &[("free", 5.0)], Leave::Stop);
    assert!(plan.writes.is_empty());
    assert!(refusal(&plan).contains("\"abc\""), "{plan:?}");
}

#[test]
fn a_command_that_grows_is_planned_whole_or_not_at_all() {
    let plan = planned(&[("free", "1", false)], &[("free", 5.0), ("eu", 5.0)], Leave::Grow);
    assert!(plan.writes.is_empty());
    assert!(refusal(&plan).contains("no strategy for eu"), "{plan:?}");
}

#[test]
fn smaller_shares_are_sent_before_larger_ones() {
    let plan =
        planned(&[("free", "50", false), ("eu", "1", false)], &[("eu", 5.0), ("free", 5.0)], Leave::Grow);
    let order: Vec<_> = plan.writes.iter().map(|write| write.segment.as_str()).collect();
    assert_eq!(order, ["free", "eu"]);
}

#[test]
fn a_fraction_of_a_percent_is_refused_before_anything_is_sent() {
    let plan = planned(&[("free", "1", false)], &[("free", 2.5)], Leave::Grow);
    assert!(plan.writes.is_empty());
    assert!(refusal(&plan).contains("whole percents, not 2.5%"), "{plan:?}");
}

#[test]
fn two_strategies_of_a_segment_may_shrink_together_but_not_grow() {
    let both = [("free", "10", false), ("free", "30", false)];
    assert!(refusal(&planned(&both, &[("free", 50.0)], Leave::Grow)).contains("2 strategies serve free"));
    let lowered = planned(&both, &[("free", 20.0)], Leave::Stop);
    assert_eq!(lowered.writes.iter().map(|write| write.strategy.as_str()).collect::<Vec<_>>(), ["s1"]);
    let both_disabled = [("free", "10", true), ("free", "30", true)];
    assert!(refusal(&planned(&both_disabled, &[("free", 0.0)], Leave::SwitchOn)).contains("2 strategies"));
    let zero = planned(&both, &[("free", 0.0)], Leave::Stop);
    assert_eq!(zero.writes.len(), 2);
    assert_eq!(zero.refused, None);
    let beside_a_disabled_one = [("free", "10", false), ("free", "30", true)];
    assert_eq!(planned(&beside_a_disabled_one, &[("free", 50.0)], Leave::Grow).writes.len(), 1);
}

#[test]
fn a_flag_is_not_switched_on_for_strangers_or_with_nobody() {
    let check = |strategies: &[(&str, &str, bool)], shares: &[(&str, f64)]| {
        let environment = environment(strategies);
        let names = SegmentNames::new();
        check_on(&Map::of(&environment, &segments(), &names), &wanted(shares), &names)
    };
    let says = |result: Result<(), String>, part: &str| {
        let why = result.expect_err(part);
        assert!(why.contains(part), "{why}");
    };
    assert_eq!(check(&[("free", "5", true)], &[("free", 5.0)]), Ok(()));
    assert_eq!(check(&[("free", "5", true), ("QA", "100", true)], &[("free", 5.0)]), Ok(()));
    says(check(&[("free", "5", true), ("QA", "100", false)], &[("free", 5.0)]), "\"QA\" also exposes others");
    says(check(&[("free", "5", true), ("eu", "100", false)], &[("free", 5.0)]), "eu is exposed");
    says(check(&[], &[("free", 5.0)]), "100 % of all users");
}
