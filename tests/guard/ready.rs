//! When it is ready, and who hears of it.

use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::time::Instant;

use rustix::process::Signal;

use super::process::{Guard, guard};
use super::world::{DEADLINE, World};

/// What a service manager hears.
struct Manager(UnixDatagram);

impl Manager {
    fn at(path: &str) -> Self {
        let socket = UnixDatagram::bind(path).unwrap();
        socket.set_read_timeout(Some(DEADLINE)).unwrap();
        Self(socket)
    }

    fn next(&self) -> String {
        let mut bytes = [0; 4096];
        let count = self.0.recv(&mut bytes).unwrap();
        String::from_utf8(bytes[..count].to_vec()).unwrap()
    }

    /// The next message with this text; what comes before is skipped.
    fn until(&self, text: &str) -> String {
        let start = Instant::now();
        loop {
            let said = self.next();
            if said.contains(text) {
                return said;
            }
            assert!(start.elapsed() < DEADLINE, "no {text}");
        }
    }
}

#[test]
fn ready_is_said_in_the_log_in_a_file_and_to_the_service_manager() {
    let world = World::steady();
    let manager = Manager::at(&world.path("notify"));
    let file = world.path("ready");
    std::fs::write(&file, "left behind").unwrap();
    let mut command = guard(&world, &["--ready-file", &file]);
    let mut guard = Guard::start(command.env("NOTIFY_SOCKET", world.path("notify")));
    let said = manager.next();
    assert!(said.starts_with("READY=1\nSTATUS=checkout-v2 RUNNING "), "{said}");
    let line = guard.until_line(&["checkout-v2 ready: "]);
    assert!(!line.contains("blind"), "{line}");
    let written = std::fs::read_to_string(&file).unwrap();
    assert!(written.starts_with("checkout-v2 RUNNING "), "{written}");
    guard.signal(Signal::TERM);
    manager.until("STOPPING=1");
    assert_eq!(guard.wait().code, Some(0));
    assert!(!Path::new(&file).exists(), "it is not ready any more");
}

#[test]
fn a_sign_of_life_is_given_as_often_as_the_service_manager_wants() {
    let world = World::steady();
    let manager = Manager::at(&world.path("notify"));
    let mut command = guard(&world, &[]);
    command.env("NOTIFY_SOCKET", world.path("notify")).env("WATCHDOG_USEC", "600000");
    let _guard = Guard::start(&mut command);
    for _ in 0..5 {
        manager.until("WATCHDOG=1");
    }
}

#[test]
fn the_status_tells_the_service_manager_of_a_no_go() {
    let world = World::serve(&super::world::text(200, super::crash::BROKEN));
    let manager = Manager::at(&world.path("notify"));
    let mut command = guard(&world, &[]);
    let _guard = Guard::start(command.env("NOTIFY_SOCKET", world.path("notify")));
    manager.until("READY=1");
    manager.until("STATUS=checkout-v2 HOLDING NO-GO");
}

#[test]
fn what_cannot_be_seen_is_named_and_it_is_ready_all_the_same() {
    let mut world = World::steady();
    world.go_away();
    let file = world.path("ready");
    let mut guard = Guard::on(&world, &["--ready-file", &file]);
    let line = guard.until_line(&["checkout-v2 ready, blind: "]);
    assert!(line.contains("flags web: ") && line.contains("metrics errors: "), "{line}");
    assert_eq!(guard.lines().iter().filter(|line| line.contains(" ready, blind: ")).count(), 1);
    world.come_back();
    guard.until_line(&["checkout-v2 ready: "]);
    let lost = guard.lines().iter().filter(|line| line.contains("flags web lost")).count();
    world.go_away();
    guard.until_nth_line(lost + 1, &["flags web lost"]);
    let ended = guard.end(Signal::TERM);
    assert_eq!(ended.code, Some(3), "contact is lost: {}", ended.err);
}
