//! Watching an edge for ever: calm until there is a cue.
//!
//! ```text
//!  ┌── calm ─────────────────────────────────────┐   cue    ┌── fast ────────────────────┐
//!  │ every interval: a whole panel, spread out    │ ───────▶ │ every 20 ms: a quick round │
//!  │ every second: one canary; if it sees a       │ ◀─────── │ a difference: a whole      │
//!  │ change, or the edge hints: a whole panel now │  agrees  │ panel at once              │
//!  └──────────────────────────────────────────────┘          └────────────────────────────┘
//! ```
//!
//! In: an edge, the users, cues. Out, through [`Report`]: what is served, links, problems. A cue ends a panel that is
//! under way: what it has asked so far is from before. An edge that wants to be left alone is left alone in both modes.
//! Start reading at [`Watch::run`].

use std::collections::BTreeMap;
use std::pin::pin;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::ask::{Answers, Pace, everybody};
use super::edge::{Edge, Look, Remedy, Trouble, User};
use super::panel::Panel;
use super::panelist::{incomplete, unknown};
use super::report::Report;
use super::{Cue, Cues, Size, Subject};
use crate::domain::{LinkState, Span};
use crate::event::Sink;
use crate::net::Backoff;

/// How long to wait for one answer: an application would have taken its default long before.
pub const PATIENCE: Duration = Duration::from_secs(2);

/// From one canary to the next: somebody else's kill is seen within a second.
const CANARY: Duration = Duration::from_secs(1);

/// Marks that are kept for canaries: as many as take turns.
const MAX_MARKS: usize = 64;

/// From one question to the next within a spread panel, at most: a small panel is over soon.
const MAX_GAP: Duration = Duration::from_millis(50);

/// How often an answer without news is handed in: well within what the engine takes for stale.
const HEARD: Duration = Duration::from_secs(5);

/// The longest pause that an edge may ask for: past this the operator wants to see that somebody still tries.
const MAX_PAUSE: Duration = Duration::from_secs(60);

/// How often an edge is tried that a person must mend.
const SLOWEST: Duration = Duration::from_secs(30);

/// The least time between two panels that were asked for early because *something* at the edge has changed, as a part
/// of the interval: other flags change, too.
const EARLY: u32 = 4;

/// One probe at work.
pub struct Watch<'a> {
    pub(super) edge: &'a dyn Edge,
    pub(super) subject: &'a Subject,
    pub(super) users: &'a [User],
    pub(super) panel: Panel,
    pub(super) report: Report<'a>,
    pub(super) cues: Cues,
    /// The newest cue that was heeded.
    pub(super) cue: Cue,
    /// Until when the edge is left alone.
    pub(super) rest: Instant,
    /// Who is asked in each quick round, from one cue to the next.
    pub(super) sentinels: Vec<usize>,
    interval: Duration,
    backoff: Backoff,
    next_panel: Instant,
    last_panel: Option<Instant>,
    /// Whether the next panel is asked as fast as is decent: the first one, and one after a change.
    is_hurried: bool,
    next_look: Instant,
    heard_at: Instant,
    /// What canaries show the edge, by user.
    marks: BTreeMap<usize, String>,
    turn: usize,
}

/// How a panel ended.
enum Ended {
    /// With answers, or without.
    Answered(Answers),
    /// Because of a cue.
    Cued,
    /// Because the edge has changed meanwhile.
    Changed,
}

impl<'a> Watch<'a> {
    /// Nobody is asked yet.
    pub fn new(
        edge: &'a dyn Edge,
        subject: &'a Subject,
        users: &'a [User],
        size: Size,
        sink: &'a dyn Sink,
        mut cues: Cues,
    ) -> Self {
        let now = Instant::now();
        Self {
            edge,
            subject,
            users,
            panel: Panel::new(subject, size.keys),
            report: Report::new(sink, &subject.platform),
            cue: cues.newest(),
            cues,
            rest: now,
            sentinels: Vec::new(),
            interval: size.interval.0,
            backoff: Backoff::default(),
            next_panel: now,
            last_panel: None,
            is_hurried: true,
            next_look: now + CANARY,
            heard_at: now,
            marks: BTreeMap::new(),
            turn: 0,
        }
    }

    /// Watches for ever.
    pub async fn run(mut self) {
        self.report.link(LinkState::Connecting).await;
        loop {
            self.calm().await;
            let is_measured = self.fast().await;
            self.is_hurried = false;
            self.next_panel = Instant::now() + if is_measured { self.interval } else { Duration::ZERO };
            self.next_look = Instant::now() + CANARY;
        }
    }

    /// Returns when there is a cue.
    async fn calm(&mut self) {
        loop {
            let panel_at = self.next_panel.max(self.rest);
            let look_at = self.next_look.max(self.rest);
            tokio::select! {
                biased;
                () = self.cues.changed() => {
                    if self.is_cued() {
                        return;
                    }
                }
                () = sleep_until(panel_at) => {
                    if self.spread_panel().await {
                        return;
                    }
                }
                () = sleep_until(look_at), if self.panel.is_known() => {
                    if self.look().await {
                        self.next_panel = Instant::now();
                        self.is_hurried = true;
                    }
                }
                () = self.edge.hint() => self.bring_forward(),
            }
        }
    }

    /// Whether there is a cue to heed: a command, or another state than the first one.
    pub(super) fn is_cued(&mut self) -> bool {
        let new = self.cues.newest();
        let is_cued =
            new.commands > self.cue.commands || (new.changes > self.cue.changes && self.cue.stored.is_some());
        self.cue = new;
        is_cued
    }

    /// A whole panel before its time, but not at every breath of the edge.
    fn bring_forward(&mut self) {
        let least = self.last_panel.map_or_else(Instant::now, |last| last + self.interval / EARLY);
        self.next_panel = self.next_panel.min(least.max(Instant::now()));
        self.is_hurried = true;
    }

    /// Asks everybody, spread over half the interval; the first time, and early ones, as fast as is decent. Returns
    /// whether a cue ended it.
    async fn spread_panel(&mut self) -> bool {
        let share = u32::try_from(self.users.len()).unwrap_or(u32::MAX).max(1) * 2;
        let gap = if self.is_hurried { Duration::ZERO } else { (self.interval / share).min(MAX_GAP) };
        let (edge, users) = (self.edge, self.users);
        let mut asking = pin!(everybody(edge, users, Pace { gap, patience: PATIENCE }));
        let ended = loop {
            let look_at = self.next_look.max(self.rest);
            tokio::select! {
                biased;
                () = self.cues.changed() => {
                    if self.is_cued() {
                        break Ended::Cued;
                    }
                }
                answers = &mut asking => break Ended::Answered(answers),
                () = sleep_until(look_at), if self.panel.is_known() && !gap.is_zero() => {
                    if self.look().await {
                        break Ended::Changed;
                    }
                }
                () = self.edge.hint(), if !gap.is_zero() => break Ended::Changed,
            }
        };
        match ended {
            Ended::Answered(answers) => {
                let ended_at = Instant::now();
                self.last_panel = Some(ended_at);
                self.is_hurried = false;
                self.next_panel = ended_at + self.interval.saturating_sub(gap * share / 2);
                self.finish(&answers).await;
                false
            }
            Ended::Changed => {
                self.next_panel = Instant::now();
                self.is_hurried = true;
                false
            }
            Ended::Cued => true,
        }
    }

    /// What a whole panel came to.
    pub(super) async fn finish(&mut self, answers: &Answers) {
        let trouble = answers.trouble().cloned();
        if answers.given.is_empty() {
            if let Some(trouble) = trouble {
                self.lose(&trouble).await;
            }
            return;
        }
        if let Some(Trouble { remedy: Remedy::Pause(pause), .. }) = &trouble {
            self.rest = Instant::now() + (*pause).min(MAX_PAUSE);
        }
        self.backoff = Backoff::default();
        let whole = self.panel.whole(&answers.given);
        if whole.is_unknown {
            self.report.problem_once("unknown", unknown(self.subject)).await;
        } else {
            self.report.is_over("unknown");
        }
        let cause = trouble.map(|trouble| trouble.cause);
        for (segment, words) in incomplete(&whole, cause.as_ref()) {
            self.report.problem(&format!("incomplete {segment}"), words).await;
        }
        for segment in whole.served.keys() {
            self.report.is_over(&format!("incomplete {segment}"));
        }
        self.report.link(LinkState::Live).await;
        self.heard_at = Instant::now();
        self.report.served(whole.served).await;
    }

    /// Nobody got an answer: the edge is left alone for a while.
    pub(super) async fn lose(&mut self, trouble: &Trouble) {
        let wait = match trouble.remedy {
            Remedy::Again => self.backoff.next(rand::random()),
            Remedy::Pause(pause) => pause.min(MAX_PAUSE),
            Remedy::Person => SLOWEST,
        };
        self.rest = Instant::now() + wait;
        // What is served now is not known: everybody is asked as soon as the edge answers.
        self.next_panel = self.rest;
        self.is_hurried = true;
        let cause = trouble.cause.clone();
        self.report
            .link(match trouble.remedy {
                Remedy::Person => LinkState::Failed { cause },
                _ => LinkState::Retrying { cause, wait: Span(wait) },
            })
            .await;
    }

    /// Lets one canary look. Returns whether a whole panel is due at once.
    async fn look(&mut self) -> bool {
        self.next_look = Instant::now() + CANARY;
        let sentinels = self.panel.sentinels();
        self.turn = self.turn.wrapping_add(1);
        let Some(index) = sentinels.get(self.turn % sentinels.len().max(1)).copied() else { return false };
        let Some(user) = self.users.get(index) else { return false };
        let seen = self.edge.look(user, self.marks.get(&index).map(String::as_str)).await;
        match seen {
            Err(trouble) => {
                self.lose(&trouble).await;
                false
            }
            Ok(Look::Same) => {
                self.hear().await;
                false
            }
            Ok(Look::Seen { answer, mark }) => {
                let had_mark = self.marks.contains_key(&index);
                match mark {
                    Some(mark) if had_mark || self.marks.len() < MAX_MARKS => {
                        self.marks.insert(index, mark);
                        // Something at the edge has changed: another flag, or the share of this one.
                        if had_mark {
                            self.bring_forward();
                        }
                    }
                    _ => {}
                }
                self.hear().await;
                answer.is_some_and(|answer| self.panel.differs(index, &answer))
            }
        }
    }

    /// An answer came: the link lives.
    async fn hear(&mut self) {
        self.report.link(LinkState::Live).await;
        if self.heard_at.elapsed() >= HEARD {
            self.heard_at = Instant::now();
            self.report.heard().await;
        }
    }
}
