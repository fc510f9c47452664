//! Containing a panic: one rollout's bug must not take the screen from the others.
//!
//! In: what may panic. Out: its value, or what the panic said. The panic hook leaves the terminal alone meanwhile, and the
//! message is not written across the screen: whoever contains a panic has to tell of it.

use std::any::Any;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

thread_local! {
    /// How many containments this thread is inside of.
    static DEPTH: Cell<u32> = const { Cell::new(0) };
}

/// Whether a panic of this thread would be contained.
pub(super) fn is_contained() -> bool {
    DEPTH.try_with(Cell::get).unwrap_or(0) > 0
}

/// Does something; a panic ends that and nothing else.
///
/// # Errors
/// What the panic said. What was being changed may be half changed: throw it away.
pub fn contain<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    /// Counts down also when it panics.
    struct Inside;
    impl Drop for Inside {
        fn drop(&mut self) {
            DEPTH.with(|depth| depth.set(depth.get().saturating_sub(1)));
        }
    }
    DEPTH.with(|depth| depth.set(depth.get().saturating_add(1)));
    let inside = Inside;
    let done = catch_unwind(AssertUnwindSafe(work));
    drop(inside);
    done.map_err(|said| words(said.as_ref()))
}

fn words(said: &(dyn Any + Send)) -> String {
    let text = said.downcast_ref::<&str>().copied();
    text.or_else(|| said.downcast_ref::<String>().map(String::as_str)).unwrap_or("without a word").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_contained_panic_is_told_and_the_next_one_is_not_contained() {
        assert_eq!(contain(|| 5), Ok(5));
        assert!(!is_contained());
        let said = contain(|| {
            assert!(is_contained());
            assert_eq!(contain(|| -> u8 { panic!("inner") }), Err("inner".to_owned()));
            assert!(is_contained());
            panic!("outer {}", 1)
        });
        assert_eq!(said, Err::<(), _>("outer 1".to_owned()));
        assert!(!is_contained());
    }
}
