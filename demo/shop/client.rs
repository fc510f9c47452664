//! HTTP to one Unleash server with one token. In: a path. Out: a status and a bounded body.
//!
//! It never shows the token, never waits for ever, never reads more than [`BODY_LIMIT`].

use std::net::IpAddr;
use std::time::Duration;

use color_eyre::eyre::{Result, WrapErr as _, bail, eyre};
use reqwest::{Method, RequestBuilder, Response, Url};
use secrecy::{ExposeSecret as _, SecretString};

/// Longest wait for one answer: shorter than a person's patience, longer than Unleash needs while it starts.
const TIMEOUT: Duration = Duration::from_secs(5);
/// Largest body that is read: some 10,000 flags.
const BODY_LIMIT: usize = 16 * 1024 * 1024;

/// One server, one token.
pub struct Client {
    http: reqwest::Client,
    base: Url,
    token: SecretString,
}

impl Client {
    /// Prepares a client; the token is taken from the environment variable named.
    pub fn new(base: Url, token_env: &str) -> Result<Self> {
        if base.cannot_be_a_base() || !matches!(base.scheme(), "http" | "https") {
            bail!("cannot use {base} as Unleash: it must be http://HOST:PORT or https://HOST");
        }
        if !base.username().is_empty() || base.password().is_some() {
            bail!(
                "cannot use an address of Unleash with a user or password in it: it would show up in messages"
            );
        }
        let token = match std::env::var(token_env) {
            Ok(token) if !token.trim().is_empty() => SecretString::from(token.trim().to_owned()),
            _ => bail!(
                "no token for Unleash: the environment variable {token_env} is not set\nhint: --token-env NAME reads another one"
            ),
        };
        // Fails only if a provider is there already, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut http = reqwest::Client::builder().timeout(TIMEOUT).user_agent("shop");
        let host = base.host_str().unwrap_or_default().trim_matches(['[', ']']);
        if host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback()) {
            http = http.no_proxy();
        }
        Ok(Self { http: http.build().wrap_err("cannot prepare HTTP")?, base, token })
    }

    /// A request to a path below the server's address, with the token in it.
    pub fn request(&self, method: Method, path: &[&str]) -> Result<RequestBuilder> {
        let mut url = self.base.clone();
        url.path_segments_mut().map_err(|()| eyre!("{} has no path", self.base))?.pop_if_empty().extend(path);
        Ok(self.http.request(method, url).header("Authorization", self.token.expose_secret()))
    }

    /// Sends; an answer of any status is fine, no answer is an error that names the server.
    pub async fn send(&self, request: RequestBuilder) -> Result<Response> {
        request
            .send()
            .await
            .map_err(reqwest::Error::without_url)
            .wrap_err_with(|| format!("no answer from {}", self.base))
    }
}

/// Reads a body up to the limit.
pub async fn body(mut response: Response) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(reqwest::Error::without_url)? {
        if bytes.len() + chunk.len() > BODY_LIMIT {
            bail!("the answer is larger than {BODY_LIMIT} bytes");
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

/// Turns an answer that is not wanted into an error with the server's own words.
pub async fn refused(what: &str, response: Response) -> color_eyre::Report {
    let status = response.status();
    let said = body(response).await.unwrap_or_default();
    let said: String = String::from_utf8_lossy(&said)
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(300)
        .collect();
    let hint =
        if matches!(status.as_u16(), 401 | 403) { "\nhint: is it the right kind of token?" } else { "" };
    eyre!("cannot {what}: Unleash answered {status}: {said}{hint}")
}
