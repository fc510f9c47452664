//! The one list of scenarios. Adding one is a file in `demo/scenarios/` and a line here.

use super::{Scenario, ScenarioError};
use crate::demo::recordings;
use crate::domain::Text;

/// The scenario of `gonogo demo` without a name.
pub const DEFAULT: &str = "story";

macro_rules! shelf {
    ($($name:literal),+ $(,)?) => {
        const SHELF: &[(&str, &str)] =
            &[$(($name, include_str!(concat!("../../../demo/scenarios/", $name, ".toml")))),+];
    };
}

shelf![
    "story",
    "calm",
    "autopilot",
    "autopilot-kill",
    "error-spike",
    "slow-burn",
    "revolt",
    "outage",
    "shared-outage",
    "no-traffic",
    "countries",
];

/// One line of `gonogo demo --list`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The name to ask for it by.
    pub name: &'static str,
    /// What happens in it, in one line.
    pub about: Text,
}

/// All scenarios, the default first.
#[must_use]
pub fn list() -> Vec<Listed> {
    let about = |name, text| match Scenario::parse(name, text) {
        Ok(scenario) => scenario.about,
        Err(error) => Text::new(&error.to_string()),
    };
    SHELF.iter().map(|&(name, text)| Listed { name, about: about(name, text) }).collect()
}

/// The scenario of that name.
///
/// # Errors
/// [`ScenarioError::Unknown`], with a near name if there is one.
pub fn find(name: &str) -> Result<Scenario, ScenarioError> {
    if let Some((name, text)) = SHELF.iter().find(|(known, _)| *known == name) {
        return Scenario::parse(name, text);
    }
    let known = SHELF.iter().map(|(known, _)| *known).chain(recordings::names());
    let near = known.map(|known| (strsim::jaro_winkler(known, name), known));
    let hint = match near.max_by(|a, b| a.0.total_cmp(&b.0)) {
        Some((likeness, known)) if likeness > 0.7 => format!("did you mean {known:?}?"),
        _ => "`gonogo demo --list` shows them all".into(),
    };
    Err(ScenarioError::Unknown { name: name.chars().take(crate::domain::name::MAX_NAME).collect(), hint })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scenario_can_be_played_and_says_what_it_is_in_one_line() {
        for listed in list() {
            let scenario = find(listed.name).unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(scenario.about, listed.about);
            assert!((20..=100).contains(&listed.about.as_str().len()), "{}: {}", listed.name, listed.about);
        }
        assert_eq!(list().first().map(|listed| listed.name), Some(DEFAULT));
    }

    #[test]
    fn a_misspelt_name_is_answered_with_the_near_one() {
        let error = find("eror-spike").expect_err("unknown").to_string();
        assert!(error.contains("did you mean \"error-spike\"?"), "{error}");
        assert!(find("\u{1b}[2J").expect_err("unknown").to_string().contains("--list"));
    }
}
