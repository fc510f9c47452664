//! Answers as a server would write them, for this room's own tests.

use std::sync::Mutex;

use crate::domain::{Sample, SegmentName, Timestamp};
use crate::event::{Body, Promise, Sink};

use super::Settings;
use super::layout::Layout;

/// Settings with nothing but an address.
pub fn settings(url: &str) -> Settings {
    toml::from_str(&format!("url = {url:?}")).expect("good settings")
}

/// The layout of these segments, with the default labels.
pub fn layout(segments: &[&str]) -> Layout {
    let names: Vec<_> = segments.iter().map(|name| SegmentName::new(name).expect("a name")).collect();
    Layout::new(&settings("http://127.0.0.1:9090"), &names)
}

/// A vector of rows with segment, arm and value; an empty label is left out.
pub fn vector(rows: &[(&str, &str, &str)]) -> String {
    let rows: Vec<_> = rows.iter().map(|(segment, arm, value)| (*segment, *arm, "", *value)).collect();
    buckets(&rows)
}

/// A vector of rows with segment, arm, `le` and value; an empty label is left out.
pub fn buckets(rows: &[(&str, &str, &str, &str)]) -> String {
    let series: Vec<_> = rows
        .iter()
        .map(|(segment, arm, le, value)| {
            let labels: serde_json::Map<_, _> = [("segment", segment), ("arm", arm), ("le", le)]
                .into_iter()
                .filter(|(_, value)| !value.is_empty())
                .map(|(name, value)| (name.to_owned(), (*value).into()))
                .collect();
            serde_json::json!({ "metric": labels, "value": [1_700_000_000.5, value] })
        })
        .collect();
    serde_json::json!({ "status": "success", "data": { "resultType": "vector", "result": series } })
        .to_string()
}

/// A sink that keeps everything, in order.
#[derive(Debug, Default)]
pub struct Seen(Mutex<Vec<(Option<Timestamp>, Body)>>);

impl Seen {
    /// Everything so far; the sink is empty again.
    pub fn take(&self) -> Vec<(Option<Timestamp>, Body)> {
        std::mem::take(&mut self.0.lock().expect("lock"))
    }
}

impl Sink for Seen {
    fn fact(&self, source_at: Option<Timestamp>, body: Body) -> Promise<'_, ()> {
        self.0.lock().expect("lock").push((source_at, body));
        Box::pin(async {})
    }

    fn sample(&self, source_at: Option<Timestamp>, sample: Sample) {
        self.0.lock().expect("lock").push((source_at, Body::Sample(sample)));
    }
}
