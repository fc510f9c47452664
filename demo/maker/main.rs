//! Makes the demo recordings: rollouts of some days, each from its scenario, in a few seconds.
//!
//! ```text
//! cargo run --release --example recordings                 # all, into demo/recordings
//! cargo run --release --example recordings -- cold-cache --out /tmp --tell
//! ```
//!
//! In: `demo/scenarios/days/*.toml`. Out: `demo/recordings/*.rec`, replaced. `--tell` prints what happened instead of
//! nothing. Nothing here reads a clock or opens a socket: the same source gives the same events and decisions, and a
//! test holds the recordings in the repository against what is made now.
//!
//! Start reading at [`main`], then `tape` (the days), `service` (the flag), `people` (who acts).

#![expect(clippy::print_stdout, reason = "this program talks to the person who starts it")]

mod people;
mod service;
mod tape;
#[cfg(test)]
mod tests;

use std::error::Error;
use std::path::{Path, PathBuf};

use gonogo::demo::Scenario;
use gonogo::engine::{Decision, Model};
use gonogo::event::{Body, Event};
use gonogo::recording::Writer;

type Failure = Box<dyn Error>;

/// The largest recording in the repository.
const MAX_BYTES: u64 = 1024 * 1024;

fn main() -> Result<(), Failure> {
    let mut names: Vec<String> = Vec::new();
    let mut out = root().join("demo/recordings");
    let mut is_told = false;
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        match word.as_str() {
            "--out" => out = PathBuf::from(words.next().ok_or("--out needs a folder")?),
            "--tell" => is_told = true,
            _ => names.push(word),
        }
    }
    if names.is_empty() {
        names.extend(gonogo::demo::recordings().iter().map(|listed| listed.name.to_owned()));
    }
    for name in names {
        let scenario = scenario(&name)?;
        let path = out.join(format!("{name}.rec"));
        let bytes = make(&scenario, &path, is_told).map_err(|error| format!("{name}: {error}"))?;
        println!("{}: {bytes} bytes", path.display());
        if bytes > MAX_BYTES {
            return Err(format!("{name}: {bytes} bytes are more than {MAX_BYTES}").into());
        }
    }
    Ok(())
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The scenario behind a recording.
fn scenario(name: &str) -> Result<Scenario, Failure> {
    let path = root().join(format!("demo/scenarios/days/{name}.toml"));
    let text = std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(Scenario::parse(name, &text)?)
}

/// Makes a recording; returns its size.
fn make(scenario: &Scenario, path: &Path, is_told: bool) -> Result<u64, Failure> {
    let mut taken = Vec::new();
    let (header, _) = tape::opening(scenario)?;
    let ended = tape::Tape::run(scenario, &mut |event, model| {
        if is_told {
            tell(event, &model.decided);
        }
        taken.push((event.clone(), model.decided.clone()));
    });
    if is_told && let Ok(model) = &ended {
        tell_end(model);
    }
    ended?;
    if path.exists() {
        std::fs::remove_file(path)?;
    }
    // Without keyframes: only the engine that wrote one can read it, and these outlive it.
    let mut writer = Writer::create(path, &header)?;
    for (event, decided) in &taken {
        if !writer.put(event, decided)? {
            return Err(format!("the event of {} is too long", event.at.rfc3339()).into());
        }
    }
    writer.finish()?;
    Ok(std::fs::metadata(path)?.len())
}

/// What happened, for whoever writes a scenario.
fn tell(event: &Event, decided: &[Decision]) {
    let at = event.at.rfc3339();
    if let Body::Asked(request) = &event.body {
        println!("{at} {} {} {}", request.actor, request.verb.spec().name, request.scope);
    }
    for decision in decided {
        match decision {
            Decision::Verdict { segment, station, verdict, evidence } => {
                let says = verdict.map_or("-", |verdict| verdict.word());
                let why = evidence.as_ref().map_or("", |evidence| evidence.sentence.as_str());
                println!("{at}   {segment} {station} {says}: {why}");
            }
            Decision::Phase { segment, phase } => println!("{at}   {segment} {phase}"),
            Decision::Exposure { segment, confirmed } => {
                let share = confirmed.map_or("?".into(), |share| share.to_string());
                println!("{at}   {segment} at {share}");
            }
            Decision::Command(command) => println!("{at}   {} {:?}", command.actor, command.change),
            Decision::Record(_) | Decision::GiveWay(_) => {}
        }
    }
}

fn tell_end(model: &Model) {
    for segment in &model.segments {
        let share = segment.exposure.confirmed.map_or("?".into(), |share| share.to_string());
        println!("end: {} at {share}: {} {}", segment.name, segment.phase, segment.verdict);
    }
    println!("end: {} comments", model.feedback_totals.pieces);
}
