//! Escape and a key that arrived as one.
//!
//! In: a chord with alt. Out: whether it is two keys. A terminal sends alt with a key as escape and the key, so that
//! the two, pressed one after the other, become one when a slow link or a script joins them. Where nothing is bound to
//! the chord with alt, escape and the key were meant: a kill must not get lost in a prompt at 3 a.m. While text is
//! typed only what stops is taken for that; any other such chord is a habit of editing and must not close the prompt.

use crate::keys::{Chord, Key, Meaning, Modifiers};
use crate::ui::View;

impl View {
    /// The keys that a chord stands for, one or two.
    pub(super) fn apart(&mut self, chord: Chord) -> impl Iterator<Item = Chord> + use<> {
        let plain = Chord::new(chord.key(), Modifiers { alt: false, ..chord.modifiers() });
        let is_bound = self.keymap().find(self.waiting, chord) != Meaning::Nothing;
        let is_typing = self.overlay.field().is_some();
        let is_brake = self.keymap().lookup(plain).is_some_and(|verb| verb.is_brake());
        let is_two = chord.modifiers().alt && !is_bound && (!is_typing || is_brake);
        let (escape, key) = if is_two { (Some(Chord::plain(Key::Esc)), plain) } else { (None, chord) };
        escape.into_iter().chain([key])
    }
}
