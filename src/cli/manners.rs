//! How the terminal is used: flags, the user's settings, and the environment, decided here and handed in.

use std::io::Write;

use clap::{Args, ValueEnum};

use crate::config::user::{self, ScreenSettings};
use crate::runtime::live::Manners;
use crate::term::{Host, Notify};

/// What every cockpit takes.
#[derive(Debug, Args)]
pub struct Glass {
    /// Show what the terminal costs: bytes, frames and the time between them; also said at the end
    #[arg(long)]
    stats: bool,
    /// The mouse may move the focus, scroll and zoom; selecting text then needs shift
    #[arg(long)]
    mouse: bool,
}

/// What a live cockpit takes as well.
#[derive(Debug, Args)]
pub struct Calls {
    /// Ring the terminal's bell at a NO-GO, and at a kill that nobody has confirmed
    #[arg(long)]
    bell: bool,
    /// Show the same as a notification on the desktop: how the terminal is asked for it
    #[arg(long, value_enum, value_name = "HOW")]
    notify: Option<How>,
}

/// How a terminal is asked for a notification.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum How {
    /// Not at all
    Off,
    /// As iTerm2, WezTerm, Ghostty, foot, kitty and ConEmu know it
    Osc9,
    /// As urxvt, foot, WezTerm and Ghostty know it
    Osc777,
}

impl Glass {
    /// How a recording uses the terminal: it never rings.
    pub fn manners(&self) -> Manners {
        let host = Host::of(|name| std::env::var(name).ok());
        let has_mouse = self.mouse || settings().mouse;
        Manners { host, has_stats: self.stats, has_mouse, bell: false, notify: Notify::Off }
    }
}

impl Calls {
    /// The same for a live cockpit. Flags go before settings.
    pub fn manners(&self, glass: &Glass) -> Manners {
        let settings = settings();
        let notify = match (self.notify, settings.notify) {
            (Some(How::Osc9), _) | (None, user::Notify::Osc9) => Notify::Osc9,
            (Some(How::Osc777), _) | (None, user::Notify::Osc777) => Notify::Osc777,
            (Some(How::Off), _) | (None, user::Notify::Off) => Notify::Off,
        };
        Manners { bell: self.bell || settings.bell, notify, ..glass.manners() }
    }

    /// The first of these flags that was given.
    pub fn given(&self) -> Option<&'static str> {
        let flags = [(self.bell, "--bell"), (self.notify.is_some(), "--notify")];
        flags.into_iter().find_map(|(is_given, flag)| is_given.then_some(flag))
    }
}

/// What the user has settled. A fault in it is said where the theme is put on; it keeps nobody from a rollout.
fn settings() -> ScreenSettings {
    user::load().map(|settings| settings.screen).unwrap_or_default()
}

/// Says on the normal screen what the terminal cost, if that was asked for.
pub fn tell_costs(costs: Option<&String>) {
    if let Some(costs) = costs {
        // Nobody is left to tell when standard error is closed.
        let _ = writeln!(std::io::stderr(), "gonogo: {costs}");
    }
}
