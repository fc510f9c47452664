//! Derives each segment's exposure and phase from platforms, series and commands.
//!
//! Nothing here is remembered that could be computed: desired and confirmed come from the platforms,
//! observed from what users did lately.

use std::time::Duration;

use super::decision::Decision;
use super::model::{Model, PlatformModel, SegmentModel};
use crate::action::Verb;
use crate::domain::{Arm, Exposure, Percent, Phase, SegmentName, Timestamp, Verdict};
use crate::event::Body;

/// How far back the observed exposure looks: long enough for a few samples, short enough to show a kill.
const OBSERVED_OVER: Duration = Duration::from_secs(10);
/// Fewer users than this in that time say nothing about a share.
const OBSERVED_LEAST: f64 = 20.0;

/// Brings desired, confirmed and observed up to date: of one segment after a sample, of all after anything else.
pub fn derive(model: &mut Model, cause: &Body) {
    let now = model.now;
    // A sample moves no flag, and there are many of them.
    if !matches!(cause, Body::Sample(_)) {
        model.platforms.iter_mut().for_each(forget_outdated);
    }
    for segment in &mut model.segments {
        if matches!(cause, Body::Sample(sample) if sample.segment != segment.name) {
            continue;
        }
        let name = segment.name.clone();
        let largest = |share: &dyn Fn(&PlatformModel) -> Option<Percent>| {
            model.platforms.iter().filter_map(share).max()
        };
        let confirmed = largest(&|p| p.state.as_ref().and_then(|state| state.confirmed(&name)));
        let desired = largest(&|p| desired(p, &name));
        let is_even = is_even(&model.platforms, &name);
        if segment.exposure.confirmed != confirmed {
            segment.stage_since =
                Some(confirmed.and_then(|share| since(&model.platforms, &name, share)).unwrap_or(now));
            segment.series.values_mut().for_each(super::series::Series::begin_stage);
            let ladder = model.rollout.segment(&name).map(|segment| &segment.ladder);
            let stage = confirmed.and_then(|share| ladder?.stage_at(share));
            let sample = stage.map_or(0.0, |(_, stage)| stage.sample as f64);
            segment.watches.iter_mut().for_each(|watch| watch.begin_stage(sample));
            segment.split = None;
            model.decided.push(Decision::Exposure { segment: name.clone(), confirmed });
            model.revision += 1;
        }
        if is_even && !segment.is_even {
            // The last platform has it now: the stage bakes, and its split counts, from here on.
            segment.stage_since = Some(now);
            model.revision += 1;
        }
        segment.is_even = is_even;
        let served = largest(&|p| p.served_share(&name));
        let observed = observed(segment, now);
        let exposure = &mut segment.exposure;
        if (exposure.desired, exposure.served, exposure.observed) != (desired, served, observed) {
            model.revision += 1;
        }
        *exposure = Exposure { desired, confirmed, served, observed };
    }
}

/// What the journal remembers and a reading contradicts is over.
fn forget_outdated(platform: &mut PlatformModel) {
    if let Some(state) = &platform.state {
        platform.remembered_since.retain(|name, (share, _)| state.confirmed(name) == Some(*share));
    }
}

/// Whether all platforms that were read and know a segment have stored the same share of it.
fn is_even(platforms: &[PlatformModel], name: &SegmentName) -> bool {
    let mut shares = platforms.iter().filter_map(|p| p.state.as_ref()?.confirmed(name));
    let first = shares.next();
    shares.all(|share| Some(share) == first)
}

/// Since when the journal says that a segment has had this share. `None`: it does not say so, or says another one.
fn since(platforms: &[PlatformModel], name: &SegmentName, share: Percent) -> Option<Timestamp> {
    let read = platforms.iter().filter(|platform| platform.state.is_some());
    let known = read.filter_map(|platform| platform.remembered_since.get(name));
    known.filter(|(known, _)| *known == share).map(|(_, at)| *at).min()
}

fn desired(platform: &PlatformModel, segment: &SegmentName) -> Option<Percent> {
    let share = platform.desired.get(segment).copied();
    let is_off = platform.killed.is_some() || platform.state.as_ref().is_some_and(|state| !state.on);
    if is_off { share.map(|_| Percent::ZERO) } else { share }
}

/// The share of new users in treatment since the exposure last changed, at most [`OBSERVED_OVER`] back.
fn observed(segment: &SegmentModel, now: Timestamp) -> Option<Percent> {
    let window = Timestamp(now.0.saturating_sub(OBSERVED_OVER.as_millis() as i64));
    // Users who came before the exposure changed say nothing about it; its first second is of both.
    let from = segment.stage_since.map_or(window, |since| window.max(since.plus(Duration::from_secs(1))));
    segment.series.values().find_map(|series| {
        let units = |arm| series.since(from, arm).map(|counts| counts.units);
        let (treatment, control) = (units(Arm::Treatment)?, units(Arm::Control)?);
        let all = treatment + control;
        (all >= OBSERVED_LEAST).then(|| Percent::from_ppm((treatment / all * 1e6).round() as u32))
    })
}

/// Brings each segment's phase up to date, or `only` that of one.
pub fn derive_phases(model: &mut Model, only: Option<&SegmentName>) {
    for index in 0..model.segments.len() {
        let Some(segment) = model.segments.get(index) else { continue };
        if only.is_some_and(|only| *only != segment.name) {
            continue;
        }
        let phase = phase(model, segment);
        if let Some(segment) = model.segments.get_mut(index)
            && segment.phase != phase
        {
            segment.phase = phase;
            model.decided.push(Decision::Phase { segment: segment.name.clone(), phase });
            model.revision += 1;
        }
    }
}

fn phase(model: &Model, segment: &SegmentModel) -> Phase {
    let open = |verb: Verb| {
        model.commands.iter().any(|tracked| {
            tracked.command.verb == verb
                && tracked.is_open()
                && tracked.command.change.segments().is_none_or(|names| names.contains(&segment.name))
        })
    };
    if open(Verb::Kill) {
        return Phase::Killing;
    }
    let Some(confirmed) = segment.exposure.confirmed else { return Phase::Unknown };
    let all_killed = !model.platforms.is_empty() && model.platforms.iter().all(|p| p.killed.is_some());
    if (segment.killed.is_some() || all_killed) && confirmed.is_zero() {
        return Phase::Killed;
    }
    if open(Verb::RollBack) {
        return Phase::RollingBack;
    }
    if segment.paused.is_some() {
        return Phase::Paused;
    }
    if segment.verdict >= Verdict::Hold {
        return Phase::Holding;
    }
    // Not while a platform still gives it to fewer.
    if confirmed == Percent::FULL && segment.is_even { Phase::Complete } else { Phase::Running }
}

impl Model {
    /// Where the rollout as a whole stands. What is under way or not known in one segment comes first. It is killed or
    /// complete only if all of it is; paused if nothing is left that could go on without a resume; and it holds while any
    /// segment has a NO-GO or a HOLD, also once that segment was paused or killed: the answer does not undo the finding.
    #[must_use]
    pub fn phase(&self) -> Phase {
        let any = |phase| self.segments.iter().any(|segment| segment.phase == phase);
        let all = |phases: &[Phase]| {
            !self.segments.is_empty() && self.segments.iter().all(|segment| phases.contains(&segment.phase))
        };
        let urgent = [Phase::Killing, Phase::Unknown, Phase::RollingBack];
        if let Some(phase) = urgent.into_iter().find(|phase| any(*phase)) {
            return phase;
        }
        if let Some(phase) = [Phase::Killed, Phase::Complete].into_iter().find(|phase| all(&[*phase])) {
            return phase;
        }
        if any(Phase::Paused) && all(&[Phase::Paused, Phase::Killed, Phase::Complete]) {
            return Phase::Paused;
        }
        let is_held = any(Phase::Holding) || self.verdict() >= Verdict::Hold;
        if is_held { Phase::Holding } else { Phase::Running }
    }
}
