//! `after`: which segments wait for which, until those are at the top of their ladders.
//!
//! In: each segment's name, and the names it waits for if the file says so. Out: for each segment the ones it waits
//! for; without a word in the file that is the segment before it, so that a rollout climbs ring by ring. A circle
//! would never begin, so it is a fault; so is a name that no segment has.

use std::collections::HashMap;

use crate::config::fields::Value;
use crate::config::near::{did_you_mean, one_of};
use crate::config::problem::{Problem, Problems};
use crate::config::source_text::Place;
use crate::config::values;
use crate::domain::SegmentName;

/// The most segments of a circle that a message names: more do not fit a line that is read.
const MAX_SHOWN: usize = 6;

/// The most names that a message offers: with 500 segments, a list of all helps nobody.
const MAX_OFFERED: usize = 12;

/// One segment, and what it waits for.
pub(super) struct Waiting {
    /// The segment.
    pub name: SegmentName,
    /// What its `after` says, with the place of the value. `None`: the file does not say.
    pub after: Option<(Vec<(SegmentName, Place)>, Place)>,
}

/// Reads an `after`: names, each with its place. A name that cannot be one is reported and left out.
pub(super) fn read(
    value: &Value<'_>,
    most: usize,
    problems: &mut Problems,
) -> Option<(Vec<(SegmentName, Place)>, Place)> {
    if let Some(name) = value.get_ref().as_str() {
        let message = "expected the list of segments to wait for, found a string";
        problems.push(Problem::new(value.span(), message).hint(format!("write after = [{name:?}]")));
        return None;
    }
    let items = values::list(value, "the list of segments to wait for", most, problems)?;
    let named = items
        .into_iter()
        .filter_map(|item| Some((values::parsed(item, "the name of a segment", problems)?, item.span())));
    Some((named.collect(), value.span()))
}

/// What each segment waits for, in the order of the file.
pub(super) fn resolve(all: &[Waiting], problems: &mut Problems) -> Vec<Vec<SegmentName>> {
    let index: HashMap<&SegmentName, usize> =
        all.iter().enumerate().map(|(at, segment)| (&segment.name, at)).collect();
    let awaited: Vec<Vec<usize>> =
        all.iter().enumerate().map(|(at, segment)| awaited_by(at, segment, all, &index, problems)).collect();
    report_circles(all, &awaited, problems);
    let name = |at: &usize| all.get(*at).map(|segment| segment.name.clone());
    awaited.iter().map(|after| after.iter().filter_map(name).collect()).collect()
}

fn awaited_by(
    at: usize,
    segment: &Waiting,
    all: &[Waiting],
    index: &HashMap<&SegmentName, usize>,
    problems: &mut Problems,
) -> Vec<usize> {
    let Some((after, _)) = &segment.after else { return at.checked_sub(1).into_iter().collect() };
    let mut awaited = Vec::new();
    for (name, place) in after {
        match index.get(name) {
            Some(other) if *other == at => problems.push(
                Problem::new(place.clone(), format!("`{name}` cannot wait for itself"))
                    .hint("name the segments that come before it, or write after = [] to wait for nobody"),
            ),
            // Twice the same is as once.
            Some(other) if awaited.contains(other) => {}
            Some(other) => awaited.push(*other),
            None => problems.push(unknown(name, place.clone(), all)),
        }
    }
    awaited
}

fn unknown(name: &SegmentName, place: Place, all: &[Waiting]) -> Problem {
    let known = || all.iter().map(|segment| segment.name.as_str());
    let message = if all.len() > MAX_OFFERED {
        format!("there is no segment `{name}`")
    } else {
        format!("there is no segment `{name}`, expected {}", one_of(known()))
    };
    Problem::new(place, message).maybe_hint(did_you_mean(name.as_str(), known()))
}

/// Lets every segment go that waits for none or only for those gone; what stays is in a circle, or behind one.
fn report_circles(all: &[Waiting], awaited: &[Vec<usize>], problems: &mut Problems) {
    let mut gone = vec![false; all.len()];
    loop {
        let is_free = |at: &usize, gone: &[bool]| {
            let mut after = awaited.get(*at).into_iter().flatten();
            gone.get(*at) == Some(&false) && after.all(|other| gone.get(*other) == Some(&true))
        };
        let free: Vec<usize> = (0..all.len()).filter(|at| is_free(at, &gone)).collect();
        let leave = if free.is_empty() {
            let Some(stuck) = gone.iter().position(|gone| !gone) else { return };
            let circle = circle_from(stuck, awaited, &gone);
            problems.push(in_a_circle(all, &circle));
            circle
        } else {
            free
        };
        for at in leave {
            if let Some(gone) = gone.get_mut(at) {
                *gone = true;
            }
        }
    }
}

/// Follows what each waits for until a segment comes again: the circle, each before the one it waits for.
fn circle_from(start: usize, awaited: &[Vec<usize>], gone: &[bool]) -> Vec<usize> {
    let mut path = vec![start];
    while let Some(last) = path.last() {
        let mut after = awaited.get(*last).into_iter().flatten();
        let Some(next) = after.find(|other| gone.get(**other) == Some(&false)) else { break };
        if let Some(first) = path.iter().position(|seen| seen == next) {
            return path.split_off(first);
        }
        path.push(*next);
    }
    path
}

fn in_a_circle(all: &[Waiting], circle: &[usize]) -> Problem {
    let members: Vec<&Waiting> = circle.iter().filter_map(|at| all.get(*at)).collect();
    let mut shown: Vec<String> = members
        .iter()
        .zip(members.iter().cycle().skip(1))
        .take(MAX_SHOWN)
        .map(|(one, other)| format!("`{}` waits for `{}`", one.name, other.name))
        .collect();
    if members.len() > MAX_SHOWN {
        shown.push(format!("and so on through {} segments", members.len()));
    }
    let message = format!("segments wait for each other and would never begin: {}", shown.join(", "));
    // One of them has an `after`: without a word each waits only for one further up.
    let said = members.iter().filter_map(|member| member.after.as_ref()).map(|(_, place)| place.clone());
    let place = said.min_by_key(|place| place.start).unwrap_or(0..0);
    let unsaid = members.iter().find(|member| member.after.is_none());
    Problem::new(place, message).hint(unsaid.map_or_else(
        || "take one of them out of an `after`".to_owned(),
        |member| {
            format!(
                "`{}` has no `after`, so it waits for the segment before it: write after = [] there, or change this one",
                member.name
            )
        },
    ))
}
