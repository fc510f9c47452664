//! What the cases need of a backend: a flag of their own on the real server, faults on the way there, and somebody else
//! who changes things.
//!
//! A [`World`] is one backend as an outsider runs and uses it. It must never ask an adapter what the server has
//! ([`World::stored`]): an adapter that is wrong would be believed.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use gonogo::action::Verb;
use gonogo::backends::{self, Applied, Backend, BackendError, BackendSettings, Rights, Target};
use gonogo::domain::{
    Actor, FlagKey, FlagState, Percent, PlatformName, Sample, SegmentName, Text, Timestamp, Version,
};
use gonogo::effect::{Change, Command, EffectId};
use gonogo::event::{Body, Promise, Sink};
use tokio::sync::mpsc;

use crate::cases::Case;
use crate::proxy::{Mode, Proxy};

/// Why a case does not hold.
pub type Failure = Box<dyn std::error::Error>;

/// How long anything may take on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// How many events a watch may be ahead of the test.
const HELD: usize = 256;

/// What the server itself says that it has.
#[derive(Debug, Clone, PartialEq)]
pub struct Stored {
    pub on: bool,
    /// By our segments' names, in percent. What moves or is not understood is absent.
    pub shares: BTreeMap<String, f64>,
}

impl Stored {
    pub fn of(on: bool, shares: &[(&str, f64)]) -> Self {
        Self { on, shares: shares.iter().map(|(name, share)| ((*name).to_owned(), *share)).collect() }
    }

    pub fn share(&self, segment: &str) -> Option<f64> {
        self.shares.get(segment).copied()
    }
}

/// One backend.
pub trait World {
    /// Its column.
    const NAME: &'static str;

    /// A flag of one's own: on, `free` at 10 %, `eu` at 20 %.
    async fn make(&self, case: &str) -> String;

    /// The flag with `free` on a ramp of the backend's own that has not ended. `None`: there is no such thing.
    async fn make_ramp(&self, case: &str) -> Option<String> {
        let _ = case;
        None
    }

    /// The adapter's settings, with every address a proxy's.
    fn settings(&self) -> BackendSettings;

    /// What the server calls our segment.
    fn called(&self, segment: &str) -> String {
        segment.to_owned()
    }

    /// What the server itself has, asked without the adapter and past the faults. `None`: no such flag.
    async fn stored(&self, flag: &str) -> Option<Stored>;

    /// Somebody else gives a segment another share.
    async fn edit(&self, flag: &str, segment: &str, percent: f64);

    /// Somebody else removes the flag.
    async fn delete(&self, flag: &str);

    /// Somebody else gives the flag another name; by hand where the server has no such thing.
    async fn rename(&self, flag: &str, to: &str);

    /// All ways to the server.
    fn ways(&self) -> Vec<&Proxy>;

    /// The ways on which HTTP is spoken.
    fn http(&self) -> Vec<&Proxy> {
        self.ways()
    }

    /// The next write arrives, and nobody hears the answer.
    async fn break_writes(&self);

    /// The server ends.
    async fn stop(&self);

    /// And is there again; also where it was there.
    async fn start(&self);

    /// Why a case makes no sense here.
    fn excuse(&self, case: Case) -> Option<&'static str> {
        let _ = case;
        None
    }

    /// All faults are gone.
    async fn mend(&self) {
        self.set(Mode::Pass);
        self.start().await;
    }

    /// On all ways.
    fn set(&self, mode: Mode) {
        self.ways().iter().for_each(|way| way.set(mode));
    }

    /// A new adapter, which knows nothing yet.
    fn adapter(&self, flag: &str) -> Result<Adapter, Failure> {
        let target = Target {
            platform: PlatformName::new("web")?,
            flag: FlagKey::new(flag)?,
            segments: ["free", "eu"]
                .map(|name| Ok((SegmentName::new(name)?, self.called(name))))
                .into_iter()
                .collect::<Result<_, Failure>>()?,
        };
        Ok(Adapter(backends::build(&self.settings(), target, Rights::ReadWrite)?.into()))
    }
}

/// An adapter, and what a cockpit would ask of it.
#[derive(Clone)]
pub struct Adapter(pub Arc<dyn Backend>);

impl Adapter {
    pub async fn read(&self) -> Result<FlagState, BackendError> {
        self.0.read().await
    }

    /// One attempt.
    pub async fn apply(
        &self,
        verb: Verb,
        change: Change,
        expected: Option<Version>,
    ) -> Result<Applied, BackendError> {
        let command = Command {
            id: EffectId(rand::random()),
            verb,
            platform: "web".parse().expect("a name"),
            change,
            expected,
            actor: Actor::Person(Text::new("ann")),
            reason: Some(Text::new("because")),
            evidence: None,
            part_of: None,
        };
        self.0.control().expect("rights").apply(&command).await
    }

    pub async fn kill(&self) -> Result<Applied, BackendError> {
        self.apply(Verb::Kill, Change::Off, None).await
    }

    /// Reads, and widens what was read.
    pub async fn widen(&self, name: &str, percent: f64) -> Result<Applied, BackendError> {
        let seen = self.read().await?.version;
        self.apply(Verb::Widen, shares(&[(name, percent)]), Some(seen)).await
    }

    /// As a cockpit does that is on its way: until it is there, or refused.
    pub async fn insist(&self, verb: Verb, change: &Change) -> Result<Applied, BackendError> {
        let end = tokio::time::Instant::now() + PATIENCE;
        loop {
            let result = match self.read().await {
                Ok(seen) => self.apply(verb, change.clone(), Some(seen.version)).await,
                Err(error) => Err(error),
            };
            if result.is_ok() || tokio::time::Instant::now() > end {
                return result;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Watches until dropped.
    pub fn watch(&self) -> Watched {
        let (sender, bodies) = mpsc::channel(HELD);
        let backend = Arc::clone(&self.0);
        let task = tokio::spawn(async move { backend.watch(&Channel(sender)).await });
        Watched { bodies, task }
    }
}

pub fn shares(wanted: &[(&str, f64)]) -> Change {
    Change::Shares(map(wanted))
}

pub fn on(wanted: &[(&str, f64)]) -> Change {
    Change::On(map(wanted))
}

fn map(wanted: &[(&str, f64)]) -> BTreeMap<SegmentName, Percent> {
    let pair =
        |(name, percent): &(&str, f64)| Some((SegmentName::new(name).ok()?, Percent::new(*percent).ok()?));
    wanted.iter().map(|wanted| pair(wanted).expect("a share")).collect()
}

/// A watch under way.
pub struct Watched {
    bodies: mpsc::Receiver<Body>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.task.abort();
    }
}

struct Channel(mpsc::Sender<Body>);

impl Sink for Channel {
    fn fact(&self, _: Option<Timestamp>, body: Body) -> Promise<'_, ()> {
        Box::pin(async move {
            let _ = self.0.send(body).await;
        })
    }

    fn sample(&self, _: Option<Timestamp>, _: Sample) {}
}

impl Watched {
    /// Waits for what `is` says.
    pub async fn until(&mut self, what: &str, is: impl Fn(&Body) -> bool) -> Result<Body, Failure> {
        let mut last = None;
        let found = async {
            loop {
                match self.bodies.recv().await {
                    Some(body) if is(&body) => return Some(body),
                    Some(body) => last = Some(body),
                    None => return None,
                }
            }
        };
        match tokio::time::timeout(PATIENCE, found).await {
            Ok(Some(body)) => Ok(body),
            Ok(None) => Err(format!("{what}: the watch ended").into()),
            Err(_) => {
                Err(format!("{what}: not within {PATIENCE:?}; the last that it said was {last:?}").into())
            }
        }
    }
}
