//! The page on the rollout file tells the truth: its examples are good files, and its tables list exactly the fields
//! that are accepted. What is accepted is asked of the parser itself: each part gets a field that cannot be, and the
//! message lists those that can.

use std::collections::BTreeSet;

use gonogo::config::{ConfigError, rollout_file};

const PAGE: &str = include_str!("../../docs/rollout-file.md");

/// A file with a wrong field in every part; the comment is a part of that part's heading on the page.
const EVERY_PART: &str = r#"zzz = 1 # The top of the file
name = "a"
[[platforms]]
zzz = 1 # `[[platforms]]`
name = "web"
flag = "a"
backend = { kind = "unleash", url = "http://h", token = { env = "T" }, zzz = 1 } # `kind = "unleash"`
[[platforms]]
name = "ios"
flag = "a"
backend = { kind = "feed", url = "ws://h", zzz = 1 } # `kind = "feed"`
[[platforms]]
name = "phones"
flag = "a"
backend = { kind = "launchdarkly", zzz = 1 } # `kind = "launchdarkly"`
[[platforms]]
name = "tv"
flag = "a"
backend = { kind = "flagd", url = "http://h:8015", zzz = 1 } # `kind = "flagd"`
[[platforms]]
name = "edge"
flag = "a"
backend = { kind = "feed", url = "ws://h" }
probe = { kind = "ofrep", url = "http://h", zzz = 1 } # `kind = "ofrep"`
[[platforms]]
name = "clients"
flag = "a"
backend = { kind = "feed", url = "ws://h" }
probe = { kind = "unleash", url = "http://h", token = { env = "T" }, zzz = 1 } # A probe of `kind = "unleash"`
[[segments]]
zzz = 1 # `[[segments]]`
name = "free"
match = { strategy = "b", zzz = 1 } # `match`
[plan]
zzz = 1 # `[plan]`
stages = [{ exposure = 10, zzz = 1 }] # `stages`
[[metrics]]
zzz = 1 # `[[metrics]]`
name = "errors"
source = { kind = "prometheus", url = "http://h", zzz = 1 } # `kind = "prometheus"`
[[metrics]]
name = "others"
source = { kind = "prometheus", url = "http://h", auth = { header = "H", value = { env = "T" }, zzz = 1 } } # `auth`
[[guardrails]]
zzz = 1 # `[[guardrails]]`
station = "errors"
metric = "errors"
compare = { above = 0.02, zzz = 1 } # `compare`
margin = { points = 1, zzz = 1 } # `margin`
[[feedback]]
zzz = 1 # `[[feedback]]`
name = "stars"
source = { kind = "feed", url = "ws://h" }
"#;

/// All texts in backticks.
fn quoted(text: &str) -> BTreeSet<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

/// The first column of the first table under a heading that contains `part`.
fn listed(part: &str) -> BTreeSet<&'static str> {
    let mut lines = PAGE.lines().skip_while(|line| !(line.starts_with('#') && line.contains(part)));
    assert!(lines.next().is_some(), "the page has no heading with {part}");
    let under = lines.take_while(|line| !line.starts_with('#'));
    let rows = under.filter_map(|line| line.strip_prefix("| `")?.split('`').next());
    rows.collect()
}

#[test]
fn every_example_on_the_page_is_a_good_file_and_the_complete_one_has_nothing_to_warn_about() {
    let examples: Vec<&str> =
        PAGE.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert_eq!(examples.len(), 2);
    let files: Vec<_> = examples
        .iter()
        .map(|text| {
            rollout_file::parse(text, "docs/rollout-file.md").unwrap_or_else(|error| panic!("{error}"))
        })
        .collect();
    assert_eq!(files[1].warnings, Vec::<String>::new());
}

#[test]
fn the_tables_on_the_page_list_exactly_the_fields_that_are_accepted() {
    let Err(ConfigError::Invalid { report, faults }) = rollout_file::parse(EVERY_PART, "f") else {
        panic!("it is accepted");
    };
    let parts: Vec<&str> = EVERY_PART.lines().filter_map(|line| line.split("# ").nth(1)).collect();
    assert_eq!(faults, parts.len(), "{report}");
    let mut held = BTreeSet::new();
    for message in report.lines().filter(|line| line.starts_with("f:")) {
        let line: usize = message.split(':').nth(1).and_then(|line| line.parse().ok()).expect("a line");
        let part = EVERY_PART.lines().nth(line - 1).and_then(|line| line.split("# ").nth(1)).expect("a part");
        let (_, fields) = message.split_once("unknown field `zzz`, expected one of ").expect(message);
        assert_eq!(listed(part), quoted(fields), "the table under {part}");
        held.insert(part);
    }
    assert_eq!(held.len(), parts.len(), "{report}");
}

#[test]
fn a_secret_is_in_one_of_the_two_places_that_the_page_names() {
    let with = |place: &str| {
        let platform = "[[platforms]]\nname = \"web\"\nflag = \"a\"";
        let backend =
            format!("backend = {{ kind = \"feed\", url = \"ws://h\", token = {{ {place} = \"T\" }} }}");
        let rest = "[[segments]]\nname = \"free\"\nstages = [{ exposure = 100 }]";
        rollout_file::parse(&format!("name = \"a\"\n{platform}\n{backend}\n{rest}\n"), "f")
    };
    let places = listed("Secrets");
    assert_eq!(places.len(), 2);
    let refused = with("zzz").expect_err("no such place").to_string();
    for place in places {
        assert!(with(place).is_ok(), "{place}");
        assert!(refused.contains(&format!("{{ {place} = ")), "{place}: {refused}");
    }
}
