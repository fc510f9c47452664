//! `docs/feed.md` cannot rot: every example is read with the codec, and every kind has one.

use std::collections::BTreeSet;

use crate::feed::codec::{read_client, read_server};

const PAGE: &str = include_str!("../../../docs/feed.md");

#[test]
fn every_example_of_the_page_is_a_message_without_unknown_fields() {
    let mut kinds = BTreeSet::new();
    for block in PAGE.split("```json\n").skip(1) {
        let example = block.split("```").next().unwrap_or_default();
        let server = read_server(example).map(|read| read.unknown_fields);
        let client = read_client(example).map(|read| read.unknown_fields);
        let (side, unknown) = match (server, client) {
            (Ok(unknown), Err(_)) => ("server", unknown),
            (Err(_), Ok(unknown)) => ("client", unknown),
            other => panic!("read as {other:?}:\n{example}"),
        };
        assert_eq!(unknown, 0, "{example}");
        let value: serde_json::Value = serde_json::from_str(example).expect(example);
        kinds.insert(format!("{side} {}", value["kind"].as_str().unwrap_or_default()));
    }
    let expected = [
        "client hello",
        "client resync",
        "client set",
        "server ack",
        "server bye",
        "server counters",
        "server error",
        "server feedback",
        "server flag",
        "server hello",
        "server histogram",
        "server refused",
        "server snapshot",
        "server snapshot-end",
    ];
    assert_eq!(kinds.into_iter().collect::<Vec<_>>(), expected);
}

#[test]
fn the_limits_of_the_page_are_those_of_the_code() {
    for limit in [
        format!("({} bytes)", "1,048,576"),
        format!("1 to {} visible ASCII", crate::feed::stream::MAX_ID),
        format!("1 to {} characters of letters", crate::domain::name::MAX_NAME),
        format!("cut at {} characters", crate::domain::text::MAX_TEXT),
        "at most 512".to_owned(),
    ] {
        assert!(PAGE.contains(&limit), "{limit}");
    }
    assert_eq!(crate::feed::MAX_FRAME, 1_048_576);
    assert_eq!(crate::feed::message::MAX_BOUNDS, 512);
}
