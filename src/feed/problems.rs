//! Problems of one connection, counted by kind.
//!
//! A sick server can send the same nonsense a thousand times a second. Each kind is reported at its
//! 1st, 10th, 100th, 1000th … time, always with the text of the first, so that a reader that shows
//! different texts once shows it once. The number of kinds is fixed, so nothing grows.
//!
//! In: a [`Fault`] and its words. Out: a text with a count, or nothing.

use std::collections::BTreeMap;

use super::codec::Malformed;
use super::message::FailureCode;
use crate::domain::Text;

/// The kinds of problems. None of them ends a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// A frame that is no JSON object with a kind.
    NotJson,
    /// A kind that we do not know.
    UnknownKind,
    /// A bad field in a message of this kind.
    BadField(&'static str),
    /// A frame that is too large.
    TooLarge,
    /// A binary frame.
    Binary,
    /// Fields that we do not know.
    UnknownFields,
    /// A message that was seen already.
    Duplicate,
    /// A gap in the numbers.
    Gap,
    /// A message of a stream that was not asked for, or before the `hello`.
    Unwanted,
    /// The server complains.
    Complaint(FailureCode),
}

impl From<&Malformed> for Fault {
    fn from(malformed: &Malformed) -> Self {
        match malformed {
            Malformed::NotJson(_) => Self::NotJson,
            Malformed::UnknownKind(_) => Self::UnknownKind,
            Malformed::BadField { kind, .. } => Self::BadField(kind),
            Malformed::TooLarge(_) => Self::TooLarge,
            Malformed::Binary => Self::Binary,
        }
    }
}

/// A problem that is worth a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// What is wrong: the words of the first of this kind.
    pub what: Text,
    /// How often this kind came so far.
    pub count: u64,
}

/// The counts.
#[derive(Debug, Clone, Default)]
pub struct Problems {
    kinds: BTreeMap<Fault, Problem>,
}

impl Problems {
    /// Counts a problem. Returns it when it is the first of its kind, the tenth, the hundredth, ….
    pub fn note(&mut self, fault: Fault, what: impl FnOnce() -> String) -> Option<Problem> {
        let problem =
            self.kinds.entry(fault).or_insert_with(|| Problem { what: Text::new(&what()), count: 0 });
        problem.count = problem.count.saturating_add(1);
        is_power_of_ten(problem.count).then(|| problem.clone())
    }

    /// How often a kind came so far.
    #[must_use]
    pub fn count(&self, fault: Fault) -> u64 {
        self.kinds.get(&fault).map_or(0, |problem| problem.count)
    }
}

const fn is_power_of_ten(mut number: u64) -> bool {
    while number >= 10 && number.is_multiple_of(10) {
        number /= 10;
    }
    number == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_reported_at_powers_of_ten_with_its_first_words() {
        let mut problems = Problems::default();
        let reported: Vec<_> = (1..=100)
            .filter_map(|n| problems.note(Fault::Gap, || format!("gap {n}")))
            .map(|problem| (problem.what.to_string(), problem.count))
            .collect();
        assert_eq!(reported, [1, 10, 100].map(|count| ("gap 1".to_owned(), count)));
        assert_eq!(problems.count(Fault::Gap), 100);
        assert!(problems.note(Fault::BadField("flag"), String::new).is_some());
        assert!(problems.note(Fault::BadField("ack"), String::new).is_some(), "another kind");
    }
}
