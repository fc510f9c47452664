//! Everything that a rollout takes: a flag in Unleash, a shop that serves it, the rollout file of the README, and a
//! state directory of its own. All of it is gone when the [`Town`] is dropped.

use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use super::screen::Screen;
use super::unleash::{Http, Unleash};

/// The rollout file that the README uses.
const ROLLOUT: &str = include_str!("../../demo/rollouts/unleash-prometheus.toml");
/// How long anything may take on a slow machine with two busy cores.
pub const PATIENCE: Duration = Duration::from_secs(60);
/// Between two looks at something that will change.
const LOOK: Duration = Duration::from_millis(50);

/// Tests take turns.
static TURN: Mutex<()> = Mutex::new(());

/// A variable that `.ci/servers run` sets.
pub fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| {
        panic!(
            "{name} is not set: start this as \
             `.ci/servers run -- cargo test --features real-servers --test rollout_e2e`"
        )
    })
}

/// Waits until `look` finds something.
pub fn wait<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < end, "{what}: not within {PATIENCE:?}");
        std::thread::sleep(LOOK);
    }
}

/// How a verb of the binary ended.
pub struct Ran {
    pub code: i32,
    pub out: String,
    pub err: String,
}

/// One rollout with all that it takes.
pub struct Town {
    pub unleash: Unleash,
    pub file: PathBuf,
    home: TempDir,
    shop: Child,
    shop_url: String,
    http: Http,
    // Last: the next test starts when all else is gone.
    _turn: MutexGuard<'static, ()>,
}

impl Drop for Town {
    fn drop(&mut self) {
        // Whatever a test did to the server: the next one finds it up. Not while panicking twice.
        let _ = Unleash::control("thaw");
        if !Unleash::is_up() {
            let _ = Unleash::control("start");
        }
        let _ = self.shop.kill();
        let _ = self.shop.wait();
    }
}

impl Town {
    /// A flag with each segment at `percent`, served by a shop that Prometheus reads.
    pub fn open(test: &str, percent: u8) -> Self {
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let (url, prometheus, port) =
            (variable("UNLEASH_URL"), variable("PROMETHEUS_URL"), variable("GONOGO_SHOP_PORT"));
        let flag = format!("{test}-{:08x}", rand::random::<u32>());
        let home = tempfile::tempdir().expect("a directory");
        let file = home.path().join("rollout.toml");
        let text = ROLLOUT
            .replace("http://127.0.0.1:4242", &url)
            .replace("http://127.0.0.1:9090", &prometheus)
            .replace("flag = \"checkout-v2\"", &format!("flag = \"{flag}\""));
        std::fs::write(&file, text).expect("written");

        let seeded = shop()
            .args(["seed", "--flag", &flag, "--rollout", &percent.to_string()])
            .output()
            .expect("the shop runs");
        assert!(seeded.status.success(), "{}", String::from_utf8_lossy(&seeded.stderr));
        let child = shop()
            .args(["--flag", &flag, "--listen", &format!("127.0.0.1:{port}"), "--users-per-second", "400"])
            .stdout(Stdio::null())
            .spawn()
            .expect("the shop runs");
        let http = Http::new();
        let town = Self {
            unleash: Unleash::new(http.clone(), flag),
            file,
            home,
            shop: child,
            shop_url: format!("http://127.0.0.1:{port}"),
            http,
            _turn: turn,
        };
        wait("the shop serves the flag", || (town.state()?["flag"]["enabled"] == true).then_some(()));
        wait("Prometheus has read the shop", || {
            let query = "sum(checkout_users_total)%20%3E%200%20and%20on()%20(sum(up%7Bjob%3D%22shop%22%7D)%20%3D%3D%201)";
            let (_, found) = town.http.get(&format!("{prometheus}/api/v1/query?query={query}"))?;
            (!found["data"]["result"].as_array()?.is_empty()).then_some(())
        });
        town
    }

    /// What the shop serves now; `None` if it does not answer.
    pub fn state(&self) -> Option<Value> {
        self.http.get(&format!("{}/state", self.shop_url)).map(|(_, state)| state)
    }

    /// Waits until the next customers of a segment get the treatment with this probability.
    pub fn wait_served(&self, segment: &str, share: f64) {
        let what = format!("the shop serves {segment} at {share}");
        wait(&what, || {
            let served = self.state()?["segments"][segment]["evaluated_share"].as_f64()?;
            // A panel of 2,000: three standard deviations at 50 % are 3.4 %.
            let is_there = if share == 0.0 { served == 0.0 } else { (served - share).abs() < 0.035 };
            is_there.then_some(())
        });
    }

    /// Waits until nobody of a segment gets the treatment for a whole second.
    pub fn wait_unserved(&self, segment: &str) {
        wait(&format!("nobody in {segment} is served"), || {
            let state = self.state()?;
            let segment = &state["segments"][segment];
            let is_quiet = segment["users_last_second"].as_u64()? > 0
                && segment["treatment_last_second"] == 0
                && segment["evaluated_share"] == 0.0;
            is_quiet.then_some(())
        });
    }

    /// Makes the treatment fail for a share of its users.
    pub fn break_treatment(&self, segment: &str, rate: f64) {
        let done = self.http.post(&format!("{}/break?segment={segment}&rate={rate}", self.shop_url));
        assert!(done.is_some_and(|(status, _)| status == 200), "the shop did not break");
    }

    /// The binary, with everything of this town in its environment.
    pub fn gonogo(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gonogo"));
        command.env("XDG_STATE_HOME", self.home.path()).env("USER", "ann").env("TERM", "xterm-256color");
        command.env_remove("NO_COLOR");
        command
    }

    /// Runs a verb on the rollout file to its end.
    pub fn run(&self, verb: &str, arguments: &[&str]) -> Ran {
        let Output { status, stdout, stderr } =
            self.gonogo().arg(verb).arg(&self.file).args(arguments).output().expect("the binary runs");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
        Ran { code: status.code().expect("an exit code"), out: text(stdout), err: text(stderr) }
    }

    /// Runs a verb that must end with `code`.
    pub fn must(&self, code: i32, verb: &str, arguments: &[&str]) -> Ran {
        let ran = self.run(verb, arguments);
        assert_eq!(ran.code, code, "{verb} {arguments:?}\n{}\n{}", ran.out, ran.err);
        ran
    }

    /// `status --json`, whatever its exit code.
    pub fn status(&self) -> (i32, Value) {
        let ran = self.run("status", &["--json"]);
        let state = serde_json::from_str(&ran.out).unwrap_or_else(|e| panic!("{e}: {}{}", ran.out, ran.err));
        (ran.code, state)
    }

    /// The cockpit in a terminal of its own, with all its links live.
    pub fn watch(&self, arguments: &[&str]) -> Screen {
        let screen = Screen::start(self.gonogo().arg("watch").arg(&self.file).args(arguments));
        screen.wait_for("3 live");
        screen
    }

    /// The cockpit while something is down.
    pub fn watch_unconnected(&self) -> Screen {
        Screen::start(self.gonogo().arg("watch").arg(&self.file))
    }

    /// What the journal says, line by line; its chain must be whole.
    pub fn journal(&self) -> String {
        let run = |arguments: &[&str]| {
            let done = self.gonogo().arg("journal").arg("checkout-v2").args(arguments).output();
            let done = done.expect("the binary runs");
            let out = String::from_utf8(done.stdout).expect("UTF-8");
            assert_eq!(done.status.code(), Some(0), "{out}{}", String::from_utf8_lossy(&done.stderr));
            out
        };
        let verified = run(&["--verify"]);
        assert!(verified.contains("every one as it was written"), "{verified}");
        run(&[])
    }
}

/// The demo shop, as `cargo build --example shop` leaves it beside the binary.
fn shop() -> Command {
    let built = std::path::Path::new(env!("CARGO_BIN_EXE_gonogo")).with_file_name("examples").join("shop");
    let path = std::env::var_os("GONOGO_SHOP").map_or(built, PathBuf::from);
    assert!(
        path.exists(),
        "{} is not there: run `cargo build --features real-servers --example shop` first",
        path.display()
    );
    Command::new(path)
}
