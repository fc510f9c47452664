//! What LaunchDarkly sends: one shape for the stream and for the REST API, because both carry the SDKs' own model.
//!
//! In: JSON. Out: values in which nothing has been checked yet; `flag` does that. The REST API adds ids and names and
//! lists a flag's environments; the stream has neither. A field that may be missing or `null` has a default.
//!
//! Sources: the published OpenAPI file (`FeatureFlag`, `FeatureFlagConfig`, `AuditLogEntryListingRep`), and
//! `flag.rs`, `rule.rs`, `variation.rs` of github.com/launchdarkly/rust-server-sdk-evaluation for the stream.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};
use serde_json::Value;
use serde_json::value::RawValue;

/// A `null` reads like an absent field.
fn or_default<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(input: D) -> Result<T, D::Error> {
    Ok(Option::deserialize(input)?.unwrap_or_default())
}

/// `GET /api/v2/flags/{project}/{flag}?env=…`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Flag {
    /// What it can answer, with ids.
    pub variations: Vec<Variation>,
    /// By key. Only the one that was asked for.
    #[serde(default, deserialize_with = "or_default")]
    pub environments: BTreeMap<String, Config>,
    /// Whether SDKs no longer get it.
    #[serde(default, deserialize_with = "or_default")]
    pub archived: bool,
}

/// One answer of a flag.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
pub struct Variation {
    /// What writes refer to.
    #[serde(default, rename = "_id", deserialize_with = "or_default")]
    pub id: String,
    /// The answer itself.
    #[serde(default)]
    pub value: Value,
    /// What people call it; often empty.
    #[serde(default, deserialize_with = "or_default")]
    pub name: String,
}

/// A flag in one environment; on the stream, the flag.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Config {
    /// The switch.
    #[serde(default, deserialize_with = "or_default")]
    pub on: bool,
    /// Grows with each change in this environment.
    #[serde(default, deserialize_with = "or_default")]
    pub version: u64,
    /// Milliseconds since 1970. Not on the stream.
    #[serde(default)]
    pub last_modified: Option<i64>,
    /// The bare answers. Only on the stream.
    #[serde(default, deserialize_with = "or_default")]
    pub variations: Vec<Value>,
    /// The first that matches counts.
    #[serde(default, deserialize_with = "or_default")]
    pub rules: Vec<Rule>,
    /// For whom no rule matches.
    #[serde(default, deserialize_with = "or_default")]
    pub fallthrough: Serve,
    /// What everybody gets while it is off; `None`: the default in the code.
    #[serde(default)]
    pub off_variation: Option<i64>,
    /// Users who are named one by one.
    #[serde(default, deserialize_with = "or_default")]
    pub targets: Vec<Targets>,
    /// Contexts that are named one by one. Those of the kind `user` stand in `targets`, too.
    #[serde(default, deserialize_with = "or_default")]
    pub context_targets: Vec<Targets>,
    /// Whether it is in the archive.
    #[serde(default, deserialize_with = "or_default")]
    pub archived: bool,
    /// On the stream: it is no longer there.
    #[serde(default, deserialize_with = "or_default")]
    pub deleted: bool,
}

/// A rule: who it is for is not read.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
pub struct Rule {
    /// A UUID.
    #[serde(default, alias = "_id", deserialize_with = "or_default")]
    pub id: String,
    /// What people call it. Not on the stream.
    #[serde(default, deserialize_with = "or_default")]
    pub description: String,
    /// Whether it is out of use.
    #[serde(default, deserialize_with = "or_default")]
    pub disabled: bool,
    /// What it answers.
    #[serde(flatten)]
    pub serve: Serve,
}

/// What a rule answers: the variation counts if both are there.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
pub struct Serve {
    /// One variation, by its place in the list.
    #[serde(default)]
    pub variation: Option<i64>,
    /// Several.
    #[serde(default)]
    pub rollout: Option<Rollout>,
}

/// Shares of variations.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Rollout {
    /// In the order in which the buckets are laid out.
    #[serde(default, deserialize_with = "or_default")]
    pub variations: Vec<Weight>,
    /// `experiment`, or absent.
    #[serde(default)]
    pub kind: Option<String>,
    /// The REST API's word for an experiment.
    #[serde(default)]
    pub experiment_allocation: Option<Value>,
    /// The kind of context that is drawn; absent: `user`.
    #[serde(default)]
    pub context_kind: Option<String>,
    /// The attribute that is drawn; absent: its key.
    #[serde(default)]
    pub bucket_by: Option<String>,
    /// What the draw starts from; absent: the flag's key and salt.
    #[serde(default)]
    pub seed: Option<i64>,
}

/// One share.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Weight {
    /// The variation's place in the list.
    pub variation: i64,
    /// Thousandths of a percent.
    pub weight: f64,
}

/// Who gets a variation by name.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Targets {
    /// Their keys.
    #[serde(default, deserialize_with = "or_default")]
    pub values: Vec<Value>,
    /// The variation's place in the list.
    #[serde(default)]
    pub variation: i64,
    /// Their kind; absent: `user`.
    #[serde(default)]
    pub context_kind: Option<String>,
}

/// `put` of the stream: everything. Only the wanted flag is read any further.
#[derive(Debug, Deserialize)]
pub struct Put<'a> {
    /// What there is.
    #[serde(borrow)]
    pub data: PutData<'a>,
}

/// What a `put` holds, segments left out.
#[derive(Debug, Deserialize)]
pub struct PutData<'a> {
    /// By key.
    #[serde(borrow, default)]
    pub flags: BTreeMap<String, &'a RawValue>,
}

/// `patch` of the stream: one flag or one segment, whole.
#[derive(Debug, Deserialize)]
pub struct Patch<'a> {
    /// `/flags/key`.
    pub path: String,
    /// The flag.
    #[serde(borrow)]
    pub data: &'a RawValue,
}

/// `delete` of the stream.
#[derive(Debug, Deserialize)]
pub struct Delete {
    /// `/flags/key`.
    pub path: String,
    /// The version at which it went.
    pub version: u64,
}

/// `GET /api/v2/auditlog`, newest first.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct AuditLog {
    /// One page.
    pub items: Vec<Entry>,
}

/// One line of the audit log.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// Milliseconds since 1970.
    #[serde(default)]
    pub date: i64,
    /// `turned on the flag`.
    #[serde(default, deserialize_with = "or_default")]
    pub title_verb: String,
    /// What was done, in more words.
    #[serde(default, deserialize_with = "or_default")]
    pub short_description: String,
    /// What the writer had to say.
    #[serde(default, deserialize_with = "or_default")]
    pub comment: String,
    /// The person, if it was one.
    #[serde(default)]
    pub member: Option<Member>,
    /// The access token, if it was one.
    #[serde(default)]
    pub token: Option<Named>,
    /// The application, if it was one.
    #[serde(default)]
    pub app: Option<Named>,
    /// Whoever it was.
    #[serde(default)]
    pub subject: Option<Named>,
}

/// A person at LaunchDarkly.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Member {
    /// Their address.
    #[serde(default, deserialize_with = "or_default")]
    pub email: String,
    /// Their first name.
    #[serde(default, deserialize_with = "or_default")]
    pub first_name: String,
    /// Their last name.
    #[serde(default, deserialize_with = "or_default")]
    pub last_name: String,
}

/// Something with a name.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
pub struct Named {
    /// Its name.
    #[serde(default, deserialize_with = "or_default")]
    pub name: String,
}
