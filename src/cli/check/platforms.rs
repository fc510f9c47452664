//! What `gonogo check` finds out about platforms: each backend read, with its rights and what it is able to do, and each
//! other way to the same flag likewise: a way that does not work is found now, not in the kill that needs it.
//!
//! In: the file and its adapters. Out: findings, and what the backends have stored. It changes nothing.

use std::collections::BTreeMap;

use tokio::time::{Instant, timeout};

use super::{Finding, PATIENCE, no_answer};
use crate::backends::{self, Backend, Rights};
use crate::config::rollout_file::RolloutFile;
use crate::domain::{FlagState, PlatformName, Text};
use crate::runtime::session::Adapters;

/// Asks every backend and every other way, and adds what they say.
pub async fn find(
    file: &RolloutFile,
    adapters: &Adapters,
    findings: &mut Vec<Finding>,
) -> BTreeMap<PlatformName, FlagState> {
    let mut states = BTreeMap::new();
    for (name, backend) in &adapters.backends {
        let (finding, state) = look(&**backend, format!("platform {name}")).await;
        let main = state.as_ref().map(|state| state.on);
        findings.push(finding);
        states.extend(state.map(|state| (name.clone(), state)));
        for config in file.platforms.iter().filter(|config| config.target.platform == *name) {
            for (way, settings) in &config.paths {
                let about = format!("platform {name} by {way}");
                match backends::build(settings, config.target.clone(), Rights::ReadWrite) {
                    Ok(other) => {
                        let (mut finding, state) = look(&*other, about).await;
                        if let (Some(main), Some(state)) = (main, &state) {
                            finding.result = agree(finding.result, main, state.on);
                        }
                        findings.push(finding);
                    }
                    Err(error) => {
                        let (took, result) = (std::time::Duration::ZERO, Err(Text::new(&error.to_string())));
                        findings.push(Finding { about, took, result, able: None });
                    }
                }
            }
        }
    }
    states
}

/// Every way must lead to the same flag: one that is off here and on there is not the same.
fn agree(result: Result<Text, Text>, main: bool, way: bool) -> Result<Text, Text> {
    let text = result?;
    if main == way {
        return Ok(text);
    }
    let word = |on| if on { "on" } else { "off" };
    Err(Text::new(&format!(
        "it says that the flag is {}, the platform itself that it is {}: it may be another flag; hint: a place with a \
         flag of its own is a platform of its own",
        word(way),
        word(main)
    )))
}

async fn look(backend: &dyn Backend, about: String) -> (Finding, Option<FlagState>) {
    let begun = Instant::now();
    let read = timeout(PATIENCE, backend.read()).await;
    let took = begun.elapsed();
    let able = Some(backend.capabilities());
    match read {
        Ok(Ok(state)) => {
            let result = Ok(describe(&state, may_write(backend).await));
            (Finding { about, took, result, able }, Some(state))
        }
        Ok(Err(error)) => (Finding { about, took, result: Err(Text::new(&error.to_string())), able }, None),
        Err(_) => (Finding { about, took, result: Err(no_answer()), able }, None),
    }
}

async fn may_write(backend: &dyn Backend) -> &'static str {
    match timeout(PATIENCE, backend.may_write()).await {
        Ok(Ok(Some(true))) => "may change it",
        Ok(Ok(Some(false))) => "MAY NOT change it",
        _ => "rights to change it not known without trying",
    }
}

fn describe(state: &FlagState, rights: &str) -> Text {
    let shares = state.shares.iter().map(|(segment, share)| {
        let variants = state.splits.get(segment).map_or_else(String::new, |split| {
            let each: Vec<_> =
                split.iter().map(|variant| format!("{} {}", variant.name, variant.share)).collect();
            format!(" ({})", each.join(", "))
        });
        let ramp = if state.ramps.contains_key(segment) { ", moving by itself" } else { "" };
        format!("{segment} {share}{variants}{ramp}")
    });
    let shares: Vec<_> = shares.collect();
    let on = if state.on { "on" } else { "off" };
    let doubts: String = state.doubts.iter().map(|doubt| format!("; DOUBT: {doubt}")).collect();
    Text::new(&format!("flag {on}, version {}: {}; {rights}{doubts}", state.version, shares.join(", ")))
}
