//! `gonogo check`: reads a rollout file, explains it, connects to everything, and says what works, how fast and
//! with which rights; then it listens for a while and says how soon a kill could be done. It changes nothing.

mod earliest;
mod platforms;
mod serving;

use std::io::Write;
use std::time::Duration;

use clap::Args;
use serde_json::{Value, json};
use tokio::time::{Instant, timeout};

use self::serving::serving;
use super::open::Target;
use super::{Exit, Failure, out};
use crate::backends::Rights;
use crate::config;
use crate::config::rollout_file::RolloutFile;
use crate::domain::{Capabilities, Span, Text};
use crate::runtime::session::Adapters;

/// How long one question may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// What `check` takes.
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    target: Target,
    /// How long to watch the metrics, to tell the earliest possible kill; ends as soon as it is known
    #[arg(long, value_name = "TIME", default_value = "5s")]
    listen: Span,
    /// As one JSON object
    #[arg(long)]
    json: bool,
}

/// What was found about one thing.
struct Finding {
    about: String,
    took: Duration,
    result: Result<Text, Text>,
    /// What a backend is able to do.
    able: Option<Capabilities>,
}

impl Finding {
    fn write(&self, out: &mut impl Write) -> std::io::Result<()> {
        let (word, text) = match &self.result {
            Ok(text) => ("ok    ", text),
            Err(text) => ("FAILED", text),
        };
        writeln!(out, "{word} {:<28} {:>7}  {text}", self.about, Span(self.took).to_string())?;
        for (what, how) in self.able.iter().flat_map(|able| able.lines()) {
            writeln!(out, "         {what:<12} {how}")?;
        }
        Ok(())
    }
}

/// Runs the command.
pub async fn run(arguments: Arguments) -> Result<Exit, Failure> {
    let file = arguments.target.load()?;
    let adapters = Adapters::build(&file, Rights::ReadWrite).map_err(Failure::usage)?;
    let mut out = out::stdout();
    if !arguments.json {
        config::explain(&file, &mut out)?;
        for warning in &file.warnings {
            writeln!(out, "warning: {warning}")?;
        }
        writeln!(out)?;
    }
    let findings = tokio::select! {
        findings = find_all(&file, &adapters) => findings,
        _ = tokio::signal::ctrl_c() => return Ok(Exit::Interrupted),
    };
    let is_well = findings.iter().all(|finding| finding.result.is_ok());
    if !arguments.json {
        for finding in &findings {
            finding.write(&mut out)?;
        }
    }
    // Sources that do not answer now would say nothing in five seconds either.
    let heard = if is_well && !arguments.listen.0.is_zero() {
        tokio::select! {
            heard = earliest::listen(file.clone(), arguments.listen.0) => Some(heard?),
            _ = tokio::signal::ctrl_c() => return Ok(Exit::Interrupted),
        }
    } else {
        None
    };
    if arguments.json {
        let list: Vec<Value> = findings.iter().map(as_json).collect();
        let result = json!({
            "rollout": file.rollout.name,
            "ok": is_well,
            "warnings": &file.warnings,
            "findings": list,
            "earliest_kill": heard.map(|heard| heard.json()),
        });
        writeln!(out, "{result}")?;
    } else if let Some(heard) = heard {
        heard.write(&mut out)?;
    }
    Ok(if is_well { Exit::Done } else { Exit::Lost })
}

fn as_json(finding: &Finding) -> Value {
    let (is_ok, text) = match &finding.result {
        Ok(text) => (true, text),
        Err(text) => (false, text),
    };
    let took_ms = u64::try_from(finding.took.as_millis()).unwrap_or(u64::MAX);
    let mut fields = json!({"about": finding.about, "ok": is_ok, "took_ms": took_ms, "text": text});
    if let (Some(able), Some(fields)) = (finding.able, fields.as_object_mut()) {
        fields.insert("capabilities".to_owned(), json!(able));
    }
    fields
}

async fn find_all(file: &RolloutFile, adapters: &Adapters) -> Vec<Finding> {
    let mut findings = Vec::new();
    let states = platforms::find(file, adapters, &mut findings).await;
    for (platform, probe) in &adapters.probes {
        let begun = Instant::now();
        let asked = timeout(PATIENCE, probe.ask()).await;
        let took = begun.elapsed();
        let about = format!("probe {platform}");
        match asked {
            Ok(Ok(asked)) => {
                let stored = states.get(platform);
                findings.extend(serving(&asked, stored).into_iter().map(|(segment, result)| {
                    let about = segment.map_or(about.clone(), |segment| format!("{about}, {segment}"));
                    Finding { about, took, result, able: None }
                }));
            }
            Ok(Err(cause)) => findings.push(Finding { about, took, result: Err(cause), able: None }),
            Err(_) => findings.push(Finding { about, took, result: Err(no_answer()), able: None }),
        }
    }
    for source in &adapters.metrics {
        let begun = Instant::now();
        let found = timeout(PATIENCE, source.probe()).await;
        let took = begun.elapsed();
        match found {
            Ok(found) => findings.extend(found.into_iter().map(|finding| Finding {
                about: format!("metric {}", finding.metric),
                took,
                result: finding.result,
                able: None,
            })),
            Err(_) => {
                findings.push(Finding { about: "metrics".into(), took, result: Err(no_answer()), able: None })
            }
        }
    }
    for (name, source) in &adapters.feedback {
        let begun = Instant::now();
        let result = timeout(PATIENCE, source.probe()).await.unwrap_or_else(|_| Err(no_answer()));
        findings.push(Finding {
            about: format!("feedback {name}"),
            took: begun.elapsed(),
            result,
            able: None,
        });
    }
    findings
}

fn no_answer() -> Text {
    Text::new(&format!("no answer within {} s", PATIENCE.as_secs()))
}
