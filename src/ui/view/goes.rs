//! Whose go a person gives, and for which segment one waits.
//!
//! In: the roles that the person holds, and the model. Out: the role of a request; where no segment is selected and exactly
//! one waits for a go of theirs, its name. It gives nothing: whether a go is taken, the engine says.

use crate::action::{Request, Scope, Verb};
use crate::domain::{RoleName, SegmentName, Text};
use crate::engine::{Model, acts, people};
use crate::ui::View;

impl View {
    /// The role on whose behalf a go for a segment is given: the one that is asked for if it is held, else any that is.
    pub(super) fn role_for(&self, segment: Option<&SegmentName>, model: &Model) -> Option<RoleName> {
        let segment = segment.and_then(|name| model.segment(name));
        let wanted = segment.and_then(|s| people::next_stage(model, s)).and_then(|s| s.approval.as_ref());
        let held = wanted.filter(|wanted| self.roles.contains(wanted));
        held.or_else(|| self.roles.first()).cloned()
    }

    /// With everything selected: the one segment that waits for a go that this person may give, and how to give it.
    /// `None`: one is selected, or none waits, or several do.
    pub(super) fn go_elsewhere(&self, request: &Request, model: &Model) -> Option<Text> {
        if request.scope.segment.is_some() {
            return None;
        }
        let mut waiting = model.segments.iter().filter_map(|segment| {
            let name = &segment.name;
            let role = self.role_for(Some(name), model);
            let scope = Scope::segment(name.clone());
            acts::plan(model, &Request { scope, role: role.clone(), ..request.clone() }).ok()?;
            Some((name, role?))
        });
        let (name, role) = waiting.next()?;
        if waiting.next().is_some() {
            return None;
        }
        let key = self.way_to(Verb::Approve);
        Some(Text::new(&format!(
            "a go is for one segment, and {name} waits for {role}'s: select it, then {key}"
        )))
    }
}
