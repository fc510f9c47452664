//! Subscriptions against a server that makes mistakes, dies or falls silent.

use std::time::Duration;

use tokio::time::Instant;
use tokio_tungstenite::tungstenite::Message;

use super::fake::{Fake, flag_frame, next, timing, until};
use crate::feed::stream::Stream;
use crate::feed::{FromClient, Timing};

#[tokio::test]
async fn a_snapshot_and_then_changes_arrive_in_order_and_once() {
    let fake = Fake::start(timing()).await;
    let mut link = fake.link();
    let server = async {
        let (mut peer, hello) = fake.greet("a").await;
        assert_eq!(hello.resume, None);
        peer.snapshot(4, 40).await;
        for seq in [5, 5, 4, 6] {
            peer.flag(seq, seq * 10).await;
        }
        peer.linger().await;
    };
    let client = async {
        let seen = until(&mut link, "flag 60").await;
        let expected = [
            "Connecting",
            "hello a",
            "Live",
            "flag 40",
            "resynced 1",
            "flag 50",
            "problem 1: stream flag/f repeats 5",
            "flag 60",
        ];
        assert_eq!(seen, expected);
        drop(link);
    };
    tokio::join!(server, client);
}

#[tokio::test]
async fn a_gap_is_asked_for_and_what_came_after_it_is_not_held_back() {
    let fake = Fake::start(timing()).await;
    let mut link = fake.link();
    let server = async {
        let (mut peer, _) = fake.greet("a").await;
        peer.snapshot(1, 10).await;
        peer.flag(3, 30).await;
        let FromClient::Resync(resync) = peer.hear().await else { panic!("a resync") };
        assert_eq!(resync.streams.iter().map(Stream::to_string).collect::<Vec<_>>(), ["flag/f"]);
        peer.snapshot(3, 30).await;
        peer.flag(4, 40).await;
        peer.linger().await;
    };
    let client = async {
        until(&mut link, "resynced").await;
        let seen = until(&mut link, "flag 40").await;
        assert_eq!(
            seen,
            ["flag 30", "problem 1: a gap in stream flag/f before 3", "flag 30", "resynced 1", "flag 40"]
        );
        drop(link);
    };
    tokio::join!(server, client);
}

#[tokio::test]
async fn a_lost_connection_resumes_and_a_new_epoch_starts_again() {
    let fake = Fake::start(timing()).await;
    let mut link = fake.link();
    let server = async {
        let (mut peer, _) = fake.greet("a").await;
        peer.snapshot(7, 70).await;
        drop(peer);
        let (mut peer, hello) = fake.greet("a").await;
        let resume = hello.resume.expect("a resume point");
        assert_eq!((resume.epoch.as_str(), resume.seq.values().copied().collect()), ("a", vec![7]));
        peer.flag(8, 80).await;
        peer.say(r#"{"kind":"bye","reason":"restart"}"#).await;
        let (mut peer, _) = fake.greet("b").await;
        peer.snapshot(1, 81).await;
        peer.linger().await;
    };
    let client = async {
        until(&mut link, "Retrying").await;
        let seen = until(&mut link, "Retrying").await;
        assert_eq!(seen[..3], ["hello a", "Live", "flag 80"]);
        assert!(seen[3].contains("restart"), "{seen:?}");
        assert_eq!(until(&mut link, "resynced").await, ["hello b", "Live", "flag 81", "resynced 1"]);
        drop(link);
    };
    tokio::join!(server, client);
}

#[tokio::test]
async fn nonsense_is_told_once_for_each_kind_and_ends_nothing() {
    let fake = Fake::start(timing()).await;
    let mut link = fake.link();
    let server = async {
        let (mut peer, _) = fake.greet("a").await;
        peer.snapshot(1, 10).await;
        for round in 0..3 {
            peer.raw(Message::binary(vec![1, 2, 3])).await;
            peer.say("{not json").await;
            peer.say(r#"{"kind":"from-the-future"}"#).await;
            peer.say(&flag_frame(2, 20).replace("\"eu\":5", "\"eu\":150")).await;
            peer.say(&flag_frame(2, 20).replace("\"eu\":5", "\"eu\":\"5\"")).await;
            peer.say(r#"{"kind":"counters","seq":1,"at_ms":0,"metric":"m","segment":"s","treatment":{"units":NaN,"bad":0}}"#).await;
            peer.say(&flag_frame(2 + round, 20 + round).replacen('{', r#"{"colour":"red","#, 1)).await;
        }
        peer.flag(5, 99).await;
        peer.linger().await;
    };
    let client = async {
        until(&mut link, "resynced").await;
        let seen = until(&mut link, "flag 99").await;
        let problems: Vec<_> = seen.iter().filter(|line| line.starts_with("problem")).collect();
        let words = ["binary", "not a JSON", "from-the-future", "150", "bad \"counters\"", "do not know"];
        assert_eq!(problems.len(), words.len(), "{problems:#?}");
        for (problem, word) in problems.iter().zip(words) {
            assert!(problem.starts_with("problem 1: ") && problem.contains(word), "{problem}: {word}");
        }
        let flags: Vec<_> = seen.iter().filter(|line| line.starts_with("flag")).collect();
        assert_eq!(flags, ["flag 20", "flag 21", "flag 22", "flag 99"]);
        assert_eq!(link.problems().count(crate::feed::Fault::Binary), 3);
        drop(link);
    };
    tokio::join!(server, client);
}

#[tokio::test]
async fn an_oversized_frame_costs_the_connection_and_is_not_asked_for_again() {
    let fake = Fake::start(timing()).await;
    let mut link = fake.link();
    let server = async {
        let (mut peer, _) = fake.greet("a").await;
        peer.snapshot(1, 10).await;
        peer.say(&format!("{}{}", flag_frame(2, 20), " ".repeat(crate::feed::MAX_FRAME))).await;
        let (mut peer, hello) = fake.greet("a").await;
        assert_eq!(hello.resume, None);
        peer.snapshot(3, 30).await;
        peer.linger().await;
    };
    let client = async {
        let seen = until(&mut link, "flag 30").await;
        assert!(
            seen.iter().any(|line| line.starts_with("problem 1: ") && line.contains("1048576")),
            "{seen:?}"
        );
        assert!(seen.iter().any(|line| line.starts_with("Retrying")), "{seen:?}");
        drop(link);
    };
    tokio::join!(server, client);
}

#[tokio::test]
async fn another_protocol_version_is_final_and_says_so() {
    for hello in [
        r#"{"kind":"hello","protocol":2,"server":"new","epoch":"a","capabilities":{"set":true,"kill":"flag"},"time_ms":0}"#,
        r#"{"kind":"hello","protocol":2,"everything":"else is different"}"#,
        r#"{"kind":"error","code":"unsupported-protocol","message":"only protocol 2"}"#,
    ] {
        let fake = Fake::start(timing()).await;
        let mut link = fake.link();
        let server = async {
            let mut peer = fake.accept().await;
            peer.hear().await;
            peer.say(hello).await;
            peer.linger().await;
        };
        let client = async {
            let seen = until(&mut link, "Failed").await;
            assert!(seen.last().is_some_and(|last| last.contains("protocol 2")), "{seen:?}");
            assert_eq!(next(&mut link).await, "end");
            drop(link);
        };
        tokio::join!(server, client);
    }
}

#[tokio::test]
async fn a_half_open_connection_is_noticed_although_nothing_closes_it() {
    let short =
        Timing { ping_every: Duration::from_millis(40), dead_after: Duration::from_millis(200), ..timing() };
    let fake = Fake::start(short).await;
    let mut link = fake.link();
    let server = async {
        let (mut peer, _) = fake.greet("a").await;
        peer.snapshot(1, 10).await;
        // Alive for longer than the limit, with pongs alone; then as if the power had gone.
        let _ = tokio::time::timeout(Duration::from_millis(500), peer.hear()).await;
        let (next, _) = fake.greet("a").await;
        drop(peer);
        next.linger().await;
    };
    let client = async {
        let start = Instant::now();
        let seen = until(&mut link, "Retrying").await;
        assert!(seen.last().is_some_and(|last| last.contains("silent for 200 ms")), "{seen:?}");
        assert!(start.elapsed() >= Duration::from_millis(500), "pongs are a sign of life");
        until(&mut link, "Live").await;
        drop(link);
    };
    tokio::join!(server, client);
}

#[tokio::test]
async fn a_snapshot_that_never_comes_is_not_waited_for() {
    let fake = Fake::start(Timing { snapshot: Duration::from_millis(100), ..timing() }).await;
    let mut link = fake.link();
    let server = async {
        let (peer, _) = fake.greet("a").await;
        let (mut again, _) = fake.greet("a").await;
        drop(peer);
        again.snapshot(1, 10).await;
        again.linger().await;
    };
    let client = async {
        let seen = until(&mut link, "flag 10").await;
        assert!(seen.iter().any(|line| line.contains("did not complete its snapshot")), "{seen:?}");
        drop(link);
    };
    tokio::join!(server, client);
}

#[tokio::test]
async fn nobody_there_is_retried_for_ever() {
    let fake = Fake::start(timing()).await;
    let mut link = fake.link();
    drop(fake);
    for _ in 0..5 {
        let seen = until(&mut link, "Retrying").await;
        assert!(seen.last().is_some_and(|last| last.contains("cannot reach ws://127.0.0.1")), "{seen:?}");
    }
}
