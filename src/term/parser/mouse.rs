//! Mouse reports of the kind that is asked for: `CSI < button ; column ; row M`, with `m` for a button that came up.
//!
//! In: what stands between `CSI` and the last byte. Out: an [`Input::Mouse`], or nothing: a movement without a button,
//! a sideways wheel, and whatever comes with shift, alt or control, which terminals keep for selecting and for the
//! size of their letters.
//!
//! Source: xterm's ctlseqs, "Extended coordinates", mode 1006. Cells count from 1 there and from 0 here.

use crate::keys::{Button, Input, Mouse};

/// Set while the mouse moves.
const MOVES: u32 = 32;
/// Set for the wheel.
const WHEEL: u32 = 64;

/// Reads a report; `None` if it means nothing to us.
pub(super) fn read(parameters: &[u8], last: u8) -> Option<Input> {
    let text = std::str::from_utf8(parameters.strip_prefix(b"<")?).ok()?;
    let mut numbers = text.split(';').map(str::parse::<u32>);
    let (Ok(code), Ok(column), Ok(row), None) =
        (numbers.next()?, numbers.next()?, numbers.next()?, numbers.next())
    else {
        return None;
    };
    let cell = |number: u32| u16::try_from(number.checked_sub(1)?).ok();
    let kind = kind(code, last == b'm')?;
    Some(Input::Mouse { kind, column: cell(column)?, row: cell(row)? })
}

fn kind(code: u32, is_up: bool) -> Option<Mouse> {
    match (code, is_up) {
        (64, false) => return Some(Mouse::ScrollUp),
        (65, false) => return Some(Mouse::ScrollDown),
        (WHEEL.., _) => return None,
        _ => {}
    }
    let button = match code & !MOVES {
        0 => Button::Left,
        1 => Button::Middle,
        2 => Button::Right,
        _ => return None,
    };
    Some(match (code & MOVES != 0, is_up) {
        (_, true) => Mouse::Release(button),
        (true, false) => Mouse::Drag(button),
        (false, false) => Mouse::Press(button),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mouse(text: &str) -> Option<(Mouse, u16, u16)> {
        let (last, parameters) = text.as_bytes().split_last()?;
        match read(parameters, *last)? {
            Input::Mouse { kind, column, row } => Some((kind, column, row)),
            _ => None,
        }
    }

    #[test]
    fn presses_releases_drags_and_the_wheel_have_their_cell() {
        for (text, kind, column, row) in [
            ("<0;1;1M", Mouse::Press(Button::Left), 0, 0),
            ("<2;80;24M", Mouse::Press(Button::Right), 79, 23),
            ("<1;5;6m", Mouse::Release(Button::Middle), 4, 5),
            ("<32;300;200M", Mouse::Drag(Button::Left), 299, 199),
            ("<64;10;10M", Mouse::ScrollUp, 9, 9),
            ("<65;10;10M", Mouse::ScrollDown, 9, 9),
        ] {
            assert_eq!(mouse(text), Some((kind, column, row)), "{text}");
        }
    }

    #[test]
    fn what_belongs_to_the_terminal_or_makes_no_sense_is_nothing() {
        for text in [
            "<4;1;1M",     // with shift
            "<16;1;1M",    // with control
            "<80;1;1M",    // the wheel with control
            "<35;1;1M",    // moved without a button
            "<66;1;1M",    // a sideways wheel
            "<0;0;1M",     // there is no column 0
            "<0;70000;1M", // nor so many
            "<0;1M",
            "<0;1;1;1M",
            "<;;M",
            "0;1;1M",
        ] {
            assert_eq!(mouse(text), None, "{text}");
        }
    }
}
