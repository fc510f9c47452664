//! The flag backend: what it sees, what it sets, and what it does when half of the network is gone.

use std::sync::Arc;
use std::time::Duration;

use gonogo::action::Verb;
use gonogo::backends::feed::Feed;
use gonogo::backends::{Backend, BackendError, Rights, Target};
use gonogo::domain::{Actor, FlagState, Percent, SegmentName, Source, SourceKind, Text, Version};
use gonogo::effect::{Change, Command, EffectId};
use gonogo::event::Body;
use gonogo::feed::{FromServer, OpaqueId};
use tokio::task::JoinHandle;

use super::Failure;
use super::seen::Seen;
use super::server::{Server, fast};

fn feed(server: &Server, rights: Rights) -> Result<Arc<Feed>, Failure> {
    let target = Target {
        platform: "web".parse()?,
        flag: "f".parse()?,
        segments: vec![("eu".parse()?, "eu".into()), ("free".parse()?, "tier-0".into())],
    };
    Ok(Arc::new(Feed::new(&server.settings()?, fast(), target, rights)?))
}

fn watch(feed: &Arc<Feed>) -> (Arc<Seen>, JoinHandle<()>) {
    let seen = Arc::new(Seen::default());
    let (feed, sink) = (Arc::clone(feed), Arc::clone(&seen));
    (seen, tokio::spawn(async move { feed.watch(&*sink).await }))
}

fn source() -> Source {
    Source::new(SourceKind::Flags, "web")
}

fn command(verb: Verb, change: Change, expected: Option<u64>) -> Result<Command, Failure> {
    Ok(Command {
        id: EffectId(7),
        verb,
        platform: "web".parse()?,
        change,
        expected: expected.map(Version),
        actor: Actor::Person(Text::new("ann@here")),
        reason: Some(Text::new("because")),
        evidence: None,
        part_of: None,
    })
}

fn share(segment: &str, percent: f64) -> Result<Change, Failure> {
    Ok(Change::Shares([(SegmentName::new(segment)?, Percent::new(percent)?)].into()))
}

fn state(body: &Body) -> Option<FlagState> {
    if let Body::Flag { state, .. } = body { Some(state.clone()) } else { None }
}

fn is_version(version: u64) -> impl Fn(&Body) -> Option<FlagState> {
    move |body| state(body).filter(|state| state.version == Version(version))
}

async fn apply(feed: &Feed, command: &Command) -> Result<FlagState, Failure> {
    let control = feed.control().ok_or("no control")?;
    Ok(control.apply(command).await?.state)
}

async fn refused(feed: &Feed, command: &Command) -> Result<(String, Option<FlagState>), Failure> {
    let control = feed.control().ok_or("no control")?;
    match control.apply(command).await {
        Err(BackendError::Refused { cause, state }) => Ok((cause.to_string(), state.map(|state| *state))),
        other => Err(format!("{other:?}").into()),
    }
}

/// Somebody else changes the flag at the server.
fn meanwhile(server: &Server, segment: &str, percent: f64) -> Result<(), Failure> {
    let (segment, share, id) =
        (SegmentName::new(segment)?, Percent::new(percent)?, OpaqueId::new("elsewhere")?);
    let flag = "f".parse()?;
    server.hub.publish(|log| -> Result<(), Failure> {
        let seen = log.state(&flag).map(|state| state.version);
        let set = gonogo::feed::message::Set {
            id,
            flag: flag.clone(),
            shares: [(segment, share)].into(),
            on: Some(true),
            expected_version: seen,
            actor: Actor::Person(Text::new("bob")),
            reason: Text::new("meanwhile"),
        };
        match log.apply(&set, gonogo::domain::Timestamp(1_700_000_000_000)) {
            FromServer::Ack(_) => Ok(()),
            other => Err(format!("{other:?}").into()),
        }
    })
}

const ANY: ([u8; 4], u16) = ([127, 0, 0, 1], 0);

#[tokio::test]
async fn a_set_is_acknowledged_and_the_watch_sees_it_in_our_names() -> Result<(), Failure> {
    let server = Server::start(ANY.into(), "a", 40, true).await?;
    let feed = feed(&server, Rights::ReadWrite)?;
    let (seen, task) = watch(&feed);
    let first = seen.wait(is_version(40)).await?;
    assert_eq!(first.shares.get(&SegmentName::new("free")?), Some(&Percent::new(20.0)?));
    assert_eq!(first.doubts, []);

    let stored = apply(&feed, &command(Verb::Widen, share("free", 50.0)?, Some(40))?).await?;
    assert_eq!(stored.version, Version(41));
    assert_eq!(stored.shares.get(&SegmentName::new("free")?), Some(&Percent::new(50.0)?));
    assert_eq!(stored.by, Some(Actor::Person(Text::new("ann@here"))));
    assert_eq!(seen.wait(is_version(41)).await?, stored);
    assert_eq!(feed.read().await?, stored);
    task.abort();
    Ok(())
}

#[tokio::test]
async fn off_and_on_are_one_set_each() -> Result<(), Failure> {
    let server = Server::start(ANY.into(), "a", 1, true).await?;
    let feed = feed(&server, Rights::ReadWrite)?;
    let off = apply(&feed, &command(Verb::Kill, Change::Off, None)?).await?;
    assert!(off.is_off() && off.version == Version(2));
    let Change::Shares(shares) = share("eu", 5.0)? else { return Err("shares".into()) };
    let on = apply(&feed, &command(Verb::Resume, Change::On(shares), Some(2))?).await?;
    assert!(on.on && on.version == Version(3), "one version more: no moment with other shares");
    assert_eq!(on.shares.get(&SegmentName::new("eu")?), Some(&Percent::new(5.0)?));
    Ok(())
}

#[tokio::test]
async fn an_old_version_is_refused_in_words_with_the_present_state() -> Result<(), Failure> {
    let server = Server::start(ANY.into(), "a", 40, true).await?;
    let feed = feed(&server, Rights::ReadWrite)?;
    meanwhile(&server, "eu", 30.0)?;
    let (cause, state) = refused(&feed, &command(Verb::Widen, share("eu", 50.0)?, Some(40))?).await?;
    assert_eq!(cause, "cannot widen f at web: version 41 by bob is newer than 40, which you saw");
    let state = state.ok_or("no state")?;
    assert_eq!(
        (state.version, state.shares.get(&SegmentName::new("eu")?)),
        (Version(41), Some(&Percent::new(30.0)?))
    );

    let (cause, _) = refused(&feed, &command(Verb::Widen, share("eu", 50.0)?, None)?).await?;
    assert!(cause.contains("must name the version"), "{cause}");
    let (cause, _) = refused(&feed, &command(Verb::Widen, share("asia", 50.0)?, Some(41))?).await?;
    assert!(cause.contains("no segment asia"), "{cause}");
    Ok(())
}

#[tokio::test]
async fn a_kill_goes_out_while_the_watch_is_down() -> Result<(), Failure> {
    let server = Server::start(ANY.into(), "a", 40, true).await?;
    let feed = feed(&server, Rights::ReadWrite)?;
    let (seen, task) = watch(&feed);
    seen.wait(is_version(40)).await?;
    server.until_open(2).await?;
    // Both sockets have said hello once the one that only sets has answered.
    apply(&feed, &command(Verb::Widen, share("eu", 11.0)?, Some(40))?).await?;
    seen.wait(is_version(41)).await?;
    server.until_open(2).await?;
    let before = seen.all().len();
    server.cut_the_subscription();
    seen.lost(before, &source()).await?;

    let killed = apply(&feed, &command(Verb::Kill, Change::Off, None)?).await?;
    assert!(killed.is_off());
    let after = seen.all();
    assert!(after.iter().skip(before).all(|body| state(body).is_none()), "the watch came back: {after:#?}");
    task.abort();
    Ok(())
}

#[tokio::test]
async fn a_kill_that_is_repeated_kills_again() -> Result<(), Failure> {
    let server = Server::start(ANY.into(), "a", 1, true).await?;
    let feed = feed(&server, Rights::ReadWrite)?;
    let kill = command(Verb::Kill, Change::Off, None)?;
    apply(&feed, &kill).await?;
    // A request that was given up arrives late.
    meanwhile(&server, "eu", 60.0)?;
    assert!(feed.read().await?.on);
    assert!(apply(&feed, &kill).await?.is_off());
    assert!(!feed.read().await?.on, "the server repeated its old answer");
    Ok(())
}

#[tokio::test]
async fn a_server_that_forgot_its_versions_is_still_followed() -> Result<(), Failure> {
    let server = Server::start(ANY.into(), "a", 40, true).await?;
    let address = server.address;
    let feed = feed(&server, Rights::ReadWrite)?;
    let (seen, task) = watch(&feed);
    seen.wait(is_version(40)).await?;
    let before = seen.all().len();
    server.stop().await;
    seen.lost(before, &source()).await?;

    let server = Server::start(address, "b", 1, true).await?;
    seen.live(before, &source()).await?;
    let fresh = seen.wait_after(before, state).await?;
    assert_eq!(fresh.version, Version(41), "newer than all that was seen");
    let stored = apply(&feed, &command(Verb::Widen, share("eu", 50.0)?, Some(41))?).await?;
    assert_eq!(stored.version, Version(42));
    let theirs = server.hub.with(|log| log.state(&"f".parse().ok()?).map(|state| state.version));
    assert_eq!(theirs, Some(Version(2)));
    let (cause, _) = refused(&feed, &command(Verb::Widen, share("eu", 60.0)?, Some(40 - 1))?).await?;
    assert!(cause.contains("started anew"), "{cause}");
    task.abort();
    Ok(())
}

#[tokio::test]
async fn a_quiet_flag_is_heard_and_a_lost_one_is_not() -> Result<(), Failure> {
    let server = Server::start(ANY.into(), "a", 40, true).await?;
    let feed = feed(&server, Rights::ReadOnly)?;
    let (seen, task) = watch(&feed);
    seen.wait(is_version(40)).await?;
    let is_heard = |body: &Body| (*body == Body::Heard(source())).then_some(());
    seen.wait(is_heard).await?;
    let before = seen.all().len();
    server.stop().await;
    seen.lost(before, &source()).await?;
    let lost = seen.all().len();
    // Several rounds of pings and attempts later there is still no sign of life.
    seen.wait_after(lost + 3, |body| matches!(body, Body::Link { .. }).then_some(())).await?;
    assert!(seen.all().iter().skip(lost).all(|body| is_heard(body).is_none()));
    task.abort();
    Ok(())
}

#[tokio::test]
async fn a_token_that_may_only_look_is_known_before_and_told_in_the_refusal() -> Result<(), Failure> {
    let server = Server::start(ANY.into(), "a", 40, false).await?;
    let feed = feed(&server, Rights::ReadWrite)?;
    assert_eq!(feed.may_write().await?, Some(false));
    let (seen, task) = watch(&feed);
    let problem = |body: &Body| match body {
        Body::Problem { problem, .. } => Some(problem.to_string()),
        _ => None,
    };
    assert!(seen.wait(problem).await?.contains("hint: use a token that may set"));
    let (cause, state) = refused(&feed, &command(Verb::Kill, Change::Off, None)?).await?;
    assert!(cause.starts_with("cannot kill f at web: ") && cause.contains("hint: use a token"), "{cause}");
    assert_eq!(state.map(|state| state.on), Some(true));
    task.abort();
    Ok(())
}

#[tokio::test]
async fn without_rights_there_is_nothing_to_set_with() -> Result<(), Failure> {
    let server = Server::start(ANY.into(), "a", 1, true).await?;
    assert!(feed(&server, Rights::ReadOnly)?.control().is_none());
    assert_eq!(feed(&server, Rights::ReadWrite)?.may_write().await?, Some(true));
    Ok(())
}

#[tokio::test]
async fn no_answer_is_lost_and_says_what_was_tried() -> Result<(), Failure> {
    let server = Server::start(ANY.into(), "a", 1, true).await?;
    let feed = feed(&server, Rights::ReadWrite)?;
    server.stop().await;
    let control = feed.control().ok_or("no control")?;
    let since = tokio::time::Instant::now();
    match control.apply(&command(Verb::Kill, Change::Off, None)?).await {
        Err(BackendError::Lost { cause }) => {
            assert!(cause.as_str().starts_with("cannot kill f at web: "), "{cause}")
        }
        other => return Err(format!("{other:?}").into()),
    }
    assert!(since.elapsed() < Duration::from_secs(3), "the runner gives it three seconds");
    Ok(())
}
