//! What tests of LaunchDarkly need from outside: adapters with tokens in files, commands, a watch to wait on.
//!
//! Everything that an adapter says is kept in [`told`], so that a test can look for tokens in all of it.

use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use gonogo::action::Verb;
use gonogo::backends::launchdarkly::{LaunchDarkly, Settings};
use gonogo::backends::{Applied, Backend, BackendError, Rights, Target};
use gonogo::domain::{
    Actor, FlagKey, FlagState, Percent, PlatformName, Sample, SegmentName, Text, Timestamp, Version,
};
use gonogo::effect::{Change, Command, EffectId};
use gonogo::event::{Body, Promise, Sink};
use serde_json::{Value, json};
use tempfile::TempPath;
use tokio::sync::mpsc;

/// The flag of all these tests.
pub const FLAG: &str = "checkout-v2";

/// An adapter, and the files with its secrets.
pub struct Subject {
    pub adapter: Arc<LaunchDarkly>,
    /// All that came out of it, for [`told`].
    pub told: Arc<Mutex<String>>,
    _files: Vec<TempPath>,
}

fn secret(text: &str) -> TempPath {
    let mut file = tempfile::NamedTempFile::new().expect("a file");
    file.write_all(text.as_bytes()).expect("written");
    file.into_temp_path()
}

impl Subject {
    /// An adapter for `FLAG` with these settings; `sdk_key` and `api_token` are given as they are.
    pub fn new(settings: Value, segments: &[(&str, &str)]) -> Self {
        Self::of_flag(FLAG, settings, segments)
    }

    pub fn of_flag(flag: &str, mut settings: Value, segments: &[(&str, &str)]) -> Self {
        let mut files = Vec::new();
        for name in ["sdk_key", "api_token"] {
            if let Some(text) = settings[name].as_str() {
                let file = secret(text);
                settings[name] = json!({ "file": file.to_path_buf() });
                files.push(file);
            }
        }
        let settings = settings.as_object().expect("settings");
        let settings: serde_json::Map<_, _> = settings
            .iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(k, v)| (k.clone(), v.clone()))
            .collect();
        let settings: Settings = serde_json::from_value(settings.into()).expect("settings");
        let target = Target {
            platform: PlatformName::new("web").expect("a name"),
            flag: FlagKey::new(flag).expect("a name"),
            segments: segments.iter().map(|(name, there)| (segment(name), (*there).to_owned())).collect(),
        };
        let adapter = LaunchDarkly::new(&settings, target, Rights::ReadWrite).expect("an adapter");
        let told = Arc::new(Mutex::new(format!("{adapter:?} {settings:?}")));
        Self { adapter: Arc::new(adapter), told, _files: files }
    }

    fn note(&self, what: impl std::fmt::Debug) {
        self.told.lock().expect("told").push_str(&format!("{what:?}\n"));
    }

    /// All that came out of it so far.
    pub fn told(&self) -> String {
        self.told.lock().expect("told").clone()
    }

    pub async fn read(&self) -> Result<FlagState, BackendError> {
        let read = self.adapter.read().await;
        self.note(&read);
        read
    }

    pub async fn state(&self) -> FlagState {
        self.read().await.expect("a state")
    }

    /// Makes one attempt.
    pub async fn apply(
        &self,
        verb: Verb,
        change: Change,
        expected: Option<Version>,
    ) -> Result<Applied, BackendError> {
        let control = self.adapter.control().expect("rights");
        let applied = control.apply(&command(verb, change, expected)).await;
        self.note(&applied);
        applied
    }

    pub async fn kill(&self) -> Result<Applied, BackendError> {
        self.apply(Verb::Kill, Change::Off, None).await
    }

    pub async fn rehearse(&self, change: Change) -> Result<Vec<String>, BackendError> {
        let control = self.adapter.control().expect("rights");
        let rehearsed = control.rehearse(&command(Verb::Widen, change, None)).await;
        self.note(&rehearsed);
        Ok(rehearsed?.iter().map(|text| text.as_str().to_owned()).collect())
    }

    pub fn watch(&self) -> Watched {
        let (sender, bodies) = mpsc::channel(256);
        let adapter = Arc::clone(&self.adapter);
        let sink = Channel(sender, Arc::clone(&self.told));
        let task = tokio::spawn(async move { adapter.watch(&sink).await });
        Watched { bodies, task }
    }
}

pub fn command(verb: Verb, change: Change, expected: Option<Version>) -> Command {
    Command {
        id: EffectId(7),
        verb,
        platform: PlatformName::new("web").expect("a name"),
        change,
        expected,
        actor: Actor::Person(Text::new("ann@laptop")),
        reason: Some(Text::new("the error rate is fine")),
        evidence: None,
        part_of: None,
    }
}

pub fn segment(name: &str) -> SegmentName {
    SegmentName::new(name).expect("a name")
}

pub fn share(percent: f64) -> Percent {
    Percent::new(percent).expect("a percentage")
}

pub fn shares(shares: &[(&str, f64)]) -> Change {
    Change::Shares(shares.iter().map(|(name, percent)| (segment(name), share(*percent))).collect())
}

/// The words of a refusal; anything else fails the test.
pub fn refusal<T: std::fmt::Debug>(result: Result<T, BackendError>) -> String {
    match result {
        Err(BackendError::Refused { cause, .. }) => cause.as_str().to_owned(),
        other => panic!("not refused: {other:?}"),
    }
}

/// The words of a loss; anything else fails the test.
pub fn loss<T: std::fmt::Debug>(result: Result<T, BackendError>) -> String {
    match result {
        Err(BackendError::Lost { cause }) => cause.as_str().to_owned(),
        other => panic!("not lost: {other:?}"),
    }
}

/// A watch that runs until it is dropped.
pub struct Watched {
    bodies: mpsc::Receiver<Body>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.task.abort();
    }
}

struct Channel(mpsc::Sender<Body>, Arc<Mutex<String>>);

impl Sink for Channel {
    fn fact(&self, _: Option<Timestamp>, body: Body) -> Promise<'_, ()> {
        self.1.lock().expect("told").push_str(&format!("{body:?}\n"));
        Box::pin(async move {
            let _ = self.0.send(body).await;
        })
    }

    fn sample(&self, _: Option<Timestamp>, _: Sample) {}
}

impl Watched {
    /// Waits for what `pick` picks.
    pub async fn until<T>(&mut self, mut pick: impl FnMut(&Body) -> Option<T>) -> T {
        let mut seen = Vec::new();
        let found = async {
            while let Some(body) = self.bodies.recv().await {
                if let Some(picked) = pick(&body) {
                    return picked;
                }
                seen.push(body);
            }
            panic!("the watch ended");
        };
        match tokio::time::timeout(Duration::from_secs(20), found).await {
            Ok(found) => found,
            Err(_) => panic!("not seen within 20 s: {seen:#?}"),
        }
    }

    /// Waits for a state.
    pub async fn state(&mut self, wanted: impl Fn(&FlagState) -> bool) -> FlagState {
        self.until(|body| match body {
            Body::Flag { state, .. } if wanted(state) => Some(state.clone()),
            _ => None,
        })
        .await
    }

    /// Waits for a link.
    pub async fn link(&mut self, wanted: impl Fn(&gonogo::domain::LinkState) -> bool) {
        self.until(|body| match body {
            Body::Link { state, .. } if wanted(state) => Some(()),
            _ => None,
        })
        .await
    }
}
