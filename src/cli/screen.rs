//! The cockpit on a session: theme, view, loop, and how it ends.

use std::io::Write;
use std::time::Duration;

use clap::Args;
use tokio::time::Instant;

use super::keys::OwnKeys;
use super::manners::{Calls, Glass, tell_costs, tell_unmet, unmet};
use super::paint::Paint;
use super::record::end_recording;
use super::{Exit, Failure};
use crate::config::user;
use crate::domain::{Actor, RoleName, Span};
use crate::effect::Outcome;
use crate::runtime::clock::Clock;
use crate::runtime::fleet::Fleet;
use crate::runtime::live::{self, Ending};
use crate::runtime::plain;
use crate::runtime::service::line::Format;
use crate::runtime::service::log::Log;
use crate::runtime::session::Session;
use crate::term::{TermError, Terminal};
use crate::ui::View;
use crate::ui::link::Links;

/// How long leaving waits for the disk. An orphan must be gone within a second.
const LAST_LINE: Duration = Duration::from_millis(800);
/// How long leaving waits for a command to be read back: one attempt of a kill.
const LAST_WORD: Duration = Duration::from_secs(3);

/// How long leaving waits for the recordings and the history of all rollouts together.
const LAST_EVENTS: Duration = Duration::from_secs(2);
/// The same when nobody is there. An orphan must be gone within a second.
const LAST_EVENTS_ORPHAN: Duration = Duration::from_millis(200);

/// How it looks, and who looks.
#[derive(Debug, Args)]
pub struct Look {
    #[command(flatten)]
    paint: Paint,
    #[command(flatten)]
    keys: OwnKeys,
    #[command(flatten)]
    glass: Glass,
    #[command(flatten)]
    calls: Calls,
    /// A role that you hold: key g gives its go; may be given several times
    #[arg(long = "role", value_name = "ROLE")]
    roles: Vec<RoleName>,
    /// Leave after this time, such as 90s
    #[arg(long, value_name = "TIME")]
    r#for: Option<Span>,
    /// Where copied links lead to.
    #[arg(skip)]
    links: Links,
}

impl Look {
    /// How it looks.
    pub const fn paint(&self) -> &Paint {
        &self.paint
    }

    /// Whose keys.
    pub const fn keys(&self) -> &OwnKeys {
        &self.keys
    }

    /// How the terminal is used.
    pub const fn glass(&self) -> &Glass {
        &self.glass
    }

    /// The first flag with which the terminal calls, if one is given.
    pub fn given_call(&self) -> Option<&'static str> {
        self.calls.given()
    }

    /// Whether a time to leave is given.
    pub const fn is_limited(&self) -> bool {
        self.r#for.is_some()
    }

    /// Whether a role is given.
    pub const fn has_roles(&self) -> bool {
        !self.roles.is_empty()
    }

    /// With links that lead there.
    pub fn leading_to(self, links: Links) -> Self {
        Self { links, ..self }
    }

    /// With these roles, if none was named.
    pub fn or_roles(mut self, roles: impl IntoIterator<Item = RoleName>) -> Self {
        if self.roles.is_empty() {
            self.roles.extend(roles);
        }
        self
    }
}

/// Checks that there can be a cockpit, before anything is begun for it.
///
/// # Errors
/// When there is no terminal, or no such theme.
pub fn check(look: &Look) -> Result<(), Failure> {
    look.paint.check()?;
    if look.paint.is_plain() {
        look.paint.tell_plain();
        tell_unmet(&unmet(true, &look.glass, Some(&look.calls)));
        return Ok(());
    }
    Terminal::check().map_err(Failure::usage)
}

/// Where copied links lead to: to the user's page if there is one; never out of a demo, which no page knows.
pub fn links(otherwise: Links) -> Links {
    // Settings that cannot be read are said where the theme is put on.
    let page = user::load().ok().and_then(|settings| settings.screen.link);
    match (otherwise, page) {
        (Links::Nowhere, _) => Links::Nowhere,
        (_, Some(template)) => Links::Page(template),
        (otherwise, None) => otherwise,
    }
}

/// Runs the cockpit on rollouts, or says what changes where there is no screen.
///
/// # Errors
/// When there is no terminal, or no such theme.
pub async fn run(fleet: &mut Fleet, actor: Actor, look: &Look) -> Result<Exit, Failure> {
    let limit = look.r#for.map(|span| span.0);
    let log = if look.paint.is_plain() {
        Some(Log::start(Format::Plain, std::io::stdout(), Clock::system()).map_err(Failure::lost)?)
    } else {
        None
    };
    let ending = match &log {
        Some(log) => plain::run(fleet, log, look.calls.manners_plain(&look.glass), limit).await,
        None => {
            let (mut wardrobe, said) = look.paint.dress();
            let (bindings, refused) = look.keys.settle()?;
            let view = View::new(actor).map_err(Failure::usage)?.with_roles(look.roles.clone());
            let view = view.with_keys(bindings, refused).with_links(links(look.links.clone()));
            let manners = look.calls.manners(&look.glass);
            let mut view = view.with_stats(manners.has_stats).with_mouse(manners.has_mouse);
            if fleet.models().len() > 1 {
                view = view.on_fleet();
            }
            let unmet = unmet(false, &look.glass, Some(&look.calls));
            unmet.into_iter().chain(said).for_each(|said| view.say(said));
            let left = live::run(fleet, &mut view, &mut wardrobe, manners, limit).await;
            tell_costs(left.as_ref().ok().and_then(|left| left.costs.as_ref()));
            left.map(|left| left.ending)
        }
    };
    // What was asked for on the way out is still written down, sent, and where somebody waits, read back.
    let has_open = fleet.models().iter().any(|model| model.unfinished().next().is_some());
    let is_attended = !matches!(ending, Ok(Ending::Ended) | Err(_));
    fleet.settle(if has_open && is_attended { LAST_WORD } else { LAST_LINE }).await;
    if let Some(log) = &log {
        plain::end(fleet, log).await;
    }
    let mut is_unfinished = false;
    let until = Instant::now() + if is_attended { LAST_EVENTS } else { LAST_EVENTS_ORPHAN };
    for session in fleet.sessions() {
        end_recording(session, until);
        is_unfinished |= tell_unfinished(session);
    }
    if is_unfinished {
        return Ok(Exit::Lost);
    }
    match ending {
        Ok(Ending::Quit | Ending::TimeUp) => Ok(Exit::Done),
        Ok(Ending::Interrupted) => Ok(Exit::Interrupted),
        Ok(Ending::Ended) => Ok(Exit::Done),
        Err(error @ TermError::NotATerminal { .. }) => Err(Failure::usage(error)),
        Err(error) => Err(Failure::lost(error)),
    }
}

/// Says on the normal screen which commands have no known end. Returns whether there is one.
fn tell_unfinished(session: &Session) -> bool {
    let mut is_any = false;
    for tracked in session.model.unfinished() {
        is_any = true;
        let why = match &tracked.outcome {
            Some(Outcome::Unknown { cause, .. }) => cause.as_str(),
            _ => "no answer yet",
        };
        let hint = if tracked.command.is_urgent() {
            "nobody repeats it now. hint: run `gonogo kill`, or `gonogo watch` again, which takes it up"
        } else {
            "it may still happen. hint: look with `gonogo status`"
        };
        // Nobody is left to tell when standard error is closed.
        let _ = writeln!(
            std::io::stderr(),
            "gonogo: {}: {} is NOT CONFIRMED: {why}; {hint}",
            session.model.rollout.name,
            tracked.what()
        );
    }
    is_any
}
