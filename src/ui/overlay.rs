//! The panel on top of the screen: none, the help, the palette, a confirmation, or a
//! prompt for words or a time. One at a time.
//!
//! In: what the person does while it is open. Out: what becomes of it ([`Step`]), and its cells. A panel
//! never outlives `esc`, and never keeps the kill key from working except while text is typed.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::confirm::{self, Confirm};
use super::field::Field;
use super::go_to::{self, GoTo};
use super::palette::{self, Choice, Palette};
use super::prompt::{self, Prompt};
use super::transport::Wish;
use super::{Scene, help, prefix};
use crate::action::Request;

/// What is open.
#[derive(Debug, Clone, Default)]
pub enum Overlay {
    /// Nothing.
    #[default]
    None,
    /// All keys.
    Help,
    /// An action that waits for its confirmation.
    Confirm(Box<Confirm>),
    /// An action that waits for its words.
    Prompt(Box<Prompt>),
    /// A replay that waits for a time.
    GoTo(Box<GoTo>),
    /// What can be asked for, by its name.
    Palette(Box<Palette>),
    /// The words that a list is filtered by, as they are typed.
    Filter(Field),
}

/// What becomes of a panel after a key.
#[derive(Debug)]
pub enum Step {
    /// It stays open.
    Stay,
    /// It closes; nothing is done.
    Close,
    /// It closes and this is asked for.
    Ask(Request),
    /// It closes and the replay moves.
    Wish(Wish),
    /// This was picked by its name: it happens as if its key had been pressed.
    Choose(Choice),
}

impl Overlay {
    /// The text field that the keys go into; `None` when they are commands.
    pub fn field(&mut self) -> Option<&mut Field> {
        match self {
            Self::None | Self::Help => None,
            Self::Confirm(confirm) => confirm.field(),
            Self::Prompt(prompt) => Some(&mut prompt.field),
            Self::GoTo(go_to) => Some(&mut go_to.field),
            Self::Palette(palette) => Some(&mut palette.field),
            Self::Filter(field) => Some(field),
        }
    }
}

/// Draws the panel, and says where the cursor belongs while text is typed.
pub fn draw(scene: &Scene<'_>, buf: &mut Buffer, area: Rect) -> Option<Position> {
    match &scene.view.overlay {
        Overlay::None => {
            prefix::draw(scene, buf, area);
            None
        }
        // It stands in the last line, where the hints are else.
        Overlay::Filter(_) => None,
        Overlay::Palette(palette) => palette::draw(scene, buf, area, palette),
        Overlay::Help => {
            help::draw(scene, buf, area);
            None
        }
        Overlay::Confirm(confirm) => confirm::draw(scene, buf, area, confirm),
        Overlay::Prompt(prompt) => prompt::draw(scene, buf, area, prompt),
        Overlay::GoTo(go_to) => go_to::draw(scene, buf, area, go_to),
    }
}
