//! What is stored and what SDKs are sent, when they are not the same.

use std::sync::Mutex;

use serde_json::json;

use super::super::Variants;
use super::super::stream::Update;
use super::super::wire::Config;
use super::*;
use crate::backends::Target;
use crate::domain::{FlagKey, PlatformName, Sample, SegmentName, Timestamp};
use crate::event::Promise;

#[derive(Default)]
struct Told(Mutex<Vec<FlagState>>);

impl Sink for Told {
    fn fact(&self, _: Option<Timestamp>, body: Body) -> Promise<'_, ()> {
        if let Body::Flag { state, .. } = body {
            self.0.lock().expect("told").push(state);
        }
        Box::pin(async {})
    }

    fn sample(&self, _: Option<Timestamp>, _: Sample) {}
}

impl Told {
    fn last(&self) -> FlagState {
        self.0.lock().expect("told").last().cloned().expect("a state")
    }
}

fn config(version: u64, on: bool) -> Box<Config> {
    let config = json!({ "version": version, "on": on, "variations": [true, false], "offVariation": 1,
        "fallthrough": { "variation": 0 } });
    serde_json::from_value(config).expect("a flag")
}

#[tokio::test(start_paused = true)]
async fn what_sdks_are_not_sent_for_long_is_a_doubt_until_they_are() {
    let target = Target {
        platform: PlatformName::new("web").expect("a name"),
        flag: FlagKey::new("a").expect("a name"),
        segments: vec![(SegmentName::new("all").expect("a name"), "default".into())],
    };
    let reader = Reader::new(None, target, Variants::default());
    let told = Told::default();
    let mut watch = Watch::new(&reader, true, Duration::from_secs(30), &told);
    watch.stream_link = Some(LinkState::Live);
    watch.streamed.take(Update::Whole(Some(config(1, true))));
    let stored = Arc::new(Flag::of_stream(&config(2, false), None));
    watch.tell_stored(&stored).await;
    assert!(told.last().doubts.is_empty(), "it may be under way: {:?}", told.last());
    assert!(watch.due <= Instant::now() + PUSHED_WITHIN, "it is looked at again in time");
    tokio::time::advance(PUSHED_WITHIN).await;
    watch.tell_stored(&stored).await;
    assert!(told.last().doubts[0].as_str().contains("SDKs are not sent what is stored"), "{:?}", told.last());
    watch.streamed.take(Update::Changed(config(2, false)));
    watch.tell_stored(&stored).await;
    assert!(told.last().doubts.is_empty(), "{:?}", told.last());
}
