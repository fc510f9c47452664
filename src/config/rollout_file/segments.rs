//! `[[segments]]` and `[plan]`: who gets the feature, in which steps.

use super::names::Names;
use super::order::{self, Waiting};
use super::{probes, stages};
use crate::config::fields::{Fields, Value};
use crate::config::problem::{Problem, Problems};
use crate::config::values;
use crate::domain::{Ladder, Segment, SegmentName};
use crate::probes::Context;

/// The most segments: each is a row on the screen and a series of every metric.
const MAX_SEGMENTS: usize = 500;

const FIELDS: [&str; 6] = ["name", "size", "match", "stages", "after", "context"];

/// The segments of the file.
#[derive(Default)]
pub(super) struct Segments {
    /// For the engine.
    pub segments: Vec<Segment>,
    /// For the adapters: each name with what the backends call it.
    pub names_at_backends: Vec<(SegmentName, String)>,
    /// For the probes: each name with the attributes of its synthetic users.
    pub contexts: Vec<(SegmentName, Context)>,
    /// Whether the shared plan is used by any segment; `None` without a shared plan.
    pub plan_used: Option<bool>,
}

/// Reads the plan and all segments.
pub(super) fn read(root: &Fields<'_>, problems: &mut Problems) -> Segments {
    let plan = root.get("plan").map(|plan| plan_of(plan, problems));
    let mut read = Segments { plan_used: plan.as_ref().map(|_| false), ..Segments::default() };
    let items = match root.get("segments") {
        Some(value) => match values::list(value, "the list of segments", MAX_SEGMENTS, problems) {
            Some(items) => items,
            None => return read,
        },
        None => vec![],
    };
    if items.is_empty() {
        problems.push(Problem::new(root.place_of("segments"), "a rollout needs at least one segment").hint(
            "add [[segments]] with a name: a group of customers that is exposed and judged on its own",
        ));
    }
    let (mut names, mut at_backends) = (Names::of("segments named"), Names::of("segments with the strategy"));
    let mut waiting = Vec::new();
    for item in items {
        let names = (&mut names, &mut at_backends, &mut waiting);
        segment(item, plan.as_ref(), names, &mut read, problems);
    }
    for (waiting, after) in waiting.iter().zip(order::resolve(&waiting, problems)) {
        let mut segments = read.segments.iter_mut();
        if let Some(segment) = segments.find(|segment| segment.name == waiting.name) {
            segment.after = after;
        }
    }
    read
}

fn plan_of(value: &Value<'_>, problems: &mut Problems) -> Option<Ladder> {
    let fields = Fields::of(value, "the plan", &["stages"], problems)?;
    let stages = fields.require("stages", "stages = [ { exposure = 5, bake = \"10m\" } ]", problems)?;
    stages::read(stages, problems)
}

fn segment(
    item: &Value<'_>,
    plan: Option<&Option<Ladder>>,
    (names, at_backends, waiting): (&mut Names, &mut Names, &mut Vec<Waiting>),
    read: &mut Segments,
    problems: &mut Problems,
) -> Option<()> {
    let fields = Fields::of(item, "a segment", &FIELDS, problems)?;
    let taken = names.all().count();
    let name: Option<SegmentName> = names.read(&fields, problems);
    let fresh = names.all().count() > taken;
    let after = fields.get("after").map(|after| order::read(after, MAX_SEGMENTS, problems));
    if let (Some(name), true) = (&name, fresh) {
        // An `after` that cannot be read was reported; nothing more is concluded from it.
        let after = after.map(|after| after.unwrap_or_default());
        waiting.push(Waiting { name: name.clone(), after });
    }
    let size = fields.get("size").map(|size| values::whole(size, 1, problems));
    let matched = fields.get("match").map(|matched| strategy(matched, at_backends, problems));
    let context = fields.get("context").map(|context| probes::context(context, problems));
    let ladder = match fields.get("stages") {
        Some(own) => stages::read(own, problems),
        None => match plan {
            Some(plan) => {
                read.plan_used = Some(true);
                plan.clone()
            }
            None => {
                problems.push(
                    Problem::new(fields.place(), "this segment has no stages, and there is no [plan]")
                        .hint("add [plan] with stages for all segments, or stages = [ ... ] here"),
                );
                None
            }
        },
    };
    let name = name?;
    let at_backend = match matched {
        Some(strategy) => strategy?,
        None => {
            // A name that is taken was reported as such.
            if fresh {
                at_backends.add(name.as_str(), fields.place_of("name"), problems);
            }
            name.as_str().to_owned()
        }
    };
    let size = match size {
        Some(size) => Some(size?),
        None => None,
    };
    read.contexts.push((name.clone(), context.unwrap_or_else(|| Some(Context::new()))?));
    read.names_at_backends.push((name.clone(), at_backend));
    read.segments.push(Segment::new(name, size, ladder?));
    Some(())
}

fn strategy(value: &Value<'_>, at_backends: &mut Names, problems: &mut Problems) -> Option<String> {
    let fields = Fields::of(value, "match", &["strategy"], problems)?;
    let strategy =
        fields.require("strategy", "strategy = \"...\": what the backend calls this segment", problems)?;
    let name = values::text(strategy, "the strategy's name", problems)?;
    at_backends.add(name, strategy.span(), problems);
    Some(name.to_owned())
}
