//! A kill or a roll-back whose end is not known: it is being repeated, and may need hands elsewhere.

use super::Advice;
use crate::domain::Verdict;
use crate::effect::Outcome;
use crate::engine::model::Model;

pub fn advise(model: &Model) -> Vec<Advice> {
    let open = model.commands.iter().filter_map(|tracked| match &tracked.outcome {
        Some(Outcome::Unknown { cause, attempts }) if tracked.command.is_urgent() => {
            let text = format!(
                "{} is not confirmed after {}: {cause}. It is being repeated; to be sure, switch the flag off at {} itself.",
                tracked.what(),
                if *attempts == 1 { "1 try".to_owned() } else { format!("{attempts} tries") },
                tracked.command.platform
            );
            Some(Advice::new(None, Verdict::NoGo, text))
        }
        _ => None,
    });
    open.collect()
}
