//! The template engine as reports use it: templates, filters, escaping.

use minijinja::syntax::SyntaxConfig;
use minijinja::{AutoEscape, Environment, Error, Output, State, UndefinedBehavior, Value};

use crate::domain::text::cut;
use crate::report::retrospective::Retrospective;
use crate::report::words;

/// Names of the templates; the ending says how foreign words are escaped.
pub const MARKDOWN: &str = "report.md";
pub const HTML: &str = "report.html";
/// The style sheet; it stands in the page.
pub const STYLE: &str = include_str!("../templates/report.css");

/// Longest word in columns before a break is offered in Markdown tables: customers write without spaces, too.
const LONGEST: usize = 400;
/// A recording longer than this needs dates beside its times.
const DAY_S: f64 = 20.0 * 3600.0;

/// The environment for a report.
pub fn of(report: &Retrospective) -> Result<Environment<'static>, Error> {
    let mut environment = Environment::new();
    environment.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?);
    environment.set_undefined_behavior(UndefinedBehavior::Chainable);
    environment.set_auto_escape_callback(|name| match name {
        MARKDOWN => AutoEscape::Custom("markdown".into()),
        _ => AutoEscape::Html,
    });
    environment.set_formatter(format);
    let is_long = report.course.elapsed_s > DAY_S;
    environment.add_filter("clock", move |at: Option<String>| clock(at.as_deref(), is_long));
    environment.add_filter("date", |at: Option<String>| date(at.as_deref()));
    environment.add_filter("span", |seconds: Option<f64>| known(seconds, words::span_s));
    environment.add_filter("later", |seconds: Option<f64>| known(seconds, words::later));
    environment.add_filter("rate", |rate: Option<f64>| known(rate, words::rate));
    environment.add_filter("points", |points: Option<f64>| known(points, words::points));
    environment.add_filter("count", |count: Option<f64>| known(count, words::count));
    environment.add_filter("percent", |percent: Option<f64>| known(percent, words::percent));
    environment.add_filter("two", |number: Option<f64>| known(number, |number| words::digits(number, 2)));
    environment.add_filter("share", |part: f64, whole: f64| {
        if whole > 0.0 { format!("{:.0} %", part / whole * 100.0) } else { "–".into() }
    });
    environment.add_filter("evalue", |ln: Option<f64>| known(ln, evalue));
    environment.add_template(MARKDOWN, include_str!("../templates/report.md"))?;
    environment.add_template(HTML, include_str!("../templates/report.html"))?;
    Ok(environment)
}

fn format(out: &mut Output<'_>, state: &mut State<'_, '_>, value: &Value) -> Result<(), Error> {
    if value.is_none() || value.is_undefined() {
        return out.write_str("–").map_err(Error::from);
    }
    match state.auto_escape() {
        AutoEscape::Custom(_) if !value.is_safe() => {
            out.write_str(&escape_markdown(&value.to_string())).map_err(Error::from)
        }
        AutoEscape::Custom(_) => out.write_str(&value.to_string()).map_err(Error::from),
        _ => minijinja::escape_formatter(out, state, value),
    }
}

/// Foreign words in Markdown: nothing in them makes a link, a table, a heading, HTML or a mention.
fn escape_markdown(text: &str) -> String {
    let text = cut(text, LONGEST);
    let mut escaped = String::with_capacity(text.len());
    let mut rest = text.char_indices();
    while let Some((at, c)) = rest.next() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            // A mention rings somebody's phone, and an issue's number makes a link.
            '@' => escaped.push_str("&#64;"),
            '#' => escaped.push_str("&#35;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '!' => {
                escaped.push('\\');
                escaped.push(c);
            }
            // An address becomes a link by itself, with a scheme or without.
            ':' if rest.as_str().starts_with('/') => escaped.push_str("&#58;"),
            '.' if text.get(..at).is_some_and(|before| before.to_lowercase().ends_with("www")) => {
                escaped.push_str("&#46;");
            }
            '\n' | '\r' => escaped.push(' '),
            c if c.is_control() => {}
            c => escaped.push(c),
        }
    }
    escaped
}

fn known(number: Option<f64>, show: impl Fn(f64) -> String) -> String {
    number.filter(|number| number.is_finite()).map_or_else(|| "–".into(), show)
}

/// `14:02:07`; with its date where a recording is long.
fn clock(at: Option<&str>, is_long: bool) -> String {
    let Some((date, time)) = at.and_then(|at| at.split_once('T')) else { return "–".into() };
    let time = time.get(..8).unwrap_or(time);
    if is_long { format!("{} {time}", date.get(5..).unwrap_or(date)) } else { time.to_owned() }
}

fn date(at: Option<&str>) -> String {
    let Some((date, time)) = at.and_then(|at| at.split_once('T')) else { return "–".into() };
    format!("{date} {} UTC", time.get(..8).unwrap_or(time))
}

/// An e-value from its logarithm.
fn evalue(ln: f64) -> String {
    match ln {
        ln if ln >= 1e6_f64.ln() => format!("10^{:.0}", ln / std::f64::consts::LN_10),
        ln if ln >= 10_f64.ln() => words::count(ln.exp()),
        ln => words::digits(ln.exp(), 2),
    }
}
