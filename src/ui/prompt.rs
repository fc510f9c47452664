//! The prompt: an action that needs words and nothing else: a note, the reason for clearing a NO-GO.
//!
//! In: keys. Out: the frozen request with its words. `enter` sends it, `esc` closes; letters are
//! letters, also `K`.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::field::Field;
use super::overlay::Step;
use super::{Scene, paint};
use crate::action::{Request, Verb};
use crate::domain::{Station, Verdict};
use crate::theme::Role;

/// Columns of the panel.
const COLUMNS: u16 = 70;

/// An action that waits for its words.
#[derive(Debug, Clone)]
pub struct Prompt {
    /// What will be asked for, but for its words.
    pub request: Request,
    /// The words so far.
    pub field: Field,
    /// Why it was not sent.
    said: Option<&'static str>,
}

impl Prompt {
    /// Opens a prompt for a request.
    pub fn new(request: Request) -> Self {
        Self { request, field: Field::default(), said: None }
    }

    /// Takes a key that does not edit the text.
    pub fn press(&mut self, verb: Verb) -> Step {
        match verb {
            Verb::Back => Step::Close,
            Verb::Zoom => match self.field.words() {
                Some(words) => Step::Ask(Request { reason: Some(words), ..self.request.clone() }),
                None => {
                    self.said = Some("nothing was sent: type some words first");
                    Step::Stay
                }
            },
            _ => Step::Stay,
        }
    }
}

/// Draws the prompt and returns where the cursor belongs.
pub fn draw(scene: &Scene<'_>, buf: &mut Buffer, area: Rect, prompt: &Prompt) -> Option<Position> {
    let spec = prompt.request.verb.spec();
    let title = format!("{}: {}", spec.name, prompt.request.scope);
    let columns = usize::from(COLUMNS.min(area.width.saturating_sub(4)).max(1));
    let about: Vec<String> =
        about(scene, prompt).iter().flat_map(|text| paint::wrap(text, columns)).collect();
    let rows = u16::try_from(about.len()).unwrap_or(u16::MAX).saturating_add(4);
    let inner = paint::panel(scene, buf, area, &title, COLUMNS, rows);
    let label = if prompt.request.verb == Verb::Note { "note: " } else { "reason: " };
    // What is typed comes first, so that it is seen in the smallest panel.
    let cursor = draw_field(scene, buf, inner, 0, label, &prompt.field, true);
    let (text, role) = match prompt.said {
        Some(said) => (said, Role::Danger),
        None => ("enter sends it, esc closes", Role::Dim),
    };
    paint::put(buf, inner, 1, &scene.line(text, role));
    let below = Rect { y: inner.y.saturating_add(3), height: inner.height.saturating_sub(3), ..inner };
    paint::put_all(buf, below, about.into_iter().map(|line| scene.line(line, Role::Dim)));
    cursor
}

/// What the words are for: the NO-GOs and the sample ratio that would be cleared, or what the action does.
fn about(scene: &Scene<'_>, prompt: &Prompt) -> Vec<String> {
    let spec = prompt.request.verb.spec();
    let mut about = vec![spec.help.to_owned()];
    if prompt.request.verb == Verb::Clear {
        let scope = prompt.request.scope.segment.as_ref();
        for segment in scene.model.segments.iter().filter(|s| scope.is_none_or(|name| s.name == *name)) {
            for latch in &segment.latches {
                let (station, since) = (latch.station, latch.at.clock());
                about.push(format!(
                    "NO-GO {station} in {} since {since}: {}",
                    segment.name, latch.evidence.sentence
                ));
            }
            let split = segment.board.get(&Station::SampleRatio);
            if let Some(cell) = split.filter(|cell| cell.verdict == Verdict::Hold) {
                about.push(format!("sample ratio in {}: {}", segment.name, cell.evidence.sentence));
            }
        }
    }
    about
}

/// Draws a line that is typed, and returns the place behind it while it has the keys.
pub fn draw_field(
    scene: &Scene<'_>,
    buf: &mut Buffer,
    area: Rect,
    row: usize,
    label: &str,
    field: &Field,
    focused: bool,
) -> Option<Position> {
    let mark = if focused { scene.glyphs().selected } else { " " };
    let room = usize::from(area.width).saturating_sub(label.len() + 2);
    let line = ratatui::text::Line::from(vec![
        scene.span(format!("{mark}{label}"), Role::Title),
        scene.span(field.tail(room).to_owned(), Role::Text),
        scene.span(if focused { "_" } else { "" }, Role::Key),
    ]);
    paint::put(buf, area, row, &line);
    let column = u16::try_from(paint::width(&line)).unwrap_or(u16::MAX).saturating_sub(1);
    let row = u16::try_from(row).unwrap_or(u16::MAX);
    (focused && row < area.height && column < area.width)
        .then(|| Position { x: area.x + column, y: area.y + row })
}
