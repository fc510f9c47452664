//! What must hold at every backend, each as one case.
//!
//! In: a [`World`]. Out: nothing, or why it does not hold. The law behind most of them: **confirmed** means that the
//! server has it, **refused** means that the server has what it had before, and whatever else comes back leaves a state
//! from which the same command goes through once the fault is gone.

use std::time::{Duration, Instant};

use gonogo::action::Verb;
use gonogo::backends::{Applied, BackendError};
use gonogo::domain::{LinkState, Pausing, Percent, SegmentName};
use gonogo::effect::Change;
use gonogo::event::Body;

use crate::proxy::Mode;
use crate::world::{Adapter, Failure, Stored, World, on, shares};

/// A kill that takes longer blocks the next attempt: what hangs is given up. Two requests over the Internet may take 8 s
/// (LaunchDarkly), a websocket's handshake and its answer 6 s (feed); the others give up sooner.
const GIVE_UP: Duration = Duration::from_secs(10);
/// How late each piece of an answer is at a slow server.
const LATE: Duration = Duration::from_millis(200);

/// The rows of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Case {
    Read,
    Widen,
    Pause,
    Resume,
    Kill,
    KillTwice,
    ConcurrentEdit,
    GoneMidWrite,
    Restart,
    Garbage,
    Slow,
    Status(u16),
    Deleted,
    Renamed,
}

/// All of them, in the table's order.
pub const CASES: [Case; 19] = [
    Case::Read,
    Case::Widen,
    Case::Pause,
    Case::Resume,
    Case::Kill,
    Case::KillTwice,
    Case::ConcurrentEdit,
    Case::GoneMidWrite,
    Case::Restart,
    Case::Garbage,
    Case::Slow,
    Case::Status(401),
    Case::Status(403),
    Case::Status(404),
    Case::Status(409),
    Case::Status(429),
    Case::Status(500),
    Case::Deleted,
    Case::Renamed,
];

impl Case {
    /// Its line in the table.
    pub fn title(self) -> String {
        match self {
            Self::Read => "read: switch and shares as they are stored".into(),
            Self::Widen => "widen: one segment, read back, the other untouched".into(),
            Self::Pause => "pause: what moves by itself stays where it is".into(),
            Self::Resume => "resume: on with exactly these shares".into(),
            Self::Kill => "kill: off, read back".into(),
            Self::KillTwice => "kill twice: the second changes nothing".into(),
            Self::ConcurrentEdit => "concurrent edit: refused with both versions; kill wins".into(),
            Self::GoneMidWrite => "server gone in the middle of a write: never called done, then done".into(),
            Self::Restart => "restart: told, found again, with what changed".into(),
            Self::Garbage => "garbage as an answer: told, nothing believed".into(),
            Self::Slow => "slow: done; silent: given up in time to try again".into(),
            Self::Status(status) => format!("{status}: told, nothing called done"),
            Self::Deleted => "flag deleted: told, and not made again".into(),
            Self::Renamed => "flag renamed: told, the other one untouched".into(),
        }
    }

    /// A word for the names of flags.
    fn word(self) -> String {
        match self {
            Self::Status(status) => format!("s{status}"),
            other => format!("{other:?}").to_lowercase(),
        }
    }
}

/// Runs one. `Ok(Some)`: why it makes no sense at this backend.
pub async fn run<W: World>(world: &W, case: Case) -> Result<Option<&'static str>, Failure> {
    if let Some(excuse) = world.excuse(case) {
        return Ok(Some(excuse));
    }
    if case == Case::Pause {
        return pause(world).await;
    }
    let flag = world.make(&case.word()).await;
    match case {
        Case::Read => read(world, &flag).await,
        Case::Widen => widen(world, &flag).await,
        Case::Resume => resume(world, &flag).await,
        Case::Kill => kill(world, &flag).await,
        Case::KillTwice => kill_twice(world, &flag).await,
        Case::ConcurrentEdit => concurrent_edit(world, &flag).await,
        Case::GoneMidWrite => gone_mid_write(world, &flag).await,
        Case::Restart => restart(world, &flag).await,
        Case::Garbage => garbage(world, &flag).await,
        Case::Slow => slow(world, &flag).await,
        Case::Status(status) => refuses(world, &flag, status).await,
        Case::Deleted => {
            world.delete(&flag).await;
            gone(world, &flag).await
        }
        Case::Renamed => renamed(world, &flag).await,
        Case::Pause => Ok(()),
    }?;
    Ok(None)
}

fn ensure(holds: bool, why: impl FnOnce() -> String) -> Result<(), Failure> {
    if holds { Ok(()) } else { Err(why().into()) }
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, got: &T, wanted: &T) -> Result<(), Failure> {
    ensure(got == wanted, || format!("{what}: {got:?}, not {wanted:?}"))
}

fn percent(of: f64) -> Percent {
    Percent::new(of).expect("a share")
}

fn free() -> SegmentName {
    SegmentName::new("free").expect("a name")
}

async fn stored<W: World>(world: &W, flag: &str) -> Result<Stored, Failure> {
    Ok(world.stored(flag).await.ok_or("the server has no such flag")?)
}

/// Whether the server has what a change asks for.
fn is_met(stored: &Stored, change: &Change) -> bool {
    match change {
        Change::Off => !stored.on,
        Change::Shares(wanted) | Change::On(wanted) => {
            (stored.on || matches!(change, Change::Shares(_)))
                && wanted.iter().all(|(name, share)| {
                    stored.share(name.as_str()).is_some_and(|has| (has - share.as_f64()).abs() < 0.001)
                })
        }
        Change::Freeze(_) | Change::Weights(_) => true,
    }
}

/// The law: what came back, and what the server has now.
async fn hold<W: World>(
    world: &W,
    flag: &str,
    before: &Stored,
    change: &Change,
    result: &Result<Applied, BackendError>,
) -> Result<(), Failure> {
    let now = stored(world, flag).await?;
    match result {
        Ok(applied) => {
            ensure(change.is_met_by(&applied.state), || format!("confirmed with {:?}", applied.state))?;
            ensure(is_met(&now, change), || format!("confirmed {change:?}, but the server has {now:?}"))
        }
        Err(BackendError::Refused { .. }) => same("refused, so the server has", &now, before),
        Err(BackendError::Settings { cause }) => Err(format!("the settings cannot work: {cause}").into()),
        Err(BackendError::Lost { .. } | BackendError::NotMet { .. } | BackendError::Stored { .. }) => Ok(()),
    }
}

/// An error for people: what, where, and why.
fn tells(flag: &str, error: &BackendError, hint: bool) -> Result<(), Failure> {
    let words = error.to_string();
    ensure(words.starts_with("cannot "), || format!("does not say what it cannot do: {words}"))?;
    ensure(words.contains(flag) && words.contains("web"), || format!("does not say where: {words}"))?;
    ensure(!hint || words.contains("hint: "), || format!("no hint: {words}"))
}

async fn read<W: World>(world: &W, flag: &str) -> Result<(), Failure> {
    same("made", &stored(world, flag).await?, &Stored::of(true, &[("free", 10.0), ("eu", 20.0)]))?;
    let state = world.adapter(flag)?.read().await?;
    ensure(state.on, || "read as off".into())?;
    same("shares", &state.shares.values().copied().collect::<Vec<_>>(), &vec![percent(20.0), percent(10.0)])?;
    same("doubts", &state.doubts, &vec![])
}

async fn widen<W: World>(world: &W, flag: &str) -> Result<(), Failure> {
    let adapter = world.adapter(flag)?;
    let before = adapter.read().await?;
    let applied = adapter.widen("free", 25.0).await?;
    same("read back", &applied.state.shares.get(&free()).copied(), &Some(percent(25.0)))?;
    ensure(applied.state.version > before.version, || {
        format!("{:?} after {:?}", applied.state.version, before.version)
    })?;
    same("stored", &stored(world, flag).await?, &Stored::of(true, &[("free", 25.0), ("eu", 20.0)]))?;
    same("read again", &adapter.read().await?.shares, &applied.state.shares)
}

async fn pause<W: World>(world: &W) -> Result<Option<&'static str>, Failure> {
    let Some(flag) = world.make_ramp("pause").await else {
        return Ok(Some("nothing moves by itself there; the cockpit holds"));
    };
    let adapter = world.adapter(&flag)?;
    let capabilities = adapter.0.capabilities();
    ensure(capabilities.pause == Pausing::Freezes, || "it has ramps, and does not say so".into())?;
    let before = adapter.read().await?;
    ensure(before.ramps.contains_key(&free()), || format!("the ramp is not seen: {before:?}"))?;
    let applied = adapter.apply(Verb::Pause, Change::Freeze([free()].into()), None).await?;
    ensure(!applied.state.ramps.contains_key(&free()), || format!("it still moves: {:?}", applied.state))?;
    let held = stored(world, &flag).await?.share("free").ok_or("the server says nothing of a fixed share")?;
    let (was, is) = (before.shares.get(&free()), applied.state.shares.get(&free()));
    ensure(is.is_some_and(|is| (is.as_f64() - held).abs() < 0.01), || {
        format!("{is:?} read back, {held} stored")
    })?;
    // The ramps of these tests take an hour for the way from 0 to 100 %.
    ensure(was.is_none_or(|was| (was.as_f64() - held).abs() < 2.0), || format!("was {was:?}, is {held}"))?;
    Ok(None)
}

async fn resume<W: World>(world: &W, flag: &str) -> Result<(), Failure> {
    let adapter = world.adapter(flag)?;
    adapter.kill().await?;
    let seen = adapter.read().await?.version;
    let applied = adapter.apply(Verb::Resume, on(&[("free", 5.0), ("eu", 0.0)]), Some(seen)).await?;
    ensure(applied.state.on, || "still off".into())?;
    same("stored", &stored(world, flag).await?, &Stored::of(true, &[("free", 5.0), ("eu", 0.0)]))
}

async fn kill<W: World>(world: &W, flag: &str) -> Result<(), Failure> {
    let adapter = world.adapter(flag)?;
    let applied = adapter.kill().await?;
    ensure(applied.state.is_off(), || format!("read back as {:?}", applied.state))?;
    ensure(!stored(world, flag).await?.on, || "the server has it on".into())?;
    ensure(adapter.read().await?.is_off(), || "read as on again".into())
}

async fn kill_twice<W: World>(world: &W, flag: &str) -> Result<(), Failure> {
    let adapter = world.adapter(flag)?;
    adapter.kill().await?;
    let after = stored(world, flag).await?;
    let second = adapter.kill().await?;
    ensure(second.state.is_off(), || format!("{:?}", second.state))?;
    same("stored", &stored(world, flag).await?, &after)
}

async fn concurrent_edit<W: World>(world: &W, flag: &str) -> Result<(), Failure> {
    let adapter = world.adapter(flag)?;
    let seen = adapter.read().await?;
    world.edit(flag, "free", 40.0).await;
    let result = adapter.apply(Verb::Widen, shares(&[("free", 25.0)]), Some(seen.version)).await;
    let Err(error @ BackendError::Refused { .. }) = &result else {
        return Err(format!("not refused: {result:?}").into());
    };
    tells(flag, error, false)?;
    let BackendError::Refused { state: Some(now), cause } = error else {
        return Err(format!("without what is there now: {error}").into());
    };
    same("what is there now", &now.shares.get(&free()).copied(), &Some(percent(40.0)))?;
    for version in [seen.version, now.version] {
        ensure(cause.as_str().contains(&version.to_string()), || {
            format!("version {version} is not named: {cause}")
        })?;
    }
    same("stored", &stored(world, flag).await?.share("free"), &Some(40.0))?;
    // Who stops does not care what it was.
    world.edit(flag, "free", 41.0).await;
    adapter.kill().await?;
    ensure(!stored(world, flag).await?.on, || "on".into())
}

async fn gone_mid_write<W: World>(world: &W, flag: &str) -> Result<(), Failure> {
    for (verb, change) in [(Verb::Widen, shares(&[("free", 25.0)])), (Verb::Kill, Change::Off)] {
        let adapter = world.adapter(flag)?;
        let before = stored(world, flag).await?;
        let seen = adapter.read().await?.version;
        world.break_writes().await;
        let result = adapter.apply(verb, change.clone(), (verb != Verb::Kill).then_some(seen)).await;
        world.mend().await;
        hold(world, flag, &before, &change, &result).await?;
        adapter.insist(verb, &change).await?;
        ensure(is_met(&stored(world, flag).await?, &change), || format!("{change:?} is not stored"))?;
    }
    Ok(())
}

async fn restart<W: World>(world: &W, flag: &str) -> Result<(), Failure> {
    let adapter = world.adapter(flag)?;
    let mut watched = adapter.watch();
    let is_live = |body: &Body| matches!(body, Body::Link { state: LinkState::Live, .. });
    watched.until("connected", is_live).await?;
    world.stop().await;
    watched
        .until(
            "told that it is gone",
            |body| matches!(body, Body::Link { state, .. } if *state != LinkState::Live),
        )
        .await?;
    let result = adapter.kill().await;
    ensure(!matches!(result, Ok(_) | Err(BackendError::Settings { .. })), || {
        format!("a kill at nobody: {result:?}")
    })?;
    world.start().await;
    watched.until("found again", is_live).await?;
    // The kill may have been stored where the server reads it now.
    adapter.insist(Verb::Resume, &on(&[("free", 10.0), ("eu", 20.0)])).await?;
    world.edit(flag, "free", 33.0).await;
    watched
        .until("what changed", |body| {
            matches!(body, Body::Flag { state, .. } if state.shares.get(&free()) == Some(&percent(33.0)))
        })
        .await?;
    Ok(())
}

async fn garbage<W: World>(world: &W, flag: &str) -> Result<(), Failure> {
    let adapter = world.adapter(flag)?;
    let before = stored(world, flag).await?;
    world.set(Mode::Garbage);
    let read = adapter.read().await;
    let result = adapter.kill().await;
    world.mend().await;
    match &read {
        Ok(state) => ensure(!state.doubts.is_empty(), || format!("believed: {state:?}"))?,
        Err(error) => {
            tells(flag, error, false)?;
            ensure(!error.to_string().contains('\u{1b}'), || "control characters are passed on".into())?;
        }
    }
    hold(world, flag, &before, &Change::Off, &result).await?;
    off_at_last(world, flag, &adapter).await
}

/// Once the fault is gone, the same kill goes through.
async fn off_at_last<W: World>(world: &W, flag: &str, adapter: &Adapter) -> Result<(), Failure> {
    adapter.insist(Verb::Kill, &Change::Off).await?;
    ensure(!stored(world, flag).await?.on, || "still on".into())
}

async fn slow<W: World>(world: &W, flag: &str) -> Result<(), Failure> {
    let adapter = world.adapter(flag)?;
    world.set(Mode::Slow(LATE));
    adapter.insist(Verb::Widen, &shares(&[("free", 25.0)])).await?;
    same("stored", &stored(world, flag).await?.share("free"), &Some(25.0))?;
    let before = stored(world, flag).await?;
    world.set(Mode::Hang);
    let began = Instant::now();
    let result = world.adapter(flag)?.kill().await;
    let took = began.elapsed();
    world.mend().await;
    ensure(took < GIVE_UP, || format!("given up only after {took:?}"))?;
    hold(world, flag, &before, &Change::Off, &result).await?;
    off_at_last(world, flag, &adapter).await
}

async fn refuses<W: World>(world: &W, flag: &str, status: u16) -> Result<(), Failure> {
    let adapter = world.adapter(flag)?;
    let seen = adapter.read().await?.version;
    let before = stored(world, flag).await?;
    world.http().iter().for_each(|way| way.set(Mode::Status(status)));
    let read = world.adapter(flag)?.read().await;
    let change = shares(&[("free", 25.0)]);
    let widened = adapter.apply(Verb::Widen, change.clone(), Some(seen)).await;
    hold(world, flag, &before, &change, &widened).await?;
    let before = stored(world, flag).await?;
    let began = Instant::now();
    let killed = adapter.kill().await;
    let took = began.elapsed();
    hold(world, flag, &before, &Change::Off, &killed).await?;
    world.mend().await;
    let Err(error) = &read else { return Err(format!("read: {read:?}").into()) };
    tells(flag, error, matches!(status, 401 | 403 | 404))?;
    for error in [widened.err(), killed.err()].iter().flatten() {
        tells(flag, error, false)?;
    }
    ensure(took < GIVE_UP, || format!("the kill took {took:?}"))?;
    off_at_last(world, flag, &adapter).await
}

/// A flag that the server no longer has.
async fn gone<W: World>(world: &W, flag: &str) -> Result<(), Failure> {
    let adapter = world.adapter(flag)?;
    let mut watched = adapter.watch();
    watched
        .until("told that the flag is gone", |body| match body {
            Body::Problem { .. } => true,
            Body::Link { state, .. } => {
                matches!(state, LinkState::Retrying { .. } | LinkState::Failed { .. })
            }
            Body::Flag { state, .. } => state.is_off() || !state.doubts.is_empty(),
            _ => false,
        })
        .await?;
    match adapter.read().await {
        Ok(state) => ensure(state.is_off() && !state.doubts.is_empty(), || format!("read as {state:?}"))?,
        Err(error) => tells(flag, &error, true)?,
    }
    if let Ok(applied) = adapter.kill().await {
        ensure(applied.state.is_off(), || format!("killed as {:?}", applied.state))?;
    }
    let widened =
        adapter.apply(Verb::Widen, shares(&[("free", 25.0)]), Some(gonogo::domain::Version(1))).await;
    ensure(widened.is_err(), || format!("widened what is not there: {widened:?}"))?;
    same("made again", &world.stored(flag).await.map(|stored| stored.on).unwrap_or_default(), &false)
}

async fn renamed<W: World>(world: &W, flag: &str) -> Result<(), Failure> {
    let to = format!("{flag}-b");
    world.rename(flag, &to).await;
    let other = stored(world, &to).await?;
    gone(world, flag).await?;
    same("the other one", &stored(world, &to).await?, &other)?;
    ensure(world.adapter(&to)?.read().await?.on, || "the other one is read as off".into())
}
