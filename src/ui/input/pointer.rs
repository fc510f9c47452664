//! The mouse, where somebody asked for it: it focuses, scrolls and zooms, and nothing else.
//!
//! In: what the mouse did and where. Out: view state. It never asks for an action, and does nothing while a confirmation, a
//! prompt or the palette is open: a click must never be an answer. What lies under it is found by drawing the screen
//! once more, so that this file knows no pane's insides.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::action::Verb;
use crate::engine::Model;
use crate::keys::{Button, Mouse};
use crate::theme::{Depth, Theme, pick};
use crate::ui::overlay::Overlay;
use crate::ui::pane::{self, PANES};
use crate::ui::rollouts::Rollouts;
use crate::ui::screens::{RowId, SCREENS, Steer};
use crate::ui::{Scene, View, frame, help, hints, layout};

/// Lines that one step of the wheel scrolls by: what terminals and browsers do.
const WHEEL: usize = 3;

impl View {
    /// Takes what the mouse did at a cell.
    pub(super) fn point(&mut self, kind: Mouse, (column, row): (u16, u16), rollouts: &Rollouts<'_>) {
        let at = Position { x: column, y: row };
        let forward = match kind {
            Mouse::ScrollUp => Some(false),
            Mouse::ScrollDown => Some(true),
            Mouse::Press(Button::Left) => None,
            Mouse::Press(_) | Mouse::Release(_) | Mouse::Drag(_) => return,
        };
        if !self.has_mouse {
            return;
        }
        match (&self.overlay, forward) {
            (Overlay::None, Some(forward)) => self.wheel(at, forward, rollouts),
            (Overlay::None, None) => self.click(at, rollouts),
            (Overlay::Help, Some(forward)) => {
                let last = help::rows(self).saturating_sub(self.page());
                self.help_top = super::step(self.help_top, last, forward, WHEEL);
            }
            _ => return,
        }
        self.revision += 1;
    }

    /// Scrolls what is under the mouse. The selected segment stays: it is what the keys act on.
    fn wheel(&mut self, at: Position, forward: bool, rollouts: &Rollouts<'_>) {
        let Some(screen) = SCREENS.get(self.screen) else { return };
        let verb = if forward { Verb::Down } else { Verb::Up };
        match screen.steer {
            Steer::Panes => {
                let Some((pane, _)) = self.pane_under(at, rollouts) else { return };
                let Some(known) = PANES.get(pane).filter(|known| known.steer == pane::Steer::Scroll) else {
                    return;
                };
                let last = (known.rows)(rollouts.open, self).saturating_sub(1);
                if let Some(scroll) = self.scroll.get_mut(pane) {
                    *scroll = super::step(*scroll, last, forward, WHEEL);
                }
            }
            // What scrolls moves within a rollout.
            Steer::Segments | Steer::Rollouts => {}
            _ => self.steer(verb, WHEEL, rollouts),
        }
    }

    /// Focuses the pane under the mouse and selects the row's segment; on what is focused already it zooms.
    fn click(&mut self, at: Position, rollouts: &Rollouts<'_>) {
        let Some(screen) = SCREENS.get(self.screen) else { return };
        match screen.steer {
            Steer::Panes => {
                let Some((pane, area)) = self.pane_under(at, rollouts) else { return };
                let is_focused = pane == self.focus;
                self.focus = pane;
                let has_rows = PANES.get(pane).is_some_and(|known| known.steer == pane::Steer::Rows);
                let segment = if has_rows { self.segment_under(at, area, rollouts) } else { None };
                let is_new = segment.is_some() && segment.as_ref() != self.selected();
                if is_new {
                    self.selected = segment;
                    self.scroll = Default::default();
                } else if is_focused {
                    self.command(Verb::Zoom, rollouts);
                }
            }
            Steer::Segments => {
                let body = self.body(rollouts);
                if let Some(segment) = body.and_then(|body| self.segment_under(at, body, rollouts)) {
                    self.selected = Some(segment);
                }
            }
            Steer::Lines | Steer::Rollouts => {}
            _ => {
                let Some(body) = self.body(rollouts).filter(|body| body.contains(at)) else { return };
                let ids = (screen.ids)(rollouts, self);
                let named = ids.iter().filter_map(|id| match id {
                    RowId::Name(name) => Some(name.as_str()),
                    RowId::Number(_) => None,
                });
                let Some(name) = self.name_under(at, body, named, rollouts) else { return };
                let id = RowId::Name(name);
                let index = ids.iter().position(|known| *known == id).unwrap_or(0);
                if self.cursor(&ids) == Some(index) {
                    self.command(Verb::Zoom, rollouts);
                } else {
                    self.mark(Some((id, index)), rollouts);
                }
            }
        }
    }

    /// The pane under the mouse, by its index, and its place.
    fn pane_under(&self, at: Position, rollouts: &Rollouts<'_>) -> Option<(usize, Rect)> {
        let body = self.body(rollouts)?;
        let theme = theme()?;
        let scene = Scene::of(rollouts.all, self, &theme, None, self.area())?;
        if scene.shape == layout::Shape::Summary {
            return None;
        }
        layout::panes(&scene, body).panes.into_iter().find(|(_, place)| place.contains(at))
    }

    fn area(&self) -> Rect {
        let (columns, rows) = self.size();
        Rect::new(0, 0, columns, rows)
    }

    /// The place of the screen between header and hints.
    fn body(&self, rollouts: &Rollouts<'_>) -> Option<Rect> {
        let theme = theme()?;
        let area = self.area();
        let scene = Scene::of(rollouts.all, self, &theme, None, area)?;
        Some(layout::arrange(&scene, area, hints::rows(&scene, area.width)).body)
    }

    /// The segment whose row is under the mouse.
    fn segment_under(
        &self,
        at: Position,
        area: Rect,
        rollouts: &Rollouts<'_>,
    ) -> Option<crate::domain::SegmentName> {
        let model: &Model = rollouts.open;
        let names = model.segments.iter().map(|segment| segment.name.as_str());
        let name = self.name_under(at, area, names, rollouts)?;
        model
            .segments
            .iter()
            .find(|segment| segment.name.as_str() == name)
            .map(|segment| segment.name.clone())
    }

    /// The name with which the row under the mouse begins.
    fn name_under<'n>(
        &self,
        at: Position,
        area: Rect,
        names: impl Iterator<Item = &'n str>,
        rollouts: &Rollouts<'_>,
    ) -> Option<String> {
        let theme = theme()?;
        let mut buf = Buffer::empty(self.area());
        let whole = buf.area;
        frame::draw_cells(&Scene::of(rollouts.all, self, &theme, None, whole)?, &mut buf, whole);
        let text: String = (area.x..area.right())
            .filter_map(|x| buf.cell(Position { x, y: at.y }))
            .map(ratatui::buffer::Cell::symbol)
            .collect();
        // Frame and cursor stand before the name.
        let row = text.trim_start_matches(|c: char| !c.is_alphanumeric());
        let is_whole = |name: &&str| {
            row.strip_prefix(*name).is_some_and(|rest| rest.chars().next().is_none_or(char::is_whitespace))
        };
        names.filter(is_whole).max_by_key(|name| name.len()).map(str::to_owned)
    }
}

/// A theme to draw with: what stands where is the same in all of them.
fn theme() -> Option<Theme> {
    pick("default", Depth::Mono, true).ok()
}
