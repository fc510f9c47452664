//! A keyframe: the state of the engine before a block, so that a seek need not begin at the beginning.
//!
//! In and out: bytes that only the engine understands, and only the one that wrote them: the fingerprint says which.

use std::io;
use std::sync::Arc;

use super::block::{Fields, KEYFRAME_FRAME, MAX_KEYFRAME, content, with_sum};
use super::events::inflate;
use crate::domain::Rollout;
use crate::engine::{Model, state};

/// The largest state that is read.
const MAX_STATE: usize = 64 * 1024 * 1024;

/// The state of the engine after some event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keyframe {
    /// Which engine wrote it ([`state::FINGERPRINT`]). No other one may read it.
    pub fingerprint: u64,
    /// What it wrote.
    pub state: Vec<u8>,
}

impl Keyframe {
    /// The state of a model. `None`: it cannot be written, and the recording is whole without it.
    #[must_use]
    pub fn of(model: &Model) -> Option<Self> {
        Some(Self { fingerprint: state::FINGERPRINT, state: state::write(model).ok()? })
    }

    /// The model that was frozen. `None`: another engine wrote it, or it is damaged.
    #[must_use]
    pub fn thaw(&self, rollout: &Arc<Rollout>) -> Option<Model> {
        if self.fingerprint != state::FINGERPRINT {
            return None;
        }
        state::read(Arc::clone(rollout), &self.state).ok()
    }

    /// Whether it can be read again.
    pub(super) const fn fits(&self) -> bool {
        self.state.len() <= MAX_STATE
    }

    /// As a skippable frame.
    pub(super) fn to_bytes(&self) -> io::Result<Vec<u8>> {
        let mut body = Vec::new();
        body.extend_from_slice(&self.fingerprint.to_le_bytes());
        body.extend_from_slice(&(self.state.len() as u32).to_le_bytes());
        body.extend_from_slice(&zstd::bulk::compress(&self.state, 1)?);
        Ok(with_sum(KEYFRAME_FRAME, &body))
    }

    /// Reads a skippable frame. `None`: it is damaged.
    pub(super) fn read(frame: &[u8]) -> Option<Self> {
        if frame.len() > MAX_KEYFRAME {
            return None;
        }
        let mut fields = Fields(content(KEYFRAME_FRAME, frame)?);
        let (fingerprint, length) = (fields.u64()?, fields.u32()? as usize);
        let (state, flaw) = inflate(fields.0, length.min(MAX_STATE));
        (flaw.is_none() && state.len() == length).then_some(Self { fingerprint, state })
    }
}
