//! What customers said: scores by segment and arm, and some of their words.
//!
//! In: feedback that was not seen before. Out: [`Satisfaction`]. Words are kept of the worst scores of treatment first,
//! a few for each segment.

use super::interval::{difference_of_scores, scores};
use super::retrospective::{At, Quote, Satisfaction, Voices};
use crate::domain::{Arm, Feedback, SegmentName, Timestamp};

/// Words kept of each segment.
const QUOTES: usize = 4;
/// Stands for a piece without a score among those that have one: neither good nor bad.
const NO_SCORE: u8 = 3;

/// What was said so far.
#[derive(Debug, Clone, Default)]
pub struct Listener {
    segments: Vec<Heard>,
    pieces: u64,
}

#[derive(Debug, Clone)]
struct Heard {
    segment: SegmentName,
    pieces: u64,
    /// Treatment, control, unknown.
    scores: [[u64; 5]; 3],
    quotes: Vec<Quote>,
}

const fn place(arm: Option<Arm>) -> usize {
    match arm {
        Some(Arm::Treatment) => 0,
        Some(Arm::Control) => 1,
        None => 2,
    }
}

impl Listener {
    /// For these segments; others are counted as pieces only.
    #[must_use]
    pub fn new(segments: impl Iterator<Item = SegmentName>) -> Self {
        let heard = |segment| Heard { segment, pieces: 0, scores: [[0; 5]; 3], quotes: Vec::new() };
        Self { segments: segments.map(heard).collect(), pieces: 0 }
    }

    /// A customer said something new.
    pub fn take(&mut self, at: Timestamp, feedback: &Feedback) {
        self.pieces += 1;
        let Some(heard) = self.segments.iter_mut().find(|heard| heard.segment == feedback.segment) else {
            return;
        };
        heard.pieces += 1;
        let score = feedback.score.filter(|score| (1..=5).contains(score));
        if let Some(score) = score
            && let Some(count) =
                heard.scores.get_mut(place(feedback.arm)).and_then(|s| s.get_mut(usize::from(score) - 1))
        {
            *count += 1;
        }
        if feedback.text.as_str().is_empty() {
            return;
        }
        let arm = feedback.arm.map(|arm| match arm {
            Arm::Treatment => "treatment",
            Arm::Control => "control",
        });
        heard.quotes.push(Quote { at: At(at), arm, score, text: feedback.text.to_string() });
        // Those with the feature first, then the worst, then the earliest; each word once.
        heard.quotes.sort_by_key(|q| (q.arm != Some("treatment"), q.score.unwrap_or(NO_SCORE), q.at));
        let mut said: Vec<String> = Vec::new();
        heard.quotes.retain(|quote| {
            let is_new = !said.contains(&quote.text);
            said.push(quote.text.clone());
            is_new
        });
        heard.quotes.truncate(QUOTES);
    }

    /// Everything in numbers.
    #[must_use]
    pub fn finish(self) -> Satisfaction {
        let sum = |arm: usize| {
            let all = self.segments.iter().filter_map(|heard| heard.scores.get(arm));
            all.fold([0; 5], |mut sum: [u64; 5], counts| {
                sum.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count);
                sum
            })
        };
        let [treatment, control, unknown] = [sum(0), sum(1), sum(2)];
        let voices = |heard: Heard| {
            let [treatment, control, _] = heard.scores;
            Voices {
                segment: heard.segment,
                pieces: heard.pieces,
                treatment: scores(treatment),
                control: scores(control),
                quotes: heard.quotes,
            }
        };
        Satisfaction {
            pieces: self.pieces,
            treatment: scores(treatment),
            control: scores(control),
            unknown: scores(unknown),
            difference: difference_of_scores(treatment, control),
            segments: self.segments.into_iter().filter(|heard| heard.pieces > 0).map(voices).collect(),
        }
    }
}
