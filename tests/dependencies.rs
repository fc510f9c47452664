//! What must be in the lock file once, and what must not be in it at all.
//!
//! The list is the one of `deny.toml`, so that it holds where cargo-deny is not installed.

use std::fs;
use std::path::Path;

type Failure = Box<dyn std::error::Error>;

fn read(file: &str) -> Result<toml::Table, Failure> {
    Ok(fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file))?.parse()?)
}

/// The versions of a package in the lock file.
fn versions(lock: &toml::Table, name: &str) -> Result<Vec<String>, Failure> {
    let packages = lock.get("package").and_then(|list| list.as_array()).ok_or("no packages")?;
    let field =
        |package: &toml::Value, field: &str| package.get(field).and_then(|v| v.as_str()).map(str::to_owned);
    let named = packages.iter().filter(|package| field(package, "name").as_deref() == Some(name));
    Ok(named.filter_map(|package| field(package, "version")).collect())
}

#[test]
fn there_is_one_terminal_library_and_one_tls() -> Result<(), Failure> {
    let lock = read("Cargo.lock")?;
    let crossterm = versions(&lock, "crossterm")?;
    assert!(matches!(crossterm.as_slice(), [one] if one.starts_with("0.29.")), "crossterm {crossterm:?}");
    for once in ["ratatui", "rustls", "ring", "tokio", "reqwest"] {
        assert_eq!(versions(&lock, once)?.len(), 1, "{once} {:?}", versions(&lock, once)?);
    }
    Ok(())
}

#[test]
fn what_is_banned_is_not_locked() -> Result<(), Failure> {
    let (lock, deny) = (read("Cargo.lock")?, read("deny.toml")?);
    let bans = deny.get("bans").and_then(|bans| bans.get("deny")?.as_array()).ok_or("no bans")?;
    let banned: Vec<&str> = bans
        .iter()
        .filter(|ban| ban.get("deny-multiple-versions").is_none())
        .filter_map(|ban| ban.get("crate")?.as_str())
        .collect();
    for must_be_listed in ["openssl", "native-tls", "aws-lc-rs"] {
        assert!(banned.contains(&must_be_listed), "{must_be_listed} is not banned in deny.toml");
    }
    for name in banned {
        assert_eq!(versions(&lock, name)?, [] as [String; 0], "{name} is banned, see deny.toml");
    }
    Ok(())
}

/// A test that wants real servers is left out by `cargo test`: if the run with servers left it out, too, nobody would run it.
#[test]
fn every_test_that_wants_real_servers_is_run_with_them() -> Result<(), Failure> {
    let manifest = read("Cargo.toml")?;
    let run = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(".ci/run"))?;
    let list = run.lines().find_map(|line| line.strip_prefix("readonly REAL=(")).ok_or("no list")?;
    let run: Vec<&str> = list.trim_end_matches(')').split_whitespace().collect();
    let tests = manifest.get("test").and_then(|tests| tests.as_array()).ok_or("no tests")?;
    let wants = |test: &&toml::Value| {
        let features = test.get("required-features").and_then(|features| features.as_array());
        features.is_some_and(|features| features.iter().any(|f| f.as_str() == Some("real-servers")))
    };
    let wanted: Vec<&str> =
        tests.iter().filter(wants).filter_map(|test| test.get("name")?.as_str()).collect();
    assert!(!wanted.is_empty());
    for name in wanted {
        assert!(run.contains(&name), "{name} wants real servers, and .ci/run does not run it");
    }
    Ok(())
}
