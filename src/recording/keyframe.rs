//! A keyframe: the state of the engine before a block, so that a seek need not begin at the beginning.
//!
//! In and out: bytes that only the engine understands, and only the one that wrote them: the fingerprint says which.

use std::io;
use std::sync::Arc;

use super::block::{Fields, KEYFRAME_FRAME, MAX_KEYFRAME, content, with_sum};
use super::events::inflate;
use crate::domain::Rollout;
use crate::engine::{Model, state};

/// The longest fingerprint: that of a sum in hexadecimal digits.
const MAX_FINGERPRINT: usize = 128;
/// The largest state that is read.
const MAX_STATE: usize = 64 * 1024 * 1024;

/// The state of the engine after some event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keyframe {
    /// Which engine wrote it. No other one may read it.
    pub fingerprint: String,
    /// What it wrote.
    pub state: Vec<u8>,
}

impl Keyframe {
    /// The state of a model, as this engine writes it. `None`: it cannot be written.
    #[must_use]
    pub fn freeze(model: &Model) -> Option<Self> {
        let state = state::write(model).ok()?;
        Some(Self { fingerprint: fingerprint(), state })
    }

    /// The model that was frozen. `None`: another engine wrote it, or it is damaged.
    #[must_use]
    pub fn thaw(&self, rollout: &Arc<Rollout>) -> Option<Model> {
        (self.fingerprint == fingerprint())
            .then(|| state::read(Arc::clone(rollout), &self.state).ok())
            .flatten()
    }

    /// Whether it can be read again.
    pub(super) const fn fits(&self) -> bool {
        self.fingerprint.len() <= MAX_FINGERPRINT && self.state.len() <= MAX_STATE
    }

    /// As a skippable frame.
    pub(super) fn to_bytes(&self) -> io::Result<Vec<u8>> {
        let mut body = Vec::new();
        body.extend_from_slice(&(self.fingerprint.len() as u32).to_le_bytes());
        body.extend_from_slice(&(self.state.len() as u32).to_le_bytes());
        body.extend_from_slice(self.fingerprint.as_bytes());
        body.extend_from_slice(&zstd::bulk::compress(&self.state, 1)?);
        Ok(with_sum(KEYFRAME_FRAME, &body))
    }

    /// Reads a skippable frame. `None`: it is damaged.
    pub(super) fn read(frame: &[u8]) -> Option<Self> {
        if frame.len() > MAX_KEYFRAME {
            return None;
        }
        let mut fields = Fields(content(KEYFRAME_FRAME, frame)?);
        let (name, length) = (fields.u32()? as usize, fields.u32()? as usize);
        let (fingerprint, packed) = fields.0.split_at_checked(name.min(MAX_FINGERPRINT + 1))?;
        let fingerprint = std::str::from_utf8(fingerprint).ok()?.to_owned();
        let (state, flaw) = inflate(packed, length.min(MAX_STATE));
        (flaw.is_none() && state.len() == length && name == fingerprint.len())
            .then_some(Self { fingerprint, state })
    }
}

/// Which engine this is.
fn fingerprint() -> String {
    format!("{:016x}", state::FINGERPRINT)
}
