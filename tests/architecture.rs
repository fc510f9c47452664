//! Who may import whom, and what no file may do: read off the source itself.
//!
//! The rules are data, in `architecture/rules.rs`. A breach names file, line, rule and reason. Tests inside
//! `src/` are left out of the import rules: they may build a world around the room that they test.

#[path = "architecture/lexer.rs"]
mod lexer;
#[path = "architecture/rules.rs"]
mod rules;
#[path = "architecture/source.rs"]
mod source;

use std::fs;
use std::path::{Path, PathBuf};

use rules::{CALLS, KNOWS, MAX_LINES, MAX_MEDIAN, NEVER};
use source::Source;

type Failure = Box<dyn std::error::Error>;

fn house() -> Result<Vec<Source>, Failure> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut sources = Vec::new();
    let mut folders = vec![root.join("src")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let path: PathBuf = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path.strip_prefix(root)?.to_string_lossy().replace('\\', "/");
                sources.push(Source::new(&name, &fs::read_to_string(&path)?));
            }
        }
    }
    sources.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(sources)
}

/// Whether a file is compiled for tests only.
fn is_test(path: &str, sources: &[Source]) -> bool {
    let stem = path.strip_suffix(".rs").unwrap_or(path);
    let mut modules = sources.iter().flat_map(|source| &source.test_modules);
    modules.any(|module| {
        stem.strip_prefix(module.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    })
}

/// Everything that is wrong with one file outside of its tests.
fn breaches(source: &Source) -> Vec<String> {
    let room = source.room();
    let mut found = Vec::new();
    for path in source.paths() {
        let mut breach = |rule: &str, reason: &str| {
            found.push(format!("{}:{}: {} ({rule}: {reason})", source.path, path.line, path.full));
        };
        let other = path.full.strip_prefix("crate::").and_then(|rest| rest.split("::").next());
        for knows in KNOWS.iter().filter(|knows| knows.rooms.contains(&room)) {
            if other.is_some_and(|other| other != room && !knows.only.contains(&other)) {
                breach(&format!("{room} imports only {:?}", knows.only), knows.reason);
            }
        }
        for never in NEVER {
            let is_meant = never.rooms.is_empty() || never.rooms.contains(&room);
            let is_excepted = never.except.iter().any(|except| *except == room || *except == source.path);
            let is_touched = never.paths.iter().any(|beginning| {
                path.full
                    .strip_prefix(beginning)
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
            });
            if is_meant && !is_excepted && is_touched {
                breach(&format!("{room} never touches it"), never.reason);
            }
        }
    }
    for (call, reason) in CALLS {
        for window in source.tokens.windows(call.len()) {
            if window.iter().map(|token| token.text.as_str()).eq(call.iter().copied()) {
                let line = window.first().map_or(0, |token| token.line);
                found.push(format!("{}:{line}: `{}` ({reason})", source.path, call.concat()));
            }
        }
    }
    found
}

#[test]
fn nobody_imports_whom_they_must_not_know() -> Result<(), Failure> {
    let sources = house()?;
    let checked: Vec<&Source> = sources.iter().filter(|source| !is_test(&source.path, &sources)).collect();
    assert!(checked.len() > 100, "only {} files found", checked.len());
    let found: Vec<String> = checked.into_iter().flat_map(breaches).collect();
    assert!(found.is_empty(), "{} breaches:\n{}", found.len(), found.join("\n"));
    Ok(())
}

#[test]
#[expect(clippy::print_stdout, reason = "the numbers are worth a look when the test is run by hand")]
fn every_file_says_what_it_is_for_and_can_be_read_in_one_sitting() -> Result<(), Failure> {
    let sources = house()?;
    for source in &sources {
        assert!(source.opening.starts_with("//!"), "{} does not open with //!", source.path);
        assert!(source.lines <= MAX_LINES, "{} has {} lines, at most {MAX_LINES}", source.path, source.lines);
    }
    let mut lines: Vec<usize> = sources.iter().map(|source| source.lines).collect();
    lines.sort_unstable();
    let median = lines.get(lines.len() / 2).copied().unwrap_or_default();
    let longest = lines.last().copied().unwrap_or_default();
    println!("{} files, median {median} lines, longest {longest}", lines.len());
    assert!(median <= MAX_MEDIAN, "the median file has {median} lines, at most {MAX_MEDIAN}");
    Ok(())
}

#[test]
fn every_room_is_listed_and_every_rule_is_about_something() -> Result<(), Failure> {
    let sources = house()?;
    let library = sources.iter().find(|source| source.path == "src/lib.rs").ok_or("no lib.rs")?;
    for source in &sources {
        let room = source.room();
        let is_declared =
            library.tokens.windows(2).any(|pair| matches!(pair, [a, b] if a.text == "mod" && b.text == room));
        assert!(is_declared || matches!(room, "lib" | "main"), "{} is in no room of lib.rs", source.path);
    }
    let planned = ["planning", "report", "history"];
    let rooms = KNOWS.iter().flat_map(|rule| rule.rooms).chain(NEVER.iter().flat_map(|rule| rule.rooms));
    for room in rooms {
        let exists = sources.iter().any(|source| source.room() == *room);
        assert!(exists || planned.contains(room), "a rule is about {room}, which does not exist");
    }
    Ok(())
}

/// All of `text` that stands in single backticks.
fn quoted(text: &str) -> Vec<&str> {
    text.lines().flat_map(|line| line.split('`').skip(1).step_by(2)).collect()
}

/// The names of all test functions under a folder.
fn functions(folder: &Path, names: &mut Vec<String>) -> Result<(), Failure> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            functions(&path, names)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let tokens = lexer::tokens(&fs::read_to_string(&path)?);
            let named = tokens.windows(2).filter(|pair| matches!(pair, [word, _] if word.text == "fn"));
            names.extend(named.filter_map(|pair| pair.get(1)).map(|name| name.text.clone()));
        }
    }
    Ok(())
}

#[test]
fn the_page_on_the_architecture_names_every_room_and_only_what_exists() -> Result<(), Failure> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = fs::read_to_string(root.join("docs/architecture.md"))?;
    let guide = fs::read_to_string(root.join("docs/contributing.md"))?;
    let mut names = Vec::new();
    for folder in ["src", "tests"] {
        functions(&root.join(folder), &mut names)?;
    }
    for name in quoted(&page).into_iter().chain(quoted(&guide)) {
        let is_test = name.matches('_').count() > 2 && !name.contains([' ', '/', ':']);
        assert!(!is_test || names.iter().any(|known| known == name), "no test is called {name}");
        let is_path = ["src/", "tests/", "docs/", ".ci/"].iter().any(|folder| name.starts_with(folder));
        let is_there = root.join(name).exists() || name.contains([' ', '*']) || name.contains("yours");
        assert!(!is_path || is_there, "there is no {name}");
    }
    let rooms = house()?;
    let table = page.split("## Who may import").next().unwrap_or_default();
    for room in rooms.iter().map(Source::room).filter(|room| !matches!(*room, "lib" | "main")) {
        assert!(quoted(table).contains(&room), "docs/architecture.md does not say what {room} is for");
    }
    Ok(())
}

fn breaches_in(path: &str, text: &str) -> Vec<String> {
    breaches(&Source::new(path, text))
}

#[test]
fn a_breach_is_found_however_it_is_written() {
    for (path, text, what) in [
        ("src/engine/x.rs", "use tokio::sync::mpsc;", "tokio::sync::mpsc"),
        ("src/engine/x.rs", "use std::{fmt, fs::{self, File}};", "std::fs::File"),
        ("src/engine/x.rs", "fn f() { std::env::var(\"X\"); }", "std::env::var"),
        (
            "src/engine/x.rs",
            "use std::time;\nfn f() { time::Instant::now(); }",
            "src/engine/x.rs:2: std::time::Instant::now",
        ),
        (
            "src/engine/x.rs",
            "use crate::{domain::Text, runtime::clock::{Clock, X}};",
            "crate::runtime::clock::Clock",
        ),
        ("src/engine.rs", "use super::ui;", "crate::ui"),
        ("src/engine/a/b.rs", "fn f(x: super::super::super::term::Terminal) {}", "crate::term::Terminal"),
        ("src/engine/a.rs", "mod inner { use super::super::super::net::Http; }", "crate::net::Http"),
        (
            "src/domain/x.rs",
            "use crate::event as e;\nfn f() -> e::Body {}",
            "src/domain/x.rs:2: crate::event::Body",
        ),
        ("src/ui/x.rs", "fn f() { crossterm::style::x(); }", "the terminal has one owner"),
        ("src/feed/x.rs", "use crate::backends;", "feed imports only"),
        ("src/feed/x.rs", "use crate::{net::{a, tls::{self},}, domain}; use crate::engine;", "crate::engine"),
        ("src/feed/x.rs", "fn f() -> impl X + use<'_> { crate::engine::x() }", "crate::engine"),
        ("src/backends/x.rs", "macro_rules! m { () => { $crate::engine::x() } }", "crate::engine::x"),
        ("src/net/x.rs", "use chrono::Utc; fn f() { let t = Utc::now; }", "chrono::Utc::now"),
        ("src/runtime/x.rs", "use crate::cli;", "crate::cli"),
        ("src/net/x.rs", "fn f() { x.unwrap() }", ".unwrap("),
        ("src/net/x.rs", "fn f() { x\n.expect(\"y\") }", "src/net/x.rs:2: `.expect(`"),
        ("src/net/x.rs", "fn f() { x.map(Option::unwrap) }", "::unwrap"),
        ("src/net/x.rs", "fn f() { todo!() }", "unfinished"),
        ("src/net/x.rs", "#[cfg(test)]\nmod tests { use x; }\nfn f() { dbg!(1) }", "src/net/x.rs:3: `dbg!`"),
        (
            "src/net/x.rs",
            "fn f(c: char) -> bool { c == '\"' }\nfn g<'a>() { x.unwrap() } // \"",
            "src/net/x.rs:2",
        ),
        ("src/net/x.rs", "const S: &str = r#\"\"\"#; fn f() { todo!() }", "unfinished"),
    ] {
        let found = breaches_in(path, text);
        assert!(found.iter().any(|breach| breach.contains(what)), "{text}: {found:?}");
    }
}

#[test]
fn what_is_allowed_is_left_alone() {
    for (path, text) in [
        (
            "src/engine/x.rs",
            "//! tokio::spawn\n/// [`crate::ui`]\n/* std::fs::read() /* x */ */ use crate::domain::Text;",
        ),
        (
            "src/engine/x.rs",
            "const S: &str = \"std::fs::read\"; const R: &str = r##\"crate::ui::x \"# todo!()\"##;",
        ),
        ("src/engine/x.rs", "#[cfg(test)]\nmod tests { use tokio::x; fn f() { a.unwrap() } }"),
        ("src/engine/x.rs", "#[cfg(test)]\nuse crate::runtime::clock;\n#[cfg(test)]\nmod tests;"),
        (
            "src/engine/x.rs",
            "#[expect(clippy::x, reason = \"y\")]\nfn f() { a.unwrap_or_default(); m.expected(1) }",
        ),
        ("src/runtime/clock.rs", "fn f() { chrono::Utc::now(); std::time::Instant::now(); }"),
        ("src/net/x.rs", "use tokio::time::Instant;\nfn f() { Instant::now(); }"),
        ("src/term/x.rs", "use crossterm::style; use crate::keys::Chord;"),
        ("src/feed/x.rs", "use crate::{domain, net::{Backoff, tls::{self}}};\nuse super::codec;"),
        ("src/engine/x/y.rs", "use super::z; fn f() { self::a::b(); super::super::Model::new(); }"),
    ] {
        assert_eq!(breaches_in(path, text), [] as [String; 0], "{text}");
    }
}

#[test]
fn test_modules_are_found_by_their_declaration() {
    let sources = [Source::new("src/net/http.rs", "#[cfg(test)]\nmod tests;\nmod client;")];
    assert!(is_test("src/net/http/tests.rs", &sources) && is_test("src/net/http/tests/load.rs", &sources));
    assert!(!is_test("src/net/http/client.rs", &sources) && !is_test("src/net/http/tests2.rs", &sources));
}
