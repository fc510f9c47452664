//! What the rollout file says about a Prometheus.
//!
//! ```toml
//! source = { kind = "prometheus", url = "https://metrics.example/prometheus", token = { env = "METRICS_TOKEN" } }
//! ```
//!
//! Metrics with equal settings share one source: one client, one set of connections. Secrets are
//! named here, never held.

use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;
use url::Url;

use crate::domain::{Span, Text};
use crate::metrics::SourceError;
use crate::net::SecretSource;
use crate::net::address;

/// The `source` of a metric that a server with the Prometheus HTTP API answers: Prometheus, Thanos,
/// Mimir, VictoriaMetrics and their hosted kin.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The address up to, but without, `/api/v1`; may have a path (Mimir: `https://host/prometheus`).
    pub url: Url,
    /// A header to show, for example a tenant in `X-Scope-OrgID`.
    pub auth: Option<Header>,
    /// A bearer token.
    pub token: Option<SecretSource>,
    /// How often to ask for those of its metrics that do not say so themselves. Whoever reads the rollout
    /// file puts it into their [`Query`](crate::metrics::Query), which alone counts here: the engine
    /// measures staleness by the same number.
    pub interval: Option<Span>,
    /// How long to wait for an answer.
    #[serde(default = "default_timeout")]
    pub timeout: Span,
    /// A PEM file with a private certificate authority, trusted beside the platform's.
    pub ca_file: Option<PathBuf>,
    /// The label that tells segments apart.
    #[serde(default = "default_segment_label")]
    pub segment_label: String,
    /// The label that tells arms apart.
    #[serde(default = "default_arm_label")]
    pub arm_label: String,
    /// What the arm label says of users who have the feature.
    #[serde(default = "default_treatment")]
    pub treatment: String,
    /// What the arm label says of users who do not.
    #[serde(default = "default_control")]
    pub control: String,
}

/// A header with a secret value.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// Its name.
    pub header: String,
    /// Where its value is kept.
    pub value: SecretSource,
}

/// Shorter than two polls at the usual interval, so that a hung server is noticed before its data is stale.
fn default_timeout() -> Span {
    Span(Duration::from_secs(3))
}

fn default_segment_label() -> String {
    "segment".into()
}

fn default_arm_label() -> String {
    "arm".into()
}

fn default_treatment() -> String {
    "treatment".into()
}

fn default_control() -> String {
    "control".into()
}

impl Settings {
    /// The address without what people copy along: a trailing slash and `/api/v1`.
    pub(super) fn base(&self) -> Url {
        let mut base = self.url.clone();
        let path = base.path().trim_end_matches('/');
        let path = path.strip_suffix("/api/v1").unwrap_or(path).trim_end_matches('/').to_owned();
        base.set_path(&path);
        base
    }

    /// Refuses what cannot work, before anything is connected.
    pub(super) fn check(&self) -> Result<(), SourceError> {
        let shown = address::shown(&self.url);
        let refuse =
            |why: String| Err(SourceError(Text::new(&format!("cannot use {shown} for metrics: {why}"))));
        if !self.url.username().is_empty() || self.url.password().is_some() {
            return refuse("an address must not hold a password\nhint: use `token` or `auth`".into());
        }
        if self.url.query().is_some() || self.url.fragment().is_some() {
            return refuse(
                "an address must not have a `?` or `#` part\nhint: end it before `/api/v1`".into(),
            );
        }
        if self.timeout.0.is_zero() {
            return refuse("`timeout` is 0\nhint: the default is \"3s\"".into());
        }
        if self.segment_label.is_empty() || self.arm_label.is_empty() || self.segment_label == self.arm_label
        {
            return refuse("`segment_label` and `arm_label` must be two different labels".into());
        }
        if self.treatment.is_empty() || self.control.is_empty() || self.treatment == self.control {
            return refuse("`treatment` and `control` must be two different values of the arm label".into());
        }
        if let (Some(auth), Some(_)) = (&self.auth, &self.token)
            && auth.header.eq_ignore_ascii_case("authorization")
        {
            return refuse("`token` and `auth` both set the header Authorization\nhint: keep one".into());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::SourceSettings;

    #[derive(Debug, Deserialize)]
    struct Metric {
        source: SourceSettings,
    }

    fn read(text: &str) -> Result<Settings, toml::de::Error> {
        match toml::from_str::<Metric>(&format!("source = {text}"))?.source {
            SourceSettings::Prometheus(settings) => Ok(settings),
            #[allow(unreachable_patterns, reason = "not so once there is a second kind of source")]
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_address_is_enough_and_the_rest_has_its_usual_names() {
        let settings =
            read(r#"{ kind = "prometheus", url = "http://127.0.0.1:9090" }"#).expect("good settings");
        assert_eq!(
            (settings.segment_label.as_str(), settings.arm_label.as_str(), settings.treatment.as_str()),
            ("segment", "arm", "treatment")
        );
        assert_eq!((settings.control.as_str(), settings.timeout.to_string()), ("control", "3.0s".into()));
        assert!(settings.check().is_ok());
    }

    #[test]
    fn everything_can_be_said_and_nothing_unknown() {
        let all =
            r#"{ kind = "prometheus", url = "https://m/prometheus", token = { env = "T" }, timeout = "1s", interval = "2s",
            auth = { header = "X-Scope-OrgID", value = { file = "/run/tenant" } }, ca_file = "/etc/ca.pem",
            segment_label = "tier", arm_label = "variant", treatment = "on", control = "off" }"#
                .replace('\n', " ");
        let settings = read(&all).expect("good settings");
        assert!(settings.check().is_ok());
        assert_eq!(settings, read(&all).expect("the same"), "equal settings share a source");
        assert_eq!(settings.control, "off");
        let unknown = read(r#"{ kind = "prometheus", url = "http://m", tokn = { env = "T" } }"#);
        assert!(unknown.expect_err("unknown").to_string().contains("tokn"));
    }

    #[test]
    fn what_people_copy_along_with_an_address_does_no_harm() {
        for (url, base) in [
            ("http://h:1", "http://h:1/"),
            ("http://h:1/", "http://h:1/"),
            ("http://h/prometheus/", "http://h/prometheus"),
            ("http://h/prometheus/api/v1/", "http://h/prometheus"),
            ("http://h/api/v1", "http://h/"),
        ] {
            assert_eq!(super::super::fixture::settings(url).base().as_str(), base);
        }
    }

    #[test]
    fn settings_that_cannot_work_are_refused_and_no_password_is_shown() {
        for (text, words) in [
            (r#"url = "http://me:s3cret@h""#, "must not hold a password"),
            (r#"url = "http://h?token=s3cret""#, "`?`"),
            ("url = \"http://h\"\ntimeout = \"0s\"", "`timeout` is 0"),
            ("url = \"http://h\"\narm_label = \"segment\"", "two different labels"),
            ("url = \"http://h\"\ncontrol = \"treatment\"", "two different values"),
            (
                "url = \"http://h\"\ntoken = { env = \"A\" }\nauth = { header = \"Authorization\", value = { env = \"B\" } }",
                "keep one",
            ),
        ] {
            let error = toml::from_str::<Settings>(text).expect("TOML").check().expect_err(text).to_string();
            assert!(error.contains(words), "{error}");
            assert!(!error.contains("s3cret"), "{error}");
        }
    }
}
