//! One metric, read for ever.
//!
//! In: a [`Query`], somebody to [`Ask`]. Out, into a [`Sink`]: a sample for each segment with data, the
//! state of the link whenever it changes, each problem when it begins. A server that answers without
//! data is a live link, but nothing is heard of the metric: it grows stale as it should.
//!
//! Polls lie on a grid of the metric's interval and never overlap: the next one begins when the last
//! one is over and the grid says so. What takes longer than the interval leaves polls out, and says
//! so. After a failure the grid is left for the back-off, and found again with the first answer.
//!
//! A query that is refused, or credentials that are, need a person: the link is reported as failed,
//! and the question is still repeated at the slowest pace, so that mending it at the server's side
//! needs no restart here. Start at [`watch`].

use std::collections::BTreeSet;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::domain::{LinkState, Sample, Source, SourceKind, Span, Text};
use crate::event::{Body, Sink};
use crate::metrics::Query;
use crate::net::Backoff;

use super::ask::{Ask, Remedy, Trouble};
use super::layout::Layout;
use super::reading::{Reading, read};

/// The ceiling of the first wait after a failure.
const RETRY_BASE: Duration = Duration::from_millis(500);

/// The longest wait: a server that came back is found before the operator asks. Also the pace at
/// which what needs a person is tried.
pub const RETRY_CAP: Duration = Duration::from_secs(10);

/// The longest pause that a server's `Retry-After` may impose: past this the operator wants to see
/// that somebody still tries.
pub const PAUSE_CAP: Duration = Duration::from_secs(60);

/// Watches one metric for ever.
pub async fn watch(asked: &dyn Ask, query: &Query, layout: &Layout, sink: &dyn Sink) {
    let mut metric = Watched {
        query,
        layout,
        sink,
        source: Source::new(SourceKind::Metrics, query.metric.as_str()),
        link: None,
        problems: BTreeSet::new(),
    };
    let mut backoff = Backoff::new(RETRY_BASE, RETRY_CAP, Duration::ZERO);
    let grid = Instant::now();
    metric.report(LinkState::Connecting).await;
    loop {
        let began = Instant::now();
        let wait = match read(asked, query, layout).await {
            Ok(reading) => {
                backoff.lived(Duration::ZERO);
                metric.deliver(reading).await;
                if began.elapsed() > query.interval.0 {
                    metric.report_late().await;
                }
                until_next(grid.elapsed(), query.interval.0)
            }
            Err(trouble) => {
                let wait = pause(trouble.remedy, &mut backoff, rand::random());
                metric.lose(trouble, wait).await;
                wait
            }
        };
        sleep(wait).await;
    }
}

/// How long until the next point of a grid that began this long ago.
fn until_next(elapsed: Duration, interval: Duration) -> Duration {
    let past = elapsed.as_nanos().checked_rem(interval.as_nanos()).unwrap_or(0);
    interval.saturating_sub(Duration::from_nanos(u64::try_from(past).unwrap_or(u64::MAX)))
}

/// How long to wait after a failure, for a draw from 0 to 1.
fn pause(remedy: Remedy, backoff: &mut Backoff, draw: f64) -> Duration {
    let wait = backoff.next(draw);
    match remedy {
        Remedy::Wait(asked_for) => wait.max(asked_for.unwrap_or_default().min(PAUSE_CAP)),
        Remedy::Access | Remedy::Query => RETRY_CAP,
    }
}

/// What is remembered from poll to poll, so that only changes are said.
struct Watched<'a> {
    query: &'a Query,
    layout: &'a Layout,
    sink: &'a dyn Sink,
    source: Source,
    link: Option<LinkState>,
    problems: BTreeSet<Text>,
}

impl Watched<'_> {
    async fn deliver(&mut self, reading: Reading) {
        let Reading { at, values, problems } = reading;
        // A segment without data gets no sample, and a metric without any data is not `Heard`: that word
        // says that its data is fresh, and would let the last numbers pass for the present ones.
        let has_data = values.iter().any(Option::is_some);
        for (name, value) in self.layout.segments().iter().zip(values) {
            if let Some(value) = value {
                let (metric, segment) = (self.query.metric.clone(), name.clone());
                self.sink.sample(at, Sample { metric, segment, value });
            }
        }
        self.report_problems(problems).await;
        self.report(LinkState::Live).await;
        if has_data {
            self.sink.fact(at, Body::Heard(self.source.clone())).await;
        }
    }

    async fn lose(&mut self, trouble: Trouble, wait: Duration) {
        let Trouble { cause, remedy } = trouble;
        if remedy == Remedy::Query {
            self.report_problems([cause.clone()].into()).await;
        }
        self.report(match remedy {
            Remedy::Wait(_) => LinkState::Retrying { cause, wait: Span(wait) },
            Remedy::Access | Remedy::Query => LinkState::Failed { cause },
        })
        .await;
    }

    async fn report(&mut self, state: LinkState) {
        if self.link.as_ref() != Some(&state) {
            self.sink.fact(None, Body::Link { source: self.source.clone(), state: state.clone() }).await;
            self.link = Some(state);
        }
    }

    async fn report_problems(&mut self, problems: BTreeSet<Text>) {
        for problem in problems.difference(&self.problems) {
            self.report_problem(problem.clone()).await;
        }
        self.problems = problems;
    }

    /// Each late poll is handed in: the receiver shows the text once and counts them all.
    async fn report_late(&self) {
        self.report_problem(Text::new(&format!(
            "an answer took longer than the interval of {}: polls are left out\nhint: a longer `interval`, or a \
             recording rule for what the query adds up",
            self.query.interval
        )))
        .await;
    }

    async fn report_problem(&self, problem: Text) {
        self.sink.fact(None, Body::Problem { source: self.source.clone(), problem }).await;
    }
}

#[cfg(test)]
mod tests;
