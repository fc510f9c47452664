//! `gonogo demo`: a simulated world on a real websocket, and the cockpit on it.

use std::collections::BTreeSet;
use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr};

use clap::Args;
use secrecy::SecretString;

use super::open::{AutopilotMode, actor};
use super::record::RecordTo;
use super::screen::{self, Look};
use super::{Exit, Failure};
use crate::backends::Rights;
use crate::config::rollout_file;
use crate::demo::{self, Scenario, scenario::DEFAULT};
use crate::runtime::clock::Clock;
use crate::runtime::ledger::Forgetful;
use crate::runtime::session::{Session, Start};
use crate::term::{Signal, Signals};

/// The variable with the token that clients of `--serve` must bring.
const TOKEN: &str = "GONOGO_FEED_TOKEN";

/// What `demo` takes.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  gonogo demo\n  gonogo demo outage --autopilot guard\n  \
    gonogo demo calm --serve 127.0.0.1:7070 > rollout.toml &\n  gonogo watch rollout.toml")]
pub struct Arguments {
    /// The scenario; without it a three-minute story
    #[arg(value_name = "SCENARIO")]
    scenario: Option<String>,
    /// List the scenarios
    #[arg(long)]
    list: bool,
    /// Serve the world alone at this address and print the rollout file for it; several cockpits may attach
    #[arg(long, value_name = "ADDRESS", conflicts_with = "record")]
    serve: Option<SocketAddr>,
    /// Another world of the same scenario; the same seed gives the same world
    #[arg(long, value_name = "NUMBER")]
    seed: Option<u64>,
    /// How much the autopilot may do by itself
    #[arg(long, value_enum, default_value = "advise")]
    autopilot: AutopilotMode,
    #[command(flatten)]
    look: Look,
    #[command(flatten)]
    record: RecordTo,
}

/// Runs the command.
pub async fn run(arguments: Arguments) -> Result<Exit, Failure> {
    let mut out = std::io::stdout();
    if arguments.list {
        for listed in demo::list() {
            writeln!(out, "{:<15} {}", listed.name, listed.about)?;
        }
        return Ok(Exit::Done);
    }
    let scenario = demo::find(arguments.scenario.as_deref().unwrap_or(DEFAULT)).map_err(Failure::usage)?;
    let seed = arguments.seed.unwrap_or(scenario.seed);
    let clock = Clock::system();
    if let Some(address) = arguments.serve {
        return serve(address, &scenario, seed, clock).await;
    }
    let nowhere = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let world = demo::serve(nowhere, &scenario, seed, None, clock.now()).await.map_err(Failure::lost)?;
    let text = scenario.rollout_toml(&world.url(), None);
    let file = rollout_file::parse(&text, scenario.flag.as_str()).map_err(Failure::usage)?;
    // Whoever plays alone plays every part.
    let stages = file.rollout.segments.iter().flat_map(|segment| segment.ladder.stages());
    let asked: BTreeSet<_> = stages.filter_map(|stage| stage.approval.clone()).collect();
    let look = arguments.look.or_roles(asked);
    let start = Start {
        file,
        rights: Rights::ReadWrite,
        autopilot: arguments.autopilot.into(),
        ledger: Forgetful,
        remembered: Vec::new(),
        clock,
    };
    let recordings = arguments.record.settle()?;
    let tape = recordings.begin(&start.file.rollout, start.rights, start.autopilot, clock.now())?;
    let mut session = Session::start_recorded(start, tape, None).map_err(Failure::usage)?;
    let exit = screen::run(&mut session, actor(None), &look).await;
    drop(session);
    world.shutdown().await;
    exit
}

/// Serves the world until somebody ends it.
async fn serve(address: SocketAddr, scenario: &Scenario, seed: u64, clock: Clock) -> Result<Exit, Failure> {
    let token = std::env::var(TOKEN).ok().filter(|token| !token.is_empty());
    let token_name = token.as_ref().map(|_| TOKEN);
    let mut signals = Signals::listen().map_err(Failure::lost)?;
    let world = demo::serve(address, scenario, seed, token.map(SecretString::from), clock.now())
        .await
        .map_err(Failure::usage)?;
    let mut out = std::io::stdout();
    // Standard output is a rollout file that a cockpit can watch.
    write!(out, "{}", scenario.rollout_toml(&world.url(), token_name))?;
    out.flush()?;
    writeln!(std::io::stderr(), "gonogo: {} is served at {}; Ctrl-C ends it", scenario.title, world.url())?;
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
