//! `gonogo replay REC --verify`: every verdict and act of a recording, decided anew and compared.
//!
//! | exit code | means |
//! |---|---|
//! | 0 | equal, to its end or to where a crash cut it off |
//! | 1 | something else is decided now: the first difference is printed, with both sides |
//! | 2 | no recording |
//! | 3 | equal as far as it can be said: the recording is damaged, has gaps or no events, or does not say what was decided |

use std::io::Write;

use super::{Exit, Failure, out};
use crate::domain::text::thousands;
use crate::domain::{Text, Timestamp};
use crate::engine::Decision;
use crate::recording::{Archive, Difference, Finding, Verified, verify};
use crate::runtime::clock::Clock;

/// The longest line of JSON of one side that is shown: a verdict with its evidence fits.
const MAX_SHOWN: usize = 4_000;

/// Decides everything anew, and says what came of it.
pub fn run(name: &str, archive: Archive) -> Result<Exit, Failure> {
    let program = archive.header().program.clone();
    let clock = Clock::system();
    let began = clock.now();
    let verified = verify(archive).map_err(Failure::usage)?;
    let seconds = clock.now().since(began).as_secs_f64();
    let mut out = out::stdout();
    let name = Text::new(name);
    let Verified { events, decisions, finding, damage, has_end } = verified;
    let (count, compared) = (thousands(events), thousands(decisions));
    match finding {
        Finding::Equal if events == 0 => {
            writeln!(out, "{name}: not compared: there is no event in it")?;
            if let Some(damage) = &damage {
                writeln!(out, "the recording is {damage}")?;
            }
            return Ok(Exit::Lost);
        }
        Finding::Equal => {
            writeln!(out, "{name}: equal: {compared} decisions on {count} events are what they were")?;
            let rate = if seconds > 0.0 { events as f64 / seconds } else { 0.0 };
            writeln!(out, "{seconds:.3} s, {} events/s", thousands(rate as u64))?;
        }
        Finding::Differs(difference) => {
            writeln!(out, "{name}: DIFFERENT: {compared} decisions are equal, then:")?;
            print_difference(&mut out, &difference)?;
            let now = env!("CARGO_PKG_VERSION");
            if !program.is_empty() && program != now {
                writeln!(out, "recorded by gonogo {}, verified by gonogo {now}", Text::new(&program))?;
            }
            return Ok(Exit::NoGo);
        }
        Finding::Silent => {
            writeln!(out, "{name}: not compared: a recording of version 1 does not say what was decided")?;
            return Ok(Exit::Lost);
        }
        Finding::Missing { event, at, count: missing } => {
            writeln!(out, "{name}: equal up to event {} at {}", thousands(event), at.rfc3339())?;
            let (missing, ends) = (thousands(missing), "what came after them cannot be compared");
            writeln!(out, "{missing} events are missing there: the disk did not keep up; {ends}")?;
            return Ok(Exit::Lost);
        }
    }
    match damage {
        Some(damage) => {
            writeln!(out, "only so far: the recording is {damage}")?;
            Ok(if damage.is_cut { Exit::Done } else { Exit::Lost })
        }
        None if !has_end => {
            writeln!(out, "only so far: the process that wrote it did not come to its end")?;
            Ok(Exit::Done)
        }
        None => Ok(Exit::Done),
    }
}

fn print_difference(out: &mut dyn Write, difference: &Difference) -> Result<(), Failure> {
    let Difference { event, at, recorded, derived } = difference;
    writeln!(out, "event {} at {}", thousands(*event), moment(*at))?;
    let only = |these: &[Decision], others: &[Decision]| -> Vec<Decision> {
        these.iter().filter(|decision| !others.contains(decision)).cloned().collect()
    };
    for (side, decisions) in [("recorded", only(recorded, derived)), ("now", only(derived, recorded))] {
        if decisions.is_empty() {
            writeln!(out, "  {side:<9} nothing else")?;
        }
        for decision in decisions {
            writeln!(out, "  {side:<9} {decision}")?;
            let json = serde_json::to_string(&decision).unwrap_or_default();
            let shown: String = json.chars().filter(|c| !c.is_control()).take(MAX_SHOWN).collect();
            writeln!(out, "  {:<9} {shown}", "")?;
        }
    }
    if only(recorded, derived).is_empty() && only(derived, recorded).is_empty() {
        writeln!(out, "  the same decisions in another order")?;
    }
    Ok(())
}

fn moment(at: Timestamp) -> String {
    format!("{} ({} UTC)", at.rfc3339(), at.clock())
}
