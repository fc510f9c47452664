//! Exposure: four numbers that are never mixed.

use serde::{Deserialize, Serialize};

use super::Percent;

/// How many users of one segment have the feature, as four parties tell it.
///
/// `None` means not known, which is not 0 %.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Exposure {
    /// What we asked for.
    pub desired: Option<Percent>,
    /// What the backend has stored. With several platforms: the largest of them.
    pub confirmed: Option<Percent>,
    /// What an edge answers when it is probed.
    pub served: Option<Percent>,
    /// The share of users that metrics see in the treatment arm.
    pub observed: Option<Percent>,
}
