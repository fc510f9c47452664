//! The weights of a `fractional`: who gets what, and who would change their variant.
//!
//! In: its operands. Out: a [`Split`]: entries with weights, each a share of the users; and the same entries with other
//! shares, as small whole weights. Pure.
//!
//! flagd takes `murmur3(bucket)`, a number below 2³², times the sum of the weights, divided by 2³², and serves the entry
//! in whose range that falls; the ranges lie side by side in the order of the entries
//! (`core/pkg/evaluator/fractional.go` of open-feature/flagd). So a user is a fixed place on a line from 0 to 1, an entry
//! is a stretch of that line, and weights multiplied by a number serve the same users. With two entries there is one
//! border: moving it only adds users, or only takes some. With three, the borders between the first ones move as well,
//! and users change from one variant to the other: [`Split::moved`] says how many.

use serde_json::Value;

use super::branches::variant;
use crate::domain::Percent;

/// The largest sum that flagd takes (`math.MaxInt32`).
const MAX_SUM: u64 = 2_147_483_647;

/// The most entries: nobody has more variants, and comparing two splits is quick.
const MAX_ENTRIES: usize = 100;

/// Everybody, in parts per million.
const WHOLE: u64 = 1_000_000;

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The variant. `None`: the default one.
    pub variant: Option<String>,
    /// Its weight. `None`: flagd computes it.
    pub weight: Option<u32>,
}

/// The entries of a `fractional`, in its order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Split {
    /// At which operand the first entry stands: before it there may be what users are told apart by.
    pub first: usize,
    /// The entries.
    pub entries: Vec<Entry>,
}

/// A stretch of users that change their variant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Move {
    /// From.
    pub from: Option<String>,
    /// To.
    pub to: Option<String>,
    /// How many.
    pub share: Percent,
}

impl Split {
    /// Reads the operands.
    ///
    /// # Errors
    /// In words, what flagd would not take, or what is not understood here.
    pub fn read(operands: &[Value]) -> Result<Self, String> {
        let first = match operands.first() {
            Some(Value::Array(_)) => 0,
            Some(Value::Object(_) | Value::String(_) | Value::Null) => 1,
            _ => return Err("its first operand is no list and nothing to tell users apart by".into()),
        };
        let items = operands.get(first..).unwrap_or_default();
        if items.is_empty() || items.len() > MAX_ENTRIES {
            return Err(format!("it has {} variants", items.len()));
        }
        let entries = items.iter().map(entry).collect::<Result<Vec<_>, _>>()?;
        let split = Self { first, entries };
        if split.entries.iter().map(|entry| u64::from(entry.weight.unwrap_or_default())).sum::<u64>()
            > MAX_SUM
        {
            return Err(format!("its weights sum up to more than {MAX_SUM}, which flagd does not take"));
        }
        Ok(split)
    }

    /// Whether flagd computes a weight.
    #[must_use]
    pub fn is_computed(&self) -> bool {
        self.entries.iter().any(|entry| entry.weight.is_none())
    }

    /// The sum of the weights. 0 means that everybody gets the default variant.
    #[must_use]
    pub fn sum(&self) -> u64 {
        self.entries.iter().map(|entry| u64::from(entry.weight.unwrap_or_default())).sum()
    }

    /// The share of the entries that are meant. `None`: a weight is computed, or all are 0.
    #[must_use]
    pub fn share_of(&self, is_meant: impl Fn(Option<&str>) -> bool) -> Option<Percent> {
        if self.is_computed() || self.sum() == 0 {
            return None;
        }
        let meant = self.entries.iter().filter(|entry| is_meant(entry.variant.as_deref()));
        Some(ratio(meant.map(|entry| u64::from(entry.weight.unwrap_or_default())).sum(), self.sum()))
    }

    /// The variants, each once, in the order of their first entries.
    #[must_use]
    pub fn variants(&self) -> Vec<Option<&str>> {
        let mut all: Vec<Option<&str>> = vec![];
        for entry in &self.entries {
            let name = entry.variant.as_deref();
            if !all.contains(&name) {
                all.push(name);
            }
        }
        all
    }

    /// The same entries with other shares for their variants, which sum up to the whole. A variant with several
    /// entries keeps their proportions; one without an entry gets one at the end.
    ///
    /// Who has these shares already keeps their weights; else the sum stays where that is possible, or becomes 100, 1000, ….
    #[must_use]
    pub fn with(&self, wanted: &[(Option<String>, Percent)]) -> Self {
        let mut entries = self.entries.clone();
        for (name, share) in wanted {
            if !share.is_zero() && !entries.iter().any(|entry| entry.variant == *name) {
                entries.push(Entry { variant: name.clone(), weight: Some(0) });
            }
        }
        let mut shares = vec![0_u64; entries.len()];
        for (name, share) in wanted {
            let mine: Vec<usize> =
                (0..entries.len()).filter(|i| entries.get(*i).is_some_and(|e| e.variant == *name)).collect();
            let weight = |i: &usize| entries.get(*i).and_then(|entry| entry.weight).unwrap_or_default();
            let weights: Vec<u64> = mine.iter().map(|i| u64::from(weight(i))).collect();
            for (i, part) in mine.iter().zip(proportional(u64::from(share.ppm()), &weights)) {
                if let Some(slot) = shares.get_mut(*i) {
                    *slot = part;
                }
            }
        }
        let sum = if self.is_computed() { 0 } else { self.sum() };
        let fits = |total: u64| shares.iter().all(|ppm| (ppm * total).is_multiple_of(WHOLE));
        let total = [sum, 100, 1_000, 10_000, 100_000]
            .into_iter()
            .find(|total| *total > 0 && fits(*total))
            .unwrap_or(WHOLE);
        for (entry, ppm) in entries.iter_mut().zip(shares) {
            // At most the total, which is a sum that flagd takes.
            entry.weight = Some((ppm * total / WHOLE) as u32);
        }
        Self { first: self.first, entries }
    }

    /// Who would get another variant, by variant: first those whom most users would leave. Empty if a weight is
    /// computed, or if all of one side are 0.
    #[must_use]
    pub fn moved(&self, after: &Self) -> Vec<Move> {
        let (before_sum, after_sum) = (u128::from(self.sum()), u128::from(after.sum()));
        if self.is_computed() || after.is_computed() || before_sum == 0 || after_sum == 0 {
            return vec![];
        }
        // The line from 0 to 1 in steps of one over the product of both sums.
        let (mut here, mut there) = (self.stretches(after_sum), after.stretches(before_sum));
        let mut moved: Vec<(Option<String>, Option<String>, u128)> = vec![];
        let (mut from, mut to) = (here.next(), there.next());
        let mut at = 0;
        while let (Some((end, left)), Some((other_end, taken))) = (from, to) {
            let next = end.min(other_end);
            if left != taken && next > at {
                match moved.iter_mut().find(|(a, b, _)| a == left && b == taken) {
                    Some((_, _, length)) => *length += next - at,
                    None => moved.push((left.clone(), taken.clone(), next - at)),
                }
            }
            at = next;
            if end == next {
                from = here.next();
            }
            if other_end == next {
                to = there.next();
            }
        }
        moved.sort_by_key(|(_, _, length)| std::cmp::Reverse(*length));
        let whole = before_sum * after_sum;
        let percent = |length: u128| Percent::from_ppm((length * u128::from(WHOLE) / whole) as u32);
        moved.into_iter().map(|(from, to, length)| Move { from, to, share: percent(length) }).collect()
    }

    /// Where each entry ends, in multiples of its weight.
    fn stretches(&self, scale: u128) -> impl Iterator<Item = (u128, &Option<String>)> {
        self.entries.iter().scan(0_u128, move |end, entry| {
            *end += u128::from(entry.weight.unwrap_or_default()) * scale;
            Some((*end, &entry.variant))
        })
    }
}

/// `["on", 25]`, `["on"]` with a weight of 1, `["on", {…}]` with one that flagd computes.
fn entry(item: &Value) -> Result<Entry, String> {
    let Value::Array(parts) = item else {
        return Err(format!("{item} is no list of a variant and its weight"));
    };
    let Some(name) = parts.first() else { return Err("an entry has no variant".into()) };
    if name.is_object() || name.is_array() {
        return Err("flagd computes one of its variants".into());
    }
    let weight = match parts.get(1) {
        None | Some(Value::Null) => Some(1),
        Some(Value::Object(_)) => None,
        Some(Value::Number(number)) => match number.as_f64() {
            Some(double) if double.fract() != 0.0 => {
                return Err(format!("the weight {number} is no whole number, which flagd does not take"));
            }
            // A negative one counts as 0.
            Some(double) if double <= MAX_SUM as f64 => Some(double.max(0.0) as u32),
            _ => return Err(format!("the weight {number} is more than flagd takes")),
        },
        Some(other) => return Err(format!("the weight {other} is no number")),
    };
    Ok(Entry { variant: variant(name), weight })
}

/// `part` of `whole`, to the nearest part in a million.
fn ratio(part: u64, whole: u64) -> Percent {
    // Below 2³¹ times a million: no overflow.
    Percent::from_ppm(((part * WHOLE + whole / 2) / whole.max(1)) as u32)
}

/// Divides an amount in proportion to weights, to the last unit; equally if all are 0.
#[must_use]
pub fn proportional(amount: u64, weights: &[u64]) -> Vec<u64> {
    let sum: u64 = weights.iter().sum();
    let weight = |w: u64| if sum == 0 { 1 } else { w };
    let total: u64 = weights.iter().map(|w| weight(*w)).sum();
    let (mut before, mut given) = (0_u64, 0_u64);
    weights
        .iter()
        .map(|w| {
            before += weight(*w);
            // Up to a million times 2³¹: no overflow. Cumulative, so that the parts sum up to the amount.
            let part = amount * before / total.max(1) - given;
            given += part;
            part
        })
        .collect()
}

#[cfg(test)]
mod tests;
