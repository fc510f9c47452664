//! What Unleash sends: only the fields that are used, everything else is ignored.
//!
//! In: JSON of the admin API, 7.4.1 and 8.x. Out: plain values, still foreign: no name or number
//! in here has been checked. A field that may be missing or `null` has a default, because the two
//! versions differ in what they leave out.
//!
//! Nothing here decides anything; see `mapping` for what a strategy means.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// A `null` reads like an absent field.
fn or_default<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(input: D) -> Result<T, D::Error> {
    Ok(Option::deserialize(input)?.unwrap_or_default())
}

/// `GET /api/admin/projects/{project}/features/{feature}`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Feature {
    /// All environments of the project.
    #[serde(default, deserialize_with = "or_default")]
    pub environments: Vec<Environment>,
    /// Whether it is in the archive: SDKs no longer get it.
    #[serde(default, deserialize_with = "or_default")]
    pub archived: bool,
}

/// A flag in one environment.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Environment {
    /// Its name.
    pub name: String,
    /// The switch.
    #[serde(default, deserialize_with = "or_default")]
    pub enabled: bool,
    /// Who gets it; one matching strategy is enough.
    #[serde(default, deserialize_with = "or_default")]
    pub strategies: Vec<Strategy>,
    /// Enterprise: plans that add strategies by themselves. Only counted.
    #[serde(default, rename = "releasePlans", deserialize_with = "or_default")]
    pub release_plans: Vec<Value>,
}

/// One way to get the feature.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Strategy {
    /// ULID in 8.x, UUID in 7.x.
    #[serde(default, deserialize_with = "or_default")]
    pub id: String,
    /// Its kind: `flexibleRollout`, `default`, `userWithId`, …
    pub name: String,
    /// What people call it.
    #[serde(default, deserialize_with = "or_default")]
    pub title: String,
    /// Whether it is out of use.
    #[serde(default, deserialize_with = "or_default")]
    pub disabled: bool,
    /// Ids of Unleash segments; all of them must match.
    #[serde(default, deserialize_with = "or_default")]
    pub segments: Vec<i64>,
    /// All of them must match.
    #[serde(default, deserialize_with = "or_default")]
    pub constraints: Vec<Constraint>,
    /// `rollout` is in here: a text that the server does not check.
    #[serde(default, deserialize_with = "or_default")]
    pub parameters: BTreeMap<String, Value>,
    /// How those who get it are split.
    #[serde(default, deserialize_with = "or_default")]
    pub variants: Vec<Variant>,
}

/// One variant of a strategy.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Variant {
    /// Its name, which the code asks for.
    pub name: String,
    /// Its share of those who get the strategy, in thousandths.
    #[serde(default)]
    pub weight: u32,
    /// Payload, stickiness and whatever else it has: kept as it is.
    #[serde(flatten)]
    pub rest: serde_json::Map<String, Value>,
}

/// A condition on a context field.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Constraint {
    /// `IN`, `NOT_IN`, `STR_CONTAINS`, …
    #[serde(default, deserialize_with = "or_default")]
    pub operator: String,
    /// What the field is compared with.
    #[serde(default, deserialize_with = "or_default")]
    pub values: Vec<String>,
    /// Whether the condition is turned round.
    #[serde(default, deserialize_with = "or_default")]
    pub inverted: bool,
}

/// `GET /api/admin/segments`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Segments {
    /// All of them.
    pub segments: Vec<Segment>,
}

/// A reusable list of constraints.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Segment {
    /// What strategies refer to.
    pub id: i64,
    /// What people call it.
    pub name: String,
}

/// `GET /api/admin/search/events`, newest first by time; the ids may be out of order in a burst.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Events {
    /// One page.
    pub events: Vec<Event>,
}

/// One line of Unleash's event log.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Event {
    /// From a sequence of the database: given out before the change is visible.
    pub id: u64,
    /// `feature-strategy-update`, `feature-environment-disabled`, …
    #[serde(rename = "type")]
    pub kind: String,
    /// The user of the token; `admin` for an admin token.
    #[serde(default, rename = "createdBy", deserialize_with = "or_default")]
    pub by: String,
    /// RFC 3339.
    #[serde(default, rename = "createdAt", deserialize_with = "or_default")]
    pub at: String,
    /// `None`: it concerns all environments.
    #[serde(default)]
    pub environment: Option<String>,
    /// What it became; a strategy for `feature-strategy-*`.
    #[serde(default, deserialize_with = "or_default")]
    pub data: Value,
    /// What it was.
    #[serde(default, rename = "preData", deserialize_with = "or_default")]
    pub before: Value,
}

impl Event {
    /// Whether it can change what an environment serves.
    #[must_use]
    pub fn concerns(&self, environment: &str) -> bool {
        self.environment.as_deref().is_none_or(|name| name == environment)
    }
}

/// `GET /api/admin/user`. It also holds the token itself, which is not read.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Me {
    /// What the token may do.
    #[serde(default, deserialize_with = "or_default")]
    pub permissions: Vec<Permission>,
}

/// One right.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Permission {
    /// `ADMIN`, `UPDATE_FEATURE_STRATEGY`, …
    pub permission: String,
    /// `None`: in all projects.
    #[serde(default)]
    pub project: Option<String>,
    /// `None` or empty: in all environments.
    #[serde(default)]
    pub environment: Option<String>,
}
