//! What every box of the screen is drawn from: the model, the view and the theme.
//!
//! In: the three of them. Out: styled pieces of text with the same look everywhere: a verdict is
//! always its glyph, its word and its colour. This file never writes cells.

use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::facts::{self, Trouble};
use super::layout::{Shape, shape};
use super::rollouts::Rollouts;
use super::transport::Transport;
use super::{View, words};
use crate::domain::Verdict;
use crate::domain::text::cut;
use crate::engine::Model;
use crate::engine::model::SegmentModel;
use crate::theme::{Glyphs, Role, Theme};

/// What a box is drawn from.
pub(crate) struct Scene<'a> {
    /// The truth about the rollout that is looked at.
    pub model: &'a Model,
    /// All rollouts of this cockpit, that one among them, in the order in which they were given.
    pub rollouts: &'a [&'a Model],
    /// How it is looked at.
    pub view: &'a View,
    /// What it looks like.
    pub theme: &'a Theme,
    /// Where the replay stands. `None`: this is live.
    pub transport: Option<&'a Transport<'a>>,
    /// How much room the terminal has.
    pub shape: Shape,
}

impl<'a> Scene<'a> {
    /// What a terminal of that size draws. `None`: there is no rollout.
    pub fn of(
        rollouts: &'a [&'a Model],
        view: &'a View,
        theme: &'a Theme,
        transport: Option<&'a Transport<'a>>,
        area: Rect,
    ) -> Option<Self> {
        let Rollouts { open: model, all: rollouts } = view.rollouts(rollouts)?;
        Some(Self { model, rollouts, view, theme, transport, shape: shape(area) })
    }

    /// The rollouts, and the one that is looked at.
    pub const fn all(&self) -> Rollouts<'a> {
        Rollouts { open: self.model, all: self.rollouts }
    }

    /// The look of a role.
    pub fn style(&self, role: Role) -> Style {
        self.theme.style(role)
    }

    /// The signs of the theme.
    pub const fn glyphs(&self) -> &'a Glyphs {
        &self.theme.glyphs
    }

    /// A piece of text in the look of a role.
    pub fn span<'t>(&self, text: impl Into<std::borrow::Cow<'t, str>>, role: Role) -> Span<'t> {
        Span::styled(text, self.style(role))
    }

    /// A line of one look.
    pub fn line<'t>(&self, text: impl Into<std::borrow::Cow<'t, str>>, role: Role) -> Line<'t> {
        Line::from(self.span(text, role))
    }

    /// A verdict as glyph, word and colour.
    pub fn verdict(&self, verdict: Verdict) -> Span<'static> {
        self.span(words::verdict(self.glyphs(), verdict), words::verdict_role(verdict))
    }

    /// What is wrong with a source, on one line.
    pub fn trouble(&self, trouble: &Trouble, width: usize) -> Line<'static> {
        let (glyph, role) = if trouble.is_lost {
            (self.glyphs().lost, Role::Lost)
        } else {
            (self.glyphs().connecting, Role::Wait)
        };
        self.line(cut(&format!(" {glyph} {}", trouble.text), width), role)
    }

    /// The segment that the keys act on; `None` while everything is selected.
    pub fn selected(&self) -> Option<&'a SegmentModel> {
        self.view.selected().and_then(|name| self.model.segment(name))
    }

    /// The segment to show in detail; `None`: there are no segments.
    pub fn subject(&self) -> Option<&'a SegmentModel> {
        facts::subject(self.model, self.view.selected())
    }
}
