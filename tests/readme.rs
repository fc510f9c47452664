//! The README tells the truth: its table of keys, its files, its commands.

use std::path::Path;
use std::process::Command;

use gonogo::config::rollout_file;

const README: &str = include_str!("../README.md");

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn the_table_of_keys_is_the_output_of_gonogo_keys() {
    let mut keys = Command::new(env!("CARGO_BIN_EXE_gonogo"));
    // Whoever runs the tests may have keys of their own.
    let said = keys.args(["keys", "--built-in"]).output().expect("it runs");
    let table = String::from_utf8(said.stdout).expect("UTF-8");
    assert!(table.lines().count() > 10, "{table}");
    assert!(README.contains(&table), "put the output of `gonogo keys` into README.md:\n{table}");
}

#[test]
fn every_verb_that_it_names_exists_and_so_does_every_file() {
    let help = Command::new(env!("CARGO_BIN_EXE_gonogo")).arg("--help").output().expect("it runs");
    let help = String::from_utf8(help.stdout).expect("UTF-8");
    let verbs = README.lines().filter_map(|line| line.strip_prefix("gonogo ")?.split_whitespace().next());
    let verbs: Vec<_> = verbs.collect();
    assert!(verbs.len() >= 7, "{verbs:?}");
    for verb in verbs {
        assert!(help.lines().any(|line| line.trim_start().starts_with(&format!("{verb} "))), "{verb}");
    }
    let links = README.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    for link in links.filter(|link| !link.contains("://")) {
        assert!(root().join(link).exists(), "README.md links to {link}");
    }
}

#[test]
fn the_test_command_is_the_one_that_is_run() {
    let run = std::fs::read_to_string(root().join(".ci/run")).expect(".ci/run");
    assert!(README.contains("\ncargo test --locked\n") && run.contains("run cargo test --locked; }"));
}

#[test]
fn the_rollout_file_of_the_ten_lines_is_good_and_has_nothing_to_warn_about() {
    let file = rollout_file::load(&root().join("demo/rollouts/unleash-prometheus.toml"));
    let file = file.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(file.rollout.name.as_str(), "checkout-v2");
    assert_eq!(file.warnings, Vec::<String>::new());
}
