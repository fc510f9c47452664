//! Planning of writes: from what is stored to what is wanted, before anything is sent.
//!
//! In: the [`Map`] of the flag as it was read, the wanted shares, and whether widening is allowed.
//! Out: [`Write`]s, smaller shares first, or in words why not. Pure.
//!
//! Rules: nobody is exposed by a command that may only stop; a share is set on the one strategy of
//! its segment, as a whole percent; 0 % is the rollout `"0"`, never `disabled`, because disabling
//! the last enabled strategy turns the whole environment off.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::mapping::{Map, SegmentNames, called};
use super::share::{FLEXIBLE, served_by, stored, written};
use super::wire::Strategy;
use crate::domain::{Percent, SegmentName};

/// One change of one strategy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Write {
    /// The segment that it is for.
    pub segment: SegmentName,
    /// The strategy's id.
    pub strategy: String,
    /// What is stored as its rollout. `None`: nothing, or no text.
    pub from: Option<String>,
    /// What is to be stored.
    pub to: String,
    /// Whether the strategy is disabled and is to be used again.
    pub enable: bool,
    /// Whether it makes an exposure larger.
    pub grows: bool,
    /// The variants as they are to be stored. `None`: they stay as they are.
    pub variants: Option<Vec<Value>>,
}

impl Write {
    /// The JSON-Patch. What makes an exposure larger is tested against the value that was seen; what
    /// makes it smaller must win against any other writer, so it is not.
    #[must_use]
    pub fn patch(&self) -> Value {
        let mut steps = vec![];
        if self.grows {
            if let Some(from) = &self.from {
                steps.push(json!({ "op": "test", "path": "/parameters/rollout", "value": from }));
            }
            steps.push(json!({ "op": "test", "path": "/disabled", "value": self.enable }));
        }
        // `add` replaces what is there, and also works where nothing is.
        steps.push(json!({ "op": "add", "path": "/parameters/rollout", "value": self.to }));
        if self.enable {
            steps.push(json!({ "op": "replace", "path": "/disabled", "value": false }));
        }
        if let Some(variants) = &self.variants {
            steps.push(json!({ "op": "add", "path": "/variants", "value": variants }));
        }
        Value::Array(steps)
    }
}

/// What is to be done.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// What to send, what makes exposures smaller first.
    pub writes: Vec<Write>,
    /// Why a part of the command must not be done. The rest may be.
    pub refused: Option<String>,
}

/// How far a plan may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leave {
    /// Exposures may only become smaller.
    Stop,
    /// They may become larger, too.
    Grow,
    /// As `Grow`, for a flag that is about to be switched on: strategies of ours that are disabled
    /// are used again even at 0 %, because Unleash adds one with 100 % where none is enabled.
    SwitchOn,
}

/// Plans the writes for the wanted shares.
#[must_use]
pub fn plan(
    map: &Map<'_>,
    wanted: &BTreeMap<SegmentName, Percent>,
    leave: Leave,
    names: &SegmentNames,
) -> Plan {
    let mut plan = Plan::default();
    for (segment, share) in wanted {
        match writes_for(map, segment, *share, leave, names) {
            Ok(writes) => plan.writes.extend(writes),
            Err(why) => plan.refused = plan.refused.or(Some(why)),
        }
    }
    // A command that may grow is done whole or not at all; one that stops, as far as it can.
    if plan.refused.is_some() && leave != Leave::Stop {
        plan.writes.clear();
    }
    plan.writes.sort_by_key(|write| write.grows);
    plan
}

fn writes_for(
    map: &Map<'_>,
    segment: &SegmentName,
    share: Percent,
    leave: Leave,
    names: &SegmentNames,
) -> Result<Vec<Write>, String> {
    let to = written(share).ok_or_else(|| {
        format!(
            "Unleash takes whole percents, not {share} for {segment}. hint: use whole percents in the plan"
        )
    })?;
    let Some(strategies) = map.ours.get(segment) else {
        return Err(format!(
            "there is no strategy for {segment}. hint: add one in Unleash, titled as the segment's match in the rollout file"
        ));
    };
    // One enabled strategy speaks for its segment; disabled ones beside it are somebody's history.
    let enabled: Vec<_> = strategies.iter().copied().filter(|strategy| !strategy.disabled).collect();
    let candidates = if enabled.is_empty() { strategies } else { &enabled };
    let several = candidates.len() > 1;
    let is_above = |strategy: &&Strategy| !served_by(strategy).is_ok_and(|now| now <= share);
    if several && !candidates.iter().any(is_above) {
        let nothing_to_do =
            map.share(segment) == Some(share) && (leave != Leave::SwitchOn || !enabled.is_empty());
        return if nothing_to_do { Ok(vec![]) } else { Err(ambiguous(candidates.len(), segment)) };
    }
    let mut writes = vec![];
    // Of several, only those above the wanted share are lowered: raising one would choose for somebody.
    for strategy in candidates.iter().filter(|strategy| !several || is_above(strategy)) {
        writes.extend(write_for(strategy, segment, share, &to, leave, names)?);
    }
    Ok(writes)
}

fn ambiguous(count: usize, segment: &SegmentName) -> String {
    format!("{count} strategies serve {segment}. hint: leave one of them enabled in Unleash")
}

fn write_for(
    strategy: &Strategy,
    segment: &SegmentName,
    share: Percent,
    to: &str,
    leave: Leave,
    names: &SegmentNames,
) -> Result<Option<Write>, String> {
    let called = || called(strategy, names);
    let served = served_by(strategy);
    let enable = strategy.disabled && (!share.is_zero() || leave == Leave::SwitchOn);
    if served == Ok(share) && !enable {
        return Ok(None);
    }
    if strategy.name != FLEXIBLE {
        return Err(format!(
            "strategy {} of {segment} is of the kind {:?} and has no share. hint: make it a gradual rollout in Unleash",
            called(),
            strategy.name
        ));
    }
    // An unknown share can only be left by way of 0 %: from it, everything else may be larger.
    let grows = served.is_ok_and(|now| share > now) || (served_by(strategy).is_err() && !share.is_zero());
    if grows && leave == Leave::Stop {
        let now = served_by(strategy).map_or_else(|why| why, |now| format!("it stands at {now}"));
        return Err(format!(
            "setting {segment} to {share} could expose more users: {now}. hint: widen it instead"
        ));
    }
    let from = stored(strategy).map(str::to_owned);
    Ok(Some(Write {
        segment: segment.clone(),
        strategy: strategy.id.clone(),
        from,
        to: to.to_owned(),
        enable,
        grows,
        variants: None,
    }))
}

/// Why a flag must not be switched on with these shares after the plan was carried out, in words:
/// somebody else would be exposed, or nobody would be, and then Unleash adds a strategy with 100 %.
///
/// # Errors
/// The first reason.
pub fn check_on(
    map: &Map<'_>,
    wanted: &BTreeMap<SegmentName, Percent>,
    names: &SegmentNames,
) -> Result<(), String> {
    if let Some(other) = map.others.first() {
        return Err(format!(
            "strategy {} also exposes others. hint: disable it in Unleash, or give its segment in the rollout file",
            called(other, names)
        ));
    }
    let open = |segment: &SegmentName| map.share(segment).is_none_or(|share| !share.is_zero());
    if let Some(segment) = map.ours.keys().find(|segment| !wanted.contains_key(*segment) && open(segment)) {
        return Err(format!("{segment} is exposed and not part of the command"));
    }
    if !wanted.keys().any(|segment| map.ours.contains_key(segment)) {
        return Err("no strategy would be enabled, and then Unleash adds one for 100 % of all users".into());
    }
    Ok(())
}

#[cfg(test)]
mod tests;
