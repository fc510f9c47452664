//! The hot path takes no memory: one reading of one guardrail in one segment, from the increment to the verdict.
//!
//! An allocator that counts stands in for the usual one. Words are written only where somebody reads them, so the
//! evidence is not part of it.
#![allow(unsafe_code, reason = "an allocator is unsafe by its trait; this one hands on and counts")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use gonogo::domain::{ByArm, Counts, Guardrail, Percent, Station};
use gonogo::engine::appraise::{Freshness, Situation, appraise, is_crossed};
use gonogo::engine::meter::Increment;
use gonogo::engine::watch::Watch;
use gonogo::stats::{DEFAULT_HORIZON, KillBet, Tick};

thread_local! {
    static TAKEN: Cell<u64> = const { Cell::new(0) };
}

struct Counting;

// Every call is handed on to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // The thread may be ending.
        let _ = TAKEN.try_with(|taken| taken.set(taken.get() + 1));
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// How often memory was taken on this thread while `work` ran.
fn taken_by(work: impl FnOnce()) -> u64 {
    let before = TAKEN.with(Cell::get);
    work();
    TAKEN.with(Cell::get) - before
}

#[test]
fn an_allocation_is_counted() {
    assert_eq!(taken_by(|| drop(std::hint::black_box(vec![1_u8]))), 1);
}

#[test]
fn a_tick_of_the_kill_test_takes_no_memory() {
    let mut bet = KillBet::new(0.01, 0.1, DEFAULT_HORIZON);
    let tick = Tick { treatment_units: 50., treatment_bad: 2., control_units: 150., control_bad: 3. };
    let taken = taken_by(|| {
        for _ in 0..10_000 {
            bet.update(&tick);
            std::hint::black_box(bet.standing());
        }
    });
    assert_eq!(taken, 0);
}

#[test]
fn a_reading_is_taken_and_appraised_without_memory() {
    let name = "errors";
    let guardrail = Guardrail::new(name.parse().unwrap(), Station::Errors, name.parse().unwrap());
    let mut watch = Watch::new(&guardrail, 1.0);
    let counts = |units, bad| Some(Counts { units, bad });
    let new = Increment {
        counts: ByArm { treatment: counts(50., 1.), control: counts(150., 3.) },
        ..Increment::default()
    };
    let exposure = Percent::new(25.).ok();
    let situation =
        Situation { confirmed: exposure, freshness: Freshness::Fresh, sample: 500., is_warned: false };
    // The first reading says what kind it is, and makes room.
    watch.observe(&new, &[], exposure);
    let taken = taken_by(|| {
        for _ in 0..10_000 {
            watch.observe(&new, &[], exposure);
            std::hint::black_box((is_crossed(&guardrail, &watch), appraise(&guardrail, &watch, &situation)));
        }
    });
    assert!(watch.proof().is_some(), "it never came to the look at the proof");
    assert_eq!(taken, 0);
}
