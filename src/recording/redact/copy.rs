//! A redacted copy of a recording that is there.
//!
//! The events are played again on the way: the states that make a seek quick hold customers' words, so they are made
//! anew from the redacted events.

use std::io::BufRead;
use std::path::Path;
use std::sync::Arc;

use super::Redactor;
use crate::domain::Text;
use crate::engine::{self, Model};
use crate::recording::{Header, Keyframe, Recording, RecordingError, VERSION, Writer};

/// What a copy came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redacted {
    /// Events in the copy.
    pub events: u64,
    /// Events of them whose words were replaced.
    pub replaced: u64,
    /// Where the original is damaged; what comes after is not in the copy.
    pub damage: Option<Text>,
}

/// Writes a redacted copy into a new file. An original of version 1 holds no decisions: the copy has those of this gonogo.
///
/// # Errors
/// [`RecordingError`] when the copy's file is there already, cannot be made or written.
pub fn redact<R: BufRead>(
    mut original: Recording<R>,
    copy: &Path,
    redactor: &Redactor,
) -> Result<Redacted, RecordingError> {
    let header = Header { redacted: true, version: VERSION, ..original.header().clone() };
    let failed = |cause| RecordingError::Unwritable {
        path: Text::new(&copy.display().to_string()).to_string(),
        cause,
    };
    let mut writer = Writer::create(copy, &header)?;
    let mut model = Model::new(Arc::new(header.rollout), header.autopilot, header.read_only);
    let mut done = Redacted { events: 0, replaced: 0, damage: None };
    let mut is_whole = true;
    for taken in original.by_ref() {
        let taken = match taken {
            Ok(taken) => taken,
            Err(error) => {
                done.damage = Some(Text::new(&error.to_string()));
                break;
            }
        };
        if taken.missing > 0 {
            writer.miss(taken.missing);
            // The model knows nothing of them; nobody must begin with it.
            is_whole = false;
        }
        let redacted = redactor.event(&taken.event);
        done.replaced += u64::from(redacted.is_some());
        let event = redacted.unwrap_or(taken.event);
        engine::update(&mut model, &event);
        let decided = taken.decided.as_deref().unwrap_or(&model.decided);
        let is_put = writer.put(&event, decided).map_err(failed)?;
        done.events += u64::from(is_put);
        is_whole &= is_put;
        if is_whole && writer.wants_keyframe() {
            writer.flush().map_err(failed)?;
            if let Some(keyframe) = Keyframe::of(&model) {
                writer.put_keyframe(&keyframe).map_err(failed)?;
            }
        }
    }
    if done.damage.is_none() {
        done.damage = original.damage().map(|damage| Text::new(&damage.to_string()));
    }
    writer.finish().map_err(failed)?;
    Ok(done)
}
