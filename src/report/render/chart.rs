//! The pen: SVG as text, with a title and a description for who cannot see it, and axes.
//!
//! In: shapes in the coordinates of the picture. Out: one `<svg>` element. Every text is escaped here. Colours are
//! classes of the style sheet, so that they follow light, dark and paper; nothing is told by colour alone.

use std::fmt::Write;

use crate::domain::Timestamp;

/// The width of all charts; they shrink with the page.
pub const WIDTH: f64 = 960.0;

/// A picture that is being drawn.
#[derive(Debug)]
pub struct Svg {
    body: String,
}

/// Where a text is held.
#[derive(Debug, Clone, Copy)]
pub enum Anchor {
    Start,
    Middle,
    End,
}

impl Svg {
    /// An empty picture with what a screen reader says about it. `id` is unique in the page.
    pub fn new(height: f64, id: &str, title: &str, description: &str) -> Self {
        let mut body = String::new();
        // Writing into a string cannot fail; so below.
        let _ = write!(
            body,
            r#"<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-labelledby="{id}-t" aria-describedby="{id}-d"><title id="{id}-t">{}</title><desc id="{id}-d">{}</desc>"#,
            escape(title),
            escape(description)
        );
        Self { body }
    }

    /// The finished element.
    pub fn finish(mut self) -> String {
        self.body.push_str("</svg>");
        self.body
    }

    pub fn text(&mut self, (x, y): (f64, f64), class: &str, anchor: Anchor, text: &str) {
        let anchor = match anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        let text = escape(text);
        let _ = write!(
            self.body,
            r#"<text x="{x:.1}" y="{y:.1}" class="{class}" text-anchor="{anchor}">{text}</text>"#
        );
    }

    pub fn line(&mut self, (x1, y1): (f64, f64), (x2, y2): (f64, f64), class: &str) {
        let _ = write!(
            self.body,
            r#"<line x1="{x1:.1}" y1="{y1:.1}" x2="{x2:.1}" y2="{y2:.1}" class="{class}"/>"#
        );
    }

    /// A rectangle; `tip` is shown by browsers when one points at it, and empty where there is none.
    pub fn rect(&mut self, (x, y): (f64, f64), (w, h): (f64, f64), class: &str, tip: &str) {
        let (w, h) = (w.max(0.0), h.max(0.0));
        let _ = write!(
            self.body,
            r#"<rect x="{x:.1}" y="{y:.1}" width="{w:.1}" height="{h:.1}" class="{class}"><title>{}</title></rect>"#,
            escape(tip)
        );
    }

    /// A path through points; a closed one is an area.
    pub fn path(&mut self, points: &[(f64, f64)], class: &str, is_closed: bool) {
        if points.len() < 2 {
            return;
        }
        let _ = write!(self.body, r#"<path class="{class}" d=""#);
        for (index, (x, y)) in points.iter().enumerate() {
            let _ = write!(self.body, "{}{x:.1} {y:.1}", if index == 0 { "M" } else { "L" });
        }
        self.body.push_str(if is_closed { "Z\"/>" } else { "\"/>" });
    }

    pub fn circle(&mut self, (x, y): (f64, f64), radius: f64, class: &str, tip: &str) {
        let _ = write!(
            self.body,
            r#"<circle cx="{x:.1}" cy="{y:.1}" r="{radius:.1}" class="{class}"><title>{}</title></circle>"#,
            escape(tip)
        );
    }
}

/// From times to places.
#[derive(Debug, Clone, Copy)]
pub struct Axis {
    pub from: Timestamp,
    pub to: Timestamp,
    pub left: f64,
    pub right: f64,
}

/// Steps between the marks of a time axis, in seconds.
const STEPS_S: [i64; 16] =
    [1, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600, 7200, 21_600, 43_200, 86_400, 604_800];
/// Most marks of a time axis.
const MARKS: i64 = 9;

impl Axis {
    /// The place of a time; what lies outside is at the edge.
    pub fn x(&self, at: Timestamp) -> f64 {
        let whole = (self.to.0.saturating_sub(self.from.0)).max(1) as f64;
        let share = (at.0.saturating_sub(self.from.0) as f64 / whole).clamp(0.0, 1.0);
        self.left + share * (self.right - self.left)
    }

    /// Draws the marks and their times below `bottom`, with thin lines up to `top`.
    pub fn draw(&self, svg: &mut Svg, top: f64, bottom: f64) {
        let length_s = (self.to.0.saturating_sub(self.from.0) / 1000).max(1);
        let step = STEPS_S.into_iter().find(|step| length_s / step <= MARKS).unwrap_or(length_s);
        let mut at = self.from.0.div_euclid(step * 1000).saturating_mul(step * 1000);
        for _ in 0..=MARKS + 1 {
            if at > self.to.0 {
                break;
            }
            if at >= self.from.0 {
                let x = self.x(Timestamp(at));
                svg.line((x, top), (x, bottom), "grid");
                svg.text((x, bottom + 16.0), "tick", Anchor::Middle, &label(Timestamp(at), step));
            }
            at = at.saturating_add(step * 1000);
        }
    }
}

fn label(at: Timestamp, step: i64) -> String {
    let text = at.rfc3339();
    let part = if step < 60 {
        text.get(11..19)
    } else if step < 86_400 {
        text.get(11..16)
    } else {
        text.get(5..10)
    };
    part.unwrap_or(&text).to_owned()
}

/// Safe inside an element and inside an attribute.
pub fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            c if c.is_control() => {}
            c => safe.push(c),
        }
    }
    safe
}

/// The smallest of 1, 2 or 5 times a power of ten that is not below.
pub fn round_up(number: f64) -> f64 {
    if !(number.is_finite() && number > 0.0) {
        return 1.0;
    }
    let power = 10_f64.powf(number.log10().floor());
    [1.0, 2.0, 5.0, 10.0].into_iter().map(|times| times * power).find(|r| *r >= number).unwrap_or(number)
}
