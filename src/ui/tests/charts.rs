//! Charts, the screen of a segment, the evidence, and the tables of segments.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::pictures::{keep, press, render, text, theme, view};
use super::states;
use super::world::{self, World, seg};
use crate::action::{Request, Scope, Verb};
use crate::domain::{
    Compare, Evidence, Ladder, LinkState, Method, MetricName, Percent, Segment, SourceKind, Stage, Station,
    Text, Verdict,
};
use crate::engine::Model;
use crate::engine::model::Cell;
use crate::ui::chart::curve::Curve;
use crate::ui::chart::rail;
use crate::ui::view::Shown;
use crate::ui::{Scene, View, chart};

const SIZES: [(u16, u16); 3] = [(80, 24), (120, 40), (200, 60)];

fn open(model: &Model, keys: &[&str]) -> View {
    let mut view = view();
    press(&mut view, model, keys);
    view
}

fn metric(name: &str) -> MetricName {
    MetricName::new(name).unwrap()
}

/// The chart of a signal in a segment, alone in a buffer.
fn draw(model: &Model, segment: &str, signal: Shown<'_>, look: &str, columns: u16, rows: u16) -> Buffer {
    let (view, theme) = (view(), theme(look));
    let area = Rect::new(0, 0, columns, rows);
    let rollouts = [model];
    let scene = Scene::of(&rollouts, &view, &theme, None, area).unwrap();
    let mut buf = Buffer::empty(area);
    chart::draw(&scene, &mut buf, area, model.segment(&seg(segment)).unwrap(), signal);
    buf
}

fn errors(model: &Model, segment: &str) -> Buffer {
    draw(model, segment, Shown::Metric(&metric("errors")), "default", 76, 16)
}

fn changed(before: &Buffer, after: &Buffer) -> usize {
    before.content.iter().zip(&after.content).filter(|(a, b)| a != b).count()
}

#[test]
fn pictures_of_a_segment() {
    let model = world::launch().model;
    for (columns, rows) in SIZES {
        let view = open(&model, &["down", "down", "down", "2"]);
        keep("segment", columns, rows, |theme| render(&model, &view, theme, columns, rows));
    }
    let model = world::trouble().model;
    for (columns, rows) in SIZES {
        let view = open(&model, &["2"]);
        keep("segment-trouble", columns, rows, |theme| render(&model, &view, theme, columns, rows));
    }
}

#[test]
fn pictures_of_evidence() {
    let model = world::trouble().model;
    for (columns, rows) in SIZES {
        let view = open(&model, &["3"]);
        keep("evidence-trouble", columns, rows, |theme| render(&model, &view, theme, columns, rows));
    }
}

#[test]
fn a_chart_changes_few_cells_when_readings_come_and_none_when_time_goes_by() {
    let mut world = world::launch();
    let mut steps = Vec::new();
    for _ in 0..90 {
        let before = errors(&world.model, "enterprise");
        let look = |model: &Model| model.now.0 / 5_000;
        let looked = look(&world.model);
        for _ in 0..4 {
            world.wait(250);
            let idle = changed(&before, &errors(&world.model, "enterprise"));
            assert!(idle == 0 || look(&world.model) > looked, "{idle} cells, and nothing has come");
        }
        // A reading every six seconds, so that they wander through the bins.
        world.step(&[], 0.012);
        steps.push(changed(&before, &errors(&world.model, "enterprise")));
    }
    steps.sort_unstable();
    let (median, sum) = (steps[steps.len() / 2], steps.iter().sum::<usize>());
    // A chart that scrolls redraws most of its 1,216 cells each time.
    assert!(median <= 40, "median {median} of {steps:?}");
    assert!(sum / steps.len() <= 80, "mean {} of {steps:?}", sum / steps.len());
}

#[test]
fn a_gap_in_the_readings_is_a_gap_in_the_chart() {
    let mut world = world::launch();
    for _ in 0..24 {
        world.step(&["errors"], 0.0);
    }
    for _ in 0..24 {
        world.step(&[], 0.0);
    }
    let model = &world.model;
    let curve = Curve::of_metric(model, model.segment(&seg("free")).unwrap(), &metric("errors"), 60);
    for arm in [crate::domain::Arm::Treatment, crate::domain::Arm::Control] {
        let runs = curve.runs(arm);
        assert_eq!(runs.len(), 2, "{runs:?}");
        let gap_s = runs[1][0].0 - runs[0].last().unwrap().0;
        assert!((100.0..160.0).contains(&gap_s), "{gap_s}");
    }
}

#[test]
fn what_was_done_is_marked_by_its_kind_and_explained() {
    let mut world = world::launch();
    world.ask(Request::new(world::person(), Verb::Pause, Scope::segment(seg("enterprise"))));
    world.step(&[], 0.012);
    let shown = text(&errors(&world.model, "enterprise"));
    assert!(shown.contains("‖ pause") && shown.contains("◆ stage"), "{shown}");
    assert!(!shown.contains("✘ kill"), "{shown}");
    let others = text(&errors(&world.model, "beta"));
    assert!(!others.contains("‖ pause"), "a pause of another segment: {others}");
    let shown = text(&errors(&world::trouble().model, "enterprise"));
    let plot: Vec<_> = shown.lines().skip(2).collect();
    assert!(shown.contains("✘ kill") && plot.iter().any(|line| line.contains('✘')), "{shown}");
}

#[test]
fn the_line_of_the_guardrail_is_what_the_guardrail_compares_with() {
    let mut rollout = world::rollout();
    let line = |rollout: crate::domain::Rollout| {
        let mut world = World::of(rollout);
        world.connect();
        world.flags(40, &world::shares());
        for _ in 0..30 {
            world.step(&[], 0.012);
        }
        text(&errors(&world.model, "free")).lines().nth(1).unwrap_or_default().to_owned()
    };
    let against_control = line(rollout.clone());
    assert!(against_control.contains("guardrail 1.") && against_control.contains("= control +10%"));
    let model = world::launch().model;
    let (free, name) = (model.segment(&seg("free")).unwrap(), metric("errors"));
    let curve = Curve::of_metric(&model, free, &name, 60);
    let rail = rail::of(&model, free, &name, &curve).and_then(|rail| rail.value).unwrap();
    let control = curve.control.bad / curve.control.units;
    assert!(control > 0.0 && (rail - 110.0 * control).abs() < 1e-9, "{rail} is not 10 % above {control}");
    rollout.guardrails[0].compare = Compare::Above { rate: 0.02, least: 50 };
    assert!(line(rollout.clone()).contains("guardrail 2.00% as written"));
    rollout.guardrails[0].compare = Compare::Baseline;
    let without = line(rollout.clone());
    assert!(without.contains("no line: nothing to compare with yet"), "{without}");
    rollout.guardrails.clear();
    assert!(!line(rollout).contains("guardrail"));
}

#[test]
fn a_chart_says_its_unit_how_many_and_how_sure_in_every_set_of_signs() {
    let model = world::launch().model;
    let (errors, latency) = (metric("errors"), metric("latency"));
    for look in ["default", "mono", "ascii", "light"] {
        let of = |signal| text(&draw(&model, "free", signal, look, 76, 16));
        let errors = of(Shown::Metric(&errors));
        assert!(errors.contains("n=") && errors.contains("95 % of each bin"), "{errors}");
        assert!(errors.lines().nth(2).is_some_and(|line| line.contains('%')), "{errors}");
        let latency = of(Shown::Metric(&latency));
        assert!(latency.contains(" ms") && latency.contains("no interval"), "{latency}");
        let scores = of(Shown::Feedback);
        assert!(scores.contains("n=") && scores.contains("95 % of each bin"), "{scores}");
    }
}

#[test]
fn the_chart_shows_the_metric_of_the_no_go_until_a_person_chooses_another() {
    let mut world = world::launch();
    let name = |view: &View, model: &Model| match view.shown(model) {
        Shown::Metric(metric) => metric.to_string(),
        Shown::Feedback => "feedback".to_owned(),
    };
    let mut view = view();
    assert_eq!(name(&view, &world.model), "errors");
    for _ in 0..8 {
        world.step(&["latency"], 0.012);
    }
    assert_eq!(name(&view, &world.model), "latency", "what holds");
    press(&mut view, &world.model, &["tab", "tab", "right"]);
    assert_eq!(name(&view, &world.model), "feedback");
    press(&mut view, &world.model, &["left", "left"]);
    assert_eq!(name(&view, &world.model), "errors", "what was chosen stays");
}

/// A rollout with so many segments, of which nothing is known.
fn many(count: usize) -> World {
    let stage = Stage::new(Percent::from_ppm(100_000), "10m".parse().unwrap(), 200);
    let ladder = Ladder::new(vec![stage]).unwrap();
    let name = |i: usize| seg(&format!("customers-of-the-region-{:02}-with-contract", i + 1));
    let segments = (0..count).map(|i| Segment::new(name(i), None, ladder.clone())).collect();
    World::of(crate::domain::Rollout { segments, ..world::rollout() })
}

#[test]
fn with_many_segments_the_selected_one_is_in_sight_and_told_apart() {
    let model = many(30).model;
    let mut view = view();
    press(&mut view, &model, &["down"; 17]);
    for (columns, rows) in SIZES {
        let shown = text(&render(&model, &view, &theme("default"), columns, rows));
        let row = shown.lines().find(|line| line.contains('▸')).unwrap_or_default();
        assert!(row.contains("17"), "{columns}x{rows}: {row}");
        let near = shown.lines().filter(|line| line.contains("1") && line.contains("…")).count();
        assert!(near > 2, "{columns}x{rows}: {shown}");
        assert!(shown.contains("of 30") || shown.contains("/30"), "{columns}x{rows}: {shown}");
    }
}

#[test]
fn a_filter_narrows_the_segments_and_never_hides_the_selected_one() {
    let model = many(30).model;
    let mut view = view();
    press(&mut view, &model, &["down", "down"]);
    let screen = view.screen();
    view.stands[screen].filter = "REGION-1".to_owned();
    let shown = text(&render(&model, &view, &theme("default"), 120, 40));
    let count = |shown: &str| shown.lines().filter(|line| line.contains("…") && line.contains('%')).count();
    assert!(shown.contains("of 11/30"), "ten and the selected one: {shown}");
    assert!(count(&shown) <= 12);
    assert!(shown.contains("filter: REGION-1 (10 of 30)"), "{shown}");
    press(&mut view, &model, &["down"]);
    assert_eq!(
        view.selected().map(ToString::to_string).as_deref(),
        Some("customers-of-the-region-10-with-contract")
    );
}

#[test]
fn names_that_do_not_fit_the_board_stand_on_two_rows() {
    let model = world::launch().model;
    let shown = text(&render(&model, &view(), &theme("default"), 120, 40));
    for name in ["internal", "beta", "free", "enterprise"] {
        let on_board = |line: &&str| line.chars().skip(77).collect::<String>().contains(name);
        assert!(shown.lines().take(6).any(|line| on_board(&line)), "{name}: {shown}");
    }
}

#[test]
fn no_number_of_the_evidence_is_cut_where_it_is_narrow() {
    let model = world::trouble().model;
    let words = |columns| {
        let shown = text(&render(&model, &open(&model, &["3"]), &theme("default"), columns, 200));
        shown.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect::<Vec<_>>()
    };
    let narrow = words(60).join(" ");
    let is_number = |line: &&String| ["bet ", "worse ", "counts "].iter().any(|word| line.starts_with(word));
    let wide = words(110);
    let numbers: Vec<_> = wide.iter().filter(is_number).collect();
    assert!(numbers.len() > 4 && numbers.iter().any(|line| line.len() > 60), "{numbers:#?}");
    for line in numbers {
        assert!(narrow.contains(line.as_str()), "{line}: {narrow}");
    }
}

#[test]
fn the_evidence_of_a_split_counts_users_and_calls_nobody_bad() {
    let mut model = world::launch().model;
    let evidence = Evidence {
        method: Method::SampleRatio,
        ln_e: Some(9.0),
        ln_threshold: Some(7.0),
        treatment: Some((1_211.0, 0.0)),
        control: Some((612.0, 0.0)),
        ..Evidence::of("the arms cannot be compared", model.now)
    };
    let cell = Cell { verdict: Verdict::Hold, evidence, since: model.now };
    model.segments[0].board = [(Station::SampleRatio, cell)].into();
    let shown = text(&render(&model, &open(&model, &["down", "3"]), &theme("default"), 110, 60));
    assert!(shown.contains("counts  treatment 1,211 users, control 612 users"), "{shown}");
    assert!(shown.contains("e = 8,103 of 1,097 for a HOLD") && !shown.contains("for a NO-GO"), "{shown}");
}

#[test]
fn a_no_go_that_only_an_autopilot_that_advises_has_answered_is_one_on_which_nobody_acted() {
    let mut model = states::state("no-go");
    for segment in &mut model.segments {
        segment.latches.iter_mut().for_each(|latch| latch.answered = true);
    }
    for screen in ["2", "3"] {
        let shown = text(&render(&model, &open(&model, &[screen]), &theme("default"), 200, 60));
        let words: Vec<_> = shown.split_whitespace().collect();
        assert!(words.join(" ").contains(", nobody acted on it"), "{shown}");
    }
}

#[test]
fn of_a_source_that_is_lost_the_newest_value_is_not_called_that_of_now() {
    let mut world = world::launch();
    let title =
        |model: &Model| text(&draw(model, "free", Shown::Metric(&metric("errors")), "default", 76, 16));
    assert!(title(&world.model).contains("treatment now "), "{}", title(&world.model));
    world.link(SourceKind::Metrics, "errors", LinkState::Failed { cause: Text::new("no token") });
    let lost = title(&world.model);
    assert!(lost.contains("treatment last ") && !lost.contains("treatment now"), "{lost}");
}

#[test]
fn the_wall_shows_the_worst_segments_and_counts_those_that_it_has_no_row_for() {
    let mut model = many(20).model;
    model.segments[16].verdict = Verdict::NoGo;
    let shown = |columns, rows| {
        let mut view = open(&model, &["8"]);
        view.handle(&crate::keys::Input::Resize { columns, rows }, &[&model]);
        text(&render(&model, &view, &theme("default"), columns, rows))
    };
    let small = shown(80, 23);
    assert!(small.contains("20 segments:  ✘ 1 NO-GO  … 19 WAIT"), "{small}");
    let high = shown(80, 30);
    let rows: Vec<_> = high.lines().filter(|line| line.contains("customers-of-the")).collect();
    assert!(rows.iter().any(|line| line.contains("✘ NO-GO")), "{high}");
    assert!(high.contains(" more:  … "), "{high}");
}

#[test]
fn the_evidence_of_the_station_that_decides_can_be_copied() {
    let model = world::trouble().model;
    let mut view = open(&model, &["3"]);
    let copied = press(&mut view, &model, &["y", "y"]);
    let [crate::ui::Intent::Copy(text)] = copied.as_slice() else { panic!("{copied:?}") };
    assert!(
        text.starts_with("checkout-v2 enterprise errors: NO-GO, since 2026-11-22 14:05:30 UTC: 23 of 1,608"),
        "{text}"
    );
}
