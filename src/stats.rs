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
//! | | what | file |
//! |---|---|---|
//! | M1 | the test that kills | [`kill`], made of [`binomial`] and [`twin`]; for distributions [`exceedance`] |
//! | M2 | how large an effect is, and proof of no harm | [`confidence`], [`exact`], [`noninferiority`] |
//! | M3 | is the split between the arms as asked for | [`sample_ratio`] |
//! | M4 | without a control group | [`baseline`], then [`KillBet::update_against`] |
//! | | many at once | [`sum`], [`e_bh`] |
//! | | how long until an alarm | [`power`] |
//! | | how sure one point of a chart is; nothing is decided on it | [`score`], [`bounded`] |
//!
//! What is no number is never evidence, neither of harm nor of health.
//!
//! Start reading at [`kill`].

pub mod baseline;
mod beta;
pub mod binomial;
pub mod bounded;
pub mod confidence;
pub mod e_bh;
pub mod exact;
pub mod exceedance;
pub mod kill;
pub mod noninferiority;
pub mod power;
pub mod sample_ratio;
pub mod score;
pub mod sum;
pub mod twin;

pub use baseline::Baseline;
pub use binomial::{ConditionalBinomial, Factors, Tick};
pub use confidence::{Interval, Mean, Proportion};
pub use kill::{Alarm, DEFAULT_HORIZON, KillBet, KillStanding};
pub use noninferiority::{Margin, Method, NonInferiority, noninferior, units_missing};
pub use power::{Rates, evidence_time};
pub use sample_ratio::SampleRatio;
pub use twin::ShiryaevRoberts;
