//! Who changed it: LaunchDarkly's audit log.
//!
//! In: lines of the log. Out: names and what was done, in words. The log is a courtesy: a token that may not read it
//! still widens and kills, and then nobody is named.

use super::wire::Entry;
use crate::domain::{Actor, Text, Timestamp};
use crate::effect::Command;

/// How our comments begin, so that our own lines are known.
const OURS: &str = "gonogo: ";

/// How far a line of the log may be from the change that it is about, in milliseconds.
const NEAR: i64 = 5_000;

/// The comment of a command: who and why. LaunchDarkly knows only the owner of the token.
#[must_use]
pub fn comment(command: &Command) -> String {
    match &command.reason {
        Some(reason) => format!("{OURS}{}: {reason} [{}]", command.actor, command.id),
        None => format!("{OURS}{} [{}]", command.actor, command.id),
    }
}

/// The author of the change that was made at a time.
#[must_use]
pub fn author(log: &[Entry], changed_at: Option<Timestamp>) -> Option<Actor> {
    let newest = log.iter().max_by_key(|entry| entry.date)?;
    let is_it = changed_at.is_none_or(|at| newest.date >= at.0 - NEAR);
    is_it.then(|| Actor::Other(Text::new(&name(newest))))
}

/// What others did after a time, newest first: `Ariel Flores (turned on the flag)`.
#[must_use]
pub fn others(log: &[Entry], after: Option<Timestamp>, comment: &str) -> Vec<String> {
    let after = after.map_or(0, |after| after.0);
    let mut theirs: Vec<_> = log.iter().filter(|e| e.date > after && e.comment != comment).collect();
    theirs.sort_by_key(|entry| std::cmp::Reverse(entry.date));
    theirs.iter().map(|entry| format!("{} ({})", name(entry), did(entry))).collect()
}

fn name(entry: &Entry) -> String {
    if let Some(ours) = entry.comment.strip_prefix(OURS) {
        let who = ours.split([':', '[']).next().unwrap_or(ours).trim();
        return format!("{who} with gonogo");
    }
    let member = entry.member.as_ref().map(|member| {
        let name = format!("{} {}", member.first_name, member.last_name);
        if name.trim().is_empty() { member.email.clone() } else { name.trim().to_owned() }
    });
    let token = entry.token.as_ref().map(|token| format!("the token {}", token.name));
    let app = entry.app.as_ref().map(|app| app.name.clone());
    let subject = entry.subject.as_ref().map(|subject| subject.name.clone());
    let known = [member, token, app, subject].into_iter().flatten().find(|name| !name.trim().is_empty());
    known.unwrap_or_else(|| "somebody".into())
}

fn did(entry: &Entry) -> &str {
    let words = [&entry.title_verb, &entry.short_description];
    words.into_iter().find(|words| !words.is_empty()).map_or("changed it", String::as_str)
}
