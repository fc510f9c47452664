//! The timeline: what happened, one line each, the oldest goes when it is full.

use super::model::{MAX_MOMENTS, Model, Moment};

/// Adds a line.
pub fn record_moment(model: &mut Model, moment: Moment) {
    if model.timeline.len() >= MAX_MOMENTS {
        model.timeline.pop_front();
    }
    model.timeline.push_back(moment);
    model.moments_seen += 1;
    model.revision += 1;
}
