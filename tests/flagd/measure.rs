//! How long a kill takes until flagd serves it, beside flagd's own floor.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::server::{Watched, alone, document, kill, rule};

/// How many.
const KILLS: u32 = 50;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kill_is_read_back_as_soon_as_flagd_can_serve_it() {
    let (server, _guard) = alone().await;
    let (adapter, _) = server.serving(&rule(100, 100)).await;
    let mut watched = Watched::start(Arc::clone(&adapter));
    watched.state(|state| state.on).await;
    let (mut kills, mut floor) = (vec![], vec![]);
    let on = document(&rule(100, 100));
    // At any moment of flagd's second.
    let later = || tokio::time::sleep(Duration::from_millis(u64::from(rand::random::<u16>() % 1000)));
    for _ in 0..KILLS {
        later().await;
        let began = Instant::now();
        assert!(kill(&adapter).await.expect("killed").state.is_off());
        kills.push(began.elapsed());
        watched.state(|state| !state.on).await;

        later().await;
        let began = Instant::now();
        server.put(&on);
        watched.state(|state| state.on).await;
        floor.push(began.elapsed());
    }
    let told = |name: &str, times: &mut Vec<Duration>| {
        times.sort_unstable();
        let at = |percent: usize| times[(times.len() * percent / 100).min(times.len() - 1)];
        println!("{name}: p50 {:?}, p99 {:?} of {}", at(50), at(99), times.len());
        at(99)
    };
    let kill = told("kill → read back from flagd's sync", &mut kills);
    let floor = told("file written by hand → seen on the stream (flagd's floor)", &mut floor);
    assert!(
        kill <= floor.max(Duration::from_secs(1)) + Duration::from_millis(100),
        "{kill:?} against {floor:?}"
    );
}
