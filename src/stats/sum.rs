//! Sums and means of e-values that are given as natural logarithms, without overflow and without memory.
//!
//! In: logarithms. Out: the logarithm of their sum or mean. A mean of e-values is an e-value, however they depend on each
//! other, and so is a weighted one whose weights add up to at most 1: add ln of the weight to each, and take the sum.

/// ln of the sum of what these are the logarithms of; −∞ without any. NaN adds nothing.
#[must_use]
pub fn ln_sum(values: impl Iterator<Item = f64> + Clone) -> f64 {
    // `max` passes NaN by.
    let largest = values.clone().fold(f64::NEG_INFINITY, f64::max);
    if !largest.is_finite() {
        return largest;
    }
    let sum: f64 = values.filter(|ln| !ln.is_nan()).map(|ln| (ln - largest).exp()).sum();
    largest + sum.ln()
}

/// ln of their mean; −∞ without any. NaN counts as an e-value of 0.
#[must_use]
pub fn ln_mean(values: impl Iterator<Item = f64> + Clone) -> f64 {
    let count = values.clone().count();
    if count == 0 { f64::NEG_INFINITY } else { ln_sum(values) - (count as f64).ln() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mean_of_e_values_is_taken_without_overflow() {
        let mean = ln_mean([1f64.ln(), 4f64.ln()].into_iter());
        assert!((mean - 2.5f64.ln()).abs() < 1e-12);
        assert!((ln_mean([2_000., 0.].into_iter()) - (2_000. - 2f64.ln())).abs() < 1e-9);
        assert!((ln_mean([-2_000., -2_000.].into_iter()) + 2_000.).abs() < 1e-9);
    }

    #[test]
    fn what_is_no_number_is_no_evidence() {
        assert!((ln_mean([f64::NAN, 0.0].into_iter()) - 0.5f64.ln()).abs() < 1e-12);
        assert_eq!(ln_sum([f64::NAN].into_iter()), f64::NEG_INFINITY);
        assert_eq!(ln_mean(std::iter::empty()), f64::NEG_INFINITY);
        assert_eq!(ln_sum([1.0, f64::INFINITY].into_iter()), f64::INFINITY);
    }
}
