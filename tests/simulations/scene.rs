//! A scene: what comes in from both arms, second by second, and in which batches it is delivered.

use gonogo::stats::{KillBet, Tick};

use super::chance::Chance;

/// What the two arms are like.
#[derive(Clone, Copy)]
pub struct Scene {
    /// What is printed.
    pub name: &'static str,
    /// Units a second, both arms together.
    pub units: f64,
    /// Part of them in treatment, by second.
    pub share: fn(u32) -> f64,
    /// Part of control's units that are bad, by second.
    pub rate: fn(u32) -> f64,
    /// How many times as many are bad in treatment, by second.
    pub ratio: fn(u32) -> f64,
    /// Seconds between two deliveries.
    pub batch: u32,
}

/// Seconds until the cumulative part alone at α, the whole M1 at α; `None` if not within the time.
#[derive(Default, Clone, Copy)]
pub struct Alarms {
    pub cumulative: Option<u32>,
    pub whole: Option<u32>,
}

impl Scene {
    /// One second's units.
    pub fn second(&self, second: u32, chance: &mut Chance) -> Tick {
        let treatment_units = chance.bad(self.units, (self.share)(second));
        let control_units = self.units - treatment_units;
        let rate = (self.rate)(second);
        Tick {
            treatment_units,
            treatment_bad: chance.bad(treatment_units, rate * (self.ratio)(second)),
            control_units,
            control_bad: chance.bad(control_units, rate),
        }
    }

    /// Runs for some seconds, looking at each delivery; ends early when both have alarmed.
    pub fn run(&self, mut bet: KillBet, alpha: f64, seconds: u32, chance: &mut Chance) -> Alarms {
        let mut alarms = Alarms::default();
        let mut batch = Tick::default();
        for second in 0..seconds {
            add(&mut batch, &self.second(second, chance));
            if (second + 1) % self.batch != 0 {
                continue;
            }
            bet.update(&batch);
            batch = Tick::default();
            let standing = bet.standing();
            if standing.ln_e >= -alpha.ln() {
                alarms.cumulative.get_or_insert(second + 1);
            }
            if standing.is_crossed {
                alarms.whole.get_or_insert(second + 1);
            }
            if alarms.cumulative.is_some() && alarms.whole.is_some() {
                break;
            }
        }
        alarms
    }
}

fn add(sum: &mut Tick, tick: &Tick) {
    sum.treatment_units += tick.treatment_units;
    sum.treatment_bad += tick.treatment_bad;
    sum.control_units += tick.control_units;
    sum.control_bad += tick.control_bad;
}
