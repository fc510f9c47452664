//! The demo recordings: rollouts of some days, embedded, so that everybody can look at one right after the installation.
//!
//! In: nothing. Out: names, one line about each, and the bytes of the file. They are made from `demo/scenarios/days/` by
//! `cargo run --release --example recordings`, which a test holds them against. A new one is a scenario there, a line
//! here, and a run of that command.
//!
//! This file never reads a recording: whoever plays one does.

use super::scenario::{Listed, Scenario};
use crate::domain::Text;

/// A recording on the shelf.
#[derive(Debug, Clone, Copy)]
struct Tape {
    name: &'static str,
    scenario: &'static str,
    bytes: &'static [u8],
}

macro_rules! tapes {
    ($($name:literal),+ $(,)?) => {
        const TAPES: &[Tape] = &[$(Tape {
            name: $name,
            scenario: include_str!(concat!("../../demo/scenarios/days/", $name, ".toml")),
            bytes: include_bytes!(concat!("../../demo/recordings/", $name, ".rec")),
        }),+];
    };
}

tapes!["to-everybody", "purchase-orders", "cold-cache", "coupon-field"];

/// All recordings.
#[must_use]
pub fn recordings() -> Vec<Listed> {
    let about = |tape: &Tape| match Scenario::parse(tape.name, tape.scenario) {
        Ok(scenario) => scenario.about,
        Err(error) => Text::new(&error.to_string()),
    };
    TAPES.iter().map(|tape| Listed { name: tape.name, about: about(tape) }).collect()
}

/// The bytes of the recording of that name.
#[must_use]
pub fn recording(name: &str) -> Option<&'static [u8]> {
    TAPES.iter().find(|tape| tape.name == name).map(|tape| tape.bytes)
}

/// The names of all recordings.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    TAPES.iter().map(|tape| tape.name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::{find, list};

    #[test]
    fn every_recording_says_what_happens_in_one_line_and_has_a_name_of_its_own() {
        for listed in recordings() {
            assert!((20..=100).contains(&listed.about.as_str().len()), "{}: {}", listed.name, listed.about);
            assert!(recording(listed.name).is_some());
            assert!(list().iter().all(|scenario| scenario.name != listed.name), "{}", listed.name);
        }
    }

    #[test]
    fn a_misspelt_name_is_answered_with_the_near_recording() {
        let error = find("cold-cahce").expect_err("unknown").to_string();
        assert!(error.contains("did you mean \"cold-cache\"?"), "{error}");
    }
}
