//! Both sides together: the hub's clients over real sockets.

use std::sync::Arc;

use secrecy::SecretString;
use tokio::net::TcpListener;

use super::fake::{flag, next, timing, until};
use crate::domain::{
    Actor, ByArm, Counts, KillScope, MetricName, Percent, Sample, SampleValue, SegmentName, Text, Timestamp,
    Version,
};
use crate::feed::message::{Code, Set, State};
use crate::feed::stream::{OpaqueId, Stream};
use crate::feed::{
    Access, Answer, Control, Endpoint, FromServer, Hub, Incoming, Link, Log, Settings, Want, look,
};
use crate::net::SecretSource;

struct Served {
    hub: Arc<Hub>,
    address: String,
}

fn segment(name: &str) -> SegmentName {
    SegmentName::new(name).expect("name")
}

fn open() -> Access {
    Access { token: None, may_set: true }
}

async fn serve(access: Access) -> Served {
    let mut log = Log::new(OpaqueId::new("e").expect("id"), Text::new("hub"), KillScope::Segment);
    log.publish_state(State {
        flag: flag(),
        version: Version(1),
        on: true,
        shares: [(segment("eu"), Percent::from_ppm(250_000)), (segment("us"), Percent::ZERO)].into(),
        by: None,
        changed_at_ms: None,
        reason: None,
    });
    let hub = Arc::new(Hub::new(log, || Timestamp(77)));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("listener");
    let address = format!("ws://{}", listener.local_addr().expect("address"));
    let shared = Arc::clone(&hub);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (hub, access) = (Arc::clone(&shared), access.clone());
            tokio::spawn(async move { hub.serve(stream, &access).await });
        }
    });
    Served { hub, address }
}

impl Served {
    fn endpoint(&self, token: Option<SecretSource>) -> Endpoint {
        let settings = Settings { url: self.address.parse().expect("url"), token, ca_file: None };
        Endpoint::new(settings, timing()).expect("endpoint")
    }
}

fn set(id: &str, share: u32, expected: Option<u64>) -> Set {
    Set {
        id: OpaqueId::new(id).expect("id"),
        flag: flag(),
        shares: [(segment("eu"), Percent::from_ppm(share))].into(),
        on: None,
        expected_version: expected.map(Version),
        actor: Actor::Person(Text::new("ada")),
        reason: Text::new("why"),
    }
}

async fn ask(control: &Control, set: &Set) -> Result<u64, Code> {
    match control.request(set, std::time::Duration::from_secs(10)).await.expect("an answer") {
        Answer::Ack(ack) => Ok(ack.flag.version.0),
        Answer::Refused(refused) => Err(refused.code),
    }
}

#[tokio::test]
async fn a_set_is_stored_once_and_seen_by_a_watcher() {
    let served = serve(open()).await;
    let mut link = Link::new(served.endpoint(None), Want::flag(flag()));
    assert_eq!(
        until(&mut link, "resynced").await.last_chunk(),
        Some(&["flag 1".to_owned(), "resynced 1".to_owned()])
    );
    let control = Control::new(served.endpoint(None));
    let widen = set("w1", 500_000, Some(1));
    assert_eq!(ask(&control, &widen).await, Ok(2));
    assert_eq!(ask(&control, &widen).await, Ok(2), "the same id again");
    assert_eq!(next(&mut link).await, "flag 2");
    assert_eq!(ask(&control, &set("k1", 0, None)).await, Ok(3));
    assert_eq!(next(&mut link).await, "flag 3");
    let stored = served.hub.with(|log| log.state(&flag()).cloned()).expect("state");
    assert_eq!(
        (stored.changed_at_ms, stored.by),
        (Some(Timestamp(77)), Some(Actor::Person(Text::new("ada"))))
    );
}

#[tokio::test]
async fn what_must_not_be_stored_is_refused_with_its_code() {
    let served = serve(open()).await;
    let control = Control::new(served.endpoint(None));
    let elsewhere = Set { flag: crate::domain::FlagKey::new("g").expect("name"), ..set("a", 0, None) };
    let nowhere = Set { shares: [(segment("mars"), Percent::ZERO)].into(), ..set("b", 0, None) };
    let nothing = Set { shares: [].into(), ..set("c", 0, None) };
    for (set, code) in [
        (elsewhere, Code::UnknownFlag),
        (nowhere, Code::UnknownSegment),
        (nothing, Code::BadShare),
        (set("d", 500_000, Some(0)), Code::StaleVersion),
        (set("e", 500_000, None), Code::StaleVersion),
    ] {
        assert_eq!(ask(&control, &set).await, Err(code), "{}", set.id);
    }
    assert_eq!(served.hub.with(|log| log.last(&Stream::Flag(flag()))), 1, "nothing was stored");
    let look_only = serve(Access { may_set: false, ..open() }).await;
    let control = Control::new(look_only.endpoint(None));
    assert_eq!(ask(&control, &set("f", 0, None)).await, Err(Code::ReadOnly));
}

#[tokio::test]
async fn switching_on_again_needs_the_version_even_if_no_share_grows() {
    let served = serve(open()).await;
    let control = Control::new(served.endpoint(None));
    let switch = |id, on, expected| Set { shares: [].into(), on: Some(on), ..set(id, 0, expected) };
    assert_eq!(ask(&control, &switch("off", false, None)).await, Ok(2));
    assert_eq!(ask(&control, &switch("on", true, None)).await, Err(Code::StaleVersion));
    // A share stored while the flag is off would appear with the switch.
    assert_eq!(ask(&control, &set("up", 900_000, None)).await, Err(Code::StaleVersion));
    assert_eq!(ask(&control, &switch("on2", true, Some(2))).await, Ok(3));
}

#[tokio::test]
async fn a_token_is_needed_where_one_is_set() {
    let token = Some(SecretString::from("s3cret"));
    let served = serve(Access { token, may_set: true }).await;
    let file = tempfile::NamedTempFile::new().expect("file");
    for (content, good) in [("wrong", false), ("s3cret\n", true)] {
        std::fs::write(file.path(), content).expect("written");
        let endpoint = served.endpoint(Some(SecretSource::File(file.path().to_owned())));
        let mut link = Link::new(endpoint, Want::flag(flag()));
        if good {
            until(&mut link, "flag 1").await;
        } else {
            let seen = until(&mut link, "Failed").await;
            assert!(
                seen.last().is_some_and(|last| last.contains("401") && last.contains("check the token")),
                "{seen:?}"
            );
        }
    }
    let mut link = Link::new(served.endpoint(None), Want::flag(flag()));
    let seen = until(&mut link, "Failed").await;
    assert!(seen.last().is_some_and(|last| last.contains("a token is needed")), "{seen:?}");
}

#[tokio::test]
async fn a_page_in_a_browser_is_turned_away() {
    use tokio_tungstenite::tungstenite::{Error, client::IntoClientRequest, http::HeaderValue};
    let served = serve(open()).await;
    let mut request = served.address.as_str().into_client_request().expect("request");
    assert!(tokio_tungstenite::connect_async(request.clone()).await.is_ok());
    request.headers_mut().insert("origin", HeaderValue::from_static("https://evil.example"));
    let refused = tokio_tungstenite::connect_async(request).await;
    assert!(matches!(refused, Err(Error::Http(answer)) if answer.status() == 403));
}

fn sample(number: u32) -> Sample {
    let counts = Counts { units: f64::from(number), bad: 0.0 };
    Sample {
        metric: MetricName::new("errors").expect("name"),
        segment: segment(if number.is_multiple_of(2) { "eu" } else { "us" }),
        value: SampleValue::Counts(ByArm { treatment: Some(counts), control: None }),
    }
}

#[tokio::test]
async fn a_reader_who_was_passed_by_the_ring_gets_the_newest_of_each_series() {
    const MANY: u32 = 20_000;
    let served = serve(open()).await;
    let mut link = Link::new(served.endpoint(None), Want::samples());
    until(&mut link, "resynced").await;
    served.hub.publish(|log| {
        (1..=MANY).for_each(|number| assert!(log.publish_sample(Timestamp(1), sample(number))))
    });
    let mut newest = [0.0, 0.0];
    while newest != [f64::from(MANY), f64::from(MANY - 1)] {
        match link.next().await {
            Some(Incoming::Message(FromServer::Counters(counters))) => {
                let units = counters.treatment.map(|counts| counts.units).unwrap_or_default();
                newest[usize::from(counters.segment == segment("us"))] = units;
            }
            Some(Incoming::Resynced(_) | Incoming::Heard) => {}
            other => panic!("{other:?}"),
        }
    }
    let view = look(&served.endpoint(None), &Want::samples()).await.expect("a view");
    assert_eq!(view.messages.len(), 2);
}

#[tokio::test]
async fn one_look_shows_the_state_and_what_may_be_done() {
    let served = serve(open()).await;
    let unknown = crate::domain::FlagKey::new("g").expect("name");
    let view =
        look(&served.endpoint(None), &Want { flags: [flag(), unknown].into(), ..Want::default() }).await;
    let view = view.expect("a view");
    assert!(view.hello.capabilities.set);
    assert!(matches!(view.messages.as_slice(), [FromServer::Flag(state)] if state.version == Version(1)));
}
