//! Chance, from a seed.
//!
//! In: a seed. Out: the same draws for the same seed, on every machine and in every version: the
//! generator is a named algorithm (xoshiro256++), not "the standard one of this release".

use rand::rngs::Xoshiro256PlusPlus;
use rand::{RngExt, SeedableRng};

/// The largest mean that [`Dice::poisson`] draws in one go: e^-30 is far from underflow.
const POISSON_CHUNK: f64 = 30.0;

/// The generator of a world.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Dice(Xoshiro256PlusPlus);

impl Dice {
    pub(super) fn new(seed: u64) -> Self {
        Self(Xoshiro256PlusPlus::seed_from_u64(seed))
    }

    /// A number from 0 up to but not including 1.
    pub(super) fn uniform(&mut self) -> f64 {
        self.0.random()
    }

    /// Whether something of this probability happens; never for 0, NaN or less, always for 1 or more.
    pub(super) fn happens(&mut self, probability: f64) -> bool {
        self.uniform() < probability
    }

    /// A number of arrivals (Knuth's product of uniforms; large means are drawn in parts, which add up).
    pub(super) fn poisson(&mut self, mean: f64) -> u32 {
        let mut left = mean;
        let mut count = 0;
        while left > 0.0 {
            let part = left.min(POISSON_CHUNK);
            left -= part;
            let floor = (-part).exp();
            let mut product = self.uniform();
            while product > floor {
                count += 1;
                product *= self.uniform();
            }
        }
        count
    }

    /// A standard normal number (Box and Muller 1958).
    pub(super) fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.uniform()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.uniform()).cos()
    }

    /// One of several; `None` if there is nothing to choose from.
    pub(super) fn pick<'a, T>(&mut self, choices: &'a [T]) -> Option<&'a T> {
        if choices.is_empty() { None } else { choices.get(self.0.random_range(0..choices.len())) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_follow_their_laws() {
        let mut dice = Dice::new(1);
        let rounds = 4000_u32;
        let n = f64::from(rounds);
        for mean in [0.2, 29.0, 95.0] {
            let total: f64 = (0..rounds).map(|_| f64::from(dice.poisson(mean))).sum();
            // Five standard errors of a Poisson mean.
            assert!((total / n - mean).abs() < 5.0 * (mean / n).sqrt(), "{mean}: {}", total / n);
        }
        let normals: Vec<f64> = (0..rounds).map(|_| dice.normal()).collect();
        let mean = normals.iter().sum::<f64>() / n;
        let variance = normals.iter().map(|x| x * x).sum::<f64>() / n;
        assert!(mean.abs() < 0.08 && (variance - 1.0).abs() < 0.12, "{mean} {variance}");
        assert_eq!(dice.poisson(0.0), 0);
    }

    #[test]
    fn the_first_draws_of_a_seed_never_change() {
        let mut dice = Dice::new(7);
        let first: Vec<u32> = (0..4).map(|_| (dice.uniform() * 1e6) as u32).collect();
        assert_eq!(first, FIRST_OF_SEVEN);
    }

    const FIRST_OF_SEVEN: [u32; 4] = [55_360, 172_115, 717_576, 427_209];
}
