//! Numbers and names as a person writes them; what Markdown, HTML and lessons share.

use std::time::Duration;

use crate::domain::Span;
use crate::domain::text::thousands;

/// Seconds as a span: `850ms`, `4.2s`, `45s`, `12:31`, `3h05m`, `2d 4h`.
#[must_use]
pub fn span_s(seconds: f64) -> String {
    Span(Duration::try_from_secs_f64(seconds.max(0.0)).unwrap_or_default()).to_string()
}

/// A span after something: `at once`, `13s later`.
#[must_use]
pub fn later(seconds: f64) -> String {
    // Less than a person notices.
    if seconds < 0.05 { "at once".into() } else { format!("{} later", span_s(seconds)) }
}

/// A percentage without needless digits: `12.5%`.
#[must_use]
pub fn percent(percent: f64) -> String {
    format!("{}%", digits(percent, 3))
}

/// A rate as a percentage with three digits that count: `0.0123` is `1.23%`.
#[must_use]
pub fn rate(rate: f64) -> String {
    let percent = rate * 100.0;
    let places = match percent.abs() {
        size if size >= 10.0 => 1,
        size if size >= 1.0 => 2,
        _ => 3,
    };
    format!("{}%", digits(percent, places))
}

/// A difference of rates in percentage points with its sign: `+1.23`.
#[must_use]
pub fn points(difference: f64) -> String {
    let text = rate(difference);
    let text = text.trim_end_matches('%');
    signed(text)
}

fn signed(text: &str) -> String {
    match text.strip_prefix('-') {
        Some("0") => "0".into(),
        Some(rest) => format!("−{rest}"),
        None if text == "0" => "0".into(),
        None => format!("+{text}"),
    }
}

/// A count as a whole number: `12,345`; below 0 with a minus sign.
#[must_use]
pub fn count(number: f64) -> String {
    let whole = thousands(number.abs().min(9e15).round() as u64);
    if number <= -0.5 { format!("−{whole}") } else { whole }
}

/// At most so many places after the point, without zeros at the end.
#[must_use]
pub fn digits(number: f64, places: usize) -> String {
    let text = format!("{number:.places$}");
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    if text == "-0" { "0".into() } else { text.to_owned() }
}

/// Names as a person lists them: `beta`, `beta and free`, `beta, free and eu`.
#[must_use]
pub fn list<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<_> = names.into_iter().collect();
    match names.as_slice() {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_as_a_person_writes_them() {
        assert_eq!([0.0, 0.0123, 0.5, 0.000_04].map(rate), ["0%", "1.23%", "50%", "0.004%"]);
        assert_eq!([0.0123, -0.0123, 0.0].map(points), ["+1.23", "−1.23", "0"]);
        assert_eq!([12_345.4, -3.0, 0.2].map(count), ["12,345", "−3", "0"]);
        assert_eq!([12.5, 100.0, 0.001].map(percent), ["12.5%", "100%", "0.001%"]);
        assert_eq!([4.25, 751.0, f64::NAN].map(span_s), ["4.2s", "12:31", "0ms"]);
    }
}
