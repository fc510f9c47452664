//! A rollout that turns bad, as events with what the engine decided on them, and as files.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use gonogo::domain::*;
use gonogo::engine::{Autopilot, Decision, Model, update};
use gonogo::event::{Body, Event};
use gonogo::recording::{Archive, Damage, Header, Recording, RecordingError, Taken, Writer};
use tempfile::TempDir;

pub const PATIENCE: Duration = Duration::from_secs(20);

/// A small version 1 file, written by the first gonogo that recorded.
pub const VERSION_1: &[u8] = include_bytes!("version-1.rec");
/// A small file as version 2 was when it came: it must always load.
pub const VERSION_2: &[u8] = include_bytes!("version-2.rec");
/// The lines that version 2 had before there were blocks.
pub const LINES_2: &[u8] = include_bytes!("version-2-lines.rec");

pub fn name<T: std::str::FromStr>(text: &str) -> T
where
    T::Err: std::fmt::Debug,
{
    text.parse().expect("a valid name")
}

pub fn rollout() -> Rollout {
    let stage = |p| Stage::new(Percent::new(p).expect("a percentage"), Span(Duration::from_secs(10)), 100);
    let ladder = Ladder::new(vec![stage(5.), stage(50.)]).expect("climbs");
    Rollout {
        name: name("checkout-v2"),
        owner: None,
        platforms: vec![Platform::new(name("web"), name("checkout-v2"), Span(Duration::from_secs(5)))],
        segments: vec![Segment::new(name("free"), Some(1000), ladder)],
        metrics: vec![Metric { name: name("errors"), interval: Span(Duration::from_secs(5)) }],
        guardrails: vec![Guardrail {
            action: Response::Kill,
            ..Guardrail::new(name("errors"), Station::Errors, name("errors"))
        }],
        pause_without_data: Span(Duration::from_secs(60)),
        sample_ratio: true,
    }
}

pub fn header() -> Header {
    Header::new(&rollout(), Autopilot::Guard, false)
}

pub fn event(ms: i64, body: Body) -> Event {
    Event { at: Timestamp(1_795_356_000_000 + ms), source_at: None, body }
}

/// So many seconds of a rollout that turns bad in the middle, as the engine took them.
pub fn story(seconds: u32) -> Vec<Taken> {
    let source = |kind, name| Source::new(kind, name);
    let state = FlagState {
        version: Version(1),
        on: true,
        shares: [(name("free"), Percent::new(50.).expect("a percentage"))].into(),
        by: None,
        changed_at: None,
        doubts: vec![],
        ..FlagState::default()
    };
    let mut events = vec![
        event(0, Body::Link { source: source(SourceKind::Flags, "web"), state: LinkState::Live }),
        event(0, Body::Link { source: source(SourceKind::Metrics, "errors"), state: LinkState::Live }),
        event(1, Body::Flag { platform: name("web"), state }),
    ];
    let mut bad = (0.0, 0.0);
    for second in 0..seconds {
        let units = f64::from(second) * 100.0;
        bad = (bad.0 + if second > seconds / 2 { 30.0 } else { 1.0 }, bad.1 + 1.0);
        let ms = i64::from(second) * 1000;
        let counts = |bad| Some(Counts { units, bad });
        let value = SampleValue::Counts(ByArm { treatment: counts(bad.0), control: counts(bad.1) });
        let sample = Sample { metric: name("errors"), segment: name("free"), value };
        events.push(event(ms + 2, Body::Heard(source(SourceKind::Flags, "web"))));
        events.push(event(ms + 3, Body::Sample(sample)));
        events.push(event(ms + 500, Body::Tick));
    }
    let mut model = Model::new(Arc::new(rollout()), Autopilot::Guard, false);
    let take = |(number, event): (usize, Event)| {
        update(&mut model, &event);
        Taken { number: number as u64, event, decided: Some(model.decided.clone()), missing: 0 }
    };
    events.into_iter().enumerate().map(take).collect()
}

pub fn decided(taken: &Taken) -> &[Decision] {
    taken.decided.as_deref().unwrap_or_default()
}

/// A folder with a recording that is being written in small blocks.
pub struct Desk {
    pub folder: TempDir,
    pub path: PathBuf,
}

impl Desk {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("night.rec");
        Self { folder, path }
    }

    pub fn bytes(&self) -> Vec<u8> {
        std::fs::read(&self.path).expect("a file")
    }
}

/// What was written, in blocks of so many bytes; ended well, or as by a crash right after the last flush.
pub fn write(story: &[Taken], block: usize, is_ended: bool) -> Vec<u8> {
    let desk = Desk::new();
    let mut writer = Writer::create_in_blocks(&desk.path, &header(), block).expect("a new file");
    for taken in story {
        writer.miss(taken.missing);
        assert!(writer.put(&taken.event, decided(taken)).expect("written"));
    }
    if is_ended {
        writer.finish().expect("written");
    } else {
        writer.flush().expect("written");
    }
    desk.bytes()
}

/// What comes out of a file, from its beginning; and what is said about the rest.
#[derive(Debug, PartialEq)]
pub struct Read {
    pub taken: Vec<Taken>,
    pub damage: Option<Damage>,
    pub is_cut: bool,
}

/// As from a pipe.
pub fn stream(bytes: &[u8]) -> Result<Read, RecordingError> {
    let mut recording = Recording::open("night.rec", bytes)?;
    let mut taken = Vec::new();
    for next in recording.by_ref() {
        match next {
            Ok(next) => taken.push(next),
            Err(RecordingError::Damaged { .. }) => {}
            Err(other) => return Err(other),
        }
    }
    let (damage, is_cut) = (recording.damage().cloned(), recording.cut_lines() > 0);
    Ok(Read { taken, damage, is_cut })
}

/// Block by block.
pub fn archive(bytes: &[u8]) -> Result<Read, RecordingError> {
    let mut archive = Archive::of("night.rec", bytes.to_vec())?;
    while !archive.look(3)? {}
    let mut taken = Vec::new();
    for number in 0..archive.blocks().len() {
        for next in archive.block(number)? {
            match next {
                Ok(next) => taken.push(next),
                Err(damage) => archive.give_up_after(damage, None),
            }
        }
        if number >= archive.blocks().len() {
            break;
        }
    }
    let damage = archive.damage().cloned();
    let is_cut = damage.as_ref().is_some_and(|damage| damage.is_cut);
    let end = taken.last().map_or(0, |last| last.number + 1);
    assert!(archive.extent().is_whole && archive.extent().events >= end, "{:?}", archive.extent());
    Ok(Read { taken, damage, is_cut })
}
