//! The interval of a mean of bounded values at one moment, for drawing: that of Chernoff and Hoeffding.
//!
//! For values that lie between 0 and 1, however they are distributed in between, the mean of n of them is at a distance
//! from the true mean μ with a chance of at most exp(−n·KL(mean‖μ)) on either side, where KL(p‖q) = p·ln(p/q) +
//! (1−p)·ln((1−p)/(1−q)). So the interval holds from the first value on, and needs no variance: stars that customers give
//! are few, and all alike often enough. It is wide for that.
//!
//! As [`score`](super::score) it holds for a single look at a fixed sample; nothing may be decided on it.
//!
//! Source: W. Hoeffding, Probability inequalities for sums of bounded random variables, JASA 58 (1963), theorem 1.

/// The chance that the mean lies outside, both sides together.
const ALPHA: f64 = 0.05;
/// Halvings of the stretch in which an end is looked for: a chart shows no more.
const STEPS: usize = 16;

/// Between which values, 0 to 1, the true mean lies in 95 of 100 cases. `None` without values, or if the mean is none of
/// values between 0 and 1.
#[must_use]
pub fn interval(mean: f64, values: f64) -> Option<(f64, f64)> {
    // Written so that NaN fails too.
    let is_sound = values.is_finite() && values > 0.0 && (0.0..=1.0).contains(&mean);
    is_sound.then(|| {
        let most = (2.0 / ALPHA).ln() / values;
        // From below by symmetry: what is low of p is high of 1 − p.
        (1.0 - upper(1.0 - mean, most), upper(mean, most))
    })
}

/// The largest true mean that is no further than `most` from a measured one; the end of the last stretch, on the safe side.
fn upper(mean: f64, most: f64) -> f64 {
    let (mut inside, mut outside) = (mean, 1.0);
    for _ in 0..STEPS {
        let middle = f64::midpoint(inside, outside);
        if divergence(mean, middle) <= most {
            inside = middle;
        } else {
            outside = middle;
        }
    }
    outside
}

/// KL(p‖q) of two coins.
fn divergence(p: f64, q: f64) -> f64 {
    let part = |p: f64, q: f64| if p > 0.0 { p * (p / q).ln() } else { 0.0 };
    part(p, q) + part(1.0 - p, 1.0 - q)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_answers() {
        // Where all are alike the end is (α/2)^(1/n); in the middle ½ ∓ ½·√(1 − exp(−2·ln(2/α)/n)).
        for (mean, values, low, high) in [
            (1.0, 5.0, 0.4782, 1.0),
            (0.0, 5.0, 0.0, 0.5218),
            (0.5, 100.0, 0.3667, 0.6333),
            (1.0, 1.0, 0.025, 1.0),
        ] {
            let (l, h) = interval(mean, values).expect("values");
            assert!((l - low).abs() < 5e-5 && (h - high).abs() < 5e-5, "{mean} of {values}: {l} {h}");
        }
    }

    #[test]
    fn the_mean_is_inside_more_values_are_surer_and_what_is_no_mean_has_no_interval() {
        for mean in [0.0, 0.001, 0.25, 0.5, 0.9, 1.0] {
            let mut before = 1.1;
            for values in [1.0, 2.0, 7.0, 100.0, 1e6] {
                let (low, high) = interval(mean, values).expect("values");
                assert!((0.0..=mean).contains(&low) && (mean..=1.0).contains(&high), "{mean} {values}");
                assert!(high - low < before, "{mean} {values}");
                before = high - low;
            }
        }
        for (mean, values) in [(0.5, 0.0), (1.5, 3.0), (-0.1, 3.0), (f64::NAN, 3.0), (0.5, f64::NAN)] {
            assert_eq!(interval(mean, values), None, "{mean} {values}");
        }
    }

    #[test]
    fn the_true_mean_of_stars_is_inside_in_95_of_100_cases() {
        // Exact: all ways in which n customers give 1 to 5 stars, each with its chance.
        for chances in [[0.2; 5], [0.5, 0.0, 0.0, 0.0, 0.5], [0.02, 0.03, 0.05, 0.2, 0.7]] {
            let truth: f64 =
                chances.iter().zip(0_u32..).map(|(chance, star)| chance * f64::from(star) / 4.0).sum();
            // The chance of each sum of stars, counted from 0.
            let mut sums = vec![1.0];
            for n in 1_u32..=30 {
                let mut next = vec![0.0; sums.len() + 4];
                for (sum, before) in sums.iter().enumerate() {
                    for (star, chance) in chances.iter().enumerate() {
                        next[sum + star] += before * chance;
                    }
                }
                sums = next;
                let inside: f64 = (sums.iter().zip(0_u32..))
                    .filter(|(_, sum)| {
                        let mean = f64::from(*sum) / f64::from(4 * n);
                        let (low, high) = interval(mean, f64::from(n)).expect("values");
                        (low..=high).contains(&truth)
                    })
                    .map(|(chance, _)| chance)
                    .sum();
                assert!(inside >= 0.95, "{chances:?} {n}: {inside}");
            }
        }
    }
}
