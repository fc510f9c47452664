//! Asking many users: at once or spread over time, with a bound on the questions under way.
//!
//! In: an [`Edge`], users, a pace. Out: answers, and why the others have none. A round ends early when the edge wants to
//! be left alone, or when nobody of the first [`HOPELESS`] got an answer: a thousand time-outs tell no more than a dozen.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::time::{sleep, timeout};

use super::edge::{Answer, Edge, Remedy, Trouble, User};
use crate::domain::Text;

/// Questions under way at the same time: a quick round is one round trip then, and it is no more connections than one
/// busy application has.
const AT_ONCE: usize = 24;

/// Failures without a single answer after which a round is given up.
const HOPELESS: usize = 16;

/// Failures after which a round is given up in any case: it is incomplete, and each may have taken its whole patience.
const ENOUGH: usize = 64;

/// How often those who got no answer are asked again within one panel.
const AGAIN: usize = 2;

/// How long before they are asked again: an edge that restarts or fails over needs a moment.
const AGAIN_AFTER: Duration = Duration::from_millis(200);

/// How users are asked.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// From one question to the next; zero: as fast as the bound allows.
    pub gap: Duration,
    /// How long to wait for each answer.
    pub patience: Duration,
}

/// What came back.
#[derive(Debug, Default)]
pub struct Answers {
    /// By user.
    pub given: BTreeMap<usize, Answer>,
    /// Why the others have none.
    pub failed: BTreeMap<usize, Trouble>,
}

impl Answers {
    /// The first trouble, if any; one that says how long to wait goes before the others.
    pub fn trouble(&self) -> Option<&Trouble> {
        let pauses = |trouble: &&Trouble| matches!(trouble.remedy, Remedy::Pause(_));
        self.failed.values().find(pauses).or_else(|| self.failed.values().next())
    }
}

/// Asks some users.
pub async fn some(edge: &dyn Edge, users: &[User], asked: &[usize], pace: Pace) -> Answers {
    let mut answers = Answers::default();
    let mut under_way = FuturesUnordered::new();
    let mut waiting = asked.iter().filter_map(|index| Some((*index, users.get(*index)?)));
    let mut next = waiting.next();
    loop {
        let failed = answers.failed.len();
        let is_hopeless = failed >= ENOUGH || (answers.given.is_empty() && failed >= HOPELESS);
        let is_asked_to_stop = answers.failed.values().any(|trouble| trouble.remedy != Remedy::Again);
        if is_hopeless || is_asked_to_stop {
            next = None;
        }
        if next.is_some() && under_way.len() < AT_ONCE && pace.gap.is_zero() {
            if let Some((index, user)) = next.take() {
                under_way.push(one(edge, index, user, pace.patience));
            }
            next = waiting.next();
            continue;
        }
        tokio::select! {
            biased;
            Some((index, result)) = under_way.next(), if !under_way.is_empty() => {
                match result {
                    Ok(answer) => drop(answers.given.insert(index, answer)),
                    Err(trouble) => drop(answers.failed.insert(index, trouble)),
                }
            }
            () = sleep(pace.gap), if next.is_some() && under_way.len() < AT_ONCE => {
                if let Some((index, user)) = next.take() {
                    under_way.push(one(edge, index, user, pace.patience));
                }
                next = waiting.next();
            }
            else => return answers,
        }
    }
}

async fn one(
    edge: &dyn Edge,
    index: usize,
    user: &User,
    patience: Duration,
) -> (usize, Result<Answer, Trouble>) {
    let result = timeout(patience, edge.ask(user)).await.unwrap_or_else(|_| {
        let cause = Text::new(&format!("no answer within {} ms", patience.as_millis()));
        Err(Trouble { cause, remedy: Remedy::Again })
    });
    (index, result)
}

/// Asks everybody, and those who got no answer again.
pub async fn everybody(edge: &dyn Edge, users: &[User], pace: Pace) -> Answers {
    let all: Vec<usize> = (0..users.len()).collect();
    let mut answers = some(edge, users, &all, pace).await;
    for _ in 0..AGAIN {
        let is_worth_it = answers.failed.values().all(|trouble| trouble.remedy == Remedy::Again);
        let missing: Vec<usize> =
            all.iter().filter(|user| !answers.given.contains_key(*user)).copied().collect();
        if answers.given.is_empty() || missing.is_empty() || !is_worth_it {
            break;
        }
        sleep(AGAIN_AFTER).await;
        let more = some(edge, users, &missing, Pace { gap: Duration::ZERO, ..pace }).await;
        answers.given.extend(more.given);
        answers.failed = more.failed;
    }
    answers
}
