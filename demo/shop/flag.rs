//! A flag as Unleash's client API tells it, and whether it is on for a user.
//!
//! In: JSON of `GET /api/client/features`. Out: on or off for a [`Visitor`]. The rules are those of Unleash's SDKs
//! (Node SDK, `src/client.ts`, `src/strategy/`): a disabled flag is off, strategies are OR-ed, the constraints of a
//! strategy AND-ed, an enabled flag *without* strategies is on for everybody. What this file does not know (an
//! operator, a strategy) never matches; [`Flag::unknown`] names it, so that somebody is told.

use serde::Deserialize;
use serde_json::Value;

use crate::bucket::bucket;

/// All that the client API answers; other fields are ignored.
#[derive(Debug, Deserialize)]
pub struct Features {
    /// Every flag that the token may see.
    pub features: Vec<Flag>,
}

/// One flag in one environment (the token's).
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Flag {
    /// Key of the flag.
    pub name: String,
    /// Whether the environment is on.
    pub enabled: bool,
    /// Strategies that are not disabled; Unleash leaves the disabled ones out.
    #[serde(default)]
    pub strategies: Vec<Strategy>,
}

/// One way to get the flag.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Strategy {
    name: String,
    #[serde(default)]
    parameters: serde_json::Map<String, Value>,
    #[serde(default)]
    constraints: Vec<Constraint>,
    #[serde(default)]
    disabled: bool,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Constraint {
    context_name: String,
    operator: String,
    #[serde(default)]
    values: Vec<String>,
    #[serde(default)]
    inverted: bool,
}

/// Who asks: the context of an evaluation.
#[derive(Debug, Clone, Copy)]
pub struct Visitor<'a> {
    /// The context field `userId`.
    pub user_id: &'a str,
    /// The context field `segment`.
    pub segment: &'a str,
}

impl Flag {
    /// Tells whether the visitor gets the feature.
    pub fn is_on_for(&self, visitor: Visitor<'_>) -> bool {
        self.enabled
            && (self.strategies.is_empty()
                || self.strategies.iter().any(|s| s.is_on_for(&self.name, visitor)))
    }

    /// Names what this evaluator cannot evaluate, one text per strategy or constraint.
    pub fn unknown(&self) -> Vec<String> {
        let strategies =
            self.strategies.iter().filter(|s| !matches!(&*s.name, "default" | "flexibleRollout"));
        let constraints = self.strategies.iter().flat_map(|s| &s.constraints);
        let operators = constraints.filter(|c| !matches!(&*c.operator, "IN" | "NOT_IN"));
        strategies
            .map(|s| format!("strategy {:?}", s.name))
            .chain(operators.map(|c| format!("operator {:?} on {:?}", c.operator, c.context_name)))
            .collect()
    }
}

impl Strategy {
    fn is_on_for(&self, flag: &str, visitor: Visitor<'_>) -> bool {
        if self.disabled || !self.constraints.iter().all(|c| c.matches(visitor)) {
            return false;
        }
        match &*self.name {
            "default" => true,
            "flexibleRollout" => self.includes(flag, visitor),
            _ => false,
        }
    }

    /// Source: `src/strategy/flexible-rollout-strategy.ts`. A rollout that is no number includes nobody.
    fn includes(&self, flag: &str, visitor: Visitor<'_>) -> bool {
        let percent = match self.parameters.get("rollout") {
            Some(Value::String(text)) => text.trim().parse().unwrap_or(0.0),
            Some(Value::Number(number)) => number.as_f64().unwrap_or(0.0),
            _ => 0.0,
        };
        let text = |key| self.parameters.get(key).and_then(Value::as_str).filter(|value| !value.is_empty());
        let group = text("groupId").unwrap_or(flag);
        // The shop knows no sessions, so "default" means the user. "random" would change its mind at every visit of a
        // user; as every user visits once, the user's bucket is as good a die.
        let sticky = match text("stickiness").unwrap_or("default") {
            "default" | "random" => Some(visitor.user_id),
            field => visitor.field(field),
        };
        sticky.is_some_and(|id| percent > 0.0 && f64::from(bucket(group, id)) <= percent)
    }
}

impl Constraint {
    fn matches(&self, visitor: Visitor<'_>) -> bool {
        let value = visitor.field(&self.context_name);
        let listed = value.is_some_and(|value| self.values.iter().any(|listed| listed.trim() == value));
        match &*self.operator {
            "IN" => listed != self.inverted,
            "NOT_IN" => listed == self.inverted,
            _ => false,
        }
    }
}

impl<'a> Visitor<'a> {
    fn field(&self, name: &str) -> Option<&'a str> {
        match name {
            "userId" => Some(self.user_id),
            "segment" => Some(self.segment),
            _ => None,
        }
    }
}

#[cfg(test)]
#[path = "flag_tests.rs"]
mod tests;
