//! Platforms on the sources screen.
//!
//! In: the scene and the rows. Out: for each platform its backend and what that can do, the other ways to the flag, its
//! reach; then a row for each segment with what is configured against what is served.

use super::{Column, Key, add as add_text};
use crate::domain::text::cut;
use crate::domain::{SegmentName, Source};
use crate::engine::Model;
use crate::engine::model::PlatformModel;
use crate::theme::Role;
use crate::ui::{Scene, facts, words};

/// From this width on capabilities stand in two columns.
const TWO_COLUMNS: usize = 90;
/// Columns of what a capability is about, and of its words.
const WHAT: usize = 13;
const HOW: usize = 34;
/// Widest column of segment names.
const SEGMENT: usize = 16;

/// Whether nothing is wrong with a platform: read, its link alive, nothing in doubt, its edge as it should be.
pub fn is_well(model: &Model, platform: &PlatformModel) -> bool {
    let is_live =
        model.links.get(&Source::of_platform(&platform.name)).is_some_and(|link| !link.is_stale(model.now));
    let is_sure = platform.state.as_ref().is_some_and(|state| state.doubts.is_empty());
    is_live && is_sure && platform.drifting.is_empty()
}

/// Adds platforms with their segments.
pub fn add(scene: &Scene<'_>, keys: &[Key<'_>], column: &mut Column) {
    for (row, key) in keys.iter().enumerate().filter(|(_, key)| key.is_of_platform()) {
        match key {
            Key::Platform(platform) => {
                if !column.lines.is_empty() {
                    column.say(ratatui::text::Line::default());
                }
                add_platform(scene, row, platform, column);
            }
            Key::Stored(platform, segment) => add_segment(scene, row, platform, segment, column),
            Key::Link(..) | Key::Problem(..) => {}
        }
    }
}

fn add_platform(scene: &Scene<'_>, row: usize, platform: &PlatformModel, column: &mut Column) {
    let model = scene.model;
    let width = column.width;
    let described = model.rollout.platforms.iter().find(|known| known.name == platform.name);
    let backend = described.map_or("", |known| known.backend.as_str());
    let flag = described.map_or_else(String::new, |known| format!("flag {}", known.flag));
    let on = if backend.is_empty() { String::new() } else { format!(" on {backend}") };
    let mut say = |text: &str, role, indent| add_text(scene, Some(row), (text, role), indent, column);
    say(&format!("platform {}: {flag}{on}", platform.name), Role::Title, 0);
    match &platform.state {
        None => say("never read", Role::Lost, 2),
        Some(state) => {
            let on = if state.on { "on" } else { "off" };
            let by = state.by.as_ref().map_or_else(String::new, |by| format!(", last changed by {by}"));
            let read = platform
                .read_at
                .map_or_else(String::new, |at| format!(", read {} ago", words::age(model.now.since(at))));
            say(&format!("flag {on}, version {}{read}{by}", state.version), Role::Text, 2);
        }
    }
    for doubt in platform.state.iter().flat_map(|state| &state.doubts) {
        say(&format!("! in doubt: {doubt}"), Role::Hold, 2);
    }
    if let Some(known) = described {
        let columns = if width >= TWO_COLUMNS { 2 } else { 1 };
        for row in known.capabilities.lines().chunks(columns) {
            let cells = row.iter().map(|(what, how)| format!("{what:WHAT$}{how:HOW$}"));
            say(cells.collect::<Vec<_>>().join("").trim_end(), Role::Dim, 2);
        }
        for way in &known.paths {
            say(&format!("a kill also goes by {way}"), Role::Dim, 2);
        }
    }
    let reach = platform.reach(&model.rollout);
    let how = match reach.measured {
        0 => "assumed, not measured yet".to_owned(),
        1 => "measured, one command".to_owned(),
        n => format!("measured, the slowest of {n} commands"),
    };
    say(&format!("a change reaches everybody within {}: {how}", reach.span), Role::Text, 2);
}

/// What is configured for a segment against what is served; its variants; where it moves to by itself.
fn add_segment(
    scene: &Scene<'_>,
    row: usize,
    platform: &PlatformModel,
    segment: &SegmentName,
    column: &mut Column,
) {
    let model = scene.model;
    let is_probed = model.rollout.platforms.iter().any(|known| known.name == platform.name && known.probed);
    let is_drifting = platform.drifting.contains(segment);
    let served = match (facts::served(platform, segment), platform.served.get(segment)) {
        (Some(text), Some(at)) => {
            format!("serving {text}, {} ago", words::age(model.now.since(at.at)))
        }
        _ if is_probed => "the probe has not answered".to_owned(),
        _ => "not probed".to_owned(),
    };
    let longest = model.rollout.segments.iter().map(|s| s.name.as_str().len()).max().unwrap_or(0);
    let name = longest.min(SEGMENT);
    let (sign, role) = if is_drifting { ("!", Role::Danger) } else { (" ", Role::Text) };
    let differs = if is_drifting { ": THE EDGE DIFFERS" } else { "" };
    let text = format!(
        "{sign} {:name$} configured {:>5}, {served}{differs}",
        cut(segment.as_str(), name),
        facts::stored(platform, segment)
    );
    let mut say = |text: &str, role, indent| add_text(scene, Some(row), (text, role), indent, column);
    say(&text, role, 1);
    if let Some(variants) = facts::variants(platform, segment) {
        say(&format!("{segment} is split: {variants}"), Role::Text, 5);
    }
    if let Some(ramp) = facts::ramp(platform, segment, model.now) {
        say(&format!("{segment} {ramp}"), Role::Hold, 5);
    }
}
