//! The world of a test: a flag service with customers, served in the test's own process on a real websocket.
//!
//! In: the text of a scenario. Out: a rollout file for the cockpit, and the state that the service has really
//! stored. It can go away and come back on the same port, and somebody else can change the flag.

use std::net::SocketAddr;
use std::process::{Command, Output};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use gonogo::demo::{self, Scenario, Served, Snapshot};
use gonogo::domain::{Actor, Percent, SegmentName, Text};
use gonogo::feed::message::{Set, State};
use gonogo::feed::{Answer, Control, Endpoint, OpaqueId, Settings, Timing};
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// Longest wait for anything, on a machine that is busy with other things.
pub const DEADLINE: Duration = Duration::from_secs(25);

/// How long a wait for the service looks away between two looks.
const LOOK: Duration = Duration::from_millis(1);

static SETS: AtomicU64 = AtomicU64::new(0);

/// A world, and a folder with its rollout file and the cockpit's state.
pub struct World {
    runtime: Runtime,
    scenario: Scenario,
    served: Option<Served>,
    pub address: SocketAddr,
    folder: TempDir,
}

/// Three segments whose stages bake fast, with `users` arriving each second in each.
pub fn text(users: u32, acts: &str) -> String {
    let segment = |name: &str, share: u32| {
        let feedback = if users == 0 { "0" } else { "1" };
        format!(
            "[[segments]]\nname = \"{name}\"\nsize = 1000\nusers_per_s = {users}\nerrors = 0.004\n\
             median_ms = 160\nspread = 0.4\nfeedback_per_s = {feedback}\nhappy = 0.9\nshare = {share}\n"
        )
    };
    format!(
        "title = \"A test\"\nabout = \"a world for a test\"\nseed = 5\nflag = \"checkout-v2\"\nowner = \"tests\"\n\
         acts = [{acts}]\n\
         [plan]\nstages = [\n\
         {{ exposure = 5, bake = \"1s\", sample = 5 }},\n{{ exposure = 25, bake = \"1s\", sample = 5 }},\n\
         {{ exposure = 50, bake = \"1s\", sample = 5 }},\n{{ exposure = 100, bake = \"1s\", sample = 5 }},\n]\n\
         [[guardrails]]\nstation = \"errors\"\nmetric = \"errors\"\ntolerate = 0.10\nmargin = {{ points = 10 }}\nrisk = 0.001\naction = \"kill\"\n\
         {}{}{}",
        segment("beta", 50),
        segment("free", 25),
        segment("enterprise", 5),
    )
}

impl World {
    /// Serves a scenario.
    pub fn serve(text: &str) -> Self {
        let scenario = Scenario::parse("test", text).unwrap_or_else(|error| panic!("{error}"));
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let mut world = Self {
            runtime: runtime.unwrap(),
            scenario,
            served: None,
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
            folder: tempfile::tempdir().unwrap(),
        };
        world.come_back();
        let url = world.served.as_ref().unwrap().url();
        std::fs::write(world.folder.path().join("rollout.toml"), world.scenario.rollout_toml(&url, None))
            .unwrap();
        world
    }

    /// A steady world with traffic.
    pub fn steady() -> Self {
        Self::serve(&text(200, ""))
    }

    /// Cuts all connections and gives the port back.
    pub fn go_away(&mut self) {
        if let Some(served) = self.served.take() {
            self.runtime.block_on(served.shutdown());
        }
    }

    /// Serves again on the same port, as a service that was started anew: with the flag as in the scenario.
    pub fn come_back(&mut self) {
        let (address, scenario) = (self.address, self.scenario.clone());
        let serve = async move {
            let start = gonogo::runtime::clock::Clock::system().now();
            demo::serve(address, &scenario, scenario.seed, None, start).await
        };
        let served = self.runtime.block_on(serve).unwrap_or_else(|error| panic!("{error}"));
        self.address = served.address();
        self.served = Some(served);
    }

    /// Everything as it is in the service now.
    pub fn snapshot(&self) -> Snapshot {
        self.served.as_ref().unwrap().state()
    }

    /// The flag as it is stored.
    pub fn stored(&self) -> State {
        self.snapshot().stored.unwrap()
    }

    /// The stored share of a segment in percent, 0 if the flag is off.
    pub fn share(&self, segment: &str) -> f64 {
        let stored = self.stored();
        let share = stored.shares.get(&name(segment)).copied().unwrap();
        if stored.on { share.as_f64() } else { 0.0 }
    }

    /// Users who got the feature in the last step, in all segments.
    pub fn users_with_it(&self) -> u64 {
        self.snapshot().getting.values().map(|getting| getting.with_feature).sum()
    }

    /// Waits until it is so in the service. Returns how long that took.
    #[track_caller]
    pub fn until(&self, what: &str, mut is_so: impl FnMut(&Self) -> bool) -> Duration {
        let start = Instant::now();
        while !is_so(self) {
            assert!(start.elapsed() < DEADLINE, "waited for {what}: {:?}", self.snapshot());
            std::thread::sleep(LOOK);
        }
        start.elapsed()
    }

    /// Somebody else changes the flag, over a connection of their own.
    pub fn set(&self, actor: &str, shares: &[(&str, u32)], on: Option<bool>) {
        let settings =
            Settings { url: format!("ws://{}", self.address).parse().unwrap(), token: None, ca_file: None };
        let control = Control::new(Endpoint::new(settings, Timing::default()).unwrap());
        let stored = self.stored();
        let set = Set {
            id: OpaqueId::new(&format!("test-{}", SETS.fetch_add(1, Ordering::Relaxed))).unwrap(),
            flag: stored.flag,
            shares: shares.iter().map(|(n, share)| (name(n), Percent::from_ppm(share * 10_000))).collect(),
            on,
            expected_version: Some(stored.version),
            actor: Actor::Other(Text::new(actor)),
            reason: Text::new("by another hand"),
        };
        let answer = self.runtime.block_on(control.request(&set, DEADLINE));
        assert!(matches!(answer, Ok(Answer::Ack(_))), "{answer:?}");
    }

    /// The path of a file in the world's folder.
    pub fn path(&self, file: &str) -> String {
        self.folder.path().join(file).to_str().unwrap().to_owned()
    }

    /// Runs a one-shot verb on this world's rollout file to its end.
    pub fn run(&self, verb: &str, more: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_gonogo"))
            .args([verb, &self.path("rollout.toml"), "--state-dir", &self.path("state"), "--as", "script"])
            .args(more)
            .output()
            .unwrap()
    }

    /// The journal as `gonogo journal` prints it.
    pub fn journal(&self) -> String {
        let state = std::fs::read_dir(self.path("state")).unwrap();
        let file = state
            .map(|entry| entry.unwrap().path())
            .find(|path| path.extension().is_some_and(|e| e == "jsonl"));
        let output =
            Command::new(env!("CARGO_BIN_EXE_gonogo")).arg("journal").arg(file.unwrap()).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    }
}

fn name(segment: &str) -> SegmentName {
    segment.parse().unwrap()
}
