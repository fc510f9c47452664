//! A small shop whose new checkout stands behind a flag: something real to roll out.
//!
//! ```text
//! Unleash ──client API, 1 s──▶ watcher ─▶ flag ┐
//!                                              ├─▶ shop ─▶ ledger ─▶ GET /metrics ─▶ Prometheus
//!              people (seeded, simulated) ─────┘     └──▶ GET /state, /feedback
//! ```
//!
//! In: a flag in Unleash, and the wish to break something (`POST /break`). Out: counters by segment and arm, and
//! what the shop serves right now. `shop seed` creates the flag.
//!
//! It never writes to Unleash while it serves, never listens beyond loopback unless told, and knows nothing of gonogo:
//! it is what a service of your own would look like. Start reading at [`shop::Shop::serve`].

mod bucket;
mod client;
mod flag;
mod ledger;
mod people;
mod routes;
mod seed;
mod shop;
mod state;
mod watcher;

use std::io::Write as _;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};
use color_eyre::eyre::{Result, WrapErr as _, eyre};
use reqwest::Url;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

/// How often simulated users arrive: 20 times a second is smooth on a chart and nothing for a processor.
const TICK: Duration = Duration::from_millis(50);

/// A demo service that evaluates a flag through Unleash and exposes metrics by segment and arm.
#[derive(Debug, Parser)]
#[command(name = "shop", args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(subcommand)]
    verb: Option<Verb>,
    #[command(flatten)]
    serve: Serve,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Create the flag with one strategy per segment in Unleash, and turn its environment on.
    Seed(seed::Seed),
}

#[derive(Debug, Args)]
struct Serve {
    /// Address to listen on; port 0 picks a free one.
    #[arg(long, default_value = "127.0.0.1:9464")]
    listen: SocketAddr,
    /// Unleash, as in <http://127.0.0.1:4242>.
    #[arg(long, env = "UNLEASH_URL", default_value = "http://127.0.0.1:4242")]
    unleash: Url,
    /// Environment variable that holds the backend token (`default:production.…`).
    #[arg(long, default_value = "UNLEASH_CLIENT_TOKEN", value_name = "NAME")]
    token_env: String,
    /// Flag that decides who gets the new checkout.
    #[arg(long, default_value = "checkout-v2")]
    flag: String,
    /// Seconds between two looks at Unleash.
    #[arg(long, default_value = "1", value_name = "SECONDS", value_parser = seconds)]
    refresh: Duration,
    /// Simulated users a second, in all segments together, 0 to 100000.
    #[arg(long, default_value = "200", value_parser = arrivals)]
    users_per_second: f64,
    /// Seed of the simulated users: the same seed brings the same people in the same order.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

fn seconds(text: &str) -> Result<Duration, String> {
    let value: f64 = text.parse().map_err(|_| format!("{text:?} is not a number of seconds"))?;
    if (0.05..=3600.0).contains(&value) {
        Ok(Duration::from_secs_f64(value))
    } else {
        Err("between 0.05 and 3600 seconds".to_owned())
    }
}

fn arrivals(text: &str) -> Result<f64, String> {
    let value: f64 = text.parse().map_err(|_| format!("{text:?} is not a number"))?;
    if (0.0..=100_000.0).contains(&value) { Ok(value) } else { Err("between 0 and 100000".to_owned()) }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    let done = match cli.verb {
        Some(Verb::Seed(seed)) => seed.run(&mut std::io::stdout()).await,
        None => run(cli.serve).await,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Standard error may be closed; there is nobody left to tell.
            let _ = writeln!(std::io::stderr(), "shop: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(serve: Serve) -> Result<()> {
    let client = client::Client::new(serve.unleash, &serve.token_env)?;
    let listener = TcpListener::bind(serve.listen)
        .await
        .wrap_err_with(|| format!("cannot listen on {}", serve.listen))?;
    let address = listener.local_addr().wrap_err("cannot tell the address that is listened on")?;

    let seen = watcher::watch(client, serve.flag.clone(), serve.refresh);
    let shop = Arc::new(shop::Shop::new(serve.flag, seen, serve.seed, serve.users_per_second));
    writeln!(
        std::io::stdout(),
        "shop: listening on http://{address} (GET /metrics /state /feedback, POST /break /mend)"
    )
    .wrap_err("cannot write to standard output")?;
    if !address.ip().is_loopback() {
        let _ = writeln!(
            std::io::stderr(),
            "shop: warning: {address} is not loopback: whoever reaches it may break the shop"
        );
    }

    let open = Arc::clone(&shop);
    tokio::spawn(async move {
        let mut tick = tokio::time::interval(TICK);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
        loop {
            let now = tick.tick().await;
            open.serve(now);
        }
    });
    axum::serve(listener, routes::routes(shop))
        .with_graceful_shutdown(closing()?)
        .await
        .map_err(|e| eyre!("server: {e}"))
}

/// Resolves on ctrl-c or SIGTERM.
fn closing() -> Result<impl Future<Output = ()>> {
    let mut interrupt = signal(SignalKind::interrupt()).wrap_err("cannot catch ctrl-c")?;
    let mut terminate = signal(SignalKind::terminate()).wrap_err("cannot catch SIGTERM")?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}
