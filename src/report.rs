//! The report: a retrospective that writes itself from a recording.
//!
//! ```text
//! Taken, Taken, … ─▶ Observer (engine::update on a Model; recorded decisions) ─▶ Report
//!                                                                 ├─▶ markdown   for a PR or a wiki
//!                                                                 ├─▶ html       one file, charts drawn here
//!                                                                 └─▶ json       for machines (docs/report.md)
//! ```
//!
//! In: a recording's header and its events with what was decided on them. Out: text in one of three formats.
//!
//! One pass, and what is kept does not grow with the recording. Verdicts and acts are those that were recorded; exposures,
//! counts and links come from the model that the events make again. Where the two disagree, the report says so.
//!
//! Foreign words (comments, reasons, names) are escaped by the template engine for the format, in every place.
//!
//! This room must never open a file or the network, read a clock, or decide anything; it never imports the screen.
//!
//! Start reading at [`Retrospective`] (what a report says), then [`Observer`] (how it comes about), then `html`.

mod acts;
mod bins;
mod curves;
mod finish;
mod interval;
mod lessons;
mod links;
mod no_gos;
mod observer;
mod onset;
mod pilot;
mod render;
mod retrospective;
mod split;
mod summary;
mod tallies;
mod tally;
mod verdicts;
mod voices;
mod words;

pub use finish::{End, Report};
pub use observer::Observer;
pub use render::{RenderError, html, json, markdown};
pub use retrospective::*;
