//! Switching on, the dangerous way: where no strategy is enabled, Unleash adds one for 100 % of all
//! users, without being asked.
//!
//! In: a command with the shares that are wanted. Out: the flag, on, with exactly these shares; or
//! the flag off.
//!
//! 1. Look. Refuse if somebody else would be exposed, or nobody ([`check_on`]).
//! 2. Set the shares and enable our own strategies, while the flag is still off. Look again.
//! 3. Switch on, without `shouldActivateDisabledStrategies`: it would enable strategies that
//!    somebody disabled on purpose.
//! 4. Look again. If there is a strategy that was not there, a share that was not asked for, or a
//!    kill in the meantime: switch off at once.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

use super::api::Line;
use super::fault::Kind;
use super::mapping::called;
use super::plan::{Leave, check_on, plan};
use super::reader::Look;
use super::writer::{Writer, differs, operation};
use crate::backends::{Applied, BackendError};
use crate::domain::{Percent, SegmentName, Text};
use crate::effect::Command;

type Shares = BTreeMap<SegmentName, Percent>;

impl Writer {
    pub(super) async fn switch_on(
        &self,
        command: &Command,
        wanted: &Shares,
    ) -> Result<Applied, BackendError> {
        let operation = operation(command.verb);
        let target = &self.reader.target;
        let kills = self.kills.load(Ordering::Acquire);
        let mut look = self.look(operation).await?;
        if command.change.is_met_by(&look.state(target)) {
            return Ok(Applied { state: self.show(&look), overwrote: None });
        }
        let Some(expected) = command.expected else {
            return Err(self.refused(operation, "switching on needs the version that was seen", &look));
        };
        let plan = plan(&look.map(target), wanted, Leave::SwitchOn, &look.names);
        self.check_seen(operation, &look, expected, &plan.writes)?;
        if let Some(why) = &plan.refused {
            return Err(self.refused(operation, why, &look));
        }
        check_on(&look.map(target), wanted, &look.names)
            .map_err(|why| self.refused(operation, &why, &look))?;

        let mut overwrote = None;
        if !plan.writes.is_empty() {
            (look, overwrote) = self.write(operation, &look, &plan).await?;
            if let Err(why) = self.check_shares(&look, wanted) {
                return Err(self.not_met(operation, &why, self.show(&look)));
            }
        }
        if self.kills.load(Ordering::Acquire) != kills {
            return Err(self.refused(operation, "a kill overtook it", &look));
        }
        if !look.environment.enabled {
            match self.reader.api.switch(true).await {
                Ok(()) => {}
                Err(fault) if fault.kind == Kind::Unsure => {
                    return Err(self.undo(operation, &fault.cause).await);
                }
                Err(fault) => return Err(fault.into_error(operation, target, None)),
            }
            let after = self.reader.look(Line::Urgent).await;
            // From here on the flag may be on: every way out that is not good leads through off.
            let why = match &after {
                Err(fault) => Err(format!("it could not be read back: {}", fault.cause)),
                Ok(_) if self.kills.load(Ordering::Acquire) != kills => Err("a kill overtook it".into()),
                Ok(after) => nothing_added(&look, after).and_then(|()| self.check_shares(after, wanted)),
            };
            match (after, why) {
                (Ok(after), Ok(())) => look = after,
                (_, why) => return Err(self.undo(operation, &why.err().unwrap_or_default()).await),
            }
        }
        let state = self.show(&look);
        if command.change.is_met_by(&state) {
            return Ok(Applied { state, overwrote: overwrote.as_deref().map(Text::new) });
        }
        Err(self.not_met(operation, "it reads as off. hint: somebody switched it off again?", state))
    }

    fn check_shares(&self, look: &Look, wanted: &Shares) -> Result<(), String> {
        let map = look.map(&self.reader.target);
        if wanted.iter().any(|(segment, share)| map.share(segment) != Some(*share)) {
            return Err(differs(wanted, &look.state(&self.reader.target)));
        }
        check_on(&map, wanted, &look.names)
    }

    /// Switches off what should not have gone on.
    async fn undo(&self, operation: &str, why: &str) -> BackendError {
        match self.off().await {
            Ok(applied) => {
                self.not_met(operation, &format!("{why}; it is switched off again"), applied.state)
            }
            Err(error) => BackendError::Lost {
                cause: Text::new(&format!("{why}; IT MAY BE ON: {error}. hint: kill it")),
            },
        }
    }
}

/// Whether switching on added no strategy.
fn nothing_added(before: &Look, after: &Look) -> Result<(), String> {
    let is_new = |id: &str| !before.environment.strategies.iter().any(|strategy| strategy.id == id);
    match after.environment.strategies.iter().find(|strategy| is_new(&strategy.id)) {
        None => Ok(()),
        Some(added) => Err(format!(
            "strategy {} appeared while it was switched on. hint: delete it in Unleash",
            called(added, &after.names)
        )),
    }
}
