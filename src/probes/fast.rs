//! Fast mode: from a cue until the edge serves what is stored.
//!
//! In: a cue. Out: a report the moment that answers differ, then a whole panel. A quick round asks up to sixteen users
//! who had the feature, over all segments, and the next eight of all; each question is an ordinary evaluation, and no
//! round begins before the last one is over.
//!
//! It ends when a whole panel agrees with what is stored and nothing has changed for two seconds, and after half a
//! minute in any case: slower edges are left to the canary.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::ask::{Pace, everybody, some};
use super::edge::Remedy;
use super::watch::{PATIENCE, Watch};
use crate::domain::LinkState;

/// From the beginning of one round to the next: with the round itself, an edge is seen to be off within 50 ms.
const ROUND: Duration = Duration::from_millis(20);

/// How long one answer of a round may take: the next round asks again anyway.
const ROUND_PATIENCE: Duration = Duration::from_millis(250);

/// How long after a round without any answer: an edge that restarts is not hammered.
const AFTER_FAILURE: Duration = Duration::from_millis(200);

/// Rounds without a pause while answers still change, before everybody is asked: an edge of several servers does not
/// change at once.
const SETTLING: usize = 3;

/// How long nothing must change before it is over.
const QUIET: Duration = Duration::from_secs(2);

/// The longest that it may take.
const LONGEST: Duration = Duration::from_secs(30);

/// What a round found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Round {
    /// As before.
    Same,
    /// Somebody's answer has changed.
    Changed,
    /// Nobody answered.
    Lost,
}

impl Watch<'_> {
    /// Returns when it is over: whether everybody was asked since the last change or cue.
    pub(super) async fn fast(&mut self) -> bool {
        let mut begun = Instant::now();
        let mut changed_at = begun;
        // Whether everybody was asked since the last change or cue.
        let mut is_measured = false;
        if !self.panel.is_known() {
            is_measured = self.whole().await;
        }
        self.sentinels = self.panel.sentinels();
        loop {
            let round_at = Instant::now();
            let commands = self.cue.commands;
            if self.is_cued() {
                // The same ones until the next cue: of an edge with several servers each may answer for another state.
                self.sentinels = self.panel.sentinels();
                (changed_at, is_measured) = (round_at, false);
                if self.cue.commands > commands {
                    begun = round_at;
                }
            }
            if round_at < self.rest {
                if self.rest > begun + LONGEST {
                    return is_measured;
                }
                sleep_until(self.rest).await;
                continue;
            }
            let mut wait = ROUND;
            match self.quick().await {
                Round::Changed => {
                    for _ in 0..SETTLING {
                        if self.quick().await != Round::Changed {
                            break;
                        }
                    }
                    is_measured = self.whole().await;
                    changed_at = Instant::now();
                }
                Round::Same if changed_at.elapsed() >= QUIET => {
                    if !is_measured {
                        is_measured = self.whole().await;
                    }
                    let agrees = self.cue.stored.as_ref().is_none_or(|stored| self.panel.agrees(stored));
                    if is_measured && agrees && !self.cue.is_pending {
                        return is_measured;
                    }
                }
                Round::Same => {}
                Round::Lost => wait = AFTER_FAILURE,
            }
            if begun.elapsed() >= LONGEST {
                return is_measured;
            }
            sleep_until(round_at + wait).await;
        }
    }

    /// One quick round: reports what differs.
    async fn quick(&mut self) -> Round {
        let sentinels = self.sentinels.clone();
        let mut asked = sentinels.clone();
        asked.extend(self.panel.sweep().into_iter().filter(|user| !sentinels.contains(user)));
        let pace = Pace { gap: Duration::ZERO, patience: ROUND_PATIENCE };
        let answers = some(self.edge, self.users, &asked, pace).await;
        if let Some(trouble) = answers.trouble().cloned() {
            let must_wait = trouble.remedy != Remedy::Again;
            if must_wait || answers.given.is_empty() {
                self.lose(&trouble).await;
                if !must_wait {
                    // A quick round may fail and the next one not: only the edge's own word makes it wait here.
                    self.rest = Instant::now();
                }
            }
        }
        if answers.given.is_empty() {
            return Round::Lost;
        }
        self.report.link(LinkState::Live).await;
        let differ = |panel: &mut super::panel::Panel, users: &[usize], given: &BTreeMap<usize, _>| {
            let mut is_different = false;
            for user in users {
                is_different |= given.get(user).is_some_and(|answer| panel.take(*user, answer));
            }
            is_different
        };
        let is_different = differ(&mut self.panel, &asked, &answers.given);
        if !is_different {
            return Round::Same;
        }
        let part = self.panel.part(&sentinels, &answers.given);
        self.report.served(part).await;
        Round::Changed
    }

    /// Everybody at once, unless one more command comes. Returns whether everybody was measured.
    async fn whole(&mut self) -> bool {
        let pace = Pace { gap: Duration::ZERO, patience: PATIENCE };
        let (edge, users, commands) = (self.edge, self.users, self.cue.commands);
        let answers = tokio::select! {
            biased;
            () = self.cues.command_after(commands) => return false,
            answers = everybody(edge, users, pace) => answers,
        };
        self.finish(&answers).await;
        answers.given.len() == users.len()
    }
}
