//! What rows mean: reorders, duplicates, gaps, restarts and what is missing do not change a verdict.

use gonogo::backtest::Change;
use gonogo::domain::Verdict;
use proptest::prelude::*;
use rand::seq::SliceRandom;
use rand::{SeedableRng, rngs::SmallRng};

use super::file::{judge, last, rollout, steady, text, told, try_judge};

/// Bad from the start, and healthy all the way.
fn bad_and_good() -> [(Vec<String>, Verdict); 2] {
    [
        (steady("free", 120, 100, |_| (10, 1)), Verdict::NoGo),
        (steady("free", 600, 500, |_| (1, 1)), Verdict::Go),
    ]
}

#[test]
fn either_arm_may_come_first() {
    for (rows, verdict) in bad_and_good() {
        let swapped: Vec<_> = rows.chunks(2).flat_map(|pair| pair.iter().rev()).collect();
        assert_eq!([last(&text(&rows)), last(&text(swapped))], [Some(verdict); 2]);
    }
}

#[test]
fn one_arm_may_stand_whole_above_the_other() {
    for (rows, verdict) in bad_and_good() {
        for first in ["treatment", "control"] {
            let (above, below): (Vec<_>, Vec<_>) = rows.iter().partition(|row| row.contains(first));
            let rows = text(above.into_iter().chain(below));
            let (_, summary) = judge(&rows);
            assert_eq!(summary.finals[0].verdict, Some(verdict), "{first} first");
            assert!(summary.rows.disordered > 0, "it is said that the rows are not in order of time");
        }
    }
}

#[test]
fn each_order_of_arms_and_series_gives_the_same_changes_at_the_same_times() {
    let bad = steady("free", 3600, 100, |at| if at < 1800 { (1, 1) } else { (20, 1) });
    let rows: Vec<_> = bad.iter().cloned().chain(steady("beta", 3600, 100, |_| (1, 1))).collect();
    let sorted_by = |key: fn(&[&str]) -> (bool, bool, i64)| {
        let mut rows = rows.clone();
        rows.sort_by_cached_key(|row| {
            let fields: Vec<_> = row.split(',').collect();
            key(&fields)
        });
        try_judge(&rollout(&["free", "beta"]), &text(&rows)).unwrap_or_else(|error| panic!("{error}")).0
    };
    let in_time = sorted_by(|row| (false, false, row[0].parse().expect("a second")));
    assert!(in_time.iter().any(|change| change.verdict == Verdict::NoGo && change.at.0 < 1_900_000));
    let mut blocks = [
        sorted_by(|row| (row[3] == "control", false, row[0].parse().expect("a second"))),
        sorted_by(|row| (row[1] == "beta", row[3] == "treatment", row[0].parse().expect("a second"))),
    ];
    let by_series = |change: &Change| (change.at, change.segment.clone());
    let mut wanted = in_time;
    wanted.sort_by_key(by_series);
    for changes in &mut blocks {
        changes.sort_by_key(by_series);
        assert_eq!(*changes, wanted);
    }
}

#[test]
fn rows_far_apart_are_judged_although_the_interval_is_short() {
    for step in [15, 60, 300] {
        let rows = |bad: (u64, u64)| {
            let of = |segment: &str, metric: &str, n: u64, at: u64| {
                let row =
                    |arm: &str, bad: u64| format!("{at},{segment},{metric},{arm},{},{}\n", n * 2000, n * bad);
                row("treatment", bad.0) + &row("control", bad.1)
            };
            let round = |n: u64| ["errors", "latency"].map(|metric| of("free", metric, n, n * step)).concat();
            (1..=60).map(round).collect::<String>()
        };
        for (bad, end) in [((20, 20), Verdict::Go), ((60, 20), Verdict::NoGo)] {
            let (changes, summary) = judge(&rows(bad));
            assert!(summary.finals.iter().all(|last| last.verdict == Some(end)), "{step} s: {changes:?}");
            assert!(changes.len() <= 6, "no change in each round: {changes:?}");
        }
    }
}

#[test]
fn rows_in_no_order_at_all_give_no_verdict_twice_and_take_no_no_go_back() {
    let mut random = SmallRng::seed_from_u64(5);
    for _ in 0..20 {
        let mut rows = steady("free", 600, 100, |_| (20, 1));
        rows.extend(rows.clone().iter().map(|row| row.replace("errors", "latency")));
        rows.shuffle(&mut random);
        let (changes, _) = judge(&text(&rows));
        for metric in ["errors", "latency"] {
            let told = told(&changes, "free", metric);
            let is_sound = |two: &[(i64, Verdict)]| two[0].1 != two[1].1 && two[0].1 != Verdict::NoGo;
            assert!(told.windows(2).all(is_sound), "{told:?}");
        }
    }
}

#[test]
fn duplicates_change_nothing_and_are_counted() {
    for (rows, _) in bad_and_good() {
        let twice: Vec<_> = rows.iter().flat_map(|row| [row, row]).collect();
        let (once, twice) = (judge(&text(&rows)), judge(&text(twice)));
        assert_eq!(once.0, twice.0);
        assert_eq!(twice.1.rows.same, rows.len() as u64);
    }
}

#[test]
fn rows_that_are_left_out_change_no_verdict() {
    for (rows, verdict) in bad_and_good() {
        let thin: Vec<_> =
            rows.chunks(2).enumerate().filter(|(n, _)| n % 2 == 1).flat_map(|(_, pair)| pair).collect();
        assert_eq!(last(&text(thin)), Some(verdict));
    }
}

#[test]
fn a_restarted_source_goes_on_counting_and_is_told_once() {
    for (rows, verdict) in bad_and_good() {
        // Both arms count from 0 again half-way.
        let half = rows.len() / 2;
        let restarted: Vec<_> = rows.iter().take(half).cloned().collect();
        let again = rows.iter().take(rows.len() - half).enumerate().map(|(n, row)| {
            let at: i64 = rows[half + n].split(',').next().and_then(|at| at.parse().ok()).expect("a time");
            format!("{at},{}", row.split_once(',').expect("a row").1)
        });
        let all: Vec<_> = restarted.into_iter().chain(again).collect();
        let (_, summary) = judge(&text(&all));
        assert_eq!(summary.finals[0].verdict, Some(verdict));
        assert_eq!(summary.rows.restarted, 1);
        let told = summary.rows.doubts().into_iter().filter(|text| text.contains("fell at")).count();
        assert_eq!(told, 1);
    }
}

#[test]
fn late_rows_are_left_out_and_counted() {
    let rows = steady("free", 60, 100, |_| (1, 1));
    let late = format!("{}0,free,errors,treatment,100,90\n", text(&rows));
    let (changes, summary) = judge(&late);
    assert_eq!(changes, judge(&text(&rows)).0);
    assert_eq!(summary.rows.late, 1);
}

#[test]
fn a_missing_reading_is_no_reading_and_no_error() {
    for missing in ["", "NaN", "nan", "null", "-5", "inf", "-Infinity", "1e999"] {
        let rows = format!(
            "5,free,errors,treatment,{missing},7\n5,free,errors,control,1000,{missing}\n{}",
            "10,free,errors,treatment,1000,1\n10,free,errors,control,1000,1\n"
        );
        let (changes, summary) = judge(&rows);
        assert_eq!(summary.rows.missing, 2, "{missing:?}");
        assert_eq!(told(&changes, "free", "errors").first().map(|first| first.0), Some(10), "{missing:?}");
    }
    let only = "5,free,errors,treatment,NaN,NaN\n5,free,errors,control,NaN,NaN\n";
    let (changes, summary) = judge(only);
    assert_eq!(told(&changes, "free", "errors"), [(5, Verdict::Wait)]);
    assert_eq!(summary.rows.missing, 2);
}

#[test]
fn readings_that_go_missing_hold_and_never_turn_into_anything_else() {
    let mut rows = steady("free", 600, 500, |_| (1, 1));
    for at in (600..700).step_by(5) {
        rows.push(format!("{at},free,errors,treatment,NaN,\n{at},free,errors,control,,NaN\n"));
    }
    let (changes, _) = judge(&text(&rows));
    assert_eq!(told(&changes, "free", "errors").last(), Some(&(610, Verdict::Hold)));
}

#[test]
fn names_that_the_rollout_does_not_know_are_passed_over_by_name() {
    let rows = "5,free,errors,treatment,9,0\n5,fre,errors,control,9,0\n5,free,error,control,9,0\n5,free,orders,control,9,0\n";
    let (_, summary) = judge(rows);
    assert_eq!(summary.rows.skipped(), 3);
    let said = summary.rows.doubts().join("\n");
    for words in ["does not know: fre", "does not know: error", "no guardrail watches: orders"] {
        assert!(said.contains(words), "{said}");
    }
}

#[test]
fn series_by_series_is_judged_as_in_order_of_time() {
    let names = ["a", "b", "c"];
    let by_series: Vec<_> = names.iter().flat_map(|name| steady(name, 300, 100, |_| (10, 1))).collect();
    let mut by_time = by_series.clone();
    by_time.sort_by_key(|row| row.split(',').next().and_then(|at| at.parse::<i64>().ok()));
    let judge = |rows: &[String]| try_judge(&rollout(&names), &text(rows)).expect("judged").0;
    let verdicts = |rows: &[String]| {
        let mut all: Vec<_> = judge(rows).iter().map(|c| (c.at, c.segment.clone(), c.verdict)).collect();
        assert!(all.windows(2).all(|pair| pair[0].0 <= pair[1].0), "in order of time");
        all.sort();
        all
    };
    assert_eq!(verdicts(&by_series), verdicts(&by_time));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn neighbours_that_change_places_change_no_verdict(swaps in prop::collection::vec(0usize..47, 0..40)) {
        for (mut rows, verdict) in bad_and_good() {
            for swap in &swaps {
                let at = swap % (rows.len() - 1);
                rows.swap(at, at + 1);
            }
            prop_assert_eq!(last(&text(&rows)), Some(verdict));
        }
    }

    #[test]
    fn any_numbers_make_lines_of_json_without_nan_or_infinity(
        rows in prop::collection::vec(
            (0i64..200, any::<bool>(), prop_oneof![0.0..1e4f64, 0.0..9e15f64, Just(0.0)], prop_oneof![0.0..1e4f64, Just(0.0)]),
            0..60,
        )
    ) {
        let mut text = String::new();
        for (at, is_treatment, units, bad) in rows {
            let arm = if is_treatment { "treatment" } else { "control" };
            text += &format!("{at},free,errors,{arm},{units},{bad}\n");
        }
        if let Ok((changes, _)) = try_judge(&rollout(&["free"]), &text) {
            for change in changes {
                let line = change.json().expect("a line");
                let value: serde_json::Value = serde_json::from_str(&line).expect("JSON");
                prop_assert!(!value["text"].as_str().is_some_and(|text| text.contains("NaN")), "{}", line);
                prop_assert!(value["e_value"].is_null() == value["threshold"].is_null(), "{}", line);
            }
        }
    }

    #[test]
    fn any_text_is_judged_or_refused_in_words(text in "[a-z0-9,.\n\"-]{0,200}") {
        match try_judge(&rollout(&["free"]), &text) {
            Ok((_, summary)) => prop_assert!(!summary.is_no_go()),
            Err(error) => prop_assert!(error.to_string().contains("\nhint: "), "{}", error),
        }
    }
}
