//! A template for a new backend: `{"version":7,"on":true,"shares":{"eu":10}}` at an address per flag, polled with GET, written
//! by PUT with `If-Match: 7`, which is refused when somebody was faster. In: [`Settings`] and a [`Target`]. Out: the flag's
//! state as events, and a control. It must never call a change done that it has not read back. Start at [`Template::ask`].
use gonogo::backends::{Applied, Backend, BackendError, Control, Rights, Target};
use gonogo::domain::*;
use gonogo::effect::{Change, Command};
use gonogo::event::{Body, Promise, Sink};
use gonogo::net::{Backoff, Client, HttpError, http::Options};
use reqwest::{Method, header::IF_MATCH};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, time::Duration};

/// The `backend = { kind = "template", … }` of a platform.
#[derive(Debug, Clone, Deserialize)]
pub struct Settings {
    /// The service's address.
    pub url: url::Url,
}

/// How often to ask: a change is half a second old on average when it is seen.
const INTERVAL: Duration = Duration::from_secs(1);
/// For one request: a kill that hangs must be over before it is tried again.
const TIMEOUT: Duration = Duration::from_secs(2);
/// When everybody is served a change, at worst: from the documentation of the service's clients.
pub const REACH: Span = Span(Duration::from_secs(5));
/// What it can do: a column of the table in docs/backends.md.
pub const CAPABILITIES: Capabilities = Capabilities {
    news: News::Poll,
    widen: Widening::Any,
    pause: Pausing::Held,
    concurrency: Concurrency::CompareAndSet,
    kill: KillScope::Segment,
    off: OffMeans::CodeDefault,
    rehearses: false,
};

/// What the service says.
#[derive(Serialize, Deserialize)]
struct Wire {
    version: u64,
    on: bool,
    shares: BTreeMap<String, f64>,
}

/// One flag there. (In the crate itself, `gonogo::` is `crate::`.)
pub struct Template(Client, Target, Rights);

impl Template {
    /// The adapter; nothing is connected yet.
    pub fn new(settings: &Settings, target: Target, rights: Rights) -> Result<Self, BackendError> {
        let client = Client::new(settings.url.clone(), Options { timeout: TIMEOUT, ..Options::default() });
        let failed = |e: HttpError| BackendError::Settings { cause: Text::new(&e.to_string()) };
        Ok(Self(client.map_err(failed)?, target, rights))
    }

    /// Asks what is there, or writes it if the version is still the same. Refused is only what surely changed nothing.
    async fn ask(&self, operation: &str, wire: Option<&Wire>) -> Result<Wire, BackendError> {
        let method = if wire.is_some() { Method::PUT } else { Method::GET };
        let mut request = self.0.request(method, ["flags", self.1.flag.as_str()]);
        if let Some(wire) = wire {
            request = request.header(IF_MATCH, wire.version.into()).json(wire);
        }
        let answer = request.send().await.and_then(|answer| answer.json());
        answer.map_err(|error| match error {
            HttpError::Status { code: 400..=428, .. } => {
                let words = format!("{error}. hint: check `flag` in the rollout file, and the token");
                BackendError::Refused { cause: self.cannot(operation, &words), state: None }
            }
            _ => BackendError::Lost { cause: self.cannot(operation, &error.to_string()) },
        })
    }

    fn cannot(&self, operation: &str, cause: &str) -> Text {
        Text::new(&format!("cannot {operation} {} at {}: {cause}", self.1.flag, self.1.platform))
    }

    /// In our words. What cannot be a share is a doubt, and its segment absent: nothing grows on it.
    fn state(&self, wire: &Wire) -> FlagState {
        let mut state = FlagState { version: Version(wire.version), on: wire.on, ..FlagState::default() };
        for (segment, name) in &self.1.segments {
            match wire.shares.get(name).map(|share| Percent::new(*share)) {
                Some(Ok(share)) => drop(state.shares.insert(segment.clone(), share)),
                Some(Err(error)) => state.doubts.push(Text::new(&format!("the share of {name}: {error}"))),
                None => {}
            }
        }
        state
    }

    /// Checks, writes, reads back. Twice does no harm.
    async fn change(&self, command: &Command) -> Result<Applied, BackendError> {
        let mut wire = self.ask("read", None).await?;
        let mut state = self.state(&wire);
        if !command.change.is_met_by(&state) {
            if let Some(seen) = command.expected.filter(|seen| *seen != state.version) {
                let cause = format!("version {} is newer than {seen}, which you saw", state.version);
                let cause = self.cannot("change", &cause);
                return Err(BackendError::Refused { cause, state: Some(Box::new(state)) });
            }
            if let Change::Shares(shares) | Change::On(shares) = &command.change {
                let wanted = |(s, name): &(_, String)| Some((name.clone(), shares.get(s)?.as_f64()));
                wire.shares.extend(self.1.segments.iter().filter_map(wanted));
            }
            wire.on = (wire.on && command.change != Change::Off) || matches!(command.change, Change::On(_));
            self.ask("change", Some(&wire)).await?;
            state = self.state(&self.ask("read back", None).await?);
            if !command.change.is_met_by(&state) {
                let cause = self.cannot("change", "it was written, and something else is there");
                return Err(BackendError::NotMet { cause, state: Box::new(state) });
            }
        }
        Ok(Applied { state, overwrote: None })
    }
}

#[rustfmt::skip] // one line each, so that the whole fits on a page
impl Backend for Template {
    fn capabilities(&self) -> Capabilities { CAPABILITIES }
    fn read(&self) -> Promise<'_, Result<FlagState, BackendError>> { Box::pin(async { Ok(self.state(&self.ask("read", None).await?)) }) }
    fn control(&self) -> Option<&dyn Control> { (self.2 == Rights::ReadWrite).then_some(self as &dyn Control) }
    fn may_write(&self) -> Promise<'_, Result<Option<bool>, BackendError>> { Box::pin(async { Ok(None) }) } // it does not say
    fn watch<'a>(&'a self, sink: &'a dyn Sink) -> Promise<'a, ()> {
        Box::pin(async move {
            let (platform, mut backoff) = (&self.1.platform, Backoff::default());
            loop {
                let read = self.read().await;
                let wait = if read.is_ok() { INTERVAL } else { backoff.next(rand::random()) };
                let retrying = |e: &BackendError| LinkState::Retrying { cause: Text::new(&e.to_string()), wait: Span(wait) };
                let state = read.as_ref().err().map_or(LinkState::Live, retrying);
                sink.fact(None, Body::Link { source: Source::new(SourceKind::Flags, platform.as_str()), state }).await;
                if let Ok(state) = read {
                    sink.fact(None, Body::Flag { platform: platform.clone(), state }).await;
                }
                tokio::time::sleep(wait).await;
            }
        })
    }
}

impl Control for Template {
    fn apply<'a>(&'a self, command: &'a Command) -> Promise<'a, Result<Applied, BackendError>> {
        Box::pin(async move {
            match self.change(command).await {
                // What stops wins: where somebody was faster, once more on what is there now.
                Err(BackendError::Refused { .. }) if command.is_urgent() => self.change(command).await,
                result => result,
            }
        })
    }
}
