//! Frames to messages and back.
//!
//! In: the text of one frame. Out: a [`Read`] message with the count of unknown fields, or a
//! [`Malformed`] that says what kind of wrong it was, so that a problem can be reported once per
//! kind and counted after that.
//!
//! One pass: `kind` is taken from the front of the frame when it stands there (every writer of ours
//! puts it first), then the rest is read straight into the message's type. Nothing here ever
//! panics, whatever the frame holds.

mod tolerant;

use std::borrow::Cow;
use std::cell::Cell;

use serde::{Deserialize, Serialize};

use self::tolerant::Tolerant;
use super::message::{FromClient, FromServer};
use super::{MAX_FRAME, message};
use crate::domain::Text;

/// A message that was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Read<M> {
    /// The message.
    pub message: M,
    /// How many top-level fields were skipped because nobody here knows them.
    pub unknown_fields: u32,
}

/// Why a frame is no message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// The frame is no JSON object, or has no `kind`.
    #[error("a frame that is not a JSON object with a kind: {0}")]
    NotJson(Text),
    /// A `kind` that we do not know; a newer peer may send it.
    #[error("an unknown message kind: {0}")]
    UnknownKind(Text),
    /// A known kind with a missing field, a wrong type or a number out of its range.
    #[error("a bad {kind:?} message: {cause}")]
    BadField {
        /// The kind.
        kind: &'static str,
        /// What the reader says.
        cause: Text,
    },
    /// A frame of more than [`MAX_FRAME`] bytes.
    #[error("a frame of {0} bytes; the limit is {MAX_FRAME}")]
    TooLarge(usize),
    /// A binary frame; the protocol is text.
    #[error("a binary frame; the protocol is JSON text")]
    Binary,
}

/// Reads a frame from a server.
///
/// # Errors
/// [`Malformed`] when the frame is no message that a server sends.
pub fn read_server(frame: &str) -> Result<Read<FromServer>, Malformed> {
    match &*kind_of(frame)? {
        "hello" => read("hello", frame, FromServer::Hello, unchecked),
        "flag" => read("flag", frame, FromServer::Flag, unchecked),
        "counters" => read("counters", frame, FromServer::Counters, message::Counters::check),
        "histogram" => read("histogram", frame, FromServer::Histogram, message::Distribution::check),
        "feedback" => read("feedback", frame, FromServer::Feedback, message::Comment::check),
        "snapshot" => read("snapshot", frame, FromServer::Snapshot, unchecked),
        "snapshot-end" => read("snapshot-end", frame, FromServer::SnapshotEnd, unchecked),
        "ack" => read("ack", frame, FromServer::Ack, unchecked),
        "refused" => read("refused", frame, FromServer::Refused, unchecked),
        "error" => read("error", frame, FromServer::Error, unchecked),
        "bye" => read("bye", frame, FromServer::Bye, unchecked),
        other => Err(Malformed::UnknownKind(Text::new(other))),
    }
}

/// Reads a frame from a client.
///
/// # Errors
/// [`Malformed`] when the frame is no message that a client sends.
pub fn read_client(frame: &str) -> Result<Read<FromClient>, Malformed> {
    match &*kind_of(frame)? {
        "hello" => read("hello", frame, FromClient::Hello, unchecked),
        "set" => read("set", frame, FromClient::Set, unchecked),
        "resync" => read("resync", frame, FromClient::Resync, unchecked),
        other => Err(Malformed::UnknownKind(Text::new(other))),
    }
}

/// The protocol version in a `hello`, also in one whose other fields we cannot read; `None` for any other frame.
#[must_use]
pub fn version_of(frame: &str) -> Option<u32> {
    #[derive(Deserialize)]
    struct Version {
        protocol: u32,
    }
    let hello = frame.len() <= MAX_FRAME && kind_of(frame).is_ok_and(|kind| kind == "hello");
    if hello { serde_json::from_str::<Version>(frame).ok().map(|version| version.protocol) } else { None }
}

/// Writes a message as the text of one frame, `kind` first.
///
/// The result is empty only if serialisation fails, which no message of ours can do: all map keys are texts.
#[must_use]
pub fn write(message: &impl Serialize) -> String {
    serde_json::to_string(message).unwrap_or_default()
}

fn unchecked<B>(_: &B) -> Result<(), String> {
    Ok(())
}

fn read<'f, B: Deserialize<'f>, M>(
    kind: &'static str,
    frame: &'f str,
    wrap: fn(B) -> M,
    check: fn(&B) -> Result<(), String>,
) -> Result<Read<M>, Malformed> {
    let bad = |cause: &str| Malformed::BadField { kind, cause: Text::new(cause) };
    let unknown = Cell::new(0);
    let mut reader = serde_json::Deserializer::from_str(frame);
    let body = B::deserialize(Tolerant { inner: &mut reader, unknown: &unknown })
        .map_err(|error| bad(&error.to_string()))?;
    reader.end().map_err(|error| bad(&error.to_string()))?;
    check(&body).map_err(|cause| bad(&cause))?;
    Ok(Read { message: wrap(body), unknown_fields: unknown.get() })
}

/// The `kind` of a frame: taken from its front, or searched for when it stands elsewhere.
fn kind_of(frame: &str) -> Result<Cow<'_, str>, Malformed> {
    if frame.len() > MAX_FRAME {
        return Err(Malformed::TooLarge(frame.len()));
    }
    if let Some((kind, _)) = frame.strip_prefix(r#"{"kind":""#).and_then(|rest| rest.split_once('"'))
        && !kind.contains('\\')
    {
        return Ok(Cow::Borrowed(kind));
    }
    #[derive(Deserialize)]
    struct Envelope<'f> {
        #[serde(borrow)]
        kind: Cow<'f, str>,
    }
    serde_json::from_str::<Envelope<'_>>(frame)
        .map(|envelope| envelope.kind)
        .map_err(|error| Malformed::NotJson(Text::new(&error.to_string())))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn server(frame: &str) -> FromServer {
        read_server(frame).map(|read| read.message).expect(frame)
    }

    fn cause(frame: &str) -> String {
        read_server(frame).expect_err(frame).to_string()
    }

    const COUNTERS: &str = r#"{"kind":"counters","seq":1,"at_ms":2,"metric":"errors","segment":"eu",
        "treatment":{"units":10,"bad":1},"control":null}"#;

    #[test]
    fn what_is_written_is_read_back_with_kind_first() {
        for frame in [
            COUNTERS,
            r#"{"kind":"flag","seq":1,"flag":"f","version":2,"on":true,"shares":{"eu":2.5},"by":null,"changed_at_ms":null}"#,
            r#"{"kind":"snapshot-end","seq":{"flag/f":1,"samples":0}}"#,
        ] {
            let message = server(frame);
            let written = write(&message);
            assert!(written.starts_with(r#"{"kind":""#), "{written}");
            assert_eq!(server(&written), message);
        }
    }

    #[test]
    fn kind_may_stand_anywhere_and_unknown_fields_are_counted() {
        let frame = r#" { "note":{"kind":"bye"}, "reason":"x", "extra":[1], "kind":"bye" }"#;
        let read = read_server(frame).expect(frame);
        assert_eq!(read.unknown_fields, 2);
        assert_eq!(read.message, server(r#"{"kind":"bye","reason":"x"}"#));
    }

    #[test]
    fn an_absent_optional_field_is_null() {
        let short = COUNTERS.replace(r#","control":null"#, "");
        assert_eq!(server(&short), server(COUNTERS));
    }

    #[test]
    fn wrong_types_and_impossible_numbers_are_refused() {
        for (from, to) in [
            (r#""seq":1"#, r#""seq":"1""#),
            (r#""seq":1"#, r#""seq":-1"#),
            (r#""units":10"#, r#""units":NaN"#),
            (r#""units":10"#, r#""units":"NaN""#),
            (r#""units":10"#, r#""units":null"#),
            (r#""units":10"#, r#""units":-1"#),
            (r#""units":10"#, r#""units":1e999"#),
            (r#""segment":"eu""#, r#""segment":"e u""#),
            (r#""control":null}"#, r#""control":null}}"#),
        ] {
            let frame = COUNTERS.replace(from, to);
            assert_ne!(frame, COUNTERS);
            assert!(cause(&frame).starts_with("a bad \"counters\" message"), "{to}: {}", cause(&frame));
        }
        let share = r#"{"kind":"flag","seq":1,"flag":"f","version":2,"on":true,"shares":{"eu":150}}"#;
        assert!(cause(share).contains("150 is not a percentage"), "{}", cause(share));
    }

    #[test]
    fn a_histogram_must_rise_and_match_its_bounds() {
        let frame = |bounds: &str, at_most: &str, total: f64| {
            format!(
                r#"{{"kind":"histogram","seq":1,"at_ms":2,"metric":"m","segment":"s","bounds":[{bounds}],
                "treatment":{{"at_most":[{at_most}],"total":{total}}},"control":null}}"#
            )
        };
        assert!(read_server(&frame("1,2", "3,4", 5.0)).is_ok());
        for (bounds, at_most, total) in
            [("", "", 0.0), ("2,1", "3,4", 5.0), ("1,2", "3", 5.0), ("1,2", "4,3", 5.0), ("1,2", "3,4", 3.0)]
        {
            assert!(read_server(&frame(bounds, at_most, total)).is_err(), "{bounds} {at_most} {total}");
        }
    }

    #[test]
    fn stars_are_one_to_five() {
        for score in ["0", "6", "4.5"] {
            let frame = format!(
                r#"{{"kind":"feedback","seq":1,"at_ms":2,"id":"a","segment":"s","score":{score},"text":""}}"#
            );
            assert!(read_server(&frame).is_err(), "{score}");
        }
    }

    #[test]
    fn each_kind_of_wrong_has_its_own_name() {
        assert!(matches!(read_server("nope"), Err(Malformed::NotJson(_))));
        assert!(matches!(read_server("{}"), Err(Malformed::NotJson(_))));
        assert!(matches!(read_server(r#"{"kind":"new"}"#), Err(Malformed::UnknownKind(_))));
        assert!(matches!(read_client(r#"{"kind":"flag"}"#), Err(Malformed::UnknownKind(_))));
        assert!(matches!(read_server(&" ".repeat(MAX_FRAME + 1)), Err(Malformed::TooLarge(_))));
    }

    #[test]
    fn a_token_in_a_hello_is_never_shown() {
        let frame =
            r#"{"kind":"hello","protocol":1,"client":"c","want":["flag"],"resume":null,"token":"s3cret"}"#;
        let read = read_client(frame).expect(frame);
        assert!(!format!("{read:?}").contains("s3cret"));
        assert!(write(&read.message).contains("s3cret"));
    }

    proptest! {
        #[test]
        fn no_frame_makes_the_reader_panic(frame in ".*", kind in "hello|flag|counters|histogram|set|ack") {
            let _ = read_server(&frame);
            let _ = read_client(&frame);
            let _ = read_server(&format!(r#"{{"kind":"{kind}",{frame}}}"#));
        }
    }
}
