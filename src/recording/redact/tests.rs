//! Redaction: what is gone, what is kept, what is the same.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::domain::{SegmentName, Source, Span, Timestamp};

fn redactor() -> Redactor {
    Redactor::with_key(*b"0123456789abcdef")
}

fn feedback(id: &str, text: &str) -> Event {
    let (id, text) = (Text::new(id), Text::new(text));
    let segment = SegmentName::new("free").unwrap();
    let body = Body::Feedback(Feedback { id, segment, arm: None, score: Some(2), text });
    Event { at: Timestamp(5), source_at: Some(Timestamp(4)), body }
}

fn said(event: &Event) -> String {
    serde_json::to_string(&redactor().event(event).unwrap()).unwrap()
}

#[test]
fn words_and_ids_are_replaced_and_the_rest_stays() {
    let Some(Event { at, source_at, body: Body::Feedback(redacted) }) =
        redactor().event(&feedback("cust-4711", "the pay button jumps"))
    else {
        panic!("feedback stays feedback");
    };
    assert_eq!((at, source_at, redacted.score), (Timestamp(5), Some(Timestamp(4)), Some(2)));
    assert_eq!(redacted.segment.as_str(), "free");
    assert!(redacted.id.as_str().starts_with('#') && redacted.id.as_str().len() == 19, "{}", redacted.id);
    assert!(redacted.text.as_str().ends_with(" ~20"), "{}", redacted.text);
}

#[test]
fn a_comment_keeps_its_class_of_length_and_an_empty_one_stays_empty() {
    let class = |length: usize| {
        let text = redactor().text(&Text::new(&"x".repeat(length)));
        text.as_str().split('~').nth(1).map(str::to_owned)
    };
    assert_eq!(class(0), None);
    let classes = [1, 20, 21, 80, 81, 200, 201, 500, 600].map(|length| class(length).unwrap());
    assert_eq!(classes, ["20", "20", "80", "80", "200", "200", "501", "501", "501"]);
}

#[test]
fn what_a_feedback_source_quotes_is_replaced_and_what_others_say_is_not() {
    let problem = |kind| Body::Problem { source: Source::new(kind, "x"), problem: Text::new("bad: Mallory") };
    let failed = |kind| Body::Link {
        source: Source::new(kind, "x"),
        state: LinkState::Failed { cause: Text::new("no Mallory") },
    };
    let retrying = Body::Link {
        source: Source::new(SourceKind::Feedback, "x"),
        state: LinkState::Retrying { cause: Text::new("Mallory hung up"), wait: Span::default() },
    };
    let event = |body| Event { at: Timestamp(1), source_at: None, body };
    for body in [problem(SourceKind::Feedback), failed(SourceKind::Feedback), retrying] {
        assert!(!said(&event(body)).contains("Mallory"));
    }
    for body in [problem(SourceKind::Metrics), failed(SourceKind::Flags), Body::Tick, Body::Leaving] {
        assert_eq!(redactor().event(&event(body)), None);
    }
}

#[test]
fn two_files_cannot_be_compared_and_nobody_sees_the_key() {
    let text = Text::new("the pay button jumps");
    assert_ne!(Redactor::new().text(&text), Redactor::new().text(&text));
    assert_eq!(format!("{:?}", redactor()), "Redactor");
}

proptest! {
    /// Words of small letters: nothing else in the line is made of those but the names of fields, left out here.
    #[test]
    fn no_word_of_a_comment_is_left(words in prop::collection::vec("[a-zäöü]{4,12}", 1..12), id in "[a-z]{4,20}") {
        let line = said(&feedback(&id, &words.join(" ")));
        let fields = said(&feedback("", ""));
        for word in words.iter().chain([&id]).filter(|word| !fields.contains(*word)) {
            prop_assert!(!line.contains(word), "{word} in {line}");
        }
    }

    #[test]
    fn the_same_stays_the_same_and_different_stays_different(
        texts in prop::collection::vec(("[a-c]{0,2}", "\\PC{0,40}"), 1..40),
    ) {
        let key = redactor();
        let pairs: Vec<_> = texts.iter().map(|(id, text)| (Text::new(id), Text::new(text))).collect();
        let distinct = |each: &mut dyn Iterator<Item = Text>| each.collect::<BTreeSet<_>>().len();
        let ids = distinct(&mut pairs.iter().map(|(id, _)| id.clone()));
        let words = distinct(&mut pairs.iter().map(|(_, text)| text.clone()));
        prop_assert_eq!(distinct(&mut pairs.iter().map(|(id, _)| key.id(id))), ids);
        prop_assert_eq!(distinct(&mut pairs.iter().map(|(_, text)| key.text(text))), words);
        // An id and a text of the same letters have nothing to do with each other.
        prop_assert!(pairs.iter().all(|(id, _)| id.as_str().is_empty() || !key.text(id).as_str().starts_with(key.id(id).as_str())));
    }
}
