//! The whole report of the small rollout, as Markdown and as JSON.

use gonogo::domain::Verdict;
use gonogo::engine::{Autopilot, Decision};
use gonogo::recording::Taken;
use gonogo::report::{self, End};

use super::script::{self, Script};

#[test]
fn the_markdown_of_a_small_rollout() {
    let report = Script::story(Autopilot::Guard).report();
    insta::assert_snapshot!(report::markdown(&report).expect("a template that fits"));
}

#[test]
fn the_json_of_a_small_rollout() {
    let report = Script::story(Autopilot::Guard).report();
    insta::assert_snapshot!(report::json(&report).expect("every part can be written"));
}

#[test]
fn the_same_recording_makes_the_same_report() {
    let once = Script::story(Autopilot::Guard);
    for write in [report::markdown, report::html, report::json] {
        assert_eq!(write(&once.report()).expect("text"), write(&once.report()).expect("text"));
    }
}

fn markdown(taken: &[Taken], end: End) -> String {
    report::markdown(&script::report(&Script::new(Autopilot::Guard).header, taken, end)).expect("text")
}

#[test]
fn an_empty_recording_says_so() {
    let text = markdown(&[], End::default());
    assert!(text.contains("**The recording is empty.**") && text.contains("nothing can be said"), "{text}");
    let html = report::html(&script::report(&Script::new(Autopilot::Guard).header, &[], End::default()));
    assert!(html.expect("text").contains("The recording is empty."));
}

#[test]
fn a_damaged_and_a_cut_recording_say_so_at_the_top() {
    let story = Script::story(Autopilot::Guard);
    let damage = Some("night.rec is damaged at byte 4711".to_owned());
    let text = markdown(&story.taken[..100], End { damage, is_cut: true, ..End::default() });
    let (top, _) = text.split_once("## ").expect("a heading");
    assert!(top.contains("is damaged") && top.contains("byte 4711") && top.contains("cut off"), "{top}");
}

#[test]
fn missing_events_and_a_recording_without_decisions_are_said() {
    let mut taken = Script::story(Autopilot::Guard).taken;
    taken.iter_mut().for_each(|taken| taken.decided = None);
    taken[50].missing = 7;
    let text = markdown(&taken, End::default());
    assert!(
        text.contains("7 events are missing") && text.contains("does not say what was decided"),
        "{text}"
    );
    assert!(text.contains("NO-GO"), "the decisions are derived again");
}

#[test]
fn what_was_decided_then_counts_and_the_first_difference_is_named() {
    let mut taken = Script::story(Autopilot::Guard).taken;
    // The gonogo of the day never said NO-GO on the board.
    let mut changed = None;
    for one in &mut taken {
        for decision in one.decided.iter_mut().flatten() {
            if let Decision::Verdict { verdict: Some(verdict), .. } = decision
                && *verdict == Verdict::NoGo
            {
                *verdict = Verdict::Hold;
                changed.get_or_insert(one.number);
            }
        }
    }
    let report = script::report(&Script::new(Autopilot::Guard).header, &taken, End::default());
    let origin = &report.says.recording;
    assert_eq!(origin.first_difference.as_ref().map(|first| first.event), changed);
    assert_eq!(origin.differing_events, Some(1));
    assert!(report.says.verdict_changes.list.iter().all(|change| change.to != Some("NO-GO")));
    assert!(report::markdown(&report).expect("text").contains("decides otherwise on 1 events"));
}
