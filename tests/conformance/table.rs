//! The table of backends and cases in `docs/backends.md`, held against what just ran.
//!
//! Each backend has a column, and is run by a test of its own; so each test holds its own column. With
//! `GONOGO_UPDATE_DOCS=1` it writes it instead.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use crate::cases::{CASES, Case};

const BEGIN: &str = "<!-- conformance: made by tests/conformance -->";
const END: &str = "<!-- end of conformance -->";
const HOLDS: &str = "✔";

/// All columns, in the table's order.
pub const COLUMNS: [&str; 7] =
    ["Unleash", "feed", "goff: file", "goff: postgres", "goff: redis", "flagd", "LaunchDarkly (a fake)"];

/// Tests of one process write one after the other.
static TURN: Mutex<()> = Mutex::new(());

/// Rows by title, each with its cells by column.
type Table = BTreeMap<String, BTreeMap<String, String>>;

/// Holds or writes one column. A case is `None` where it held, or the reason why it makes no sense there.
pub fn hold(column: &str, cases: &[(Case, Option<&'static str>)]) {
    assert!(COLUMNS.contains(&column), "{column} is not in the list of columns");
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs/backends.md");
    let text = std::fs::read_to_string(&path).expect("docs/backends.md");
    let (before, rest) = text.split_once(BEGIN).expect("where the table begins");
    let (written, after) = rest.split_once(END).expect("where the table ends");
    let mut table = parse(written);
    for (case, reason) in cases {
        let cell = reason.map_or(HOLDS.to_owned(), |reason| format!("– {reason}"));
        table.entry(case.title()).or_default().insert(column.to_owned(), cell);
    }
    let made = format!("{before}{BEGIN}\n\n{}\n{END}{after}", render(&table));
    if std::env::var_os("GONOGO_UPDATE_DOCS").is_some() {
        std::fs::write(&path, made).expect("written");
    } else {
        assert_eq!(text, made, "docs/backends.md says something else; GONOGO_UPDATE_DOCS=1 writes what ran");
    }
}

fn cells(line: &str) -> Vec<String> {
    line.trim().trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect()
}

fn parse(text: &str) -> Table {
    let mut lines = text.lines().filter(|line| line.starts_with('|'));
    let heads = lines.next().map(cells).unwrap_or_default();
    lines
        .skip(1)
        .map(|line| {
            let mut cells = cells(line).into_iter();
            let title = cells.next().unwrap_or_default();
            let row = heads.iter().skip(1).cloned().zip(cells).filter(|(_, cell)| !cell.is_empty());
            (title, row.collect())
        })
        .collect()
}

fn render(table: &Table) -> String {
    let columns: Vec<_> =
        COLUMNS.iter().filter(|name| table.values().any(|row| row.contains_key(**name))).collect();
    let mut text = format!(
        "| case | {} |\n|---|",
        columns.iter().map(|c| (**c).to_owned()).collect::<Vec<_>>().join(" | ")
    );
    text.push_str(&"---|".repeat(columns.len()));
    text.push('\n');
    for case in CASES {
        let row = table.get(&case.title());
        let cells =
            columns.iter().map(|name| row.and_then(|row| row.get(**name)).cloned().unwrap_or_default());
        text.push_str(&format!("| {} | {} |\n", case.title(), cells.collect::<Vec<_>>().join(" | ")));
    }
    text
}
