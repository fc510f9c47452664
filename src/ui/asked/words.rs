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

    /// What probes saw of it.
    fn serving(&self, is_kill: bool) -> Vec<String> {
        let word = if is_kill { "served as off" } else { "served" };
        let is_waited_for = |row: &&Row<'m>| row.step.is_stored();
        let stored = || self.rows.iter().filter(is_waited_for);
        let probed = stored().filter(|row| row.is_probed).count();
        let served = self.count(|row| row.step == Step::Served);
        let mut parts = Vec::new();
        if probed > 0 {
            let is_all = served == probed && probed == self.rows.len();
            parts.push(match (is_all, probed) {
                (true, 1) => format!("{word}{}", self.took(Row::served)),
                (true, _) => format!("{word} at all {probed}{}", self.took(Row::served)),
                // What is missing says it all.
                (false, _) if self.rows.len() == 1 => String::new(),
                (false, _) => format!("{word} at {served} of {probed} probed"),
            });
        }
        parts.extend(self.those(|row| row.step == Step::Unserved, "STILL SERVES it", true));
        parts.extend(self.those(|row| row.step == Step::Confirmed, &format!("not seen {word}"), true));
        parts.retain(|part| !part.is_empty());
        if stored().any(|row| row.step == Step::Unprobed && !row.tracked.restored) {
            let unprobed = stored().filter(|row| row.step == Step::Unprobed).count();
            let which = if unprobed == self.rows.len() { String::new() } else { format!("{unprobed} ") };
            parts.push(format!("{which}not probed"));
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
