//! The cockpit on a session: theme, view, loop, and how it ends.

use std::time::Duration;

use clap::Args;

use super::{Exit, Failure};
use crate::domain::{Actor, Span};
use crate::runtime::live::{self, Ending};
use crate::runtime::session::Session;
use crate::term::TermError;
use crate::theme::{self, Depth};
use crate::ui::View;

/// How it looks.
#[derive(Debug, Args)]
pub struct Look {
    /// Colours by name: default, light, mono, deuteranopia
    #[arg(long, default_value = "default", value_name = "NAME")]
    theme: String,
    /// Only ASCII signs, for fonts without the others
    #[arg(long)]
    ascii: bool,
    /// Leave after this time, such as 90s
    #[arg(long, value_name = "TIME")]
    r#for: Option<Span>,
}

/// Runs the cockpit on a session.
///
/// # Errors
/// When there is no terminal, or no such theme.
pub async fn run(session: &mut Session, actor: Actor, look: &Look) -> Result<Exit, Failure> {
    let value = |name: &str| std::env::var(name).unwrap_or_default();
    let depth = Depth::detect(!value("NO_COLOR").is_empty(), &value("TERM"), &value("COLORTERM"));
    let theme = theme::pick(&look.theme, depth, look.ascii).map_err(Failure::usage)?;
    let mut view = View::new(actor).map_err(Failure::usage)?;
    let limit = look.r#for.map(|span| span.0);
    let ending = live::run(session, &mut view, &theme, limit).await;
    // What was asked for on the way out is still written down and sent.
    session.settle(Duration::from_millis(800)).await;
    match ending {
        Ok(Ending::Quit | Ending::TimeUp) => Ok(Exit::Done),
        Ok(Ending::Interrupted) => Ok(Exit::Interrupted),
        Ok(Ending::Ended) => Ok(Exit::Done),
        Err(error @ TermError::NotATerminal { .. }) => Err(Failure::usage(error)),
        Err(error) => Err(Failure::lost(error)),
    }
}
