//! One number for each segment and arm, as one query gave it.
//!
//! In: an [`Answer`]. Out: a [`Table`] of [`Cell`]s, and what was wrong on the way. A cell tells
//! *nothing was there* from *something was there that cannot be used*: only the first may ever be
//! read as 0, and only by `counts`.

use crate::domain::{Arm, ByArm};

use super::answer::{Answer, Series};
use super::faults::{Fault, Faults};
use super::layout::{Layout, Place};

/// What a query gave for one segment and arm.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum Cell {
    /// No series.
    #[default]
    Absent,
    /// A number, finite and not negative.
    Number(f64),
    /// A series that cannot be used: NaN, or one of several.
    Unusable,
}

/// The cells of all segments.
#[derive(Debug)]
pub struct Table {
    cells: Vec<[Cell; 2]>,
    /// Whether each series found its place. Otherwise an absent cell says nothing.
    pub complete: bool,
    /// Whether the query gave no series at all.
    pub empty: bool,
}

impl Table {
    /// Puts each series into its place.
    pub fn read(answer: &Answer<'_>, query: &'static str, layout: &Layout, faults: &mut Faults) -> Self {
        let mut table = Self {
            cells: vec![[Cell::Absent; 2]; layout.segments().len()],
            complete: true,
            empty: answer.series.is_empty(),
        };
        for series in &answer.series {
            let Some((segment, arm)) = find_place(series, query, layout, faults) else {
                table.complete &= layout.place(&series.metric) != Place::NoLabel;
                continue;
            };
            let Some(cell) = table.cells.get_mut(segment).map(|arms| &mut arms[slot(arm)]) else { continue };
            *cell = match (*cell, number(series)) {
                (Cell::Absent, Some(number)) => Cell::Number(number),
                (Cell::Absent, None) => {
                    faults.note(Fault::NoNumber, query, || layout.describe(segment, arm));
                    Cell::Unusable
                }
                _ => {
                    faults.note(Fault::Duplicate, query, || layout.describe(segment, arm));
                    Cell::Unusable
                }
            };
        }
        table
    }

    /// The cell of a segment and arm.
    pub fn get(&self, segment: usize, arm: Arm) -> Cell {
        self.cells.get(segment).map_or(Cell::Absent, |arms| arms[slot(arm)])
    }
}

/// Both arms, in the order in which arrays hold them.
pub const ARMS: [Arm; 2] = [Arm::Treatment, Arm::Control];

/// The place of an arm in an array of two.
pub const fn slot(arm: Arm) -> usize {
    match arm {
        Arm::Treatment => 0,
        Arm::Control => 1,
    }
}

/// Both arms of an array of two.
pub fn by_arm<T>([treatment, control]: [Option<T>; 2]) -> ByArm<T> {
    ByArm { treatment, control }
}

/// The place of a series; `None` when it cannot be used, which is noted.
pub fn find_place(
    series: &Series<'_>,
    query: &'static str,
    layout: &Layout,
    faults: &mut Faults,
) -> Option<(usize, Arm)> {
    match layout.place(&series.metric) {
        Place::At(segment, arm) => return Some((segment, arm)),
        Place::OtherSegment(name) => faults.note(Fault::OtherSegment, query, || name.to_owned()),
        Place::OtherArm(arm) => faults.note(Fault::OtherArm, query, || arm.to_owned()),
        Place::NoLabel => faults.note(Fault::NoLabel, query, || "series".into()),
    }
    None
}

/// The number of a series: finite and not negative, or none.
pub fn number(series: &Series<'_>) -> Option<f64> {
    let (_, text) = series.value.as_ref()?;
    let number: f64 = text.0.parse().ok()?;
    (number.is_finite() && number >= 0.0).then_some(number)
}
