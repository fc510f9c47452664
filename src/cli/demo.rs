//! `gonogo demo`: a simulated world on a real websocket, and the cockpit on it; or one of the recordings.

use std::collections::BTreeSet;
use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr};

use clap::Args;
use futures_util::future::join_all;
use secrecy::SecretString;

use super::open::{AutopilotMode, actor};
use super::record::RecordTo;
use super::replay::{self, Play};
use super::screen::{self, Look};
use super::{Exit, Failure, out, rollouts};
use crate::backends::Rights;
use crate::config::rollout_file;
use crate::demo::{self, Scenario, Served, scenario::DEFAULT};
use crate::recording::Player;
use crate::runtime::clock::Clock;
use crate::runtime::fleet::Fleet;
use crate::runtime::ledger::Forgetful;
use crate::runtime::replay::OF_DAYS;
use crate::runtime::session::{Session, Start};
use crate::term::{Signal, Signals};
use crate::ui::link::Links;

/// The variable with the token that clients of `--serve` must bring.
const TOKEN: &str = "GONOGO_FEED_TOKEN";

/// What `demo` takes.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  gonogo demo\n  gonogo demo outage --autopilot guard\n  \
    gonogo demo cold-cache --from '2026-11-18 08:30'\n  \
    gonogo demo calm --serve 127.0.0.1:7070 > rollout.toml &\n  gonogo watch rollout.toml")]
pub struct Arguments {
    /// The scenario to play, or the recording to replay; without it a three-minute story
    #[arg(value_name = "NAME")]
    name: Option<String>,
    /// List the scenarios and the recordings
    #[arg(long)]
    list: bool,
    /// Serve the world alone at this address and print the rollout file for it; several cockpits may attach
    #[arg(long, value_name = "ADDRESS", conflicts_with = "record")]
    serve: Option<SocketAddr>,
    /// Another world of the same scenario; the same seed gives the same world
    #[arg(long, value_name = "NUMBER")]
    seed: Option<u64>,
    /// How much the autopilot may do by itself [default: advise]
    #[arg(long, value_enum)]
    autopilot: Option<AutopilotMode>,
    #[command(flatten)]
    play: Play,
    #[command(flatten)]
    look: Look,
    #[command(flatten)]
    record: RecordTo,
}

/// Runs the command.
pub async fn run(arguments: Arguments) -> Result<Exit, Failure> {
    let mut out = out::stdout();
    if arguments.list {
        return list(&mut out);
    }
    let name = arguments.name.as_deref().unwrap_or(DEFAULT);
    if let Some(bytes) = demo::recording(name) {
        refuse_world(name, &arguments)?;
        let player = Player::of(name, bytes).map_err(Failure::usage)?;
        let look = &arguments.look;
        let paint = look.paint();
        let play = if paint.is_plain() { arguments.play } else { arguments.play.or_speed(OF_DAYS) };
        let opened = ["demo".to_owned(), name.to_owned()];
        return replay::show(player, &opened, &play, paint, look.keys(), look.glass()).await;
    }
    if let Some(flag) = arguments.play.given() {
        return Err(Failure::usage(format!(
            "cannot take {flag} with {name}: that is a scenario, and its world goes on by itself\n\
             hint: leave {flag} out, or choose a recording of `gonogo demo --list`"
        )));
    }
    let scenarios = if name == demo::FLEET {
        demo::fleet().map_err(Failure::usage)?
    } else {
        vec![demo::find(name).map_err(Failure::usage)?]
    };
    let clock = Clock::system();
    match (arguments.serve, scenarios.as_slice()) {
        (None, _) => play(arguments, &scenarios, clock).await,
        (Some(address), [scenario]) => {
            serve(address, scenario, arguments.seed.unwrap_or(scenario.seed), clock).await
        }
        (Some(_), _) => Err(Failure::usage(format!(
            "cannot serve {name}: it is several worlds, and each needs an address of its own\n\
             hint: serve one scenario of `gonogo demo --list` at each address"
        ))),
    }
}

/// The cockpit on these worlds, each behind a port of its own.
async fn play(arguments: Arguments, scenarios: &[Scenario], clock: Clock) -> Result<Exit, Failure> {
    screen::check(&arguments.look)?;
    let recordings = arguments.record.settle()?;
    rollouts::check_recordings(&recordings, scenarios.len())?;
    let nowhere = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let autopilot = arguments.autopilot.unwrap_or(AutopilotMode::Advise);
    let (mut worlds, mut sessions, mut asked) = (Vec::new(), Vec::new(), BTreeSet::new());
    for scenario in scenarios {
        let seed = arguments.seed.unwrap_or(scenario.seed);
        let world = demo::serve(nowhere, scenario, seed, None, clock.now()).await.map_err(Failure::lost)?;
        let text = scenario.rollout_toml(&world.url(), None);
        worlds.push(world);
        let file = rollout_file::parse(&text, scenario.flag.as_str()).map_err(Failure::usage)?;
        // Whoever plays alone plays every part.
        let stages = file.rollout.segments.iter().flat_map(|segment| segment.ladder.stages());
        asked.extend(stages.filter_map(|stage| stage.approval.clone()));
        let start = Start {
            file,
            rights: Rights::ReadWrite,
            autopilot: autopilot.into(),
            ledger: Forgetful,
            remembered: Vec::new(),
            clock,
        };
        let tape = recordings.begin(&start.file.rollout, start.rights, start.autopilot, clock.now())?;
        sessions.push(Session::start_recorded(start, tape, None).map_err(Failure::usage)?);
    }
    let mut fleet = Fleet::new(sessions);
    // The worlds are gone afterwards, and nothing was written down.
    let look = arguments.look.or_roles(asked).leading_to(Links::Nowhere);
    let exit = screen::run(&mut fleet, actor(None), &look).await;
    drop(fleet);
    join_all(worlds.into_iter().map(Served::shutdown)).await;
    exit
}

/// One line for each scenario and each recording.
fn list(out: &mut impl Write) -> Result<Exit, Failure> {
    writeln!(out, "Scenarios, played in a simulated world:")?;
    for listed in demo::list() {
        writeln!(out, "  {:<15} {}", listed.name, listed.about)?;
    }
    writeln!(out, "  {:<15} {}", demo::FLEET, demo::ABOUT_FLEET)?;
    writeln!(out, "\nRecordings of rollouts that took days, replayed:")?;
    for listed in demo::recordings() {
        writeln!(out, "  {:<15} {}", listed.name, listed.about)?;
    }
    Ok(Exit::Done)
}

/// What belongs to a world that is played has no meaning for a recording.
fn refuse_world(name: &str, arguments: &Arguments) -> Result<(), Failure> {
    let given = [
        (arguments.autopilot.is_some(), "--autopilot", "what the autopilot did then has happened"),
        (arguments.seed.is_some(), "--seed", "it is always the same"),
        (arguments.serve.is_some(), "--serve", "there is no world behind it"),
        (arguments.record.is_given(), "--record", "it is one already"),
        (arguments.look.has_roles(), "--role", "nothing can be done in it"),
        (arguments.look.is_limited(), "--for", "--until and --exit-when-done say when it ends"),
        (
            arguments.look.given_call().is_some(),
            arguments.look.given_call().unwrap_or_default(),
            "a replay never rings",
        ),
    ];
    match given.into_iter().find(|(is_given, ..)| *is_given) {
        None => Ok(()),
        Some((_, flag, why)) => Err(Failure::usage(format!(
            "cannot take {flag} with {name}: that is a recording, and {why}\n\
             hint: leave {flag} out, or choose a scenario of `gonogo demo --list`"
        ))),
    }
}

/// Serves the world until somebody ends it.
async fn serve(address: SocketAddr, scenario: &Scenario, seed: u64, clock: Clock) -> Result<Exit, Failure> {
    let token = std::env::var(TOKEN).ok().filter(|token| !token.is_empty());
    let token_name = token.as_ref().map(|_| TOKEN);
    let mut signals = Signals::listen().map_err(Failure::lost)?;
    let world = demo::serve(address, scenario, seed, token.map(SecretString::from), clock.now())
        .await
        .map_err(Failure::usage)?;
    let mut out = out::stdout();
    // Standard output is a rollout file that a cockpit can watch.
    write!(out, "{}", scenario.rollout_toml(&world.url(), token_name))?;
    out.flush()?;
    writeln!(out::stderr(), "gonogo: {} is served at {}; Ctrl-C ends it", scenario.title, world.url())?;
    let exit = loop {
        match signals.next().await {
            Signal::Interrupt => break Exit::Interrupted,
            Signal::Hangup | Signal::Terminate => break Exit::Done,
            Signal::Stop | Signal::Continue => {}
        }
    };
    world.shutdown().await;
    Ok(exit)
}
