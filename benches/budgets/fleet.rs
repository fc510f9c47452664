//! Many rollouts: 200 of them, each with 20 segments and 8 metrics, on one screen.
//!
//! All sources of cost are in: before each frame every model has taken an event, as it would have four times a second; half
//! of the rollouts have a NO-GO, a HOLD or a pause. The fleet looks at a rollout's brief in the turn that takes its news
//! (`runtime::fleet`), so no frame computes one: it is measured by itself.

use std::time::{Duration, Instant};

use gonogo::action::{Request, Scope, Verb};
use gonogo::domain::{Actor, LinkState, Source, SourceKind, Text};
use gonogo::engine::{Model, update};
use gonogo::event::{Body, Event};
use gonogo::keys::Input;
use gonogo::theme::{self, Depth};
use gonogo::ui::{self, View};
use ratatui::Terminal;
use ratatui::backend::TestBackend;

use super::process;
use super::table::{Runs, Table};
use super::world::World;

const ROLLOUTS: usize = 200;
const SEGMENTS: usize = 20;
const METRICS: usize = 8;
/// Samples of each series: the charts hold some minutes.
const ROUNDS: usize = 60;
const RUNS: usize = 200;

/// What has happened since the frame before.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Before {
    /// Nothing: everything that a frame touches is in the caches.
    Nothing,
    /// Every engine has taken an event.
    News,
    /// Other memory was read, and nothing else: what cold caches alone cost, to compare with.
    Cold,
}

impl Before {
    const fn word(self) -> &'static str {
        match self {
            Self::Nothing => "",
            Self::News => ", after an event in each",
            Self::Cold => ", caches cold, no event",
        }
    }
}

pub fn measure(table: &mut Table) {
    let before = process::resident(std::process::id());
    let mut models = models();
    let memory = (process::resident(std::process::id()).saturating_sub(before)) as f64 / 1e6;
    let theme = theme::pick("default", Depth::Rgb, false).expect("a theme");
    let size = Input::Resize { columns: 200, rows: 60 };
    let mut list = View::new(Actor::Person(Text::new("captain"))).expect("a view").on_fleet();
    let mut one = View::new(Actor::Person(Text::new("captain"))).expect("a view");
    let mut briefs = Vec::new();
    // More than the caches hold.
    let elsewhere = vec![1_u8; 256 << 20];
    list.handle(&size, &[]);
    one.handle(&size, &[]);
    for (what, view) in [("the fleet", &list), ("the main screen of one", &one)] {
        for before in [Before::Nothing, Before::News, Before::Cold] {
            let mut terminal = Terminal::new(TestBackend::new(200, 60)).expect("a terminal");
            let mut runs = Vec::new();
            for run in 0..RUNS + 20 {
                match before {
                    Before::Nothing => {}
                    Before::News => {
                        for model in &mut models {
                            tick(model);
                            let start = Instant::now();
                            std::hint::black_box(model.brief());
                            briefs.push(start.elapsed().as_secs_f64() * 1e6);
                        }
                    }
                    Before::Cold => {
                        std::hint::black_box(elsewhere.iter().map(|byte| u64::from(*byte)).sum::<u64>());
                    }
                }
                let models: Vec<&Model> = models.iter().collect();
                let start = Instant::now();
                terminal.draw(|frame| ui::draw(frame, &models, view, &theme)).expect("drawn");
                if run >= 20 {
                    runs.push(start.elapsed());
                }
            }
            let runs = Runs::ms(runs);
            let what = format!("draw {what} at 200×60, {ROLLOUTS} rollouts{}", before.word());
            if before == Before::Cold {
                table.note(&what, runs.tail("ms"));
            } else {
                table.row(&what, "≤ 1 ms", runs.tail("ms"), runs.median() <= 1.0);
            }
        }
    }
    let briefs = Runs::new(briefs);
    let what = "the brief of one of them, in the turn that takes its news";
    table.row(what, "≤ 20 µs: 1 % of a turn", briefs.tail("µs"), briefs.median() <= 20.0);
    let filter: Vec<&str> = "/ 1 3 : n o".split(' ').collect();
    for (what, keys) in [
        ("down", vec!["down"]),
        ("page down and up", vec!["pagedown", "pageup"]),
        ("sort (z s)", vec!["z", "s"]),
        ("type a filter and leave it", [filter, vec!["esc"]].concat()),
        ("open and go back", vec!["enter", "esc"]),
    ] {
        let mut runs = Vec::new();
        for _ in 0..RUNS {
            for key in &keys {
                models.iter_mut().for_each(|model| {
                    tick(model);
                    std::hint::black_box(model.brief());
                });
                let models: Vec<&Model> = models.iter().collect();
                let chord = key.parse().expect("a key");
                let start = Instant::now();
                list.handle(&Input::Key { chord, repeat: false }, &models);
                runs.push(start.elapsed());
            }
        }
        let runs = Runs::ms(runs);
        table.row(
            &format!("a key on the fleet: {what}"),
            "≤ 16 ms to the frame",
            runs.tail("ms"),
            runs.p99() <= 8.0,
        );
    }
    let series = ROLLOUTS * SEGMENTS * METRICS;
    table.note(
        &format!("memory of {ROLLOUTS} × {SEGMENTS} × {METRICS} = {series} series, {ROUNDS} samples each"),
        format!("{memory:.0} MB"),
    );
}

/// Time goes by, and nothing else.
fn tick(model: &mut Model) {
    update(model, &Event { at: model.now, source_at: None, body: Body::Tick });
}

fn models() -> Vec<Model> {
    let mut world = World::live(SEGMENTS, METRICS);
    for _ in 0..ROUNDS {
        world.step(Duration::from_secs(1));
    }
    (0..ROLLOUTS).map(|index| different(&world.model, index)).collect()
}

/// The same rollout under another name, and in every second one something is the matter.
fn different(model: &Model, index: usize) -> Model {
    let mut model = model.clone();
    let mut rollout = (*model.rollout).clone();
    rollout.name =
        format!("{:03}-checkout-of-team-{}", index * 7919 % 1000, index % 17).parse().expect("a name");
    model.rollout = std::sync::Arc::new(rollout);
    let at = model.now;
    let mut tell = |body| drop(update(&mut model, &Event { at, source_at: None, body }));
    let actor = Actor::Person(Text::new("captain"));
    match index % 8 {
        0 => tell(Body::Asked(Request::new(actor, Verb::Kill, Scope::default()))),
        1 => tell(Body::Asked(Request::new(actor, Verb::Pause, Scope::default()))),
        2 => {
            let state = LinkState::Failed { cause: Text::new("401: token refused") };
            tell(Body::Link { source: Source::new(SourceKind::Flags, "web"), state });
        }
        _ => {}
    }
    model
}
