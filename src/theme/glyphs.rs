//! The signs that stand beside the colours.
//!
//! In: whether the terminal can only show ASCII, and how its charts are drawn. Out: one of two complete sets,
//! [`Glyphs::UNICODE`] and [`Glyphs::ASCII`], with the [`Graphs`] exchanged if a person wants others. Every sign is exactly one cell wide, so that columns stay straight and a set can be
//! exchanged for the other; there are no emoji, which terminals measure differently. Within a group
//! (verdicts, links, effects) no two signs are the same.

use ratatui::symbols::{Marker, border};

use super::Graphs;

/// One set of signs; each is one cell wide.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Glyphs {
    /// Verdict GO.
    pub go: &'static str,
    /// Verdict WAIT.
    pub wait: &'static str,
    /// Verdict HOLD.
    pub hold: &'static str,
    /// Verdict NO-GO.
    pub no_go: &'static str,
    /// A link that delivers.
    pub live: &'static str,
    /// A link being made, or catching up.
    pub connecting: &'static str,
    /// A link that has fallen silent.
    pub stale: &'static str,
    /// A link that is gone.
    pub lost: &'static str,
    /// An effect that was sent and is not confirmed yet.
    pub sent: &'static str,
    /// An effect that was read back.
    pub confirmed: &'static str,
    /// An effect whose outcome is not known.
    pub unknown: &'static str,
    /// Points at the selected row.
    pub selected: &'static str,
    /// A value that rises.
    pub up: &'static str,
    /// A value that falls.
    pub down: &'static str,
    /// A value that stays.
    pub level: &'static str,
    /// From one value to the next, as in 10 → 25 %.
    pub to: &'static str,
    /// A list item.
    pub bullet: &'static str,
    /// Something was cut off here.
    pub ellipsis: &'static str,
    /// A star given in a rating.
    pub star: &'static str,
    /// A star not given.
    pub star_empty: &'static str,
    /// The filled part of a bar.
    pub bar: &'static str,
    /// The empty part of a bar.
    pub bar_empty: &'static str,
    /// A gap in a series: no data, which is not zero.
    pub gap: &'static str,
    /// Heights of a sparkline, lowest first.
    pub spark: [&'static str; 8],
    /// A vertical line in a chart or between columns.
    pub vertical: &'static str,
    /// A horizontal line.
    pub horizontal: &'static str,
    /// A recording that plays.
    pub play: &'static str,
    /// A recording that stands.
    pub pause: &'static str,
    /// Where a recording stands, on its strip.
    pub playhead: &'static str,
    /// A bookmark in a recording.
    pub bookmark: &'static str,
    /// The frame of a pane.
    pub border: border::Set<'static>,
    /// The frame of the pane that has the keys; differs in shape, not only in colour.
    pub border_focused: border::Set<'static>,
    /// How charts are drawn; exchanged with [`Glyphs::with_graphs`].
    pub graphs: Graphs,
    /// Points of a line chart.
    pub marker: Marker,
    /// Points of a second line in the same chart, told apart without colour.
    pub marker_second: Marker,
    /// Where a point of the first line may be: its interval.
    pub band: &'static str,
    /// Where a point of the second line may be.
    pub band_second: &'static str,
    /// Where both may be; the lightest, as nothing is wrong there.
    pub band_both: &'static str,
}

/// One frame drawn from a corner, a horizontal and a vertical sign.
const fn ascii_border(corner: &'static str, side: &'static str, top: &'static str) -> border::Set<'static> {
    border::Set {
        top_left: corner,
        top_right: corner,
        bottom_left: corner,
        bottom_right: corner,
        vertical_left: side,
        vertical_right: side,
        horizontal_top: top,
        horizontal_bottom: top,
    }
}

impl Glyphs {
    /// Signs for terminals that show Unicode.
    pub const UNICODE: Self = Self {
        go: "✔",
        wait: "…",
        hold: "‖",
        no_go: "✘",
        live: "●",
        connecting: "◌",
        stale: "◐",
        lost: "○",
        sent: "→",
        confirmed: "✓",
        unknown: "?",
        selected: "▸",
        up: "▲",
        down: "▼",
        level: "─",
        to: "→",
        bullet: "•",
        ellipsis: "…",
        star: "★",
        star_empty: "☆",
        bar: "█",
        bar_empty: "░",
        gap: "·",
        spark: ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"],
        vertical: "│",
        horizontal: "─",
        play: "▶",
        pause: "‖",
        playhead: "┃",
        bookmark: "◆",
        border: border::PLAIN,
        border_focused: border::THICK,
        graphs: Graphs::Block,
        marker: Marker::Quadrant,
        marker_second: Marker::Dot,
        band: "▒",
        band_second: "·",
        band_both: "░",
    };

    /// Signs for terminals that show ASCII only.
    pub const ASCII: Self = Self {
        go: "+",
        wait: ".",
        hold: "=",
        no_go: "X",
        live: "*",
        connecting: "o",
        stale: "~",
        lost: "x",
        sent: ">",
        confirmed: "+",
        unknown: "?",
        selected: ">",
        up: "^",
        down: "v",
        level: "-",
        to: ">",
        bullet: "*",
        ellipsis: "~",
        star: "*",
        star_empty: ".",
        bar: "#",
        bar_empty: ".",
        gap: " ",
        spark: ["_", ".", ",", "-", "=", "+", "*", "#"],
        vertical: "|",
        horizontal: "-",
        play: ">",
        pause: "=",
        playhead: "|",
        bookmark: "&",
        border: ascii_border("+", "|", "-"),
        border_focused: ascii_border("#", "#", "="),
        graphs: Graphs::Ascii,
        marker: Marker::Custom('*'),
        marker_second: Marker::Custom('o'),
        band: ":",
        band_second: ".",
        band_both: ",",
    };

    /// Whether this is the set for terminals that show ASCII only.
    #[must_use]
    pub fn is_ascii(&self) -> bool {
        self.go == Self::ASCII.go
    }

    /// The same signs with other charts, bars and sparklines. What shows ASCII only has ASCII charts, whatever is wanted.
    #[must_use]
    pub fn with_graphs(self, graphs: Graphs) -> Self {
        let graphs = if self.is_ascii() { Graphs::Ascii } else { graphs };
        let from = if graphs == Graphs::Ascii { Self::ASCII } else { Self::UNICODE };
        let marker = if graphs == Graphs::Braille { Marker::Braille } else { from.marker };
        Self {
            graphs,
            marker,
            marker_second: from.marker_second,
            bar: from.bar,
            bar_empty: from.bar_empty,
            spark: from.spark,
            band: from.band,
            band_second: from.band_second,
            band_both: from.band_both,
            ..self
        }
    }

    /// Returns a thin bar of so many columns, the first `filled` of them thick: bars below each other stay apart.
    pub fn meter(&self, filled: usize, columns: usize) -> String {
        let filled = filled.min(columns);
        let (thick, thin) = (self.border_focused.horizontal_top, self.border.horizontal_top);
        format!("{}{}", thick.repeat(filled), thin.repeat(columns - filled))
    }

    /// Returns the height of a sparkline for a share from 0 to 1; out of range is clamped, NaN is a gap.
    pub fn spark_level(&self, share: f64) -> &'static str {
        if share.is_nan() {
            return self.gap;
        }
        let top = self.spark.len() - 1;
        let [lowest, ..] = self.spark;
        // Clamped to 0..=1 before the cast, so the level is within the set.
        let level = (share.clamp(0.0, 1.0) * top as f64).round() as usize;
        self.spark.get(level).copied().unwrap_or(lowest)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use unicode_width::UnicodeWidthStr;

    use super::*;

    fn border(set: border::Set<'static>) -> [&'static str; 8] {
        [
            set.top_left,
            set.top_right,
            set.bottom_left,
            set.bottom_right,
            set.vertical_left,
            set.vertical_right,
            set.horizontal_top,
            set.horizontal_bottom,
        ]
    }

    /// All signs of a set. Taken apart without `..`, so that a new sign cannot be forgotten here.
    fn all(glyphs: Glyphs) -> Vec<&'static str> {
        let Glyphs {
            go,
            wait,
            hold,
            no_go,
            live,
            connecting,
            stale,
            lost,
            sent,
            confirmed,
            unknown,
            selected,
            up,
            down,
            level,
            to,
            bullet,
            ellipsis,
            star,
            star_empty,
            bar,
            bar_empty,
            gap,
            spark,
            vertical,
            horizontal,
            play,
            pause,
            playhead,
            bookmark,
            border: plain,
            border_focused,
            graphs: _,
            marker: _,
            marker_second: _,
            band,
            band_second,
            band_both,
        } = glyphs;
        let mut all = vec![
            go,
            wait,
            hold,
            no_go,
            live,
            connecting,
            stale,
            lost,
            sent,
            confirmed,
            unknown,
            selected,
            up,
            down,
            level,
            to,
            bullet,
            ellipsis,
            star,
            star_empty,
            bar,
            bar_empty,
            gap,
            vertical,
            horizontal,
            play,
            pause,
            playhead,
            bookmark,
            band,
            band_second,
            band_both,
        ];
        all.extend(spark);
        all.extend(border(plain));
        all.extend(border(border_focused));
        all
    }

    #[test]
    fn every_glyph_is_one_cell_wide() {
        for set in [Glyphs::UNICODE, Glyphs::ASCII] {
            for glyph in all(set) {
                assert_eq!(glyph.width(), 1, "{glyph:?}");
                assert_eq!(glyph.chars().count(), 1, "{glyph:?}");
            }
        }
    }

    #[test]
    fn the_ascii_set_is_ascii() {
        for glyph in all(Glyphs::ASCII) {
            assert!(glyph.is_ascii(), "{glyph:?}");
        }
        for marker in [Glyphs::ASCII.marker, Glyphs::ASCII.marker_second] {
            assert!(matches!(marker, Marker::Custom(c) if c.is_ascii_graphic()));
        }
    }

    #[test]
    fn signs_of_one_group_differ() {
        for g in [Glyphs::UNICODE, Glyphs::ASCII] {
            for group in [
                vec![g.go, g.wait, g.hold, g.no_go],
                vec![g.live, g.connecting, g.stale, g.lost],
                vec![g.sent, g.confirmed, g.unknown],
                vec![g.up, g.down, g.level],
                vec![g.star, g.star_empty],
                vec![g.bar, g.bar_empty],
                vec![g.play, g.pause],
                vec![g.band, g.band_second, g.band_both, g.vertical, g.horizontal],
                vec![g.playhead, g.bookmark, g.go, g.wait, g.hold, g.no_go],
                g.spark.to_vec(),
            ] {
                assert_eq!(group.iter().collect::<HashSet<_>>().len(), group.len(), "{group:?}");
            }
            assert_ne!(g.border, g.border_focused);
            assert_ne!(g.marker, g.marker_second);
        }
    }

    #[test]
    fn in_every_kind_of_graph_the_two_arms_have_different_points() {
        for set in [Glyphs::UNICODE, Glyphs::ASCII] {
            for graphs in Graphs::ALL {
                let drawn = set.with_graphs(graphs);
                assert_ne!(drawn.marker, drawn.marker_second, "{graphs}");
                assert_ne!(drawn.bar, drawn.bar_empty, "{graphs}");
                assert_eq!(drawn.spark.iter().collect::<HashSet<_>>().len(), drawn.spark.len(), "{graphs}");
                assert_eq!(drawn.with_graphs(set.graphs), set, "{graphs}");
                assert_eq!((drawn.go, drawn.border), (set.go, set.border));
            }
        }
        assert_eq!(Glyphs::UNICODE.with_graphs(Graphs::Braille).marker, Marker::Braille);
    }

    #[test]
    fn what_shows_ascii_only_has_ascii_graphs_whatever_is_wanted() {
        for graphs in Graphs::ALL {
            assert_eq!(Glyphs::ASCII.with_graphs(graphs), Glyphs::ASCII);
        }
    }

    #[test]
    fn a_sparkline_clamps_and_draws_a_missing_value_as_a_gap() {
        let g = Glyphs::UNICODE;
        assert_eq!(g.spark_level(f64::NAN), g.gap);
        assert_eq!(g.spark_level(-1.0), "▁");
        assert_eq!(g.spark_level(0.5), "▅");
        assert_eq!(g.spark_level(f64::INFINITY), "█");
    }
}
