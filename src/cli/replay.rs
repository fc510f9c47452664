//! `gonogo replay`: the cockpit on a recording, or without a screen its verification. No network, and nothing can be
//! changed.

use std::path::PathBuf;

use clap::Args;
use tokio::time::Instant;

use super::keys::OwnKeys;
use super::manners::{Glass, tell_costs, tell_unmet, unmet};
use super::paint::Paint;
use super::screen::links;
use super::{Exit, Failure, verify};
use crate::domain::{Text, When};
use crate::recording::{Archive, Player};
use crate::runtime::live::Ending;
use crate::runtime::plain;
use crate::runtime::replay::{self, Bookmarks, Deck, Order, ReplayError, Speed};
use crate::term::TermError;
use crate::ui::View;
use crate::ui::link::Links;

/// What `replay` takes.
#[derive(Debug, Args)]
#[command(
    after_help = "It plays at once, from the beginning or from --from; space pauses, ? shows all keys, q leaves.\n\
    TIME is 14:02, 14:02:30, '2026-11-22 14:02' (UTC), a share such as 50%, +5m after the beginning (of --from \
    for --until), or -10m before the end.\n\n\
    Examples:\n  gonogo replay last-night.rec\n  gonogo replay last-night.rec --from 14:02 --speed 60\n  \
    gonogo replay last-night.rec --from -10m --exit-when-done\n  gonogo replay last-night.rec --verify\n\n\
    Exit codes: 0 left, over, or with --verify the same; 1 not the same; 2 bad input; 3 it cannot be said; \
    130 interrupted."
)]
pub struct Arguments {
    /// The recording
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Decide everything anew, without a screen, and compare it with what was decided then
    #[arg(long, conflicts_with_all = ["from", "until", "speed", "exit_when_done"])]
    verify: bool,
    #[command(flatten)]
    play: Play,
    #[command(flatten)]
    paint: Paint,
    #[command(flatten)]
    keys: OwnKeys,
    #[command(flatten)]
    glass: Glass,
}

/// How it plays.
#[derive(Debug, Args)]
pub struct Play {
    /// Begin here instead of at the beginning
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    from: Option<When>,
    /// Pause here instead of at the end
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    until: Option<When>,
    /// How many seconds of the recording pass in one: 1 to 1000 [default: 1; a demo recording: 300]
    #[arg(long, value_name = "N")]
    speed: Option<Speed>,
    /// Leave where it would pause: at --until, or at the end
    #[arg(long)]
    exit_when_done: bool,
}

impl Play {
    /// With this speed, if none was asked for.
    pub const fn or_speed(mut self, speed: Speed) -> Self {
        if self.speed.is_none() {
            self.speed = Some(speed);
        }
        self
    }

    /// The first of these flags that was given.
    pub fn given(&self) -> Option<&'static str> {
        let flags = [
            (self.from.is_some(), "--from"),
            (self.until.is_some(), "--until"),
            (self.speed.is_some(), "--speed"),
            (self.exit_when_done, "--exit-when-done"),
        ];
        flags.into_iter().find_map(|(is_given, flag)| is_given.then_some(flag))
    }
}

/// Runs the command.
pub async fn run(arguments: Arguments) -> Result<Exit, Failure> {
    if arguments.verify {
        let archive = Archive::open(&arguments.file).map_err(Failure::usage)?;
        return verify::run(&arguments.file.display().to_string(), archive);
    }
    let player = Player::open(&arguments.file).map_err(Failure::usage)?;
    let name = Text::new(&arguments.file.display().to_string());
    let opened = ["replay".to_owned(), name.to_string()];
    let Arguments { play, paint, keys, glass, .. } = &arguments;
    show(player, &opened, play, paint, keys, glass).await
}

/// Plays a recording on the screen, or says what changes in it where there is none: then as fast as it is read, unless a
/// speed was asked for. `opened` is the verb that opens it, and what messages call it.
///
/// # Errors
/// When there is nothing in it, no terminal, or no such theme.
pub async fn show(
    mut player: Player,
    opened: &[String; 2],
    play: &Play,
    paint: &Paint,
    keys: &OwnKeys,
    glass: &Glass,
) -> Result<Exit, Failure> {
    paint.check()?;
    player.look_through(1).map_err(Failure::usage)?;
    if player.extent().events == 0 {
        let cause = player.damage().map_or_else(|| "there is no event in it".to_owned(), ToString::to_string);
        return Err(Failure::usage(format!(
            "cannot replay {}: {cause}\nhint: a recording has its first event as soon as the cockpit runs that writes it",
            opened[1]
        )));
    }
    let Play { from, until, speed, exit_when_done } = *play;
    let order = Order { from, until, speed: speed.unwrap_or_default(), exit_when_done };
    if paint.is_plain() {
        paint.tell_plain();
        tell_unmet(&unmet(true, glass, None));
        return ended(plain::replay(player, order, speed.is_some(), std::io::stdout()).await);
    }
    let rollout = &player.header().rollout.name;
    let dir = Bookmarks::default_dir();
    let (bookmarks, said) = Bookmarks::load(dir.as_deref(), rollout, player.extent().from);
    let (bindings, refused) = keys.settle()?;
    let manners = glass.manners();
    let mut view = View::of_replay()
        .map_err(Failure::usage)?
        .with_keys(bindings, refused)
        .with_links(links(Links::Recording(opened.to_vec())))
        .with_stats(manners.has_stats)
        .with_mouse(manners.has_mouse);
    let mut deck = Deck::new(player, bookmarks, order, Instant::now());
    deck.say(said);
    let (mut wardrobe, fault) = paint.dress();
    deck.say(fault);
    let left = replay::run(&mut deck, &mut view, &mut wardrobe, manners).await;
    tell_costs(left.as_ref().ok().and_then(|left| left.costs.as_ref()));
    ended(left.map(|left| left.ending))
}

fn ended(ending: Result<Ending, ReplayError>) -> Result<Exit, Failure> {
    match ending {
        Ok(Ending::Quit | Ending::Ended | Ending::TimeUp) => Ok(Exit::Done),
        Ok(Ending::Interrupted) => Ok(Exit::Interrupted),
        Err(ReplayError::Term(error @ TermError::NotATerminal { .. })) => Err(Failure::usage(error)),
        Err(ReplayError::Recording(error)) => Err(Failure::usage(error)),
        Err(error) => Err(Failure::lost(error)),
    }
}
