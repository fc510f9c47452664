//! One question to the server, and in words why there is no answer.
//!
//! In: an expression and, so that two questions can be about the same moment, a time. Out: the body
//! of the answer, or a [`Trouble`] that says what failed, what would mend it, and whether waiting may.
//!
//! Questions are POSTed as forms: expressions can be longer than an address may be. This file never
//! repeats a question; `watch` does. Everything above it talks to [`Ask`], so that time can be
//! tested without a server.

use std::time::Duration;

use tokio::sync::Semaphore;

use crate::domain::{Span, Text, Timestamp};
use crate::event::Promise;
use crate::metrics::SourceError;
use crate::net::http::{Auth, Client, HttpError, Options};
use crate::net::secret::SecretSource;

use super::Settings;
use super::answer::{Answer, AnswerError};

/// Questions under way at the same time: Prometheus works on 20 in all by default
/// (`query.max-concurrency`), and dashboards want some of them.
const MAX_AT_ONCE: usize = 8;

/// The largest answer in bytes: 200 series with 20 buckets are 0.6 MB; this is ten times that.
const MAX_BODY: usize = 8 * 1024 * 1024;

/// Somebody who answers questions.
pub trait Ask: Send + Sync {
    /// Evaluates an expression, now or at a time. Returns the body of the answer.
    fn ask<'a>(&'a self, expression: &'a str, at: Option<Timestamp>)
    -> Promise<'a, Result<Vec<u8>, Trouble>>;
}

/// Why there is no data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// What failed, with a hint.
    pub cause: Text,
    /// What may mend it.
    pub remedy: Remedy,
}

/// What may mend a trouble.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remedy {
    /// Time; not before this long, if the server says so.
    Wait(Option<Duration>),
    /// A person who changes an address or a credential.
    Access,
    /// A person who changes the query.
    Query,
}

/// A server behind HTTP.
#[derive(Debug)]
pub struct Http {
    client: Client,
    turns: Semaphore,
    parameters: Vec<(&'static str, String)>,
}

impl Http {
    /// A client for the settings' server. Reads secrets and certificates, connects nowhere.
    ///
    /// # Errors
    /// [`SourceError`] when the settings cannot work or a secret cannot be had.
    pub fn new(settings: &Settings) -> Result<Self, SourceError> {
        settings.check()?;
        let base = settings.base();
        let fail = |cause: String| SourceError(Text::new(&cause));
        let secret = |source: &SecretSource| source.resolve().map_err(|error| fail(error.to_string()));
        let token = settings.token.as_ref().map(|token| secret(token).map(Auth::Bearer)).transpose()?;
        let header = |auth: &super::settings::Header| {
            secret(&auth.value).map(|value| Auth::Header { name: auth.header.clone(), value })
        };
        let options = Options {
            connect_timeout: settings.timeout.0,
            timeout: settings.timeout.0,
            max_body: MAX_BODY,
            auth: token,
            second_auth: settings.auth.as_ref().map(header).transpose()?,
            extra_root: settings.ca_file.clone(),
            ..Options::default()
        };
        let client = Client::new(base, options).map_err(|error| fail(error.to_string()))?;
        // The server gives up when we do. Thanos shall fail rather than leave out a part, which would
        // look like counters that were reset; others ignore that parameter.
        let parameters = vec![("timeout", seconds(settings.timeout)), ("partial_response", "false".into())];
        Ok(Self { client, turns: Semaphore::new(MAX_AT_ONCE), parameters })
    }
}

fn seconds(span: Span) -> String {
    format!("{:.3}", span.0.as_secs_f64())
}

impl Ask for Http {
    fn ask<'a>(
        &'a self,
        expression: &'a str,
        at: Option<Timestamp>,
    ) -> Promise<'a, Result<Vec<u8>, Trouble>> {
        Box::pin(async move {
            // An error would mean that the semaphore was closed, which nobody does.
            let _turn = self.turns.acquire().await;
            let mut form = self.parameters.clone();
            form.push(("query", expression.to_owned()));
            form.extend(
                at.map(|at| ("time", format!("{}.{:03}", at.0.div_euclid(1000), at.0.rem_euclid(1000)))),
            );
            let request = self.client.post(["api", "v1", "query"]).form(&form);
            request.send().await.map(|response| response.body).map_err(|error| Trouble::from(&error))
        })
    }
}

impl From<&HttpError> for Trouble {
    fn from(error: &HttpError) -> Self {
        let HttpError::Status { url, code, retry_after, body } = error else {
            return Self { cause: Text::new(&error.to_string()), remedy: Remedy::Wait(None) };
        };
        let (hint, remedy) = match code {
            400 => ("", Remedy::Query),
            401 | 403 => ("\nhint: check `token` or `auth` of the source", Remedy::Access),
            404 => (
                "\nhint: `url` must end where `/api/v1` begins; some servers need a path, as Mimir `/prometheus`",
                Remedy::Access,
            ),
            405 => ("\nhint: the server or a proxy before it must allow POST", Remedy::Access),
            300..=399 => ("\nhint: a login or another address answers in place of the API", Remedy::Access),
            _ => ("", Remedy::Wait(*retry_after)),
        };
        let words = server_words(body.as_str());
        Self { cause: Text::new(&format!("{url} answered {code}: {words}{hint}")), remedy }
    }
}

impl From<AnswerError> for Trouble {
    fn from(error: AnswerError) -> Self {
        let remedy = match &error {
            AnswerError::Shape(_) => Remedy::Query,
            AnswerError::Refused { kind, .. } if kind.as_str() == "bad_data" => Remedy::Query,
            _ => Remedy::Wait(None),
        };
        Self { cause: Text::new(&error.to_string()), remedy }
    }
}

/// The API's own words in the excerpt of an error, which may be cut short; else the excerpt.
fn server_words(excerpt: &str) -> String {
    match Answer::read(excerpt.as_bytes()) {
        Err(error @ AnswerError::Refused { .. }) => return error.to_string(),
        Err(AnswerError::Garbled(_)) => {}
        _ => return excerpt.to_owned(),
    }
    match excerpt.split_once(r#""error":""#) {
        Some((_, words)) => words.trim_end_matches(['"', '}', '\\']).replace(r#"\""#, "\""),
        None => excerpt.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(code: u16, body: &str) -> Trouble {
        let retry_after = Some(Duration::from_secs(7));
        Trouble::from(&HttpError::Status {
            url: "http://h/api/v1/query".into(),
            code,
            retry_after,
            body: Text::new(body),
        })
    }

    #[test]
    fn each_refusal_says_what_would_mend_it() {
        for (code, words, remedy) in [
            (400, "answered 400", Remedy::Query),
            (401, "`token` or `auth`", Remedy::Access),
            (403, "`token` or `auth`", Remedy::Access),
            (404, "where `/api/v1` begins", Remedy::Access),
            (302, "a login", Remedy::Access),
            (405, "allow POST", Remedy::Access),
            (422, "answered 422", Remedy::Wait(Some(Duration::from_secs(7)))),
            (429, "answered 429", Remedy::Wait(Some(Duration::from_secs(7)))),
            (503, "answered 503", Remedy::Wait(Some(Duration::from_secs(7)))),
        ] {
            let trouble = status(code, "no");
            assert!(trouble.cause.as_str().contains(words), "{}", trouble.cause);
            assert_eq!(trouble.remedy, remedy, "{code}");
        }
    }

    #[test]
    fn the_servers_own_words_are_shown_even_if_they_were_cut() {
        let body =
            r#"{"status":"error","errorType":"bad_data","error":"1:5: parse error: unexpected \")\""}"#;
        assert!(
            status(400, body).cause.as_str().ends_with(r#"400: bad_data: 1:5: parse error: unexpected ")""#)
        );
        let cut = r#"{"status":"error","errorType":"bad_data","error":"1:5: parse error: unexpected \")\" in a very"#;
        assert!(
            status(400, cut).cause.as_str().ends_with(r#"400: 1:5: parse error: unexpected ")" in a very"#)
        );
        assert!(status(502, "Bad Gateway").cause.as_str().ends_with("answered 502: Bad Gateway"));
    }
}
