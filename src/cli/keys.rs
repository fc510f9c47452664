//! `gonogo keys`: the list of actions with their keys. The README's table is made by it.

use std::io::Write;

use super::{Exit, Failure};
use crate::action::{ACTIONS, Danger, Where};

/// Runs the command.
pub fn run() -> Result<Exit, Failure> {
    let mut out = std::io::stdout();
    writeln!(out, "| key | action | where | what it does |\n|---|---|---|---|")?;
    for spec in ACTIONS {
        let chords: Vec<_> = spec.chords.iter().map(|chord| format!("`{chord}`")).collect();
        let guard = match spec.danger {
            Danger::Grows => "; asks first, *cancel* focused",
            Danger::Stops => "; asks first, *do it* focused",
            Danger::Harmless | Danger::View => "",
        };
        let place = match spec.place {
            Where::Everywhere => "everywhere",
            Where::Live => "live",
            Where::Replay => "replay",
        };
        writeln!(out, "| {} | {} | {place} | {}{guard} |", chords.join(" "), spec.name, spec.help)?;
    }
    Ok(Exit::Done)
}
