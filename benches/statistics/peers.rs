//! Two peers on the same ticks: sums of both arms, and whether each would have raised an alarm by now.

use gonogo::stats::Tick;
use gonogo::stats::confidence::{DEFAULT_TIGHTEST, Sides, half_width, rho};

/// Sums since the start.
#[derive(Default, Clone, Copy)]
pub struct Sums(Tick);

impl Sums {
    pub fn add(&mut self, tick: &Tick) {
        self.0.treatment_units += tick.treatment_units;
        self.0.treatment_bad += tick.treatment_bad;
        self.0.control_units += tick.control_units;
        self.0.control_bad += tick.control_bad;
    }

    /// Difference of the rates, and its standard error. `None` where an arm has no variance: there is no decision then.
    fn difference(&self) -> Option<(f64, f64)> {
        let part = |bad: f64, units: f64| (bad / units, bad / units * (1.0 - bad / units) / units);
        let (p_t, square_t) = part(self.0.treatment_bad, self.0.treatment_units);
        let (p_c, square_c) = part(self.0.control_bad, self.0.control_units);
        (square_t > 0.0 && square_c > 0.0).then(|| (p_t - p_c, (square_t + square_c).sqrt()))
    }

    /// The repeated sequential bound on the difference is above 0; one-sided, as a kill is.
    pub fn is_past_bound(&self, alpha: f64) -> bool {
        let units = self.0.treatment_units + self.0.control_units;
        self.difference().is_some_and(|(difference, error)| {
            let rho = rho(alpha, DEFAULT_TIGHTEST, Sides::One);
            difference > half_width(error * units.sqrt(), units, rho, alpha, Sides::One)
        })
    }

    /// A two-sided 5 % test would call the arms different now.
    pub fn is_past_z(&self) -> bool {
        self.difference().is_some_and(|(difference, error)| difference.abs() > 1.959_963_984_540_054 * error)
    }
}
