//! Which series belongs to which segment and arm.
//!
//! In: the labels of a series. Out: its [`Place`] in the rollout, or why it has none. Names are
//! looked up by hash, so that a poll's work grows with its series and with nothing else.

use std::collections::HashMap;

use crate::domain::{Arm, SegmentName};

use super::Settings;
use super::answer::Labels;

/// The rollout's segments, and the labels by which the server tells them apart.
#[derive(Debug)]
pub struct Layout {
    names: Vec<SegmentName>,
    index: HashMap<String, usize>,
    segment_label: String,
    arm_label: String,
    treatment: String,
    control: String,
}

/// Where a series belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place<'a> {
    /// To this segment, by number, and this arm.
    At(usize, Arm),
    /// To a segment that the rollout does not have.
    OtherSegment(&'a str),
    /// To an arm that is neither treatment nor control.
    OtherArm(&'a str),
    /// It lacks a label, so it cannot be said.
    NoLabel,
}

impl Layout {
    /// The layout of a rollout's segments under a source's labels.
    pub fn new(settings: &Settings, segments: &[SegmentName]) -> Self {
        Self {
            names: segments.to_vec(),
            index: segments.iter().enumerate().map(|(at, name)| (name.to_string(), at)).collect(),
            segment_label: settings.segment_label.clone(),
            arm_label: settings.arm_label.clone(),
            treatment: settings.treatment.clone(),
            control: settings.control.clone(),
        }
    }

    /// The place of a series.
    pub fn place<'a>(&self, labels: &'a Labels<'_>) -> Place<'a> {
        let Some(segment) = labels.get(&self.segment_label) else { return Place::NoLabel };
        let Some(arm) = labels.get(&self.arm_label) else { return Place::NoLabel };
        let Some(&at) = self.index.get(segment) else { return Place::OtherSegment(segment) };
        if arm == self.treatment {
            Place::At(at, Arm::Treatment)
        } else if arm == self.control {
            Place::At(at, Arm::Control)
        } else {
            Place::OtherArm(arm)
        }
    }

    /// The segments, in the order of the rollout.
    pub fn segments(&self) -> &[SegmentName] {
        &self.names
    }

    /// `free/control`, for messages.
    pub fn describe(&self, segment: usize, arm: Arm) -> String {
        let name = self.names.get(segment).map_or("?", SegmentName::as_str);
        match arm {
            Arm::Treatment => format!("{name}/{}", self.treatment),
            Arm::Control => format!("{name}/{}", self.control),
        }
    }

    /// The aggregation that gives one series for each segment and arm, for hints.
    pub fn sum_by(&self, extra: &str) -> String {
        format!("sum by ({}, {}{extra}) (…)", self.segment_label, self.arm_label)
    }

    /// The two labels, for messages.
    pub fn labels(&self) -> (&str, &str) {
        (&self.segment_label, &self.arm_label)
    }

    /// The values of the arm label, for messages.
    pub fn arms(&self) -> (&str, &str) {
        (&self.treatment, &self.control)
    }
}
