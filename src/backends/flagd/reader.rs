//! What flagd serves now: shared by the watch, which hears it first, and the control, which waits for it.
//!
//! In: configurations as flagd sends them. Out: [`FlagState`]s with versions.
//!
//! States come from streams only, in their order, so that an old answer that was overtaken never looks like news.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, timeout};

use super::fault::Fault;
use super::flag::{Flag, find};
use super::mapping::{Map, Roles};
use super::versions::Versions;
use super::wire::Address;
use crate::backends::Target;
use crate::backends::store::file::Digest;
use crate::domain::FlagState;

/// How long flagd may take with the first answer: it waits up to 5 s for its own sources after a start.
pub const FIRST: Duration = Duration::from_secs(8);

/// What the watch has.
#[derive(Debug, Clone, Default)]
pub struct Heard {
    /// Its stream is open and has answered.
    pub live: bool,
    /// What was served last.
    pub state: Option<FlagState>,
}

/// What watch and control have in common.
#[derive(Debug)]
pub struct Reader {
    /// Where flagd is.
    pub address: Address,
    /// The flag and our segments.
    pub target: Target,
    named: Roles,
    versions: Mutex<Versions>,
    heard: watch::Sender<Heard>,
}

impl Reader {
    /// Nothing is read yet.
    #[must_use]
    pub fn new(address: Address, target: Target, named: Roles) -> Self {
        Self { address, target, named, versions: Mutex::default(), heard: watch::Sender::default() }
    }

    /// Our flag in a configuration.
    ///
    /// # Errors
    /// When it is not there, or no flag.
    pub fn flag(&self, config: &str) -> Result<Flag, Fault> {
        match find(config, self.target.flag.as_str()) {
            Ok(Some((_, flag))) => Ok(flag),
            Ok(None) => Err(Fault::hopeless(
                "flagd has no such flag, so its users have the default in the code. hint: check flag and selector in the rollout file, and the file of flagd",
            )),
            Err(why) => Err(Fault::hopeless(format!("what flagd sent is not understood: {why}"))),
        }
    }

    /// Whom the branches of a flag serve.
    #[must_use]
    pub fn map<'a>(&self, flag: &'a Flag) -> Map<'a> {
        Map::of(flag, &self.target.segments, &self.named)
    }

    /// The state of what flagd serves now.
    ///
    /// # Errors
    /// When our flag is not there.
    pub fn take(&self, config: &str) -> Result<FlagState, Fault> {
        let flag = self.flag(config)?;
        let content = flag.content();
        let mut versions = self.versions();
        let (version, author) = (versions.of(content, Instant::now()), versions.author(content));
        drop(versions);
        Ok(self.map(&flag).state(version, author))
    }

    /// The state of what stands in flagd's file, which flagd is about to serve: until then, what it serves still is older.
    pub fn stored(&self, flag: &Flag) -> FlagState {
        let content = flag.content();
        let mut versions = self.versions();
        let (version, author) = (versions.stored(content, Instant::now()), versions.author(content));
        drop(versions);
        self.map(flag).state(version, author)
    }

    /// Whether flagd was last heard to serve this content, and is heard now.
    #[must_use]
    pub fn serves(&self, content: Digest) -> bool {
        self.heard.borrow().live && self.versions().newest().is_some_and(|(_, newest)| newest == content)
    }

    /// Asks once, on a connection of its own.
    ///
    /// # Errors
    /// When flagd does not answer, or our flag is not there.
    pub async fn look(&self) -> Result<FlagState, Fault> {
        let line = self.address.line();
        let asked = timeout(FIRST, line.fetch()).await;
        let config =
            asked.map_err(|_| Fault::away(format!("flagd has not answered for {} s", FIRST.as_secs())))??;
        self.take(&config)
    }

    /// The versions. Never held over an `await`.
    pub fn versions(&self) -> MutexGuard<'_, Versions> {
        self.versions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The content that a configuration has for our flag; `None`: it has none.
    #[must_use]
    pub fn content(&self, config: &str) -> Option<Digest> {
        self.flag(config).ok().map(|flag| flag.content())
    }

    /// The watch heard a state.
    pub fn hear(&self, state: &FlagState) {
        self.heard.send_replace(Heard { live: true, state: Some(state.clone()) });
    }

    /// The watch has lost its stream, or the flag is gone.
    pub fn lose(&self) {
        self.heard.send_modify(|heard| heard.live = false);
    }

    /// What the watch hears, from now on.
    #[must_use]
    pub fn heard(&self) -> watch::Receiver<Heard> {
        self.heard.subscribe()
    }
}
