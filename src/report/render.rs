//! A report as text: Markdown, HTML or JSON.
//!
//! In: a [`Report`]. Out: text. The templates lie in `templates/`; what comes from outside is escaped by the template
//! engine, for HTML and for Markdown alike, wherever it stands. Charts are drawn in `chart` and are marked as safe: they
//! escape what they show.

mod chart;
mod environment;
mod exposure;
mod forest;
mod rates;
mod scores;
mod spent;
mod strip;

use minijinja::value::Serde;
use minijinja::{Value, context};

use super::finish::Report;

/// A template could not be filled: a fault of ours, not of the recording.
#[derive(Debug, thiserror::Error)]
#[error(
    "cannot write the report: {0}\nhint: this is a fault of gonogo: send it in with the recording, or use --format json"
)]
pub struct RenderError(String);

impl From<minijinja::Error> for RenderError {
    fn from(error: minijinja::Error) -> Self {
        Self(format!("{error:#}"))
    }
}

/// The report as JSON, for machines; `docs/report.md` describes it.
///
/// # Errors
/// None that is known: every part can be written.
pub fn json(report: &Report) -> Result<String, RenderError> {
    let mut text =
        serde_json::to_string_pretty(&report.says).map_err(|error| RenderError(error.to_string()))?;
    text.push('\n');
    Ok(text)
}

/// The report as Markdown, for a pull request or a wiki.
///
/// # Errors
/// [`RenderError`] when the template is at fault.
pub fn markdown(report: &Report) -> Result<String, RenderError> {
    let environment = environment::of(&report.says)?;
    let template = environment.get_template(environment::MARKDOWN)?;
    let text = template.render(context! { r => Value::from(Serde(&report.says)) })?;
    // What a template leaves of empty lines.
    let mut lines: Vec<&str> = Vec::new();
    for line in text.lines().map(str::trim_end) {
        if !(line.is_empty() && lines.last().is_none_or(|last| last.is_empty())) {
            lines.push(line);
        }
    }
    Ok(lines.join("\n") + "\n")
}

/// The report as one HTML file with its charts; it loads nothing and runs nothing.
///
/// # Errors
/// [`RenderError`] when the template is at fault.
pub fn html(report: &Report) -> Result<String, RenderError> {
    let environment = environment::of(&report.says)?;
    let template = environment.get_template(environment::HTML)?;
    let chart = |svg: Option<String>| svg.map(Value::from_safe_string);
    Ok(template.render(context! {
        r => Value::from(Serde(&report.says)),
        style => Value::from_safe_string(environment::STYLE.into()),
        exposure => chart(exposure::draw(&report.says)),
        spent => chart(spent::draw(&report.says)),
        forest => chart(forest::draw(&report.says)),
        scores => chart(scores::draw(&report.says)),
        rates => rates::draw(report),
    })?)
}
