//! `gonogo man`: the manual page, made from the command line, the list of actions and the exit codes themselves.
//!
//! In: nothing but the program. Out: roff on standard output: `gonogo man | man -l -`. What the page says cannot differ
//! from what the program does: its sections are made from the same lists.

use std::io::Write;

use clap::{Args, Command, CommandFactory};
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

use super::keys::{GROUPS, guard};
use super::{Cli, Exit, Failure, exit, out};
use crate::action::{ACTIONS, PREFIXES};

/// What `man` takes.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  gonogo man | man -l -\n  gonogo man watch > gonogo-watch.1")]
pub struct Arguments {
    /// The page of one command, such as watch
    #[arg(value_name = "COMMAND")]
    command: Option<String>,
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    let mut all = Cli::command().disable_help_subcommand(true);
    all.build();
    let mut out = out::stdout();
    match &arguments.command {
        Some(name) => {
            let known = all.get_subcommands().find(|command| command.get_name() == name);
            let Some(command) = known.cloned() else {
                let names: Vec<_> = all.get_subcommands().map(Command::get_name).collect();
                return Err(Failure::usage(format!(
                    "cannot show the manual of {name}: there is no such command\nhint: one of {}",
                    names.join(", ")
                )));
            };
            page(command, None, &mut out)?;
        }
        None => page(all, Some(&whole_program()), &mut out)?,
    }
    out.flush()?;
    Ok(Exit::Done)
}

/// Writes a page: what clap knows, what is added, and the exit codes.
fn page(command: Command, added: Option<&Roff>, out: &mut dyn Write) -> Result<(), std::io::Error> {
    let has_subcommands = command.get_subcommands().next().is_some();
    let has_after = command.get_after_help().is_some() && added.is_none();
    // A command has none of its own, and the page cannot be made without.
    let man = Man::new(command.version(env!("CARGO_PKG_VERSION"))).manual("gonogo");
    man.render_title(out)?;
    man.render_name_section(out)?;
    man.render_synopsis_section(out)?;
    man.render_description_section(out)?;
    man.render_options_section(out)?;
    if has_subcommands {
        man.render_subcommands_section(out)?;
    }
    if let Some(added) = added {
        added.to_writer(out)?;
    }
    exit_status().to_writer(out)?;
    if has_after {
        man.render_extra_section(out)?;
    }
    man.render_version_section(out)
}

/// What only the page of the whole program has: keys, files, environment.
fn whole_program() -> Roff {
    let mut roff = Roff::default();
    roff.control("SH", ["KEYS"]);
    roff.text([roman("A key that can do nothing now says why. A paste, a held key and the mouse never kill and never widen. ")]);
    for (prefix, title) in PREFIXES {
        roff.text([
            bold(*prefix),
            roman(format!(" ({title}) waits for a second key, and shows which ones there are. ")),
        ]);
    }
    for (place, title) in GROUPS {
        roff.control("SS", [title]);
        for spec in ACTIONS.iter().filter(|spec| spec.place == place) {
            roff.control("TP", []);
            roff.text([bold(spec.chords.join(", ")), roman(format!("  ({})", spec.name))]);
            roff.text([roman(format!("{}{}", spec.help, guard(spec.danger, "")))]);
        }
    }
    for (heading, entries) in [("FILES", &FILES[..]), ("ENVIRONMENT", &ENVIRONMENT[..])] {
        roff.control("SH", [heading]);
        for (name, about) in entries {
            roff.control("TP", []);
            roff.text([bold(*name)]);
            roff.text([roman(*about)]);
        }
    }
    roff
}

/// What is read besides what the command line names.
const FILES: [(&str, &str); 4] = [
    (
        "$XDG_CONFIG_HOME/gonogo/settings.toml",
        "What you have settled for all rollouts; gonogo settings shows it.",
    ),
    ("$XDG_CONFIG_HOME/gonogo/keys.toml", "Your own keys; gonogo keys shows them."),
    ("$XDG_CONFIG_HOME/gonogo/themes/*.toml", "Your own themes; gonogo themes shows them."),
    ("$XDG_STATE_HOME/gonogo", "Journals, the history, and what is recorded by itself."),
];

/// Variables.
const ENVIRONMENT: [(&str, &str); 3] = [
    ("GONOGO_SETTINGS", "Another settings file."),
    ("GONOGO_KEYS", "Another key file."),
    ("NO_COLOR", "If it is not empty: no colours."),
];

/// The exit codes.
fn exit_status() -> Roff {
    let mut roff = Roff::default();
    roff.control("SH", ["EXIT STATUS"]);
    for (code, means) in exit::CODES {
        roff.control("TP", []);
        roff.text([bold(code.to_string())]);
        roff.text([roman(means)]);
    }
    roff
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_program_and_each_of_its_commands_have_a_page_with_their_exit_codes() {
        let mut all = Cli::command().disable_help_subcommand(true);
        all.build();
        let mut pages = vec![(all.clone(), Some(whole_program()))];
        pages.extend(all.get_subcommands().cloned().map(|command| (command, None)));
        assert!(pages.len() > 20);
        for (command, added) in pages {
            let name = command.get_name().to_owned();
            let mut out = Vec::new();
            page(command, added.as_ref(), &mut out).unwrap();
            let text = String::from_utf8(out).unwrap();
            for part in [".SH NAME", ".SH \"EXIT STATUS\"", ".SH VERSION", env!("CARGO_PKG_VERSION")] {
                assert!(text.contains(part), "{name}: {part}");
            }
        }
    }
}
