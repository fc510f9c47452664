//! What OFREP 0.3.0 puts on the wire, and what it means.
//!
//! In: bytes of an answer. Out: an [`Answer`]; an error in words for what is none. The protocol's page is
//! <https://github.com/open-feature/protocol>, `service/openapi.yaml`.
//!
//! - A flag that is switched off has the reason `DISABLED`; GO Feature Flag sends `"value": null` with it, flagd no value.
//!   No value means that the application's own default counts: nobody *has* the feature then.
//! - GO Feature Flag calls the variant of such an answer `SdkDefault`: a name that no variation has.

use serde::Deserialize;
use serde_json::Value;

use super::super::edge::Answer;
use crate::domain::Text;

/// One evaluation; members that are not needed are left out.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Evaluation {
    /// The flag.
    pub key: Option<String>,
    /// What the application gets. `None` or null: its own default.
    pub value: Option<Value>,
    /// Why.
    pub reason: Option<String>,
    /// The variant's name.
    pub variant: Option<String>,
    /// What went wrong; then there is no value.
    pub error_code: Option<String>,
    /// The same in words.
    pub error_details: Option<String>,
}

/// A reply about all flags.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Bulk {
    /// One evaluation for each flag.
    pub flags: Vec<Evaluation>,
    /// Where changes are announced (ADR-0008). Secret: the addresses may hold a token.
    #[serde(default)]
    pub event_streams: Vec<Value>,
}

/// What counts as having the feature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Treatment {
    /// The variant of this name.
    Named(String),
    /// Any variant but the one of this name.
    AllBut(String),
    /// The value `true`.
    True,
}

/// The code of a flag that the edge does not know.
pub const NOT_FOUND: &str = "FLAG_NOT_FOUND";

impl Evaluation {
    /// What it means.
    ///
    /// # Errors
    /// Why it is no answer: the edge failed to evaluate, or it cannot be told whether this is the feature.
    pub fn answer(&self, treatment: &Treatment) -> Result<Answer, Text> {
        if let Some(code) = &self.error_code {
            if code == NOT_FOUND {
                return Ok(Answer { has_it: false, variant: None, is_unknown: true });
            }
            let details = self.error_details.as_deref().unwrap_or_default();
            return Err(Text::new(&format!("the edge could not evaluate it: {code} {details}")));
        }
        let nobody = Answer { has_it: false, variant: None, is_unknown: false };
        let Some(value) = self.value.as_ref().filter(|value| !value.is_null()) else { return Ok(nobody) };
        if self.reason.as_deref() == Some("DISABLED") {
            return Ok(nobody);
        }
        let name = self.variant.as_deref().filter(|name| !name.is_empty());
        let has_it = match (treatment, name, value) {
            (Treatment::Named(wanted), Some(name), _) => name == wanted,
            (Treatment::AllBut(control), Some(name), _) => name != control,
            (Treatment::True, _, Value::Bool(value)) => *value,
            (Treatment::True, ..) => {
                return Err(Text::new(
                    "the flag's value is neither true nor false\nhint: name the variant with the feature: treatment = \"...\"",
                ));
            }
            (_, None, _) => {
                return Err(Text::new(
                    "the edge does not say which variant it is\nhint: leave out `treatment` and `control` if the flag is true or false",
                ));
            }
        };
        Ok(Answer { has_it, variant: name.map(Text::new), is_unknown: false })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(json: &str, treatment: &Treatment) -> Result<Answer, Text> {
        serde_json::from_str::<Evaluation>(json).expect("JSON").answer(treatment)
    }

    fn has(json: &str, treatment: &Treatment) -> bool {
        answer(json, treatment).expect("an answer").has_it
    }

    // Verbatim answers of relay proxy 1.55.2 and flagd 0.16.
    const ON: &str = r#"{"key":"a","value":true,"reason":"TARGETING_MATCH_SPLIT","variant":"on","metadata":{"evaluatedRuleName":"ent"}}"#;
    const OFF: &str = r#"{"value":false,"key":"a","reason":"TARGETING_MATCH","variant":"off","metadata":{}}"#;
    const GOFF_DISABLED: &str =
        r#"{"key":"dis","value":null,"reason":"DISABLED","variant":"SdkDefault","metadata":{}}"#;
    const FLAGD_DISABLED: &str = r#"{"key":"dis","reason":"DISABLED","metadata":{}}"#;
    const FLAGD_CODE_DEFAULT: &str = r#"{"key":"cd","reason":"DEFAULT","metadata":{}}"#;
    const NOT_THERE: &str =
        r#"{"errorCode":"FLAG_NOT_FOUND","errorDetails":"flag `nope` does not exist","key":"nope"}"#;

    #[test]
    fn the_feature_is_true_or_the_named_variant_or_any_but_control() {
        assert!(has(ON, &Treatment::True) && !has(OFF, &Treatment::True));
        assert!(has(ON, &Treatment::Named("on".into())) && !has(ON, &Treatment::Named("new".into())));
        assert!(has(ON, &Treatment::AllBut("off".into())) && !has(OFF, &Treatment::AllBut("off".into())));
        let inverted = r#"{"key":"a","value":false,"variant":"new"}"#;
        assert!(has(inverted, &Treatment::Named("new".into())), "the name counts, not the value");
    }

    #[test]
    fn nobody_has_what_is_disabled_left_to_the_code_or_unknown() {
        let named = Treatment::AllBut("off".into());
        for json in [GOFF_DISABLED, FLAGD_DISABLED, FLAGD_CODE_DEFAULT, NOT_THERE] {
            assert!(!has(json, &Treatment::True) && !has(json, &named), "{json}");
        }
        assert!(answer(NOT_THERE, &named).expect("an answer").is_unknown);
        assert!(!answer(FLAGD_DISABLED, &named).expect("an answer").is_unknown);
    }

    #[test]
    fn what_went_wrong_or_cannot_be_told_is_no_answer() {
        let error = r#"{"key":"a","errorCode":"PARSE_ERROR","errorDetails":"bad rule"}"#;
        let text = r#"{"key":"a","value":"blue","variant":"blue"}"#;
        let nameless = r#"{"key":"a","value":"blue"}"#;
        assert!(
            answer(error, &Treatment::True).is_err_and(|why| why.as_str().contains("PARSE_ERROR bad rule"))
        );
        assert!(answer(text, &Treatment::True).is_err_and(|why| why.as_str().contains("treatment = ")));
        assert!(answer(nameless, &Treatment::Named("blue".into())).is_err());
    }
}
