//! One suite for every backend, each on its real server: what a cockpit must be able to rely on, wherever a flag lives.
//!
//! ```text
//! case ─▶ adapter ─▶ proxy with faults ─▶ real server ◀─ world: makes flags, edits behind the back, looks what is there
//! ```
//!
//! In: the servers of `.ci/servers run`. Out: a column of the table in `docs/backends.md` per backend, held against the
//! one that is written there; `GONOGO_UPDATE_DOCS=1` writes it. What makes no sense at a backend has its reason in
//! its cell. It must never ask an adapter what the server has. Start reading at `cases`, then `world`.
//!
//! `.ci/servers run -- cargo test --features real-servers --test conformance`

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking, and prints what it measured"
)]

mod cases;
#[path = "../launchdarkly/fake.rs"]
#[expect(dead_code, reason = "other tests use the rest of it")]
mod fake;
mod feed;
mod flagd;
mod goff;
mod launchdarkly;
#[path = "../launchdarkly/outside.rs"]
#[expect(dead_code, reason = "other tests use the rest of it")]
mod outside;
mod proxy;
mod server;
mod table;
mod unleash;
mod world;

use crate::cases::CASES;
use crate::world::World;

/// Runs all cases, and says of all that do not hold why.
async fn conforms<W: World>(world: W) {
    let (mut ran, mut failed) = (Vec::new(), Vec::new());
    for case in CASES {
        let began = std::time::Instant::now();
        let result = cases::run(&world, case).await;
        world.mend().await;
        let took = began.elapsed();
        match result {
            Ok(reason) => {
                println!("{}: {}: {} ({took:.1?})", W::NAME, case.title(), reason.unwrap_or("holds"));
                ran.push((case, reason));
            }
            Err(failure) => {
                println!("{}: {}: FAILED ({took:.1?}): {failure}", W::NAME, case.title());
                failed.push(format!("{}: {failure}", case.title()));
            }
        }
    }
    assert!(failed.is_empty(), "{} does not conform:\n{}", W::NAME, failed.join("\n"));
    table::hold(W::NAME, &ran);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unleash_conforms() {
    conforms(unleash::Unleash::find().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_feed_conforms() {
    conforms(feed::Feed::find().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn flagd_conforms() {
    conforms(flagd::Flagd::find().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn goff_on_file_conforms() {
    conforms(goff::Goff::<goff::File>::find().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn goff_on_postgres_conforms() {
    conforms(goff::Goff::<goff::Postgres>::find().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn goff_on_redis_conforms() {
    conforms(goff::Goff::<goff::Redis>::find().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn launchdarkly_conforms() {
    conforms(launchdarkly::LaunchDarkly::find().await).await;
}
