//! The sign that another rollout of this cockpit needs somebody, for the header.
//!
//! In: the scene. Out: `! 2 others need you: search-v3 NO-GO`, the most urgent by name. Nothing while none does, on the
//! fleet itself, and where there is only one rollout.

use super::Scene;
use super::pieces::Piece;
use crate::action::Verb;
use crate::domain::text::cut;
use crate::engine::Model;
use crate::theme::Role;

/// Widest name of another rollout.
const NAME: usize = 24;

/// The sign.
pub fn piece(scene: &Scene<'_>) -> Option<Piece> {
    if scene.view.is_on(Verb::Fleet) {
        return None;
    }
    let is_other = |model: &&&Model| model.rollout.name != scene.model.rollout.name;
    let calls = || scene.rollouts.iter().filter(is_other).filter(|model| model.brief().need.is_call());
    let first = calls().min_by_key(|model| (model.brief().need, model.rollout.name.as_str()))?;
    let (count, name) = (calls().count(), cut(first.rollout.name.as_str(), NAME));
    let who = if count == 1 { "other needs" } else { "others need" };
    let word = first.brief().need.word();
    let text = format!("! {count} {who} you: {name} {word}");
    let short = Some(scene.line(format!("! {count}: {name}"), Role::Danger));
    Some(Piece { second: true, short, ..Piece::new(1, scene.line(text, Role::Danger)) })
}
