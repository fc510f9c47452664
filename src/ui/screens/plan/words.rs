//! The sentences of the plan: what a segment waits for, when the rollout is done, and what that rests on.
//!
//! In: the engine's forecast. Out: words, the same for the screen and for the clipboard.

use crate::domain::text::thousands;
use crate::engine::Model;
use crate::engine::forecast::completion::{Climb, End, Place, Rung, Wait, about, clock, rough};
use crate::engine::model::Autopilot;

/// The end in a few words: `done about 16:40`, `done`, `not known`.
pub fn end(model: &Model, end: &End) -> String {
    match end {
        End::Done => "done".to_owned(),
        End::At(at) => format!("done about {}", clock(model.now, *at)),
        End::Unknown(_) => "end not known".to_owned(),
    }
}

/// What the next stage of a segment needs, and when it can begin.
pub fn next(model: &Model, climb: &Climb) -> String {
    if let End::Unknown(why) = &climb.end {
        return format!("not known: {why}");
    }
    let Some(next) = climb.rungs.iter().find(|rung| rung.place == Place::Ahead) else {
        return match climb.waits.first() {
            Some(_) => format!("at the top of its plan; {}", needs(model, climb)),
            None => "at the top of its plan, baked".to_owned(),
        };
    };
    let needs = needs(model, climb);
    let given = next
        .go
        .as_ref()
        .and_then(|go| Some(format!(", {}'s go given by {}", go.role, go.given_by.as_ref()?)));
    let when = next.begins.filter(|at| *at > model.now);
    let when = when.map_or_else(String::new, |at| format!("; about {}", clock(model.now, at)));
    let needs = if needs.is_empty() { "nothing stands against it".to_owned() } else { needs };
    format!("to {}: {needs}{}{when}", next.exposure, given.unwrap_or_default())
}

fn needs(model: &Model, climb: &Climb) -> String {
    let here = climb.here().and_then(|index| climb.rungs.get(index));
    let each = climb.waits.iter().map(|wait| match wait {
        Wait::Bake => {
            let left = here.map_or_else(String::new, |rung| rough(rung.bake_left));
            format!("bakes {left} more")
        }
        Wait::Users(metric) => match here.filter(|rung| !is_sampled(rung)) {
            Some(rung) => format!("{metric} {} users", sample(rung)),
            None => format!("more users to prove {metric}"),
        },
        Wait::After(segment) => {
            let first = model.completion().segments.iter().find(|known| known.segment == *segment);
            let at = first.and_then(|first| first.end.at());
            let at = at.map_or_else(String::new, |at| format!(" (about {})", clock(model.now, at)));
            format!("{segment} first{at}")
        }
        Wait::Go(role) => format!("waits for {role}'s go"),
    });
    each.collect::<Vec<_>>().join(", ")
}

/// Whether the least sample of the present stage is in.
pub fn is_sampled(rung: &Rung) -> bool {
    rung.counted.is_none_or(|counted| counted >= rung.sample as f64)
}

/// How much of the least sample is in: `812 of 2,000`; without the first where nothing is counted.
pub fn sample(rung: &Rung) -> String {
    match rung.counted {
        Some(counted) => {
            format!("{} of {}", thousands(counted.clamp(0.0, 9e15) as u64), thousands(rung.sample))
        }
        None => thousands(rung.sample),
    }
}

/// The whole rollout: when it is done, on what that rests, and what holds it up most.
pub fn whole(model: &Model) -> Vec<String> {
    let found = model.completion();
    let people: Vec<_> = found.people.iter().map(|role| format!("{role}'s go")).collect();
    let people =
        if people.is_empty() { String::new() } else { format!(" + waits for {}", people.join(" and ")) };
    match &found.end {
        End::Done => vec!["Done: every segment is at the top of its plan and has baked there.".to_owned()],
        End::Unknown(why) => vec![format!("When it is done is not known: {why}.")],
        End::At(at) => {
            let who = match model.autopilot {
                Autopilot::Full if !model.read_only => "",
                _ => ", somebody widens each as soon as it may be,",
            };
            let mut lines = vec![format!(
                "Done about {} UTC, in {}{people}; if every stage goes well{who} and the traffic stays as it is.",
                clock(model.now, *at),
                about(at.since(model.now)),
            )];
            lines.extend(found.slowest.as_ref().map(|slowest| {
                let what = match &slowest.wait {
                    Wait::Bake => "its bake".to_owned(),
                    Wait::Users(metric) => format!("users whose {metric} count"),
                    wait => wait.to_string(),
                };
                let (segment, share) = (&slowest.segment, slowest.exposure);
                format!("Longest: {segment} at {share}, {} for {what}.", about(slowest.takes))
            }));
            lines
        }
    }
}
