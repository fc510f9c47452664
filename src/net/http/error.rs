//! Why there is no answer.
//!
//! In: reqwest's errors and bad statuses. Out: an [`HttpError`] that an adapter can decide on and an
//! operator can read. No variant holds a credential: addresses are shown without user and query, and
//! our secret is struck out of what the server says.

use std::error::Error;
use std::time::Duration;

use chrono::DateTime;
use reqwest::header::{self, HeaderMap};
use secrecy::ExposeSecret;
use url::Url;

use super::client::Shared;
use crate::domain::Text;
use crate::net::{MAX_EXCERPT, address};

/// Why a request has no usable answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HttpError {
    /// No connection: refused, unknown host, unreachable; or it broke before the answer was whole.
    #[error("cannot reach {url}: {cause}")]
    Connect {
        /// The target.
        url: String,
        /// Why.
        cause: String,
    },
    /// No whole answer in time.
    #[error("no answer from {url} within {} ms", after.as_millis())]
    Timeout {
        /// The target.
        url: String,
        /// The total time that was allowed.
        after: Duration,
    },
    /// The server's certificate is not trusted, or TLS failed otherwise.
    #[error(
        "no secure connection to {url}: {cause}\nhint: is its certificate authority known to this machine?"
    )]
    Tls {
        /// The target.
        url: String,
        /// Why.
        cause: String,
    },
    /// An answer with another status than 200–299 or 304.
    #[error("{url} answered {code}: {body}")]
    Status {
        /// The target.
        url: String,
        /// The status code.
        code: u16,
        /// How long to wait before the next request, if the server says so.
        retry_after: Option<Duration>,
        /// The beginning of what it says.
        body: Text,
    },
    /// A body above the limit.
    #[error("the answer of {url} has more than {limit} bytes")]
    TooLarge {
        /// The target.
        url: String,
        /// The limit in bytes.
        limit: usize,
    },
    /// A body that is not what was expected.
    #[error("cannot understand the answer of {url}: {cause}")]
    BadBody {
        /// The target.
        url: String,
        /// Where and why.
        cause: String,
    },
    /// The client itself cannot be built.
    #[error("cannot set up a client for {url}: {cause}")]
    Setup {
        /// The target.
        url: String,
        /// Why.
        cause: String,
    },
}

impl HttpError {
    pub(super) fn from_reqwest(error: reqwest::Error, url: &Url, client: &Shared) -> Self {
        let url = address::shown(url);
        let error = error.without_url();
        let cause = innermost(&error);
        if error.is_timeout() {
            Self::Timeout { url, after: client.timeout }
        } else if is_tls(&error) {
            Self::Tls { url, cause }
        } else if error.is_builder() {
            Self::Setup { url, cause }
        } else if error.is_decode() || error.is_redirect() {
            Self::BadBody { url, cause }
        } else {
            Self::Connect { url, cause }
        }
    }

    pub(super) fn from_status(
        code: u16,
        headers: &HeaderMap,
        body: &[u8],
        url: &Url,
        client: &Shared,
    ) -> Self {
        let mut text = String::from_utf8_lossy(body).into_owned();
        for secret in &client.secrets {
            text = text.replace(secret.expose_secret(), "[secret]");
        }
        let excerpt: String = text.chars().take(MAX_EXCERPT).collect();
        let body = Text::new(&excerpt);
        Self::Status { url: address::shown(url), code, retry_after: retry_after(headers), body }
    }

    /// Whether the server refused our credentials: trying again cannot mend it.
    #[must_use]
    pub const fn is_unauthorized(&self) -> bool {
        matches!(self, Self::Status { code: 401 | 403, .. })
    }
}

/// `Retry-After` as seconds, or as a date less the server's own `Date`, so that no clock of ours is needed; else
/// `X-Ratelimit-Reset`, which says when the limit is lifted.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = |name| headers.get(name).and_then(|value: &header::HeaderValue| value.to_str().ok());
    let now = || DateTime::parse_from_rfc2822(text(header::DATE)?).ok();
    let Some(wanted) = text(header::RETRY_AFTER).map(str::trim) else {
        return limit_reset(text(RATELIMIT_RESET)?.trim().parse().ok()?, now()?.timestamp_millis());
    };
    if let Ok(seconds) = wanted.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let until = DateTime::parse_from_rfc2822(wanted).ok()?;
    Some((until - now()?).to_std().unwrap_or_default())
}

/// No standard, but common: a moment in milliseconds or seconds since 1970, or so many seconds from now; the size of the
/// number tells which.
const RATELIMIT_RESET: header::HeaderName = header::HeaderName::from_static("x-ratelimit-reset");

fn limit_reset(said: i64, now_ms: i64) -> Option<Duration> {
    let wait_ms = match said {
        ..0 => return None,
        0..100_000_000 => said * 1000,
        100_000_000..100_000_000_000 => said * 1000 - now_ms,
        _ => said - now_ms,
    };
    Some(Duration::from_millis(u64::try_from(wait_ms).unwrap_or_default()))
}

/// The last cause in the chain: "connection refused", not "error sending request".
fn innermost(error: &dyn Error) -> String {
    let mut last = error;
    while let Some(source) = last.source() {
        last = source;
    }
    last.to_string()
}

/// Looks for rustls in the chain, also inside of `io::Error`, which hides what it wraps from `source`.
fn is_tls(error: &(dyn Error + 'static)) -> bool {
    let mut next = Some(error);
    while let Some(cause) = next {
        if cause.is::<rustls::Error>() {
            return true;
        }
        next = match cause.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref) {
            Some(wrapped) => Some(wrapped),
            None => cause.source(),
        };
    }
    false
}
