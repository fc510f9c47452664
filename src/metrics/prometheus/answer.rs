//! The JSON envelope of the Prometheus HTTP API, read without copying what stays as it is.
//!
//! In: the body of an answer to `/api/v1/query`. Out: an [`Answer`]: the series of an instant vector
//! and what the server wants to have said about them, or an [`AnswerError`] in words.
//!
//! Any bytes are answered with a value, never with a panic. Nothing is judged here: a `NaN` is still
//! the text `NaN`. Start at [`Answer::read`].

use std::borrow::Cow;
use std::fmt;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use crate::domain::{Text, Timestamp};

/// How much of a body that is no JSON is shown: enough to recognise a proxy's page.
const SHOWN_OF_A_STRANGER: usize = 80;

/// How many remarks of one answer are kept: they are for people, and repeat themselves.
const MAX_REMARKS: usize = 10;

/// The result of one instant query.
#[derive(Debug)]
pub struct Answer<'a> {
    /// Its series, in the server's order.
    pub series: Vec<Series<'a>>,
    /// What the server remarks on the result.
    pub remarks: Remarks,
}

/// What a server says about its own result.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Remarks {
    /// Warnings and infos, in the server's words.
    pub texts: Vec<Text>,
    /// Whether the server may have left out a part of the data. Sums are then too small.
    pub partial: bool,
}

/// One series of an instant vector.
#[derive(Debug, Deserialize)]
pub struct Series<'a> {
    /// Its labels.
    #[serde(borrow, default)]
    pub metric: Labels<'a>,
    /// When it was evaluated, in seconds, and its value as text. `None`: a native histogram.
    #[serde(borrow, default)]
    pub value: Option<(f64, Str<'a>)>,
}

impl Series<'_> {
    /// The moment of the evaluation; `None` for a native histogram or a time that is no number.
    pub fn at(&self) -> Option<Timestamp> {
        self.value.as_ref().and_then(|(seconds, _)| timestamp(*seconds))
    }
}

/// The labels of one series.
#[derive(Debug, Default)]
pub struct Labels<'a>(Vec<(Str<'a>, Str<'a>)>);

impl Labels<'_> {
    /// The value of a label. An empty one counts as missing, as it does in Prometheus.
    pub fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(key, _)| key.0 == name)?;
        Some(found.1.0.as_ref()).filter(|value| !value.is_empty())
    }
}

/// A text that is borrowed from the body unless it holds an escape.
#[derive(Debug, Default, Deserialize)]
pub struct Str<'a>(#[serde(borrow)] pub Cow<'a, str>);

/// Why an answer holds no instant vector.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AnswerError {
    /// Not the API: a login page, a proxy's error page.
    #[error(
        "the answer is no JSON but begins with {0:?}\nhint: a proxy or a login page answers in place of the API"
    )]
    Stranger(Text),
    /// JSON that ends early or has another shape.
    #[error("the answer cannot be read: {0}\nhint: it was cut short, or `url` is not a Prometheus API")]
    Garbled(Text),
    /// The API says no.
    #[error("{kind}: {words}")]
    Refused {
        /// The API's `errorType`: `bad_data`, `execution`, `timeout`.
        kind: Text,
        /// The API's `error`.
        words: Text,
    },
    /// A result that is no instant vector.
    #[error(
        "the query gives a {0}, expected an instant vector with one series for each segment and arm\nhint: {hint}",
        hint = shape_hint(.0)
    )]
    Shape(Text),
}

fn shape_hint(shape: &Text) -> &'static str {
    match shape.as_str() {
        "matrix" => "leave the range `[…]` away",
        "native histogram" => "gonogo reads classic buckets, with a label `le`",
        _ => "write `sum by (segment, arm) (…)` with your labels",
    }
}

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow)]
    status: Str<'a>,
    #[serde(borrow)]
    data: Option<Data<'a>>,
    #[serde(borrow, default, rename = "errorType")]
    error_type: Str<'a>,
    #[serde(borrow, default)]
    error: Str<'a>,
    #[serde(borrow, default)]
    warnings: Option<Vec<Str<'a>>>,
    #[serde(borrow, default)]
    infos: Option<Vec<Str<'a>>>,
    /// VictoriaMetrics: a storage node did not answer.
    #[serde(default, rename = "isPartial")]
    partial: bool,
}

#[derive(Deserialize)]
struct Data<'a> {
    #[serde(borrow, rename = "resultType")]
    shape: Str<'a>,
    #[serde(borrow)]
    result: &'a RawValue,
}

impl<'a> Answer<'a> {
    /// Reads the body of an answer, whatever its status code.
    ///
    /// # Errors
    /// [`AnswerError`] when the body is not the API's, when the API refuses, or when the result is no
    /// instant vector.
    pub fn read(body: &'a [u8]) -> Result<Self, AnswerError> {
        let start = body.trim_ascii_start();
        if start.first() != Some(&b'{') {
            let shown = start.get(..SHOWN_OF_A_STRANGER).unwrap_or(start);
            return Err(AnswerError::Stranger(Text::new(&String::from_utf8_lossy(shown))));
        }
        let envelope: Envelope<'a> = serde_json::from_slice(body).map_err(garbled)?;
        if envelope.status.0 != "success" {
            return Err(AnswerError::Refused {
                kind: Text::new(&envelope.error_type.0),
                words: Text::new(&envelope.error.0),
            });
        }
        let Some(data) = envelope.data else {
            return Err(AnswerError::Garbled(Text::new("a success without `data`")));
        };
        if data.shape.0 != "vector" {
            return Err(AnswerError::Shape(Text::new(&data.shape.0)));
        }
        let series: Vec<Series<'a>> = serde_json::from_str(data.result.get()).map_err(garbled)?;
        if series.iter().any(|one| one.value.is_none()) {
            return Err(AnswerError::Shape(Text::new("native histogram")));
        }
        let warnings = envelope.warnings.unwrap_or_default();
        let partial = envelope.partial || warnings.iter().any(|warning| !is_about_the_query(&warning.0));
        let texts = warnings.iter().chain(envelope.infos.iter().flatten()).map(|text| Text::new(&text.0));
        Ok(Self { remarks: Remarks { texts: texts.take(MAX_REMARKS).collect(), partial }, series })
    }

    /// The moment of the evaluation; `None` when there are no series to tell it.
    pub fn at(&self) -> Option<Timestamp> {
        self.series.first().and_then(Series::at)
    }
}

/// Prometheus marks remarks on the query itself with these words; every other warning (remote read,
/// Thanos, Mimir) says that a store did not answer.
fn is_about_the_query(warning: &str) -> bool {
    warning.starts_with("PromQL warning") || warning.starts_with("PromQL info")
}

fn garbled(error: serde_json::Error) -> AnswerError {
    AnswerError::Garbled(Text::new(&error.to_string()))
}

/// Seconds with a fraction as a moment. The cast saturates, and rounding undoes what binary
/// fractions do to milliseconds.
#[expect(clippy::cast_possible_truncation, reason = "a float cast saturates; NaN is ruled out")]
fn timestamp(seconds: f64) -> Option<Timestamp> {
    seconds.is_finite().then(|| Timestamp((seconds * 1000.0).round() as i64))
}

impl<'de: 'a, 'a> Deserialize<'de> for Labels<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Read;
        impl<'de> Visitor<'de> for Read {
            type Value = Labels<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the labels of a series")
            }
            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
                let mut labels = Vec::with_capacity(4);
                while let Some(pair) = map.next_entry()? {
                    labels.push(pair);
                }
                Ok(Labels(labels))
            }
        }
        deserializer.deserialize_map(Read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(body: &str) -> String {
        Answer::read(body.as_bytes()).expect_err("this is no vector").to_string()
    }

    #[test]
    fn a_vector_is_read_with_labels_values_and_time() {
        let body = br#"{"status":"success","data":{"resultType":"vector","result":[
            {"metric":{"segment":"fr\u0065e","arm":"control","empty":""},"value":[1700000000.123,"1e-300"]},
            {"metric":{},"value":[1700000000,"NaN"]}]},"infos":["PromQL info: not a counter"]}"#;
        let answer = Answer::read(body).expect("a vector");
        let [first, second] = answer.series.as_slice() else { panic!("two series") };
        assert_eq!(first.metric.get("segment"), Some("free"));
        assert_eq!(first.metric.get("empty"), None);
        assert_eq!(second.metric.get("segment"), None);
        assert_eq!(first.value.as_ref().map(|(_, text)| text.0.as_ref()), Some("1e-300"));
        assert_eq!(answer.at(), Some(Timestamp(1_700_000_000_123)));
        assert_eq!(second.at(), Some(Timestamp(1_700_000_000_000)));
        let infos = vec![Text::new("PromQL info: not a counter")];
        assert_eq!(answer.remarks, Remarks { texts: infos, partial: false });
    }

    #[test]
    fn a_warning_that_is_not_about_the_query_means_that_data_may_be_missing() {
        let partial = |extra: &str| {
            let body =
                format!(r#"{{"status":"success","data":{{"resultType":"vector","result":[]}},{extra}}}"#);
            Answer::read(body.as_bytes()).expect("a vector").remarks.partial
        };
        assert!(partial(r#""warnings":["store 10.0.0.7: deadline exceeded"]"#));
        assert!(partial(r#""isPartial":true"#));
        assert!(!partial(r#""warnings":["PromQL warning: quantile value should be between 0 and 1"]"#));
        assert!(!partial(r#""warnings":null,"infos":null"#));
    }

    #[test]
    fn what_is_no_vector_says_what_it_is_and_what_was_expected() {
        let of = |shape: &str| {
            error(&format!(
                r#"{{"status":"success","data":{{"resultType":"{shape}","result":[1700000000,"1"]}}}}"#
            ))
        };
        assert!(of("scalar").contains("a scalar, expected an instant vector"), "{}", of("scalar"));
        assert!(of("string").contains("a string, expected"));
        assert!(of("matrix").contains("leave the range"));
        let native = error(
            r#"{"status":"success","data":{"resultType":"vector","result":[
                {"metric":{},"histogram":[1700000000,{"count":"1","sum":"1","buckets":[]}]}]}}"#,
        );
        assert!(native.contains("native histogram") && native.contains("`le`"), "{native}");
    }

    #[test]
    fn strangers_and_cut_answers_are_told_apart() {
        assert!(error("  <!doctype html><title>Log in</title>").contains("login page"));
        assert!(error("").contains("no JSON"));
        assert!(error(r#"{"status":"success","data":{"resultType":"vec"#).contains("cannot be read"));
        assert!(error(r#"{"status":"success"}"#).contains("without `data`"));
        assert_eq!(
            error(
                r#"{"status":"error","errorType":"bad_data","error":"1:5: parse error: unexpected \")\""}"#
            ),
            r#"bad_data: 1:5: parse error: unexpected ")""#
        );
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_and_no_json_can_break_it(
            bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..200),
            words in "[\\[\\]{}\":,a-z0-9eE.+-]{0,60}",
        ) {
            let _ = Answer::read(&bytes);
            let _ = Answer::read(words.as_bytes());
            for shape in ["vector", "matrix", "scalar"] {
                let body = format!(r#"{{"status":"success","data":{{"resultType":"{shape}","result":{words}}}}}"#);
                let _ = Answer::read(body.as_bytes());
                let body = format!(r#"{{"status":"success","data":{{"resultType":"{shape}","result":[{{"metric":{words},"value":{words}}}]}}}}"#);
                let _ = Answer::read(body.as_bytes());
            }
        }
    }
}
