//! The sources: every link with its age and lag, what was dropped, and each platform with what its backend can do, what it
//! has stored, what its edge serves, and how long a change takes.
//!
//! In: the scene. Out: rows with a cursor: links and unusable inputs (`link`), platforms with their segments (`platform`);
//! side by side where it is wide. What is wrong stands first. It shows facts of the model and judges nothing. In a
//! replay it is what was so at that time.

mod link;
mod platform;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::{Copied, RowId, Screen, Steer};
use crate::action::Verb;
use crate::domain::{LinkState, SegmentName, Source, Text, Timestamp};
use crate::engine::Model;
use crate::engine::model::{Link, PlatformModel};
use crate::theme::Role;
use crate::ui::filter::Filter;
use crate::ui::listing::{first_line, mark};
use crate::ui::rollouts::Rollouts;
use crate::ui::{Scene, View, copies, facts, paint};

/// The screen.
pub const SCREEN: Screen = Screen {
    title,
    steer: Steer::Rows,
    ids: |rollouts, view| keys(rollouts.open, view).iter().map(Key::id).collect(),
    draw,
    copy,
    left: Some(|rollouts, view| keys(rollouts.open, view).len()),
    ..Screen::of(Verb::Sources)
};

/// From this width on links and platforms stand side by side.
const WIDE: u16 = 160;
/// Columns by which the further lines of a sentence stand in.
const INDENT: usize = 4;

/// What a row is about.
#[derive(Clone, Copy)]
enum Key<'m> {
    /// A link.
    Link(&'m Source, &'m Link),
    /// Input that cannot be used, and how often it came.
    Problem(&'m Source, &'m Text, u64),
    /// A platform: its flag, what its backend can do, its reach.
    Platform(&'m PlatformModel),
    /// What a platform has stored and serves for a segment.
    Stored(&'m PlatformModel, &'m SegmentName),
}

impl Key<'_> {
    fn id(&self) -> RowId {
        RowId::Name(match self {
            Self::Link(source, _) => format!("link {source}"),
            Self::Problem(source, problem, _) => format!("problem {source}: {problem}"),
            Self::Platform(platform) => format!("platform {}", platform.name),
            Self::Stored(platform, segment) => format!("stored {} {segment}", platform.name),
        })
    }

    /// What it says in one line of text.
    fn text(&self, model: &Model) -> String {
        match self {
            Self::Link(source, link) => copies::link(model, source, link),
            Self::Problem(source, problem, count) => {
                format!("{} {source}: {problem} ({count} times)", model.rollout.name)
            }
            Self::Platform(platform) => copies::platform(model, platform),
            Self::Stored(platform, segment) => {
                let (stored, served) = (facts::stored(platform, segment), facts::served(platform, segment));
                let served =
                    served.map_or_else(|| "not probed".to_owned(), |served| format!("serving {served}"));
                let name = &model.rollout.name;
                let at = model.now.date_and_clock();
                format!("{name} {segment} at {}: configured {stored}, {served} ({at} UTC)", platform.name)
            }
        }
    }

    /// When it came to be so.
    fn at(&self, model: &Model) -> Timestamp {
        match self {
            Self::Link(_, link) => link.since,
            Self::Platform(platform) | Self::Stored(platform, _) => platform.changed_at.unwrap_or(model.now),
            Self::Problem(..) => model.now,
        }
    }

    const fn is_of_platform(&self) -> bool {
        matches!(self, Self::Platform(_) | Self::Stored(..))
    }
}

/// The rows that the filter leaves: links, the worst first, unusable inputs, platforms, the worst first.
fn keys<'m>(model: &'m Model, view: &View) -> Vec<Key<'m>> {
    let mut links: Vec<_> = model.links.iter().collect();
    links.sort_by_key(|(_, link)| badness(model, link));
    let mut platforms: Vec<_> = model.platforms.iter().collect();
    platforms.sort_by_key(|platform| platform::is_well(model, platform));
    let links = links.into_iter().map(|(source, link)| Key::Link(source, link));
    let problems = model.problems.iter().map(|((source, text), count)| Key::Problem(source, text, *count));
    let platforms = platforms.into_iter().flat_map(|platform| {
        let segments = model.rollout.segments.iter().map(move |segment| Key::Stored(platform, &segment.name));
        std::iter::once(Key::Platform(platform)).chain(segments)
    });
    let filter = Filter::new(view.filter(), &[]);
    let all = links.chain(problems).chain(platforms);
    all.filter(|key| filter.is_empty() || filter.passes(&[&key.text(model)], |_, _| true)).collect()
}

/// From 0, the worst.
fn badness(model: &Model, link: &Link) -> u8 {
    match &link.state {
        LinkState::Failed { .. } => 0,
        LinkState::Retrying { .. } => 1,
        LinkState::Live if link.heard_at.is_some() && link.is_stale(model.now) => 2,
        LinkState::Connecting => 3,
        LinkState::Live if link.heard_at.is_none() => 3,
        LinkState::Live => 4,
    }
}

fn title(scene: &Scene<'_>) -> String {
    let model = scene.model;
    let sick = model.links.values().filter(|link| badness(model, link) < 4).count();
    let links = match (model.links.len(), sick) {
        (all, 0) => format!("all {all} links live"),
        (all, sick) => format!("{sick} of {all} links not live"),
    };
    let filter = scene.view.filter().trim();
    let then = if scene.transport.is_some() { " then" } else { "" };
    if filter.is_empty() {
        return format!("sources: {links}{then}");
    }
    format!("sources: {} rows for \"{filter}\"; {links}{then}", keys(model, scene.view).len())
}

/// Lines of one column; of each, to which row it belongs.
struct Column {
    lines: Vec<(Option<usize>, Line<'static>)>,
    width: usize,
}

impl Column {
    const fn new(width: usize) -> Self {
        Self { lines: Vec::new(), width }
    }

    /// A line that belongs to no row.
    fn say(&mut self, line: Line<'static>) {
        self.lines.push((None, line));
    }

    /// Draws it with the cursor's row in sight.
    fn draw(self, scene: &Scene<'_>, cursor: Option<usize>, buf: &mut Buffer, area: Rect) {
        let is_held = |(owner, _): &(Option<usize>, Line<'_>)| owner.is_some() && *owner == cursor;
        let from = self.lines.iter().position(is_held).unwrap_or(0);
        let count = self.lines.iter().filter(|line| is_held(line)).count();
        let mut first = first_line(self.lines.len(), &(from..from + count), usize::from(area.height));
        // Above the first row stands only its title.
        if self.lines.iter().take(from).all(|(owner, _)| owner.is_none()) {
            first = 0;
        }
        let lines = self.lines.into_iter().enumerate().skip(first).map(|(index, (_, line))| {
            let is_marked = count > 0 && index == from;
            let mut line = line;
            if let Some(first) = line.spans.first_mut().filter(|_| is_marked) {
                first.style = scene.style(Role::Selected);
            }
            line.spans.insert(0, mark(scene, is_marked));
            line
        });
        paint::put_text(buf, area, lines);
    }
}

fn draw(scene: &Scene<'_>, buf: &mut Buffer, area: Rect) {
    let keys = keys(scene.model, scene.view);
    let cursor = scene.view.cursor(&keys.iter().map(Key::id).collect::<Vec<_>>());
    if area.width < WIDE {
        let mut column = Column::new(usize::from(area.width));
        link::add(scene, &keys, &mut column);
        platform::add(scene, &keys, &mut column);
        column.draw(scene, cursor, buf, area);
        return;
    }
    let left = Rect { width: area.width / 2, ..area };
    let right = Rect { x: area.x + left.width + 1, width: area.width - left.width - 1, ..area };
    let (mut links, mut platforms) =
        (Column::new(usize::from(left.width)), Column::new(usize::from(right.width)));
    link::add(scene, &keys, &mut links);
    platform::add(scene, &keys, &mut platforms);
    links.draw(scene, cursor, buf, left);
    platforms.draw(scene, cursor, buf, right);
}

/// A sentence of a row that stands in by `indent`, its further lines by more.
fn add(
    scene: &Scene<'_>,
    row: Option<usize>,
    (text, role): (&str, Role),
    indent: usize,
    column: &mut Column,
) {
    // The mark of the cursor stands before all of it.
    let width = column.width.saturating_sub(1);
    let room = width.saturating_sub(indent + INDENT).max(1);
    // Columns of the first line are kept: only a text that is too long is broken between words.
    if text.chars().count() + indent <= width {
        column.lines.push((row, scene.line(format!("{:indent$}{text}", ""), role)));
        return;
    }
    for (at, line) in paint::wrap(text, room).into_iter().enumerate() {
        let indent = if at == 0 { indent } else { indent + INDENT };
        column.lines.push((row, scene.line(format!("{:indent$}{line}", ""), role)));
    }
}

fn copy(rollouts: &Rollouts<'_>, view: &View, what: Copied) -> Option<String> {
    let model = rollouts.open;
    let keys = keys(model, view);
    let key = keys.get(view.cursor(&keys.iter().map(Key::id).collect::<Vec<_>>())?)?;
    Some(match (what, key) {
        (Copied::Line, key) => key.text(model),
        (Copied::Link, key) => return view.link_to(model, key.at(model)),
        (Copied::Name, Key::Link(source, _) | Key::Problem(source, ..)) => source.to_string(),
        (Copied::Name, Key::Platform(platform)) => platform.name.to_string(),
        (Copied::Name, Key::Stored(_, segment)) => segment.to_string(),
    })
}
