//! How long a kill takes until it is read back, over each store.

use std::time::Duration;

use gonogo::action::Verb;

use crate::place::{PLACES, Watched, alone, apply, flag, kill, off, on, read, split};

/// As the issue asks for.
const KILLS: usize = 50;

/// Key to read back, on loopback (design, section 10).
const BUDGET: Duration = Duration::from_millis(250);

#[tokio::test(flavor = "multi_thread")]
async fn kills_are_read_back_in_time() {
    let _guard = alone().await;
    for place in PLACES {
        let flag = place.flag("measured", flag(split(10.0), off())).await;
        let adapter = flag.adapter();
        // As in a cockpit: a watch keeps the connections open.
        let mut watched = Watched::start(&adapter);
        watched.state(|state| state.on).await;
        let mut took = vec![];
        for _ in 0..KILLS {
            let began = tokio::time::Instant::now();
            kill(&adapter).await.expect("killed");
            took.push(began.elapsed());
            let seen = read(&adapter).await.version;
            apply(&adapter, Verb::Resume, on(&[("eu", 10.0), ("everybody", 0.0)]), Some(seen))
                .await
                .expect("resumed");
        }
        took.sort();
        let (p50, p99) = (took[KILLS / 2], took[KILLS * 99 / 100]);
        println!("{place:?}: {KILLS} kills read back from the relay: p50 {p50:.1?}, p99 {p99:.1?}");
        assert!(p99 <= BUDGET, "{place:?}: {took:?}");
    }
}
