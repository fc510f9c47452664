//! What the backends say to a change before it is made: on the confirmation, while it is open.
//!
//! In: the frozen plan, and what each platform answered since the panel was opened. Out: lines, one for all platforms
//! that say the same; what speaks against it first. An answer to another change is not shown. It stops nobody: a dry run
//! that fails may be a dry run that is broken.

use super::Confirm;
use crate::domain::PlatformName;
use crate::effect::Change;
use crate::engine::Model;
use crate::theme::Role;
use crate::ui::Scene;

/// Most lines: more different answers than that are counted.
const MAX_LINES: usize = 6;
/// Most platforms that are called by name behind one answer.
const MAX_NAMED: usize = 3;

/// What one platform says.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Said {
    /// It would not be done.
    Refused(String),
    /// It would be done, but.
    Warning(String),
    /// It has not answered yet.
    Asking,
    /// It would be done.
    Accepted,
}

/// The lines, the worst first.
pub fn lines(scene: &Scene<'_>, confirm: &Confirm) -> Vec<(String, Role)> {
    let mut said: Vec<(Said, &PlatformName)> = Vec::new();
    for (platform, change, _) in &confirm.plan.changes {
        let answers = answers(scene.model, platform, change, confirm.opened_at);
        said.extend(answers.into_iter().map(|answer| (answer, platform)));
    }
    said.sort_by(|(one, _), (other, _)| one.cmp(other));
    let mut lines: Vec<_> = said
        .chunk_by(|(one, _), (other, _)| one == other)
        .filter_map(|same| Some(line(&same.first()?.0, same.iter().map(|(_, platform)| *platform))))
        .collect();
    let more = lines.len().saturating_sub(MAX_LINES);
    if more > 0 {
        lines.truncate(MAX_LINES);
        lines.push((format!("dry run: and {more} other answers"), Role::Hold));
    }
    lines
}

fn answers(
    model: &Model,
    platform: &PlatformName,
    change: &Change,
    opened_at: crate::domain::Timestamp,
) -> Vec<Said> {
    let answer = model
        .platform(platform)
        .and_then(|known| known.rehearsal.as_ref())
        .filter(|rehearsal| rehearsal.change == *change && rehearsal.at >= opened_at);
    let rehearses =
        model.rollout.platforms.iter().any(|known| known.name == *platform && known.capabilities.rehearses);
    match answer.map(|rehearsal| &rehearsal.answer) {
        Some(Err(cause)) => vec![Said::Refused(cause.to_string())],
        Some(Ok(warnings)) if !warnings.is_empty() => {
            warnings.iter().map(|warning| Said::Warning(warning.to_string())).collect()
        }
        Some(Ok(_)) if rehearses => vec![Said::Accepted],
        None if rehearses => vec![Said::Asking],
        // Nothing was asked there, so nothing was accepted.
        Some(Ok(_)) | None => Vec::new(),
    }
}

fn line<'a>(said: &Said, platforms: impl Iterator<Item = &'a PlatformName>) -> (String, Role) {
    let names: Vec<_> = platforms.map(PlatformName::as_str).collect();
    let more = names.len().saturating_sub(MAX_NAMED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let at = format!("{}{more}", names.iter().take(MAX_NAMED).copied().collect::<Vec<_>>().join(", "));
    match said {
        Said::Refused(cause) => (format!("dry run at {at}: refused: {cause}"), Role::Danger),
        Said::Warning(warning) => (format!("! {at}: {warning}"), Role::Hold),
        Said::Asking => (format!("dry run at {at}: asking…"), Role::Wait),
        Said::Accepted => (format!("dry run at {at}: accepted"), Role::Go),
    }
}
