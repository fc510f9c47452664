//! Every state is told apart without colour: by its sign, or by the word beside it, in both sets of signs.

use std::collections::BTreeSet;
use std::time::Duration;

use ratatui::layout::Rect;

use super::pictures::{render, text, theme, view};
use super::world;
use crate::domain::{LinkState, Phase, Span, Text, Timestamp, Verdict};
use crate::engine::model::Link;
use crate::theme::{Glyphs, Graphs, Role};
use crate::ui::asked::Step;
use crate::ui::{Scene, header, words};

/// Fails unless all are different.
fn assert_apart<T: Ord + std::fmt::Debug>(all: &[T]) {
    assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len(), "{all:?}");
}

const SETS: [Glyphs; 2] = [Glyphs::UNICODE, Glyphs::ASCII];

#[test]
fn verdicts_differ_by_their_sign_alone_and_by_their_word_alone() {
    let all = [Verdict::Go, Verdict::Wait, Verdict::Hold, Verdict::NoGo];
    for glyphs in SETS {
        assert_apart(&all.map(|verdict| words::verdict_glyph(&glyphs, verdict)));
    }
    assert_apart(&all.map(Verdict::word));
}

#[test]
fn links_differ_by_sign_and_word() {
    let model = world::empty();
    let now = model.now;
    let link = |state: LinkState, heard_at: Option<Timestamp>| Link {
        state,
        since: now,
        heard_at,
        interval: Duration::from_secs(1),
        skew_ms: None,
        skewed: 0,
    };
    let cause = || Text::new("gone");
    let links = [
        link(LinkState::Connecting, None),
        link(LinkState::Live, None),
        link(LinkState::Live, Some(Timestamp(now.0 - 60_000))),
        link(LinkState::Live, Some(now)),
        link(LinkState::Retrying { cause: cause(), wait: Span(Duration::from_secs(1)) }, Some(now)),
        link(LinkState::Failed { cause: cause() }, Some(now)),
    ];
    for name in ["mono", "ascii"] {
        let (theme, view) = (theme(name), view());
        let rollouts = [&model];
        let scene = Scene::of(&rollouts, &view, &theme, None, Rect::new(0, 0, 120, 40)).unwrap();
        let signs =
            links.iter().map(|link| header::link_sign(&scene, link)).map(|(glyph, _, word)| (glyph, word));
        assert_apart(&signs.collect::<Vec<_>>());
    }
}

#[test]
fn steps_of_platforms_and_phases_differ_by_their_word() {
    let steps = [
        Step::Unknown,
        Step::Refused,
        Step::Replaced,
        Step::Unserved,
        Step::Requested,
        Step::Sent,
        Step::Confirmed,
        Step::Served,
    ];
    assert_apart(&steps.map(Step::word));
    let phases = [
        Phase::Running,
        Phase::Holding,
        Phase::Paused,
        Phase::Killing,
        Phase::Killed,
        Phase::RollingBack,
        Phase::Complete,
        Phase::Unknown,
    ];
    assert_apart(&phases.map(Phase::word));
    // What was stored without anybody looking at the edge never looks as if it had been seen there.
    assert_ne!(Glyphs::UNICODE.confirmed, Glyphs::UNICODE.go);
}

#[test]
fn kinds_of_exposure_are_named_wherever_they_stand() {
    let model = world::trouble().model;
    for name in ["mono", "ascii"] {
        let shown = text(&render(&model, &view(), &theme(name), 160, 45));
        for kind in [Role::Desired, Role::Confirmed, Role::Observed] {
            assert!(shown.contains(kind.word()), "{}: {shown}", kind.word());
        }
    }
}

#[test]
fn the_arms_of_a_chart_differ_in_every_kind_of_graph() {
    for glyphs in SETS {
        for graphs in Graphs::ALL {
            let drawn = glyphs.with_graphs(graphs);
            assert_ne!(drawn.marker, drawn.marker_second);
            assert_apart(&[drawn.band, drawn.band_second, drawn.band_both]);
        }
    }
}
