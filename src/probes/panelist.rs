//! The probe of any edge: a panel of synthetic users, whoever evaluates for them.
//!
//! In: an [`Edge`], a subject, how many and how often. Out: a [`Probe`].

use super::ask::{Pace, everybody};
use super::edge::{Edge, User};
use super::panel::{Panel, Whole, users};
use super::watch::{PATIENCE, Watch};
use super::{Asked, Cues, Probe, Size, Subject};
use crate::domain::{SegmentName, Text};
use crate::event::{Promise, Sink};

/// The probe of an edge.
pub struct Panelist {
    edge: Box<dyn Edge>,
    subject: Subject,
    users: Vec<User>,
    size: Size,
}

impl Panelist {
    /// A probe; nobody is asked yet.
    #[must_use]
    pub fn new(edge: impl Edge + 'static, subject: &Subject, size: Size) -> Self {
        let users = users(subject, size.keys);
        Self { edge: Box::new(edge), subject: subject.clone(), users, size }
    }
}

impl Probe for Panelist {
    fn watch<'a>(&'a self, sink: &'a dyn Sink, cues: Cues) -> Promise<'a, ()> {
        let watch = Watch::new(&*self.edge, &self.subject, &self.users, self.size, sink, cues);
        Box::pin(watch.run())
    }

    fn ask(&self) -> Promise<'_, Result<Asked, Text>> {
        Box::pin(async move {
            let pace = Pace { gap: std::time::Duration::ZERO, patience: PATIENCE };
            let answers = everybody(&*self.edge, &self.users, pace).await;
            let trouble = answers.trouble().cloned();
            if let (true, Some(trouble)) = (answers.given.is_empty(), &trouble) {
                return Err(trouble.cause.clone());
            }
            let whole = Panel::new(&self.subject, self.size.keys).whole(&answers.given);
            let cause = trouble.map(|trouble| trouble.cause);
            let mut problems: Vec<Text> = Vec::new();
            if whole.is_unknown {
                problems.push(Text::new(&unknown(&self.subject)));
            }
            problems.extend(incomplete(&whole, cause.as_ref()).map(|(_, words)| Text::new(&words)));
            Ok(Asked { served: whole.served, problems })
        })
    }
}

/// That the edge does not know the flag, in words.
pub(super) fn unknown(subject: &Subject) -> String {
    format!(
        "the edge of {} does not know the flag {}: nobody has the feature, unless their code says so by itself",
        subject.platform, subject.flag
    )
}

/// Which segments were not measured, in words.
pub(super) fn incomplete<'a>(
    whole: &'a Whole,
    cause: Option<&'a Text>,
) -> impl Iterator<Item = (&'a SegmentName, String)> {
    whole.missing.iter().map(move |(segment, (missing, all))| {
        let why = cause.map(|cause| format!(": {cause}")).unwrap_or_default();
        (
            segment,
            format!(
                "{missing} of {all} synthetic users of {segment} got no answer, so it was not measured{why}"
            ),
        )
    })
}
