//! Each recording in the repository is what is made now, and tells what its line promises.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use gonogo::action::Verb;
use gonogo::demo::{recording, recordings};
use gonogo::domain::{Actor, Percent, Phase, SegmentName, Station, Verdict};
use gonogo::effect::{Change, Command, Record};
use gonogo::engine::{Decision, Model};
use gonogo::event::Event;
use gonogo::recording::{Player, Progress, Recording, Target};
use gonogo::theme::{self, Depth};
use gonogo::ui::{self, View};
use ratatui::Terminal;
use ratatui::backend::TestBackend;

use super::*;

/// A sum over what the cockpit shows of a model at 120×40: each cell's text and look.
fn frame(model: &Model) -> u64 {
    let mut terminal = Terminal::new(TestBackend::new(120, 40)).expect("a terminal");
    let view = View::new(Actor::Autopilot).expect("a keymap");
    let theme = theme::pick("default", Depth::Rgb, false).expect("a theme");
    terminal.draw(|frame| ui::draw(frame, &[model], &view, &theme)).expect("a frame");
    let mut sum = DefaultHasher::new();
    terminal.backend().buffer().content().hash(&mut sum);
    sum.finish()
}

/// A rollout that was made now.
struct Made {
    taken: Vec<(Event, Vec<Decision>)>,
    /// What the cockpit showed after so many events.
    frames: Vec<(u64, u64)>,
    end: Model,
}

impl Made {
    /// Makes one, and holds the recording in the repository against it.
    fn of(name: &str) -> Self {
        let scenario = scenario(name).expect(name);
        let (mut taken, mut frames) = (Vec::new(), Vec::new());
        let end = tape::Tape::run(&scenario, &mut |event, model| {
            taken.push((event.clone(), model.decided.clone()));
            // After each decision, and now and then between them.
            if !model.decided.is_empty() || taken.len() % 500 == 0 {
                frames.push((taken.len() as u64, frame(model)));
            }
        });
        let made = Self { taken, frames, end: end.unwrap_or_else(|error| panic!("{name}: {error}")) };
        made.check(name, &tape::opening(&scenario).expect(name).0);
        made.check_frames(name);
        made
    }

    fn check(&self, name: &str, header: &gonogo::recording::Header) {
        let bytes = recording(name).expect("it is on the shelf");
        assert!(bytes.len() as u64 <= MAX_BYTES, "{name}: {} bytes", bytes.len());
        let again = "make it again: cargo run --release --example recordings";
        let stored = Recording::open(name, bytes).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(stored.header(), header, "{again}");
        let mut made = self.taken.iter();
        for taken in stored {
            let taken = taken.unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(taken.missing, 0);
            let (event, decided) = made.next().expect(again);
            assert_eq!((&taken.event, taken.decided.as_ref()), (event, Some(decided)), "{again}");
        }
        assert_eq!(made.count(), 0, "{again}");
        let (first, last) = self.taken.first().zip(self.taken.last()).expect("events");
        let days = last.0.at.since(first.0.at).as_secs_f64() / Duration::from_hours(24).as_secs_f64();
        assert!((1.0..=3.0).contains(&days), "{name}: {days} days");
    }

    /// Replayed, it shows what the cockpit showed when it was made: text and looks at 120×40.
    fn check_frames(&self, name: &str) {
        let mut player = Player::of(name, recording(name).expect("it is on the shelf"))
            .unwrap_or_else(|error| panic!("{error}"));
        for (taken, made) in &self.frames {
            player.seek(Target::Event(*taken));
            while player.run(4_096).unwrap_or_else(|error| panic!("{error}")) != Progress::Arrived {}
            assert_eq!((player.position(), frame(player.model())), (*taken, *made), "{name}");
        }
        assert!(self.frames.len() > 100, "{name}: {} frames", self.frames.len());
    }

    fn decisions(&self) -> impl Iterator<Item = &Decision> {
        self.taken.iter().flat_map(|(_, decided)| decided)
    }

    /// Where and at which station a NO-GO was said, in order.
    fn no_goes(&self) -> Vec<(&str, Station)> {
        let no_go = |decision| match decision {
            &Decision::Verdict { ref segment, station, verdict: Some(Verdict::NoGo), .. } => {
                Some((segment.as_str(), station))
            }
            _ => None,
        };
        self.decisions().filter_map(no_go).collect()
    }

    /// Which stations of a segment have said so at some time.
    fn said(&self, name: &str, what: Verdict) -> Vec<Station> {
        let says = |decision: &Decision| match decision {
            Decision::Verdict { segment, station, verdict, .. } if segment.as_str() == name => {
                (*verdict == Some(what)).then_some(*station)
            }
            _ => None,
        };
        let mut stations: Vec<_> = self.decisions().filter_map(says).collect();
        stations.sort_unstable();
        stations.dedup();
        stations
    }

    fn commands(&self, verb: Verb) -> Vec<&Command> {
        let commands = self.decisions().filter_map(|decision| match decision {
            Decision::Command(command) if command.verb == verb => Some(command),
            _ => None,
        });
        commands.collect()
    }

    fn records(&self) -> impl Iterator<Item = &Record> {
        self.decisions().filter_map(|decision| match decision {
            Decision::Record(record) => Some(record),
            _ => None,
        })
    }

    fn at(&self, name: &str) -> (Option<Percent>, Phase, Verdict) {
        let segment = self.end.segment(&SegmentName::new(name).expect(name)).expect(name);
        (segment.exposure.confirmed, segment.phase, segment.verdict)
    }

    fn is_complete(&self) -> bool {
        self.end
            .segments
            .iter()
            .all(|segment| segment.phase == Phase::Complete && segment.verdict == Verdict::Go)
    }
}

const fn is_person(actor: &Actor) -> bool {
    matches!(actor, Actor::Person(_))
}

fn percent(percent: u32) -> Option<Percent> {
    Some(Percent::from_ppm(percent * 10_000))
}

/// What a command does to one segment.
fn share(command: &Command, name: &str) -> Option<Percent> {
    match &command.change {
        Change::Shares(shares) if shares.len() == 1 => {
            shares.iter().find(|(segment, _)| segment.as_str() == name).map(|(_, share)| *share)
        }
        _ => None,
    }
}

#[test]
fn to_everybody_climbs_by_itself_with_the_goes_of_two_people() {
    let made = Made::of("to-everybody");
    assert!(made.is_complete());
    assert_eq!(made.no_goes(), []);
    assert!(made.commands(Verb::Widen).iter().all(|widen| widen.actor == Actor::Autopilot));
    assert_eq!(made.commands(Verb::Widen).len(), 12);
    let mut roles: Vec<_> = made
        .records()
        .filter_map(|record| match record {
            Record::Approved { role, actor, .. } if is_person(actor) => Some(role.to_string()),
            _ => None,
        })
        .collect();
    assert_eq!(roles.len(), 5);
    roles.sort_unstable();
    roles.dedup();
    assert_eq!(roles, ["captain", "support"]);
}

#[test]
fn purchase_orders_are_killed_in_enterprise_alone_and_free_is_rolled_back_by_a_person() {
    let made = Made::of("purchase-orders");
    assert_eq!(made.no_goes(), [("enterprise", Station::Errors)]);
    let kills = made.commands(Verb::Kill);
    let [kill] = kills.as_slice() else { panic!("{kills:?}") };
    assert_eq!((&kill.actor, share(kill, "enterprise")), (&Actor::Autopilot, percent(0)));
    assert_eq!(made.at("enterprise"), (percent(0), Phase::Killed, Verdict::NoGo));
    let backs = made.commands(Verb::RollBack);
    let [back] = backs.as_slice() else { panic!("{backs:?}") };
    assert!(is_person(&back.actor) && back.reason.is_some() && share(back, "free") == percent(10));
    assert_eq!(made.at("free"), (percent(25), Phase::Running, Verdict::Go));
    assert_eq!(made.at("beta").1, Phase::Complete);
    let last = made.records().last();
    assert!(matches!(last, Some(Record::Noted { actor, .. }) if is_person(actor)), "{last:?}");
}

#[test]
fn a_cold_cache_holds_free_until_a_person_clears_it_and_then_everybody_gets_it() {
    let made = Made::of("cold-cache");
    assert_eq!(made.no_goes(), [("free", Station::Latency)]);
    assert!(made.is_complete());
    assert_eq!(made.commands(Verb::Kill).len() + made.commands(Verb::RollBack).len(), 0);
    let told: Vec<_> = made
        .records()
        .filter_map(|record| match record {
            Record::Paused { actor: Actor::Autopilot, .. } => Some("paused"),
            Record::Cleared { actor, .. } if is_person(actor) => Some("cleared"),
            Record::Resumed { actor, .. } if is_person(actor) => Some("resumed"),
            _ => None,
        })
        .collect();
    assert_eq!(told, ["paused", "cleared", "resumed"]);
    // The metrics were away for a while in the first night.
    assert!(made.said("beta", Verdict::Hold).contains(&Station::Data));
}

#[test]
fn the_coupon_field_is_seen_by_feedback_alone_and_rolled_back_by_a_person() {
    let made = Made::of("coupon-field");
    assert_eq!(made.no_goes(), [("free", Station::Feedback)]);
    for quiet in [Station::Errors, Station::Latency] {
        assert!(!made.said("free", Verdict::Hold).contains(&quiet));
    }
    let paused = |record: &Record| matches!(record, Record::Paused { actor: Actor::Autopilot, .. });
    assert_eq!(made.records().filter(|record| paused(record)).count(), 1);
    let backs = made.commands(Verb::RollBack);
    assert!(backs.iter().all(|back| is_person(&back.actor) && back.reason.is_some()), "{backs:?}");
    assert_eq!(backs.iter().map(|back| share(back, "free")).collect::<Vec<_>>(), [percent(10), percent(0)]);
    assert_eq!(made.at("free"), (percent(0), Phase::Paused, Verdict::NoGo));
    // Before and after: who has it turns, who has not does not.
    let mean = |arm| {
        let scores = made.taken.iter().filter_map(|(event, _)| match &event.body {
            Body::Feedback(said) if said.arm == Some(arm) => said.score.map(f64::from),
            _ => None,
        });
        let scores: Vec<_> = scores.collect();
        scores.iter().sum::<f64>() / scores.len() as f64
    };
    assert!(mean(gonogo::domain::Arm::Treatment) + 0.2 < mean(gonogo::domain::Arm::Control));
}

#[test]
fn every_recording_of_the_shelf_has_a_test_here() {
    let names: Vec<_> = recordings().iter().map(|listed| listed.name).collect();
    assert_eq!(names, ["to-everybody", "purchase-orders", "cold-cache", "coupon-field"]);
}
