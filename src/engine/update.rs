//! The one way in: an event changes the model and may ask for effects.

use crate::action::Request;
use crate::domain::{Sample, Source, Text};
use crate::effect::{Effect, Record};
use crate::event::{Body, Event};

use super::chronicle::record_moment;
use super::decision::Decision;
use super::model::{Autopilot, Model, Moment, MomentKind, Refusal};
use super::{acts, autopilot, commands, exposure, facts, health, judge, people, restore, served};

/// Takes an event into account and says what shall be done.
///
/// Total: any event in any state; an event that changes nothing leaves [`Model::revision`] as it was.
pub fn update(model: &mut Model, event: &Event) -> Vec<Effect> {
    model.now = model.now.max(event.at);
    model.began.get_or_insert(event.at);
    model.outlook.take();
    model.brief.take();
    model.decided.clear();
    let mut effects = Vec::new();
    match &event.body {
        Body::Tick => commands::settle(model, &mut effects),
        Body::Flag { platform, state } => facts::flag(model, platform, state, &mut effects),
        Body::Served { platform, served } => served::served(model, platform, served),
        Body::Rehearsed { platform, change, answer } => served::rehearsed(model, platform, change, answer),
        Body::Link { source, state } => facts::link(model, source, state),
        Body::Heard(source) => {
            facts::heard(model, source, event.source_at);
            commands::settle(model, &mut effects);
        }
        Body::Sample(sample) => read_sample(model, event, sample),
        Body::Feedback(feedback) => facts::feedback(model, event.source_at, feedback),
        Body::Problem { source, problem } => facts::problem(model, source, problem),
        Body::Traffic { refused, coalesced } => facts::traffic(model, *refused, *coalesced),
        Body::Leaving => model.autopilot = Autopilot::Off,
        Body::Asked(request) => ask(model, request, &mut effects),
        Body::Effect { id, outcome } => commands::outcome(model, *id, outcome),
        Body::Restored { written_at, record } => {
            restore::record(model, *written_at, record, &mut effects);
        }
    }
    if matches!(event.body, Body::Flag { .. } | Body::Effect { .. }) {
        served::stored(model);
    }
    exposure::derive(model, &event.body);
    judge::judge(model, &event.body, &mut effects);
    // A sample that asks for nothing has latched nothing, and changes the phase of its own segment only.
    let quiet = match &event.body {
        Body::Sample(sample) if effects.is_empty() => Some(&sample.segment),
        _ => None,
    };
    if quiet.is_none() {
        people::void(model);
    }
    for request in autopilot::decide(model, &event.body) {
        ask(model, &request, &mut effects);
    }
    exposure::derive_phases(model, quiet.filter(|_| effects.is_empty()));
    model.decided.extend(effects.iter().map(Decision::from));
    effects
}

fn read_sample(model: &mut Model, event: &Event, sample: &Sample) {
    let at = event.at;
    let found = model.segments.iter_mut().find(|segment| segment.name == sample.segment);
    if let Some(series) = found.and_then(|segment| segment.series.get_mut(&sample.metric))
        && series.is_late(event.source_at)
    {
        model.traffic.late += 1;
        model.revision += 1;
        return;
    }
    facts::heard(model, &Source::of_metric(&sample.metric), event.source_at);
    let Some(segment) = model.segments.iter_mut().find(|segment| segment.name == sample.segment) else {
        return;
    };
    let Some(series) = segment.series.get_mut(&sample.metric) else { return };
    let resets = series.resets;
    let new = series.read(at, &sample.value);
    let was_reset = series.resets > resets && resets == 0;
    let exposure = segment.exposure.confirmed;
    for (guardrail, watch) in model.rollout.guardrails.iter().zip(&mut segment.watches) {
        if guardrail.metric == sample.metric {
            watch.observe(&new, series.bounds(), exposure);
        }
    }
    health::count_split(model, sample, &new);
    if !new.is_empty() {
        model.revision += 1;
    }
    if was_reset {
        let text = format!(
            "{} of {} fell: its source was restarted; counting goes on",
            sample.metric, sample.segment
        );
        record_moment(model, Moment::new(at, MomentKind::Link, text).in_segment(&sample.segment));
    }
}

/// Carries a request out, or says why not. Keys, verbs and autopilot all come through here.
fn ask(model: &mut Model, request: &Request, effects: &mut Vec<Effect>) {
    let plan = match acts::plan(model, request).and_then(|plan| acts::check(model, request, plan)) {
        Ok(plan) => plan,
        Err(cause) => {
            let text = format!("{} {} refused: {cause}", request.verb.spec().name, request.scope);
            let moment = Moment::new(model.now, MomentKind::Problem, text).by(&request.actor);
            record_moment(model, moment);
            model.refusal = Some(Refusal { at: model.now, verb: request.verb, cause });
            model.revision += 1;
            return;
        }
    };
    model.refusal = None;
    for record in plan.records {
        restore::apply(model, model.now, &record, false);
        effects.push(Effect::Record(record));
    }
    let mut whole = None;
    for (platform, change, expected) in plan.changes {
        if let Some(command) = commands::under_way(model, &platform, &change) {
            let text = format!("{}: asked for again, not confirmed yet", commands::describe(command));
            let (scope, actor) = (request.scope.clone(), request.actor.clone());
            let record = Record::Noted { scope, actor, text: Text::new(&text) };
            restore::apply(model, model.now, &record, false);
            effects.push(Effect::Record(record));
            continue;
        }
        let order = commands::Order { request, evidence: plan.evidence.clone(), part_of: whole };
        let command = commands::request(model, order, platform, change, expected);
        whole.get_or_insert(command.id);
        effects.push(Effect::Command(command));
    }
    model.revision += 1;
}
