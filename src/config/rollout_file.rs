//! The rollout file: from a path or a text to a [`RolloutFile`].
//!
//! Each part of the file has its own file here: `platforms` (with their `probes`), `segments` (with the plan's `stages`
//! and the `order` in which they begin), `metrics`, `guardrails`, `feedback`. `document` puts them together and checks what concerns more
//! than one of them.

mod document;
mod feedback;
mod guardrails;
mod load;
mod metrics;
mod names;
mod order;
mod platforms;
mod probes;
mod segments;
mod stages;
mod warnings;

use toml::de::DeTable;

use super::error::ConfigError;
use super::mask::{secret_lines, secret_places};
use super::problem::{Problem, Problems};
use super::source_text::{SourceText, printable};
use crate::backends::{self, BackendSettings};
use crate::domain::{Rollout, Source, Text};

pub(super) use guardrails::promised_risk;
pub use load::{MAX_FILE_BYTES, load};

/// What a rollout file says.
#[derive(Debug, Clone)]
pub struct RolloutFile {
    /// What the engine works on.
    pub rollout: Rollout,
    /// What the rollout touches, as its owner names it: what history and risk look at.
    pub traits: Vec<Text>,
    /// The backends, one for each platform, in the order of the file.
    pub platforms: Vec<PlatformConfig>,
    /// The metrics sources, each with the metrics that share its settings.
    pub metrics: Vec<(crate::metrics::SourceSettings, Vec<crate::metrics::Query>)>,
    /// The feedback sources with their names.
    pub feedback: Vec<(String, crate::feedback::SourceSettings)>,
    /// What each source is, for people: "unleash at http://127.0.0.1:4242", without secrets.
    pub sources: Vec<(Source, String)>,
    /// What is allowed but probably not meant, one sentence each.
    pub warnings: Vec<String>,
}

/// One platform's backend.
#[derive(Debug, Clone)]
pub struct PlatformConfig {
    /// The adapter's settings.
    pub backend: BackendSettings,
    /// Other ways to the same flag, each with its name for people: what stops goes through all of them at once.
    pub paths: Vec<(Text, BackendSettings)>,
    /// The flag, and what our segments are called there.
    pub target: backends::Target,
    /// How its edge is asked what it serves, and about whom. `None`: it is not asked.
    pub probe: Option<(crate::probes::ProbeSettings, crate::probes::Subject)>,
}

/// Reads the text of a rollout file; `origin_name` is what messages call it.
///
/// # Errors
/// [`ConfigError::Invalid`] with every fault, its place and a hint.
pub fn parse(text: &str, origin_name: &str) -> Result<RolloutFile, ConfigError> {
    let origin = printable(origin_name);
    let mut problems = Problems::default();
    let (root, syntax_errors) = DeTable::parse_recoverable(text);
    if !syntax_errors.is_empty() {
        // Only the first: the others are mostly what follows from it.
        let first =
            syntax_errors.iter().min_by_key(|error| error.span().map_or(text.len(), |span| span.start));
        problems
            .push(first.map_or_else(|| Problem::new(0..0, "this is no TOML"), |error| syntax(error, text)));
        let masked = [secret_lines(text), secret_places(root.get_ref(), text)].concat();
        return Err(invalid(&problems, &SourceText::new(&origin, text, masked)));
    }
    let file = document::read(root.get_ref(), &mut problems);
    match file {
        Some(file) if problems.count() == 0 => Ok(file),
        _ => {
            let masked = secret_places(root.get_ref(), text);
            Err(invalid(&problems, &SourceText::new(&origin, text, masked)))
        }
    }
}

fn invalid(problems: &Problems, source: &SourceText<'_>) -> ConfigError {
    ConfigError::Invalid { report: problems.report(source), faults: problems.count() }
}

/// What the parser says of a text that is no TOML.
pub(crate) fn syntax(error: &toml::de::Error, text: &str) -> Problem {
    // The end of the file where the parser does not say.
    let place = error.span().unwrap_or(text.len()..text.len());
    let bare = text.get(place.clone()).is_some_and(|found| found.starts_with(char::is_alphabetic));
    // What the parser calls a text without quotes depends on its first letter.
    if bare && (error.message().starts_with("invalid boolean") || error.message().contains("must be quoted"))
    {
        return Problem::new(place, "a text needs quotes").hint("write it as \"...\"");
    }
    Problem::new(place, error.message())
}
