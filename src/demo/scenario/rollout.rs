//! The rollout file of a scenario, as text: what the cockpit is started with.
//!
//! In: a checked [`Scenario`] and the address of its server. Out: TOML in the format of a rollout
//! file. It names no token; [`Scenario::rollout_toml`] adds a reference to one where it is needed.

use std::fmt::Write;

use super::{METRICS, Scenario};
use crate::domain::{Response, Span};

/// The name of the one platform of a simulated rollout.
pub const PLATFORM: &str = "web";

/// The name of the one feedback source of a simulated rollout.
pub const VOICES: &str = "customers";

/// How often a sample is expected; the server sends them twice as often, so that one may be late.
const INTERVAL: &str = "1s";

impl Scenario {
    /// The rollout file with which a cockpit watches this scenario at `url` (`ws://127.0.0.1:1234`).
    /// `token_env` names the environment variable that holds the server's token, if it wants one.
    #[must_use]
    pub fn rollout_toml(&self, url: &str, token_env: Option<&str>) -> String {
        let mut text = String::new();
        // Writing to a String cannot fail.
        let _ = self.write_rollout(&mut text, url, token_env);
        text
    }

    fn write_rollout(&self, out: &mut String, url: &str, token_env: Option<&str>) -> std::fmt::Result {
        let token =
            token_env.map_or_else(String::new, |name| format!(", token = {{ env = {} }}", quote(name)));
        let feed = format!("{{ kind = \"feed\", url = {}{token} }}", quote(url));
        writeln!(out, "# {}: {}", self.title, self.about)?;
        writeln!(out, "name = \"{}\"\nowner = {}\n", self.flag, quote(self.owner.as_str()))?;
        writeln!(out, "[[platforms]]\nname = \"{PLATFORM}\"\nbackend = {feed}\nflag = \"{}\"\n", self.flag)?;
        for crowd in &self.segments {
            writeln!(out, "[[segments]]\nname = \"{}\"\nsize = {}\n", crowd.name, crowd.size)?;
        }
        writeln!(out, "[plan]\nstages = [")?;
        for stage in &self.plan.stages {
            let bake = String::from(Span(stage.bake.0));
            let exposure = stage.exposure.as_f64();
            writeln!(out, "  {{ exposure = {exposure}, bake = \"{bake}\", sample = {} }},", stage.sample)?;
        }
        writeln!(out, "]\n")?;
        for metric in METRICS {
            writeln!(out, "[[metrics]]\nname = \"{metric}\"\nsource = {feed}\ninterval = \"{INTERVAL}\"\n")?;
        }
        for rail in &self.guardrails {
            writeln!(out, "[[guardrails]]\nstation = \"{}\"\nmetric = \"{}\"", rail.station, rail.metric)?;
            writeln!(out, "compare = \"control\"\ntolerate = {}\nrisk = {}", rail.tolerate, rail.risk)?;
            writeln!(out, "action = \"{}\"\n", response(rail.action))?;
        }
        writeln!(out, "[[feedback]]\nname = \"{VOICES}\"\nsource = {feed}")
    }
}

const fn response(action: Response) -> &'static str {
    match action {
        Response::Warn => "warn",
        Response::Pause => "pause",
        Response::Kill => "kill",
    }
}

/// A TOML string with everything escaped that must be.
fn quote(text: &str) -> String {
    toml::Value::String(text.into()).to_string()
}

#[cfg(test)]
mod tests {
    use crate::demo::scenario::{find, list};

    #[test]
    fn the_rollout_file_holds_what_the_scenario_says() {
        for listed in list() {
            let scenario = find(listed.name).expect(listed.name);
            let text = scenario.rollout_toml("ws://127.0.0.1:9", None);
            let file: toml::Table = toml::from_str(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
            let count = |key: &str| file.get(key).and_then(|v| v.as_array()).map(Vec::len);
            assert_eq!(count("segments"), Some(scenario.segments.len()));
            assert_eq!(count("guardrails"), Some(scenario.guardrails.len()));
            assert_eq!(count("metrics"), Some(3));
            let stages = file.get("plan").and_then(|plan| plan.get("stages")).cloned();
            let read: Vec<crate::domain::Stage> = stages.expect("stages").try_into().expect("stages");
            assert_eq!(read, scenario.plan.stages);
        }
    }

    #[test]
    fn a_token_is_named_and_never_written_out() {
        let scenario = find("calm").expect("calm");
        let text = scenario.rollout_toml("ws://h:1", Some("GONOGO_FEED_TOKEN"));
        assert_eq!(text.matches("token = { env = \"GONOGO_FEED_TOKEN\" }").count(), 5, "{text}");
    }
}
