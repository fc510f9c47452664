//! Cues the probes: what a platform's edge serves is about to change.
//!
//! In: each event with the model after it, and the effects that it caused. Out: cues, to the probe of the platform that
//! they are about. A command cues when it is sent, and when it has ended; what is stored cues when it changes, by
//! whoever's hand. What moves by itself at the backend cues nobody: it would never end.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::domain::{Percent, PlatformName, SegmentName};
use crate::effect::Effect;
use crate::engine::Model;
use crate::engine::model::PlatformModel;
use crate::event::{Body, Event, Promise, Sink};
use crate::probes::{Cuer, Cues, Probe, cues};

/// What a state means for who is served: whether the flag is on, and each segment's share.
type Stored = (bool, BTreeMap<SegmentName, Percent>);

/// A probe with the cues that it is given.
pub(super) struct Prompted {
    probe: Arc<dyn Probe>,
    cues: Cues,
}

impl Prompted {
    /// Watches for ever.
    pub(super) fn watch<'a>(&'a self, sink: &'a dyn Sink) -> Promise<'a, ()> {
        self.probe.watch(sink, self.cues.clone())
    }
}

/// Cues the probes of a session.
#[derive(Debug)]
pub(super) struct Prompter {
    prompts: BTreeMap<PlatformName, (Cuer, Option<Stored>)>,
}

impl Prompter {
    /// One for these probes, and each of them with its cues.
    pub(super) fn of(
        probes: BTreeMap<PlatformName, Arc<dyn Probe>>,
    ) -> (Self, Vec<(PlatformName, Prompted)>) {
        let mut prompter = Self { prompts: BTreeMap::new() };
        let mut prompted = Vec::new();
        for (name, probe) in probes {
            let (cuer, cues) = cues();
            prompter.prompts.insert(name.clone(), (cuer, None));
            prompted.push((name, Prompted { probe, cues }));
        }
        (prompter, prompted)
    }

    /// Looks at what an event has caused.
    pub(super) fn look(&mut self, model: &Model, event: &Event, effects: &[Effect]) {
        if self.prompts.is_empty() {
            return;
        }
        for effect in effects {
            if let Effect::Command(command) = effect
                && let Some((cuer, _)) = self.prompts.get(&command.platform)
            {
                cuer.sent();
            }
        }
        if !matches!(event.body, Body::Flag { .. } | Body::Effect { .. }) {
            return;
        }
        for (name, (cuer, known)) in &mut self.prompts {
            let stored = model.platform(name).and_then(stored);
            if stored.is_some() && *known != stored {
                let shares = stored.iter().flat_map(|(on, shares)| {
                    shares
                        .iter()
                        .map(|(segment, share)| (segment.clone(), if *on { *share } else { Percent::ZERO }))
                });
                cuer.stored(shares.collect());
                *known = stored;
            }
            let is_open = model.commands.iter().any(|t| t.is_open() && t.command.platform == *name);
            if !is_open {
                cuer.ended();
            }
        }
    }
}

/// What is stored on a platform, without what moves by itself.
fn stored(platform: &PlatformModel) -> Option<Stored> {
    let state = platform.state.as_ref()?;
    let still = state.shares.iter().filter(|(segment, _)| !state.ramps.contains_key(*segment));
    Some((state.on, still.map(|(segment, share)| (segment.clone(), *share)).collect()))
}
