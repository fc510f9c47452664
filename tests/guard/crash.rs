//! The guard dies (SIGKILL) in the middle of a kill. The next one finishes it from the journal.

use gonogo::domain::{Evidence, Timestamp};
use gonogo::effect::Record;
use gonogo::journal::Journal;
use gonogo::runtime::clock::Clock;
use rustix::process::Signal;
use serde_json::Value;

use super::gate::{Gate, Swallows};
use super::process::{Guard, assert_whole, records};
use super::world::{World, text};

/// Half of the users in free meet an error, from the first second on.
pub const BROKEN: &str =
    r#"{ at = "1s", do = { kind = "worsen", segment = "free", errors = { to = 0.5 } } }"#;

/// The id of the kill that the journal holds.
fn commanded(world: &World) -> Option<Value> {
    let records = records(world);
    let kill = records.iter().find(|r| r["record"] == "commanded" && r["command"]["verb"] == "kill");
    kill.map(|record| record["command"]["id"].clone())
}

/// Whether the journal says that a command was read back as asked for.
fn is_confirmed(world: &World, id: &Value) -> bool {
    records(world)
        .iter()
        .any(|r| r["record"] == "finished" && r["id"] == *id && r["outcome"]["outcome"] == "confirmed")
}

/// A guard decides to kill, its request or the answer is swallowed, and it is killed itself. Returns the kill's id.
fn die_in_the_middle(world: &World, gate: &Gate, swallows: Swallows) -> Value {
    gate.swallow(swallows);
    let mut guard = Guard::on(world, &[]);
    world.until("the kill to stand in the journal", |world| commanded(world).is_some());
    if swallows == Swallows::Answers {
        world.until("the kill to be stored", |world| world.share("free") == 0.0);
    }
    let ended = guard.end(Signal::KILL);
    assert_eq!(ended.code, None, "it was killed");
    let id = commanded(world).unwrap();
    assert!(!is_confirmed(world, &id), "it died before it knew");
    id
}

#[test]
fn a_kill_between_decision_and_confirmation_is_finished_by_the_next_guard() {
    let world = World::serve(&text(200, BROKEN));
    let gate = Gate::before(&world);
    let id = die_in_the_middle(&world, &gate, Swallows::Sets);
    assert_eq!(world.share("free"), 25.0, "nothing was ever done");
    gate.swallow(Swallows::Nothing);

    let mut guard = Guard::on(&world, &[]);
    let took = world.until("free to be off", |world| world.share("free") == 0.0);
    println!("finished from the journal {took:?} after the start of the next guard");
    guard.until_line(&["kill free to 0% at web: left open by an earlier run, not in effect: sent again"]);
    guard.until_line(&["kill free to 0% at web: confirmed after"]);
    world.until("its end to stand in the journal", |world| is_confirmed(world, &id));
    assert_eq!(world.share("beta"), 50.0, "and nothing else");
    assert_eq!(guard.end(Signal::TERM).code, Some(1), "a NO-GO stands");
    assert_whole(&world);
}

#[test]
fn a_kill_that_arrived_unseen_is_read_back_by_the_next_guard() {
    let world = World::serve(&text(200, BROKEN));
    let gate = Gate::before(&world);
    let id = die_in_the_middle(&world, &gate, Swallows::Answers);
    let version = world.stored().version;
    gate.swallow(Swallows::Nothing);

    let mut guard = Guard::on(&world, &[]);
    world.until("its end to stand in the journal", |world| is_confirmed(world, &id));
    assert_eq!((world.share("free"), world.stored().version), (0.0, version), "it was not sent again");
    assert_eq!(guard.end(Signal::TERM).code, Some(1), "a NO-GO stands");
    assert_whole(&world);
}

#[test]
fn a_guard_that_dies_again_and_again_still_gets_its_kill_through() {
    let world = World::serve(&text(200, BROKEN));
    let gate = Gate::before(&world);
    let id = die_in_the_middle(&world, &gate, Swallows::Sets);
    for _ in 0..2 {
        let mut guard = Guard::on(&world, &[]);
        guard.until_line(&["sent again"]);
        guard.end(Signal::KILL);
        assert!(!is_confirmed(&world, &id));
    }
    gate.swallow(Swallows::Nothing);
    let mut guard = Guard::on(&world, &[]);
    world.until("its end to stand in the journal", |world| is_confirmed(world, &id));
    assert_eq!(world.share("free"), 0.0);
    assert_eq!(guard.end(Signal::TERM).code, Some(1));
    assert_whole(&world);
}

/// Writes a NO-GO of the errors in free into the journal, as a guard does that dies before it could ask for the kill.
fn latch(world: &World, at: Timestamp) {
    let file = gonogo::config::rollout_file::load(world.path("rollout.toml").as_ref()).unwrap();
    let guardrail = &file.rollout.guardrails[0];
    let (mut journal, ..) = Journal::open(Some(world.path("state").as_ref()), &file.rollout.name).unwrap();
    let record = Record::Latched {
        segment: "free".parse().unwrap(),
        station: guardrail.station,
        guardrail: guardrail.name.clone(),
        response: Some(guardrail.action),
        evidence: Evidence::of("31 of 2,410 users with errors against 9 of 2,380 in control", at),
    };
    journal.append(at, &record).unwrap();
}

#[test]
fn a_no_go_that_was_written_down_and_not_acted_on_is_acted_on_by_the_next_guard() {
    let world = World::steady();
    latch(&world, Clock::system().now());
    let mut guard = Guard::on(&world, &[]);
    world.until("free to be off", |world| world.share("free") == 0.0);
    guard.until_line(&["NO-GO errors free, kept from", "31 of 2,410"]);
    guard.until_line(&["autopilot: kill free to 0% at web: confirmed after"]);
    let id = commanded(&world).unwrap();
    world.until("its end to stand in the journal", |world| is_confirmed(world, &id));
    assert_eq!((world.share("beta"), world.share("enterprise")), (50.0, 5.0), "and nothing else");
    let told = guard.lines();
    assert_eq!(guard.end(Signal::TERM).code, Some(1), "{}", told.join("\n"));
    assert_whole(&world);

    // Done is done: the next one finds it answered.
    let version = world.stored().version;
    let mut next = Guard::ready(&world, &[]);
    next.until_line(&["NO-GO errors free, kept from"]);
    assert_eq!(next.end(Signal::TERM).code, Some(1));
    assert_eq!(world.stored().version, version, "it is not killed again");
}
