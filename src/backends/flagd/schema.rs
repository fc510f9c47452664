//! flagd's published schema: what we write must be valid.
//!
//! flagd itself only warns about what breaks its schema, and serves it all the same. So we look before every write.
//! The schemas are embedded, see `schema/README.md`; they are compiled once.

use std::sync::OnceLock;

use jsonschema::{Registry, Validator};
use serde_json::Value;

const FLAGD: &str = include_str!("schema/flagd.json");
const FLAGS: &str = include_str!("schema/flags.json");
const TARGETING: &str = include_str!("schema/targeting.json");

/// The most faults that are counted: two files with more are equally bad.
const MAX_FAULTS: usize = 100;

/// What is wrong with a configuration, each with its place; empty: it is valid.
///
/// # Errors
/// When the schemas cannot be compiled, which a test excludes.
pub fn faults(config: &Value) -> Result<Vec<String>, String> {
    static SCHEMA: OnceLock<Result<Validator, String>> = OnceLock::new();
    let schema = SCHEMA.get_or_init(compile).as_ref().map_err(Clone::clone)?;
    Ok(schema
        .iter_errors(config)
        .take(MAX_FAULTS)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect())
}

fn compile() -> Result<Validator, String> {
    let parse = |text| serde_json::from_str::<Value>(text).map_err(|error| error.to_string());
    let registry = Registry::new()
        .add("https://flagd.dev/schema/v0/flags.json", parse(FLAGS)?)
        .and_then(|registry| {
            registry.add("https://flagd.dev/schema/v0/targeting.json", parse(TARGETING).unwrap_or_default())
        })
        .and_then(|registry| registry.prepare())
        .map_err(|error| error.to_string())?;
    jsonschema::options()
        .with_base_uri("https://flagd.dev/schema/v0/flagd.json")
        .with_registry(&registry)
        .build(&parse(FLAGD)?)
        .map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn with(targeting: Value) -> Value {
        json!({ "flags": { "f": { "state": "ENABLED", "variants": { "on": true, "off": false }, "targeting": targeting } } })
    }

    #[test]
    fn what_flagd_understands_is_valid_and_what_it_warns_of_is_not() {
        for good in [
            json!({}),
            json!({ "fractional": [["on", 25], ["off", 75]] }),
            json!({ "fractional": [{ "var": "email" }, ["on"], [null, 1]] }),
            json!({ "if": [{ "==": [{ "var": "plan" }, "free"] }, { "fractional": [["on", 0], ["off", 100]] }, "off"] }),
            json!({ "fractional": [["on", { "-": [{ "var": "$flagd.timestamp" }, 5] }], ["off", 10]] }),
        ] {
            assert_eq!(faults(&with(good.clone())), Ok(vec![]), "{good}");
        }
        for bad in [
            json!("on"),
            json!({ "fractional": [["on", 2.5]] }),
            json!({ "fractional": [["on", "5"]] }),
            json!({ "unheard": [] }),
        ] {
            assert!(!faults(&with(bad.clone())).unwrap().is_empty(), "{bad}");
        }
        assert!(
            !faults(&json!({ "flags": { "f": { "state": "OFF", "variants": { "on": true } } } }))
                .unwrap()
                .is_empty()
        );
        let list = json!({ "flags": [{ "key": "f", "state": "DISABLED", "variants": { "on": true } }] });
        assert_eq!(faults(&list), Ok(vec![]));
    }
}
