//! What the simulations print, and how a promise is checked.

/// Lines under a title. They are printed together when the table ends, also when it ends in a failure: several simulations
/// run at the same time.
pub struct Table(String);

impl Table {
    pub fn new(title: &str) -> Self {
        Self(format!("\n{title}\n"))
    }

    /// Any line.
    pub fn line(&mut self, line: &str) {
        self.0.push_str(&format!("  {line}\n"));
    }

    /// One line: a name, and how many of how many.
    pub fn share(&mut self, name: &str, found: u32, runs: u32) {
        let part = f64::from(found) / f64::from(runs) * 100.0;
        self.line(&format!("{name:<74} {part:6.2} % of {runs}"));
    }

    /// Fails if an event that was promised to be rarer than `alpha` happened too often to be luck.
    pub fn promise(&mut self, name: &str, found: u32, runs: u32, alpha: f64) {
        self.share(name, found, runs);
        assert!(
            f64::from(found) <= most(alpha, runs) * f64::from(runs),
            "{name}: {found} of {runs} at {alpha}"
        );
    }
}

impl Drop for Table {
    fn drop(&mut self) {
        println!("{}", self.0);
    }
}

/// Three standard errors above α: what `runs` runs of an event of the probability α exceed once in 740 times.
fn most(alpha: f64, runs: u32) -> f64 {
    alpha + 3.0 * (alpha * (1.0 - alpha) / f64::from(runs)).sqrt()
}

/// The value below which a part of the runs lies; runs that never ended are `u32::MAX`.
pub fn quantile(times: &mut [u32], part: f64) -> u32 {
    times.sort_unstable();
    let place = (part * times.len() as f64).ceil() as usize;
    times[place.saturating_sub(1).min(times.len() - 1)]
}
