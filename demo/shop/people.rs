//! The simulated customers. In: a seed and a number of arrivals. Out: distinct users with what happens to them.
//!
//! Whether a user is in the treatment is not decided here: a visit is drawn with all its dice, and
//! [`Visit::outcome`] reads them for an arm. So the same seed brings the same people whatever the flag says.

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

/// A group of customers of the shop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Segment {
    /// Value of the context field `segment`.
    pub name: &'static str,
    /// Share of all arrivals, in percent.
    arrivals: u32,
    /// Error rate without any fault, in tenths of a percent.
    base_errors: u32,
}

/// Every segment; the arrivals add up to 100.
pub const SEGMENTS: [Segment; 4] = [
    Segment { name: "internal", arrivals: 10, base_errors: 10 },
    Segment { name: "beta", arrivals: 15, base_errors: 12 },
    Segment { name: "free", arrivals: 50, base_errors: 15 },
    Segment { name: "enterprise", arrivals: 25, base_errors: 8 },
];

impl Segment {
    /// The segment of the arrival at a place among 100.
    fn at(place: u32) -> Self {
        let mut end = 0;
        let mut of = |segment: &Self| {
            end += segment.arrivals;
            place < end
        };
        SEGMENTS.into_iter().find(&mut of).unwrap_or(SEGMENTS[0])
    }
}

/// The segment of that name.
pub fn segment(name: &str) -> Option<Segment> {
    SEGMENTS.into_iter().find(|segment| segment.name == name)
}

/// Which checkout a user saw.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Arm {
    /// The new one.
    Treatment,
    /// The old one.
    Control,
}

impl Arm {
    /// Both, in the order of the metrics.
    pub const ALL: [Self; 2] = [Self::Treatment, Self::Control];

    /// Value of the label `arm`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Treatment => "treatment",
            Self::Control => "control",
        }
    }
}

/// What is wrong with the new checkout.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Fault {
    /// Errors on top of the usual ones: share of users, 0 to 1.
    pub rate: f64,
    /// Latency on top of the usual one.
    pub slow_ms: f64,
}

/// One user at the till, with dice that are already cast.
#[derive(Debug, Clone, PartialEq)]
pub struct Visit {
    /// Distinct for every visit of a run.
    pub user_id: String,
    /// Where the user belongs.
    pub segment: Segment,
    base_die: f64,
    fault_die: f64,
    latency_ms: f64,
    feedback_die: f64,
    mood_die: f64,
}

/// What a visit came to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Outcome {
    /// Whether the checkout failed.
    pub failed: bool,
    /// How long it took.
    pub latency_ms: f64,
    /// 1 to 5 if the user left feedback.
    pub stars: Option<u8>,
}

impl Visit {
    /// What happens to this user in an arm; a fault only touches the treatment.
    pub fn outcome(&self, arm: Arm, fault: Fault) -> Outcome {
        let fault = if arm == Arm::Treatment { fault } else { Fault::default() };
        let failed =
            self.base_die * 1000.0 < f64::from(self.segment.base_errors) || self.fault_die < fault.rate;
        // One user in fifty speaks up, one in five of those for whom it failed.
        let speaks = self.feedback_die < if failed { 0.2 } else { 0.02 };
        let slow = fault.slow_ms > 0.0;
        let stars = match self.mood_die {
            mood if failed => {
                if mood < 0.7 {
                    1
                } else {
                    2
                }
            }
            mood if slow => {
                if mood < 0.5 {
                    2
                } else {
                    3
                }
            }
            mood if mood < 0.05 => 2,
            mood if mood < 0.20 => 3,
            mood if mood < 0.60 => 4,
            _ => 5,
        };
        Outcome { failed, latency_ms: self.latency_ms + fault.slow_ms, stars: speaks.then_some(stars) }
    }
}

/// Draws visits.
pub struct People {
    dice: StdRng,
    seed: u64,
    arrived: u64,
}

impl People {
    /// The people of a seed.
    pub fn new(seed: u64) -> Self {
        Self { dice: StdRng::seed_from_u64(seed), seed, arrived: 0 }
    }

    /// The next user.
    pub fn next(&mut self) -> Visit {
        let place = self.dice.random_range(0..100);
        let segment = Segment::at(place);
        self.arrived += 1;
        let mut die = || self.dice.random::<f64>();
        // Log-normal round a median of 180 ms by Box and Muller; 1 - die is never 0, so the logarithm is finite.
        let normal = (-2.0 * (1.0 - die()).ln()).sqrt() * (std::f64::consts::TAU * die()).cos();
        Visit {
            user_id: format!("{}-{:x}-{}", segment.name, self.seed, self.arrived),
            segment,
            base_die: die(),
            fault_die: die(),
            latency_ms: 180.0 * (0.35 * normal).exp(),
            feedback_die: die(),
            mood_die: die(),
        }
    }
}

#[cfg(test)]
#[path = "people_tests.rs"]
mod tests;
