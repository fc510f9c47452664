//! The worst verdict of each segment over time, from the changes of its stations.

use std::collections::BTreeMap;

use crate::domain::{SegmentName, Station, Timestamp};
use crate::report::retrospective::Retrospective;

/// A time in which a segment's worst verdict was the same.
#[derive(Debug, Clone, PartialEq)]
pub struct Piece {
    pub from: Timestamp,
    pub to: Timestamp,
    pub verdict: &'static str,
}

/// How grave a word is.
fn weight(word: &str) -> u8 {
    match word {
        "GO" => 1,
        "WAIT" => 2,
        "HOLD" => 3,
        "NO-GO" => 4,
        _ => 0,
    }
}

/// The pieces of one segment, in order, up to the end of the recording.
pub fn pieces(report: &Retrospective, segment: &SegmentName) -> Vec<Piece> {
    let Some(end) = report.course.ended_at else { return Vec::new() };
    let mut board: BTreeMap<Station, &'static str> = BTreeMap::new();
    let mut pieces: Vec<Piece> = Vec::new();
    for change in report.verdict_changes.list.iter().filter(|change| change.segment == *segment) {
        match change.to {
            Some(word) => board.insert(change.station, word),
            None => board.remove(&change.station),
        };
        let worst = board.values().copied().max_by_key(|word| weight(word)).unwrap_or_default();
        if pieces.last().is_some_and(|last| last.verdict == worst) {
            continue;
        }
        if let Some(last) = pieces.last_mut() {
            last.to = change.at.0;
        }
        pieces.push(Piece { from: change.at.0, to: end.0, verdict: worst });
    }
    pieces.retain(|piece| piece.to > piece.from && !piece.verdict.is_empty());
    pieces
}
