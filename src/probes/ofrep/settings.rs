//! What the rollout file says about an edge that speaks OFREP.
//!
//! ```toml
//! probe = { kind = "ofrep", url = "http://127.0.0.1:1031", treatment = "new", token = { env = "RELAY_KEY" } }
//! ```

use std::path::PathBuf;

use serde::Deserialize;
use url::Url;

use crate::domain::{Span, Text};
use crate::net::SecretSource;
use crate::net::address;
use crate::probes::{ProbeError, default_interval, default_keys};

/// An edge that speaks the OpenFeature Remote Evaluation Protocol: a GO Feature Flag relay proxy, flagd, Flipt and others.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The address up to, but without, `/ofrep`.
    pub url: Url,
    /// Synthetic users of each segment.
    #[serde(default = "default_keys")]
    pub keys: u32,
    /// From one whole panel to the next, while nothing happens.
    #[serde(default = "default_interval")]
    pub interval: Span,
    /// The name of the variant that has the feature. `None`: whoever gets `true`, or any variant but `control`.
    pub treatment: Option<String>,
    /// The name of the variant that does not have it; only without `treatment`.
    pub control: Option<String>,
    /// A bearer token.
    pub token: Option<SecretSource>,
    /// A key for the header `X-API-Key`.
    pub api_key: Option<SecretSource>,
    /// A PEM file with a private certificate authority, trusted beside the platform's.
    pub ca_file: Option<PathBuf>,
}

impl Settings {
    /// The address without what people copy along.
    pub(super) fn base(&self) -> Url {
        let mut base = self.url.clone();
        let path = base.path().trim_end_matches('/');
        let path = path.strip_suffix("/ofrep").unwrap_or(path).trim_end_matches('/').to_owned();
        base.set_path(&path);
        base
    }

    /// Refuses what cannot work, before anything is connected.
    pub(super) fn check(&self) -> Result<(), ProbeError> {
        let shown = address::shown(&self.url);
        let refuse = |why: &str| Err(ProbeError(Text::new(&format!("cannot probe {shown}: {why}"))));
        if !self.url.username().is_empty() || self.url.password().is_some() {
            return refuse("an address must not hold a password\nhint: use `token` or `api_key`");
        }
        if self.url.query().is_some() || self.url.fragment().is_some() {
            return refuse("an address must not have a `?` or `#` part\nhint: end it before `/ofrep`");
        }
        if self.token.is_some() && self.api_key.is_some() {
            return refuse("`token` and `api_key` are both given\nhint: keep one");
        }
        if self.treatment.is_some() && self.control.is_some() {
            return refuse(
                "`treatment` and `control` are both given\nhint: keep `treatment` if one variant has the feature, `control` if several have",
            );
        }
        Ok(())
    }
}
