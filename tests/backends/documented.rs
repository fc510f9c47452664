//! The table of capabilities, written from the code: `GONOGO_UPDATE_DOCS=1 cargo test --test backends`.

use std::path::PathBuf;

use gonogo::backends;
use gonogo::domain::{Capabilities, Span};

const BEGIN: &str = "<!-- capabilities: made by tests/backends -->";
const END: &str = "<!-- end of capabilities -->";

/// Every backend: its `kind` in a rollout file, and what its code says.
const BACKENDS: &[(&str, Capabilities, Span)] = &[
    ("feed", backends::feed::CAPABILITIES, backends::feed::REACH),
    ("flagd", backends::flagd::CAPABILITIES, backends::flagd::REACH),
    ("goff", backends::goff::CAPABILITIES, backends::goff::REACH),
    ("launchdarkly", backends::launchdarkly::CAPABILITIES, backends::launchdarkly::REACH),
    ("unleash", backends::unleash::CAPABILITIES, backends::unleash::REACH),
];

fn read(path: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn table() -> String {
    let heads: Vec<_> = BACKENDS.iter().map(|(kind, ..)| format!("`{kind}`")).collect();
    let mut text = format!("| | {} |\n|---|{}\n", heads.join(" | "), "---|".repeat(heads.len()));
    let columns: Vec<_> = BACKENDS.iter().map(|(_, capabilities, _)| capabilities.lines()).collect();
    for (row, (name, _)) in Capabilities::default().lines().iter().enumerate() {
        let cells: Vec<_> = columns.iter().map(|lines| lines.get(row).expect("as many lines").1).collect();
        text.push_str(&format!("| {name} | {} |\n", cells.join(" | ")));
    }
    let reach: Vec<_> = BACKENDS.iter().map(|(.., reach)| reach.to_string()).collect();
    text.push_str(&format!("| served by all, at worst | {} |\n", reach.join(" | ")));
    text
}

#[test]
fn the_table_of_capabilities_is_what_the_code_says() {
    let text = read("docs/backends.md");
    let (before, rest) = text.split_once(BEGIN).expect("where the table begins");
    let (_, after) = rest.split_once(END).expect("where the table ends");
    let made = format!("{before}{BEGIN}\n\n{}\n{END}{after}", table());
    if std::env::var_os("GONOGO_UPDATE_DOCS").is_some() {
        std::fs::write(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs/backends.md"), made)
            .expect("written");
    } else {
        assert_eq!(text, made, "GONOGO_UPDATE_DOCS=1 cargo test --test backends writes it");
    }
}

/// The names of the variants of `BackendSettings`, as a rollout file has them.
fn kinds() -> Vec<String> {
    let code = read("src/backends.rs");
    let (_, rest) = code.split_once("pub enum BackendSettings {").expect("the list of adapters");
    let (list, _) = rest.split_once("\n}").expect("its end");
    let variants = list.lines().map(str::trim).filter(|line| line.starts_with(char::is_uppercase));
    variants.map(|line| line.split('(').next().unwrap_or_default().to_lowercase()).collect()
}

#[test]
fn no_backend_is_missing_in_the_tables() {
    let documented: Vec<_> = BACKENDS.iter().map(|(kind, ..)| kind.replace('-', "")).collect();
    let text = read("docs/backends.md");
    let columns = read("tests/conformance/table.rs").to_lowercase().replace('-', "");
    for kind in kinds() {
        assert!(documented.contains(&kind), "{kind} is not in the table of capabilities");
        assert!(columns.contains(&format!("\"{kind}")), "{kind} has no column in the table of cases");
    }
    // What the conformance suite has written, one column after the other.
    let heads = text.lines().find(|line| line.starts_with("| case |")).expect("the table of cases");
    let worlds =
        ["Unleash", "feed", "goff: file", "goff: postgres", "goff: redis", "flagd", "LaunchDarkly (a fake)"];
    assert_eq!(heads, format!("| case | {} |", worlds.join(" | ")));
}

#[test]
fn the_template_is_short_enough_to_be_read_at_once() {
    let lines = read("docs/backend-template.rs").lines().count();
    assert!(lines <= 150, "{lines} lines");
}
