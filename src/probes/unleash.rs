//! Unleash's frontend API: what browsers and phones are served, by the server itself or by an Unleash Edge before it.
//!
//! In: [`Settings`] and a [`Subject`]. Out: an [`Edge`]: one `GET /api/frontend` for each synthetic user, with the attributes as
//! query parameters and a *frontend* token. The answer lists the flags that are enabled for that user, all of them, so a
//! question costs more than one by OFREP; the canary is the same question with `If-None-Match`.
//!
//! A flag that is not listed is off, or there is no such flag: the API does not tell these apart, and neither does this.
//! What is served here is up to a second behind what is stored: the server's own view of its flags is renewed each second.

use std::path::PathBuf;

use reqwest::header::{ETAG, HeaderValue, IF_NONE_MATCH};
use serde::Deserialize;
use url::Url;

use super::edge::{Answer, Edge, Look, Remedy, Trouble, User};
use super::watch::PATIENCE;
use super::{Attribute, Context, ProbeError, Subject, default_interval, default_keys, ofrep};
use crate::domain::{Span, Text};
use crate::event::Promise;
use crate::net::http::{Auth, Client, Options, Response};
use crate::net::{SecretSource, address};

/// The largest answer in bytes: thousands of enabled flags with their variants.
const MAX_BODY: usize = 2 * 1024 * 1024;

/// The `probe = { kind = "unleash", … }` of a platform.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The server's or the Edge's address, without `/api`.
    pub url: Url,
    /// A frontend token of the environment that is asked about.
    pub token: SecretSource,
    /// Synthetic users of each segment.
    #[serde(default = "default_keys")]
    pub keys: u32,
    /// From one whole panel to the next, while nothing happens.
    #[serde(default = "default_interval")]
    pub interval: Span,
    /// The name of the variant that has the feature. `None`: whoever has the flag enabled.
    pub treatment: Option<String>,
    /// A PEM file with a private certificate authority, trusted beside the platform's.
    pub ca_file: Option<PathBuf>,
}

/// Unleash, as its clients see it.
pub struct Unleash {
    client: Client,
    flag: String,
    contexts: Vec<Vec<(String, String)>>,
    treatment: Option<String>,
}

/// The flags that are enabled for somebody.
#[derive(Deserialize)]
struct Frontend {
    toggles: Vec<Toggle>,
}

#[derive(Deserialize)]
struct Toggle {
    name: String,
    enabled: bool,
    variant: Option<Variant>,
}

/// Without variants it is called `disabled` and is not enabled.
#[derive(Deserialize)]
struct Variant {
    name: String,
    enabled: bool,
}

impl Unleash {
    /// The edge of a subject. Reads the token, connects nowhere.
    ///
    /// # Errors
    /// [`ProbeError`] when the settings cannot work.
    pub fn new(settings: &Settings, subject: &Subject) -> Result<Self, ProbeError> {
        let fail = |cause: String| ProbeError(Text::new(&cause));
        let mut url = settings.url.clone();
        if !url.username().is_empty() || url.password().is_some() || url.query().is_some() {
            let shown = address::shown(&url);
            return Err(fail(format!(
                "cannot probe {shown}: an address must hold neither a password nor a `?` part"
            )));
        }
        let path = url.path().trim_end_matches('/');
        let path = path.strip_suffix("/api").unwrap_or(path).to_owned();
        url.set_path(&path);
        let token = settings.token.resolve().map_err(|error| fail(error.to_string()))?;
        let options = Options {
            connect_timeout: PATIENCE,
            timeout: PATIENCE,
            max_body: MAX_BODY,
            auth: Some(Auth::Authorization(token)),
            extra_root: settings.ca_file.clone(),
            ..Options::default()
        };
        let client = Client::new(url, options).map_err(|error| fail(error.to_string()))?;
        Ok(Self {
            client,
            flag: subject.flag.as_str().to_owned(),
            contexts: subject.segments.iter().map(|(_, context)| parameters(context)).collect(),
            treatment: settings.treatment.clone(),
        })
    }

    async fn get(&self, user: &User, mark: Option<&str>) -> Result<Response, Trouble> {
        let mut parameters = self.contexts.get(user.segment).cloned().unwrap_or_default();
        // Both, or a strategy that sticks to the session would draw a new lot for each question.
        for name in ["userId", "sessionId"] {
            parameters.push((name.to_owned(), user.key.clone()));
        }
        let mut request = self.client.get(["api", "frontend"]).query(&parameters);
        if let Some(mark) = mark.and_then(|mark| HeaderValue::from_str(mark).ok()) {
            request = request.header(IF_NONE_MATCH, mark);
        }
        request.send().await.map_err(|error| {
            let trouble = ofrep::trouble(&error);
            // The hints for OFREP would mislead here.
            let cause = trouble.cause.as_str().split(" hint: ").next().unwrap_or_default();
            let hint = match trouble.remedy {
                Remedy::Person => {
                    " hint: `url` is the server's, and `token` a frontend token of the environment"
                }
                _ => "",
            };
            Trouble { cause: Text::new(&format!("{cause}{hint}")), ..trouble }
        })
    }

    fn read(&self, response: &Response) -> Result<Answer, Trouble> {
        let frontend: Frontend = response.json().map_err(|error| ofrep::trouble(&error))?;
        let toggle = frontend.toggles.into_iter().find(|toggle| toggle.name == self.flag && toggle.enabled);
        let Some(toggle) = toggle else {
            return Ok(Answer { has_it: false, variant: None, is_unknown: false });
        };
        let variant = toggle.variant.filter(|variant| variant.enabled).map(|variant| variant.name);
        let has_it = self.treatment.as_ref().is_none_or(|wanted| variant.as_ref() == Some(wanted));
        Ok(Answer { has_it, variant: variant.as_deref().map(Text::new), is_unknown: false })
    }
}

fn parameters(context: &Context) -> Vec<(String, String)> {
    let text = |attribute: &Attribute| match attribute {
        Attribute::Text(text) => text.clone(),
        Attribute::Truth(truth) => truth.to_string(),
        Attribute::Whole(whole) => whole.to_string(),
        Attribute::Number(number) => number.to_string(),
    };
    context.iter().map(|(name, attribute)| (name.clone(), text(attribute))).collect()
}

impl Edge for Unleash {
    fn ask<'a>(&'a self, user: &'a User) -> Promise<'a, Result<Answer, Trouble>> {
        Box::pin(async move { self.read(&self.get(user, None).await?) })
    }

    fn look<'a>(&'a self, user: &'a User, mark: Option<&'a str>) -> Promise<'a, Result<Look, Trouble>> {
        Box::pin(async move {
            let response = self.get(user, mark).await?;
            if response.status == 304 {
                return Ok(Look::Same);
            }
            let mark = response.headers.get(ETAG).and_then(|mark| mark.to_str().ok()).map(str::to_owned);
            Ok(Look::Seen { answer: Some(self.read(&response)?), mark })
        })
    }
}
