//! Statistics that stay valid however often one looks.
//!
//! In: numbers. Out: numbers. This room knows no word of the domain: no segment, no guardrail, no
//! verdict. It reads no clock and keeps no history; each state is a few numbers of fixed size.
//!
//! Looking every second turns a 5 % test into a 36–51 % one, so nothing here is a p-value at a
//! time. An *e-value* is a bet against "no worse than tolerated": under that hypothesis it is at
//! most 1 on average, whenever one looks, so the chance that it ever reaches 1/α is at most α
//! (Ville's inequality).
//!
//! Start reading at [`binomial`]: the bet that kills. [`exceedance`] turns a distribution into
//! such bets.

pub mod binomial;
pub mod exceedance;

pub use binomial::{ConditionalBinomial, Tick};
pub use exceedance::Exceedance;
