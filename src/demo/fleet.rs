//! Several worlds at once, for `gonogo demo fleet`: five teams on one launch day, each with a flag of its own.
//!
//! In: nothing. Out: scenarios of the shelf under other names, each to be served on a port of its own. They share nothing.

use super::scenario::{self, Scenario, ScenarioError};
use crate::domain::{FlagKey, Text};

/// The name by which they are asked for.
pub const FLEET: &str = "fleet";

/// What is said of them in a list.
pub const ABOUT: &str = "five rollouts of five teams at once: who needs you? enter opens one, 0 leads back";

/// Scenario, flag and team of each.
const WORLDS: [(&str, &str, &str); 5] = [
    ("error-spike", "checkout-v2", "payments"),
    ("outage", "search-v3", "discovery"),
    ("calm", "profile-photos", "accounts"),
    ("no-traffic", "invoice-pdf", "billing"),
    ("slow-burn", "instant-preview", "editor"),
];

/// The scenarios of the fleet.
///
/// # Errors
/// As [`scenario::find`]; a test sees to it that there is none.
pub fn fleet() -> Result<Vec<Scenario>, ScenarioError> {
    let world = |(name, flag, owner): (&str, &str, &str)| {
        let mut scenario = scenario::find(name)?;
        if let Ok(flag) = FlagKey::new(flag) {
            scenario.flag = flag;
        }
        scenario.owner = Text::new(owner);
        Ok(scenario)
    };
    WORLDS.into_iter().map(world).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_world_of_the_fleet_has_a_scenario_and_a_flag_of_its_own() {
        let mut flags: Vec<_> = fleet().unwrap().into_iter().map(|scenario| scenario.flag).collect();
        flags.sort();
        flags.dedup();
        assert_eq!(flags.len(), WORLDS.len());
        assert!(flags.iter().all(|flag| WORLDS.iter().any(|(_, known, _)| flag.as_str() == *known)));
        assert!(scenario::list().iter().all(|listed| listed.name != FLEET));
    }
}
