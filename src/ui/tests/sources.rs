//! The sources panel: links, drops, what each platform can do, has stored and serves.

use super::pictures::{keep, press, render, text, theme, view};
use super::platforms::{at, platform, served};
use super::world::{self, World, percent, seg};
use crate::domain::{Actor, FlagState, LinkState, Ramp, Source, SourceKind, Text, VariantShare, Version};
use crate::event::Body;
use crate::ui::{View, plain};

/// A split, a ramp, a doubt, an edge that drifts, a lost link and input that cannot be used.
fn mixed() -> World {
    let mut world = at(&["web", "ios"]);
    let share = |name: &str, n| VariantShare { name: Text::new(name), share: percent(n) };
    let until = world::START.plus(std::time::Duration::from_secs(1800));
    let state = FlagState {
        version: Version(42),
        on: true,
        shares: [(seg("free"), percent(30)), (seg("enterprise"), percent(25))].into(),
        by: Some(Actor::Other(Text::new("bob"))),
        doubts: vec![Text::new("rule eu: weight computed by an expression")],
        splits: [(seg("free"), vec![share("blue", 20), share("green", 10)])].into(),
        ramps: [(seg("enterprise"), Ramp { to: Some(percent(100)), until: Some(until) })].into(),
        ..FlagState::default()
    };
    world.tell(Body::Flag { platform: platform("web"), state });
    world.wait(20_000);
    served(&mut world, "web", &[("free", 100), ("enterprise", 51)]);
    let cause = Text::new("connection refused");
    world.link(SourceKind::Flags, "ios", LinkState::Retrying { cause, wait: "2s".parse().unwrap() });
    let source = Source::new(SourceKind::Metrics, "latency");
    world.tell(Body::Problem { source, problem: Text::new("NaN in bucket 3") });
    world.wait(3_000);
    world
}

#[test]
fn pictures_of_the_sources() {
    let world = mixed();
    let mut view = view();
    press(&mut view, &world.model, &["o"]);
    for (columns, rows) in [(80, 24), (120, 40)] {
        keep("sources", columns, rows, |theme| render(&world.model, &view, theme, columns, rows));
    }
    let shown = text(&render(&world.model, &view, &theme("default"), 120, 60));
    for words in [
        "○ LOST              3s       3s",
        "connection refused; next try within 2.0s",
        "platform web: flag checkout-v2 on unleash at http://web.internal:4242",
        "flag on, version 42, read 0s ago, last changed by bob",
        "changes are  pushed                            widen to     any share",
        "a change reaches everybody within 1.0s: assumed, not measured yet",
        "! free       configured   30%, serving 50% (40.2 to 59.8) n=200, 3s ago: THE EDGE DIFFERS",
        "free is split: blue 20%, green 10%",
        "enterprise moves to 100% until 14:30:00 UTC",
        "! in doubt: rule eu: weight computed by an expression",
        "free       configured   10%, not probed",
        "unusable inputs: 2",
    ] {
        assert!(shown.contains(words), "{words}: {shown}");
    }
}

#[test]
fn the_sources_scroll_to_their_last_line_and_the_kill_key_works_on_them() {
    let model = mixed().model;
    let mut view = view();
    press(&mut view, &model, &["o"]);
    for _ in 0..40 {
        press(&mut view, &model, &["down"]);
    }
    let shown = text(&render(&model, &view, &theme("default"), 80, 24));
    assert!(shown.contains("enterprise configured   25%, not probed"), "{shown}");
    let intents = press(&mut view, &model, &["K", "enter"]);
    assert!(intents.iter().any(|intent| matches!(intent, crate::ui::Intent::Ask(..))), "{intents:?}");
}

#[test]
fn a_recording_has_its_sources_too() {
    let model = mixed().model;
    let mut view = View::of_replay().unwrap();
    press(&mut view, &model, &["o"]);
    let shown = text(&render(&model, &view, &theme("default"), 120, 40));
    assert!(shown.contains("platform web: flag checkout-v2"), "{shown}");
    press(&mut view, &model, &["o"]);
    assert!(!text(&render(&model, &view, &theme("default"), 120, 40)).contains("platform web: flag"));
}

#[test]
fn the_status_names_variants_ramps_and_what_is_served() {
    let model = mixed().model;
    let mut out = Vec::new();
    plain::status(&model, &mut out).unwrap();
    let said = String::from_utf8(out).unwrap();
    for line in [
        "  free 30% (blue 20%, green 10%)",
        "  enterprise moves to 100% until 14:30:00 UTC",
        "  free configured 30%, serving 50% (40.2 to 59.8) n=200",
        "DRIFT at web: its edge serves free to 50%",
    ] {
        assert!(said.contains(line), "{line}: {said}");
    }
    let web = &plain::status_json(&model)["platforms"][0];
    assert_eq!(web["capabilities"]["news"], "push");
    assert_eq!((&web["reach_ms"], &web["reach_measured_on"]), (&1000.into(), &0.into()));
    let free = &web["segments"][2];
    assert_eq!((&free["configured"], &free["drifting"]), (&30.0.into(), &true.into()));
    assert_eq!((&free["served"]["share"], &free["served"]["asked"]), (&50.0.into(), &200.into()));
    assert_eq!(free["variants"][1]["name"], "green");
    assert_eq!(web["segments"][3]["ramp"]["to"], 100.0);
}
