//! ln of the beta function, exact also for counts of a day of traffic.
//!
//! ln Γ(a) + ln Γ(b) − ln Γ(a+b) subtracts numbers of the size a·ln a: at a billion units eight digits are gone, and a test
//! that compares the result with ln 20 is wrong. Here the large parts are subtracted on paper, with Stirling's series:
//!
//! ```text
//! ln Γ(x) = (x − ½)·ln x − x + ½·ln 2π + s(x)        s(x) = 1/(12x) − 1/(360x³) + 1/(1260x⁵) − …
//! ```
//!
//! Source: Didonato and Morris, ACM TOMS 18 (1992), algorithm 708 (`bcorr`, `algdiv`).

use statrs::function::gamma::ln_gamma;

/// From here on six terms of Stirling's series are exact to the last digit of a double.
const STIRLING: f64 = 10.0;

/// ½·ln 2π.
const HALF_LN_TAU: f64 = 0.918_938_533_204_672_7;

/// ln B(a, b) = ln Γ(a) + ln Γ(b) − ln Γ(a+b), for a and b above 0.
#[must_use]
pub fn ln_beta(a: f64, b: f64) -> f64 {
    let (small, large) = if a < b { (a, b) } else { (b, a) };
    if large < STIRLING {
        return ln_gamma(small) + ln_gamma(large) - ln_gamma(small + large);
    }
    let sum = small + large;
    // ln(large/sum), exact also when small is next to nothing beside large.
    let ln_large = -(small / large).ln_1p();
    let rest = remainder(large) - remainder(sum);
    if small < STIRLING {
        return ln_gamma(small) + (large - 0.5) * ln_large - small * sum.ln() + small + rest;
    }
    HALF_LN_TAU + (small - 0.5) * (small / sum).ln() + (large - 0.5) * ln_large - 0.5 * sum.ln()
        + (remainder(small) + rest)
}

/// s(x): what Stirling's formula leaves out, for x of at least 10.
fn remainder(x: f64) -> f64 {
    let y = 1.0 / (x * x);
    let terms = [-691.0 / 360_360.0, 1.0 / 1_188.0, -1.0 / 1_680.0, 1.0 / 1_260.0, -1.0 / 360.0, 1.0 / 12.0];
    terms.into_iter().fold(0.0, |sum, term| sum * y + term) / x
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_answers() {
        // Computed with forty digits.
        for (a, b, expected) in [
            (0.5, 0.5, 1.144_729_885_849_400_2),
            (2., 3., -2.484_906_649_788_000_4),
            (9.75, 10.25, -13.729_655_575_672_686),
            (0.25, 1e6, -2.165_855_021_042_983_4),
            (123.25, 4_567.5, -571.613_740_256_816_8),
            (5_000., 5_100., -7_003.289_451_926_663),
            (1e6, 2e6, -1_909_548.290_968_533),
            (3.5, 1e9, -71.330_456_831_340_37),
            (1e9, 1e9, -1_386_294_370.216_011_5),
        ] {
            for found in [ln_beta(a, b), ln_beta(b, a)] {
                let error = ((found - expected) / expected).abs();
                assert!(error < 1e-14, "{a} {b}: {found} not {expected}");
            }
        }
    }

    #[test]
    fn the_ways_meet_where_one_takes_over_from_the_other() {
        for b in [9.999_999, 50.0, 1e7] {
            let (below, above) = (ln_beta(STIRLING - 1e-9, b), ln_beta(STIRLING, b));
            assert!(((below - above) / above).abs() < 1e-8, "{b}: {below} {above}");
        }
    }
}
