//! What customers say, in numbers: by segment and arm, and over time.
//!
//! In: comments, those that the filter leaves. Out: for each segment and arm how many spoke, how many stars they gave, how
//! many are unhappy with the bounds of that share, and the same by stretches of time. A stretch in which nobody spoke
//! has no score: it is `None`, which is not a bad one. Computed anew for each frame from at most
//! [`MAX_COMMENTS`](crate::engine::model::MAX_COMMENTS) comments; nothing is decided on it.

use crate::domain::{Arm, Sentiment, Timestamp};
use crate::engine::model::Comment;
use crate::stats::exact;

/// The chance that the bounds of a share are ever wrong.
const ALPHA: f64 = 0.05;
/// Fewer scores than this have no bounds worth showing: they reach over more than half of everything.
const LEAST: u64 = 5;
/// Lengths of a stretch of time in seconds, shortest first: what a person calls them, so that they begin at whole ones.
const STRETCHES_S: [i64; 16] =
    [10, 20, 30, 60, 120, 300, 600, 900, 1200, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400];

/// What was said by some customers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Pieces.
    pub pieces: u64,
    /// Pieces with a score.
    pub scored: u64,
    /// Sum of the scores.
    sum: u64,
    /// How many of those with a score are negative, neutral, positive.
    pub moods: [u64; 3],
}

impl Tally {
    /// Counts a piece.
    pub fn add(&mut self, comment: &Comment) {
        self.pieces += 1;
        if let (Some(score), Some(mood)) = (comment.feedback.score, comment.feedback.sentiment()) {
            self.scored += 1;
            self.sum += u64::from(score);
            let place = Sentiment::ALL.iter().position(|known| *known == mood);
            if let Some(count) = place.and_then(|place| self.moods.get_mut(place)) {
                *count += 1;
            }
        }
    }

    /// The tally of some comments.
    pub fn of<'c>(comments: impl IntoIterator<Item = &'c Comment>) -> Self {
        let mut tally = Self::default();
        comments.into_iter().for_each(|comment| tally.add(comment));
        tally
    }

    /// The mean score. `None`: nobody gave one.
    pub fn mean(&self) -> Option<f64> {
        (self.scored > 0).then(|| self.sum as f64 / self.scored as f64)
    }

    /// The share of unhappy ones among those with a score, 0 to 1. `None`: nobody gave one.
    pub fn unhappy(&self) -> Option<f64> {
        (self.scored > 0).then(|| self.moods[0] as f64 / self.scored as f64)
    }

    /// The bounds of that share, however often one looks. `None`: too few gave a score.
    pub fn bounds(&self) -> Option<(f64, f64)> {
        let (bad, all) = (self.moods[0] as f64, self.scored as f64);
        (self.scored >= LEAST).then(|| (exact::lower(bad, all, ALPHA), exact::upper(bad, all, ALPHA)))
    }
}

/// Stretches of time of equal length that end with the present one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stretches {
    /// How long one is, in seconds.
    pub length_s: i64,
    /// The number of the first one, counted from 1970.
    first: i64,
    /// How many there are.
    pub count: usize,
}

impl Stretches {
    /// So many that everything since `from` is in them, at most `most`. They begin at whole minutes, hours, days, so that
    /// what is drawn moves only when one is over.
    pub fn new(from: Timestamp, now: Timestamp, most: usize) -> Self {
        let most = i64::try_from(most.max(1)).unwrap_or(i64::MAX);
        let number = |at: Timestamp, length_s: i64| at.0.div_euclid(length_s.saturating_mul(1000));
        let longest = STRETCHES_S.last().copied().unwrap_or(1);
        let fits = |length_s: &i64| number(now, *length_s).saturating_sub(number(from, *length_s)) < most;
        let length_s = STRETCHES_S.into_iter().find(fits).unwrap_or(longest);
        let last = number(now, length_s);
        Self { length_s, first: last.saturating_sub(most - 1), count: usize::try_from(most).unwrap_or(1) }
    }

    /// In which of them a moment lies. `None`: in none.
    fn place(&self, at: Timestamp) -> Option<usize> {
        let number = at.0.div_euclid(self.length_s.saturating_mul(1000));
        usize::try_from(number.saturating_sub(self.first)).ok().filter(|place| *place < self.count)
    }

    /// What was said in each of them.
    pub fn fill<'c>(&self, comments: impl IntoIterator<Item = &'c Comment>) -> Vec<Tally> {
        let mut all = vec![Tally::default(); self.count];
        for comment in comments {
            if let Some(tally) = self.place(comment.at).and_then(|place| all.get_mut(place)) {
                tally.add(comment);
            }
        }
        all
    }
}

/// Both arms, and those of whom the source does not say.
pub const ARMS: [Option<Arm>; 3] = [Some(Arm::Treatment), Some(Arm::Control), None];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Feedback, SegmentName, Text};

    fn said(second: i64, score: Option<u8>) -> Comment {
        let (id, text) = (Text::new("1"), Text::new("x"));
        let segment = SegmentName::new("free").unwrap();
        let feedback = Feedback { id, segment, arm: None, score, text };
        Comment { at: Timestamp(second * 1000), feedback }
    }

    #[test]
    fn a_stretch_without_a_word_has_no_score_and_one_with_bad_words_has_a_bad_one() {
        let comments = [said(5, Some(1)), said(7, Some(2)), said(25, None), said(38, Some(5))];
        let stretches = Stretches::new(Timestamp(5_000), Timestamp(49_000), 5);
        assert_eq!((stretches.length_s, stretches.count), (10, 5));
        let filled = stretches.fill(&comments);
        let means: Vec<_> = filled.iter().map(Tally::mean).collect();
        assert_eq!(means, [Some(1.5), None, None, Some(5.0), None]);
        assert_eq!(filled.iter().map(|tally| tally.pieces).collect::<Vec<_>>(), [2, 0, 1, 1, 0]);
    }

    #[test]
    fn stretches_are_whole_and_stay_where_they_are_until_one_is_over() {
        let new = |now: i64| Stretches::new(Timestamp(0), Timestamp(now * 1000), 20);
        assert_eq!(new(190).length_s, 10);
        assert_eq!(new(200).length_s, 20);
        assert_eq!(new(1201), new(1319));
        assert_ne!(new(1201), new(1320));
        let far = Stretches::new(Timestamp(i64::MIN), Timestamp(i64::MAX), 0);
        assert_eq!((far.length_s, far.count), (86_400, 1));
    }

    #[test]
    fn few_scores_have_no_bounds_and_more_have_narrower_ones() {
        let tally = |n: u64| {
            Tally::of(&(0..n).map(|i| said(1, Some(if i % 2 == 0 { 1 } else { 5 }))).collect::<Vec<_>>())
        };
        assert_eq!((tally(0).mean(), tally(0).unhappy(), tally(4).bounds()), (None, None, None));
        let width = |n| tally(n).bounds().map(|(low, high)| high - low).unwrap();
        assert!(width(10) > width(100));
        let (low, high) = tally(100).bounds().unwrap();
        assert!(low < 0.5 && 0.5 < high && low > 0.3 && high < 0.7, "{low} {high}");
    }
}
