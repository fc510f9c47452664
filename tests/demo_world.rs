//! The simulated world over real websockets, seen by the same clients as any other feed.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use gonogo::demo::{self, Scenario, ServeError, Served};
use gonogo::domain::{Actor, FlagKey, LinkState, Percent, SegmentName, Text, Timestamp, Version};
use gonogo::feed::message::{Ack, Code, Refused, Set};
use gonogo::feed::{
    Answer, Control, Endpoint, Fault, FromServer, Incoming, Link, OpaqueId, Settings, Timing, Want,
};
use gonogo::net::Backoff;
use secrecy::SecretString;
use tokio::time::{Instant, sleep, timeout};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

type Failure = Box<dyn std::error::Error>;

/// No wait of these tests is longer; all of them end as soon as what they wait for is there.
const DEADLINE: Duration = Duration::from_secs(20);

const LOOPBACK: ([u8; 4], u16) = ([127, 0, 0, 1], 0);

async fn world(acts: &str) -> Result<Served, Failure> {
    serve(acts, None).await
}

async fn serve(acts: &str, token: Option<SecretString>) -> Result<Served, Failure> {
    let text = format!(
        r#"
        title = "test"
        about = "a world for a test"
        seed = 1
        flag = "f"
        owner = "o"
        rude_texts = true
        plan = {{ stages = [{{ exposure = 25, bake = "5s", sample = 10 }}] }}
        guardrails = []
        acts = [{acts}]
        [[segments]]
        name = "eu"
        size = 1000
        users_per_s = 500
        errors = 0.01
        median_ms = 100
        spread = 0.5
        feedback_per_s = 20
        happy = 0.5
        "#
    );
    let scenario = Scenario::parse("test", &text)?;
    Ok(demo::serve(LOOPBACK.into(), &scenario, scenario.seed, token, Timestamp(1_700_000_000_000)).await?)
}

fn endpoint(url: &str) -> Result<Endpoint, Failure> {
    let timing = Timing {
        handshake: Duration::from_secs(2),
        ping_every: Duration::from_millis(100),
        dead_after: Duration::from_millis(500),
        snapshot: Duration::from_secs(5),
        answer: Duration::from_secs(1),
        backoff: Backoff::new(Duration::from_millis(50), Duration::from_millis(100), Duration::from_secs(1)),
    };
    Ok(Endpoint::new(Settings { url: url.parse()?, token: None, ca_file: None }, timing)?)
}

fn everything() -> Result<Want, Failure> {
    Ok(Want { flags: [FlagKey::new("f")?].into(), samples: true, feedback: true })
}

fn set(id: &str, percent: f64, seen: Option<u64>) -> Result<Set, Failure> {
    Ok(Set {
        id: OpaqueId::new(id)?,
        flag: FlagKey::new("f")?,
        shares: [(SegmentName::new("eu")?, Percent::new(percent)?)].into(),
        on: None,
        expected_version: seen.map(Version),
        actor: Actor::Person(Text::new("me@here")),
        reason: Text::new("test"),
    })
}

async fn ack(control: &Control, set: &Set) -> Result<Ack, Failure> {
    match control.request(set, DEADLINE).await? {
        Answer::Ack(ack) => Ok(ack),
        Answer::Refused(refused) => Err(format!("{refused:?}").into()),
    }
}

async fn refused(control: &Control, set: &Set) -> Result<Refused, Failure> {
    match control.request(set, DEADLINE).await? {
        Answer::Refused(refused) => Ok(refused),
        Answer::Ack(ack) => Err(format!("{ack:?}").into()),
    }
}

/// Waits until the world from inside is as it should be.
async fn until(served: &Served, is_so: impl Fn(&demo::Snapshot) -> bool) -> Result<(), Failure> {
    let deadline = Instant::now() + DEADLINE;
    while !is_so(&served.state()) {
        if Instant::now() > deadline {
            return Err(format!("the world never got there: {:?}", served.state()).into());
        }
        sleep(Duration::from_millis(10)).await;
    }
    Ok(())
}

fn eu(state: &demo::Snapshot) -> demo::Getting {
    state.getting.values().next().copied().unwrap_or_default()
}

/// Reads a link up to the first thing that is looked for.
async fn read_to<T>(link: &mut Link, find: impl Fn(&Incoming) -> Option<T>) -> Result<T, Failure> {
    let reading = async {
        loop {
            let incoming = link.next().await.ok_or("the link gave up")?;
            if let Some(found) = find(&incoming) {
                return Ok(found);
            }
        }
    };
    timeout(DEADLINE, reading).await.map_err(|_| "not seen in time")?
}

fn is_live(incoming: &Incoming) -> Option<()> {
    matches!(incoming, Incoming::Link(LinkState::Live)).then_some(())
}

fn is_retrying(incoming: &Incoming) -> Option<()> {
    matches!(incoming, Incoming::Link(LinkState::Retrying { .. })).then_some(())
}

#[tokio::test]
async fn a_set_over_the_wire_changes_what_users_get() -> Result<(), Failure> {
    let served = world("").await?;
    let control = Control::new(endpoint(&served.url())?);
    let stored = ack(&control, &set("a", 50.0, Some(1))?).await?.flag;
    assert_eq!(stored.version, Version(2));
    assert_eq!(served.state().stored, Some(stored));
    until(&served, |state| eu(state).share == Percent::from_ppm(500_000) && eu(state).with_feature > 5)
        .await?;

    let off = Set { on: Some(false), shares: BTreeMap::new(), ..set("b", 0.0, None)? };
    assert!(!ack(&control, &off).await?.flag.on);
    until(&served, |state| eu(state).share.is_zero() && eu(state).users > 0).await?;
    let ever = eu(&served.state()).with_feature_ever;
    let users = eu(&served.state()).users_ever;
    until(&served, |state| eu(state).users_ever > users + 200).await?;
    assert_eq!(eu(&served.state()).with_feature_ever, ever);
    Ok(())
}

#[tokio::test]
async fn an_old_version_is_refused_with_the_present_state() -> Result<(), Failure> {
    let served = world("").await?;
    let control = Control::new(endpoint(&served.url())?);
    ack(&control, &set("a", 50.0, Some(1))?).await?;
    let refused = refused(&control, &set("b", 100.0, Some(1))?).await?;
    assert_eq!(refused.code, Code::StaleVersion);
    assert_eq!(refused.flag, served.state().stored);
    Ok(())
}

#[tokio::test]
async fn the_same_id_is_stored_once() -> Result<(), Failure> {
    let served = world("").await?;
    let control = Control::new(endpoint(&served.url())?);
    let first = ack(&control, &set("a", 50.0, Some(1))?).await?;
    let again = ack(&control, &set("a", 50.0, Some(1))?).await?;
    assert_eq!(first, again);
    assert_eq!(served.state().stored.map(|state| state.version), Some(Version(2)));
    Ok(())
}

#[tokio::test]
async fn two_clients_see_the_same() -> Result<(), Failure> {
    let served = world(
        r#"{ at = "1500ms", do = { kind = "set", actor = "captain", shares = { eu = 25 }, reason = "r" } }"#,
    )
    .await?;
    let see = async |url: String| -> Result<BTreeMap<String, FromServer>, Failure> {
        let mut link = Link::new(endpoint(&url)?, everything()?);
        let mut seen = BTreeMap::new();
        read_to(&mut link, is_live).await?;
        loop {
            let message = read_to(&mut link, |incoming| match incoming {
                Incoming::Message(message) => Some(message.clone()),
                _ => None,
            });
            let message = message.await?;
            if let Some((stream, seq)) = message.position() {
                seen.insert(format!("{stream} {seq}"), message.clone());
            }
            if matches!(&message, FromServer::Flag(flag) if flag.version == Version(2)) {
                return Ok(seen);
            }
        }
    };
    let (one, two) = tokio::try_join!(see(served.url()), see(served.url()))?;
    let shared: Vec<_> = one.keys().filter(|key| two.contains_key(*key)).collect();
    assert!(shared.len() > 6, "{shared:?}");
    for key in shared {
        assert_eq!(one.get(key), two.get(key));
    }
    Ok(())
}

#[tokio::test]
async fn a_half_open_connection_is_noticed_and_a_new_one_works() -> Result<(), Failure> {
    let served = world(r#"{ at = "700ms", do = { kind = "half-open" } }"#).await?;
    let mut link = Link::new(endpoint(&served.url())?, everything()?);
    read_to(&mut link, is_live).await?;
    read_to(&mut link, is_retrying).await?;
    let noticed = served.state().elapsed;
    // 0.7 s of health, 0.5 s of silence until the client gives it up; the rest is a slow machine.
    assert!(noticed >= Duration::from_millis(1100), "{noticed:?}: cut, not half-open");
    read_to(&mut link, is_live).await?;
    read_to(&mut link, |incoming| matches!(incoming, Incoming::Message(_)).then_some(())).await?;
    // The silent connection is still held open beside the new one.
    assert_eq!(served.state().clients, 2);
    Ok(())
}

#[tokio::test]
async fn a_dropped_client_is_refused_for_a_while_and_then_resumes_without_a_gap() -> Result<(), Failure> {
    let served = world(
        r#"{ at = "700ms", do = { kind = "refuse", for = "1s" } }, { at = "700ms", do = { kind = "drop" } }"#,
    )
    .await?;
    let mut link = Link::new(endpoint(&served.url())?, Want::feedback());
    read_to(&mut link, |incoming| matches!(incoming, Incoming::Resynced(_)).then_some(())).await?;
    read_to(&mut link, is_retrying).await?;
    read_to(&mut link, is_live).await?;
    assert!(served.state().elapsed >= Duration::from_millis(1700));
    // What was said meanwhile comes from the log: no snapshot, no gap.
    let next = read_to(&mut link, |incoming| match incoming {
        Incoming::Resynced(_) => Some(false),
        Incoming::Message(_) => Some(true),
        _ => None,
    });
    assert!(next.await?, "a snapshot instead of a resumption");
    assert_eq!((link.problems().count(Fault::Gap), link.problems().count(Fault::Duplicate)), (0, 0));
    Ok(())
}

#[tokio::test]
async fn rude_bytes_are_on_the_wire_and_not_in_what_a_client_hands_on() -> Result<(), Failure> {
    let served = world("").await?;
    let (mut raw, _) = tokio_tungstenite::connect_async(served.url()).await?;
    let hello = r#"{"kind":"hello","protocol":1,"client":"raw","want":["feedback"],"resume":null}"#;
    raw.send(Message::text(hello)).await?;
    let rude = async {
        while let Some(Ok(frame)) = raw.next().await {
            if frame.to_text().is_ok_and(|text| text.contains("\\u001b")) {
                return true;
            }
        }
        false
    };
    assert!(timeout(DEADLINE, rude).await?);
    let mut link = Link::new(endpoint(&served.url())?, Want::feedback());
    let mut pieces = 0;
    while pieces < 40 {
        let text = read_to(&mut link, |incoming| match incoming {
            Incoming::Message(FromServer::Feedback(comment)) => Some(comment.text.clone()),
            _ => None,
        });
        let text = text.await?;
        assert!(!text.as_str().is_empty() && !text.as_str().chars().any(char::is_control), "{text:?}");
        pieces += 1;
    }
    Ok(())
}

#[tokio::test]
async fn others_may_reach_the_world_only_with_a_token() -> Result<(), Failure> {
    let scenario = demo::find("calm")?;
    let anywhere = SocketAddr::from(([0, 0, 0, 0], 0));
    let error = demo::serve(anywhere, &scenario, 1, None, Timestamp(0)).await.err();
    assert!(matches!(error, Some(ServeError::Exposed { .. })), "{error:?}");
    assert!(
        error.is_some_and(|error| error.to_string().contains("hint: put a token into GONOGO_FEED_TOKEN"))
    );

    let served = serve("", Some("right".into())).await?;
    let mut link = Link::new(endpoint(&served.url())?, everything()?);
    let failed = read_to(&mut link, |incoming| match incoming {
        Incoming::Link(LinkState::Failed { cause }) => Some(cause.clone()),
        _ => None,
    });
    assert!(failed.await?.as_str().contains("token"));
    Ok(())
}

#[tokio::test]
async fn a_web_page_cannot_steer_the_world() -> Result<(), Failure> {
    let served = world("").await?;
    let mut request = served.url().into_client_request()?;
    request.headers_mut().insert("origin", "http://localhost".parse()?);
    let answer = tokio_tungstenite::connect_async(request).await.err();
    assert!(answer.is_some_and(|error| error.to_string().contains("403")));
    Ok(())
}

#[tokio::test]
async fn after_the_shutdown_the_port_is_free_and_clients_are_gone() -> Result<(), Failure> {
    let served = world("").await?;
    let address = served.address();
    let mut link = Link::new(endpoint(&served.url())?, everything()?);
    read_to(&mut link, is_live).await?;
    served.shutdown().await;
    read_to(&mut link, is_retrying).await?;
    tokio::net::TcpListener::bind(address).await?;
    Ok(())
}
