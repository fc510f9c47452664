//! When a tick is whole.

use super::*;

const T: Arm = Arm::Treatment;
const C: Arm = Arm::Control;

/// The ticks of rows of (arm, second, units), each as (second, units of treatment, units of control).
fn ticks(pair: &mut Pair, rows: &[(Arm, i64, f64)]) -> Vec<(i64, Option<f64>, Option<f64>)> {
    let mut ticks = Vec::new();
    for (arm, second, units) in rows {
        let (_, new) = pair.take(*arm, Timestamp(second * 1000), Counts { units: *units, bad: 0.0 });
        ticks.extend(new.into_iter().flatten());
    }
    ticks.extend(pair.close());
    let units = |counts: Option<Counts>| counts.map(|counts| counts.units);
    ticks.iter().map(|tick| (tick.at.0 / 1000, units(tick.new.treatment), units(tick.new.control))).collect()
}

fn pair() -> Pair {
    Pair::new(10_000, 100, true)
}

#[test]
fn the_first_rows_count_in_full_whichever_arm_comes_first() {
    for rows in [[(T, 1, 5.), (C, 1, 7.)], [(C, 1, 7.), (T, 1, 5.)]] {
        assert_eq!(ticks(&mut pair(), &rows), [(1, Some(5.), Some(7.))]);
    }
    assert_eq!(ticks(&mut pair(), &[(T, 1, 5.), (C, 500, 7.)]), [(500, Some(5.), Some(7.))]);
}

#[test]
fn an_arm_that_comes_again_first_waits_row_by_row() {
    let rows = [(T, 1, 5.), (T, 2, 9.), (T, 3, 12.), (C, 1, 1.), (C, 2, 2.), (C, 3, 3.)];
    let each = [(1, Some(5.), Some(1.)), (2, Some(4.), Some(1.)), (3, Some(3.), Some(1.))];
    assert_eq!(ticks(&mut pair(), &rows), each);
    let apart =
        rows.map(|(arm, second, units)| (arm, if arm == T { 10 * second } else { 10 * second + 5 }, units));
    let each = [(15, Some(5.), Some(1.)), (25, Some(4.), Some(1.)), (35, Some(3.), Some(1.))];
    assert_eq!(ticks(&mut pair(), &apart), each);
}

#[test]
fn past_its_room_what_waits_is_compared_in_one_piece_and_nothing_is_lost() {
    let rows = (1..=20).map(|at| (T, at, at as f64)).chain((1..=20).map(|at| (C, at, 2. * at as f64)));
    let ticks = ticks(&mut Pair::new(10_000, 5, true), &rows.collect::<Vec<_>>());
    assert_eq!(ticks.len(), 5);
    assert_eq!(ticks.last(), Some(&(20, Some(16.), Some(32.))));
}

#[test]
fn rows_that_are_far_apart_are_waited_for_all_the_same() {
    for order in [[T, C], [C, T]] {
        let rows: Vec<_> = (1..=4).flat_map(|n| order.map(|arm| (arm, 60 * n, n as f64))).collect();
        let each = [60, 120, 180, 240].map(|at| (at, Some(1.), Some(1.)));
        assert_eq!(ticks(&mut pair(), &rows), each);
    }
}

#[test]
fn a_tick_is_whole_when_the_second_arm_has_come_as_far_as_the_first() {
    let rows = [(T, 2, 5.), (C, 1, 1.), (C, 2, 2.), (T, 3, 6.), (C, 3, 3.)];
    assert_eq!(ticks(&mut pair(), &rows), [(2, Some(5.), Some(2.)), (3, Some(1.), Some(1.))]);
}

#[test]
fn arms_that_are_read_at_different_moments_meet_once_in_each_round() {
    let rows = [(T, 5, 1.), (C, 4, 1.), (T, 10, 2.), (C, 9, 2.), (T, 15, 3.), (C, 14, 3.)];
    let each = [(5, Some(1.), Some(1.)), (10, Some(1.), Some(1.)), (15, Some(1.), Some(1.))];
    assert_eq!(ticks(&mut pair(), &rows), each);
}

#[test]
fn an_arm_that_is_silent_for_too_long_is_not_waited_for_and_not_compared_when_it_is_back() {
    let rows = [
        (T, 0, 1.),
        (C, 0, 1.),
        (T, 10, 2.),
        (T, 11, 3.),
        (T, 12, 4.),
        (C, 12, 9.),
        (T, 13, 5.),
        (C, 13, 10.),
    ];
    assert_eq!(
        ticks(&mut pair(), &rows),
        [(0, Some(1.), Some(1.)), (12, Some(3.), None), (12, None, Some(8.)), (13, Some(1.), Some(1.)),]
    );
}

#[test]
fn an_arm_that_was_never_seen_is_waited_for_unless_nobody_needs_it() {
    let rows = [(T, 0, 1.), (T, 60, 2.), (T, 120, 3.)];
    assert_eq!(ticks(&mut pair(), &rows), [(120, Some(3.), None)]);
    let alone = [(120, Some(3.), None)];
    assert_eq!(ticks(&mut Pair::new(10_000, 100, false), &rows), alone);
}

#[test]
fn late_and_same_rows_change_nothing_and_a_fall_is_a_restart() {
    let mut pair = pair();
    let mut take =
        |second: i64, units: f64| pair.take(T, Timestamp(second * 1000), Counts { units, bad: 0.0 }).0;
    assert_eq!(take(5, 10.), Taken::New);
    assert_eq!(take(5, 10.), Taken::Same);
    assert_eq!(take(4, 9.), Taken::Late);
    assert_eq!(take(5, 9.), Taken::Late);
    assert_eq!(take(6, 3.), Taken::Fallen);
    assert_eq!(take(7, 3.), Taken::New);
    assert_eq!(pair.close().and_then(|tick| tick.new.treatment).map(|counts| counts.units), Some(13.));
}

#[test]
fn what_control_showed_before_treatment_began_is_not_held_against_its_first_row() {
    let rows =
        [(C, 0, 100.), (C, 5, 200.), (C, 10, 300.), (C, 15, 400.), (T, 15, 7.), (T, 20, 9.), (C, 20, 500.)];
    let each = [(10, None, Some(300.)), (15, Some(7.), Some(100.)), (20, Some(2.), Some(100.))];
    assert_eq!(ticks(&mut pair(), &rows), each);
}

#[test]
fn nobody_is_left_behind_within_two_intervals_of_the_beginning() {
    for needs_both in [true, false] {
        let rows = [(T, 0, 1.), (C, 0, 2.)];
        assert_eq!(ticks(&mut Pair::new(10_000, 100, needs_both), &rows), [(0, Some(1.), Some(2.))]);
    }
}

#[test]
fn a_row_that_is_missing_does_not_shift_the_arms_against_each_other() {
    let rows = [(T, 0, 1.), (C, 0, 1.), (C, 5, 2.), (T, 10, 3.), (C, 10, 3.), (T, 15, 4.), (C, 15, 4.)];
    let each = [(0, Some(1.), Some(1.)), (10, Some(2.), Some(2.)), (15, Some(1.), Some(1.))];
    assert_eq!(ticks(&mut pair(), &rows), each);
}
