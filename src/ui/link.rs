//! Where a moment of a rollout can be looked at again: an address that somebody else can open, or a command.
//!
//! In: what the user settled (`[screen] link`), whether this is a recording, the rollout's name and a moment. Out: one
//! line without anything that a terminal or a shell would obey. Nothing is opened or looked up here.
//!
//! ```text
//! https://status.example/{rollout}?at={time}   with a template: what stands in braces is filled in, percent-encoded
//! gonogo journal checkout-v2 --at 2026-11-22T14:02:04.972Z                      without one
//! gonogo replay last-night.rec --from 2026-11-22T14:02:04.972Z                  in a recording
//! ```

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::domain::{RolloutName, Text, Timestamp};
use crate::journal::stem_of;

/// What is not percent-encoded: the unreserved characters of RFC 3986, section 2.3.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Where links of a view lead to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Links {
    /// To the journal on this machine, by a command; in that folder, or in the default one.
    Journal(Option<String>),
    /// To a page, by the user's template.
    Page(String),
    /// Into the recording that is looked at, by the words of the command that opens it: `replay last-night.rec`.
    Recording(Vec<String>),
    /// To nothing: what is played keeps no journal.
    Nowhere,
}

impl Default for Links {
    fn default() -> Self {
        Self::Journal(None)
    }
}

impl Links {
    /// The link to a moment of a rollout. `None`: there is no way back to it.
    #[must_use]
    pub fn to(&self, rollout: &RolloutName, at: Timestamp) -> Option<String> {
        let time = at.rfc3339();
        Some(match self {
            Self::Journal(None) => format!("gonogo journal {rollout} --at {time}"),
            Self::Journal(Some(folder)) => {
                let file = quote(&format!("{folder}/{}.jsonl", stem_of(rollout)));
                format!("gonogo journal {file} --at {time}")
            }
            Self::Page(template) => {
                let encode = |text: &str| utf8_percent_encode(text, ENCODED).to_string();
                let filled = template.replace("{rollout}", &encode(rollout.as_str()));
                Text::new(&filled.replace("{time}", &encode(&time))).to_string()
            }
            Self::Recording(words) => {
                let words: Vec<_> = words.iter().map(|word| quote(word)).collect();
                format!("gonogo {} --from {time}", words.join(" "))
            }
            Self::Nowhere => return None,
        })
    }
}

/// A word as a shell takes it for one.
fn quote(word: &str) -> String {
    let word = Text::new(word);
    let word = word.as_str();
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@%+,".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-22 14:02:04.972 UTC.
    const AT: Timestamp = Timestamp(1_795_356_124_972);

    fn link(links: &Links, rollout: &str) -> String {
        links.to(&RolloutName::new(rollout).unwrap(), AT).unwrap()
    }

    #[test]
    fn without_a_page_a_link_is_the_command_that_shows_the_moment() {
        assert_eq!(
            link(&Links::default(), "checkout-v2"),
            "gonogo journal checkout-v2 --at 2026-11-22T14:02:04.972Z"
        );
        assert_eq!(
            link(&Links::Journal(Some("/srv/my state/journal".into())), "a/b"),
            "gonogo journal '/srv/my state/journal/a%2Fb.jsonl' --at 2026-11-22T14:02:04.972Z"
        );
        assert_eq!(Links::Nowhere.to(&RolloutName::new("x").unwrap(), AT), None);
        let of = |words: &[&str]| Links::Recording(words.iter().map(ToString::to_string).collect());
        assert_eq!(
            link(&of(&["replay", "/tmp/last night's.rec"]), "x"),
            r"gonogo replay '/tmp/last night'\''s.rec' --from 2026-11-22T14:02:04.972Z"
        );
        assert_eq!(
            link(&of(&["demo", "cold-cache"]), "x"),
            "gonogo demo cold-cache --from 2026-11-22T14:02:04.972Z"
        );
        assert!(link(&of(&["replay", "a\u{1b}[31m;b\n"]), "x").contains("'a;b'"));
    }

    #[test]
    fn a_page_gets_name_and_time_percent_encoded() {
        let page = Links::Page("https://status.example/{rollout}?at={time}#x".into());
        assert_eq!(
            link(&page, "team/checkout-v2"),
            "https://status.example/team%2Fcheckout-v2?at=2026-11-22T14%3A02%3A04.972Z#x"
        );
    }
}
