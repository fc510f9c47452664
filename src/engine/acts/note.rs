//! Note: a person's words for the journal.

use super::Plan;
use crate::action::Request;
use crate::domain::Text;
use crate::effect::Record;

pub fn plan(request: &Request) -> Result<Plan, Text> {
    let words = request.reason.as_ref().filter(|text| !text.as_str().is_empty());
    let record = |text: &Text| Record::Noted {
        scope: request.scope.clone(),
        actor: request.actor.clone(),
        text: text.clone(),
    };
    Ok(Plan {
        records: words.map(record).into_iter().collect(),
        needs_reason: Some(Text::new("a note needs words")),
        ..Plan::default()
    })
}
