//! The loop closes without a screen: customers meet errors, Prometheus counts them, `gonogo guard` kills at Unleash.

use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::town::{PATIENCE, Town};

/// The next line with this text; those before it are returned with it.
fn until(lines: &Receiver<String>, text: &str) -> Vec<String> {
    let end = Instant::now() + PATIENCE;
    let mut seen = Vec::new();
    loop {
        match lines.recv_timeout(end.saturating_duration_since(Instant::now())) {
            Ok(line) => seen.push(line),
            Err(_) => panic!("no {text:?} within {PATIENCE:?}:\n{}", seen.join("\n")),
        }
        if seen.last().is_some_and(|line| line.contains(text)) {
            return seen;
        }
    }
}

#[test]
fn the_guard_kills_at_unleash_when_the_errors_of_the_shop_jump() {
    let town = Town::open("service", 25);
    let mut command = town.gonogo();
    command.arg("guard").arg(&town.file).env_remove("TERM").stdin(Stdio::null()).stdout(Stdio::piped());
    let mut guard = command.spawn().expect("the binary runs");
    let out = BufReader::new(guard.stdout.take().expect("a pipe"));
    let (sender, lines) = channel();
    std::thread::spawn(move || out.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
    until(&lines, "checkout-v2 ready: ");
    town.break_treatment("enterprise", 0.5);
    let broken = Instant::now();
    let seen = until(&lines, "kill enterprise to 0% at web: confirmed after");
    println!("the shop broke; read back as off at Unleash {:?} later", broken.elapsed());
    let place = |text: &str| seen.iter().position(|line| line.contains(text)).expect(text);
    assert!(place("NO-GO errors enterprise: ") < place("autopilot: kill enterprise to 0% at web: requested"));
    assert!(broken.elapsed() < Duration::from_secs(20), "{:?}", broken.elapsed());
    assert_eq!(town.unleash.rollout("enterprise"), "0");
    assert_eq!(town.unleash.rollout("free"), "25", "what is well goes on");
    town.wait_unserved("enterprise");

    let id = Pid::from_raw(i32::try_from(guard.id()).expect("an id")).expect("an id");
    kill_process(id, Signal::TERM).expect("it runs");
    assert_eq!(guard.wait().expect("it ends").code(), Some(1), "a NO-GO stands");
    let journal = town.journal();
    assert!(
        journal.lines().any(|line| line.contains("kill        enterprise") && line.contains("autopilot")),
        "{journal}"
    );
}
