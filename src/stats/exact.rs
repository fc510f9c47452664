//! Bounds of one proportion that hold however often one looks, at few events too.
//!
//! The running likelihood of x bad among n units, averaged over a prior, against the likelihood at a rate p:
//!
//! ```text
//! M_n(p) = B(a+x, b+n−x) / B(a, b) / (p^x·(1−p)^(n−x))
//! ```
//!
//! At the true rate M_n is a martingale that starts at 1, so the chance that it ever reaches 1/α is at most α (Ville). The
//! rates with M_n(p) < 1/α are an interval around x/n; its ends are the bounds. There is no approximation in it: it holds
//! at 0 of 10 as at 10⁵ of 10⁹. Both ends together are wrong with a chance of at most α, so each alone is on the safe side.
//!
//! The prior is Beta(¼, ½): most of its weight is at small rates, where bad events live, so that little is paid for the
//! rates that nobody expects.
//!
//! Sources: Robbins 1970 (mixtures), Howard et al., arXiv 1810.08240 (the beta-binomial mixture).

use super::beta::ln_beta;

/// The prior.
const PRIOR: (f64, f64) = (0.25, 0.5);

/// Halvings of an interval of length 1: beyond the last digit of a rate of one in a million.
const HALVINGS: u32 = 60;

/// The largest rate that `bad` of `units` leave possible, 0 to 1; 1 if they say nothing (no units, not finite, more bad
/// than units, a risk that is not above 0 and below 1). `alpha` is the chance that the true rate is ever outside of both
/// bounds.
#[must_use]
pub fn upper(bad: f64, units: f64, alpha: f64) -> f64 {
    let Some(least) = least_likelihood(bad, units, alpha) else { return 1.0 };
    if bad >= units {
        return 1.0;
    }
    end(bad, units, least, 1.0)
}

/// The smallest rate that `bad` of `units` leave possible, 0 to 1; 0 if they say nothing. As [`upper`].
#[must_use]
pub fn lower(bad: f64, units: f64, alpha: f64) -> f64 {
    let Some(least) = least_likelihood(bad, units, alpha) else { return 0.0 };
    end(bad, units, least, 0.0)
}

/// The end of the rates that are not ruled out, on the way from what was measured to an `outside` one.
fn end(bad: f64, units: f64, least: f64, mut outside: f64) -> f64 {
    let mut inside = bad / units;
    for _ in 0..HALVINGS {
        let middle = f64::midpoint(inside, outside);
        if ln_likelihood(bad, units, middle) > least {
            inside = middle;
        } else {
            outside = middle;
        }
    }
    outside
}

/// ln of the likelihood at or below which a rate is ruled out. `None`: the counts or the risk say nothing.
fn least_likelihood(bad: f64, units: f64, alpha: f64) -> Option<f64> {
    // Written so that NaN fails too.
    let is_sound =
        units.is_finite() && units > 0.0 && bad >= 0.0 && bad <= units && alpha > 0.0 && alpha < 1.0;
    let (a, b) = PRIOR;
    is_sound.then(|| ln_beta(a + bad, b + units - bad) - ln_beta(a, b) + alpha.ln())
}

/// ln(p^x·(1−p)^(n−x)), with 0·ln 0 = 0.
fn ln_likelihood(bad: f64, units: f64, rate: f64) -> f64 {
    let (good, mut ln) = (units - bad, 0.0);
    if bad > 0.0 {
        ln += bad * rate.ln();
    }
    if good > 0.0 {
        ln += good * (-rate).ln_1p();
    }
    ln
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_answers() {
        // Computed with forty digits.
        for (bad, units, alpha, low, high) in [
            (0., 1_000., 0.05, 0.0, 0.005_078_845_172_398_43),
            (10., 10_000., 0.05, 0.000_241_929_649_378_048, 0.002_625_134_132_084_73),
            (10., 10_000., 0.025, 0.000_221_072_625_362_368, 0.002_735_413_771_276_22),
            (3., 50., 0.01, 0.002_626_995_395_218_33, 0.255_281_641_735_743),
            (50., 50., 0.05, 0.886_273_369_969_892, 1.0),
            (90., 1e6, 0.05, 5.665_051_051_718_92e-5, 1.344_085_631_183_75e-4),
        ] {
            let (l, u) = (lower(bad, units, alpha), upper(bad, units, alpha));
            assert!((l - low).abs() < 1e-12, "{bad} of {units}: {l} not {low}");
            assert!((u - high).abs() < 1e-12, "{bad} of {units}: {u} not {high}");
        }
    }

    #[test]
    fn more_units_bring_the_bounds_together() {
        let widths: Vec<f64> =
            [1e2, 1e3, 1e5, 1e7, 1e9].map(|n| upper(n * 0.01, n, 0.05) - lower(n * 0.01, n, 0.05)).to_vec();
        assert!(widths.windows(2).all(|pair| matches!(pair, [wide, narrow] if narrow < wide)), "{widths:?}");
        assert!(widths.last().is_some_and(|width| *width < 1e-4), "{widths:?}");
    }

    #[test]
    fn what_says_nothing_rules_nothing_out() {
        let nan = f64::NAN;
        for (bad, units, alpha) in [
            (0., 0., 0.05),
            (nan, 10., 0.05),
            (1., nan, 0.05),
            (11., 10., 0.05),
            (-1., 10., 0.05),
            (1., 10., nan),
            (1., 10., 0.0),
            (1., 10., 1.0),
            (1., f64::INFINITY, 0.05),
        ] {
            assert_eq!(
                (lower(bad, units, alpha), upper(bad, units, alpha)),
                (0.0, 1.0),
                "{bad} {units} {alpha}"
            );
        }
    }
}
