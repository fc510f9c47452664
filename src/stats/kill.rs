//! M1 whole: the test that kills. The cumulative e-process and its twin for late onsets, half of the risk each.
//!
//! In: one tick after the other. Out: how far each of the two is from its threshold. NO-GO when
//!
//! ```text
//! E ≥ 2/α          the cumulative part (super::binomial): best when it was bad from the start
//! R ≥ 2·M/(0.9·α)  the twin (super::twin): best when it turns bad after a healthy while
//! ```
//!
//! The chance that either of them is ever reached while the treatment is not worse than tolerated is at most α, over the
//! whole rollout, however often one looks: each has half of α (Ville's inequality, and the union of two events). The
//! factor 0.9 pays for everything past the horizon of M ticks; the maths is in [`twin`](super::twin).
//!
//! It works with zero bad control units, with any batching, with a changing exposure and through a shared outage.
//! A crossing is not kept here: the reader latches it.
//!
//! Without a control group (M4) a single arm runs against a fixed bound of its rate: [`KillBet::update_against`].

use serde::{Deserialize, Serialize};

use super::binomial::{ConditionalBinomial, Factors, Tick, factors, factors_of};
use super::twin::ShiryaevRoberts;

/// Ticks of the twin's first horizon: an hour of one-second looks, as long as a long stage.
pub const DEFAULT_HORIZON: u32 = 3_600;

/// The largest bound that a single arm can be held against; at 1 nothing could ever be worse.
const LARGEST_BOUND: f64 = 0.999_999;

/// The two bets on one series. A few dozen numbers, copied freely; nothing allocates.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct KillBet {
    tolerated: f64,
    ln_threshold: f64,
    ln_twin_threshold: f64,
    cumulative: ConditionalBinomial,
    twin: ShiryaevRoberts,
}

/// Which of the two bets is past its threshold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Alarm {
    /// The cumulative part: worse over the whole time.
    Cumulative,
    /// The twin: worse since some moment.
    Twin,
}

/// How the two bets stand. All logarithms are natural.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct KillStanding {
    /// ln of the e-value of the cumulative part.
    pub ln_e: f64,
    /// What it must reach: ln(2/α). +∞ if the risk is 0 or no number.
    pub ln_threshold: f64,
    /// ln R of the twin; −∞ before the first tick.
    pub ln_twin: f64,
    /// What it must reach: ln(2·M/(0.9·α)). +∞ if the risk is 0 or no number.
    pub ln_twin_threshold: f64,
    /// Whether one of them is at or past its threshold.
    pub is_crossed: bool,
    /// Which one; of two the one further past. `None`: neither.
    pub alarm: Option<Alarm>,
    /// Distance past the threshold of whichever is further: negative before, 0 or more at an alarm.
    pub lead: f64,
}

impl KillBet {
    /// Starts with no evidence.
    ///
    /// `alpha` is the chance of a false alarm over the whole rollout, above 0 and at most 1 (more counts as 1; 0, less
    /// and NaN never alarm). `tolerated` is the accepted relative worsening: 0.1 is 10 % worse; negative values and NaN
    /// count as 0. `horizon` is the number of ticks in which the twin is at its sharpest ([`DEFAULT_HORIZON`]); 0 counts as 1.
    #[must_use]
    pub fn new(alpha: f64, tolerated: f64, horizon: u32) -> Self {
        let half = if alpha > 0.0 { alpha.min(1.0) / 2.0 } else { 0.0 };
        let twin = ShiryaevRoberts::new(horizon);
        Self {
            tolerated: tolerated.max(0.0),
            // ln of 0 is −∞: never reached.
            ln_threshold: -half.ln(),
            ln_twin_threshold: twin.ln_threshold(half),
            cumulative: ConditionalBinomial::new(tolerated),
            twin,
        }
    }

    /// Whether both are of the same risk, tolerance and horizon, whatever they have seen.
    #[must_use]
    pub fn is_like(&self, other: &Self) -> bool {
        self.tolerated == other.tolerated
            && self.ln_threshold == other.ln_threshold
            && self.ln_twin_threshold == other.ln_twin_threshold
            && self.twin.horizon() == other.twin.horizon()
    }

    /// Takes a tick of both arms into account.
    pub fn update(&mut self, tick: &Tick) {
        self.update_factors(factors(tick, self.tolerated).as_ref());
    }

    /// Takes the log factors of a tick into account; `None` is a tick that taught nothing.
    pub fn update_factors(&mut self, factors: Option<&Factors>) {
        if let Some(factors) = factors {
            self.cumulative.multiply(factors);
        }
        self.twin.update(factors);
    }

    /// Takes a tick of a single arm into account (M4): `bad` of `units` against the largest healthy rate `bound`.
    ///
    /// The bound is made larger by the tolerated worsening. Good units speak too: they are what a control's bad units
    /// are otherwise. Divide both counts by the over-dispersion of the baseline
    /// ([`Baseline::over_dispersion`](super::baseline::Baseline::over_dispersion)): a rate that wanders by itself is
    /// otherwise blamed often. What is not finite, negative, or has more bad units than units teaches nothing.
    pub fn update_against(&mut self, units: f64, bad: f64, bound: f64) {
        // Written so that NaN fails too.
        let is_sound = units.is_finite() && units > 0.0 && bad >= 0.0 && bad <= units && bound > 0.0;
        let factors = is_sound.then(|| {
            let bound = (bound * (1.0 + self.tolerated)).min(LARGEST_BOUND);
            factors_of(bad, units - bad, bound, 0.0)
        });
        self.update_factors(factors.as_ref());
    }

    /// ln of the e-value of the cumulative part.
    #[must_use]
    pub fn ln_e(&self) -> f64 {
        self.cumulative.ln_e()
    }

    /// How the two bets stand.
    #[must_use]
    pub fn standing(&self) -> KillStanding {
        let (ln_e, ln_twin) = (self.ln_e(), self.twin.ln_r());
        let (ahead, twin_ahead) = (ln_e - self.ln_threshold, ln_twin - self.ln_twin_threshold);
        let lead = ahead.max(twin_ahead);
        let is_crossed = lead >= 0.0;
        let first = if twin_ahead > ahead { Alarm::Twin } else { Alarm::Cumulative };
        KillStanding {
            ln_e,
            ln_threshold: self.ln_threshold,
            ln_twin,
            ln_twin_threshold: self.ln_twin_threshold,
            is_crossed,
            alarm: is_crossed.then_some(first),
            lead,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tick(treatment_bad: f64, control_bad: f64) -> Tick {
        Tick { treatment_units: 1_000., treatment_bad, control_units: 1_000., control_bad }
    }

    #[test]
    fn each_half_has_half_of_the_risk() {
        let standing = KillBet::new(0.05, 0.0, 3_600).standing();
        assert!((standing.ln_threshold - 40f64.ln()).abs() < 1e-12);
        assert!((standing.ln_twin_threshold - (2.0 * 3_600.0 / (0.9 * 0.05f64)).ln()).abs() < 1e-12);
        assert_eq!((standing.is_crossed, standing.alarm), (false, None));
        assert_eq!(standing.lead, -standing.ln_threshold);
    }

    #[test]
    fn the_cumulative_half_has_the_known_answers() {
        let mut bet = KillBet::new(0.05, 0.0, 3_600);
        bet.update(&tick(8., 1.));
        assert!((bet.standing().ln_e - 2.438_080_995_2).abs() < 1e-9);
    }

    #[test]
    fn bad_from_the_start_is_the_cumulative_parts_alarm() {
        let mut bet = KillBet::new(0.05, 0.0, 3_600);
        bet.update(&tick(12., 0.));
        assert_eq!(bet.standing().alarm, Some(Alarm::Cumulative));
    }

    #[test]
    fn bad_after_a_healthy_hour_is_the_twins_alarm() {
        let mut bet = KillBet::new(0.05, 0.0, 3_600);
        for _ in 0..3_000 {
            bet.update(&tick(5., 5.));
        }
        assert!(!bet.standing().is_crossed);
        let needed = (1..60).find(|_| {
            bet.update(&tick(20., 5.));
            bet.standing().is_crossed
        });
        assert!(needed.is_some_and(|ticks| ticks <= 3), "{needed:?}");
        assert_eq!(bet.standing().alarm, Some(Alarm::Twin));
    }

    #[test]
    fn a_risk_of_nothing_never_alarms() {
        for alpha in [0.0, -1.0, f64::NAN] {
            let mut bet = KillBet::new(alpha, 0.0, 3_600);
            bet.update(&tick(1_000., 0.));
            assert!(!bet.standing().is_crossed && bet.standing().lead == f64::NEG_INFINITY, "{alpha}");
        }
    }

    #[test]
    fn a_single_arm_is_held_against_its_bound() {
        let after = |bad, bound, tolerated| {
            let mut bet = KillBet::new(0.05, tolerated, 3_600);
            bet.update_against(1_000., bad, bound);
            bet.standing()
        };
        assert!(after(40., 0.01, 0.0).is_crossed);
        assert!(!after(10., 0.01, 0.0).is_crossed);
        assert!(after(40., 0.01, 0.0).ln_e > after(40., 0.01, 0.5).ln_e);
        // Good units are evidence of health.
        assert!(after(0., 0.01, 0.0).ln_e < 0.0);
        for (units, bad, bound) in
            [(0., 0., 0.1), (10., 11., 0.1), (10., f64::NAN, 0.1), (10., 5., f64::NAN), (10., 5., 0.)]
        {
            let mut bet = KillBet::new(0.05, 0.0, 3_600);
            bet.update_against(units, bad, bound);
            assert_eq!(bet.standing().ln_e, 0.0, "{units} {bad} {bound}");
        }
        // Everything bad where everything may be bad is no news.
        assert!(!after(1_000., 1.0, 0.0).is_crossed);
    }
}
