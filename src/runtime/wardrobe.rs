//! The theme in force, and its exchange while the cockpit runs: by a key, or because its file was saved.
//!
//! ```text
//! flags, settings ─▶ Wish ─▶ Wardrobe ─▶ theme() ─▶ ui::draw
//!           keys ─▶ repaint(Theme) ┤
//! file ─▶ a task that looks once a second ──┴▶ changed()
//! ```
//!
//! In: what is wished for, once; keys; a file. Out: the [`Theme`], and sentences for the line of the hints. A theme that
//! cannot be used is refused with its place and its cause, and the one in force stays: nobody loses their screen over a
//! typing error. The loop never waits for a disk: files are read by a task, and only while one of the user's own themes
//! is worn. With a theme that comes with gonogo there is no task at all.

use std::future::pending;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use tokio::sync::mpsc;
use tokio::task::{JoinSet, spawn_blocking};

use crate::config::themes::{self, Place};
use crate::theme::{DEFAULT, Depth, Graphs, Theme, ThemeError, pick};
use crate::ui::Repaint;

/// How often a file is looked at: who saves it looks up within a second, and a look costs some microseconds.
const LOOK: Duration = Duration::from_secs(1);

/// What is wished for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    /// A theme by name, or the path of its file.
    pub theme: String,
    /// How many colours to use.
    pub depth: Depth,
    /// Whether to show only ASCII.
    pub is_ascii: bool,
    /// How charts are drawn.
    pub graphs: Graphs,
}

/// The theme in force.
#[derive(Debug)]
pub struct Wardrobe {
    theme: Theme,
    /// What was asked for last, by its name or path.
    name: String,
    /// What the key goes through.
    rail: Vec<(String, Place)>,
    wish: Wish,
    news: Option<mpsc::Receiver<Saved>>,
    tasks: JoinSet<()>,
}

/// What a look at the file brought.
type Saved = Result<Theme, ThemeError>;

/// A file as it was when it was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stamp {
    Unseen,
    Gone,
    At(Option<SystemTime>, u64),
}

impl Wardrobe {
    /// Puts on what is wished for. What cannot be used is told with it, and the default theme is in force.
    /// Needs tokio's runtime. Reads the disk, so it is called before there is a loop.
    #[must_use]
    pub fn open(wish: Wish) -> (Self, Option<ThemeError>) {
        let (theme, name, rail) = (plain(&wish), wish.theme.clone(), themes::all());
        let mut wardrobe = Self { theme, name, rail, wish, news: None, tasks: JoinSet::new() };
        let fault = match themes::find(&wardrobe.name) {
            Err(error) => Some(error),
            Ok(Place::Shipped(name)) => wardrobe.put_on(wardrobe.shipped(&name)).err(),
            Ok(Place::File(path)) => {
                let stamp = stamp(&path);
                let fault = wardrobe.put_on(read(&path, &wardrobe.wish)).err();
                wardrobe.watch(path, stamp);
                fault
            }
        };
        (wardrobe, fault)
    }

    /// The theme in force.
    #[must_use]
    pub const fn theme(&self) -> &Theme {
        &self.theme
    }

    /// Does what a key asked for. Returns what to say.
    pub fn repaint(&mut self, repaint: Repaint) -> String {
        match repaint {
            Repaint::Theme => self.next_theme(),
            Repaint::Graphs => self.next_graphs(),
        }
    }

    /// Goes on to the next theme. Returns what to say.
    fn next_theme(&mut self) -> String {
        let at = self.rail.iter().position(|(name, _)| *name == self.name);
        let next = at.map_or(0, |at| (at + 1) % self.rail.len().max(1));
        let Some((name, place)) = self.rail.get(next).cloned() else { return "there is no theme".to_owned() };
        self.name = name;
        // Not aborted alone: who has ended would be kept until somebody asks for it.
        self.tasks = JoinSet::new();
        self.news = None;
        let fault = match place {
            Place::Shipped(name) => self.put_on(self.shipped(&name)).err(),
            // The task reads it, and what it brings is news.
            Place::File(path) => {
                self.watch(path, Stamp::Unseen);
                None
            }
        };
        match fault {
            Some(error) => error.brief(),
            None if self.wish.depth == Depth::Mono => {
                format!("theme {}; without colours all of them look like mono", self.name)
            }
            None => format!("theme {}", self.name),
        }
    }

    /// Goes on to the next kind of charts. Returns what to say.
    fn next_graphs(&mut self) -> String {
        if self.wish.is_ascii {
            return "graphs ascii: nothing else is shown with ASCII signs".to_owned();
        }
        self.wish.graphs = self.wish.graphs.next();
        self.theme = self.theme.clone().with_graphs(self.wish.graphs);
        format!("graphs {}", self.wish.graphs)
    }

    /// Waits until the file of the theme in force was saved. Returns what to say. Nothing is lost when the future is
    /// dropped.
    pub async fn changed(&mut self) -> String {
        let saved = match &mut self.news {
            Some(news) => news.recv().await,
            None => None,
        };
        match saved {
            Some(saved) => match self.put_on(saved) {
                Ok(()) => format!("theme {}", self.name),
                Err(error) => format!("the theme stays as it was: {}", error.brief()),
            },
            // Nothing is watched, or nothing more will come.
            None => pending().await,
        }
    }

    fn shipped(&self, name: &str) -> Saved {
        pick(name, self.wish.depth, self.wish.is_ascii)
    }

    fn put_on(&mut self, theme: Saved) -> Result<(), ThemeError> {
        self.theme = theme?.with_graphs(self.wish.graphs);
        Ok(())
    }

    /// Has a task look at a file from now on; `seen` is what was read of it already.
    fn watch(&mut self, path: PathBuf, seen: Stamp) {
        // One is enough: what was saved twice before the loop came round is read again.
        let (sender, news) = mpsc::channel(1);
        let wish = self.wish.clone();
        self.news = Some(news);
        self.tasks.spawn(follow(path, seen, wish, sender));
    }
}

/// Looks at a file for as long as somebody wants to know.
async fn follow(path: PathBuf, mut seen: Stamp, wish: Wish, news: mpsc::Sender<Saved>) {
    loop {
        let (path, wish) = (path.clone(), wish.clone());
        // A disk may be slow, or somewhere else.
        let Ok((stamp, saved)) = spawn_blocking(move || look(&path, seen, &wish)).await else { return };
        seen = stamp;
        if let Some(saved) = saved
            && news.send(saved).await.is_err()
        {
            return;
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// Reads a file if it is not as it was seen. One that is being written is left for the next look.
fn look(path: &Path, seen: Stamp, wish: &Wish) -> (Stamp, Option<Saved>) {
    let before = stamp(path);
    if before == seen {
        return (seen, None);
    }
    let saved = read(path, wish);
    if stamp(path) == before { (before, Some(saved)) } else { (seen, None) }
}

fn stamp(path: &Path) -> Stamp {
    std::fs::metadata(path).map_or(Stamp::Gone, |file| Stamp::At(file.modified().ok(), file.len()))
}

fn read(path: &Path, wish: &Wish) -> Saved {
    let text = themes::text(path)?;
    // The name of the file is enough on one line; the path is what was asked for.
    let origin = path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    Theme::read(&origin, &text, wish.depth, wish.is_ascii)
}

/// The default theme. It always reads: a test holds that; without it there would still be glyphs and words.
fn plain(wish: &Wish) -> Theme {
    let theme = pick(DEFAULT, wish.depth, wish.is_ascii).unwrap_or_else(|_| Theme::bare(wish.is_ascii));
    theme.with_graphs(wish.graphs)
}

#[cfg(test)]
mod tests;
