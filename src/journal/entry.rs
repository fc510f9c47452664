//! One line of the journal: a record with its number, its time and its place in the chain.

use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::domain::Timestamp;
use crate::effect::Record;

/// The hash before the first line.
pub(super) const NO_HASH: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// The largest line in bytes: a command for 500 segments has about 50 kB; more is no record of ours.
pub(super) const MAX_LINE: usize = 1024 * 1024;

/// A record that was written down.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Its number in the file, from 1.
    pub seq: u64,
    /// When it was written, by the writer's clock.
    pub at: Timestamp,
    /// What it says.
    pub record: Record,
    /// The hash of its line, 64 hex digits.
    pub hash: String,
}

/// What a line says of itself.
#[derive(Debug, Deserialize)]
pub(super) struct Line {
    pub seq: u64,
    pub at: String,
    pub prev: String,
    pub record: Box<serde_json::value::RawValue>,
    pub hash: String,
}

/// A line without its line break, and its hash.
pub(super) fn compose(
    seq: u64,
    at: Timestamp,
    prev: &str,
    record: &Record,
) -> Result<(String, String), serde_json::Error> {
    let record = serde_json::to_string(record)?;
    let body = format!(r#"{{"seq":{seq},"at":"{}","prev":"{prev}","record":{record}"#, at.rfc3339());
    let hash = sha256_hex(body.as_bytes());
    Ok((format!(r#"{body},"hash":"{hash}"}}"#), hash))
}

/// The hash that a line must state: of everything before `,"hash":`. `None`: it does not end as a
/// line must.
pub(super) fn computed_hash(line: &[u8]) -> Option<String> {
    let rest = line.strip_suffix(b"\"}")?;
    let (rest, _stated) = rest.split_at_checked(rest.len().checked_sub(NO_HASH.len())?)?;
    rest.strip_suffix(br#","hash":""#).map(sha256_hex)
}

fn sha256_hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::action::{Scope, Verb};
    use crate::domain::{
        Actor, Evidence, FlagState, GuardrailName, Percent, PlatformName, RoleName, SegmentName, Station,
        Text, Version,
    };
    use crate::effect::{Change, Command, EffectId, Outcome};
    use crate::journal::chain::Chain;

    #[test]
    fn a_line_is_as_the_guide_of_the_room_says() {
        let record = Record::Noted { scope: Scope::default(), actor: Actor::Autopilot, text: Text::new("x") };
        let (line, hash) = compose(1, Timestamp(0), NO_HASH, &record).unwrap();
        assert_eq!(
            line,
            format!(
                r#"{{"seq":1,"at":"1970-01-01T00:00:00.000Z","prev":"{NO_HASH}","record":{{"record":"noted","scope":{{"segment":null,"platform":null}},"actor":{{"kind":"autopilot"}},"text":"x"}},"hash":"{hash}"}}"#
            )
        );
        assert_eq!(computed_hash(line.as_bytes()), Some(hash));
        assert_eq!(computed_hash(b"{}"), None);
        assert_eq!(computed_hash(b""), None);
    }

    #[test]
    fn every_record_is_read_back_as_it_was_written() {
        let person = || Actor::Person(Text::new("ann@tower \u{e9} \"x\""));
        let free = SegmentName::new("free").unwrap();
        let scope = || Scope::segment(free.clone());
        let shares = BTreeMap::from([(free.clone(), Percent::from_ppm(123_456))]);
        let state = FlagState {
            version: Version(u64::MAX),
            on: true,
            shares: shares.clone(),
            by: Some(Actor::Other(Text::new("bob"))),
            changed_at: Some(Timestamp(7)),
            doubts: vec![Text::new("?")],
            ..FlagState::default()
        };
        let command = |change| Command {
            id: EffectId(u64::MAX),
            verb: Verb::Kill,
            platform: PlatformName::new("web").unwrap(),
            change,
            expected: Some(Version(3)),
            actor: Actor::Autopilot,
            reason: None,
            evidence: Some("1.8 times".into()),
            part_of: None,
        };
        let finished = |outcome| Record::Finished { id: EffectId(1), outcome };
        let evidence =
            Evidence { ln_e: Some(9.1), treatment: Some((10.0, 0.1)), ..Evidence::of("x", Timestamp(1)) };
        let records = [
            Record::Commanded { command: command(Change::Off) },
            Record::Commanded { command: command(Change::Shares(shares.clone())) },
            Record::Commanded { command: command(Change::On(shares)) },
            finished(Outcome::Sent),
            finished(Outcome::Confirmed { state: state.clone(), overwrote: Some(Text::new("25%")) }),
            finished(Outcome::Refused { cause: Text::new("no"), state: Some(state) }),
            finished(Outcome::Unknown { cause: Text::new("timed out"), attempts: 3 }),
            Record::Paused { scope: scope(), actor: person(), reason: Some(Text::new("r")) },
            Record::Resumed { scope: Scope::default(), actor: person(), reason: None },
            Record::Noted { scope: scope(), actor: person(), text: Text::new("n") },
            Record::Latched {
                segment: free.clone(),
                station: Station::Errors,
                guardrail: GuardrailName::new("errors").unwrap(),
                evidence,
                response: Some(crate::domain::Response::Kill),
            },
            Record::Cleared { segment: free.clone(), actor: person(), reason: Text::new("c") },
            Record::Approved {
                segment: free,
                exposure: Percent::FULL,
                role: RoleName::new("captain").unwrap(),
                actor: person(),
            },
        ];
        let mut chain = Chain::default();
        for record in records {
            let (line, _) = compose(chain.seq + 1, Timestamp(5), &chain.hash, &record).unwrap();
            let (entry, damage) = chain.next(line.as_bytes());
            assert_eq!((entry.map(|entry| entry.record), damage), (Some(record), None), "{line}");
        }
    }

    #[test]
    fn a_record_with_a_field_of_a_later_version_is_read() {
        let text = r#"{"record":"approved","segment":"free","exposure":25.0,"role":"captain","actor":{"kind":"person","name":"ann"},"mood":7}"#;
        let read: Record = serde_json::from_str(text).unwrap();
        assert!(matches!(read, Record::Approved { exposure, .. } if exposure == Percent::from_ppm(250_000)));
    }

    #[test]
    fn the_hash_is_sha_256() {
        assert_eq!(sha256_hex(b"abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
}
