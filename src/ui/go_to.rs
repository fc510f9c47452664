//! The prompt of a replay for a time to go to.
//!
//! In: keys. Out: a [`Wish`] once the words are a moment; else the prompt stays and says what could be written. Letters
//! are letters here, also `K`.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::field::Field;
use super::overlay::Step;
use super::transport::{self, Wish};
use super::{Scene, paint, prompt};
use crate::action::Verb;
use crate::domain::{When, WhenError};
use crate::theme::Role;

/// Columns of the panel.
const COLUMNS: u16 = 70;
/// What can be written.
const EXAMPLES: &str = "14:02, 14:02:30, 2026-11-22 14:02, +5m, -30s or 50%; times are UTC";

/// A replay that waits for a time.
#[derive(Debug, Clone, Default)]
pub struct GoTo {
    /// The words so far.
    pub field: Field,
    /// Why it did not go.
    said: Option<String>,
}

impl GoTo {
    /// Takes a key that does not edit the text.
    pub fn press(&mut self, verb: Verb) -> Step {
        match verb {
            Verb::Back => Step::Close,
            Verb::Zoom => {
                let Some(words) = self.field.words() else {
                    self.said = Some("nothing was done: type a time first".to_owned());
                    return Step::Stay;
                };
                match words.as_str().parse::<When>() {
                    Ok(when) => Step::Wish(Wish::GoTo(when)),
                    Err(error) => {
                        self.said = Some(first_line(&error));
                        Step::Stay
                    }
                }
            }
            _ => Step::Stay,
        }
    }
}

/// The message without its hint, which stands in the panel anyway.
fn first_line(error: &WhenError) -> String {
    error.to_string().lines().next().unwrap_or_default().to_owned()
}

/// Draws the prompt and returns where the cursor belongs.
pub fn draw(scene: &Scene<'_>, buf: &mut Buffer, area: Rect, go_to: &GoTo) -> Option<Position> {
    let inner = paint::panel(scene, buf, area, "go to a time", COLUMNS, 4);
    let cursor = prompt::draw_field(scene, buf, inner, 0, "time: ", &go_to.field, true);
    let (text, role) = match &go_to.said {
        Some(said) => (said.as_str(), Role::Danger),
        None => ("enter goes there, esc closes", Role::Dim),
    };
    paint::put(buf, inner, 1, &scene.line(text, role));
    paint::put(buf, inner, 2, &scene.line(EXAMPLES, Role::Dim));
    if let Some(transport) = scene.transport {
        let stretch = format!("recorded: {}", transport::stretch(transport));
        paint::put(buf, inner, 3, &scene.line(stretch, Role::Dim));
    }
    cursor
}
