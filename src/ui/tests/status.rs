//! The plain status: the keys that scripts rely on, and words without colour.

use super::world;
use crate::ui::plain;

#[test]
fn the_json_has_its_keys_and_unknown_is_null() {
    let status = plain::status_json(&world::trouble().model);
    assert_eq!(status["rollout"], "checkout-v2");
    assert_eq!(status["phase"], "KILLING");
    assert_eq!(status["verdict"], "NO-GO");
    assert_eq!(status["autopilot"], "guard");
    let enterprise = &status["segments"][3];
    assert_eq!(enterprise["name"], "enterprise");
    assert_eq!(enterprise["exposure"]["desired"], 0.0);
    assert_eq!(enterprise["exposure"]["confirmed"], 25.0);
    assert!(enterprise["exposure"]["served"].is_null());
    let errors = &enterprise["stations"][0];
    assert_eq!(errors["station"], "errors");
    assert_eq!(errors["verdict"], "NO-GO");
    assert!(errors["e_value"].as_f64() >= errors["threshold"].as_f64());
    assert!(errors["sentence"].as_str().is_some_and(|s| s.contains("users with errors")));
    assert_eq!(status["platforms"][1]["name"], "ios");
    assert_eq!(status["platforms"][1]["link"], "retrying");
    assert_eq!(status["platforms"][0]["version"], 42);
    let states: Vec<_> = status["links"].as_array().unwrap().iter().map(|link| &link["state"]).collect();
    assert_eq!(states, ["retrying", "live", "live", "silent", "failed"]);

    assert!(
        status["advice"][0]["text"].as_str().is_some_and(|text| text.contains("not confirmed after 3 tries"))
    );

    let launch = plain::status_json(&world::launch().model);
    assert!(launch["earliest_kill_ms"].as_u64() >= launch["segments"][3]["earliest_kill_ms"].as_u64());
    assert!(launch["segments"][3]["earliest_kill_ms"].is_u64());

    let empty = plain::status_json(&world::empty());
    assert!(empty["earliest_kill_ms"].is_null() && empty["advice"].as_array().is_some_and(Vec::is_empty));
    assert!(empty["platforms"][0]["on"].is_null());
    assert!(empty["segments"][0]["exposure"]["confirmed"].is_null());
}

#[test]
fn the_text_says_the_worst_first_and_what_is_not_confirmed() {
    let mut out = Vec::new();
    plain::status(&world::trouble().model, &mut out).unwrap();
    let text = String::from_utf8(out).unwrap();
    let mut lines = text.lines();
    assert!(
        lines.next().is_some_and(|l| l.starts_with("checkout-v2  KILLING  NO-GO errors in enterprise")),
        "{text}"
    );
    assert_eq!(lines.next(), Some("kill NOT CONFIRMED at ios, try 3"));
    assert!(text.contains("flags ios: no contact with ios"), "{text}");
}
