//! The two text fields that change what is shown while somebody types: the palette and the filter of a list.
//!
//! In: keys that do not edit the text, and the word that it was edited. Out: what the palette picked, done as its key would
//! have done it; rows that fit the filter. Letters are letters here, also `K`: `esc` leaves, then the kill key works.

use crate::action::Verb;
use crate::ui::field::Field;
use crate::ui::overlay::Overlay;
use crate::ui::palette::Choice;
use crate::ui::rollouts::Rollouts;
use crate::ui::screens::{self, SCREENS};
use crate::ui::{Intent, View};

impl View {
    /// The text of the open field has changed: what hangs on it follows.
    pub(super) fn follow_field(&mut self, rollouts: &Rollouts<'_>) {
        match std::mem::take(&mut self.overlay) {
            Overlay::Palette(mut palette) => {
                palette.search(self, rollouts);
                self.overlay = Overlay::Palette(palette);
            }
            Overlay::Filter(field) => {
                self.set_filter(field.text().trim().to_owned());
                self.follow_filter(rollouts);
                self.overlay = Overlay::Filter(field);
                self.follow_filter(rollouts);
            }
            other => self.overlay = other,
        }
    }

    /// Does what the palette picked, the same way as its key. What cannot be done says why, and the palette stays.
    pub(super) fn choose(&mut self, choice: Choice, rollouts: &Rollouts<'_>) -> Option<Intent> {
        if let Choice::Do(verb) = choice
            && let Some(cause) = self.refusal(verb, rollouts.open)
        {
            if let Overlay::Palette(palette) = &mut self.overlay {
                palette.say(format!("{verb}: {cause}"));
            }
            return None;
        }
        self.overlay = Overlay::None;
        match choice {
            Choice::Do(Verb::Suspend) => return Some(Intent::Suspend),
            Choice::Do(Verb::Redraw) => return Some(Intent::Redraw),
            // Who types the word means it, on whatever screen.
            Choice::Do(Verb::Quit) => return Some(Intent::Quit),
            Choice::Do(verb) => return self.command(verb, rollouts),
            Choice::Segment(segment) => {
                if segment.is_none() && self.is_on(Verb::Segment) {
                    // That screen cannot show everything.
                    self.open(screens::MAIN);
                }
                self.selected = segment;
                self.scroll = Default::default();
            }
            Choice::Rollout(name) => self.look_at(name.as_str(), rollouts),
        }
        None
    }

    /// Opens the filter of the screen, with what is filtered by already.
    pub(super) fn open_filter(&mut self) {
        if SCREENS.get(self.screen).is_some_and(|screen| screen.left.is_some()) {
            self.overlay = Overlay::Filter(Field::of(self.filter()));
        } else {
            let wanted = SCREENS.iter().filter(|screen| screen.left.is_some()).map(|screen| screen.verb);
            let wanted: Vec<_> = wanted.map(|verb| format!("{verb} ({})", self.way_to(verb))).collect();
            let lists = if wanted.is_empty() { "none".to_owned() } else { wanted.join(", ") };
            self.said = Some(format!("filter: there is no list to filter here; there is one on: {lists}"));
        }
    }

    /// A key that does not edit the filter: it moves in the list, keeps the filter, or clears it.
    pub(super) fn press_in_filter(&mut self, verb: Verb, rollouts: &Rollouts<'_>) -> Option<Intent> {
        match verb {
            Verb::Zoom => self.overlay = Overlay::None,
            Verb::Back => {
                self.overlay = Overlay::None;
                self.set_filter(String::new());
            }
            Verb::Up | Verb::Down | Verb::PageUp | Verb::PageDown => return self.command(verb, rollouts),
            _ => {}
        }
        None
    }

    /// Filters the rows of the screen that is shown.
    pub(super) fn set_filter(&mut self, filter: String) {
        if let Some(stand) = self.stands.get_mut(self.screen) {
            stand.filter = filter;
            // Other rows: the first lines are the ones to see.
            stand.top = 0;
        }
    }
}
