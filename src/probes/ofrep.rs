//! OFREP 0.3.0: the OpenFeature Remote Evaluation Protocol, as GO Feature Flag's relay proxy, flagd, Flipt and others speak it.
//!
//! In: [`Settings`] and a [`Subject`]. Out: an [`Edge`]: one `POST /ofrep/v1/evaluate/flags/{key}` for each synthetic
//! user, over connections that are kept; the canary is a bulk evaluation with `If-None-Match`.
//!
//! What the two servers do that one must know, each shown in `tests/probes`:
//! - the relay proxy's ETag is a sum over the *answers* of this user: 304 says nothing about anybody else;
//! - flagd has no ETag: its canary compares the answer itself;
//! - a server without bulk evaluation, or with an answer too large for a canary, is asked for the flag alone.
//!
//! It must never take an error for an answer, and never show an address of an event stream. Start at `wire`.

mod hints;
mod settings;
mod wire;

use std::sync::atomic::{AtomicBool, Ordering};

use reqwest::header::{ETAG, HeaderValue, IF_NONE_MATCH};
use serde_json::{Value, json};

use self::hints::Hints;
pub use self::settings::Settings;
use self::wire::{Bulk, Evaluation, NOT_FOUND, Treatment};
use super::edge::{Answer, Edge, Look, Remedy, Trouble, User};
use super::watch::PATIENCE;
use super::{Context, ProbeError, Subject};
use crate::domain::Text;
use crate::event::Promise;
use crate::net::http::{Auth, Client, HttpError, Options, Response};
use crate::net::secret::SecretSource;

/// The largest answer in bytes: a thousand flags with their metadata. A canary must be cheap, so what is larger is asked
/// for flag by flag.
const MAX_BODY: usize = 512 * 1024;

/// How long to leave an edge alone that says "too many requests" without saying for how long.
const PAUSE: std::time::Duration = std::time::Duration::from_secs(5);

/// The name of the context's member that tells users apart.
pub const TARGETING_KEY: &str = "targetingKey";

/// An edge that speaks OFREP.
pub struct Ofrep {
    client: Client,
    flag: String,
    contexts: Vec<Context>,
    treatment: Treatment,
    /// Whether it has no bulk evaluation that could serve as a canary.
    is_single: AtomicBool,
    base: url::Url,
    hints: Hints,
}

impl Ofrep {
    /// The edge of a subject. Reads secrets and certificates, connects nowhere.
    ///
    /// # Errors
    /// [`ProbeError`] when the settings cannot work.
    pub fn new(settings: &Settings, subject: &Subject) -> Result<Self, ProbeError> {
        settings.check()?;
        let fail = |cause: String| ProbeError(Text::new(&cause));
        let secret = |source: &SecretSource| source.resolve().map_err(|error| fail(error.to_string()));
        let token = settings.token.as_ref().map(|token| secret(token).map(Auth::Bearer)).transpose()?;
        let key = settings.api_key.as_ref().map(secret).transpose()?;
        let key = key.map(|value| Auth::Header { name: "X-API-Key".into(), value });
        let options = Options {
            connect_timeout: PATIENCE,
            timeout: PATIENCE,
            max_body: MAX_BODY,
            auth: token.or(key),
            extra_root: settings.ca_file.clone(),
            ..Options::default()
        };
        let base = settings.base();
        let client = Client::new(base.clone(), options).map_err(|error| fail(error.to_string()))?;
        let treatment = match (&settings.treatment, &settings.control) {
            (Some(name), _) => Treatment::Named(name.clone()),
            (None, Some(name)) => Treatment::AllBut(name.clone()),
            (None, None) => Treatment::True,
        };
        Ok(Self {
            client,
            flag: subject.flag.as_str().to_owned(),
            contexts: subject.segments.iter().map(|(_, context)| context.clone()).collect(),
            treatment,
            is_single: AtomicBool::new(false),
            base,
            hints: Hints::new(),
        })
    }

    fn body(&self, user: &User) -> Value {
        let mut context = json!(self.contexts.get(user.segment));
        if let Some(members) = context.as_object_mut() {
            members.insert(TARGETING_KEY.to_owned(), Value::from(user.key.as_str()));
        }
        json!({ "context": context })
    }

    async fn evaluate(&self, user: &User) -> Result<Answer, Trouble> {
        let path = ["ofrep", "v1", "evaluate", "flags", &self.flag];
        match self.client.post(path).json(&self.body(user)).send().await {
            Ok(response) => self.read(&response),
            // The excerpt of the body is all that is known of it: the code stands within its first 300 characters.
            Err(HttpError::Status { code: 404, body, .. }) if body.as_str().contains(NOT_FOUND) => {
                Ok(Answer { has_it: false, variant: None, is_unknown: true })
            }
            Err(error) => Err(trouble(&error)),
        }
    }

    fn read(&self, response: &Response) -> Result<Answer, Trouble> {
        let evaluation: Evaluation = response.json().map_err(|error| trouble(&error))?;
        evaluation.answer(&self.treatment).map_err(|cause| Trouble { cause, remedy: Remedy::Again })
    }

    async fn bulk(&self, user: &User, mark: Option<&str>) -> Result<Look, Trouble> {
        let mut request = self.client.post(["ofrep", "v1", "evaluate", "flags"]).json(&self.body(user));
        if let Some(mark) = mark.and_then(|mark| HeaderValue::from_str(mark).ok()) {
            request = request.header(IF_NONE_MATCH, mark);
        }
        let response = match request.send().await {
            Ok(response) => response,
            Err(HttpError::Status { code: 404 | 405 | 501, .. } | HttpError::TooLarge { .. }) => {
                self.is_single.store(true, Ordering::Relaxed);
                return self.single(user).await;
            }
            Err(error) => return Err(trouble(&error)),
        };
        if response.status == 304 {
            return Ok(Look::Same);
        }
        let mark = response.headers.get(ETAG).and_then(|mark| mark.to_str().ok()).map(str::to_owned);
        let bulk: Bulk = response.json().map_err(|error| trouble(&error))?;
        self.hints.take(&bulk.event_streams, &self.base);
        let ours = bulk.flags.iter().find(|flag| flag.key.as_deref() == Some(&self.flag));
        // What cannot be read here is for the whole panel to complain about.
        let answer = ours.and_then(|flag| flag.answer(&self.treatment).ok());
        Ok(Look::Seen { answer, mark })
    }

    async fn single(&self, user: &User) -> Result<Look, Trouble> {
        let answer = self.evaluate(user).await?;
        Ok(Look::Seen { answer: Some(answer), mark: None })
    }
}

impl Edge for Ofrep {
    fn ask<'a>(&'a self, user: &'a User) -> Promise<'a, Result<Answer, Trouble>> {
        Box::pin(self.evaluate(user))
    }

    fn look<'a>(&'a self, user: &'a User, mark: Option<&'a str>) -> Promise<'a, Result<Look, Trouble>> {
        Box::pin(async move {
            if self.is_single.load(Ordering::Relaxed) {
                self.single(user).await
            } else {
                self.bulk(user, mark).await
            }
        })
    }

    fn hint(&self) -> Promise<'_, ()> {
        Box::pin(self.hints.next())
    }
}

/// What an error of the transport means for whoever asks.
pub(super) fn trouble(error: &HttpError) -> Trouble {
    let HttpError::Status { code, retry_after, .. } = error else {
        return Trouble { cause: Text::new(&error.to_string()), remedy: Remedy::Again };
    };
    let (hint, remedy) = match code {
        401 | 403 => ("\nhint: check `token` or `api_key` of the probe", Remedy::Person),
        404 => ("\nhint: `url` must end where `/ofrep` begins", Remedy::Person),
        300..=399 => ("\nhint: a login or another address answers in place of the edge", Remedy::Person),
        429 => ("", Remedy::Pause(retry_after.unwrap_or(PAUSE))),
        503 => ("", retry_after.map_or(Remedy::Again, Remedy::Pause)),
        _ => ("", Remedy::Again),
    };
    Trouble { cause: Text::new(&format!("{error}{hint}")), remedy }
}
