//! Folders of rollout files: each good one must be understood, and explained as its `.txt` says;
//! each bad one must be refused with exactly the words of its `.txt`.
//!
//! To accept a change of words, run with `UPDATE_ROLLOUTS=1` and read the difference.

#![expect(clippy::expect_used, reason = "a test fails by panicking")]

#[path = "rollout_files/page.rs"]
mod page;

use std::fs;
use std::path::{Path, PathBuf};

use gonogo::config::{ConfigError, explain, rollout_file};
use gonogo::domain::{Compare, Guardrail, KillScope, Margin};

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/rollouts").join(name)
}

/// All `.toml` files of a folder with their names and texts.
fn files(folder_name: &str) -> Vec<(PathBuf, String, String)> {
    let mut files: Vec<_> = fs::read_dir(folder(folder_name))
        .expect("the folder is there")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
        .map(|path| {
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            let text = fs::read_to_string(&path).expect("a readable file");
            (path, name, text)
        })
        .collect();
    files.sort();
    assert!(!files.is_empty(), "no files in {folder_name}");
    files
}

/// Compares with the `.txt` beside a file; a missing one is a failure.
fn compare(path: &Path, said: &str, failures: &mut Vec<String>) {
    let expected_path = path.with_extension("txt");
    if std::env::var_os("UPDATE_ROLLOUTS").is_some() {
        fs::write(&expected_path, said).expect("written");
    }
    match fs::read_to_string(&expected_path) {
        Ok(expected) if expected == said => {}
        Ok(expected) => {
            failures.push(format!("{}:\n--- expected\n{expected}\n--- said\n{said}", path.display()));
        }
        Err(_) => failures.push(format!("{} is missing; it would say:\n{said}", expected_path.display())),
    }
}

#[test]
fn good_files_are_understood_and_explained() {
    let mut failures = vec![];
    for (path, name, text) in files("good") {
        match rollout_file::parse(&text, &name) {
            Ok(file) => {
                let mut said = Vec::new();
                explain(&file, &mut said).expect("a vector can be written");
                compare(&path, &String::from_utf8(said).expect("text"), &mut failures);
            }
            Err(error) => failures.push(format!("{name} is refused:\n{error}")),
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

#[test]
fn bad_files_are_refused_with_place_cause_and_remedy() {
    let mut failures = vec![];
    for (path, name, text) in files("bad") {
        match rollout_file::parse(&text, &name) {
            Ok(_) => failures.push(format!("{name} is accepted")),
            Err(error) => {
                let said = format!("{error}\n");
                assert!(!said.contains("hunter2"), "{name} shows a secret:\n{said}");
                assert!(!said.chars().any(|c| c.is_control() && c != '\n'), "{name}: {said:?}");
                compare(&path, &said, &mut failures);
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

#[test]
fn each_message_names_a_place_in_the_file() {
    for (_, name, text) in files("bad") {
        let Err(ConfigError::Invalid { report, faults }) = rollout_file::parse(&text, &name) else {
            panic!("{name} is not refused as invalid");
        };
        let first = report.lines().next().unwrap_or_default();
        let mut parts = first.splitn(4, ':');
        assert_eq!(parts.next(), Some(name.as_str()));
        let line: usize = parts.next().and_then(|line| line.parse().ok()).expect("a line");
        assert!(parts.next().is_some_and(|column| column.parse::<usize>().is_ok()), "{first}");
        assert!(line <= text.lines().count().max(1), "{first}");
        assert!(faults >= 1);
    }
}

fn good(name: &str) -> rollout_file::RolloutFile {
    let text = fs::read_to_string(folder("good").join(name)).expect("a readable file");
    rollout_file::parse(&text, name).expect("a good file")
}

#[test]
fn metrics_with_equal_settings_share_a_source() {
    let file = good("full.toml");
    let groups: Vec<Vec<String>> = file
        .metrics
        .iter()
        .map(|(_, queries)| queries.iter().map(|query| query.metric.to_string()).collect())
        .collect();
    assert_eq!(groups, [["errors", "latency"], ["conversion", "adoption"]]);
}

#[test]
fn a_segment_is_called_by_its_strategy_at_every_backend() {
    let file = good("full.toml");
    for platform in &file.platforms {
        let names: Vec<_> = platform.target.segments.iter().map(|(_, there)| there.as_str()).collect();
        assert_eq!(names, ["internal", "ent-eu", "beta", "free", "partners"], "{}", platform.target.platform);
    }
}

#[test]
fn defaults_are_filled_in() {
    let file = good("small.toml");
    let stages = file.rollout.segments[0].ladder.stages();
    assert_eq!(String::from(stages[0].bake), "10m");
    assert_eq!(stages[0].sample, 0);
    assert_eq!(String::from(file.rollout.pause_without_data), "2m");
}

#[test]
fn segments_begin_one_after_the_other_unless_the_file_says_otherwise() {
    let file = good("full.toml");
    let after: Vec<Vec<&str>> = file
        .rollout
        .segments
        .iter()
        .map(|segment| segment.after.iter().map(|name| name.as_str()).collect())
        .collect();
    assert_eq!(after, [vec![], vec!["internal"], vec!["internal"], vec!["enterprise", "beta"], vec![]]);
}

#[test]
fn the_risk_of_the_rollout_is_shared_by_weight_after_those_that_have_their_own() {
    let risks = |file: &rollout_file::RolloutFile| -> Vec<f64> {
        file.rollout.guardrails.iter().map(|guardrail| guardrail.risk).collect()
    };
    // 0.05 less the 0.01 of the first; the second has the weight 2, the others 1. A plain threshold has no part.
    let shared = risks(&good("full.toml"));
    for (risk, expected) in shared.iter().zip([0.01, 0.02, 0.01, 0.01]) {
        assert!((risk - expected).abs() < 1e-12, "{shared:?}");
    }
    assert!((shared.iter().take(4).sum::<f64>() - 0.05).abs() < 1e-12, "{shared:?}");
    assert_eq!(risks(&good("warnings.toml")), [0.3, Guardrail::RISK, Guardrail::RISK]);
}

#[test]
fn a_go_rules_out_the_margin_or_what_is_tolerated_or_ten_percent() {
    let margins = |name: &str| -> Vec<Margin> {
        good(name).rollout.guardrails.iter().map(|guardrail| guardrail.margin).collect()
    };
    assert_eq!(
        margins("full.toml"),
        [
            Margin::Relative(0.05),
            Margin::Relative(0.2),
            Margin::Points(0.01),
            Margin::Points(0.005),
            Margin::Relative(Guardrail::MARGIN),
        ]
    );
}

#[test]
fn a_guardrail_is_held_against_what_it_names() {
    let compare = |name: &str| good(name).rollout.guardrails.last().map(|guardrail| guardrail.compare);
    assert_eq!(compare("feed.toml"), Some(Compare::Control));
    assert_eq!(compare("compare-with-baseline.toml"), Some(Compare::Baseline));
    assert_eq!(compare("compare-with-a-threshold.toml"), Some(Compare::Above { rate: 0.02, least: 100 }));
    assert_eq!(compare("full.toml"), Some(Compare::Above { rate: 0.02, least: 500 }));
}

#[test]
fn reach_is_what_the_file_says_or_what_the_backend_is_known_for() {
    let reach = |name: &str| -> Vec<(String, KillScope)> {
        let platforms = good(name).rollout.platforms;
        platforms.iter().map(|platform| (String::from(platform.reach), platform.capabilities.kill)).collect()
    };
    assert_eq!(reach("full.toml"), [("15s".into(), KillScope::Segment), ("1h".into(), KillScope::Segment)]);
    assert_eq!(reach("feed.toml"), [("1s".into(), KillScope::Segment)]);
}

#[test]
fn a_role_is_asked_and_the_sample_ratio_is_left_out_only_where_the_file_says_so() {
    let full = good("full.toml").rollout;
    let stages = full.segments[1].ladder.stages();
    let roles: Vec<Option<&str>> =
        stages.iter().map(|stage| stage.approval.as_ref().map(|role| role.as_str())).collect();
    assert_eq!(roles, [None, None, Some("captain"), None]);
    assert!(!full.sample_ratio);
    assert!(good("small.toml").rollout.sample_ratio);
}

mod edits {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

        /// Any edit gives a rollout file or a message, never a panic, and never a control character.
        #[test]
        fn a_damaged_file_never_panics(
            edits in proptest::collection::vec((any::<proptest::sample::Index>(), any::<Option<u8>>(), 0usize..40), 1..8)
        ) {
            let full = fs::read(folder("good").join("full.toml")).expect("a readable file");
            let mut bytes = full;
            for (at, insert, delete) in edits {
                let at = at.index(bytes.len().max(1)).min(bytes.len());
                let end = (at + delete).min(bytes.len());
                bytes.splice(at..end, insert);
            }
            let text = String::from_utf8_lossy(&bytes);
            if let Err(error) = rollout_file::parse(&text, "full.toml") {
                let said = error.to_string();
                prop_assert!(said.starts_with("full.toml:"), "{}", said);
                prop_assert!(!said.chars().any(|c| c.is_control() && c != '\n'), "{:?}", said);
            }
        }
    }
}
