//! The keys of a view: which hold, what they are called on the screen, and the prefix that waits.

use std::sync::Arc;

use crate::action::Verb;
use crate::keys::{Bindings, Chord, Keymap};
use crate::ui::View;

impl View {
    /// The same, with these keys. `refused` is why the person's own do not hold; it is said at once, and in the help.
    #[must_use]
    pub fn with_keys(self, bindings: Bindings, refused: Option<String>) -> Self {
        let said = refused.clone().or(self.said);
        Self { bindings: Arc::new(bindings), keys_refused: refused, said, ..self }
    }

    /// The same, with the mouse listened to or not.
    #[must_use]
    pub fn with_mouse(self, has_mouse: bool) -> Self {
        Self { has_mouse, ..self }
    }

    /// Why the person's own keys do not hold. `None`: they do, or there are none.
    pub(in crate::ui) fn keys_refused(&self) -> Option<&str> {
        self.keys_refused.as_deref()
    }

    /// The prefix that waits for its second key.
    pub(in crate::ui) const fn waiting(&self) -> Option<Chord> {
        self.waiting
    }

    /// Which keys mean what here.
    pub(in crate::ui) fn keymap(&self) -> &Keymap<Verb> {
        self.bindings.keymap(self.is_replay())
    }

    /// The key of an action here, as it is shown; `None`: it has none.
    pub(in crate::ui) fn key(&self, verb: Verb) -> Option<String> {
        self.keymap().sequences(&verb).next().map(|sequence| sequence.to_string())
    }

    /// The key of an action where it makes sense, also while this is a replay.
    pub(in crate::ui) fn live_key(&self, verb: Verb) -> Option<String> {
        self.bindings.sequences(verb).first().map(ToString::to_string)
    }

    /// How an action is asked for here: its key, or the way through the palette.
    pub(in crate::ui) fn way_to(&self, verb: Verb) -> String {
        let palette = || self.key(Verb::Palette).unwrap_or_default();
        self.key(verb).unwrap_or_else(|| format!("{}{verb}", palette()))
    }
}
