//! A request in one sentence: `kill everything: off at 2 of 3 platforms; ios not confirmed for 4.2s`.
//!
//! In: the rows of a request. Out: the sentence. It counts what was read back, names who is missing with the longest
//! clock, and says of serving only what probes saw.

use super::{Asked, Row, Step};
use crate::action::Verb;
use crate::domain::Span;

/// Most platforms that are called by name for one reason; more are counted.
const MAX_NAMED: usize = 2;

impl<'m> Asked<'m> {
    /// What was asked for, without where: `kill everything`, `widen free to 25%`.
    pub fn what(&self) -> String {
        let what = self.first.what();
        let place = format!(" at {}", self.first.command.platform);
        let what = what.strip_suffix(&place).unwrap_or(&what);
        // Killed is 0 %.
        if self.first.command.verb == Verb::Kill { what.replace(" to 0%", "") } else { what.to_owned() }
    }

    /// Who is through, and who is not; never rounded up.
    pub fn summary(&self) -> String {
        let (total, stored) = (self.rows.len(), self.count(|row| row.step.is_stored()));
        let is_kill = self.first.command.verb == Verb::Kill;
        let word = if is_kill { "off" } else { "confirmed" };
        let mut parts = Vec::new();
        match self.rows.as_slice() {
            // Where it is stands in what is missing.
            [_] if stored == 0 => {}
            [only] => parts.push(format!("{word} at {}{}", only.platform(), self.took(Row::confirmed))),
            _ if stored == total => {
                parts.push(format!("{word} at all {total} platforms{}", self.took(Row::confirmed)));
            }
            _ => parts.push(format!("{word} at {stored} of {total} platforms")),
        }
        let missing: [(&[Step], &str, bool); 3] = [
            (&[Step::Unknown, Step::Sent, Step::Requested], "not confirmed", true),
            (&[Step::Refused], "REFUSED", false),
            (&[Step::Replaced], if is_kill { "no longer off" } else { "changed since" }, false),
        ];
        for (steps, what, has_clock) in missing {
            parts.extend(self.those(|row| steps.contains(&row.step), what, has_clock));
        }
        parts.extend(self.serving(is_kill));
        format!("{}: {}", self.what(), parts.join("; "))
    }

    /// What probes saw of it. Who has not stored it yet is more urgent than who was not seen to serve it; the rows say
    /// both.
    fn serving(&self, is_kill: bool) -> Vec<String> {
        let word = if is_kill { "served as off" } else { "served" };
        let unserved = self.those(|row| row.step == Step::Unserved, "STILL SERVES it", true);
        let mut parts: Vec<_> = unserved.into_iter().collect();
        if self.rows.iter().all(|row| row.step.is_stored()) {
            let (total, probed) = (self.rows.len(), self.count(|row| row.is_probed));
            let served = self.count(|row| row.step == Step::Served);
            match (served == probed, probed) {
                (_, 0) => {}
                (true, _) if probed == total && total > 1 => {
                    parts.push(format!("{word} at all {total}{}", self.took(Row::served)));
                }
                (true, 1) if total == 1 => parts.push(format!("{word}{}", self.took(Row::served))),
                // What is missing says it all.
                (false, _) if total == 1 => {}
                (_, probed) => parts.push(format!("{word} at {served} of {probed} probed")),
            }
            parts.extend(self.those(|row| row.step == Step::Confirmed, &format!("not seen {word}"), true));
            let unprobed = self.count(|row| row.step == Step::Unprobed && !row.tracked.restored);
            match unprobed {
                0 => {}
                all if all == total => parts.push("not probed".to_owned()),
                some => parts.push(format!("{some} not probed")),
            }
        }
        parts
    }

    fn count(&self, is: impl Fn(&Row<'m>) -> bool) -> usize {
        self.rows.iter().filter(|row| is(row)).count()
    }

    /// `ios, tv and 3 more not confirmed for 4.2s`: the longest of their clocks.
    fn those(&self, is: impl Fn(&Row<'m>) -> bool, what: &str, has_clock: bool) -> Option<String> {
        let those: Vec<_> = self.rows.iter().filter(|row| is(row)).collect();
        let named: Vec<_> = those.iter().take(MAX_NAMED).map(|row| row.platform().as_str()).collect();
        let more = those.len() - named.len();
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let longest = those.iter().map(|row| row.clock()).max()?;
        let clock = if has_clock { format!(" for {longest}") } else { String::new() };
        Some(format!("{}{more} {what}{clock}", named.join(", ")))
    }

    /// ` after 1.2s`: when the last of them was through.
    fn took(&self, step: impl Fn(&Row<'m>) -> Option<Span>) -> String {
        let slowest = self.rows.iter().filter_map(step).max();
        slowest.map_or_else(String::new, |took| format!(" after {took}"))
    }
}
