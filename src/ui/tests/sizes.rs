//! Every size of terminal can be drawn, whatever is shown.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::pictures::{press, render, text, theme, view};
use super::world;
use crate::engine::Model;
use crate::ui::frame::draw_cells;
use crate::ui::{Scene, View};

/// Views with everything that can be open.
fn views(model: &Model) -> Vec<View> {
    let keys: [&[&str]; 17] = [
        &[],
        &["down", "down", "down", "down"],
        &["tab", "tab"],
        &["tab", "tab", "right", "right", "enter"],
        &["tab", "tab", "tab", "down", "down"],
        &["tab", "tab", "tab", "tab", "enter", "down"],
        &["enter", "down", "down"],
        &["?", "down"],
        &["K"],
        &["down", "down", "w", "tab", "enter", "l", "o", "n", "g"],
        &["n", "x"],
        &["w", "r", "c"],
        &["2", "right"],
        &["3", "down"],
        &["4", "down"],
        &["6", "down"],
        &["7", "down"],
    ];
    let open = |keys: &[&str]| {
        let mut view = view();
        press(&mut view, model, keys);
        view
    };
    keys.into_iter().map(open).collect()
}

/// Widths: all small ones, and those around which something is arranged anew; between them every sixth.
const EDGES: [usize; 9] = [40, 60, 76, 80, 100, 120, 130, 140, 160];

/// Draws a view at every size at which it could look otherwise; sizes of chance are drawn in `anything`.
fn draw_sizes(model: &Model, view: &View) {
    let theme = theme("default");
    let rollouts = [model];
    let is_edge = |n: usize| EDGES.iter().any(|edge| edge.abs_diff(n) <= 1);
    for columns in (0..=161_u16).filter(|n| *n <= 24 || n % 6 == 0 || is_edge(usize::from(*n))) {
        for rows in (0..=50_u16).filter(|n| *n <= 32 || n % 3 == 0) {
            let area = Rect::new(0, 0, columns, rows);
            let scene = Scene::of(&rollouts, view, &theme, None, area).unwrap();
            draw_cells(&scene, &mut Buffer::empty(area), area);
        }
    }
}

/// One test for each model, so that they run side by side: 32,000 frames each.
#[test]
fn every_size_draws_before_anything_is_known() {
    let model = world::empty();
    views(&model).iter().for_each(|view| draw_sizes(&model, view));
}

#[test]
fn every_size_draws_in_a_launch_that_goes_well() {
    let model = world::launch().model;
    views(&model).iter().for_each(|view| draw_sizes(&model, view));
}

#[test]
fn every_size_draws_in_trouble() {
    let model = world::trouble().model;
    views(&model).iter().for_each(|view| draw_sizes(&model, view));
}

#[test]
fn one_line_is_enough_for_verdict_and_phase_and_two_for_the_kill_key() {
    let model = world::trouble().model;
    let one = text(&render(&model, &view(), &theme("default"), 40, 1));
    assert!(one.contains("NO-GO") && one.contains("KILLING"), "{one}");
    let two = text(&render(&model, &view(), &theme("default"), 40, 2));
    assert!(two.contains("K kill"), "{two}");
}

#[test]
fn the_kill_panel_shows_its_button_and_target_on_the_smallest_screens() {
    let model = world::launch().model;
    let mut view = view();
    press(&mut view, &model, &["down", "K"]);
    for (columns, rows) in [(30, 1), (30, 2), (40, 5), (60, 12)] {
        let shown = text(&render(&model, &view, &theme("mono"), columns, rows));
        assert!(shown.contains("[ kill ]"), "{columns}x{rows}: {shown}");
        assert!(rows < 2 || shown.contains("internal"), "{columns}x{rows}: {shown}");
    }
}

#[test]
fn a_name_longer_than_the_screen_is_wide_draws() {
    let mut world = world::launch();
    world.say("wide", "free", None, Some(9), &"日本".repeat(200));
    world.step(&[], 0.0);
    for columns in 60..=80 {
        render(&world.model, &view(), &theme("ascii"), columns, 24);
    }
}
