//! Read, widen, kill, resume, and other people at the same time, against the fake.

use gonogo::action::Verb;
use gonogo::backends::{Backend, BackendError};
use gonogo::domain::{Actor, Text, VariantShare, Version};
use gonogo::effect::Change;
use serde_json::{Value, json};

use crate::fake::{FALSE, Fake, SDK_KEY, TOKEN, TRUE, rollout, rule};
use crate::outside::{FLAG, Subject, refusal, segment, share, shares};

const SEGMENTS: &[(&str, &str)] = &[("enterprise", "enterprise"), ("everybody", "default")];

/// A flag with the variations off, on and beta, and a rollout for all.
async fn three(percents: [u32; 3]) -> Fake {
    let names = ["off", "on", "beta"];
    let variations: Vec<_> = names.iter().map(|n| json!({ "_id": format!("id-{n}"), "value": n })).collect();
    let flag = json!({ "key": FLAG, "variations": variations });
    let config = json!({
        "on": true, "version": 7, "lastModified": 1_795_000_000_000_i64, "offVariation": 0, "rules": [],
        "fallthrough": { "rollout": rollout(&percents) },
    });
    Fake::with(flag, config).await
}

#[tokio::test]
async fn rules_are_read_by_name_id_and_default_with_who_changed_it() {
    let fake = Fake::start().await;
    fake.somebody(json!([{ "kind": "updateRuleVariationOrRollout", "ruleId": "rule-ent",
        "rolloutWeights": { TRUE: 12_345, FALSE: 87_655 }, "rolloutContextKind": "user" }]));
    for name in ["enterprise", "rule-ent"] {
        let subject =
            Subject::new(fake.settings(), &[("ours", name), ("rest", "default"), ("none", "no-such")]);
        let state = subject.state().await;
        assert_eq!(state.shares, [(segment("ours"), share(12.345)), (segment("rest"), share(0.0))].into());
        assert_eq!(
            (state.version, state.on, state.doubts.len()),
            (Version(41), true, 0),
            "{:?}",
            state.doubts
        );
        assert_eq!(state.by, Some(Actor::Other(Text::new("Ariel Flores"))));
        assert_eq!(state.changed_at.map(|at| at.0), Some(1_795_000_060_000));
    }
}

#[tokio::test]
async fn widening_sets_the_weights_of_its_rule_only_and_says_who_and_why() {
    let fake = Fake::start().await;
    let subject = Subject::new(fake.settings(), SEGMENTS);
    let applied = subject.widen("enterprise", 25.0).await.expect("widened");
    assert_eq!(applied.state.shares[&segment("enterprise")], share(25.0));
    assert_eq!((applied.state.version, applied.overwrote), (Version(41), None));
    let patch = &fake.patches()[0];
    assert_eq!(patch["environmentKey"], "production");
    assert_eq!(patch["comment"], "gonogo: ann@laptop: the error rate is fine [7]");
    let wanted = json!([{ "kind": "updateRuleVariationOrRollout", "ruleId": "rule-ent", "rolloutContextKind": "user",
        "rolloutWeights": { TRUE: 25_000, FALSE: 75_000 } }]);
    assert_eq!(patch["instructions"], wanted);
    // Who reads it afterwards sees the person, not the token.
    let by = subject.state().await.by.expect("an author");
    assert_eq!(by, Actor::Other(Text::new("ann@laptop with gonogo")));
}

#[tokio::test]
async fn one_variation_to_all_becomes_a_rollout_and_a_rollout_stays_one() {
    let fake = Fake::start().await;
    let subject = Subject::new(fake.settings(), SEGMENTS);
    let state = subject.widen("everybody", 1.0).await.expect("widened").state;
    assert_eq!(state.shares[&segment("everybody")], share(1.0));
    for percent in [100.0, 0.0] {
        let seen = subject.state().await.version;
        subject.apply(Verb::Widen, shares(&[("everybody", percent)]), Some(seen)).await.expect("done");
        assert!(fake.world().config["fallthrough"]["rollout"].is_object(), "users are drawn as before");
    }
    let refused = subject.widen("everybody", 0.0001).await;
    assert!(refusal(refused).contains("finer than LaunchDarkly's thousandth of a percent"));
}

#[tokio::test]
async fn killing_is_one_patch_and_one_read_and_twice_does_no_harm() {
    let fake = Fake::start().await;
    let subject = Subject::new(fake.settings(), SEGMENTS);
    subject.state().await;
    let before = fake.world().asked.len();
    for _ in 0..2 {
        let state = subject.kill().await.expect("off").state;
        assert!(!state.on && state.is_off());
        assert_eq!(state.shares[&segment("enterprise")], share(10.0), "kept for a resume");
    }
    let asked: Vec<_> = fake.world().asked[before..].iter().map(|(method, _, _)| method.clone()).collect();
    assert_eq!(asked, ["PATCH", "GET", "PATCH", "GET"]);
    assert_eq!(fake.patches()[0]["instructions"], json!([{ "kind": "turnFlagOff" }]));
    assert_eq!(fake.world().config["version"], 41, "the second one changed nothing");
    let seen = subject.state().await.version;
    let on = Change::On([(segment("enterprise"), share(5.0))].into());
    let state = subject.apply(Verb::Resume, on, Some(seen)).await.expect("on").state;
    assert_eq!((state.on, state.shares[&segment("enterprise")]), (true, share(5.0)));
    let kinds: Vec<_> = fake.patches()[2]["instructions"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|i| i["kind"].clone())
        .collect();
    assert_eq!(kinds, ["updateRuleVariationOrRollout", "turnFlagOn"], "at no moment with the old shares");
}

#[tokio::test]
async fn a_kill_of_one_segment_sets_its_weights_to_the_control_and_leaves_the_others() {
    let fake = Fake::start().await;
    let subject = Subject::new(fake.settings(), SEGMENTS);
    subject.widen("everybody", 30.0).await.expect("widened");
    let state = subject.apply(Verb::Kill, shares(&[("enterprise", 0.0)]), None).await.expect("killed").state;
    assert_eq!(
        state.shares,
        [(segment("enterprise"), share(0.0)), (segment("everybody"), share(30.0))].into()
    );
    assert!(state.on);
}

#[tokio::test]
async fn a_flag_whose_off_variation_is_the_feature_is_shown_as_on_and_killed_all_the_same() {
    let fake = Fake::start().await;
    fake.world().config["offVariation"] = json!(0);
    let subject = Subject::new(fake.settings(), SEGMENTS);
    let warned = subject.rehearse(Change::Off).await.expect("rehearsed");
    assert!(warned.iter().any(|w| w.contains("off variation is not the control")), "{warned:?}");
    fake.world().config["on"] = json!(false);
    let state = subject.state().await;
    assert!(state.on && state.shares.values().all(|all| *all == share(100.0)), "{state:?}");
    assert!(state.doubts[0].as_str().contains("everybody gets it"), "{:?}", state.doubts);
    let state = subject.kill().await.expect("off").state;
    assert!(!state.on && state.doubts.is_empty());
    assert_eq!(fake.world().config["offVariation"], 1);
}

#[tokio::test]
async fn what_somebody_changed_meanwhile_is_refused_with_both_versions_and_their_name() {
    let fake = Fake::start().await;
    let subject = Subject::new(fake.settings(), SEGMENTS);
    let seen = subject.state().await.version;
    fake.somebody(json!([{ "kind": "turnFlagOff" }]));
    let refused = subject.apply(Verb::Widen, shares(&[("enterprise", 25.0)]), Some(seen)).await;
    let cause = refusal(refused);
    assert!(cause.contains("version 41 by Ariel Flores is newer than 40, which you saw"), "{cause}");
    assert!(fake.patches().is_empty());
}

#[tokio::test]
async fn somebody_who_writes_at_the_same_moment_is_named_and_a_kill_wins() {
    let fake = Fake::start().await;
    let subject = Subject::new(fake.settings(), SEGMENTS);
    let theirs = |percent: u32| {
        json!([{ "kind": "updateFallthroughVariationOrRollout", "rolloutContextKind": "user",
            "rolloutWeights": { TRUE: percent * 1000, FALSE: (100 - percent) * 1000 } }])
    };
    fake.world().race = Some(theirs(50));
    let applied = subject.widen("enterprise", 25.0).await.expect("widened");
    let overwrote = applied.overwrote.expect("somebody");
    assert!(overwrote.as_str().contains("Ariel Flores (did updateFallthrough"), "{overwrote}");
    assert!(overwrote.as_str().contains("version 40 became 42"), "{overwrote}");
    fake.world().race = Some(theirs(60));
    let state = subject.kill().await.expect("off").state;
    assert!(!state.on);
}

#[tokio::test]
async fn three_variations_are_splits_and_weights_are_set_by_name() {
    let fake = three([50, 30, 20]).await;
    let subject = Subject::new(fake.settings(), &[("everybody", "default")]);
    let state = subject.state().await;
    let split = |percents: [f64; 3]| -> Vec<VariantShare> {
        let names = ["off", "on", "beta"];
        names
            .iter()
            .zip(percents)
            .map(|(n, p)| VariantShare { name: Text::new(n), share: share(p) })
            .collect()
    };
    assert_eq!(state.splits[&segment("everybody")], split([50.0, 30.0, 20.0]));
    assert_eq!(state.shares[&segment("everybody")], share(50.0));
    let winner = vec![VariantShare { name: Text::new("beta"), share: share(100.0) }];
    let change = Change::Weights([(segment("everybody"), winner)].into());
    let state = subject.apply(Verb::Widen, change, Some(state.version)).await.expect("done").state;
    assert_eq!(state.splits[&segment("everybody")], split([0.0, 0.0, 100.0]));
}

#[tokio::test]
async fn a_rehearsal_asks_and_changes_nothing_and_says_who_would_change_their_variant() {
    let fake = three([60, 20, 20]).await;
    let mut settings = fake.settings();
    settings["treatment"] = json!("beta");
    let subject = Subject::new(settings.clone(), &[("everybody", "default")]);
    // off 60, on 20, beta 20: widening beta to 40 shrinks off, and pushes on to the front.
    let warned = subject.rehearse(shares(&[("everybody", 60.0)])).await.expect("rehearsed");
    assert!(
        warned.iter().any(|w| w.contains("everybody: 20% of the users would change their variant")),
        "{warned:?}"
    );
    assert!(warned.iter().all(|w| !w.contains("lies between")), "{warned:?}");
    assert_eq!(fake.patches().len(), 0);
    assert_eq!(fake.world().config["version"], 7);
    // With the treatment next to the control nobody moves.
    settings["treatment"] = json!("on");
    let subject = Subject::new(settings.clone(), &[("everybody", "default")]);
    assert_eq!(
        subject.rehearse(shares(&[("everybody", 60.0)])).await.expect("rehearsed"),
        Vec::<String>::new()
    );
    // In the middle of three with the control behind it: it is next to the control, so nobody else moves.
    settings["control"] = json!("beta");
    let subject = Subject::new(settings, &[("everybody", "default")]);
    assert_eq!(
        subject.rehearse(shares(&[("everybody", 90.0)])).await.expect("rehearsed"),
        Vec::<String>::new()
    );
    // With two variations nobody ever does.
    let two = Fake::start().await;
    let subject = Subject::new(two.settings(), SEGMENTS);
    assert_eq!(
        subject.rehearse(shares(&[("enterprise", 60.0)])).await.expect("rehearsed"),
        Vec::<String>::new()
    );
}

#[tokio::test]
async fn who_is_named_one_by_one_and_experiments_are_warned_about() {
    let fake = Fake::start().await;
    {
        let mut world = fake.world();
        world.config["targets"] = json!([{ "values": ["u1", "u2"], "variation": 0, "contextKind": "user" }]);
        world.config["contextTargets"] = json!([{ "values": [], "variation": 0, "contextKind": "user" }]);
        world.config["rules"][0]["rollout"]["experimentAllocation"] =
            json!({ "defaultVariation": 1, "canReshuffle": false });
    }
    let subject = Subject::new(fake.settings(), SEGMENTS);
    let warned = subject.rehearse(shares(&[("enterprise", 0.0)])).await.expect("rehearsed").concat();
    assert!(warned.contains("2 users have the feature by name"), "{warned}");
    assert!(warned.contains("an experiment counts on these shares"), "{warned}");
    assert!(subject.state().await.splits.contains_key(&segment("enterprise")), "an A/B test is a split");
}

#[tokio::test]
async fn approval_is_said_before_and_again_when_it_is_tried() {
    let fake = Fake::start().await;
    fake.world().needs_approval = true;
    let subject = Subject::new(fake.settings(), SEGMENTS);
    let rehearsed = subject.rehearse(shares(&[("enterprise", 25.0)])).await;
    assert!(refusal(rehearsed).contains("approval is required"));
    assert!(refusal(subject.widen("enterprise", 25.0).await).contains("approval is required"));
    assert!(refusal(subject.kill().await).contains("approval is required"));
    assert_eq!(subject.adapter.may_write().await.expect("an answer"), Some(false));
    fake.world().needs_approval = false;
    assert_eq!(subject.adapter.may_write().await.expect("an answer"), Some(true));
    assert_eq!(fake.world().config["on"], true, "asking changes nothing");
}

#[tokio::test]
async fn rules_outside_of_our_segments_and_two_of_one_name_are_doubts() {
    let fake = Fake::start().await;
    let rules =
        vec![rule("a", "twice", 10), rule("b", "twice", 20), rule("c", "theirs", 30), rule("d", "nobody", 0)];
    fake.world().config["rules"] = Value::Array(rules);
    let subject = Subject::new(fake.settings(), &[("ours", "twice"), ("rest", "default")]);
    let state = subject.state().await;
    let doubts = format!("{:?}", state.doubts);
    assert!(doubts.contains("2 rules are called"), "{doubts}");
    assert!(doubts.contains("theirs") && !doubts.contains("nobody"), "{doubts}");
    assert_eq!(state.shares.keys().collect::<Vec<_>>(), [&segment("rest")]);
}

#[tokio::test]
async fn without_a_token_it_is_read_only_and_without_either_it_is_not_set_up() {
    let fake = Fake::start().await;
    let subject = Subject::new(fake.stream_only(), &[("ours", "rule-ent"), ("rest", "default")]);
    assert!(subject.adapter.control().is_none());
    assert_eq!(subject.state().await.shares[&segment("ours")], share(10.0));
    let settings = serde_json::from_value(json!({})).expect("settings");
    let target = gonogo::backends::Target {
        platform: gonogo::domain::PlatformName::new("web").expect("a name"),
        flag: gonogo::domain::FlagKey::new(FLAG).expect("a name"),
        segments: vec![],
    };
    let rights = gonogo::backends::Rights::ReadWrite;
    let made = gonogo::backends::launchdarkly::LaunchDarkly::new(&settings, target, rights);
    assert!(matches!(made, Err(BackendError::Settings { .. })), "{made:?}");
}

#[tokio::test]
async fn no_token_is_ever_told() {
    let fake = Fake::start().await;
    let subject = Subject::new(fake.settings(), SEGMENTS);
    let mut watched = subject.watch();
    watched.state(|state| state.on).await;
    let wrong = |token: &str, key: &str| {
        let mut settings = fake.settings();
        (settings["api_token"], settings["sdk_key"]) = (json!(token), json!(key));
        Subject::new(settings, SEGMENTS)
    };
    let (bad_token, bad_key) = (wrong("api-wrong-s3cret", SDK_KEY), wrong(TOKEN, "sdk-wrong-s3cret"));
    let mut watches = [bad_token.watch(), bad_key.watch()];
    let is_failed =
        |state: &gonogo::domain::LinkState| matches!(state, gonogo::domain::LinkState::Failed { .. });
    watches[0].link(is_failed).await;
    watches[1].until(|body| matches!(body, gonogo::event::Body::Problem { .. }).then_some(())).await;
    for status in [400, 401, 403, 404, 409, 422, 429, 500] {
        fake.fault("PATCH", status, &format!("no: {TOKEN}"));
        let _ = subject.widen("enterprise", 25.0).await;
        fake.fault("GET", status, &format!("no: {TOKEN}"));
        let _ = subject.read().await;
    }
    assert!(refusal(bad_token.read().await).contains("does not know the token (401)"));
    for one in [&subject, &bad_token, &bad_key] {
        let told = one.told();
        assert!(told.len() > 500, "{told}");
        assert!(!told.contains("s3cret"), "{told}");
    }
}
