//! View state: what is looked at, and how. It is neither truth nor recorded.
//!
//! In: keys (see `input`). Out: what drawing needs: which rollout, screen and pane has the keys, which segment is
//! selected, scroll, filters, the open panel. A selection is a name, never a row: rows may move, names do not.

use std::sync::Arc;

use crate::action::{ACTIONS, Request, Scope, Spec, Verb, Where};
use crate::domain::{Actor, MetricName, RoleName, RolloutName, SegmentName, Text, Timestamp};
use crate::engine::Model;
use crate::engine::acts;
use crate::engine::model::Refusal;
use crate::keys::{Bindings, Chord, Refused};

use super::facts;
use super::link::Links;
use super::overlay::Overlay;
use super::pane::COUNT;
use super::rollouts::Rollouts;
use super::screens::{self, Order, RowId};
use super::transport::Wish;

mod goes;
mod keys;

/// What a key asks of the live loop.
#[derive(Debug, Clone, PartialEq)]
pub enum Intent {
    /// Hand this to the engine of that rollout.
    Ask(RolloutName, Request),
    /// Ask the backends of that rollout what this would do there, for the confirmation that has just opened. Nothing is
    /// changed.
    Rehearse(RolloutName, Request),
    /// Listen to the mouse, or no longer.
    Mouse(bool),
    /// Send this to the terminal's clipboard.
    Copy(String),
    /// Another look.
    Paint(Repaint),
    /// Move the replay. Only a view of a replay asks for it, and it never asks for anything to be handed in.
    Replay(Wish),
    /// Leave.
    Quit,
    /// Go back to the shell for a while.
    Suspend,
    /// Draw the whole screen again, whatever the terminal shows now.
    Redraw,
}

/// Another look, for this session only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repaint {
    /// The next theme.
    Theme,
    /// The next way to draw graphs.
    Graphs,
}

/// Where a person stands on one screen; kept while they look at another.
#[derive(Debug, Clone, Default)]
pub(super) struct Stand {
    /// The first line, where lines scroll.
    pub top: usize,
    /// The row with the cursor, where there are rows, and the place that it had. `None`: the first.
    pub at: Option<(RowId, usize)>,
    /// What is left of the rows; empty: all.
    pub filter: String,
}

/// What the chart shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shown<'a> {
    /// A metric of the rollout.
    Metric(&'a MetricName),
    /// The scores of what customers say.
    Feedback,
}

/// How one person looks at a rollout.
#[derive(Debug, Clone)]
pub struct View {
    /// Who may act. `None` in a replay: nobody, and so no request can be made.
    actor: Option<Actor>,
    roles: Vec<RoleName>,
    bindings: Arc<Bindings>,
    /// Why the person's own keys do not hold. `None`: they do, or there are none.
    keys_refused: Option<String>,
    /// The prefix that waits for its second key.
    pub(super) waiting: Option<Chord>,
    /// Whether the mouse is listened to.
    pub(super) has_mouse: bool,
    /// Where a copied link leads to.
    links: Links,
    /// The rollout that is looked at. `None`: the first.
    pub(super) rollout: Option<RolloutName>,
    /// The screen, by its index in the list, and those before it, oldest first.
    pub(super) screen: usize,
    pub(super) trail: Vec<usize>,
    pub(super) stands: [Stand; screens::COUNT],
    /// By what the fleet is sorted.
    pub(super) order: Order,
    /// Columns and rows of the terminal, as last told.
    pub(super) size: (u16, u16),
    /// Whether the last line leaves room for what the terminal costs.
    has_stats: bool,
    pub(super) focus: usize,
    pub(super) selected: Option<SegmentName>,
    pub(super) scroll: [usize; COUNT],
    /// First line of the help.
    pub(super) help_top: usize,
    /// Which metric the person chose for the charts, counted through the rollout's metrics and then feedback. `None`: none
    /// was chosen, and the one is shown that tells why.
    pub(super) metric: Option<usize>,
    pub(super) overlay: Overlay,
    pub(super) said: Option<String>,
    pub(super) seen_refusal: Option<Refusal>,
    pub(super) revision: u64,
}

impl View {
    /// A view for that person: the first pane, everything selected, nothing open.
    ///
    /// # Errors
    /// When two actions claim one key, which the list of actions rules out.
    pub fn new(actor: Actor) -> Result<Self, Refused> {
        Self::of(Some(actor))
    }

    /// A view of a recording, in which nobody can act.
    ///
    /// # Errors
    /// As [`View::new`].
    pub fn of_replay() -> Result<Self, Refused> {
        Self::of(None)
    }

    fn of(actor: Option<Actor>) -> Result<Self, Refused> {
        Ok(Self {
            actor,
            roles: Vec::new(),
            bindings: Arc::new(Bindings::built_in()?),
            keys_refused: None,
            waiting: None,
            has_mouse: false,
            links: Links::default(),
            rollout: None,
            screen: screens::MAIN,
            trail: Vec::new(),
            stands: Default::default(),
            order: Order::default(),
            size: SIZE,
            has_stats: false,
            focus: 0,
            selected: None,
            scroll: [0; COUNT],
            help_top: 0,
            metric: None,
            overlay: Overlay::None,
            said: None,
            seen_refusal: None,
            revision: 0,
        })
    }

    /// The same, for a person who holds these roles.
    #[must_use]
    pub fn with_roles(self, roles: Vec<RoleName>) -> Self {
        Self { roles, ..self }
    }

    /// The same, with room in the last line for [`draw_stats`](super::draw_stats).
    #[must_use]
    pub fn with_stats(self, has_stats: bool) -> Self {
        Self { has_stats, ..self }
    }

    /// Whether the last line leaves room for what the terminal costs.
    pub(super) const fn has_stats(&self) -> bool {
        self.has_stats
    }

    /// The same, with copied links that lead there instead of to the journal.
    #[must_use]
    pub fn with_links(self, links: Links) -> Self {
        Self { links, ..self }
    }

    /// Whether what is done here is written down.
    pub(super) fn has_journal(&self) -> bool {
        self.links != Links::Nowhere
    }

    /// A way back to a moment of a rollout. `None`: there is none.
    pub(super) fn link_to(&self, model: &Model, at: Timestamp) -> Option<String> {
        self.links.to(&model.rollout.name, at)
    }

    /// The same, begun on the list of all rollouts.
    #[must_use]
    pub fn on_fleet(self) -> Self {
        let screen = screens::index_of(Verb::Fleet).unwrap_or(screens::MAIN);
        Self { screen, ..self }
    }

    /// Whether the screen that this action opens is shown.
    #[must_use]
    pub fn is_on(&self, verb: Verb) -> bool {
        screens::index_of(verb) == Some(self.screen)
    }

    /// By what the fleet is sorted.
    pub(super) const fn order(&self) -> Order {
        self.order
    }

    /// The rollout that is looked at. `None`: the first.
    #[must_use]
    pub const fn looks_at(&self) -> Option<&RolloutName> {
        self.rollout.as_ref()
    }

    /// Whether this is a recording that is looked at.
    #[must_use]
    pub const fn is_replay(&self) -> bool {
        self.actor.is_none()
    }

    /// Says something instead of the hints, until the next key: why one did nothing.
    pub fn say(&mut self, text: String) {
        self.said = Some(text);
        self.revision += 1;
    }

    /// The actions that make sense here or say why not, in the order of the help: those of a replay first.
    pub(super) fn actions(&self) -> Vec<&'static Spec> {
        let mut specs: Vec<_> = ACTIONS.iter().filter(|spec| is_offered(spec, self.is_replay())).collect();
        if self.is_replay() {
            specs.sort_by_key(|spec| match spec.place {
                Where::Replay => 0,
                Where::Live => 1,
                Where::Everywhere => 2,
            });
        }
        specs
    }

    /// Grows with each input that may change what is drawn; with the model's it says when to draw.
    #[must_use]
    pub const fn revision(&self) -> u64 {
        self.revision
    }

    /// The selected segment; `None` is everything.
    #[must_use]
    pub const fn selected(&self) -> Option<&SegmentName> {
        self.selected.as_ref()
    }

    /// The pane with the keys, by its index in the list.
    pub(super) const fn focus(&self) -> usize {
        self.focus
    }

    /// The rollouts, with the one that is looked at. `None`: there are none.
    pub(super) fn rollouts<'a>(&self, all: &'a [&'a Model]) -> Option<Rollouts<'a>> {
        Rollouts::open(all, self.rollout.as_ref())
    }

    /// The screen that is shown, by its index in the list.
    pub(super) const fn screen(&self) -> usize {
        self.screen
    }

    /// Columns and rows of the terminal, as last told; 80×24 until then.
    pub(super) const fn size(&self) -> (u16, u16) {
        self.size
    }

    /// Where the person stands on the screen that is shown.
    fn stand(&self) -> Option<&Stand> {
        self.stands.get(self.screen)
    }

    /// First line of the screen that is shown, where its lines scroll.
    pub(super) fn top(&self) -> usize {
        self.stand().map_or(0, |stand| stand.top)
    }

    /// What the rows of the screen that is shown are filtered by; empty: nothing is left out.
    pub(super) fn filter(&self) -> &str {
        self.stand().map_or("", |stand| stand.filter.as_str())
    }

    /// The same view with nothing left out of the rows of its screen.
    pub(super) fn without_filter(&self) -> Self {
        let mut view = self.clone();
        if let Some(stand) = view.stands.get_mut(view.screen) {
            stand.filter = String::new();
        }
        view
    }

    /// Which of these rows has the cursor: the one it was set on, by what it is; if that is gone, the one in its place.
    /// `None`: there are no rows.
    pub(super) fn cursor(&self, ids: &[RowId]) -> Option<usize> {
        let last = ids.len().checked_sub(1)?;
        let Some((id, place)) = self.stand().and_then(|stand| stand.at.as_ref()) else { return Some(0) };
        Some(ids.iter().position(|known| known == id).unwrap_or((*place).min(last)))
    }

    /// First line of the help.
    pub(super) const fn help_top(&self) -> usize {
        self.help_top
    }

    /// First row of a pane.
    pub(super) fn scroll(&self, pane: usize) -> usize {
        self.scroll.get(pane).copied().unwrap_or(0)
    }

    /// What the chart shows.
    pub(super) fn shown<'m>(&self, model: &'m Model) -> Shown<'m> {
        let metric = model.rollout.metrics.get(self.metric(model));
        metric.map_or(Shown::Feedback, |metric| Shown::Metric(&metric.name))
    }

    /// Which metric that is: the chosen one, else the one behind the verdict of the segment that is shown.
    pub(super) fn metric(&self, model: &Model) -> usize {
        let telling = || facts::telling_metric(model, facts::subject(model, self.selected())?);
        self.metric.or_else(telling).unwrap_or(0)
    }

    /// Why the last key did nothing.
    pub(super) fn said(&self) -> Option<&str> {
        self.said.as_deref()
    }

    /// Whether a key was pressed since that refusal came.
    pub(super) fn has_seen(&self, refusal: &Refusal) -> bool {
        self.seen_refusal.as_ref() == Some(refusal)
    }

    /// A request on what is selected, with the versions as they are seen now. `None` in a replay: nobody can act.
    pub(super) fn request(&self, verb: Verb, model: &Model) -> Option<Request> {
        let actor = self.actor.clone()?;
        // A row of the fleet is a whole rollout, whatever is selected in it.
        let segment = self.selected.clone().filter(|_| !self.is_on(Verb::Fleet));
        let scope = Scope { segment, platform: None };
        let role = if verb == Verb::Approve { self.role_for(self.selected(), model) } else { None };
        Some(Request { seen: model.versions(), role, ..Request::new(actor, verb, scope) })
    }

    /// Whether an action can be done now, or begun: words that are still to be typed do not count.
    pub(super) fn can(&self, verb: Verb, model: &Model) -> bool {
        self.refusal(verb, model).is_none()
    }

    /// Why an action cannot be begun now.
    pub(super) fn refusal(&self, verb: Verb, model: &Model) -> Option<Text> {
        if verb.spec().danger == crate::action::Danger::View {
            return None;
        }
        let Some(mut request) = self.request(verb, model) else { return Some(Text::new(IS_RECORDING)) };
        if asks_for_words(verb) {
            request.reason = Some(Text::new("to be typed"));
        }
        let cause = acts::plan(model, &request).err()?;
        let offer = if verb == Verb::Approve { self.go_elsewhere(&request, model) } else { None };
        Some(offer.unwrap_or(cause))
    }
}

/// Columns and rows of a terminal of which nothing is known.
const SIZE: (u16, u16) = (80, 24);

/// Why nothing can be done in a replay.
const IS_RECORDING: &str =
    "this is a recording: nothing can be changed; the live rollout is in `gonogo watch`";

/// Whether an action has a key: what acts on a rollout has one in a replay too, which says why it does nothing.
fn is_offered(spec: &Spec, is_replay: bool) -> bool {
    is_replay || spec.place != Where::Replay
}

/// Actions that are nothing without words: their key opens a prompt.
pub(super) const fn asks_for_words(verb: Verb) -> bool {
    matches!(verb, Verb::Note | Verb::Clear)
}
