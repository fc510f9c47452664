//! Requests on the control connection: lost answers, half-open connections, back-off.

use std::time::Duration;

use super::fake::{Fake, flag, timing};
use crate::domain::{Actor, Text};
use crate::feed::message::Set;
use crate::feed::stream::OpaqueId;
use crate::feed::{Answer, Control, Timing};
use crate::net::Backoff;

const WITHIN: Duration = Duration::from_secs(10);

fn kill(id: &str) -> Set {
    Set {
        id: OpaqueId::new(id).expect("id"),
        flag: flag(),
        shares: [].into(),
        on: Some(false),
        expected_version: None,
        actor: Actor::Autopilot,
        reason: Text::new("errors"),
    }
}

fn is_ack(answer: &Result<Answer, crate::feed::Lost>, id: &str) -> bool {
    matches!(answer, Ok(Answer::Ack(ack)) if ack.id.as_str() == id)
}

#[tokio::test]
async fn a_connection_that_closes_amid_a_set_is_replaced_and_the_id_stays() {
    let fake = Fake::start(timing()).await;
    let control = Control::new(fake.endpoint.clone());
    let set = kill("k1");
    let server = async {
        let (mut peer, hello) = fake.greet("a").await;
        assert!(hello.want.is_empty(), "a connection that only sets");
        let first = peer.hear_set().await;
        drop(peer);
        let (mut peer, _) = fake.greet("a").await;
        let second = peer.hear_set().await;
        assert_eq!((&first, &second), (&set, &set));
        peer.ack(&second).await;
        peer.linger().await;
    };
    let (_, answer) = tokio::join!(server, control.request(&set, WITHIN));
    assert!(is_ack(&answer, "k1"), "{answer:?}");
}

#[tokio::test]
async fn with_a_standing_connection_a_set_is_one_frame() {
    let fake = Fake::start(timing()).await;
    let control = Control::new(fake.endpoint.clone());
    let server = async {
        let (mut peer, _) = fake.greet("a").await;
        for _ in 0..2 {
            let set = peer.hear_set().await;
            peer.say(
                r#"{"kind":"ack","id":"another","flag":{"flag":"f","version":1,"on":true,"shares":{}}}"#,
            )
            .await;
            peer.ack(&set).await;
        }
        peer.linger().await;
    };
    let client = async {
        while control.standing().is_none() {
            tokio::task::yield_now().await;
        }
        for id in ["k1", "k2"] {
            let answer = control.request(&kill(id), WITHIN).await;
            assert!(is_ack(&answer, id), "{answer:?}");
        }
    };
    tokio::select! {
        () = client => {}
        () = control.run() => {}
        // The only connection that is ever accepted: a request that opened its own would hang.
        () = server => panic!("the standing connection closed"),
    }
}

#[tokio::test]
async fn a_standing_connection_that_does_not_answer_does_not_hold_up_a_kill() {
    let fake = Fake::start(Timing { answer: Duration::from_millis(50), ..timing() }).await;
    let control = Control::new(fake.endpoint.clone());
    let server = async {
        let (mut hung, _) = fake.greet("a").await;
        let first = hung.hear_set().await;
        let (mut peer, _) = fake.greet("a").await;
        let second = peer.hear_set().await;
        assert_eq!(first, second);
        peer.ack(&second).await;
        peer.linger().await;
        drop(hung);
    };
    let client = async {
        while control.standing().is_none() {
            tokio::task::yield_now().await;
        }
        control.request(&kill("k1"), WITHIN).await
    };
    let answer = tokio::select! {
        (answer, ()) = async { tokio::join!(client, server) } => answer,
        () = control.run() => panic!("run never ends"),
    };
    assert!(is_ack(&answer, "k1"), "{answer:?}");
}

#[tokio::test]
async fn a_kill_does_not_wait_for_the_back_off_of_the_standing_connection() {
    let hour = Duration::from_secs(3600);
    let fake = Fake::start(Timing { backoff: Backoff::new(hour, hour, hour), ..timing() }).await;
    let control = Control::new(fake.endpoint.clone());
    let (failed, has_failed) = tokio::sync::oneshot::channel();
    let server = async {
        drop(fake.tcp().await);
        let _ = failed.send(());
        let (mut peer, _) = fake.greet("a").await;
        let set = peer.hear_set().await;
        peer.ack(&set).await;
        peer.linger().await;
    };
    let client = async {
        has_failed.await.expect("the standing connection fails first");
        control.request(&kill("k1"), WITHIN).await
    };
    let answer = tokio::select! {
        (answer, ()) = async { tokio::join!(client, server) } => answer,
        () = control.run() => panic!("run never ends"),
    };
    assert!(is_ack(&answer, "k1"), "{answer:?}");
}

#[tokio::test]
async fn no_answer_in_time_is_not_an_answer() {
    let fake = Fake::start(timing()).await;
    let control = Control::new(fake.endpoint.clone());
    let server = async {
        let (mut peer, _) = fake.greet("a").await;
        peer.hear_set().await;
        peer.linger().await;
    };
    let set = kill("k1");
    let answer = tokio::select! {
        answer = control.request(&set, Duration::from_millis(100)) => answer,
        () = server => panic!("the client hung up first"),
    };
    assert!(answer.is_err_and(|lost| !lost.is_final && lost.cause.as_str().contains("in time")));
}
