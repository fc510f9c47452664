//! The interval of one rate at one moment, for drawing: Wilson's score interval with continuity correction.
//!
//! It is the only interval of this room that holds for a single look at a fixed sample, and not however often one looks.
//! So nothing may be decided on it: it says how sure one point of a chart is, and no more. It is in closed form, because
//! a screen draws hundreds of them, and it errs to the safe side: with the correction the rate is inside at least as
//! often as promised in nearly all cases, as with the exact interval of Clopper and Pearson, at any number of events,
//! none included.
//!
//! Source: R. G. Newcombe, Two-sided confidence intervals for the single proportion, Statistics in Medicine 17 (1998),
//! method 4.

/// 97.5 % of a normal distribution are below: 2.5 % are left on each side.
const Z: f64 = 1.959_963_984_540_054;

/// Between which rates, 0 to 1, that of `bad` of `units` lies in 95 of 100 cases. `None` without units, with more bad
/// units than units, or if one of them is no number.
#[must_use]
pub fn interval(bad: f64, units: f64) -> Option<(f64, f64)> {
    // Written so that NaN fails too.
    let is_sound = units.is_finite() && units > 0.0 && bad >= 0.0 && bad <= units;
    if !is_sound {
        return None;
    }
    let (z2, good, share) = (Z * Z, units - bad, bad / units);
    let whole = 2.0 * (units + z2);
    let below = (z2 - 2.0 - 1.0 / units + 4.0 * share * (good + 1.0)).max(0.0).sqrt();
    let above = (z2 + 2.0 - 1.0 / units + 4.0 * share * (good - 1.0)).max(0.0).sqrt();
    let low = if bad > 0.0 { (2.0 * bad + z2 - 1.0 - Z * below) / whole } else { 0.0 };
    let high = if good > 0.0 { (2.0 * bad + z2 + 1.0 + Z * above) / whole } else { 1.0 };
    Some((low.clamp(0.0, share), high.clamp(share, 1.0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_answers() {
        // Table I of the source.
        for (bad, units, low, high) in [
            (81.0, 263.0, 0.2535, 0.3682),
            (15.0, 148.0, 0.0598, 0.1644),
            (0.0, 20.0, 0.0, 0.2005),
            (1.0, 29.0, 0.0018, 0.1963),
        ] {
            let (l, h) = interval(bad, units).expect("counts");
            assert!((l - low).abs() < 5e-5 && (h - high).abs() < 5e-5, "{bad} of {units}: {l} {h}");
        }
    }

    #[test]
    fn the_rate_is_inside_and_what_is_no_count_has_no_interval() {
        for units in [1.0, 2.0, 3.0, 17.0, 1e6] {
            for share in [0.0, 0.001, 0.5, 1.0] {
                let (low, high) = interval(units * share, units).expect("counts");
                assert!((0.0..=share).contains(&low) && (share..=1.0).contains(&high), "{units} {share}");
            }
        }
        for (bad, units) in [(0.0, 0.0), (2.0, 1.0), (-1.0, 3.0), (f64::NAN, 3.0), (1.0, f64::NAN)] {
            assert_eq!(interval(bad, units), None, "{bad} {units}");
        }
    }
}
