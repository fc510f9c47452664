//! Several processes on one rollout: they share the journal, and neither is in the other's way.

use rustix::process::Signal;

use super::crash::BROKEN;
use super::process::{Guard, assert_whole};
use super::world::{World, text};

#[test]
fn what_another_process_does_stands_in_the_log() {
    let world = World::steady();
    let mut guard = Guard::ready(&world, &[]);
    assert_eq!(world.run("pause", &["--reason", "lunch"]).status.code(), Some(0));
    guard.until_line(&["script, another process: paused everything: lunch"]);
    assert_eq!(world.run("kill", &["--segment", "beta"]).status.code(), Some(0));
    guard.until_line(&["script, another process: kill beta to 0% at web: requested"]);
    guard.until_line(&["kill beta to 0% at web: confirmed after"]);
    assert_eq!(guard.end(Signal::TERM).code, Some(1), "something was killed");
    let mut next = Guard::ready(&world, &[]);
    next.until_line(&["script: paused free at ", "kept: lunch"]);
    assert!(!next.lines().iter().any(|line| line.contains("another process")), "that is history");
    next.end(Signal::TERM);
}

#[test]
fn two_guards_kill_once_as_far_as_anybody_can_tell() {
    let world = World::serve(&text(200, BROKEN));
    let mut guards = [Guard::on(&world, &[]), Guard::on(&world, &[])];
    world.until("free to be off", |world| world.share("free") == 0.0);
    for guard in &guards {
        guard.until_line(&["NO-GO errors", "free"]);
        guard.until_line(&["kill free to 0% at web: confirmed after"]);
    }
    assert_eq!((world.share("free"), world.share("beta"), world.share("enterprise")), (0.0, 50.0, 5.0));
    for guard in &mut guards {
        assert_eq!(guard.end(Signal::TERM).code, Some(1), "{}", guard.lines().join("\n"));
    }
    assert_whole(&world);
}
