//! What a rollout file means, in plain sentences.
//!
//! In: a [`RolloutFile`]. Out: text for a person who must know what will happen: `gonogo check` shows it. It says
//! defaults as well as what was written, and never anything that the file does not settle.

mod guardrails;

use std::io::{self, Write};

use super::rollout_file::{PlatformConfig, RolloutFile};
use crate::backends::BackendSettings;
use crate::domain::text::thousands;
use crate::domain::{Ladder, Platform, Segment, Source, SourceKind, Span, Stage, Text};

/// Writes what the file means: who gets the feature in which steps, what is watched, and what
/// happens when it gets worse.
///
/// # Errors
/// Those of the writer.
pub fn explain(file: &RolloutFile, out: &mut dyn Write) -> io::Result<()> {
    let rollout = &file.rollout;
    write!(out, "Rollout {}", rollout.name)?;
    if let Some(owner) = &rollout.owner {
        write!(out, ", owned by {owner}")?;
    }
    writeln!(out, ".")?;
    if !file.traits.is_empty() {
        let traits: Vec<&str> = file.traits.iter().map(|word| word.as_str()).collect();
        writeln!(out, "It touches {}.", traits.join(", "))?;
    }

    writeln!(out, "\nPlatforms:")?;
    for platform in &rollout.platforms {
        let at = described(file, SourceKind::Flags, platform.name.as_str());
        writeln!(
            out,
            "  {}: flag {} on {at}, read at least every {}. A change reaches all clients within {}.",
            platform.name,
            platform.flag,
            words(platform.interval),
            words(platform.reach)
        )?;
        for (way, _) in paths(file, platform) {
            writeln!(out, "    A kill also goes by {way}.")?;
        }
        if let Some(line) = probe(file, platform) {
            writeln!(out, "    {line}")?;
        }
    }

    writeln!(out, "\nSegments:")?;
    for segment in &rollout.segments {
        explain_segment(segment, &called(file, segment), out)?;
        if rollout.segments.len() > 1 {
            writeln!(out, "    {}", waits(segment))?;
        }
    }

    writeln!(out, "\nMetrics:")?;
    if rollout.metrics.is_empty() {
        writeln!(out, "  none: nothing is measured.")?;
    }
    for metric in &rollout.metrics {
        let from = described(file, SourceKind::Metrics, metric.name.as_str());
        writeln!(out, "  {}: from {from}, every {}.", metric.name, words(metric.interval))?;
    }

    writeln!(out, "\nGuardrails:")?;
    if rollout.guardrails.is_empty() {
        writeln!(out, "  none: only a person pauses or kills this rollout.")?;
    }
    guardrails::explain(&rollout.guardrails, out)?;

    if !file.feedback.is_empty() {
        writeln!(out, "\nFeedback:")?;
        for (name, _) in &file.feedback {
            writeln!(out, "  {name}: from {}.", described(file, SourceKind::Feedback, name))?;
        }
    }

    writeln!(out, "\nWithout data for {}, the autopilot pauses.", words(rollout.pause_without_data))?;
    if !rollout.sample_ratio {
        writeln!(out, "The sample ratio is not checked.")?;
    }
    for warning in &file.warnings {
        writeln!(out, "warning: {warning}")?;
    }
    Ok(())
}

/// What is asked of a platform's edge. `None`: nothing.
fn probe(file: &RolloutFile, platform: &crate::domain::Platform) -> Option<String> {
    let config = file.platforms.iter().find(|config| config.target.platform == platform.name)?;
    let (settings, subject) = config.probe.as_ref()?;
    let (at, size) = (described(file, SourceKind::Probes, platform.name.as_str()), settings.size());
    let asked = format!(
        "{at} is asked every {}: {} synthetic users of each segment",
        words(size.interval),
        size.keys
    );
    let mut known =
        subject.segments.iter().filter(|(_, context)| !context.is_empty()).map(|(name, _)| name.as_str());
    let rest = match known.next() {
        None => ", without attributes".to_owned(),
        Some(first) => format!(
            ", with attributes in {}",
            std::iter::once(first).chain(known).collect::<Vec<_>>().join(", ")
        ),
    };
    Some(format!("What its edge serves: {asked}{rest}."))
}

fn described<'a>(file: &'a RolloutFile, kind: SourceKind, name: &str) -> &'a str {
    let source = Source::new(kind, name);
    file.sources.iter().find(|(known, _)| *known == source).map_or("?", |(_, described)| described)
}

fn paths<'a>(file: &'a RolloutFile, platform: &Platform) -> &'a [(Text, BackendSettings)] {
    let config = file.platforms.iter().find(|config| config.target.platform == platform.name);
    config.map_or(&[], |config| &config.paths)
}

/// What a segment is called at the backends, where it is not its name: once where all agree, else by platform.
fn called(file: &RolloutFile, segment: &Segment) -> String {
    let at = |config: &PlatformConfig| {
        let names = &config.target.segments;
        names.iter().find(|(name, _)| *name == segment.name).map(|(_, there)| there.clone())
    };
    let names: Vec<_> = file.platforms.iter().filter_map(|c| Some((&c.target.platform, at(c)?))).collect();
    match names.first() {
        Some((_, first)) if names.iter().all(|(_, name)| name == first) => {
            if first == segment.name.as_str() {
                String::new()
            } else {
                format!("there called {first}")
            }
        }
        _ => {
            let each = names.iter().map(|(platform, name)| format!("at {platform} called {name}"));
            each.collect::<Vec<_>>().join(", ")
        }
    }
}

fn explain_segment(segment: &Segment, at_backend: &str, out: &mut dyn Write) -> io::Result<()> {
    write!(out, "  {}", segment.name)?;
    if !at_backend.is_empty() {
        write!(out, " ({at_backend})")?;
    }
    if let Some(size) = segment.size {
        write!(out, ", {} customers", thousands(size))?;
    }
    writeln!(out, ": {}.", ladder(&segment.ladder))
}

fn ladder(ladder: &Ladder) -> String {
    let last = ladder.stages().len().saturating_sub(1);
    let steps: Vec<String> =
        ladder.stages().iter().enumerate().map(|(index, stage)| step(stage, index == last)).collect();
    steps.join(", then ")
}

fn step(stage: &Stage, last: bool) -> String {
    let mut step = stage.exposure.to_string();
    if let Some(role) = &stage.approval {
        step.push_str(&format!(" (needs {role}'s go)"));
    }
    if !last && !stage.bake.0.is_zero() {
        step.push_str(&format!(" for at least {}", words(stage.bake)));
    }
    if stage.sample > 0 {
        step.push_str(&format!(" (GO needs {} users)", thousands(stage.sample)));
    }
    step
}

fn waits(segment: &Segment) -> String {
    let names: Vec<&str> = segment.after.iter().map(|name| name.as_str()).collect();
    match names.as_slice() {
        [] => "The autopilot begins with it at once: it waits for no other segment.".to_owned(),
        [one] => format!("The autopilot begins with it when {one} is at the top of its ladder."),
        [first @ .., last] => format!(
            "The autopilot begins with it when {} and {last} are at the top of their ladders.",
            first.join(", ")
        ),
    }
}

/// A duration as the file writes it: `10m`, `30s`.
fn words(span: Span) -> String {
    String::from(span)
}
