//! A day of a rollout, replayed as fast as it can be: the memory stays flat. In a process of its own, so that what is
//! measured is the replay's.

use std::error::Error;
use std::fs;
use std::time::Duration;

use gonogo::domain::*;
use gonogo::engine::{self, Autopilot, Model};
use gonogo::event::{Body, Event};
use gonogo::recording::{Header, Player, Progress, Recorder, Target};

/// A day in steps that a debug build replays in seconds: 4 segments × 3 metrics every 20 seconds.
const ROUNDS: u32 = 4_320;
const STEP_MS: i64 = 20_000;
const START: i64 = 1_795_356_000_000;
/// The most memory that the process may have taken, all told.
const MOST_MB: f64 = 60.0;
/// What may come after 19 hours: charts are full by then, and so is the room for states on the way.
const GROWTH_MB: f64 = 1.0;

fn rollout() -> Result<Rollout, Box<dyn Error>> {
    let span = |seconds| Span(Duration::from_secs(seconds));
    let ladder = Ladder::new(vec![Stage::new(Percent::new(50.0)?, span(600), 500)]).ok_or("climbs")?;
    let mut rollout = Rollout {
        name: "checkout-v2".parse()?,
        owner: None,
        platforms: vec![Platform::new("web".parse()?, "checkout-v2".parse()?, span(60))],
        segments: Vec::new(),
        metrics: Vec::new(),
        guardrails: Vec::new(),
        pause_without_data: span(600),
        sample_ratio: false,
    };
    for segment in ["internal", "beta", "free", "enterprise"] {
        rollout.segments.push(Segment::new(segment.parse()?, Some(1000), ladder.clone()));
    }
    for (metric, station) in
        [("errors", Station::Errors), ("latency", Station::Latency), ("adoption", Station::Adoption)]
    {
        rollout.metrics.push(Metric { name: metric.parse()?, interval: span(30) });
        rollout
            .guardrails
            .push(Guardrail { tolerate: 0.2, ..Guardrail::new(metric.parse()?, station, metric.parse()?) });
    }
    Ok(rollout)
}

/// The events of a day, one round after the other.
fn round(n: u32, rollout: &Rollout) -> Vec<Event> {
    let at = Timestamp(START + i64::from(n) * STEP_MS);
    let event = |body| Event { at, source_at: Some(at), body };
    let source = |kind, name: &str| Source::new(kind, name);
    let mut bodies = Vec::new();
    if n == 0 {
        for metric in &rollout.metrics {
            let source = source(SourceKind::Metrics, metric.name.as_str());
            bodies.push(Body::Link { source, state: LinkState::Live });
        }
        bodies.push(Body::Link { source: source(SourceKind::Flags, "web"), state: LinkState::Live });
        let shares = rollout.segments.iter().map(|s| (s.name.clone(), Percent::from_ppm(500_000))).collect();
        let state = FlagState {
            version: Version(1),
            on: true,
            shares,
            by: None,
            changed_at: None,
            doubts: vec![],
            ..FlagState::default()
        };
        bodies.push(Body::Flag { platform: rollout.platforms[0].name.clone(), state });
    }
    for (place, segment) in rollout.segments.iter().enumerate() {
        for metric in &rollout.metrics {
            let units = f64::from(n) * 50.0;
            let bad = (units * 0.01 + f64::from(n % 7) + place as f64).floor();
            let counts = Some(Counts { units, bad });
            let value = SampleValue::Counts(ByArm { treatment: counts, control: counts });
            let (metric, segment) = (metric.name.clone(), segment.name.clone());
            bodies.push(Body::Sample(Sample { metric, segment, value }));
        }
    }
    bodies.push(Body::Heard(source(SourceKind::Flags, "web")));
    bodies.push(Body::Tick);
    bodies.into_iter().map(event).collect()
}

/// A figure of this process in MB, as the kernel tells it.
fn memory(field: &str) -> Result<f64, Box<dyn Error>> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix(field)).ok_or("no such field")?;
    Ok(line.split_whitespace().next().ok_or("no number")?.parse::<f64>()? / 1e3)
}

#[test]
fn a_day_is_replayed_in_flat_memory() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("day.rec");
    let rollout = rollout()?;
    let mut recorder = Recorder::create(&path, &Header::new(&rollout, Autopilot::Advise, false))?;
    let mut model = Model::new(std::sync::Arc::new(rollout.clone()), Autopilot::Advise, false);
    let mut events = 0;
    for n in 0..ROUNDS {
        for event in round(n, &rollout) {
            engine::update(&mut model, &event);
            recorder.take(&event, &model.decided);
            events += 1;
        }
    }
    let recorded = recorder.finish(Duration::from_secs(60));
    assert_eq!((recorded.events, recorded.lost), (events, 0));
    drop(model);
    let mut player = Player::open(&path)?;
    let mut look = player.look_through(4_096)?;
    let mut full = 0.0;
    for part in 1..=20_i64 {
        let time = START + STEP_MS * i64::from(ROUNDS) * part / 20;
        player.seek(Target::Time(Timestamp(time)));
        while player.run(1_024)? != Progress::Arrived {
            look = look && player.look_through(1_024)?;
        }
        if part == 16 {
            full = memory("VmRSS:")?;
        }
    }
    assert_eq!(player.position(), events);
    let (whole, most) = (memory("VmRSS:")?, memory("VmHWM:")?);
    assert!(whole - full <= GROWTH_MB, "{full} MB after 19 hours, {whole} MB after a day");
    assert!(most <= MOST_MB, "{most} MB at most");
    Ok(())
}
