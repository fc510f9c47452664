//! The help: every action with its keys here and what it does, in groups; what the signs mean; where keys are changed. In a
//! replay it starts with how to move.
//!
//! In: the list of actions, and the person's keys. Out: a panel in pages; the arrow keys go by line, the page keys by page.
//! It shows the keys that hold, also those of a person's own file, never the built-in ones by rote.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::{Scene, View, paint};
use crate::action::{Danger, PREFIXES, Spec, Where, groups};
use crate::keys::Chord;
use crate::theme::{Glyphs, Role};

/// Columns of the panel: a sentence beside name and keys.
const COLUMNS: u16 = 92;
/// Columns and rows of its frame.
const FRAME: (u16, u16) = (4, 2);
/// From this width on the sentence stands beside the name; below, under it.
const BESIDE: usize = 56;
/// Columns by which a sentence under a name stands in.
const INDENT: usize = 4;

/// A line of the help, in pieces with their looks.
type Pieces = Vec<(String, Role)>;

/// How many lines there are to scroll through.
pub fn rows(view: &View) -> usize {
    // Every sign is one cell wide, so that the lines break alike in all themes.
    lines(view, &Glyphs::ASCII, inner_width(view.size().0)).len()
}

/// Columns for the text in a terminal of that width.
fn inner_width(columns: u16) -> usize {
    usize::from(COLUMNS.min(columns.saturating_sub(FRAME.0)).max(1))
}

/// Draws the help.
pub fn draw(scene: &Scene<'_>, buf: &mut Buffer, area: Rect) {
    let lines = lines(scene.view, scene.glyphs(), inner_width(area.width));
    let all = lines.len();
    let height = usize::from(area.height.saturating_sub(FRAME.1)).max(1);
    // The last page is a full one.
    let top = scene.view.help_top().min(all.saturating_sub(height));
    let title = if all > height {
        let (page, pages) = (top.div_ceil(height) + 1, all.div_ceil(height));
        format!("keys, page {page} of {pages} (pagedown, pageup, esc)")
    } else {
        "keys (esc closes)".to_owned()
    };
    let inner = paint::panel(scene, buf, area, &title, COLUMNS, u16::try_from(all).unwrap_or(u16::MAX));
    paint::put_all(
        buf,
        inner,
        lines
            .into_iter()
            .skip(top)
            .map(|pieces| Line::from_iter(pieces.into_iter().map(|(text, role)| scene.span(text, role)))),
    );
}

fn lines(view: &View, glyphs: &Glyphs, width: usize) -> Vec<Pieces> {
    let mut lines = Vec::new();
    if let Some(refused) = view.keys_refused() {
        add_words(refused, Role::Danger, width, &mut lines);
        lines.push(Vec::new());
    }
    let mut groups: Vec<_> =
        groups().filter(|(_, specs)| view.is_replay() || place(specs) != Where::Replay).collect();
    if view.is_replay() {
        groups.sort_by_key(|(_, specs)| match place(specs) {
            Where::Replay => 0,
            Where::Everywhere => 1,
            Where::Live => 2,
        });
    }
    let keys = |spec: &Spec| {
        let keys: Vec<_> = view.keymap().sequences(&spec.verb).map(|keys| keys.to_string()).collect();
        keys.join(" ")
    };
    let specs = || groups.iter().flat_map(|(_, specs)| *specs);
    let columns = (
        specs().map(|spec| keys(spec).chars().count()).max().unwrap_or(0),
        specs().map(|spec| spec.name.len()).max().unwrap_or(0),
    );
    for (title, specs) in &groups {
        if !lines.is_empty() {
            lines.push(Vec::new());
        }
        add_words(title, Role::Title, width, &mut lines);
        for spec in *specs {
            add_action(view, spec, &keys(spec), columns, width, &mut lines);
        }
    }
    for text in about(view, glyphs) {
        if text.is_empty() {
            lines.push(Vec::new());
        } else {
            add_words(&text, Role::Dim, width, &mut lines);
        }
    }
    lines
}

/// Where the keys of a group are active: the same for all of it.
fn place(specs: &[Spec]) -> Where {
    specs.first().map_or(Where::Everywhere, |spec| spec.place)
}

fn add_words(text: &str, role: Role, width: usize, lines: &mut Vec<Pieces>) {
    lines.extend(paint::wrap(text, width).into_iter().map(|line| vec![(line, role)]));
}

fn add_action(
    view: &View,
    spec: &Spec,
    keys: &str,
    (key_columns, name_columns): (usize, usize),
    width: usize,
    lines: &mut Vec<Pieces>,
) {
    let role = match spec.danger {
        _ if view.is_replay() && spec.place == Where::Live => Role::Disabled,
        Danger::Stops => Role::Danger,
        Danger::Grows => Role::Hold,
        Danger::View | Danger::Harmless => Role::Text,
    };
    let before = key_columns + name_columns + 4;
    let is_beside = width >= BESIDE && width > before;
    let (key_columns, name_columns) = if is_beside { (key_columns, name_columns) } else { (0, 0) };
    let mut head = vec![
        (format!("{}  ", paint::pad(keys, key_columns)), Role::Key),
        (format!("{}  ", paint::pad(spec.name, name_columns)), role),
    ];
    let indent = if is_beside { before } else { INDENT };
    let mut sentence = paint::wrap(spec.help, width.saturating_sub(indent).max(1)).into_iter();
    if is_beside {
        head.extend(sentence.next().map(|text| (text, Role::Text)));
    }
    lines.push(head);
    lines.extend(sentence.map(|text| vec![(" ".repeat(indent), Role::Text), (text, Role::Dim)]));
}

/// What is not an action: how prefixes work, what words and signs mean, where keys are changed.
fn about(view: &View, g: &Glyphs) -> Vec<String> {
    let prefixes: Vec<_> = PREFIXES
        .iter()
        .filter_map(|(key, _)| {
            let title = view.keymap().title(key.parse::<Chord>().ok()?)?;
            Some(format!("{key} ({title})"))
        })
        .collect();
    let prefixes = if prefixes.is_empty() {
        String::new()
    } else {
        format!("{} wait for a second key and show which there are; esc leaves them.", prefixes.join(" and "))
    };
    vec![
        String::new(),
        prefixes,
        "A key in (brackets) can do nothing now; press it and it says why. A paste, a held key and the mouse never kill \
         and never widen."
            .to_owned(),
        String::new(),
        "desired: asked for; confirmed: what backends have stored; served: what an edge answers when probed; observed: \
         users seen with it. != stands where one is not what it should be"
            .to_owned(),
        format!(
            "platforms: {} asked for, not sent  {} sent, or stored and not seen served yet",
            g.connecting, g.sent
        ),
        format!(
            "{} stored, not probed  {} seen served  {} no answer: not known, tried again",
            g.confirmed, g.go, g.unknown
        ),
        format!("{} refused  ! no longer so, or an edge serves something else than is stored", g.no_go),
        "+41ms is counted from the request".to_owned(),
        String::new(),
        "Keys are changed in $XDG_CONFIG_HOME/gonogo/keys.toml; `gonogo keys` prints those that hold.".to_owned(),
    ]
}
