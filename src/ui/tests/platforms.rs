//! The rows of the platforms: what was asked, how far each has come, and that partial success is never rounded up.

use std::collections::BTreeMap;

use super::pictures::{keep, press, render, text, theme, view};
use super::world::{self, World, seg};
use crate::action::{Request, Scope, Verb};
use crate::domain::{FlagKey, LinkState, Panel, Platform, PlatformName, Probed, SourceKind, Text, Version};
use crate::effect::{Effect, EffectId, Outcome};
use crate::engine::Model;
use crate::event::Body;
use crate::ui::plain;

pub fn platform(name: &str) -> PlatformName {
    PlatformName::new(name).unwrap()
}

/// A rollout at these platforms, read and live; those whose name begins with `web` are probed.
pub fn at(names: &[&str]) -> World {
    let described = names.iter().map(|name| {
        let flag = FlagKey::new("checkout-v2").unwrap();
        let backend = format!("unleash at http://{name}.internal:4242");
        let probed = name.starts_with("web");
        Platform { probed, backend, ..Platform::new(platform(name), flag, "5s".parse().unwrap()) }
    });
    let mut world = World::of(crate::domain::Rollout { platforms: described.collect(), ..world::rollout() });
    for name in names {
        world.link(SourceKind::Flags, name, LinkState::Live);
        world.flag(name, 41, &world::shares());
    }
    world.wait(1_000);
    for name in names.iter().filter(|name| name.starts_with("web")) {
        world.link(SourceKind::Probes, name, LinkState::Live);
        served(&mut world, name, &[("free", 20), ("enterprise", 51)]);
    }
    world
}

/// An edge answers for 200 users of each segment.
pub fn served(world: &mut World, at: &str, treated: &[(&str, u32)]) {
    let probed = |treated| Probed { panel: Panel::Whole, asked: 200, treated, variants: BTreeMap::new() };
    let served = treated.iter().map(|(name, treated)| (seg(name), probed(*treated))).collect();
    world.tell(Body::Served { platform: platform(at), served });
}

pub fn kill(world: &mut World) {
    world.ask(Request::new(world::person(), Verb::Kill, Scope::default()));
}

fn id(world: &World, at: &str) -> EffectId {
    let commands = world.effects.iter().rev().filter_map(|effect| match effect {
        Effect::Command(command) if command.platform.as_str() == at => Some(command.id),
        _ => None,
    });
    commands.into_iter().next().unwrap()
}

pub fn sent(world: &mut World, at: &str) {
    let id = id(world, at);
    world.tell(Body::Effect { id, outcome: Outcome::Sent });
}

/// Read back as switched off.
pub fn off(world: &mut World, at: &str) {
    let mut state = world.model.platform(&platform(at)).unwrap().state.clone().unwrap();
    (state.on, state.version) = (false, Version(state.version.0 + 1));
    let (id, outcome) = (id(world, at), Outcome::Confirmed { state, overwrote: None });
    world.tell(Body::Effect { id, outcome });
}

pub fn unknown(world: &mut World, at: &str, attempts: u32) {
    // As the adapters word it: the row does not say twice what it is about.
    let cause = format!("cannot kill checkout-v2 at {at}: connection refused");
    let (id, cause) = (id(world, at), Text::new(&cause));
    world.tell(Body::Effect { id, outcome: Outcome::Unknown { cause, attempts } });
}

pub fn screen(model: &Model, columns: u16, rows: u16) -> String {
    text(&render(model, &view(), &theme("default"), columns, rows))
}

/// Web is served as off, android is stored as off and nobody probes it, ios does not answer.
fn straggler() -> World {
    let mut world = at(&["web", "ios", "android"]);
    kill(&mut world);
    world.wait(4);
    for name in ["web", "ios", "android"] {
        sent(&mut world, name);
    }
    world.wait(37);
    off(&mut world, "web");
    world.wait(259);
    off(&mut world, "android");
    unknown(&mut world, "ios", 1);
    world.wait(900);
    served(&mut world, "web", &[("free", 0), ("enterprise", 0)]);
    world.wait(3_004);
    unknown(&mut world, "ios", 3);
    world
}

#[test]
fn pictures_of_a_kill_that_one_platform_does_not_answer() {
    let world = straggler();
    for (columns, rows) in [(80, 24), (120, 40), (200, 60)] {
        keep("platforms", columns, rows, |theme| render(&world.model, &view(), theme, columns, rows));
    }
    keep("platforms-summary", 50, 11, |theme| render(&world.model, &view(), theme, 50, 11));
}

#[test]
fn partial_success_is_never_rounded_up() {
    let mut world = at(&["web", "ios", "android"]);
    let says = |world: &World, words: &str| {
        let screen = screen(&world.model, 200, 60);
        assert!(screen.contains(words), "{words}: {screen}");
    };
    kill(&mut world);
    says(&world, "kill everything: off at 0 of 3 platforms");
    for name in ["web", "ios", "android"] {
        sent(&mut world, name);
    }
    world.wait(200);
    off(&mut world, "web");
    says(&world, "off at 1 of 3 platforms; ios, android not confirmed for 200ms");
    off(&mut world, "android");
    unknown(&mut world, "ios", 3);
    world.wait(4_000);
    says(&world, "off at 2 of 3 platforms; ios not confirmed for 4.2s");
    says(&world, "UNKNOWN for 4.2s, 3rd try: connection refused");
    off(&mut world, "ios");
    says(&world, "off at all 3 platforms after 4.2s; served as off at 0 of 1 probed");
    says(&world, "web not seen served as off for 4.0s; 2 not probed");
    served(&mut world, "web", &[("free", 0), ("enterprise", 1)]);
    says(&world, "served as off at 0 of 1 probed");
    world.wait(800);
    served(&mut world, "web", &[("free", 0), ("enterprise", 0)]);
    says(&world, "off at all 3 platforms after 4.2s; served as off at 1 of 1 probed; 2 not probed");
    says(&world, "served +5.0s");
}

#[test]
fn a_platform_that_is_on_again_is_not_counted_as_off() {
    let mut world = at(&["web", "ios"]);
    kill(&mut world);
    for name in ["web", "ios"] {
        off(&mut world, name);
    }
    world.wait(2_000);
    world.flag("ios", 43, &world::shares());
    let screen = screen(&world.model, 120, 40);
    assert!(screen.contains("off at 1 of 2 platforms; ios no longer off"), "{screen}");
    assert!(screen.contains("no longer so: version 43 by captain"), "{screen}");
}

#[test]
fn a_kill_asked_for_again_counts_the_platform_where_the_first_is_still_open() {
    let mut world = at(&["web", "ios"]);
    kill(&mut world);
    off(&mut world, "web");
    unknown(&mut world, "ios", 2);
    world.wait(70_000);
    kill(&mut world);
    off(&mut world, "web");
    let screen = screen(&world.model, 120, 40);
    assert!(screen.contains("off at 1 of 2 platforms; ios not confirmed"), "{screen}");
    assert_eq!(screen.matches("kill everything: off at").count(), 1, "the older one is the same: {screen}");
}

#[test]
fn with_sixty_four_platforms_the_unfinished_come_first_and_the_others_are_counted() {
    let names: Vec<String> = (0..64).map(|n| format!("shop-{n:02}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut world = at(&names);
    kill(&mut world);
    for name in &names {
        sent(&mut world, name);
    }
    for name in names.iter().filter(|name| **name != "shop-40") {
        off(&mut world, name);
    }
    unknown(&mut world, "shop-40", 7);
    world.wait(3_000);
    for (columns, rows) in [(80, 24), (120, 40), (200, 60)] {
        let screen = screen(&world.model, columns, rows);
        assert!(screen.contains("off at 63 of 64 platforms; shop-40 not confirmed for 3.0s"), "{screen}");
        let first = screen.lines().find(|line| line.contains("? shop-40")).unwrap_or_default();
        assert!(first.contains("UNKNOWN for 3.0s, 7th try"), "{screen}");
        assert!(screen.contains("more, all off") && screen.contains("segments of"), "{screen}");
    }
    keep("platforms-64", 80, 24, |theme| render(&world.model, &view(), theme, 80, 24));
}

#[test]
fn one_platform_is_one_line_and_gone_a_minute_after_the_last_step() {
    let mut world = at(&["web"]);
    assert!(!screen(&world.model, 80, 24).contains("kill everything"));
    kill(&mut world);
    sent(&mut world, "web");
    off(&mut world, "web");
    world.wait(1_200);
    served(&mut world, "web", &[("free", 0), ("enterprise", 0)]);
    let line = "kill everything: off at web after 0ms; served as off after 1.2s";
    let shown = screen(&world.model, 80, 24);
    assert_eq!(
        shown.lines().filter(|l| l.contains("off")).filter(|l| l.contains(line)).count(),
        1,
        "{shown}"
    );
    assert!(!shown.contains("confirmed +"), "{shown}");
    world.wait(59_000);
    assert!(screen(&world.model, 80, 24).contains(line));
    world.wait(1_001);
    assert!(!screen(&world.model, 80, 24).contains(line));
}

#[test]
fn an_edge_that_still_serves_a_kill_stays_in_sight_and_one_that_drifts_comes_up_by_itself() {
    let mut world = at(&["web", "ios"]);
    served(&mut world, "web", &[("free", 20), ("enterprise", 80)]);
    world.wait(20_000);
    served(&mut world, "web", &[("free", 20), ("enterprise", 80)]);
    let shown = screen(&world.model, 120, 40);
    assert!(
        shown.contains("! web: its edge serves enterprise to 40% (30.8 to 50) n=200, but 25% is stored"),
        "{shown}"
    );
    kill(&mut world);
    for name in ["web", "ios"] {
        sent(&mut world, name);
        off(&mut world, name);
    }
    for _ in 0..10 {
        world.wait(10_000);
        served(&mut world, "web", &[("free", 20), ("enterprise", 80)]);
    }
    let shown = screen(&world.model, 120, 40);
    assert!(shown.contains("off at all 2 platforms after 0ms; web STILL SERVES it for 1:40"), "{shown}");
    assert!(shown.contains("EDGE STILL SERVES IT after 1:40"), "{shown}");
}

#[test]
fn the_rows_are_in_the_plain_status_and_in_its_json() {
    let world = straggler();
    let mut out = Vec::new();
    plain::status(&world.model, &mut out).unwrap();
    let said = String::from_utf8(out).unwrap();
    for line in [
        "kill everything: off at 2 of 3 platforms; ios not confirmed for 4.2s",
        "  ios: requested 14:00:01, sent +4ms, UNKNOWN for 4.2s, 3rd try: connection refused",
        "  web: requested 14:00:01, sent +4ms, confirmed +41ms, served +1.2s",
        "  android: requested 14:00:01, sent +4ms, confirmed +300ms, not probed",
    ] {
        assert!(said.contains(line), "{line}: {said}");
    }
    let status = plain::status_json(&world.model);
    let asked = &status["asked"][0];
    assert_eq!((asked["action"].as_str(), asked["done"].as_bool()), (Some("kill"), Some(false)));
    let steps: Vec<_> = asked["platforms"].as_array().unwrap().iter().map(|row| &row["step"]).collect();
    assert_eq!(steps, ["unknown", "confirmed", "served"]);
    let [ios, android, web] = [0, 1, 2].map(|row| &asked["platforms"][row]);
    assert_eq!(
        (&ios["platform"], &ios["attempts"], &ios["open_ms"]),
        (&"ios".into(), &3.into(), &4200.into())
    );
    assert_eq!(
        (&web["sent_ms"], &web["confirmed_ms"], &web["served_ms"]),
        (&4.into(), &41.into(), &1200.into())
    );
    assert!(android["served_ms"].is_null() && android["probed"] == false, "{android}");
    assert_eq!(plain::newest_json(&world.model, Verb::Kill), *asked);
    assert!(plain::newest_json(&world.model, Verb::Widen).is_null());
    assert!(plain::unserved(&world.model, Verb::Kill).is_empty());
}

#[test]
fn a_kill_is_not_over_for_the_verb_while_a_probe_has_not_seen_it() {
    let mut world = at(&["web", "ios"]);
    kill(&mut world);
    off(&mut world, "web");
    off(&mut world, "ios");
    world.wait(500);
    assert_eq!(plain::unserved(&world.model, Verb::Kill), ["web: not seen served for 500ms"]);
    served(&mut world, "web", &[("free", 0), ("enterprise", 0)]);
    assert!(plain::unserved(&world.model, Verb::Kill).is_empty());
}

#[test]
fn any_number_of_platforms_draws_at_any_size() {
    for count in [0, 1, 2, 5, 40] {
        let names: Vec<String> = (0..count).map(|n| format!("platform-with-a-long-name-{n}")).collect();
        let mut world = at(&names.iter().map(String::as_str).collect::<Vec<_>>());
        kill(&mut world);
        for name in names.iter().step_by(2) {
            off(&mut world, name);
        }
        let mut sources = view();
        press(&mut sources, &world.model, &["o", "down"]);
        for columns in (1..140).step_by(7) {
            for rows in (1..60).step_by(5) {
                render(&world.model, &view(), &theme("default"), columns, rows);
                render(&world.model, &sources, &theme("ascii"), columns, rows);
            }
        }
    }
}
