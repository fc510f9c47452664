//! Laws of drawing, over random worlds: no panic at any size, in any state, with any text, on any screen; and every cell
//! holds a sign that is as wide as its place.
//!
//! In: random events with hostile texts and names, random keys, random sizes, every set of signs. What is random is made by
//! proptest, so that what it finds is found again.

use std::sync::Arc;

use proptest::prelude::*;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr;

use super::pictures::{theme, view};
use super::world::{self, World};
use crate::action::{ACTIONS, Request, Scope};
use crate::domain::{
    Arm, ByArm, Counts, Feedback, FlagState, LinkState, MetricName, Percent, PlatformName, Rollout, Sample,
    SampleValue, SegmentName, Source, SourceKind, Span, Text, Version,
};
use crate::effect::{EffectId, Outcome};
use crate::engine::Model;
use crate::event::Body;
use crate::keys::Input;
use crate::theme::Theme;
use crate::ui::frame::draw_cells;
use crate::ui::screens::SCREENS;
use crate::ui::{Scene, Transport, View};

/// Texts that a terminal could be hurt with, or that are hard to measure.
const HOSTILE: [&str; 14] = [
    "日本語のとても長い名前がここにあります",
    "e\u{301}\u{301}\u{301}\u{301}te\u{301}",
    "\u{202e}txet desrever",
    "שלום עולם مرحبا بالعالم",
    "a\u{200d}b\u{200d}c",
    "👩\u{200d}👩\u{200d}👧\u{200d}👦 family 🇩🇪",
    "\u{1b}[31mred\u{1b}[0m\u{7}\u{8}\u{0}",
    "zero\u{200b}width\u{feff}\u{2060}",
    "ａｂｃ ＦＵＬＬ",
    "\u{301}\u{301}leading marks",
    "tab\tand\nbreak\r\n",
    "\u{ad}soft\u{ad}hyphen \u{fe0f}\u{20e3}",
    "क्षत्रिय ไทยน้ำ 한글 조합",
    "                    ",
];

fn hostile() -> impl Strategy<Value = String> {
    prop_oneof![
        proptest::sample::select(HOSTILE.to_vec()).prop_map(str::to_owned),
        proptest::sample::select(HOSTILE.to_vec()).prop_map(|text| text.repeat(20)),
        "\\PC{0,40}",
        any::<String>(),
    ]
}

/// A rollout whose names are what people may call them: long ones, and in other scripts where names allow them.
fn rollout(texts: &[String]) -> Rollout {
    let mut rollout = world::rollout();
    let long = "a-very-long-name-that-no-column-was-made-for-and-that-goes-on";
    let names =
        texts.iter().filter_map(|text| SegmentName::new(text).ok()).chain(SegmentName::new(long).ok());
    for (segment, name) in rollout.segments.iter_mut().zip(names) {
        segment.name = name;
    }
    rollout.owner = texts.first().map(|text| Text::new(text));
    rollout.segments.dedup_by(|a, b| a.name == b.name);
    rollout
}

fn body(rollout: &Rollout) -> impl Strategy<Value = Body> + use<> {
    let segments: Vec<_> = rollout.segments.iter().map(|segment| segment.name.clone()).collect();
    let segment = proptest::sample::select(segments.clone());
    let platform =
        proptest::sample::select(vec!["web", "ios"]).prop_map(|name| PlatformName::new(name).unwrap());
    let number = prop_oneof![Just(f64::NAN), Just(f64::INFINITY), Just(-1.0), Just(0.0), 0.0..1e15, 0.0..1e4];
    let arm = proptest::option::of((number.clone(), number).prop_map(|(units, bad)| Counts { units, bad }));
    let metric =
        proptest::sample::select(vec!["errors", "latency"]).prop_map(|name| MetricName::new(name).unwrap());
    let sample =
        (metric, segment.clone(), arm.clone(), arm).prop_map(|(metric, segment, treatment, control)| {
            let value = SampleValue::Counts(ByArm { treatment, control });
            Body::Sample(Sample { metric, segment, value })
        });
    let state = (0..40u64, any::<bool>(), proptest::collection::vec(0..=1_000_000u32, 4), hostile());
    let state = state
        .prop_map(move |(version, on, shares, doubt)| FlagState {
            version: Version(version),
            on,
            shares: segments.iter().cloned().zip(shares.into_iter().map(Percent::from_ppm)).collect(),
            doubts: if version % 5 == 0 { vec![Text::new(&doubt)] } else { vec![] },
            ..FlagState::default()
        })
        .boxed();
    let kind = proptest::sample::select(vec![
        (SourceKind::Flags, "web"),
        (SourceKind::Flags, "ios"),
        (SourceKind::Metrics, "errors"),
        (SourceKind::Metrics, "latency"),
        (SourceKind::Feedback, "voices"),
        (SourceKind::Probes, "web"),
    ]);
    let source = kind.prop_map(|(kind, name)| Source::new(kind, name));
    let link = (source.clone(), 0..4, hostile()).prop_map(|(source, state, cause)| {
        let cause = Text::new(&cause);
        let state = match state {
            0 => LinkState::Connecting,
            1 => LinkState::Retrying { cause, wait: Span(std::time::Duration::from_secs(2)) },
            2 => LinkState::Failed { cause },
            _ => LinkState::Live,
        };
        Body::Link { source, state }
    });
    let arms = proptest::sample::select(vec![None, Some(Arm::Treatment), Some(Arm::Control)]);
    let said = (hostile(), hostile(), segment.clone(), arms, proptest::option::of(any::<u8>()));
    let said = said.prop_map(|(id, text, segment, arm, score)| {
        Body::Feedback(Feedback { id: Text::new(&id), segment, arm, score, text: Text::new(&text) })
    });
    let ask =
        (0..ACTIONS.len(), proptest::option::of(segment), proptest::option::of(0..=1_000_000u32), hostile());
    let ask = ask.prop_map(|(verb, segment, to, reason)| {
        let scope = Scope { segment, platform: None };
        Body::Asked(Request {
            to: to.map(Percent::from_ppm),
            reason: Some(Text::new(&reason)),
            ..Request::new(world::person(), ACTIONS[verb].verb, scope)
        })
    });
    let problem = (source.clone(), hostile())
        .prop_map(|(source, text)| Body::Problem { source, problem: Text::new(&text) });
    let outcome = (0..12u64, state.clone(), 0..4, hostile()).prop_map(|(id, state, kind, cause)| {
        let cause = Text::new(&cause);
        let outcome = match kind {
            0 => Outcome::Sent,
            1 => Outcome::Refused { cause, state: None },
            2 => Outcome::Unknown { cause, attempts: 7 },
            _ => Outcome::Confirmed { state, overwrote: Some(cause) },
        };
        Body::Effect { id: EffectId(id), outcome }
    });
    prop_oneof![
        2 => Just(Body::Tick),
        4 => (platform, state).prop_map(|(platform, state)| Body::Flag { platform, state }),
        3 => link,
        3 => source.prop_map(Body::Heard),
        8 => sample,
        3 => said,
        3 => ask,
        1 => problem,
        3 => outcome,
    ]
}

/// A world after anything.
fn anything() -> impl Strategy<Value = Model> {
    proptest::collection::vec(hostile(), 0..6).prop_flat_map(|texts| {
        let rollout = rollout(&texts);
        let events = proptest::collection::vec((0..30_000i64, body(&rollout)), 0..40);
        (Just(rollout), events).prop_map(|(rollout, events)| {
            let mut world = World::of(rollout);
            for (after, body) in events {
                world.wait(after);
                world.tell(body);
            }
            world.model
        })
    })
}

/// The keys of an action, one after the other.
fn pressed(chords: &str, repeat: bool) -> Vec<Input> {
    chords.split_whitespace().map(|chord| Input::Key { chord: chord.parse().unwrap(), repeat }).collect()
}

/// Keys that open, move, type and close.
fn keys() -> impl Strategy<Value = Vec<Input>> {
    let all: Vec<&'static str> = ACTIONS.iter().flat_map(|spec| spec.chords).copied().collect();
    // A key and its prefix are pressed one after the other.
    let key =
        (proptest::sample::select(all), any::<bool>()).prop_map(|(chords, repeat)| pressed(chords, repeat));
    let resize =
        (any::<u16>(), any::<u16>()).prop_map(|(columns, rows)| vec![Input::Resize { columns, rows }]);
    let paste = hostile().prop_map(|text| vec![Input::Paste(text)]);
    let inputs = prop_oneof![12 => key, 1 => paste, 1 => resize];
    proptest::collection::vec(inputs, 0..12).prop_map(|inputs| inputs.concat())
}

/// Sizes of terminals: usual ones, tiny ones, and absurd ones of few cells.
fn size() -> impl Strategy<Value = (u16, u16)> {
    prop_oneof![
        6 => (0..=250u16, 0..=80u16),
        2 => (0..=20u16, 0..=12u16),
        1 => (0..=3u16, 200..=2_000u16),
        1 => (200..=5_000u16, 0..=3u16),
        2 => proptest::sample::select(vec![(80, 24), (120, 40), (200, 60), (60, 12), (59, 11)]),
    ]
}

/// Draws, and looks at every cell.
fn check(
    rollouts: &[&Model],
    view: &View,
    theme: &Theme,
    transport: Option<&Transport<'_>>,
    (x, y): (u16, u16),
) {
    let area = Rect::new(0, 0, x, y);
    // The terminal is larger than what may be drawn into: what is outside stays as it is.
    let mut buf = Buffer::filled(
        Rect::new(0, 0, x.saturating_add(3), y.saturating_add(2)),
        ratatui::buffer::Cell::new("\u{1}"),
    );
    for position in area.positions() {
        buf[position].reset();
    }
    let Some(scene) = Scene::of(rollouts, view, theme, transport, area) else { return };
    let _ = draw_cells(&scene, &mut buf, area);
    let is_ascii = theme.glyphs.star == "*";
    for row in 0..buf.area.height {
        let mut taken = 0;
        for column in 0..buf.area.width {
            let symbol = buf[(column, row)].symbol();
            let place = format!("{column},{row} of {x}×{y}: {symbol:?} on screen {}", view.screen());
            if column >= x || row >= y {
                assert!(matches!(symbol, "\u{1}" | "?"), "outside: {place}");
                continue;
            }
            assert!(!symbol.chars().any(|c| c.is_control() || is_invisible(c)), "{place}");
            assert!(!is_ascii || symbol.is_ascii(), "{place}");
            if taken > 0 {
                assert_eq!(symbol, " ", "below a wide sign: {place}");
                taken -= 1;
                continue;
            }
            let wide = symbol.width();
            assert!(wide > 0, "no width: {place}");
            assert!(usize::from(column) + wide <= usize::from(x), "over the edge: {place}");
            taken = wide - 1;
        }
    }
}

/// What moves other letters or joins them, and shows nothing itself.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn anything_is_drawn_at_any_size_and_every_sign_is_as_wide_as_its_place(
        models in proptest::collection::vec(anything(), 1..3),
        looks in proptest::collection::vec((keys(), size(), 0..SCREENS.len()), 5),
        colours in proptest::sample::select(vec!["default", "mono", "ascii"]),
    ) {
        let theme = theme(colours);
        let rollouts: Vec<&Model> = models.iter().collect();
        for (keys, size, screen) in looks {
            let mut view = view();
            for key in pressed(SCREENS[screen].verb.spec().chords[0], false) {
                view.handle(&key, &rollouts);
            }
            check(&rollouts, &view, &theme, None, size);
            for input in &keys {
                view.handle(input, &rollouts);
                check(&rollouts, &view, &theme, None, size);
            }
        }
    }
}

#[test]
fn many_segments_with_long_names_are_drawn_on_every_screen() {
    let mut rollout = world::rollout();
    let first = rollout.segments[0].clone();
    rollout.segments = (0..40)
        .map(|index| {
            let name = format!("segment-{index}-{}", "x".repeat(index));
            crate::domain::Segment { name: SegmentName::new(&name).unwrap(), ..first.clone() }
        })
        .collect();
    let model = Model::new(Arc::new(rollout), crate::engine::Autopilot::Guard, false);
    for screen in SCREENS {
        let mut view = view();
        for key in pressed(screen.verb.spec().chords[0], false) {
            view.handle(&key, &[&model]);
        }
        for size in [(80, 24), (120, 40), (200, 60), (40, 10), (1, 1)] {
            for _ in 0..3 {
                check(&[&model], &view, &theme("ascii"), None, size);
                let down = Input::Key { chord: "down".parse().unwrap(), repeat: false };
                (0..20).for_each(|_| _ = view.handle(&down, &[&model]));
            }
        }
    }
}

#[test]
fn without_any_rollout_nothing_is_drawn() {
    check(&[], &view(), &theme("default"), None, (80, 24));
}
