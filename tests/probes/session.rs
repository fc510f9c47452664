//! The whole way: a session on the relay proxy, a kill by the cockpit, a kill by somebody else; what the model knows.

use std::time::Duration;

use gonogo::action::{Request, Scope, Verb};
use gonogo::backends::Rights;
use gonogo::config::rollout_file;
use gonogo::domain::{Actor, Percent, PlatformName};
use gonogo::engine::Autopilot;
use gonogo::runtime::clock::Clock;
use gonogo::runtime::headless::{self, Answer};
use gonogo::runtime::ledger::Forgetful;
use gonogo::runtime::session::{Session, Start};
use tokio::time::Instant;

use super::Failure;
use super::edge::{Edge, alone, segment, variable};

const FLAG: &str = "probe-session";

fn session(rights: Rights) -> Session {
    let text = format!(
        r#"
        name = "probes"
        [[platforms]]
        name = "web"
        flag = "{FLAG}"
        backend = {{ kind = "goff", url = "{url}", api_key = {{ env = "GOFF_API_KEY" }}, admin_key = {{ env = "GOFF_ADMIN_KEY" }}, store = {{ kind = "file", path = "{file}" }} }}
        probe = {{ kind = "ofrep", url = "{url}", api_key = {{ env = "GOFF_API_KEY" }} }}
        [[segments]]
        name = "enterprise"
        context = {{ plan = "enterprise" }}
        [[segments]]
        name = "free"
        match = {{ strategy = "default" }}
        context = {{ plan = "free" }}
        [plan]
        stages = [{{ exposure = 50 }}, {{ exposure = 100 }}]
        "#,
        url = variable("GOFF_URL"),
        file = variable("GOFF_FILE"),
    );
    let file = rollout_file::parse(&text, "probes.toml").unwrap_or_else(|error| panic!("{error}"));
    let start = Start {
        file,
        rights,
        autopilot: Autopilot::Off,
        ledger: Forgetful,
        remembered: Vec::new(),
        clock: Clock::system(),
    };
    Session::start(start).unwrap_or_else(|error| panic!("{error}"))
}

async fn until(session: &mut Session, what: &str, is: impl Fn(&Session) -> bool) {
    let at_most = Instant::now() + Duration::from_secs(20);
    while !is(session) {
        let before = Instant::now();
        assert!(before < at_most, "not seen: {what}\n{:#?}", session.model.platforms);
        headless::wait(session, before + Duration::from_millis(20), |_| false).await;
    }
}

fn served(session: &Session, name: &str) -> Option<Percent> {
    session.model.segment(&segment(name)).and_then(|segment| segment.exposure.served)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_of_ours_is_served_and_its_reach_is_measured() -> Result<(), Failure> {
    let _alone = alone().await;
    Edge::Goff.serve(FLAG, (100, 50)).await;
    let mut session = session(Rights::ReadWrite);
    until(&mut session, "the first panel", |s| {
        served(s, "free").is_some() && s.model.platforms[0].state.is_some()
    })
    .await;
    assert_eq!(served(&session, "enterprise"), Some(Percent::FULL));

    let kill = Request::new(Actor::Person("alice@here".into()), Verb::Kill, Scope::default());
    let answer = headless::ask(&mut session, kill, Instant::now() + Duration::from_secs(10)).await;
    assert_eq!(answer, Answer::Confirmed);
    until(&mut session, "the kill served", |s| {
        s.model.commands.iter().all(|tracked| tracked.served_at.is_some())
    })
    .await;
    let tracked = session.model.commands.back().ok_or("no command")?;
    let after = |at: Option<gonogo::domain::Timestamp>| at.map(|at| at.0 - tracked.requested_at.0);
    println!(
        "relay proxy: kill confirmed after {:?} ms, served off after {:?} ms",
        after(tracked.confirmed_at),
        after(tracked.served_at)
    );
    let reach = session.model.reach();
    assert_eq!(reach.measured, 1, "the reach was measured");
    assert!(reach.span.0 < Duration::from_millis(1000), "{:?}", reach.span);
    assert_eq!(
        (served(&session, "enterprise"), served(&session, "free")),
        (Some(Percent::ZERO), Some(Percent::ZERO))
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_only_cockpit_sees_a_kill_by_somebody_else_served() -> Result<(), Failure> {
    let _alone = alone().await;
    Edge::Goff.serve(FLAG, (100, 50)).await;
    let mut session = session(Rights::ReadOnly);
    until(&mut session, "the first panel", |s| served(s, "free").is_some_and(|share| !share.is_zero())).await;
    let written = Instant::now();
    Edge::Goff.kill(FLAG).await;
    until(&mut session, "nobody served", |s| {
        served(s, "free") == Some(Percent::ZERO) && served(s, "enterprise") == Some(Percent::ZERO)
    })
    .await;
    println!(
        "relay proxy: somebody else's kill is seen served {} ms after it was written",
        written.elapsed().as_millis()
    );
    let platform = session.model.platform(&PlatformName::new("web")?).ok_or("no platform")?;
    assert!(platform.drifting.is_empty());
    Ok(())
}
