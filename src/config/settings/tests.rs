//! Settings of test-only adapters, read from whole files.

use serde::Deserialize;
use toml::de::DeTable;

use super::*;
use crate::config::mask::secret_places;
use crate::config::source_text::SourceText;
use crate::domain::Span;
use crate::net::SecretSource as Secret;

#[derive(Debug, PartialEq, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
enum Settings {
    Feed(Feed),
    Poll(Poll),
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Feed {
    url: String,
    token: Option<Secret>,
    header: Option<Header>,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    value: Secret,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Poll {
    url: url::Url,
    interval: Option<Span>,
    #[serde(default)]
    retries: u8,
}

fn read_text(text: &str) -> Result<Settings, String> {
    let table = DeTable::parse(text).unwrap();
    let mut problems = Problems::default();
    let value = table.get_ref().get("source").unwrap();
    read(value, "source", &mut problems).ok_or_else(|| {
        assert_eq!(problems.count(), 1);
        problems.report(&SourceText::new("f.toml", text, secret_places(table.get_ref(), text)))
    })
}

fn fault(text: &str) -> String {
    read_text(text).unwrap_err()
}

#[test]
fn settings_are_told_apart_by_kind() {
    let feed = read_text("source = { kind = 'feed', url = 'ws://h', token = { env = 'T' } }").unwrap();
    assert_eq!(
        feed,
        Settings::Feed(Feed { url: "ws://h".into(), token: Some(Secret::Env("T".into())), header: None })
    );
    let poll = read_text("[source]\nkind = 'poll'\nurl = 'http://h'\ninterval = '2s'\nretries = 3").unwrap();
    assert!(matches!(poll, Settings::Poll(Poll { retries: 3, .. })));
}

#[test]
fn an_unknown_field_keeps_its_place() {
    assert_eq!(
        fault("x = 1\nsource = { kind = 'feed', urll = 'ws://h' }"),
        "f.toml:2:27: unknown field `urll`, expected one of `url`, `token` or `header`\n  \
         2 | source = { kind = 'feed', urll = ******** }\n    \
             |                           ^^^^\n  \
         hint: did you mean `url`?"
    );
}

#[test]
fn a_value_of_the_wrong_type_keeps_its_place_in_any_depth() {
    let shown = fault("source = { kind = 'poll', url = 'http://h', retries = 'x' }");
    assert!(shown.starts_with("f.toml:1:55: `retries`: expected u8, found a string"), "{shown}");
    let shown = fault("[source]\nkind = 'feed'\nurl = 'ws://h'\ntoken = { env = 3 }");
    assert!(shown.starts_with("f.toml:4:17: `env`: expected a string, found a whole number"), "{shown}");
    let shown = fault("[source]\nkind = 'poll'\nurl = 'http://h'\ninterval = '5'");
    assert!(shown.starts_with("f.toml:4:12: `interval`: \"5\" is not a duration"), "{shown}");
    let shown = fault("[source]\nkind = 'poll'\nurl = 'h'");
    assert!(shown.starts_with("f.toml:3:7: `url`: "), "{shown}");
}

#[test]
fn an_unknown_or_missing_kind_lists_the_kinds() {
    let shown = fault("source = { kind = 'fed', url = 'x' }");
    assert!(
        shown.starts_with("f.toml:1:19: unknown kind of `source` `fed`, expected `feed` or `poll`"),
        "{shown}"
    );
    assert!(shown.ends_with("hint: did you mean `feed`?"), "{shown}");
    let shown = fault("source = { url = 'x' }");
    assert!(
        shown.starts_with("f.toml:1:10: missing field `kind` in `source`, expected `feed` or `poll`"),
        "{shown}"
    );
    let shown = fault("source = 'feed'");
    assert!(shown.starts_with("f.toml:1:10: `source` is a table, found a string"), "{shown}");
    let shown = fault("source = { kind = 3 }");
    assert!(shown.starts_with("f.toml:1:19: "), "{shown}");
}

#[test]
fn a_missing_field_names_the_table_it_is_missing_in() {
    let shown = fault("source = { kind = 'feed' }");
    assert!(shown.starts_with("f.toml:1:10: missing field `url` in `source`"), "{shown}");
}

#[test]
fn a_secret_in_the_file_is_refused_and_never_shown() {
    for text in [
        "source = { kind = 'feed', url = 'ws://h', token = 'hunter2' }",
        "source = { kind = 'feed', url = 'ws://h', tokn = 'hunter2' }",
        "source = { kind = 'feed', url = 3, token = 'hunter2' }",
        "source = { kind = 'feed', url = 3, anything = 'hunter2' }",
        "source = { kind = 'feed', url = 'ws://h', token = { value = 'hunter2' } }",
        "source = { kind = 'feed', url = 'ws://h', token = ['hunter2'] }",
        "source = { kind = 'feed', url = 'ws://me:hunter2@h', x = 1 }",
        "source = { kind = 'poll', url = 'hunter2@h' }",
        "source = { kind = 'poll', url = '//me:hunter2@h/\"' }",
        "[source]\nkind = 'feed'\nurl = 'ws://h'\ntoken = '''\nhunter2'''",
        "source = { url = 'x', token = 'hunter2' }",
        "source = { kind = 'feed', url = 'ws://h', header = { value = 'hunter2' } }",
    ] {
        let shown = fault(text);
        assert!(!shown.contains("hunter2"), "{shown}");
    }
    let shown = fault("source = { kind = 'feed', url = 'ws://h', token = 'hunter2' }");
    assert!(
        shown.contains("hint: write token = { env = \"NAME\" } or token = { file = \"path\" }"),
        "{shown}"
    );
}

#[test]
fn a_description_shows_the_address_without_user_and_query() {
    let text = "source = { kind = 'feed', url = 'ws://me:pw@h:1/x?t=1' }";
    let table = DeTable::parse(text).unwrap();
    assert_eq!(describe(table.get_ref().get("source").unwrap()), "feed at ws://h:1/x");
}

#[test]
fn a_missing_field_is_looked_for_in_the_right_table() {
    #[derive(PartialEq, Deserialize)]
    #[serde(tag = "kind", rename_all = "kebab-case")]
    enum Nested {
        Outer(Outer),
    }
    #[derive(PartialEq, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Outer {
        login: Login,
        place: String,
    }
    #[derive(PartialEq, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Login {
        user: String,
    }
    let whole = Nested::Outer(Outer { login: Login { user: "u".into() }, place: "p".into() });
    let text = "s = { kind = 'outer', place = 'p', login = { user = 'u' } }";
    let table = DeTable::parse(text).unwrap();
    assert!(read(table.get_ref().get("s").unwrap(), "s", &mut Problems::default()) == Some(whole));
    let said = |text: &str| {
        let table = DeTable::parse(text).unwrap();
        let mut problems = Problems::default();
        let found: Option<Nested> = read(table.get_ref().get("s").unwrap(), "s", &mut problems);
        assert!(found.is_none());
        problems.report(&SourceText::new("f.toml", text, vec![]))
    };
    let inner = said("s = { kind = 'outer', place = 'x', login = {} }");
    assert!(inner.starts_with("f.toml:1:44: missing field `user` in `login`"), "{inner}");
    let outer = said("s = { kind = 'outer', login = { user = 'x' } }");
    assert!(outer.starts_with("f.toml:1:5: missing field `place` in `s`"), "{outer}");
}
