//! The list for people: aligned, newest first, and what does not fit the width left out from the right.

use std::io::{self, Write};
use std::time::Duration;

use unicode_width::UnicodeWidthStr;

use super::entry::{Stored, StoredKill};
use super::totals::Totals;
use crate::domain::text::{cut, thousands};
use crate::domain::{Span, Text, Timestamp};

/// The widest name of a rollout in the list; the whole one stands in `show`.
const MAX_NAME: usize = 32;

/// A column: its head, and what it says of an entry.
struct Column {
    head: &'static str,
    is_number: bool,
    cell: fn(&Stored) -> String,
}

/// From the most needed to the least: a narrow terminal shows the first ones.
const COLUMNS: [Column; 10] = [
    Column { head: "id", is_number: true, cell: |stored| stored.id.to_string() },
    Column { head: "rollout", is_number: false, cell: |stored| cut(stored.entry.rollout.as_str(), MAX_NAME) },
    Column { head: "end", is_number: false, cell: |stored| stored.entry.ending.word().to_owned() },
    Column { head: "ended (UTC)", is_number: false, cell: |stored| minute(stored.entry.ended) },
    Column { head: "took", is_number: true, cell: |stored| Span(stored.entry.duration()).to_string() },
    Column { head: "kills", is_number: true, cell: kills },
    Column { head: "back", is_number: true, cell: |stored| stored.entry.roll_backs.to_string() },
    Column {
        head: "no-go>off",
        is_number: true,
        cell: |stored| stored.detected_to_off().map_or_else(dash, |time| Span(time).to_string()),
    },
    Column {
        head: "adoption",
        is_number: true,
        cell: |stored| stored.entry.adoption.map_or_else(dash, percent),
    },
    Column {
        head: "owner",
        is_number: false,
        cell: |stored| stored.entry.owner.as_ref().map_or_else(dash, |owner| cut(owner.as_str(), 20)),
    },
];

/// Writes the list and the figures for a terminal of so many columns.
///
/// # Errors
/// Those of the writer.
pub fn print(entries: &[Stored], columns: usize, out: &mut dyn Write) -> io::Result<()> {
    let mut lines = vec![String::new(); entries.len() + 1];
    for column in &COLUMNS {
        let cells: Vec<String> =
            std::iter::once(column.head.to_owned()).chain(entries.iter().map(column.cell)).collect();
        let width = cells.iter().map(|cell| cell.width()).max().unwrap_or(0);
        let used = lines.first().map_or(0, |line| line.width());
        let gap = if used == 0 { 0 } else { 2 };
        if used > 0 && used + gap + width > columns {
            break;
        }
        for (line, cell) in lines.iter_mut().zip(cells) {
            let blank = " ".repeat(width.saturating_sub(cell.width()));
            line.push_str(&" ".repeat(gap));
            let (before, after) = if column.is_number { (blank.as_str(), "") } else { ("", blank.as_str()) };
            line.extend([before, &cell, after]);
        }
    }
    for line in lines {
        writeln!(out, "{}", line.trim_end())?;
    }
    writeln!(out)?;
    print_totals(&Totals::of(entries), columns, out)
}

/// The figures, as many on a line as fit.
fn print_totals(totals: &Totals, columns: usize, out: &mut dyn Write) -> io::Result<()> {
    let plural = |count: usize| if count == 1 { "" } else { "s" };
    let seconds = |seconds: f64| Span(Duration::from_secs_f64(seconds.max(0.0))).to_string();
    let parts = [
        Some(format!("{} rollout{}", totals.rollouts, plural(totals.rollouts))),
        totals.success_rate.map(|share| format!("success {}", percent(share))),
        totals.change_failure_rate.map(|share| format!("change failure {}", percent(share))),
        Some(match totals.false_kills {
            0 => format!("{} kill{}", totals.kills, plural(totals.kills)),
            wrong => format!("{} kill{}, {wrong} false", totals.kills, plural(totals.kills)),
        }),
        totals.median_duration_s.map(|time| format!("median duration {}", seconds(time))),
        totals.median_detected_to_off_s.map(|time| format!("median NO-GO to off {}", seconds(time))),
        totals.median_adoption.map(|share| format!("median adoption {}", percent(share))),
    ];
    let mut line = String::new();
    for part in parts.into_iter().flatten() {
        if !line.is_empty() && line.width() + 2 + part.width() > columns {
            writeln!(out, "{line}")?;
            line.clear();
        }
        if !line.is_empty() {
            line.push_str("; ");
        }
        line.push_str(&part);
    }
    writeln!(out, "{line}")
}

/// Writes everything that is known of one entry.
///
/// # Errors
/// Those of the writer.
pub fn print_one(stored: &Stored, out: &mut dyn Write) -> io::Result<()> {
    let entry = &stored.entry;
    let traits =
        entry.traits.as_ref().map(|traits| traits.iter().map(Text::as_str).collect::<Vec<_>>().join(", "));
    let split = entry.split.map(|split| {
        let time = |seconds: f64| Span(Duration::from_secs_f64(seconds.max(0.0))).to_string();
        let parts = [
            (split.active_s, "changing"),
            (split.baking_s, "baking"),
            (split.gathering_s, "gathering evidence"),
            (split.held_s, "held"),
            (split.waiting_s, "waiting for people"),
            (split.paused_s, "paused"),
        ];
        let told = parts.into_iter().filter(|(seconds, _)| *seconds > 0.0);
        told.map(|(seconds, what)| format!("{} {what}", time(seconds))).collect::<Vec<_>>().join(", ")
    });
    let paused = match entry.paused {
        Duration::ZERO => String::new(),
        paused => format!(", {} of it paused", Span(paused)),
    };
    let took = format!("{}{paused}", Span(entry.duration()));
    let rows = [
        ("rollout", Some(entry.rollout.to_string())),
        ("owner", entry.owner.as_ref().map(Text::to_string)),
        ("traits", traits.filter(|traits| !traits.is_empty())),
        ("ended", Some(format!("{} {}", entry.ending.word(), entry.ended.rfc3339()))),
        ("started", Some(entry.started.rfc3339())),
        ("took", Some(took)),
        ("time", split),
        ("NO-GOs", Some(entry.no_gos.to_string())),
        ("roll-backs", Some(entry.roll_backs.to_string())),
        ("exposed", entry.exposed.map(|count| format!("{} customers", thousands(count)))),
        ("hurt", entry.hurt.map(thousands)),
        (
            "adoption",
            entry
                .adoption
                .zip(entry.units)
                .map(|(share, units)| format!("{} of {} users", percent(share), thousands(units))),
        ),
        (
            "recording",
            entry.recording.as_ref().map(|path| Text::new(&path.display().to_string()).to_string()),
        ),
    ];
    for (name, value) in rows {
        writeln!(out, "{name:<11} {}", value.unwrap_or_else(|| "not known".into()))?;
    }
    for (number, kill) in stored.kills.iter().enumerate() {
        writeln!(out, "{:<11} {}", format!("kill {}", number + 1), words(kill))?;
    }
    Ok(())
}

fn words(stored: &StoredKill) -> String {
    let kill = &stored.kill;
    let mut words = format!("{} {} by {}", kill.at.rfc3339(), kill.scope, kill.actor);
    match (kill.detected_to_off(), kill.off_at) {
        (Some(time), _) => words.push_str(&format!("; proven off {} after the NO-GO", Span(time))),
        (None, Some(off)) => words.push_str(&format!("; proven off after {}", Span(off.since(kill.at)))),
        (None, None) => words.push_str("; NOT proven off"),
    }
    if let Some(mark) = &stored.mark {
        let what = if mark.is_false { "a FALSE kill" } else { "a true kill" };
        words.push_str(&format!("; marked as {what}"));
        if let Some(reason) = &mark.reason {
            words.push_str(&format!(": {reason}"));
        }
    }
    if let Some(why) = &kill.why {
        words.push_str(&format!("\n{:<11} {why}", ""));
    }
    words
}

/// `2`, or `2 (1 false)`.
fn kills(stored: &Stored) -> String {
    match stored.false_kills() {
        0 => stored.kills.len().to_string(),
        wrong => format!("{} ({wrong} false)", stored.kills.len()),
    }
}

fn dash() -> String {
    "-".into()
}

fn percent(share: f64) -> String {
    format!("{:.0}%", share * 100.0)
}

/// `2026-11-22 14:02`.
fn minute(at: Timestamp) -> String {
    at.rfc3339().chars().take(16).map(|c| if c == 'T' { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests;
