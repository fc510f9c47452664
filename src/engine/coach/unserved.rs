//! What was stopped is stored as stopped, and an edge serves it all the same: somebody is still being hurt.

use super::Advice;
use crate::domain::Verdict;
use crate::engine::model::Model;

pub fn advise(model: &Model) -> Vec<Advice> {
    let still = model.unserved().map(|tracked| {
        let platform = &tracked.command.platform;
        let text = format!(
            "{} is stored, but the edge of {platform} does not serve it yet: look whether its relay still hears of changes, or stop it there.",
            tracked.what(),
        );
        Advice::new(None, Verdict::NoGo, text)
    });
    still.collect()
}
