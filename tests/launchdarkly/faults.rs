//! A server that is busy, slow, broken or quarrelsome, against the fake.

use std::time::{Duration, Instant};

use gonogo::action::Verb;
use gonogo::backends::BackendError;
use gonogo::domain::LinkState;
use gonogo::event::Body;
use serde_json::json;

use crate::fake::{FALSE, Fake, TRUE};
use crate::outside::{FLAG, Subject, loss, refusal, segment, share};

const SEGMENTS: &[(&str, &str)] = &[("enterprise", "enterprise"), ("everybody", "default")];

#[tokio::test]
async fn a_conflict_is_tried_again_a_few_times_after_reading_anew() {
    let fake = Fake::start().await;
    let subject = Subject::new(fake.api_only(), SEGMENTS);
    for _ in 0..2 {
        fake.fault("PATCH", 409, "Optimistic lock error");
    }
    assert_eq!(
        subject.widen("enterprise", 25.0).await.expect("widened").state.shares[&segment("enterprise")],
        share(25.0)
    );
    for _ in 0..3 {
        fake.fault("PATCH", 409, "Optimistic lock error");
    }
    assert!(refusal(subject.widen("enterprise", 30.0).await).contains("at the same moment (409)"));
    for _ in 0..2 {
        fake.fault("PATCH", 409, "Optimistic lock error");
    }
    assert!(!subject.kill().await.expect("off").state.on);
}

#[tokio::test]
async fn a_short_pause_is_waited_for_and_a_long_one_is_told() {
    let fake = Fake::start().await;
    let subject = Subject::new(fake.api_only(), SEGMENTS);
    fake.busy("PATCH", 1);
    let began = Instant::now();
    subject.widen("enterprise", 25.0).await.expect("widened");
    assert!(began.elapsed() >= Duration::from_secs(1), "{:?}", began.elapsed());
    fake.busy("PATCH", 9);
    let began = Instant::now();
    let cause = loss(subject.widen("enterprise", 30.0).await);
    assert!(cause.contains("no more requests of this account (429), for another 9 s"), "{cause}");
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
}

#[tokio::test]
async fn refusals_change_nothing_and_name_the_remedy() {
    let fake = Fake::start().await;
    let subject = Subject::new(fake.api_only(), SEGMENTS);
    for (status, said, expected) in [
        (400, "would conflict with a scheduled change", "pending change or approval would fail (400)"),
        (401, "invalid", "is it an API access token"),
        (403, "Access to the requested resource was denied", "a role that may update targeting"),
        (404, "Unknown flag key", "check project, environment and flag"),
        (422, "bad patch", "refuses it (422): bad patch"),
    ] {
        fake.fault("PATCH", status, said);
        let cause = refusal(subject.widen("enterprise", 25.0).await);
        assert!(
            cause.starts_with("cannot widen checkout-v2 at web: ") && cause.contains(expected),
            "{cause}"
        );
    }
    assert_eq!(fake.world().config["version"], 40);
}

#[tokio::test]
async fn a_server_that_fails_or_hangs_in_a_write_leaves_it_open_and_the_next_attempt_finds_out() {
    let fake = Fake::start().await;
    let subject = Subject::new(fake.api_only(), SEGMENTS);
    fake.fault("PATCH", 500, "internal");
    assert!(loss(subject.kill().await).contains("LaunchDarkly failed (500)"));
    // Done, but the answer comes too late.
    fake.world().slow = Duration::from_secs(30);
    let began = Instant::now();
    assert!(loss(subject.kill().await).contains("no answer"));
    assert!(began.elapsed() < Duration::from_secs(8), "a hanging kill blocks the next attempt");
    fake.world().slow = Duration::ZERO;
    assert!(!subject.kill().await.expect("off").state.on);
    // Sent, and nobody knows what came of it.
    let seen = subject.state().await.version;
    let on = gonogo::effect::Change::On([(segment("enterprise"), share(1.0))].into());
    subject.apply(Verb::Resume, on, Some(seen)).await.expect("on");
    fake.fault("GET", 500, "internal");
    assert!(loss(subject.kill().await).contains("could not be read back"));
    assert_eq!(fake.world().config["on"], false);
}

#[tokio::test]
async fn a_kill_goes_out_although_nothing_can_be_read_first() {
    let fake = Fake::start().await;
    let subject = Subject::new(fake.api_only(), SEGMENTS);
    // Nothing was read yet, and the first read fails.
    fake.fault("GET", 500, "internal");
    assert!(!subject.kill().await.expect("off").state.on);
}

#[tokio::test]
async fn a_flag_that_somebody_switches_on_again_and_again_is_not_told_as_killed() {
    let fake = Fake::start().await;
    let subject = Subject::new(fake.api_only(), SEGMENTS);
    // It takes the patch, and stays on: its off variation becomes the feature each time.
    fake.world().flag["variations"] =
        json!([{ "_id": TRUE, "value": true }, { "_id": FALSE, "value": false }]);
    fake.world().config["offVariation"] = json!(0);
    fake.world().flag["variations"][1]["_id"] = json!("");
    let killed = subject.kill().await;
    assert!(matches!(&killed, Err(BackendError::NotMet { state, .. }) if state.on), "{killed:?}");
}

#[tokio::test]
async fn a_flag_that_went_to_the_archive_or_another_environment_is_said() {
    let fake = Fake::start().await;
    let subject = Subject::new(fake.api_only(), SEGMENTS);
    fake.world().flag["archived"] = json!(true);
    assert!(refusal(subject.read().await).contains("archived"));
    fake.world().flag["archived"] = json!(false);
    let mut settings = fake.api_only();
    settings["environment"] = json!("staging");
    let other = Subject::new(settings, SEGMENTS);
    assert!(refusal(other.read().await).contains("no environment staging. hint: it has production"));
    let renamed = Subject::of_flag("renamed", fake.api_only(), SEGMENTS);
    assert!(refusal(renamed.kill().await).contains("does not have it (404)"));
}

#[tokio::test]
async fn the_stream_pushes_and_names_come_from_the_api() {
    let fake = Fake::start().await;
    let subject = Subject::new(fake.settings(), SEGMENTS);
    let mut watched = subject.watch();
    watched.link(|state| *state == LinkState::Live).await;
    watched.state(|state| state.version.0 == 40 && state.doubts.is_empty()).await;
    let began = Instant::now();
    fake.somebody(json!([{ "kind": "turnFlagOff" }]));
    let state = watched.state(|state| !state.on).await;
    assert!(began.elapsed() < Duration::from_secs(5), "pushed, not polled every 60 s: {:?}", began.elapsed());
    assert_eq!((state.version.0, state.by.expect("an author").to_string().as_str()), (41, "Ariel Flores"));
    assert_eq!(state.shares[&segment("enterprise")], share(10.0), "by the rule's name");
}

#[tokio::test]
async fn what_is_pushed_is_shown_also_while_the_api_fails() {
    let fake = Fake::start().await;
    let subject = Subject::new(fake.settings(), SEGMENTS);
    let mut watched = subject.watch();
    watched.state(|state| state.version.0 == 40).await;
    fake.is_listened_to().await;
    for _ in 0..50 {
        fake.fault("GET", 503, "down");
    }
    fake.somebody(json!([{ "kind": "turnFlagOff" }]));
    watched.link(|state| matches!(state, LinkState::Retrying { .. })).await;
    let state = watched.state(|state| !state.on).await;
    assert_eq!(state.shares[&segment("enterprise")], share(10.0), "names are remembered");
}

#[tokio::test]
async fn an_older_patch_is_ignored_and_a_flag_that_went_is_said() {
    let fake = Fake::start().await;
    let subject = Subject::new(fake.stream_only(), &[("ours", "rule-ent"), ("rest", "default")]);
    let mut watched = subject.watch();
    watched.state(|state| state.on).await;
    let flag = |version: u64, on: bool| {
        let mut data = fake.world().streamed();
        (data["version"], data["on"]) = (json!(version), json!(on));
        json!({ "path": format!("/flags/{FLAG}"), "data": data })
    };
    fake.send("patch", &flag(39, false));
    fake.send("patch", &json!({ "path": "/flags/other", "data": { "version": 99 } }));
    fake.send("patch", &flag(41, false));
    let state = watched.state(|_| true).await;
    assert_eq!((state.on, state.version.0), (false, 41), "39 and the other flag were passed over");
    fake.send("patch", &json!({ "path": 5 }));
    watched.until(|body| matches!(body, Body::Problem { .. }).then_some(())).await;
    fake.send("delete", &json!({ "path": format!("/flags/{FLAG}"), "version": 42 }));
    watched.link(|state| matches!(state, LinkState::Failed { .. })).await;
    fake.send("patch", &flag(43, true));
    watched.link(|state| *state == LinkState::Live).await;
    assert!(watched.state(|_| true).await.on);
}

#[tokio::test]
async fn a_lost_stream_is_a_problem_and_the_flag_is_polled_meanwhile() {
    let fake = Fake::start().await;
    let mut settings = fake.settings();
    settings["stream_url"] = json!("http://127.0.0.1:9");
    settings["interval"] = json!("1s");
    let subject = Subject::new(settings, SEGMENTS);
    let mut watched = subject.watch();
    let problem = watched
        .until(|body| match body {
            Body::Problem { problem, .. } => Some(problem.as_str().to_owned()),
            _ => None,
        })
        .await;
    assert!(problem.contains("the stream is lost"), "{problem}");
    fake.somebody(json!([{ "kind": "turnFlagOff" }]));
    watched.state(|state| !state.on).await;
}

/// Runs `gonogo widen` against a server; returns what it said on standard error, and its exit code.
async fn widen(url: &str) -> (String, Option<i32>) {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("rollout.toml");
    let text = format!(
        "name = \"checkout\"\n[[platforms]]\nname = \"web\"\nflag = \"{FLAG}\"\n\
         backend = {{ kind = \"launchdarkly\", api_url = \"{url}\", project = \"shop\", api_token = {{ env = \"LD\" }} }}\n\
         [[segments]]\nname = \"enterprise\"\n[plan]\nstages = [{{ exposure = 100, bake = \"1s\", sample = 1 }}]\n"
    );
    std::fs::write(&file, text).expect("a file");
    let mut widen = std::process::Command::new(env!("CARGO_BIN_EXE_gonogo"));
    widen.arg("widen").arg(&file).arg("--state-dir").arg(folder.path()).env("LD", crate::fake::TOKEN);
    widen.args(["--segment", "enterprise", "--to", "20", "--reason", "we know", "--timeout", "4s"]);
    let ended =
        tokio::task::spawn_blocking(move || widen.output()).await.expect("a thread").expect("it runs");
    (String::from_utf8_lossy(&ended.stderr).into_owned(), ended.status.code())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_widening_that_the_dry_run_refuses_is_asked_for_nowhere_and_exits_1() {
    let fake = Fake::start().await;
    fake.world().needs_approval = true;
    let (said, code) = widen(&fake.url).await;
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("refused: nothing was changed: dry run at web: "), "{said}");
    assert_eq!(said.matches("approval is required").count(), 1, "said once: {said}");
    assert_eq!(fake.patches(), [json!(null); 0], "nothing but the dry run");
    fake.world().needs_approval = false;
    let (said, code) = widen(&fake.url).await;
    assert_eq!((code, fake.patches().len()), (Some(0), 1), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_widening_at_a_server_that_does_not_answer_is_lost_contact_and_no_refusal() {
    let (said, code) = widen("http://127.0.0.1:9").await;
    assert_eq!(code, Some(3), "{said}");
    assert!(!said.contains("dry run"), "{said}");
}
