//! Metrics from a Prometheus, or from anything that speaks its HTTP API.
//!
//! ```text
//! settings ─▶ Prometheus ─┬─ watch (one for each metric) ─▶ reading ─▶ ask ─▶ server
//!                         └─ probe (once, for `check`)        │
//!                              answer ─▶ layout ─▶ table ─▶ counts | histogram ─▶ Sample
//!                                           └──────▶ faults ─▶ Problem
//! ```
//!
//! In: settings, the queries that share the source, the rollout's segments. Out: cumulative numbers
//! by segment, both arms together, exactly as the server has them. One query returns all segments and
//! arms, so the load on the server does not grow with segments.
//!
//! What it must never do: turn NaN or a missing series into a number; choose one of several series;
//! hand on a sum of which the server may have left out a part; compute a rate. Counters that fall
//! after a restart are handed on as they are: the engine knows what came before, this room does not.
//!
//! **How old is a number?** Nobody can tell from the answer. A sample's source time is the moment for
//! which the server *evaluated* the query, not the moment of the scrape: an aggregated series has no
//! scrape time any more, `timestamp()` of it gives the evaluation again. So the server's clock can be
//! held against ours, but data that is late on its way into the server looks fresh here:
//! - a scrape every 15 s means numbers up to 15 s old; a failed scrape ends its series at once;
//! - a *pushed* series has no scrape that could fail and lives on for the server's look-back, 5
//!   minutes by default. Write `sum by (segment, arm) (last_over_time(x_total[10s]))`, which ends it
//!   after 10 s on every version (the API's `lookback_delta` is ignored in silence by Prometheus 2.42);
//! - VictoriaMetrics hides the newest 30 s by default and still answers with the present time: start
//!   it with `-search.latencyOffset=1s`, or count those 30 s into every promise about detection.
//!
//! Start reading at [`Settings`], then `watch` and `reading`.

mod answer;
mod ask;
mod counts;
mod faults;
#[cfg(test)]
mod fixture;
mod histogram;
mod layout;
mod probe;
mod reading;
mod settings;
mod source;
mod table;
mod watch;

#[cfg(test)]
mod tests;

pub use settings::{Header, Settings};
pub use source::Prometheus;
