//! The fleet: all rollouts of this cockpit, those that need somebody first.
//!
//! ```text
//!  12 rollouts: ✘ 1 NO-GO  ‖ 1 HOLD  … 2 WAIT  ✔ 8 GO   2 need you
//!    rollout       phase    stage        exposure       verdict  because
//! ▸! checkout-v2   RUNNING  3/6 free     ███░░░░  31.2% ✘ NO-GO  errors in enterprise: unanswered
//!  ! search-v3     HOLDING  1/4 beta     ░░░░░░░     5% ‖ HOLD   no contact with web, 42s
//! ```
//!
//! In: the scene; each model in brief ([`Model::brief`]). Out: a line of totals, and a row for each rollout. `!` is a rollout
//! that needs somebody now, `▲` one that goes on when somebody says so. The cursor is the rollout that is open: the keys
//! act on it, with everything for a scope. It is a name: rows may move as numbers change, the target does not. What the
//! filter leaves out vanishes, but never the row with the cursor.
//!
//! A row costs a look at its brief, which is computed once for each change, so hundreds of rows cost as much as those in sight.
//!
//! Start reading at [`draw`]; `order` says who stands first, `columns` what stands in a row.

mod because;
mod columns;
pub mod order;
mod totals;

use std::borrow::Cow;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{Copied, RowId, Screen, Steer, first_in_sight};
use crate::action::Verb;
use crate::engine::Model;
use crate::ui::filter::Filter;
use crate::ui::rollouts::Rollouts;
use crate::ui::{Scene, View, paint, words};

/// The screen.
pub const SCREEN: Screen = Screen {
    title,
    steer: Steer::Rows,
    opens: Some(Verb::Main),
    ids,
    draw,
    copy,
    left: Some(left),
    ..Screen::of(Verb::Fleet)
};

/// What can stand before the `:` of a filter.
const KEYS: [&str; 5] = ["name", "owner", "phase", "verdict", "need"];

/// Narrower than this there is no line of heads.
const HEADED: u16 = 60;

fn title(scene: &Scene<'_>) -> String {
    format!("fleet, {}", scene.view.order().word())
}

/// The rollouts that the filter leaves, in order, and the open one in any case.
fn listed<'a>(rollouts: &Rollouts<'a>, view: &View) -> Vec<&'a Model> {
    let filter = Filter::new(view.filter(), &KEYS);
    let is_open = |model: &Model| model.rollout.name == rollouts.open.rollout.name;
    let mut listed: Vec<_> =
        rollouts.all.iter().copied().filter(|model| is_open(model) || passes(&filter, model)).collect();
    view.order().sort(&mut listed);
    listed
}

/// Whether the filter leaves a rollout.
fn passes(filter: &Filter, model: &Model) -> bool {
    if filter.is_empty() {
        return true;
    }
    let brief = model.brief();
    let (name, phase, verdict) = (model.rollout.name.as_str(), brief.phase.word(), brief.verdict.word());
    let owner = model.rollout.owner.as_ref().map_or("", |owner| owner.as_str());
    let is_in = |text: &str, value: &str| text.to_lowercase().contains(value);
    filter.passes(&[name, owner, phase, verdict, brief.need.word()], |key, value| match key {
        "name" => is_in(name, value),
        "owner" => is_in(owner, value),
        "phase" => is_in(phase, value),
        // GO is in NO-GO.
        "verdict" => verdict.eq_ignore_ascii_case(value),
        "need" => is_in(brief.need.word(), value),
        _ => false,
    })
}

fn ids(rollouts: &Rollouts<'_>, view: &View) -> Vec<RowId> {
    listed(rollouts, view).iter().map(|model| RowId::Name(model.rollout.name.to_string())).collect()
}

/// How many rollouts pass the filter.
fn left(rollouts: &Rollouts<'_>, view: &View) -> usize {
    let filter = Filter::new(view.filter(), &KEYS);
    rollouts.all.iter().filter(|model| passes(&filter, model)).count()
}

/// The first rollout that the filter leaves, if it does not leave the open one.
pub fn next_match<'a>(rollouts: &Rollouts<'a>, view: &View) -> Option<&'a Model> {
    let filter = Filter::new(view.filter(), &KEYS);
    if passes(&filter, rollouts.open) {
        return None;
    }
    listed(rollouts, view).into_iter().find(|model| passes(&filter, model))
}

fn draw(scene: &Scene<'_>, buf: &mut Buffer, area: Rect) {
    let rollouts = scene.all();
    let listed = listed(&rollouts, scene.view);
    let filter = Filter::new(scene.view.filter(), &KEYS);
    let mut top = 0;
    if area.height > 2 {
        paint::put(buf, area, 0, &totals::line(scene, listed.len(), area.width));
        top += 1;
    }
    let longest = listed.iter().map(|model| model.rollout.name.as_str().len()).max().unwrap_or(0);
    let columns = columns::fit(usize::from(area.width), longest);
    if area.height > 3 && area.width >= HEADED {
        paint::put(buf, area, 1, &columns::heads(scene, &columns));
        top += 1;
    }
    let room = usize::from(area.height).saturating_sub(top);
    let open = &scene.model.rollout.name;
    let cursor = listed.iter().position(|model| model.rollout.name == *open).unwrap_or(0);
    let first = first_in_sight(cursor, listed.len(), room);
    for (row, model) in listed.iter().skip(first).take(room).enumerate() {
        let stand = columns::Stand { is_open: row + first == cursor, is_left: passes(&filter, model) };
        paint::put(buf, area, top + row, &columns::row(scene, model, &columns, stand));
    }
}

fn copy(rollouts: &Rollouts<'_>, view: &View, what: Copied) -> Option<String> {
    let model = rollouts.open;
    let brief = model.brief();
    match what {
        Copied::Name => Some(model.rollout.name.to_string()),
        Copied::Line => {
            let because = because::words(model, brief, false);
            let because =
                if because.is_empty() { Cow::Borrowed("") } else { Cow::Owned(format!(": {because}")) };
            Some(format!(
                "{} {} {} exposed {}{because} ({} UTC)",
                model.rollout.name,
                brief.phase,
                brief.verdict,
                words::measured(brief.exposed.share),
                model.now.date_and_clock(),
            ))
        }
        Copied::Link => view.link_to(model, model.now),
    }
}
