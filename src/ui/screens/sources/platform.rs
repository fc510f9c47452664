//! One platform on the sources panel.
//!
//! In: the scene and a platform. Out: lines: its backend and what that can do, the other ways to the flag, its reach, and
//! for each segment what is configured against what is served.

use ratatui::text::Line;

use super::add;
use crate::domain::{Platform, SegmentName};
use crate::engine::model::PlatformModel;
use crate::theme::Role;
use crate::ui::{Scene, facts, words};

/// From this width on capabilities stand in two columns.
const TWO_COLUMNS: usize = 90;
/// Columns of what a capability is about, and of its words.
const WHAT: usize = 13;
const HOW: usize = 34;

/// Rows that a platform would fill, if none were broken.
pub fn rows(platform: &PlatformModel) -> usize {
    let state = platform.state.as_ref();
    let segments = state.map_or(0, |state| state.shares.len() + state.splits.len() + state.ramps.len());
    let doubts = state.map_or(0, |state| state.doubts.len());
    // Name, state, seven capabilities, ways, reach, and the line between two platforms.
    13 + segments + doubts + platform.drifting.len()
}

/// Adds its lines.
pub fn add_platform(
    scene: &Scene<'_>,
    platform: &PlatformModel,
    width: usize,
    lines: &mut Vec<Line<'static>>,
) {
    let model = scene.model;
    let described = model.rollout.platforms.iter().find(|known| known.name == platform.name);
    let backend = described.map_or("", |known| known.backend.as_str());
    let flag = described.map_or_else(String::new, |known| format!("flag {}", known.flag));
    let on = if backend.is_empty() { String::new() } else { format!(" on {backend}") };
    let mut say = |text: &str, role, indent| add(scene, text, role, indent, width, lines);
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
    for segment in &model.rollout.segments {
        for (text, role) in segment_lines(scene, platform, described, &segment.name) {
            say(&text, role, 2);
        }
    }
    for doubt in platform.state.iter().flat_map(|state| &state.doubts) {
        say(&format!("! in doubt: {doubt}"), Role::Hold, 2);
    }
}

/// What is configured for a segment against what is served; its variants; where it moves to by itself.
fn segment_lines(
    scene: &Scene<'_>,
    platform: &PlatformModel,
    described: Option<&Platform>,
    segment: &SegmentName,
) -> Vec<(String, Role)> {
    let configured = facts::stored(platform, segment);
    let is_drifting = platform.drifting.contains(segment);
    let served = match (facts::served(platform, segment), platform.served.get(segment)) {
        (Some(text), Some(at)) => {
            format!("serving {text}, {} ago", words::age(scene.model.now.since(at.at)))
        }
        _ if described.is_some_and(|known| known.probed) => "the probe has not answered".to_owned(),
        _ => "not probed".to_owned(),
    };
    let (sign, role) = if is_drifting { ("! ", Role::Danger) } else { ("", Role::Text) };
    let differs = if is_drifting { ": THE EDGE DIFFERS" } else { "" };
    let mut lines = vec![(format!("{sign}{segment}: configured {configured}, {served}{differs}"), role)];
    if let Some(variants) = facts::variants(platform, segment) {
        lines.push((format!("  {segment} is split: {variants}"), Role::Text));
    }
    if let Some(ramp) = facts::ramp(platform, segment, scene.model.now) {
        lines.push((format!("  {segment} {ramp}"), Role::Hold));
    }
    lines
}
