//! The client: what is fixed for all requests to one server.
//!
//! In: a base address and [`Options`]. Out: [`Request`]s that carry the credentials. The secret is
//! marked as sensitive in the header, kept as a [`SecretString`] beside it only to strike it out of
//! what the server says, and has no Debug form.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, redirect};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::{HttpError, Request};
use crate::net::{USER_AGENT, address, tls};

/// The most redirects within one server: more is a loop.
const MAX_REDIRECTS: usize = 5;

/// How a client shows who it is.
#[derive(Debug, Clone)]
pub enum Auth {
    /// `Authorization: Bearer <secret>`.
    Bearer(SecretString),
    /// `Authorization: <secret>` as it stands (Unleash).
    Authorization(SecretString),
    /// Any other header.
    Header {
        /// Its name.
        name: String,
        /// Its value.
        value: SecretString,
    },
}

/// What a client allows itself.
#[derive(Debug, Clone)]
pub struct Options {
    /// Until the connection stands, TLS included.
    pub connect_timeout: Duration,
    /// Until the whole answer is there.
    pub timeout: Duration,
    /// The largest body in bytes, after decompression.
    pub max_body: usize,
    /// Who we are; `None`: nobody.
    pub auth: Option<Auth>,
    /// A second secret header, for example a tenant's beside a token.
    pub second_auth: Option<Auth>,
    /// Further headers, for example a tenant.
    pub headers: Vec<(String, String)>,
    /// A PEM file with a root certificate to trust beside the platform's.
    pub extra_root: Option<PathBuf>,
}

impl Default for Options {
    /// 3 s to connect and 10 s in all: what an operator waits before looking elsewhere. 8 MiB of body: a
    /// metrics answer for 10,000 series.
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(3),
            timeout: Duration::from_secs(10),
            max_body: 8 * 1024 * 1024,
            auth: None,
            second_auth: None,
            headers: Vec::new(),
            extra_root: None,
        }
    }
}

/// A client of one server. Clones share its connections.
#[derive(Debug, Clone)]
pub struct Client {
    pub(super) shared: Arc<Shared>,
}

pub(super) struct Shared {
    pub(super) inner: reqwest::Client,
    pub(super) base: Url,
    pub(super) timeout: Duration,
    pub(super) max_body: usize,
    pub(super) secrets: Vec<SecretString>,
}

impl fmt::Debug for Shared {
    /// Only the address, without its query: a key may stand there.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").field("base", &address::shown(&self.base)).finish_non_exhaustive()
    }
}

impl Client {
    /// A client for everything below `base`.
    ///
    /// # Errors
    /// [`HttpError::Setup`] when the address is not http(s), a header cannot be sent, or the extra root cannot be read.
    pub fn new(base: Url, options: Options) -> Result<Self, HttpError> {
        let setup = |cause: String| HttpError::Setup { url: address::shown(&base), cause };
        if !matches!(base.scheme(), "http" | "https") || base.host().is_none() {
            return Err(setup("the address must begin with http:// or https://".into()));
        }
        let config = tls::client_config(options.extra_root.as_deref()).map_err(|e| setup(e.to_string()))?;
        let mut config = (*config).clone();
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        let mut headers = HeaderMap::new();
        for (name, value) in &options.headers {
            let (name, value) = header(name, value).map_err(setup)?;
            headers.insert(name, value);
        }
        let credentials = || options.auth.iter().chain(&options.second_auth);
        for auth in credentials() {
            let (name, value) = auth.header().map_err(setup)?;
            headers.insert(name, value);
        }
        let mut builder = reqwest::Client::builder()
            .user_agent(USER_AGENT)
            .connect_timeout(options.connect_timeout)
            .timeout(options.timeout)
            .redirect(within(base.clone()))
            .default_headers(headers)
            .tls_backend_preconfigured(config);
        if address::is_loopback(&base) {
            builder = builder.no_proxy();
        }
        let inner = builder.build().map_err(|error| setup(error.without_url().to_string()))?;
        // Some services take their key only in the query.
        let in_query = base.query_pairs().map(|(_, value)| SecretString::from(value.into_owned()));
        let secrets = credentials().map(|auth| auth.secret().clone()).chain(in_query);
        let secrets = secrets.filter(is_worth_striking).collect();
        let shared = Shared { inner, timeout: options.timeout, max_body: options.max_body, secrets, base };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// A request to the base address with path segments added; each is escaped.
    pub fn request<'s>(&self, method: Method, segments: impl IntoIterator<Item = &'s str>) -> Request {
        let mut url = self.shared.base.clone();
        // Fails only for addresses that cannot be a base, which `new` refuses.
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(segments);
        }
        Request::new(Arc::clone(&self.shared), self.shared.inner.request(method, url.clone()), url)
    }

    /// A GET request.
    pub fn get<'s>(&self, segments: impl IntoIterator<Item = &'s str>) -> Request {
        self.request(Method::GET, segments)
    }

    /// A GET request to the base address as it stands, its query and a slash at its end included.
    pub fn get_base(&self) -> Request {
        let url = self.shared.base.clone();
        Request::new(Arc::clone(&self.shared), self.shared.inner.get(url.clone()), url)
    }

    /// A POST request.
    pub fn post<'s>(&self, segments: impl IntoIterator<Item = &'s str>) -> Request {
        self.request(Method::POST, segments)
    }
}

impl Auth {
    fn header(&self) -> Result<(HeaderName, HeaderValue), String> {
        let (name, mut value) = match self {
            Self::Bearer(secret) => header("authorization", &format!("Bearer {}", secret.expose_secret())),
            Self::Authorization(secret) => header("authorization", secret.expose_secret()),
            Self::Header { name, value } => header(name, value.expose_secret()),
        }?;
        value.set_sensitive(true);
        Ok((name, value))
    }

    const fn secret(&self) -> &SecretString {
        match self {
            Self::Bearer(secret) | Self::Authorization(secret) | Self::Header { value: secret, .. } => secret,
        }
    }
}

/// Whether a credential is long enough to be struck out. Shorter ones guard nothing, they are names of
/// tenants like `1`, and would be found in ordinary numbers and words.
fn is_worth_striking(secret: &SecretString) -> bool {
    secret.expose_secret().len() >= 4
}

fn header(name: &str, value: &str) -> Result<(HeaderName, HeaderValue), String> {
    let parsed =
        HeaderName::from_bytes(name.as_bytes()).map_err(|_| format!("{name:?} is no header name"))?;
    // The value may be a secret, so the error does not show it.
    let value =
        HeaderValue::from_str(value).map_err(|_| format!("the value of header {name} cannot be sent"))?;
    Ok((parsed, value))
}

/// Follows redirects within the origin of `base`; to any other one the redirect itself is the answer.
fn within(base: Url) -> redirect::Policy {
    redirect::Policy::custom(move |attempt| {
        if attempt.previous().len() > MAX_REDIRECTS {
            attempt.error("too many redirects")
        } else if address::same_origin(attempt.url(), &base) {
            attempt.follow()
        } else {
            attempt.stop()
        }
    })
}
