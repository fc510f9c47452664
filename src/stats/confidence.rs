//! M2, the effect engine: confidence sequences. Intervals that may be looked at every second, for widening and showing.
//!
//! Asymptotic confidence sequences (Waudby-Smith, Arbour, Sinha, Kennedy, Ramdas, arXiv 2103.06476). With N units of both
//! arms together and s = SE(Δ)·√N:
//!
//! ```text
//! two sides   s·√( 2(Nρ²+1)/(Nρ)² · ln(√(Nρ²+1)/α) )
//! one side    s·√( 2(Nρ²+1)/(Nρ)² · ln(1 + √(Nρ²+1)/(2α)) )
//! ρ         = √( (−2 ln a + ln(−2 ln a + 1)) / N* )        a = α on two sides, 2α on one
//! ```
//!
//! N* is the number of units at which the interval is tightest. The difference of two proportions is Δ = p_t − k·p_c with
//! SE² = p_t(1−p_t)/n_t + k²·p_c(1−p_c)/n_c; k is 1 plus the accepted relative worsening, so that "not worse than the
//! margin" reads Δ ≤ 0. It is an approximation that needs events: see [`LEAST_EVENTS`], and [`exact`](super::exact) below that.

/// Fewer events than this in an arm: show counts, no interval. Below it the normal approximation is off by more than the
/// risk that it promises.
pub const LEAST_EVENTS: f64 = 100.0;

/// N*: the number of units at which an interval is tightest, by default.
pub const DEFAULT_TIGHTEST: f64 = 5_000.0;

/// Whether an interval is bounded on both sides or on one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sides {
    /// Only one bound, the other end is open.
    One,
    /// Both bounds.
    Two,
}

/// Bad units out of units, of one arm.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Proportion {
    /// Bad units.
    pub bad: f64,
    /// All units.
    pub units: f64,
}

/// A measured amount per unit of one arm: revenue, a score.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Mean {
    /// The mean over all units.
    pub mean: f64,
    /// The variance between units; not that of the mean.
    pub variance: f64,
    /// Number of units.
    pub units: f64,
}

/// An estimate and what it may be off by.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// The difference as measured.
    pub estimate: f64,
    /// Its lower bound.
    pub lower: f64,
    /// Its upper bound.
    pub upper: f64,
}

/// ρ, which makes the interval tightest at `n_star` units. NaN unless 0 < `alpha` < 1 (½ on one side) and `n_star` > 0.
#[must_use]
pub fn rho(alpha: f64, n_star: f64, sides: Sides) -> f64 {
    let a = match sides {
        Sides::One => 2.0 * alpha,
        Sides::Two => alpha,
    };
    let ln = -2.0 * a.ln();
    ((ln + (ln + 1.0).ln()) / n_star).sqrt()
}

/// Half of the width of the interval for `n` units whose standard deviation is `s`; on one side the whole distance to the
/// bound. `rho` from [`rho()`]. NaN or +∞ if there are no units.
#[must_use]
pub fn half_width(s: f64, n: f64, rho: f64, alpha: f64, sides: Sides) -> f64 {
    let spread = n * rho * rho + 1.0;
    let ln = match sides {
        Sides::One => (spread.sqrt() / (2.0 * alpha)).ln_1p(),
        Sides::Two => (spread.sqrt() / alpha).ln(),
    };
    s * (2.0 * spread / (n * rho).powi(2) * ln).sqrt()
}

impl Proportion {
    /// The rate, 0 to 1. `None` without units, with more bad units than units, or if one of them is no number.
    #[must_use]
    pub fn rate(&self) -> Option<f64> {
        let is_sound =
            self.units.is_finite() && self.units > 0.0 && self.bad >= 0.0 && self.bad <= self.units;
        is_sound.then(|| self.bad / self.units)
    }

    /// Whether there are bad and good units enough for an interval: [`LEAST_EVENTS`] of each.
    #[must_use]
    pub fn is_enough(&self) -> bool {
        self.bad >= LEAST_EVENTS && self.units - self.bad >= LEAST_EVENTS
    }
}

/// p_t − `ratio`·p_c with bounds on both sides, each second anew, wrong ever with a chance of `alpha`.
///
/// `None` if an arm has fewer than [`LEAST_EVENTS`] bad or good units, or something is no number.
#[must_use]
pub fn difference(treatment: Proportion, control: Proportion, ratio: f64, alpha: f64) -> Option<Interval> {
    interval(contrast(treatment, control, ratio)?, alpha)
}

/// The upper bound of p_t − `ratio`·p_c alone, wrong ever with a chance of `alpha`. `None` as in [`difference`].
#[must_use]
pub fn upper_bound_of_difference(
    treatment: Proportion,
    control: Proportion,
    ratio: f64,
    alpha: f64,
) -> Option<f64> {
    upper_bound(contrast(treatment, control, ratio)?, alpha)
}

/// mean_t − `ratio`·mean_c with bounds on both sides. `None` with fewer than [`LEAST_EVENTS`] units in an arm, or if
/// something is no number.
#[must_use]
pub fn difference_of_means(treatment: Mean, control: Mean, ratio: f64, alpha: f64) -> Option<Interval> {
    interval(contrast_of_means(treatment, control, ratio)?, alpha)
}

/// The lower bound of mean_t − `ratio`·mean_c alone: of revenue and scores, less is worse. `None` as in
/// [`difference_of_means`].
#[must_use]
pub fn lower_bound_of_means(treatment: Mean, control: Mean, ratio: f64, alpha: f64) -> Option<f64> {
    let contrast = contrast_of_means(treatment, control, ratio)?;
    upper_bound(Contrast { estimate: -contrast.estimate, ..contrast }, alpha).map(|bound| -bound)
}

/// A difference, its standard error, and the units of both arms.
#[derive(Clone, Copy)]
struct Contrast {
    estimate: f64,
    error: f64,
    units: f64,
}

fn contrast(treatment: Proportion, control: Proportion, ratio: f64) -> Option<Contrast> {
    let (p_t, p_c) = (treatment.rate()?, control.rate()?);
    let square = p_t * (1.0 - p_t) / treatment.units + ratio * ratio * p_c * (1.0 - p_c) / control.units;
    let found = Contrast {
        estimate: p_t - ratio * p_c,
        error: square.sqrt(),
        units: treatment.units + control.units,
    };
    (treatment.is_enough() && control.is_enough() && found.estimate.is_finite()).then_some(found)
}

fn contrast_of_means(treatment: Mean, control: Mean, ratio: f64) -> Option<Contrast> {
    let square = treatment.variance / treatment.units + ratio * ratio * control.variance / control.units;
    let units = treatment.units + control.units;
    let found = Contrast { estimate: treatment.mean - ratio * control.mean, error: square.sqrt(), units };
    let is_enough = treatment.units >= LEAST_EVENTS && control.units >= LEAST_EVENTS && units.is_finite();
    // Without any spread in an arm nothing is known of its spread.
    let is_sound = treatment.variance > 0.0 && control.variance > 0.0 && square.is_finite();
    (is_enough && is_sound && found.estimate.is_finite()).then_some(found)
}

fn distance(contrast: Contrast, alpha: f64, sides: Sides) -> Option<f64> {
    let Contrast { error, units, .. } = contrast;
    let distance = half_width(error * units.sqrt(), units, rho(alpha, DEFAULT_TIGHTEST, sides), alpha, sides);
    distance.is_finite().then_some(distance)
}

fn interval(contrast: Contrast, alpha: f64) -> Option<Interval> {
    let half = distance(contrast, alpha, Sides::Two)?;
    let estimate = contrast.estimate;
    Some(Interval { estimate, lower: estimate - half, upper: estimate + half })
}

fn upper_bound(contrast: Contrast, alpha: f64) -> Option<f64> {
    Some(contrast.estimate + distance(contrast, alpha, Sides::One)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_answers_of_rho() {
        assert!((rho(0.05, 5_000., Sides::One) - 0.035_577_688_528_897_53).abs() < 1e-15);
        assert!((rho(0.05, 5_000., Sides::Two) - 0.039_840_066_771_373_68).abs() < 1e-15);
    }

    #[test]
    fn known_answers_of_the_width() {
        // By hand at Nρ² = 3: 2·4/(N·3)·ln(2/α), and 2·4/(N·3)·ln(1 + 2/(2α)).
        let (n, rho) = (300.0, 0.1);
        let two = (8.0 / 900.0 * 40f64.ln()).sqrt();
        let one = (8.0 / 900.0 * 21f64.ln()).sqrt();
        assert!((half_width(1.0, n, rho, 0.05, Sides::Two) - two).abs() < 1e-14);
        assert!((half_width(2.0, n, rho, 0.05, Sides::One) - 2.0 * one).abs() < 1e-14);
    }

    #[test]
    fn it_is_tightest_for_its_number_of_units() {
        // In units of the fixed-sample width 1/√N.
        let relative =
            |n: f64| half_width(1.0, n, rho(0.05, 5_000., Sides::Two), 0.05, Sides::Two) * n.sqrt();
        assert!(relative(5_000.) < relative(4_000.) && relative(5_000.) < relative(6_250.));
    }

    const CONTROL: Proportion = Proportion { bad: 500., units: 10_000. };

    #[test]
    fn a_difference_lies_in_its_interval_and_one_bound_alone_is_tighter() {
        let treatment = Proportion { bad: 600., units: 10_000. };
        let found = difference(treatment, CONTROL, 1.0, 0.05).expect("enough events");
        assert!((found.estimate - 0.01).abs() < 1e-12);
        assert!(found.lower < found.estimate && found.estimate < found.upper);
        let upper = upper_bound_of_difference(treatment, CONTROL, 1.0, 0.05).expect("enough events");
        assert!(found.estimate < upper && upper < found.upper);
        let relative = difference(treatment, CONTROL, 1.1, 0.05).expect("enough events");
        assert!((relative.estimate - 0.005).abs() < 1e-12);
    }

    #[test]
    fn few_events_or_no_numbers_have_no_interval() {
        let nan = f64::NAN;
        for (bad, units) in [
            (99., 10_000.),
            (9_901., 10_000.),
            (nan, 10_000.),
            (500., nan),
            (500., 400.),
            (0., 0.),
            (500., f64::INFINITY),
        ] {
            let treatment = Proportion { bad, units };
            assert_eq!(difference(treatment, CONTROL, 1.0, 0.05), None, "{bad} {units}");
            assert_eq!(difference(CONTROL, treatment, 1.0, 0.05), None, "{bad} {units}");
        }
        assert_eq!(difference(CONTROL, CONTROL, nan, 0.05), None);
        assert_eq!(difference(CONTROL, CONTROL, 1.0, nan), None);
    }

    #[test]
    fn means_have_intervals_too() {
        let control = Mean { mean: 20., variance: 400., units: 10_000. };
        let treatment = Mean { mean: 19., ..control };
        let found = difference_of_means(treatment, control, 1.0, 0.05).expect("enough units");
        // SE = √(0.08); N = 20,000.
        let half = half_width(
            0.08f64.sqrt() * 20_000f64.sqrt(),
            20_000.,
            rho(0.05, 5_000., Sides::Two),
            0.05,
            Sides::Two,
        );
        assert!((found.upper - (half - 1.0)).abs() < 1e-12 && (found.lower + half + 1.0).abs() < 1e-12);
        let lower = lower_bound_of_means(treatment, control, 1.0, 0.05).expect("enough units");
        assert!(found.lower < lower && lower < -1.0);
        for wrong in [
            Mean { variance: 0., ..control },
            Mean { units: 99., ..control },
            Mean { mean: f64::NAN, ..control },
        ] {
            assert_eq!(difference_of_means(wrong, control, 1.0, 0.05), None, "{wrong:?}");
        }
    }
}
