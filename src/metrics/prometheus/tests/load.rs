//! The largest rollout that we plan for, parsed; and what is no quadratic work.

use std::time::{Duration, Instant};

use super::super::answer::Answer;
use super::super::counts::join;
use super::super::faults::Faults;
use super::super::fixture::{layout, vector};

/// The shortest of several runs of a whole poll's parsing, for so many segments with two arms.
fn shortest(segments: usize) -> Duration {
    let names: Vec<_> = (0..segments).map(|n| format!("segment-{n}")).collect();
    let rows: Vec<_> = names
        .iter()
        .flat_map(|name| ["treatment", "control"].map(|arm| (name.as_str(), arm, "12345")))
        .collect();
    let layout = layout(&names.iter().map(String::as_str).collect::<Vec<_>>());
    let body = vector(&rows);
    let run = || {
        let began = Instant::now();
        let read = || Answer::read(body.as_bytes()).expect("a vector");
        let mut faults = Faults::default();
        let counts = join(&read(), &read(), &layout, &mut faults);
        assert!(counts.iter().all(|arms| arms.both().is_some()));
        began.elapsed()
    };
    (0..20).map(|_| run()).min().unwrap_or_default()
}

#[test]
fn ten_times_the_segments_are_about_ten_times_the_work() {
    let (hundred, thousand) = (shortest(100), shortest(1000));
    assert!(thousand < hundred * 40, "quadratic would be 100 times: {hundred:?}, {thousand:?}");
}
