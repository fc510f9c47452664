//! Problems: what is wrong with a rollout file, and where.
//!
//! Reading goes on after a problem, so that a file with five faults is mended in one go.

use super::source_text::{Place, SourceText};

/// The most problems that are reported at once: one screen of the shortest reports. The first ones
/// often cause the rest.
pub(crate) const MAX_PROBLEMS: usize = 20;

/// One fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    /// The bytes of the file that it is about.
    pub place: Place,
    /// What is wrong.
    pub message: String,
    /// What would be right.
    pub hint: Option<String>,
    /// An earlier place that belongs to it, shown as "first in line 3".
    pub earlier: Option<Place>,
}

impl Problem {
    /// A fault without a remedy that we could name.
    pub fn new(place: Place, message: impl Into<String>) -> Self {
        Self { place, message: message.into(), hint: None, earlier: None }
    }

    /// Adds a remedy.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Adds a remedy, if there is one.
    pub fn maybe_hint(mut self, hint: Option<String>) -> Self {
        self.hint = hint.or(self.hint);
        self
    }

    /// Adds the earlier place that this one is in conflict with.
    pub const fn earlier(mut self, place: Place) -> Self {
        self.earlier = Some(place);
        self
    }
}

/// All faults found so far, the first [`MAX_PROBLEMS`] of them in full.
#[derive(Debug, Default)]
pub(crate) struct Problems {
    kept: Vec<Problem>,
    count: usize,
}

impl Problems {
    /// Adds a fault.
    pub fn push(&mut self, problem: Problem) {
        self.count += 1;
        if self.kept.len() < MAX_PROBLEMS {
            self.kept.push(problem);
        }
    }

    /// How many there are.
    pub const fn count(&self) -> usize {
        self.count
    }

    /// The first fault on one line, for a place that has no more: `file:line:column: message; hint`. Empty without one.
    pub fn first(&self, source: &SourceText<'_>) -> String {
        let first = self.kept.iter().min_by_key(|problem| (problem.place.start, problem.place.end));
        first.map_or_else(String::new, |problem| source.brief(problem))
    }

    /// All kept faults in the order of the file, as a person reads them; no line break at the end.
    pub fn report(&self, source: &SourceText<'_>) -> String {
        let mut sorted: Vec<&Problem> = self.kept.iter().collect();
        sorted.sort_by_key(|problem| (problem.place.start, problem.place.end));
        let mut parts: Vec<String> = sorted.iter().map(|problem| source.show(problem)).collect();
        if self.count > self.kept.len() {
            parts.push(format!("and {} more: mend these first", self.count - self.kept.len()));
        }
        parts.join("\n\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_faults_than_fit_are_counted_and_the_report_follows_the_file() {
        let text = "x\n".repeat(30);
        let source = SourceText::new("f.toml", &text, vec![]);
        let mut problems = Problems::default();
        for at in (0..25).rev() {
            problems.push(Problem::new(at * 2..at * 2 + 1, "no"));
        }
        let report = problems.report(&source);
        assert_eq!(problems.count(), 25);
        assert!(report.starts_with("f.toml:6:1: no\n"), "{report}");
        assert!(report.ends_with("and 5 more: mend these first"), "{report}");
        assert_eq!(report.matches(": no\n").count(), MAX_PROBLEMS);
    }
}
