//! One request and its whole answer.
//!
//! In: query, headers, body. Out: a [`Response`] whose body was read chunk by chunk up to the
//! client's limit, a [`Streaming`] whose body goes on, or an [`HttpError`]. Any status outside of 200–299 is an error, except 304, which
//! is the answer to a conditional request.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use reqwest::RequestBuilder;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Bytes;
use url::Url;

use super::HttpError;
use super::client::Shared;
use crate::net::{MAX_EXCERPT, address};

/// How long a streamed answer may go on: a connection that is never renewed is one that nobody knows to work.
const LONGEST_STREAM: Duration = Duration::from_secs(30 * 24 * 3600);

/// A request that is being put together.
#[must_use = "a request is sent by `send`"]
pub struct Request {
    client: Arc<Shared>,
    builder: RequestBuilder,
    url: Url,
}

impl fmt::Debug for Request {
    /// Only where it goes, without the query: a key may stand there.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request").field("url", &address::shown(&self.url)).finish_non_exhaustive()
    }
}

/// An answer whose body goes on: 200–299, of which the head has been read.
pub struct Streaming {
    /// The status code.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    answer: reqwest::Response,
    url: Url,
    client: Arc<Shared>,
}

impl fmt::Debug for Streaming {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Streaming").field("url", &address::shown(&self.url)).finish_non_exhaustive()
    }
}

impl Streaming {
    /// Where it comes from, without anything secret.
    #[must_use]
    pub fn url(&self) -> String {
        address::shown(&self.url)
    }

    /// The next bytes of the body; `None` at its end. It waits without a limit: whoever asks knows how long silence
    /// may last.
    ///
    /// # Errors
    /// [`HttpError`] when the body breaks off.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, HttpError> {
        self.answer.chunk().await.map_err(|error| HttpError::from_reqwest(error, &self.url, &self.client))
    }
}

/// A complete answer: 200–299 or 304.
#[derive(Debug, Clone)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, decompressed.
    pub body: Vec<u8>,
    url: String,
}

impl Request {
    pub(super) fn new(client: Arc<Shared>, builder: RequestBuilder, url: Url) -> Self {
        Self { client, builder, url }
    }

    /// Adds query parameters.
    pub fn query<T: Serialize + ?Sized>(mut self, parameters: &T) -> Self {
        self.builder = self.builder.query(parameters);
        self
    }

    /// Adds a header, for example `If-None-Match`.
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.builder = self.builder.header(name, value);
        self
    }

    /// Sends a value as JSON.
    pub fn json<T: Serialize + ?Sized>(mut self, body: &T) -> Self {
        self.builder = self.builder.json(body);
        self
    }

    /// Sends a value as a form.
    pub fn form<T: Serialize + ?Sized>(mut self, body: &T) -> Self {
        self.builder = self.builder.form(body);
        self
    }

    /// Sends it and reads the whole answer.
    ///
    /// # Errors
    /// [`HttpError`] when there is no whole answer in time, or its status is not 200–299 or 304.
    pub async fn send(self) -> Result<Response, HttpError> {
        let Self { client, builder, url } = self;
        let fail = |error| HttpError::from_reqwest(error, &url, &client);
        let mut answer = builder.send().await.map_err(fail)?;
        let status = answer.status();
        if !(status.is_success() || status == reqwest::StatusCode::NOT_MODIFIED) {
            return Err(complaint(answer, &url, &client).await);
        }
        let too_large = || HttpError::TooLarge { url: address::shown(&url), limit: client.max_body };
        if answer.content_length().is_some_and(|length| length > client.max_body as u64) {
            return Err(too_large());
        }
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(fail)? {
            if body.len() + chunk.len() > client.max_body {
                return Err(too_large());
            }
            body.extend_from_slice(&chunk);
        }
        let headers = std::mem::take(answer.headers_mut());
        Ok(Response { status: status.as_u16(), headers, body, url: address::shown(&url) })
    }

    /// Sends it and waits for the head of the answer; the body may go on for days and is not limited here.
    ///
    /// # Errors
    /// [`HttpError`] when there is no head within the client's time, or its status is not 200–299.
    pub async fn open(self) -> Result<Streaming, HttpError> {
        let Self { client, builder, url } = self;
        let opening = async {
            let fail = |error| HttpError::from_reqwest(error, &url, &client);
            let mut answer = builder.timeout(LONGEST_STREAM).send().await.map_err(fail)?;
            if !answer.status().is_success() {
                return Err(complaint(answer, &url, &client).await);
            }
            Ok((answer.status().as_u16(), std::mem::take(answer.headers_mut()), answer))
        };
        let (status, headers, answer) = match timeout(client.timeout, opening).await {
            Ok(opened) => opened?,
            Err(_) => return Err(HttpError::Timeout { url: address::shown(&url), after: client.timeout }),
        };
        Ok(Streaming { status, headers, answer, url, client })
    }
}

/// What a bad status says, with the beginning of its body.
async fn complaint(mut answer: reqwest::Response, url: &Url, client: &Shared) -> HttpError {
    let headers = std::mem::take(answer.headers_mut());
    // The excerpt is a courtesy: whatever can be had of it.
    let mut body = Vec::new();
    while let Ok(Some(chunk)) = answer.chunk().await {
        body.extend_from_slice(&chunk);
        // The rest of the line may complete the secret that is to be struck out.
        if body.len() >= 8 * MAX_EXCERPT {
            break;
        }
    }
    HttpError::from_status(answer.status().as_u16(), &headers, &body, url, client)
}

impl Response {
    /// Reads the body as JSON.
    ///
    /// # Errors
    /// [`HttpError::BadBody`] with the place of the first mistake.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, HttpError> {
        let mut reader = serde_json::Deserializer::from_slice(&self.body);
        serde_path_to_error::deserialize(&mut reader).map_err(|error| {
            let path = error.path().to_string();
            let cause = error.into_inner();
            HttpError::BadBody { url: self.url.clone(), cause: format!("at {path}: {cause}") }
        })
    }

    /// Reads the body as text.
    ///
    /// # Errors
    /// [`HttpError::BadBody`] when it is not UTF-8.
    pub fn text(&self) -> Result<&str, HttpError> {
        std::str::from_utf8(&self.body)
            .map_err(|error| HttpError::BadBody { url: self.url.clone(), cause: error.to_string() })
    }
}
