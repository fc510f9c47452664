//! A flagd that goes away, hangs, and misses a change; a file that somebody is writing.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use gonogo::backends::BackendError;
use gonogo::domain::LinkState;
use gonogo::event::Body;

use crate::server::{Back, Watched, alone, control, document, kill, read, rule, widen};

fn retrying(body: &Body) -> Option<String> {
    match body {
        Body::Link { state: LinkState::Retrying { cause, .. }, .. } => Some(cause.as_str().to_owned()),
        _ => None,
    }
}

fn live(body: &Body) -> Option<()> {
    matches!(body, Body::Link { state: LinkState::Live, .. }).then_some(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flagd_that_is_gone_is_stale_at_once_a_problem_after_five_seconds_and_found_again_killed() {
    let (server, _guard) = alone().await;
    let (adapter, _) = server.serving(&rule(5, 1)).await;
    let mut watched = Watched::start(Arc::clone(&adapter));
    watched.until(live).await;
    let _back = Back("start");
    control("kill");
    let began = Instant::now();
    let cause = watched.until(retrying).await;
    assert!(cause.starts_with("cannot read checkout-v2 at web: "), "{cause}");
    assert!(began.elapsed() < Duration::from_secs(1), "stale at once: {:?}", began.elapsed());
    // The file takes the kill all the same; that flagd serves it is not known.
    match kill(&adapter).await {
        Err(BackendError::Lost { cause }) => assert!(cause.as_str().contains("is not known"), "{cause}"),
        other => panic!("{other:?}"),
    }
    assert!(server.text().contains("DISABLED"));
    let problem = watched
        .until(|body| if let Body::Problem { problem, .. } = body { Some(problem.clone()) } else { None })
        .await;
    assert!(problem.as_str().contains("lost for 5 s"), "{problem}");
    control("start");
    let began = Instant::now();
    watched.until(live).await;
    println!("found again {} ms after flagd was back", began.elapsed().as_millis());
    assert!(watched.state(|state| state.is_off()).await.is_off());
    assert!(kill(&adapter).await.expect("killed").state.is_off());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flagd_that_hangs_is_noticed_though_its_connection_stays_open() {
    let (server, _guard) = alone().await;
    let (adapter, _) = server.serving(&rule(5, 1)).await;
    let mut watched = Watched::start(Arc::clone(&adapter));
    watched.until(live).await;
    let _back = Back("thaw");
    control("freeze");
    let began = Instant::now();
    let cause = watched.until(retrying).await;
    println!("noticed after {} ms: {cause}", began.elapsed().as_millis());
    assert!(began.elapsed() < Duration::from_secs(8), "{:?}", began.elapsed());
    let began = Instant::now();
    assert!(matches!(kill(&adapter).await, Err(BackendError::Lost { .. })));
    assert!(began.elapsed() < Duration::from_secs(3), "within one attempt: {:?}", began.elapsed());
    assert!(server.text().contains("DISABLED"));
    control("thaw");
    watched.until(live).await;
    assert!(kill(&adapter).await.expect("killed").state.is_off());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kill_that_flagd_did_not_notice_is_written_again() {
    let (server, _guard) = alone().await;
    let (adapter, _) = server.serving(&rule(5, 1)).await;
    // Somebody wrote it, but the file looks older than what flagd has read: it never looks at it again.
    let aside = server.file.with_extension("aside");
    std::fs::write(&aside, server.text().replacen("ENABLED", "DISABLED", 2)).expect("written");
    let old = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000);
    std::fs::File::options()
        .write(true)
        .open(&aside)
        .expect("it is there")
        .set_modified(old)
        .expect("a time");
    std::fs::rename(&aside, &server.file).expect("renamed");
    tokio::time::sleep(Duration::from_millis(1500)).await;
    assert!(read(&adapter).await.on, "flagd has not noticed");
    assert!(kill(&adapter).await.expect("killed").state.is_off());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_somebody_writes_the_file_in_place_a_kill_waits_for_it_to_be_whole() {
    let (server, _guard) = alone().await;
    let (adapter, _) = server.serving(&rule(5, 1)).await;
    let text = server.text();
    std::fs::write(&server.file, "").expect("emptied");
    let file = server.file.clone();
    let writer = tokio::spawn(async move {
        tokio::time::sleep(Duration::from_millis(300)).await;
        std::fs::write(&file, text).expect("written");
    });
    assert!(kill(&adapter).await.expect("killed").state.is_off());
    writer.await.expect("ended");
    assert!(server.text().contains("DISABLED"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_is_no_flagd_file_is_not_touched() {
    let (server, _guard) = alone().await;
    let (adapter, state) = server.serving(&rule(5, 1)).await;
    for bad in ["{ not json", "{\"flags\": []}", "[]", "{\"flags\": {\"checkout-v2\": 7}}"] {
        server.put(bad);
        assert!(matches!(kill(&adapter).await, Err(BackendError::Refused { .. })), "{bad}");
        assert_eq!(server.text(), bad);
    }
    server.put(&document(&rule(5, 1)).replace("\"b\": 2", "\"b\": \"two\""));
    let broken = widen(&adapter, "free", 9.0).await;
    assert!(
        matches!(&broken, Err(BackendError::Refused { cause, .. }) if cause.as_str().contains("schema already")),
        "{broken:?}"
    );
    // It does not hold up a kill.
    assert!(kill(&adapter).await.expect("killed").state.is_off());
    drop(state);
}
