//! `gonogo keys`: every action with its keys, by the context in which they are active. The README's tables are made by it.
//!
//! In: the list of actions and the person's key file. Out: Markdown that also reads well as it is. A key file that cannot
//! be used is told as an error here, because keys are what was asked for; a cockpit goes on with the built-in ones.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::Write;
use std::path::PathBuf;

use clap::Args;

use super::{Exit, Failure, out};
use crate::action::{ACTIONS, Danger, Where};
use crate::config::keys::{self, KeyFile};
use crate::domain::Text;
use crate::keys::{Bindings, Chord};

/// The contexts, each with its title.
pub const GROUPS: [(Where, &str); 3] = [
    (Where::Live, "On a rollout that goes on"),
    (Where::Replay, "In a replay"),
    (Where::Everywhere, "Everywhere"),
];

/// What `keys` takes.
#[derive(Debug, Args)]
#[command(
    after_help = "Your own keys stand in $XDG_CONFIG_HOME/gonogo/keys.toml, or in the file that GONOGO_KEYS names:\n\n  \
    [live]\n  widen = \"W\"           # one key, a list of them, a prefix and a key (\"z w\"), or \"\" for none"
)]
pub struct Arguments {
    /// The built-in keys, whatever your key file says
    #[arg(long)]
    built_in: bool,
    /// Your keys in this file
    #[arg(long, value_name = "FILE", conflicts_with = "built_in")]
    keys: Option<PathBuf>,
}

/// Which keys a cockpit has.
#[derive(Debug, Args)]
pub struct OwnKeys {
    /// Your keys in this file [default: $XDG_CONFIG_HOME/gonogo/keys.toml]
    #[arg(long, value_name = "FILE")]
    keys: Option<PathBuf>,
}

impl OwnKeys {
    /// The person's keys; if they cannot be used the built-in ones, and why, which stands on standard error by then.
    ///
    /// # Errors
    /// When the built-in keys contradict themselves, which a test rules out.
    pub fn settle(&self) -> Result<(Bindings, Option<String>), Failure> {
        match keys::load(self.keys.as_deref()) {
            Ok(file) => Ok((file.bindings, None)),
            Err(error) => {
                let why = error.to_string();
                writeln!(out::stderr(), "gonogo: your keys are not used, the built-in ones hold: {why}")?;
                let first = why.lines().next().unwrap_or_default();
                let said = format!("your keys are not used, the built-in ones hold: {first}");
                Ok((Bindings::built_in().map_err(Failure::usage)?, Some(said)))
            }
        }
    }
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    let mut out = out::stdout();
    let bindings = if arguments.built_in {
        Bindings::built_in().map_err(Failure::usage)?
    } else {
        let KeyFile { bindings, file, is_found } =
            keys::load(arguments.keys.as_deref()).map_err(Failure::usage)?;
        if let Some(file) = file.filter(|_| is_found) {
            writeln!(out, "<!-- {} -->\n", Text::new(&file.display().to_string()))?;
        }
        bindings
    };
    out.write_all(tables(&bindings).as_bytes())?;
    Ok(Exit::Done)
}

/// The tables, one for each context, with a blank line between them.
fn tables(bindings: &Bindings) -> String {
    let mut text = String::new();
    for (place, title) in GROUPS {
        let rows: Vec<_> = ACTIONS
            .iter()
            .filter(|spec| spec.place == place)
            .map(|spec| {
                let keys: Vec<_> =
                    bindings.sequences(spec.verb).iter().map(|keys| format!("`{keys}`")).collect();
                let keys = if keys.is_empty() { "–".to_owned() } else { keys.join(" ") };
                (keys, spec.name, format!("{}{}", spec.help, guard(spec.danger, "*")))
            })
            .collect();
        let wide = |texts: &mut dyn Iterator<Item = usize>| texts.max().unwrap_or(0);
        let keys = wide(&mut rows.iter().map(|(keys, ..)| keys.chars().count())).max(3);
        let names = wide(&mut rows.iter().map(|(_, name, _)| name.chars().count())).max(6);
        let gap = if text.is_empty() { "" } else { "\n" };
        // Writing to a text cannot fail.
        let _ =
            writeln!(text, "{gap}### {title}\n\n| {:keys$} | {:names$} | what it does |", "key", "action");
        let _ = writeln!(text, "|{}|{}|---|", "-".repeat(keys + 2), "-".repeat(names + 2));
        for (key, name, help) in rows {
            let _ = writeln!(text, "| {key:keys$} | {name:names$} | {help} |");
        }
    }
    text.push_str(&prefixes(bindings));
    text
}

/// The keys that wait for a second one, with their titles; empty: there are none.
fn prefixes(bindings: &Bindings) -> String {
    let sequences = ACTIONS.iter().flat_map(|spec| bindings.sequences(spec.verb));
    let all: BTreeSet<_> = sequences.filter_map(|sequence| sequence.prefix).collect();
    let named = |prefix: &Chord| {
        let title = [false, true].iter().find_map(|replay| bindings.keymap(*replay).title(*prefix));
        // One without a title is called by its key.
        let title = title.filter(|title| *title != prefix.to_string());
        title.map_or_else(|| format!("`{prefix}`"), |title| format!("`{prefix}` *{title}*"))
    };
    let all: Vec<_> = all.iter().map(named).collect();
    match all.as_slice() {
        [] => String::new(),
        [one] => {
            format!("\n{one} waits for a second key, and shows which there are; `esc` leaves it.\n")
        }
        [first @ .., last] => format!(
            "\n{} and {last} wait for a second key, and show which there are; `esc` leaves them.\n",
            first.join(", ")
        ),
    }
}

/// How an action asks first, with `mark` around what is focused then.
pub fn guard(danger: Danger, mark: &str) -> String {
    match danger {
        Danger::Grows => format!("; asks first, {mark}cancel{mark} focused"),
        Danger::Stops => format!("; asks first, {mark}do it{mark} focused"),
        Danger::Harmless | Danger::View => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_persons_own_prefixes_are_told_with_the_others_and_those_that_are_gone_are_not() {
        let told = |text: &str| prefixes(&keys::parse(text, "keys.toml").unwrap());
        assert!(told("").starts_with("\n`y` *copy* and `z` *look* wait for"));
        let text = "[live]\nnote = \"f5 n\"\nclear = \"z c\"\n[replay]\nstep = \"f6 s\"\n[prefixes]\nf5 = \"mine\"\n";
        assert!(
            told(text).starts_with("\n`y` *copy*, `z` *look*, `f5` *mine* and `f6` wait for"),
            "{}",
            told(text)
        );
        let text = "[everywhere]\ncopy-line = \"Y\"\ncopy-link = \"\"\ncopy-name = \"\"\n";
        assert_eq!(
            told(text),
            "\n`z` *look* waits for a second key, and shows which there are; `esc` leaves it.\n"
        );
    }
}
