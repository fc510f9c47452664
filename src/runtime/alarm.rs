//! The alarm: what somebody who looks elsewhere should be told.
//!
//! In: the models of all rollouts, looked at again and again, and the time. Out: now and then one short text: a NO-GO
//! that was not there before, or a kill that nobody has confirmed. It changes nothing and sends nothing; the live loop
//! rings with it where the user asked for that. A replay has no alarm.
//!
//! One thing is told once. What comes in soon after a telling is gathered and told in one, so that a rollout that goes
//! wrong everywhere at once does not ring for a minute.

use std::collections::BTreeSet;
use std::time::Duration;

use tokio::time::Instant;

use crate::domain::{GuardrailName, RolloutName, SegmentName, Timestamp};
use crate::effect::{EffectId, Outcome};
use crate::engine::Model;

/// Least time between two tellings: long enough to look at the first.
const REST: Duration = Duration::from_secs(10);
/// A NO-GO that was older when it was first seen was read from the journal: whoever has just come sees it on the screen.
const NEWS: Duration = Duration::from_secs(60);

/// Something that is told once.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Cause {
    /// A NO-GO, by the moment at which it was made: cleared and made again it is another.
    NoGo(RolloutName, SegmentName, GuardrailName, Timestamp),
    /// A kill without a known end, at one platform or at several.
    Unconfirmed(RolloutName, EffectId),
}

/// Remembers what was told. What it remembers is what the models hold now, and so as bounded as they are.
#[derive(Debug, Default)]
pub(super) struct Alarm {
    known: BTreeSet<Cause>,
    /// The first text since the last telling, and how many more there were.
    gathered: Option<(String, usize)>,
    told_at: Option<Instant>,
}

impl Alarm {
    /// Looks at the models. Returns what to tell now.
    pub fn look(&mut self, rollouts: &[&Model], now: Instant) -> Option<String> {
        let mut present = BTreeSet::new();
        for model in rollouts {
            for (cause, text) in causes(model) {
                // Several platforms of one kill are one cause.
                let is_new = present.insert(cause.clone()) && !self.known.contains(&cause);
                if is_new && is_news(&cause, model) {
                    match &mut self.gathered {
                        None => self.gathered = Some((text, 0)),
                        Some((_, more)) => *more += 1,
                    }
                }
            }
        }
        self.known = present;
        if self.told_at.is_some_and(|at| now.saturating_duration_since(at) < REST) {
            return None;
        }
        let (text, more) = self.gathered.take()?;
        self.told_at = Some(now);
        Some(if more == 0 { text } else { format!("{text}; and {more} more") })
    }
}

/// All that is to be told about a model, each with its words.
fn causes(model: &Model) -> impl Iterator<Item = (Cause, String)> {
    let rollout = &model.rollout.name;
    let no_gos = model.segments.iter().flat_map(move |segment| {
        segment.latches.iter().map(move |latch| {
            let cause = Cause::NoGo(rollout.clone(), segment.name.clone(), latch.guardrail.clone(), latch.at);
            (cause, format!("NO-GO {} in {} of {rollout}", latch.station, segment.name))
        })
    });
    let unconfirmed = model.unfinished().filter(|tracked| {
        tracked.command.is_urgent() && matches!(tracked.outcome, Some(Outcome::Unknown { .. }))
    });
    let unconfirmed = unconfirmed.map(move |tracked| {
        let cause = Cause::Unconfirmed(rollout.clone(), tracked.command.whole());
        (cause, format!("NOT CONFIRMED: {} of {rollout}", tracked.what()))
    });
    no_gos.chain(unconfirmed)
}

fn is_news(cause: &Cause, model: &Model) -> bool {
    match cause {
        Cause::NoGo(.., at) => model.now.since(*at) <= NEWS,
        Cause::Unconfirmed(..) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::world::{self, World};

    const fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn no_go(world: &mut World) {
        while world.model.segments.iter().all(|segment| segment.latches.is_empty()) {
            world.step(&[], 0.15);
        }
    }

    #[test]
    fn a_fresh_no_go_is_told_once() {
        let (mut alarm, start) = (Alarm::default(), Instant::now());
        let mut world = world::launch();
        assert_eq!(alarm.look(&[&world.model], start), None);
        no_go(&mut world);
        let told = alarm.look(&[&world.model], start + s(1));
        assert_eq!(told.as_deref(), Some("NO-GO errors in enterprise of checkout-v2"));
        for later in [2, 20, 200] {
            assert_eq!(alarm.look(&[&world.model], start + s(later)), None);
        }
    }

    #[test]
    fn an_old_no_go_from_the_journal_is_not_told_again() {
        let mut world = world::launch();
        no_go(&mut world);
        world.wait(61_000);
        let mut alarm = Alarm::default();
        assert_eq!(alarm.look(&[&world.model], Instant::now()), None);
    }

    #[test]
    fn what_comes_soon_after_a_telling_is_gathered_and_told_in_one() {
        let (mut alarm, start) = (Alarm::default(), Instant::now());
        let mut world = world::launch();
        no_go(&mut world);
        assert!(alarm.look(&[&world.model], start).is_some());
        // The same rollout under other names: they go wrong a second later.
        let others: Vec<Model> = ["search", "profile", "basket"]
            .map(|name| {
                let mut rollout = (*world.model.rollout).clone();
                rollout.name = RolloutName::new(name).unwrap();
                let mut model = world.model.clone();
                model.rollout = rollout.into();
                model
            })
            .into();
        let all: Vec<&Model> = others.iter().chain([&world.model]).collect();
        assert_eq!(alarm.look(&all, start + s(1)), None, "it rests");
        assert_eq!(alarm.look(&all, start + s(9)), None);
        let told = alarm.look(&all, start + s(10)).unwrap();
        assert_eq!(told, "NO-GO errors in enterprise of search; and 2 more");
        assert_eq!(alarm.look(&all, start + s(30)), None);
    }

    #[test]
    fn a_kill_without_a_known_end_is_told_once_for_all_its_platforms() {
        let (mut alarm, start) = (Alarm::default(), Instant::now());
        let world = world::trouble();
        let told = alarm.look(&[&world.model], start).unwrap();
        assert!(told.contains("NOT CONFIRMED: kill") || told.contains("and 1 more"), "{told}");
        assert_eq!(alarm.look(&[&world.model], start + s(60)), None);
        assert_eq!(alarm.look(&[], start + s(61)), None);
    }
}
