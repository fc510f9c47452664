//! How long the lines and events of a stream are, before anybody keeps them.
//!
//! In: the bytes, in pieces of any size. Out: an error once a line or an event is above its limit. Comments count as
//! lines, not for the event that they stand in: a quiet server may send nothing else for days.

/// What was too large.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Excess {
    /// A line.
    Line,
    /// An event.
    Event,
}

/// Where in the stream we are.
#[derive(Debug)]
pub struct Meter {
    max_line: usize,
    max_event: usize,
    line: usize,
    event: usize,
    is_comment: bool,
    /// The last byte was a carriage return: a line feed after it belongs to it.
    after_return: bool,
}

impl Meter {
    /// At the beginning of a stream.
    pub const fn new(max_line: usize, max_event: usize) -> Self {
        Self { max_line, max_event, line: 0, event: 0, is_comment: false, after_return: false }
    }

    /// Measures the next piece.
    pub fn take(&mut self, piece: &[u8]) -> Result<(), Excess> {
        for &byte in piece {
            let follows_return = std::mem::replace(&mut self.after_return, byte == b'\r');
            match byte {
                b'\n' if follows_return => {}
                b'\n' | b'\r' => {
                    if self.line == 0 {
                        self.event = 0;
                    }
                    self.line = 0;
                }
                _ => {
                    if self.line == 0 {
                        self.is_comment = byte == b':';
                    }
                    self.line += 1;
                    self.event += usize::from(!self.is_comment);
                    if self.line > self.max_line {
                        return Err(Excess::Line);
                    }
                    if self.event > self.max_event {
                        return Err(Excess::Event);
                    }
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The pieces of a text, cut every `step` bytes.
    fn measure(text: &str, step: usize) -> Result<(), Excess> {
        let mut meter = Meter::new(10, 20);
        text.as_bytes().chunks(step).try_for_each(|piece| meter.take(piece))
    }

    #[test]
    fn a_line_and_an_event_are_measured_whatever_ends_a_line() {
        for end in ["\n", "\r", "\r\n"] {
            let lines = |lines: &[&str]| lines.join(end);
            for step in 1..30 {
                let told = |text: String| (step, measure(&text, step));
                assert_eq!(told(lines(&["0123456789", "0123456789", "", "0123456789"])), (step, Ok(())));
                assert_eq!(told(lines(&["0123456789x"])), (step, Err(Excess::Line)));
                let long = lines(&["0123456789", "0123456789", "x"]);
                assert_eq!(told(long), (step, Err(Excess::Event)));
                let comments = lines(&[":12345678"; 9]);
                assert_eq!(told(comments), (step, Ok(())), "comments fill no event");
            }
        }
    }

    proptest! {
        #[test]
        fn how_the_bytes_are_cut_makes_no_difference(text in "[a:\r\n]{0,60}", step in 1_usize..9) {
            prop_assert_eq!(measure(&text, step), measure(&text, 1));
        }
    }
}
