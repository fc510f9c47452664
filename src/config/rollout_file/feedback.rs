//! `[[feedback]]`: where customers speak.

use super::names::Names;
use crate::config::fields::{Fields, Value};
use crate::config::problem::Problems;
use crate::config::{settings, values};
use crate::domain::{MetricName, Source, SourceKind};
use crate::feedback::SourceSettings;

/// The most feedback sources: more than a person can read.
const MAX_SOURCES: usize = 32;

/// The feedback sources of the file.
#[derive(Default)]
pub(super) struct FeedbackSources {
    /// For the adapters.
    pub settings: Vec<(String, SourceSettings)>,
    /// For people.
    pub sources: Vec<(Source, String)>,
}

/// Reads all feedback sources.
pub(super) fn read(root: &Fields<'_>, problems: &mut Problems) -> FeedbackSources {
    let mut read = FeedbackSources::default();
    let items = root
        .get("feedback")
        .and_then(|value| values::list(value, "the list of feedback sources", MAX_SOURCES, problems))
        .unwrap_or_default();
    let mut names = Names::of("feedback sources named");
    for item in items {
        source(item, &mut names, &mut read, problems);
    }
    read
}

fn source(
    item: &Value<'_>,
    names: &mut Names,
    read: &mut FeedbackSources,
    problems: &mut Problems,
) -> Option<()> {
    let fields = Fields::of(item, "a feedback source", &["name", "source"], problems)?;
    // A source's name follows the same rule as a metric's: it stands in the same places.
    let name: Option<MetricName> = names.read(&fields, problems);
    let value = fields.require("source", "source = { kind = \"...\", ... }", problems)?;
    let source = settings::read(value, "source", problems);
    let (name, source) = (name?, source?);
    read.sources.push((Source::new(SourceKind::Feedback, name.as_str()), settings::describe(value)));
    read.settings.push((name.as_str().to_owned(), source));
    Some(())
}
