//! The subscription against a server on loopback that says what the test tells it to: good streams, garbage, silence,
//! a cut in the middle, huge lines, refusals.

use std::io;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::http::{Request, Response};
use futures_util::stream;
use secrecy::SecretString;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::*;
use crate::net::http::Auth;

const SECRET: &str = "s3cret-key";

type Piece = Result<Vec<u8>, io::Error>;
/// What to answer: a status, a content type, another header, the pieces of the body.
type Reply = (u16, &'static str, Option<(&'static str, &'static str)>, mpsc::Receiver<Piece>);

/// A server that answers each request by the next reply; without one it answers 503.
struct Server {
    replies: mpsc::Sender<Reply>,
    asked: Arc<Mutex<Vec<String>>>,
    url: String,
}

impl Server {
    async fn start() -> Self {
        let (replies, queue) = mpsc::channel::<Reply>(8);
        let asked = Arc::<Mutex<Vec<String>>>::default();
        let queue = Arc::new(tokio::sync::Mutex::new(queue));
        let log = Arc::clone(&asked);
        let app = Router::new().fallback(move |request: Request<Body>| {
            let (log, queue) = (Arc::clone(&log), Arc::clone(&queue));
            async move {
                let text = format!("{} {:?}", request.uri(), request.headers());
                log.lock().expect("log").push(text);
                let Ok((status, kind, header, pieces)) = queue.lock().await.try_recv() else {
                    return Response::builder().status(503).body(Body::empty()).expect("answer");
                };
                let pieces =
                    stream::unfold(pieces, |mut pieces| async { Some((pieces.recv().await?, pieces)) });
                let mut answer = Response::builder().status(status).header("content-type", kind);
                if let Some((name, value)) = header {
                    answer = answer.header(name, value);
                }
                answer.body(Body::from_stream(pieces)).expect("answer")
            }
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("port");
        let url = format!("http://{}", listener.local_addr().expect("address"));
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { replies, asked, url }
    }

    /// The next reply; its pieces are sent through what is returned.
    fn reply(&self, status: u16, kind: &'static str) -> mpsc::Sender<Piece> {
        self.reply_with(status, kind, None)
    }

    fn reply_with(
        &self,
        status: u16,
        kind: &'static str,
        header: Option<(&'static str, &'static str)>,
    ) -> mpsc::Sender<Piece> {
        let (pieces, body) = mpsc::channel(64);
        self.replies.try_send((status, kind, header, body)).expect("room");
        pieces
    }

    fn stream(&self) -> mpsc::Sender<Piece> {
        self.reply(200, "text/event-stream; charset=utf-8")
    }

    fn subscribe(&self, path: &str, options: Options) -> Subscription {
        Subscription::new(&Url::parse(&format!("{}{path}", self.url)).expect("url"), options).expect("set up")
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().expect("log").clone()
    }
}

fn quick() -> Options {
    let ms = Duration::from_millis;
    Options { backoff: Backoff::new(ms(1), ms(5), ms(60_000)), ..Options::default() }
}

async fn say(pieces: &mpsc::Sender<Piece>, text: impl AsRef<[u8]>) {
    pieces.send(Ok(text.as_ref().to_vec())).await.expect("somebody listens");
}

/// The next thing, signs of life left out.
async fn next(subscription: &mut Subscription) -> Incoming {
    let next = async {
        loop {
            match subscription.next().await {
                Incoming::Heard => {}
                other => return other,
            }
        }
    };
    timeout(Duration::from_secs(10), next).await.expect("something within 10 s")
}

async fn live(subscription: &mut Subscription) {
    while next(subscription).await != Incoming::Link(LinkState::Live) {}
}

async fn retrying(subscription: &mut Subscription) -> (String, Duration) {
    match next(subscription).await {
        Incoming::Link(LinkState::Retrying { cause, wait }) => (cause.as_str().to_owned(), wait.0),
        other => panic!("{other:?}"),
    }
}

fn event(name: &str, data: &str, id: Option<&str>) -> Incoming {
    Incoming::Event(Event { name: name.into(), data: data.into(), id: id.map(Into::into) })
}

#[tokio::test]
async fn events_come_in_order_whatever_pieces_they_come_in() {
    let server = Server::start().await;
    let pieces = server.stream();
    let mut subscription = server.subscribe("/all", quick());
    assert_eq!(subscription.next().await, Incoming::Link(LinkState::Connecting));
    assert_eq!(subscription.next().await, Incoming::Link(LinkState::Live));
    say(&pieces, "event: put\nda").await;
    say(&pieces, "ta: {}\n\nunknown: x\ndata: a\ndata: b\n\n").await;
    say(&pieces, "event: patch\r\ndata: {\"v\":2}\r\nid: 7\r\n\r\nid: 8\n\n").await;
    assert_eq!(next(&mut subscription).await, event("put", "{}", None));
    assert_eq!(next(&mut subscription).await, event("message", "a\nb", None));
    assert_eq!(next(&mut subscription).await, event("patch", "{\"v\":2}", Some("7")));
}

#[tokio::test]
async fn a_cut_in_the_middle_loses_half_an_event_and_resumes_behind_the_last_whole_one() {
    let server = Server::start().await;
    let (first, second) = (server.stream(), server.stream());
    let mut subscription = server.subscribe("/all", quick());
    live(&mut subscription).await;
    say(&first, "id: 41\ndata: whole\n\nid: 42\ndata: ha").await;
    assert_eq!(next(&mut subscription).await, event("message", "whole", Some("41")));
    first.send(Err(io::Error::other("cut"))).await.expect("sent");
    retrying(&mut subscription).await;
    live(&mut subscription).await;
    say(&second, "data: again\n\n").await;
    assert_eq!(next(&mut subscription).await, event("message", "again", None));
    let asked = server.asked();
    assert!(!asked[0].contains("last-event-id"), "{asked:?}");
    assert!(asked[1].contains("\"last-event-id\": \"41\""), "{asked:?}");
    assert!(asked.iter().all(|one| one.contains("\"accept\": \"text/event-stream\"")), "{asked:?}");
}

#[tokio::test]
async fn silence_is_noticed_and_comments_are_signs_of_life() {
    let server = Server::start().await;
    let pieces = server.stream();
    let limit = Duration::from_millis(300);
    let mut subscription = server.subscribe("/all", Options { silent_after: limit, ..quick() });
    live(&mut subscription).await;
    let since = Instant::now();
    let mut heard = 0;
    // Longer than the limit, but never silent for as long.
    while since.elapsed() < limit * 3 {
        say(&pieces, ":\n").await;
        assert_eq!(timeout(limit, subscription.next()).await, Ok(Incoming::Heard));
        heard += 1;
        tokio::time::sleep(limit / 10).await;
    }
    assert!(heard > 3, "{heard}");
    let since = Instant::now();
    let (cause, _) = retrying(&mut subscription).await;
    assert!(cause.contains("was silent for 300 ms"), "{cause}");
    assert!(since.elapsed() >= limit / 2, "{:?}", since.elapsed());
}

#[tokio::test]
async fn huge_lines_and_events_end_the_connection_and_say_the_limit() {
    let server = Server::start().await;
    let options = Options { max_line: 1000, max_event: 1500, ..quick() };
    let mut subscription = server.subscribe("/all", options);
    let line = format!("data: {}\n", "x".repeat(900));
    for (text, expected) in [
        (format!("data: {}", "x".repeat(1000)), "a line of more than 1000 bytes"),
        (line.repeat(2), "an event of more than 1500 bytes"),
    ] {
        let pieces = server.stream();
        live(&mut subscription).await;
        say(&pieces, text).await;
        let (cause, _) = retrying(&mut subscription).await;
        assert!(cause.contains(expected), "{cause}");
    }
}

#[tokio::test]
async fn garbage_ends_the_connection_and_never_the_subscription() {
    let server = Server::start().await;
    let mut subscription = server.subscribe("/all", quick());
    let pieces = server.stream();
    live(&mut subscription).await;
    say(&pieces, b"\x00\x01garbage\n\n:\xff\n\ndata: \xff\xfe\n\n").await;
    let (cause, _) = retrying(&mut subscription).await;
    assert!(cause.contains("no event stream"), "{cause}");
    let pieces = server.stream();
    live(&mut subscription).await;
    say(&pieces, "data: good\n\n").await;
    assert_eq!(next(&mut subscription).await, event("message", "good", None));
}

#[tokio::test]
async fn an_id_that_cannot_be_sent_back_is_a_problem_and_is_not_sent() {
    let server = Server::start().await;
    let mut subscription = server.subscribe("/all", quick());
    let pieces = server.stream();
    live(&mut subscription).await;
    say(&pieces, format!("id: {}\n\n", "x".repeat(MAX_ID + 1))).await;
    assert!(matches!(next(&mut subscription).await, Incoming::Problem(_)));
    say(&pieces, "id: a\u{7}b\ndata: used\n\n").await;
    assert_eq!(next(&mut subscription).await, event("message", "used", Some("a\u{7}b")));
    drop(pieces);
    let _second = server.stream();
    live(&mut subscription).await;
    assert!(!server.asked()[1].contains("last-event-id"), "{:?}", server.asked());
}

#[tokio::test]
async fn the_server_says_how_long_to_wait_at_least_and_not_longer_than_the_bound() {
    let server = Server::start().await;
    let mut subscription = server.subscribe("/all", quick());
    let pieces = server.stream();
    live(&mut subscription).await;
    say(&pieces, "retry: 70\n\n").await;
    drop(pieces);
    let (cause, wait) = retrying(&mut subscription).await;
    assert!(cause.contains("ended the event stream"), "{cause}");
    assert!(wait >= Duration::from_millis(70) && wait < Duration::from_millis(200), "{wait:?}");
    let pieces = server.stream();
    live(&mut subscription).await;
    say(&pieces, "retry: 999999999999\n\n").await;
    drop(pieces);
    let (_, wait) = retrying(&mut subscription).await;
    assert!(wait >= LONGEST_PAUSE && wait < LONGEST_PAUSE * 2, "{wait:?}");
}

#[tokio::test]
async fn a_busy_server_is_left_alone_for_as_long_as_it_wants() {
    let server = Server::start().await;
    let busy = server.reply_with(429, "text/plain", Some(("retry-after", "2")));
    let mut subscription = server.subscribe("/all", quick());
    assert_eq!(subscription.next().await, Incoming::Link(LinkState::Connecting));
    drop(busy);
    let (_, wait) = retrying(&mut subscription).await;
    assert!(wait >= Duration::from_secs(2), "{wait:?}");
    assert_eq!(subscription.last_status(), Some(429));
}

#[tokio::test]
async fn what_cannot_be_mended_is_told_once_and_found_again_when_somebody_mended_it() {
    for (status, kind, expected) in [
        (401, "text/plain", "answered 401"),
        (404, "text/plain", "answered 404"),
        (200, "text/html", "content type text/html"),
        (204, "text/event-stream", "answered 204"),
    ] {
        let server = Server::start().await;
        let mut subscription = server.subscribe("/all", quick());
        assert_eq!(subscription.next().await, Incoming::Link(LinkState::Connecting));
        drop(server.reply(status, kind));
        match subscription.next().await {
            Incoming::Link(LinkState::Failed { cause }) => {
                assert!(cause.as_str().contains(expected), "{cause}")
            }
            other => panic!("{other:?}"),
        }
        assert_eq!(subscription.last_status(), Some(status));
        drop(server.reply(status, kind));
        // Kept: the third answer is the stream.
        let _pieces = server.stream();
        for _ in 0..2 {
            // The first time it says nothing, because nothing is new.
            let said = timeout(Duration::from_millis(200), subscription.next()).await;
            assert!(said.is_err(), "{said:?}");
            tokio::time::pause();
            tokio::time::advance(AGAIN).await;
            tokio::time::resume();
        }
        assert_eq!(next(&mut subscription).await, Incoming::Link(LinkState::Live));
    }
}

#[tokio::test]
async fn a_reader_that_keeps_asking_anew_neither_loses_events_nor_holds_up_the_connection() {
    let server = Server::start().await;
    let pieces = server.stream();
    let mut subscription = server.subscribe("/all", quick());
    tokio::spawn(async move {
        for n in 0..50 {
            say(&pieces, "da").await;
            say(&pieces, format!("ta: {n}\n\n")).await;
        }
        std::future::pending::<()>().await;
    });
    let mut seen = Vec::new();
    let all = async {
        while seen.len() < 50 {
            // Dropped again and again, mostly before there is anything.
            if let Ok(Incoming::Event(event)) = timeout(Duration::from_micros(50), subscription.next()).await
            {
                seen.push(event.data);
            }
        }
    };
    timeout(Duration::from_secs(10), all).await.expect("all of them");
    assert_eq!(seen, (0..50).map(|n| n.to_string()).collect::<Vec<_>>());
    assert_eq!(server.asked().len(), 1);
}

#[tokio::test]
async fn a_key_in_the_query_a_header_or_the_path_is_never_shown() {
    let server = Server::start().await;
    let key = || SecretString::from(SECRET);
    let http = http::Options { auth: Some(Auth::Authorization(key())), ..http::Options::default() };
    let path = format!("/{SECRET}/all?apiKey={SECRET}-query");
    let mut subscription = server.subscribe(&path, Options { http, hide_path: true, ..quick() });
    let mut told = vec![format!("{subscription:?} {}", subscription.url())];
    for status in [401, 500, 200] {
        let body = server.reply(status, "text/plain");
        say(&body, format!("the key {SECRET} and {SECRET}-query are wrong")).await;
        drop(body);
        told.push(format!("{:?} {subscription:?}", subscription.next().await));
        told.push(format!("{:?}", subscription.next().await));
        subscription = server.subscribe(&path, subscription.options.clone());
    }
    assert!(!told.concat().contains(SECRET), "{told:#?}");
    assert!(told.concat().contains("are wrong"), "{told:#?}");
    let asked = server.asked();
    assert!(asked[0].contains(&path), "sent as it stands: {asked:?}");
}

#[tokio::test]
async fn a_redirect_to_another_server_is_refused_and_one_within_is_followed() {
    let (server, other) = (Server::start().await, Server::start().await);
    let _within = server.reply_with(307, "text/plain", Some(("location", "/there")));
    let _pieces = server.stream();
    let mut subscription = server.subscribe("/all", quick());
    live(&mut subscription).await;
    assert!(server.asked()[1].starts_with("/there"), "{:?}", server.asked());

    let away: &'static str = Box::leak(format!("{}/there", other.url).into_boxed_str());
    drop(server.reply_with(307, "text/plain", Some(("location", away))));
    let mut subscription = server.subscribe("/all", quick());
    assert_eq!(subscription.next().await, Incoming::Link(LinkState::Connecting));
    let said = subscription.next().await;
    assert!(matches!(said, Incoming::Link(LinkState::Failed { .. })), "{said:?}");
    assert!(other.asked().is_empty(), "{:?}", other.asked());
}
