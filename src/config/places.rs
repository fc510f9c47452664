//! Where gonogo keeps what belongs to a user: settings, keys, themes, and what it remembers.

use std::path::PathBuf;

use etcetera::BaseStrategy;

/// The folder of what is remembered: `$XDG_STATE_HOME/gonogo`, by default below `~/.local/state`. `None`: the user
/// has no home.
#[must_use]
pub fn state_dir() -> Option<PathBuf> {
    let base = etcetera::choose_base_strategy().ok()?;
    let state = base.state_dir().unwrap_or_else(|| base.data_dir());
    Some(state.join("gonogo"))
}

/// The folder of the settings: `$XDG_CONFIG_HOME/gonogo`, by default below `~/.config`. `None`: the user has no home.
#[must_use]
pub fn config_dir() -> Option<PathBuf> {
    etcetera::choose_base_strategy().ok().map(|base| base.config_dir().join("gonogo"))
}

/// A path; `~/` is the home. `None`: there is none.
pub(super) fn from_home(text: &str) -> Option<PathBuf> {
    match text.strip_prefix("~/") {
        Some(rest) => Some(etcetera::home_dir().ok()?.join(rest)),
        None => Some(PathBuf::from(text)),
    }
}
