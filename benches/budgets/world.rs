//! A rollout of any size, fed by hand: what the engine and the screen are measured on.
//!
//! In: numbers of segments and metrics. Out: a model that is live and exposed, and samples for it.

use std::sync::Arc;
use std::time::Duration;

use gonogo::domain::*;
use gonogo::engine::{Autopilot, Model, update};
use gonogo::event::{Body, Event};

/// 2026-11-22 14:00:00 UTC.
pub const START: Timestamp = Timestamp(1_795_356_000_000);

pub fn segment_name(index: usize) -> SegmentName {
    format!("europe-west/customers-{index:03}").parse().expect("a name")
}

pub fn metric_name(index: usize) -> MetricName {
    format!("checkout/users-with-error-{index}").parse().expect("a name")
}

fn percent(share: f64) -> Percent {
    Percent::new(share).expect("a percentage")
}

pub fn rollout(segments: usize, metrics: usize) -> Rollout {
    let span = |seconds| Span(Duration::from_secs(seconds));
    let stage = |share| Stage::new(percent(share), span(600), 500);
    let ladder = Ladder::new(vec![stage(5.), stage(25.), stage(50.)]).expect("climbs");
    let stations =
        [Station::Errors, Station::Latency, Station::Business, Station::Adoption, Station::Feedback];
    let guardrail = |index: usize| Guardrail {
        tolerate: 0.1,
        ..Guardrail::new(
            format!("guardrail-{index}").parse().expect("a name"),
            stations[index % stations.len()],
            metric_name(index),
        )
    };
    Rollout {
        name: "checkout-v2".parse().expect("a name"),
        owner: Some(Text::new("payments")),
        platforms: vec![Platform::new(
            "web".parse().expect("a name"),
            "checkout-v2".parse().expect("a name"),
            span(5),
        )],
        segments: (0..segments)
            .map(|index| Segment::new(segment_name(index), Some(1000), ladder.clone()))
            .collect(),
        metrics: (0..metrics).map(|index| Metric { name: metric_name(index), interval: span(5) }).collect(),
        guardrails: (0..metrics).map(guardrail).collect(),
        pause_without_data: span(60),
        sample_ratio: true,
    }
}

/// A live model, and the cumulative counts that it was told.
pub struct World {
    pub model: Model,
    pub now: Timestamp,
    segments: usize,
    metrics: usize,
    /// Samples told of each series so far.
    rounds: u64,
}

impl World {
    /// Everything connected, a quarter of each segment exposed, no sample yet.
    pub fn live(segments: usize, metrics: usize) -> Self {
        let model = Model::new(Arc::new(rollout(segments, metrics)), Autopilot::Advise, false);
        let mut world = Self { model, now: START, segments, metrics, rounds: 0 };
        for event in Self::opening(segments, metrics) {
            update(&mut world.model, &event);
        }
        world
    }

    /// The events that make a new model live.
    pub fn opening(segments: usize, metrics: usize) -> Vec<Event> {
        let mut bodies =
            vec![Body::Link { source: Source::new(SourceKind::Flags, "web"), state: LinkState::Live }];
        for index in 0..metrics {
            let source = Source::new(SourceKind::Metrics, metric_name(index).as_str());
            bodies.push(Body::Link { source, state: LinkState::Live });
        }
        let state = FlagState {
            version: Version(1),
            on: true,
            shares: (0..segments).map(|index| (segment_name(index), percent(25.))).collect(),
            by: None,
            changed_at: None,
            doubts: vec![],
            ..FlagState::default()
        };
        bodies.push(Body::Flag { platform: "web".parse().expect("a name"), state });
        let event = |body| Event { at: START, source_at: Some(START), body };
        bodies.into_iter().map(event).collect()
    }

    /// The flag was looked at and is as it was.
    pub fn heard(at: Timestamp) -> Event {
        let body = Body::Heard(Source::new(SourceKind::Flags, "web"));
        Event { at, source_at: Some(at), body }
    }

    /// The flag was looked at and is as it was.
    pub fn flag_heard(&mut self) {
        update(&mut self.model, &Self::heard(self.now));
    }

    /// The next sample of every series, as events: new users in both arms, equally bad.
    pub fn next_round(&mut self, step: Duration) -> Vec<Event> {
        self.now = self.now.plus(step);
        self.rounds += 1;
        let n = self.rounds as f64;
        // A little irregular, so that the numbers on the screen move as they would.
        let counts = |share: f64, series: usize| {
            let units = (n * 40.0 * share).floor();
            Some(Counts { units, bad: (units * 0.012 + (n * 0.7 + series as f64).sin().abs()).floor() })
        };
        let mut events = Vec::new();
        for segment in 0..self.segments {
            for metric in 0..self.metrics {
                let series = segment * self.metrics + metric;
                let value = SampleValue::Counts(ByArm {
                    treatment: counts(0.25, series),
                    control: counts(0.75, series),
                });
                let sample = Sample { metric: metric_name(metric), segment: segment_name(segment), value };
                events.push(Event { at: self.now, source_at: Some(self.now), body: Body::Sample(sample) });
            }
        }
        events
    }

    /// Takes the next sample of every series.
    pub fn step(&mut self, step: Duration) {
        let events = self.next_round(step);
        self.flag_heard();
        for event in &events {
            update(&mut self.model, event);
        }
    }
}
