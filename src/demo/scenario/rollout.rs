//! The rollout file of a scenario, as text: what the cockpit is started with.
//!
//! In: a checked [`Scenario`] and the address of its server. Out: TOML in the format of a rollout
//! file. It names no token; [`Scenario::rollout_toml`] adds a reference to one where it is needed.

use std::fmt::Write;

use super::rail::{POINTS, Rail};
use super::{METRICS, Scenario};
use crate::domain::{Margin, Response, SegmentName, Span, Stage};

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
        writeln!(out, "name = \"{}\"\nowner = {}", self.flag, quote(self.owner.as_str()))?;
        if let Some(days) = &self.days {
            writeln!(out, "pause_without_data = \"{}\"", String::from(days.pause_without_data))?;
        }
        writeln!(out)?;
        writeln!(out, "[[platforms]]\nname = \"{PLATFORM}\"\nbackend = {feed}\nflag = \"{}\"\n", self.flag)?;
        for crowd in &self.segments {
            writeln!(out, "[[segments]]\nname = \"{}\"\nsize = {}", crowd.name, crowd.size)?;
            if let Some(after) = &crowd.after {
                let names: Vec<_> = after.iter().map(SegmentName::as_str).map(quote).collect();
                writeln!(out, "after = [{}]", names.join(", "))?;
            }
            if let Some(stages) = &crowd.stages {
                write_stages(out, stages)?;
            }
            writeln!(out)?;
        }
        writeln!(out, "[plan]")?;
        write_stages(out, &self.plan.stages)?;
        writeln!(out)?;
        let interval = self.days.as_ref().map_or_else(|| INTERVAL.into(), |days| String::from(days.every));
        for metric in METRICS {
            writeln!(out, "[[metrics]]\nname = \"{metric}\"\nsource = {feed}\ninterval = \"{interval}\"\n")?;
        }
        for rail in &self.guardrails {
            write_rail(out, rail)?;
        }
        writeln!(out, "[[feedback]]\nname = \"{VOICES}\"\nsource = {feed}")
    }
}

fn write_stages(out: &mut String, stages: &[Stage]) -> std::fmt::Result {
    writeln!(out, "stages = [")?;
    for stage in stages {
        let (exposure, bake) = (stage.exposure.as_f64(), String::from(Span(stage.bake.0)));
        write!(out, "  {{ exposure = {exposure}, bake = \"{bake}\", sample = {}", stage.sample)?;
        if let Some(role) = &stage.approval {
            write!(out, ", approval = {}", quote(role.as_str()))?;
        }
        writeln!(out, " }},")?;
    }
    writeln!(out, "]")
}

fn write_rail(out: &mut String, rail: &Rail) -> std::fmt::Result {
    writeln!(out, "[[guardrails]]\nstation = \"{}\"\nmetric = \"{}\"", rail.station, rail.metric)?;
    writeln!(out, "compare = \"control\"\ntolerate = {}", rail.tolerate)?;
    match rail.margin {
        Some(Margin::Relative(share)) => writeln!(out, "margin = {share}")?,
        // Not 2.0000000000000004: a millionth of a point is enough.
        Some(Margin::Points(share)) => {
            writeln!(out, "margin = {{ points = {} }}", (share * POINTS * 1e6).round() / 1e6)?;
        }
        None => {}
    }
    if let Some(jump) = rail.jump {
        writeln!(out, "jump = {jump}")?;
    }
    if let Some(risk) = rail.risk {
        writeln!(out, "risk = {risk}")?;
    }
    writeln!(out, "action = \"{}\"\n", response(rail.action))
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
    use crate::domain::{Margin, Percent, RoleName, SegmentName, Span, Stage};

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
    fn what_a_scenario_leaves_out_is_left_out_and_what_it_says_is_written_as_in_a_rollout_file() {
        let mut scenario = find("calm").expect("calm");
        let name = |name: &str| SegmentName::new(name).expect("a name");
        for rail in &mut scenario.guardrails {
            (rail.margin, rail.jump, rail.risk) = (None, None, None);
        }
        let plain = scenario.rollout_toml("ws://127.0.0.1:9", None);
        for field in ["margin", "jump", "risk", "after", "approval"] {
            assert!(!plain.contains(field), "{field}: {plain}");
        }

        let [errors, latency, ..] = scenario.guardrails.as_mut_slice() else { panic!("two guardrails") };
        (errors.margin, errors.jump) = (Some(Margin::Points(0.014)), Some(5.0));
        (latency.margin, latency.risk) = (Some(Margin::Relative(0.25)), Some(0.02));
        let captain = RoleName::new("captain").ok();
        let whole = Stage::new(Percent::FULL, Span::default(), 5);
        let beta = scenario.segments.get_mut(1).expect("beta");
        beta.after = Some(vec![name("internal")]);
        beta.stages = Some(vec![Stage { approval: captain, ..whole }]);
        let text = scenario.rollout_toml("ws://127.0.0.1:9", None);
        for line in [
            "margin = { points = 1.4 }",
            "jump = 5",
            "margin = 0.25",
            "risk = 0.02",
            "after = [\"internal\"]",
            "{ exposure = 100, bake = \"0s\", sample = 5, approval = \"captain\" },",
        ] {
            assert_eq!(text.matches(&format!("{line}\n")).count(), 1, "{line}: {text}");
        }
        let file: toml::Table = toml::from_str(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        let segments = file.get("segments").and_then(|segments| segments.as_array()).expect("segments");
        let own = segments.iter().map(|segment| segment.get("stages").is_some()).collect::<Vec<_>>();
        assert_eq!(own, scenario.segments.iter().map(|crowd| crowd.stages.is_some()).collect::<Vec<_>>());
    }

    #[test]
    fn a_token_is_named_and_never_written_out() {
        let scenario = find("calm").expect("calm");
        let text = scenario.rollout_toml("ws://h:1", Some("GONOGO_FEED_TOKEN"));
        assert_eq!(text.matches("token = { env = \"GONOGO_FEED_TOKEN\" }").count(), 5, "{text}");
    }
}
