//! Telling a key that is held down from one that is pressed again.
//!
//! In: chords and when they came. Out: whether a chord repeats the one before. Most terminals send a held key as
//! many presses and do not say so, therefore the rhythm decides: keyboards repeat every 30 to 50 ms, a
//! finger needs 80 ms and more. The first repeat comes after the keyboard's initial delay and looks like a second
//! press; whoever guards against held keys must not let two presses of one key do harm.

use std::time::Duration;

use tokio::time::Instant;

use crate::keys::Chord;

/// Longest time between two repeats of a held key.
const RHYTHM: Duration = Duration::from_millis(70);

/// Remembers the last key.
#[derive(Debug, Default)]
pub(super) struct Repeat {
    last: Option<(Chord, Instant)>,
}

impl Repeat {
    /// Says whether this chord, coming now, is the last one held down.
    pub(super) fn notice(&mut self, chord: Chord, now: Instant) -> bool {
        let last = self.last.replace((chord, now));
        last.is_some_and(|(before, then)| before == chord && now.duration_since(then) <= RHYTHM)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_key_in_the_rhythm_of_a_keyboard_is_held() {
        let (kill, enter) = (Chord::from('K'), "enter".parse().unwrap());
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let mut repeat = Repeat::default();
        let noticed: Vec<bool> =
            [(kill, 0), (enter, 10), (enter, 40), (enter, 80), (enter, 300), (kill, 310), (kill, 400)]
                .into_iter()
                .map(|(chord, ms)| repeat.notice(chord, at(ms)))
                .collect();
        assert_eq!(noticed, [false, false, true, true, false, false, false]);
    }
}
