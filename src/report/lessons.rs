//! What to do differently next time, from the numbers of the report and of the engine's forecast.
//!
//! In: a report without lessons, and what the forecast said would have made kills faster. Out: at most [`MOST`]
//! [`Lesson`]s, what hurt customers first. Each names the number that it comes from; nothing is said that is not in the
//! report.

use super::retrospective::{ActResult, By, Lesson, NoGo, Reading, Retrospective};
use super::words::{count, list, percent, points, span_s};

/// Most lessons: more is a manual.
pub const MOST: usize = 8;
/// From a NO-GO to asking for something: longer than this and the autopilot would have been worth it.
const SLOW_DECISION_S: f64 = 30.0;
/// From sent to proven off: the engine's budget for a kill is ten seconds in all.
const SLOW_PROOF_S: f64 = 10.0;
/// From the first bad reading to the NO-GO.
const SLOW_DETECTION_S: f64 = 60.0;
/// Share of the time that is worth a word.
const MUCH: f64 = 0.25;
/// Share of the bake time within which the evidence was complete in every stage.
const EARLY: f64 = 0.5;
/// Share of the time during which a source was stale.
const STALE: f64 = 0.05;

/// The lessons of a report.
#[must_use]
pub fn of(report: &Retrospective, shorten: &[String]) -> Vec<Lesson> {
    let mut lessons = Vec::new();
    let mut add = |about, text: Option<String>| lessons.extend(text.map(|text| Lesson { about, text }));
    for no_go in &report.no_gos.list {
        add("decision", slow_decision(report, no_go));
        add("detection", slow_detection(no_go));
        add("kill", slow_proof(no_go));
    }
    for how in shorten {
        add("kill", Some(format!("For a faster kill: {how}.")));
    }
    add("people", against(report));
    add("people", waiting(report));
    add("plan", early(report));
    add("evidence", short(report));
    add("evidence", unproven(report));
    add("data", stale(report));
    add("data", lost(report));
    lessons.dedup();
    lessons.truncate(MOST);
    lessons
}

fn slow_decision(report: &Retrospective, no_go: &NoGo) -> Option<String> {
    let (segment, station) = (&no_go.segment, no_go.station);
    let Some(took) = no_go.decision_s else {
        return (no_go.until == "end").then(|| {
            format!(
                "Nobody answered the NO-GO of {station} in {segment}: {} more bad units until the end of the recording. \
                 The autopilot at guard answers by itself.",
                count(no_go.bad_units_after_detection)
            )
        });
    };
    (took > SLOW_DECISION_S && no_go.asked_by.as_deref() != Some("autopilot")).then(|| {
        format!(
            "The NO-GO of {station} in {segment} waited {} for a person, and {} more units turned bad until it was off. \
             The autopilot was at {}; at guard it asks at once.",
            span_s(took),
            count(no_go.bad_units_after_detection),
            report.autopilot.mode,
        )
    })
}

fn slow_detection(no_go: &NoGo) -> Option<String> {
    let took = no_go.detection_s.filter(|took| *took > SLOW_DETECTION_S)?;
    let share = no_go.percent.map_or_else(String::new, |share| format!(" at {}", percent(share)));
    let units = no_go.exposed_units.map_or_else(String::new, |units| {
        format!(", with {} treatment units before it was over", count(units))
    });
    Some(format!(
        "{} needed {} from the first bad reading to the NO-GO in {}{share}{units}: more users in the stage, a smaller \
         tolerate or a larger risk make it faster.",
        no_go.guardrail,
        span_s(took),
        no_go.segment
    ))
}

fn slow_proof(no_go: &NoGo) -> Option<String> {
    let took = no_go.proof_s.filter(|took| *took > SLOW_PROOF_S)?;
    Some(format!(
        "The {} of {} took {} from the request to the last platform read back: look at the link to the flag service.",
        no_go.stop.as_deref().unwrap_or("change"),
        no_go.segment,
        span_s(took)
    ))
}

/// Widened past a verdict in a segment that had its NO-GO later.
fn against(report: &Retrospective) -> Option<String> {
    let past = &report.autopilot.past_verdict.list;
    let act_of = |number: u64| report.actions.list.iter().find(|act| act.number == number);
    let hurt = past.iter().find_map(|past| {
        let act = act_of(past.act)?;
        let no_go = report
            .no_gos
            .list
            .iter()
            .find(|no_go| Some(&no_go.segment) == act.segment.as_ref() && no_go.detected_at >= act.at)?;
        Some((past, no_go))
    });
    if let Some((past, no_go)) = hurt {
        return Some(format!(
            "{} was widened while its verdict was {}; {} later {} said NO-GO. Waiting for GO would have kept it smaller.",
            no_go.segment,
            past.verdict,
            span_s(no_go.detected_at.0.since(past.at.0).as_secs_f64()),
            no_go.station,
        ));
    }
    let all = past.len() as u64 + report.autopilot.past_verdict.left_out;
    (all > 0).then(|| {
        format!(
            "{all} of the widenings went past a verdict that was not GO. If the evidence takes too long, a wider margin or \
             more users in the stage are the honest way."
        )
    })
}

fn waiting(report: &Retrospective) -> Option<String> {
    let share = report.time.waiting_for_people_s / report.course.elapsed_s;
    // NaN, of an empty recording, is not much.
    let what = match report.autopilot.mode {
        "full" => "The plan asks for their goes: ask for fewer, or for those who are awake.",
        _ => "The autopilot at full goes on by itself, and still waits where the plan asks for a go.",
    };
    (share > MUCH).then(|| {
        format!(
            "Waiting for people took {} of {}, {:.0} %: all was well and nobody widened. {what}",
            span_s(report.time.waiting_for_people_s),
            span_s(report.course.elapsed_s),
            share * 100.0
        )
    })
}

/// Every stage had its evidence long before its bake time was over.
fn early(report: &Retrospective) -> Option<String> {
    let stays = report.stages.list.iter().filter_map(|stay| Some((stay.bake_s?, stay.go_after_s?)));
    let stays: Vec<_> = stays.filter(|(bake, _)| *bake > 0.0).collect();
    let is_early = stays.len() > 1 && stays.iter().all(|(bake, go)| *go <= bake * EARLY);
    is_early.then(|| {
        let spare: f64 = stays.iter().map(|(bake, go)| bake - go).sum();
        format!(
            "In all {} stages the evidence was complete in less than half of the bake time; shorter bakes would save up to {}. \
             Keep what slow faults need: caches, nightly jobs, invoices.",
            stays.len(),
            span_s(spare)
        )
    })
}

/// Stages whose evidence came after the bake time, or never.
fn short(report: &Retrospective) -> Option<String> {
    let late = |stay: &&super::retrospective::Stay| {
        // At the top there is nothing left to widen, and often nobody left to compare with.
        let mut groups = report.release.segments.iter();
        let group = groups.find(|group| group.name == stay.segment);
        if group.and_then(|g| g.ladder_percent.last()).is_none_or(|top| stay.percent >= *top) {
            return false;
        }
        let baked = stay.bake_s.is_some_and(|bake| stay.lasted_s >= bake);
        baked && stay.go_after_s.is_none_or(|go| stay.bake_s.is_some_and(|bake| go > bake))
    };
    let stays: Vec<_> = report.stages.list.iter().filter(late).collect();
    // The worst by how long it took or would have.
    let worst = stays.iter().max_by(|a, b| a.lasted_s.total_cmp(&b.lasted_s))?;
    let how = match worst.go_after_s {
        Some(go) => format!("GO after {}", span_s(go)),
        None => format!("no GO in {}", span_s(worst.lasted_s)),
    };
    Some(format!(
        "In {} of {} stages the bake time was over before the evidence was there, the longest {} at {} ({how}, bake {}): \
         a longer bake, more users or a wider margin.",
        stays.len(),
        report.stages.list.len(),
        worst.segment,
        percent(worst.percent),
        span_s(worst.bake_s.unwrap_or_default()),
    ))
}

/// Guarded metrics that look worse, without proof.
fn unproven(report: &Retrospective) -> Option<String> {
    // What was NO-GO was told: the bets look at what came late, the interval at all of it.
    let is_told = |effect: &super::retrospective::Effect| {
        report.no_gos.list.iter().any(|no_go| {
            no_go.segment == effect.segment && effect.guardrail.as_ref() == Some(&no_go.guardrail)
        })
    };
    let wide = |effect: &&super::retrospective::Effect| {
        effect.guardrail.is_some()
            && !is_told(effect)
            && effect.reading == Reading::NotShown
            && effect.difference.is_some_and(|found| found.estimate > 0.0 && found.estimate > -found.lower)
    };
    let found: Vec<_> = report.effects.iter().filter(wide).collect();
    let first = found.first()?;
    let names: Vec<_> = found.iter().map(|e| format!("{} in {}", e.metric, e.segment)).collect();
    let estimate = first.difference.map(|found| points(found.estimate)).unwrap_or_default();
    Some(format!(
        "The sample was too small to tell for {}: it looks worse ({estimate} points for the first), and the interval does not \
         rule out no difference. Look at it again in the next rollout.",
        list(names.iter().map(String::as_str))
    ))
}

fn stale(report: &Retrospective) -> Option<String> {
    let worst = report.quality.sources.iter().max_by(|a, b| a.stale_s.total_cmp(&b.stale_s))?;
    let share = worst.stale_s / report.course.elapsed_s;
    (share > STALE).then(|| {
        format!(
            "{} was stale for {}, {:.0} % of the time: no verdict counts then, and the autopilot at guard pauses.",
            worst.source,
            span_s(worst.stale_s),
            share * 100.0
        )
    })
}

fn lost(report: &Retrospective) -> Option<String> {
    let refused = report
        .actions
        .list
        .iter()
        .filter(|act| act.by != By::Outside && matches!(act.result, ActResult::Unknown));
    let unknown = refused.count();
    let missing = report.recording.missing_events;
    if missing > 0 {
        return Some(format!(
            "{} events are missing in the recording: its disk did not keep up. Record to a faster one.",
            count(missing as f64)
        ));
    }
    (unknown > 0).then(|| format!("{unknown} commands ended without anybody knowing whether they were done."))
}
