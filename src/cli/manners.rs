//! How the terminal is used: flags, the user's settings, and the environment, decided here and handed in.

use std::io::{IsTerminal, Write};

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

    /// The same where lines are written: only a terminal rings.
    pub fn manners_plain(&self, glass: &Glass) -> Manners {
        if std::io::stdout().is_terminal() { self.manners(glass) } else { glass.manners() }
    }

    fn is_notifying(&self) -> bool {
        matches!(self.notify, Some(How::Osc9 | How::Osc777))
    }

    /// The first of these flags that was given.
    pub fn given(&self) -> Option<&'static str> {
        let flags = [(self.bell, "--bell"), (self.notify.is_some(), "--notify")];
        flags.into_iter().find_map(|(is_given, flag)| is_given.then_some(flag))
    }
}

/// What flags ask for that cannot be had here, each in a sentence. A setting is a wish for wherever it can be had.
pub fn unmet(is_plain: bool, glass: &Glass, calls: Option<&Calls>) -> Vec<String> {
    let is_bare = !glass.manners().host.takes_words;
    let is_piped = is_plain && !std::io::stdout().is_terminal();
    let (bell, notify) = calls.map_or((false, false), |calls| (calls.bell, calls.is_notifying()));
    let wishes = [
        (glass.stats && is_plain, "--stats", "no screen is drawn"),
        (glass.mouse && is_plain, "--mouse", "no screen is drawn"),
        (bell && is_piped, "--bell", "standard output is no terminal"),
        (notify && is_piped, "--notify", "standard output is no terminal"),
        (notify && !is_piped && is_bare, "--notify", "a terminal of this kind (TERM) knows no notifications"),
    ];
    let unmet = wishes.into_iter().filter(|(is_unmet, ..)| *is_unmet);
    unmet.map(|(_, flag, why)| format!("{flag} does nothing here: {why}")).collect()
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

/// Says on standard error what cannot be had.
pub fn tell_unmet(unmet: &[String]) {
    for said in unmet {
        // Nobody is left to tell when standard error is closed.
        let _ = writeln!(std::io::stderr(), "gonogo: warning: {said}");
    }
}
