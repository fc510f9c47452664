//! The command line: one file for each subcommand.
//!
//! In: arguments. Out: text on standard output and error, and an exit code that scripts can rely on:
//!
//! | code | means |
//! |---|---|
//! | 0 | healthy, or done |
//! | 1 | no-go, or refused |
//! | 2 | usage or configuration |
//! | 3 | lost contact, or not confirmed |
//! | 130 | interrupted |
//!
//! Nothing imports this room but `main`. It decides nothing about a rollout: it starts a session and hands a
//! request in, the same way a key does.

mod act;
mod backtest;
mod check;
mod completions;
mod demo;
mod exit;
mod guard;
mod history;
mod journal;
mod keys;
mod man;
mod manners;
mod open;
mod out;
mod paint;
mod record;
mod redact;
mod replay;
mod report;
mod rollouts;
mod screen;
mod settings;
mod status;
mod themes;
mod verify;
mod watch;

use clap::{Parser, Subcommand};

pub use exit::{Exit, Failure};

/// The terminal cockpit for live feature rollouts.
#[derive(Debug, Parser)]
#[command(name = "gonogo", version, about, max_term_width = 100, after_help = EXIT_CODES)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

const EXIT_CODES: &str = "Exit codes: 0 healthy or done, 1 no-go or refused, 2 usage or configuration, \
3 lost contact or unconfirmed, 130 interrupted.";

#[derive(Debug, Subcommand)]
enum Command {
    /// A simulated world on a real websocket, and the cockpit on it
    Demo(demo::Arguments),
    /// The cockpit on one rollout, or on many
    Watch(watch::Arguments),
    /// The same engine without a terminal, as a service or in CI: pauses and kills by itself
    Guard(guard::Arguments),
    /// What is going on, once, as text or JSON
    Status(status::Arguments),
    /// Widen a segment to its next stage, or to --to
    Widen(act::Arguments),
    /// Give a role's go for the next stage of a segment
    Approve(act::Arguments),
    /// No widening until somebody resumes; the exposure stays
    Pause(act::Arguments),
    /// Lift a pause, or bring back what was killed (with --confirm NAME)
    Resume(act::Arguments),
    /// One stage back, or to a smaller --to
    Rollback(act::Arguments),
    /// Kill: nobody in the scope gets the feature; ends when it is read back as off
    Kill(act::Arguments),
    /// Read a rollout file, explain it, connect to everything, and say what works
    Check(check::Arguments),
    /// The cockpit on a recording: play, pause, step, jump from decision to decision
    Replay(replay::Arguments),
    /// What would these guardrails have done with a recording, or with a CSV of counters?
    Backtest(backtest::Arguments),
    /// A retrospective of a recorded rollout: Markdown, HTML or JSON
    Report(report::Arguments),
    /// Who did what, when, why, with what result
    Journal(journal::Arguments),
    /// A copy of a recording without customers' words and ids, for sharing
    Redact(redact::Arguments),
    /// Finished rollouts: how they went, how often one failed, and which kills were false
    History(history::Arguments),
    /// What you have settled for all rollouts, and where each setting comes from
    Settings(settings::Arguments),
    /// Colour themes as this terminal shows them, and where your own go
    Themes(themes::Arguments),
    /// The list of keys
    Keys(keys::Arguments),
    /// The manual page
    Man(man::Arguments),
    /// Completions for a shell
    Completions(completions::Arguments),
}

impl Cli {
    /// Runs the command. Messages go to standard output and error; the exit code is the result.
    pub async fn run(self) -> Exit {
        use crate::action::Verb;
        let result = match self.command {
            Command::Demo(arguments) => demo::run(arguments).await,
            Command::Watch(arguments) => watch::run(arguments).await,
            Command::Guard(arguments) => guard::run(arguments).await,
            Command::Status(arguments) => status::run(arguments).await,
            Command::Widen(arguments) => act::run(Verb::Widen, arguments).await,
            Command::Approve(arguments) => act::run(Verb::Approve, arguments).await,
            Command::Pause(arguments) => act::run(Verb::Pause, arguments).await,
            Command::Resume(arguments) => act::run(Verb::Resume, arguments).await,
            Command::Rollback(arguments) => act::run(Verb::RollBack, arguments).await,
            Command::Kill(arguments) => act::run(Verb::Kill, arguments).await,
            Command::Check(arguments) => check::run(arguments).await,
            Command::Replay(arguments) => replay::run(arguments).await,
            Command::Backtest(arguments) => backtest::run(&arguments),
            Command::Report(arguments) => report::run(&arguments),
            Command::Journal(arguments) => journal::run(&arguments),
            Command::Redact(arguments) => redact::run(&arguments),
            Command::History(arguments) => history::run(arguments),
            Command::Settings(arguments) => settings::run(&arguments),
            Command::Themes(arguments) => themes::run(&arguments),
            Command::Keys(arguments) => keys::run(&arguments),
            Command::Man(arguments) => man::run(&arguments),
            Command::Completions(arguments) => completions::run(&arguments),
        };
        result.unwrap_or_else(Failure::tell)
    }
}
