//! Many e-values at once: which of them are real.
//!
//! For a report, e-BH (Wang, Ramdas, arXiv 2009.02824) names those that are real: with K e-values in falling order
//! the first k̂, the largest k with e_(k) ≥ K/(q·k). Of those named at most a part q is wrong on average, under any
//! dependence.

/// Indices of the e-values that are real at the level `q` (0 to 1: the part that may be wrong), in rising order.
/// `ln_e` are natural logarithms; NaN is never real.
#[must_use]
pub fn real(ln_e: &[f64], q: f64) -> Vec<usize> {
    let mut order: Vec<usize> =
        ln_e.iter().enumerate().filter(|(_, ln)| !ln.is_nan()).map(|(index, _)| index).collect();
    let value = |index: &usize| ln_e.get(*index).copied().unwrap_or(f64::NEG_INFINITY);
    order.sort_by(|a, b| value(b).total_cmp(&value(a)));
    let all = ln_e.len() as f64;
    let is_reached = |(place, index): (usize, &usize)| value(index) >= (all / (q * (place + 1) as f64)).ln();
    let last = order.iter().enumerate().rposition(is_reached);
    order.truncate(last.map_or(0, |place| place + 1));
    order.sort_unstable();
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ln(e: &[f64]) -> Vec<f64> {
        e.iter().map(|e| e.ln()).collect()
    }

    #[test]
    fn those_past_their_rank_are_real() {
        // K = 5, q = .1: needed are 50, 25, 16.7, 12.5, 10.
        assert_eq!(real(&ln(&[60., 1., 26., 12., 2.]), 0.1), [0, 2]);
        assert_eq!(real(&ln(&[49., 1., 24., 16., 12.4]), 0.1), Vec::<usize>::new());
        // A later rank carries the earlier ones along.
        assert_eq!(real(&ln(&[13., 13., 13., 13., 1.]), 0.1), [0, 1, 2, 3]);
    }

    #[test]
    fn what_is_no_number_is_never_real_but_counts_among_all() {
        assert_eq!(real(&[f64::NAN, 19f64.ln()], 0.1), Vec::<usize>::new());
        assert_eq!(real(&[f64::NAN, 20f64.ln()], 0.1), [1]);
        assert_eq!(real(&[], 0.1), Vec::<usize>::new());
        assert_eq!(real(&[f64::INFINITY], f64::NAN), Vec::<usize>::new());
    }
}
