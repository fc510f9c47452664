//! What a thing on the screen reads as plain text, to be pasted into a chat or a ticket.
//!
//! In: the model and one thing of it. Out: one line without anything that a terminal would obey. A time carries its date
//! and its zone, because nobody knows when it will be read; not known is `–`, never 0.

use super::screens::Copied;
use super::{View, facts, words};
use crate::domain::{Arm, Source, Station};
use crate::engine::Model;
use crate::engine::model::{Cell, Comment, Link, Moment, MomentKind, PlatformModel, SegmentModel};

/// The word for a kind of moment, in filters and lists.
pub const fn kind(kind: MomentKind) -> &'static str {
    match kind {
        MomentKind::Act => "act",
        MomentKind::Verdict => "verdict",
        MomentKind::Link => "link",
        MomentKind::Problem => "problem",
        MomentKind::Note => "note",
    }
}

/// The word for an arm; `unknown` where the source does not say.
pub const fn arm(arm: Option<Arm>) -> &'static str {
    match arm {
        Some(Arm::Treatment) => "treatment",
        Some(Arm::Control) => "control",
        None => "unknown",
    }
}

/// A line of the timeline.
pub fn moment(moment: &Moment) -> String {
    let what = moment.verdict.map_or_else(|| kind(moment.kind).to_owned(), |verdict| verdict.to_string());
    let place = moment.segment.as_ref().map_or_else(String::new, |segment| format!("  {segment}"));
    let who = moment.actor.as_ref().map_or_else(String::new, |actor| format!("{actor}: "));
    format!("{} UTC  {what}{place}  {who}{}", moment.at.date_and_clock(), moment.text)
}

/// What a customer said.
pub fn comment(comment: &Comment) -> String {
    let said = &comment.feedback;
    let score = said.score.map_or_else(|| "no score".to_owned(), |score| format!("{score} of 5"));
    let (at, arm) = (comment.at.date_and_clock(), arm(said.arm));
    format!("{at} UTC  {score}  {}  {arm}  \"{}\"", said.segment, said.text)
}

/// A rollout as it stands.
pub fn rollout(model: &Model) -> String {
    let (verdict, place) = facts::worst(model);
    let place =
        place.map_or_else(String::new, |(station, segment)| format!(" {station} in {}", segment.name));
    let at = model.now.date_and_clock();
    format!("{}: {} {verdict}{place} ({at} UTC)", model.rollout.name, model.phase())
}

/// A segment as it stands.
pub fn segment(model: &Model, segment: &SegmentModel) -> String {
    let exposure = &segment.exposure;
    format!(
        "{} {}: {} {}, desired {}, confirmed {}, served {}, observed {} ({} UTC)",
        model.rollout.name,
        segment.name,
        segment.phase,
        segment.verdict,
        words::exposure(exposure.desired),
        words::exposure(exposure.confirmed),
        words::exposure(exposure.served),
        words::measured(exposure.observed),
        model.now.date_and_clock()
    )
}

/// What a station says about a segment, with its evidence.
pub fn station(model: &Model, segment: &SegmentModel, station: Station, cell: &Cell) -> String {
    format!(
        "{} {} {station}: {}, since {} UTC: {}",
        model.rollout.name,
        segment.name,
        cell.verdict,
        cell.since.date_and_clock(),
        cell.evidence.sentence
    )
}

/// A platform as it was read.
pub fn platform(model: &Model, platform: &PlatformModel) -> String {
    let name = format!("{} at {}", model.rollout.name, platform.name);
    let Some(state) = &platform.state else { return format!("{name}: never read") };
    let on = if state.on { "on" } else { "off" };
    let read = platform.read_at.map_or_else(String::new, |at| format!(", read {} UTC", at.date_and_clock()));
    let shares = model.segments.iter().map(|segment| {
        let served = facts::served(platform, &segment.name);
        let served = served.map_or_else(String::new, |served| format!(" (serving {served})"));
        format!("{} {}{served}", segment.name, facts::stored(platform, &segment.name))
    });
    let shares: Vec<_> = shares.collect();
    format!("{name}: flag {on}, version {}{read}; {}", state.version, shares.join(", "))
}

/// A link as it stands.
pub fn link(model: &Model, source: &Source, link: &Link) -> String {
    let state = facts::trouble(model, source.name.as_str(), link)
        .map_or_else(|| "live".to_owned(), |trouble| trouble.text);
    let skew = link.skew_ms.map_or_else(String::new, |ms| format!(", its clock {ms:+} ms from ours"));
    format!("{} {source}: {state}{skew} ({} UTC)", model.rollout.name, model.now.date_and_clock())
}

/// What is copied where a segment is selected and nothing smaller: the segment, or the whole rollout.
pub fn selected(model: &Model, view: &View, what: Copied) -> Option<String> {
    let selected = view.selected().and_then(|name| model.segment(name));
    Some(match (what, selected) {
        (Copied::Line, Some(found)) => segment(model, found),
        (Copied::Line, None) => rollout(model),
        (Copied::Link, _) => return view.link_to(model, model.now),
        (Copied::Name, Some(found)) => found.name.to_string(),
        (Copied::Name, None) => model.rollout.name.to_string(),
    })
}

/// What is copied where one segment is shown: the selected one, or the one that most needs a look.
pub fn subject(model: &Model, view: &View, what: Copied) -> Option<String> {
    let found = facts::subject(model, view.selected())?;
    Some(match what {
        Copied::Line => segment(model, found),
        Copied::Link => return view.link_to(model, model.now),
        Copied::Name => found.name.to_string(),
    })
}

/// What is copied where evidence is shown: of the selected segment, or the one with the worst verdict, the station that
/// gives it its verdict.
pub fn evidence(model: &Model, view: &View, what: Copied) -> Option<String> {
    let chosen = view.selected().and_then(|name| model.segment(name));
    let found = chosen.or_else(|| facts::worst(model).1.map(|(_, segment)| segment));
    let worst = found.and_then(|segment| {
        let name = facts::worst_station(segment)?;
        Some((segment, name, segment.board.get(&name)?))
    });
    match (what, worst) {
        (Copied::Line, Some((segment, name, cell))) => Some(station(model, segment, name, cell)),
        (Copied::Link, Some((_, _, cell))) => view.link_to(model, cell.since),
        _ => selected(model, view, what),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::tests::world;

    #[test]
    fn what_is_copied_says_when_and_where_on_one_line() {
        let model = world::trouble().model;
        let enterprise = &model.segments[3];
        let of_platforms = model.platforms.iter().map(|known| platform(&model, known));
        let of_links = model.links.iter().map(|(source, known)| link(&model, source, known));
        let of_stations =
            enterprise.board.iter().map(|(name, cell)| station(&model, enterprise, *name, cell));
        let all: Vec<_> = (model.timeline.iter().map(moment))
            .chain(model.comments.iter().map(comment))
            .chain(of_platforms)
            .chain(of_links)
            .chain(of_stations)
            .chain([segment(&model, enterprise)])
            .collect();
        assert!(all.len() > 20);
        for text in &all {
            assert!(text.contains("2026-11-22 14:") && text.contains(" UTC"), "{text}");
            assert!(!text.chars().any(char::is_control), "{text}");
        }
        assert!(all.iter().any(|text| text.contains("NO-GO  enterprise")), "{all:#?}");
        assert!(all.iter().any(|text| text.starts_with("checkout-v2 enterprise: KILLING NO-GO")), "{all:#?}");
    }
}
