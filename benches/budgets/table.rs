//! The table: one line for each figure, printed as soon as it is known.
//!
//! In: figures. Out: text on standard output. A figure is good, a miss, or only told (no budget of its own).

use std::fmt::Display;
use std::io::Write;
use std::time::{Duration, Instant};

/// Several measurements of the same thing, sorted.
pub struct Runs(Vec<f64>);

impl Runs {
    pub fn new(mut runs: Vec<f64>) -> Self {
        assert!(!runs.is_empty(), "nothing was measured");
        runs.sort_by(f64::total_cmp);
        Self(runs)
    }

    /// Durations as milliseconds.
    pub fn ms(runs: impl IntoIterator<Item = Duration>) -> Self {
        Self::new(runs.into_iter().map(|run| run.as_secs_f64() * 1e3).collect())
    }

    pub fn at(&self, share: f64) -> f64 {
        let last = self.0.len() - 1;
        self.0[((last as f64) * share).round() as usize]
    }

    pub fn median(&self) -> f64 {
        self.at(0.5)
    }

    pub fn mean(&self) -> f64 {
        self.0.iter().sum::<f64>() / self.0.len() as f64
    }

    pub fn p99(&self) -> f64 {
        self.at(0.99)
    }

    /// `0.12 / 0.15 / 0.90` and what they are.
    pub fn spread(&self, unit: &str, decimals: usize) -> String {
        let number = |share| format!("{:.decimals$}", self.at(share));
        format!("{} / {} / {} {unit} (min/median/max)", number(0.0), number(0.5), number(1.0))
    }

    /// `p50 0.15 ms, p99 0.90 ms of 50`.
    pub fn tail(&self, unit: &str) -> String {
        format!("p50 {:.2} {unit}, p99 {:.2} {unit} of {}", self.median(), self.p99(), self.0.len())
    }
}

/// Calls something `times` times and returns nanoseconds for each call, for each of `runs` runs.
pub fn time_each(runs: usize, times: u32, mut call: impl FnMut(u32)) -> Runs {
    let one = |_| {
        let start = Instant::now();
        (0..times).for_each(&mut call);
        start.elapsed().as_nanos() as f64 / f64::from(times)
    };
    Runs::new((0..runs).map(one).collect())
}

pub struct Table {
    start: Instant,
    misses: Vec<String>,
}

impl Table {
    pub fn start() -> Self {
        let table = Self { start: Instant::now(), misses: Vec::new() };
        say(&format!("{:<58} {:<26} measured", "what", "budget"));
        table
    }

    pub fn section(&self, name: &str) {
        say(&format!("-- {name} ({:.0} s after the start)", self.start.elapsed().as_secs_f64()));
    }

    /// A figure with a budget.
    pub fn row(&mut self, what: &str, budget: &str, measured: impl Display, is_met: bool) {
        let mark = if is_met { "" } else { "  MISSED" };
        say(&format!("{what:<58} {budget:<26} {measured}{mark}"));
        if !is_met {
            self.misses.push(what.to_owned());
        }
    }

    /// A figure that explains another one.
    pub fn note(&self, what: &str, measured: impl Display) {
        say(&format!("  {what:<56} {:<26} {measured}", "-"));
    }

    pub fn end(&self) {
        let seconds = self.start.elapsed().as_secs_f64();
        let misses = if self.misses.is_empty() {
            "every budget met".into()
        } else {
            format!("missed: {}", self.misses.join("; "))
        };
        say(&format!("{seconds:.0} s; {misses}"));
    }
}

fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    // Nobody reads any more: the figures are for nobody.
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}
