//! Charts as bytes: nearly all of a state is slots, and nearly all of their numbers are small and whole.
//!
//! In: the slots of a series, or its latest distributions. Out: one byte string each, and back, bit for bit.
//!
//! ```text
//! slots    count, first time, seconds to the next …, then six columns: 0 if all of it is absent, or 1 and its numbers
//! recent   count, then of each: time since the one before, and of each arm 0, or 1 with count, total and numbers
//! whole    7 bits a byte, the lowest first; the eighth says that more follow
//! time     a whole number: 2n for n ≥ 0, else −2n−1
//! seconds  a whole number; 0 for what is no whole number of seconds: then 8 bytes of milliseconds
//! number   a whole number: 0 absent, n + 2 for n below 2^53, or 1 and the 8 bytes of the float
//! ```
//!
//! The bytes may come from anywhere. What is cut, too long or out of order is refused; nothing here panics, and nothing
//! takes more memory than its bytes account for.

use std::collections::VecDeque;
use std::fmt;

use serde::de::{Deserializer, Error, Visitor};
use serde::ser::Serializer;

use super::{ABSENT, KEPT, Kept, RECENT};
use crate::domain::{Arm, ByArm, Histogram, Timestamp};

/// From here on a float does not hold every whole number.
const MOST_WHOLE: f64 = 9_007_199_254_740_992.0;

/// Number columns of a slot: units, bad units and p95, of two arms.
const COLUMNS: usize = 6;

/// The slots of a chart, for serde.
pub(super) mod slots {
    use super::*;

    pub fn serialize<S: Serializer>(slots: &VecDeque<Kept>, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&pack_slots(slots))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<VecDeque<Kept>, D::Error> {
        let bytes = deserializer.deserialize_byte_buf(Bytes)?;
        unpack_slots(&bytes).ok_or_else(|| D::Error::custom("a chart is damaged"))
    }
}

/// The latest distributions, for serde.
pub(super) mod recent {
    use super::*;

    pub fn serialize<S: Serializer>(
        recent: &VecDeque<(Timestamp, ByArm<Histogram>)>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&pack_recent(recent))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<VecDeque<(Timestamp, ByArm<Histogram>)>, D::Error> {
        let bytes = deserializer.deserialize_byte_buf(Bytes)?;
        unpack_recent(&bytes).ok_or_else(|| D::Error::custom("the latest distributions are damaged"))
    }
}

struct Bytes;

impl Visitor<'_> for Bytes {
    type Value = Vec<u8>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a byte string")
    }

    fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Vec<u8>, E> {
        Ok(bytes.to_vec())
    }

    fn visit_byte_buf<E: Error>(self, bytes: Vec<u8>) -> Result<Vec<u8>, E> {
        Ok(bytes)
    }
}

fn pack_slots(slots: &VecDeque<Kept>) -> Vec<u8> {
    let mut to = Writer(Vec::with_capacity(slots.len() * 8 + 32));
    to.whole(slots.len() as u64);
    let mut before = None;
    for slot in slots {
        match before.replace(slot.at) {
            None => to.time(slot.at),
            Some(before) => to.later(before, slot.at),
        }
    }
    for column in 0..COLUMNS {
        let numbers = || slots.iter().map(|slot| slot.numbers.as_flattened().get(column).copied());
        let is_absent = numbers().all(|number| number.is_none_or(|n| n.to_bits() == ABSENT.to_bits()));
        to.0.push(u8::from(!is_absent));
        if !is_absent {
            numbers().for_each(|number| to.number(number.unwrap_or(ABSENT)));
        }
    }
    to.0
}

fn unpack_slots(bytes: &[u8]) -> Option<VecDeque<Kept>> {
    let mut from = Reader(bytes);
    let count = usize::try_from(from.whole()?).ok().filter(|count| *count <= KEPT)?;
    // As large as it will be anyway, or not there at all.
    let mut slots = VecDeque::with_capacity(if count > 0 { KEPT } else { 0 });
    let mut before = None;
    for _ in 0..count {
        let at = match before {
            None => from.time()?,
            Some(before) => from.later(before)?,
        };
        before = Some(at);
        slots.push_back(Kept { at, numbers: [[ABSENT; 3]; 2] });
    }
    for column in 0..COLUMNS {
        if from.is_there()? {
            for slot in &mut slots {
                *slot.numbers.as_flattened_mut().get_mut(column)? = from.number()?;
            }
        }
    }
    from.0.is_empty().then_some(slots)
}

fn pack_recent(recent: &VecDeque<(Timestamp, ByArm<Histogram>)>) -> Vec<u8> {
    let mut to = Writer(Vec::new());
    to.whole(recent.len() as u64);
    let mut before = 0_i64;
    for (at, histograms) in recent {
        to.time(Timestamp(at.0.wrapping_sub(before)));
        before = at.0;
        for arm in [Arm::Treatment, Arm::Control] {
            let histogram = histograms.get(arm);
            to.0.push(u8::from(histogram.is_some()));
            if let Some(histogram) = histogram {
                to.whole(histogram.at_most.len() as u64);
                to.number(histogram.total);
                histogram.at_most.iter().for_each(|number| to.number(*number));
            }
        }
    }
    to.0
}

fn unpack_recent(bytes: &[u8]) -> Option<VecDeque<(Timestamp, ByArm<Histogram>)>> {
    let mut from = Reader(bytes);
    let count = usize::try_from(from.whole()?).ok().filter(|count| *count <= RECENT)?;
    let mut recent = VecDeque::with_capacity(count);
    let mut before = 0_i64;
    for _ in 0..count {
        before = before.wrapping_add(from.time()?.0);
        let mut histograms = ByArm::default();
        for arm in [Arm::Treatment, Arm::Control] {
            if from.is_there()? {
                // Each number takes a byte at least, so no length is larger than what is left.
                let bounds = usize::try_from(from.whole()?).ok().filter(|bounds| *bounds < from.0.len())?;
                let total = from.number()?;
                let at_most = (0..bounds).map(|_| from.number()).collect::<Option<Vec<f64>>>()?;
                *histograms.get_mut(arm) = Some(Histogram { at_most, total });
            }
        }
        recent.push_back((Timestamp(before), histograms));
    }
    from.0.is_empty().then_some(recent)
}

struct Writer(Vec<u8>);

impl Writer {
    fn whole(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.0.push(number as u8 | 0x80);
            number >>= 7;
        }
        self.0.push(number as u8);
    }

    fn time(&mut self, at: Timestamp) {
        self.whole(((at.0 << 1) ^ (at.0 >> 63)) as u64);
    }

    /// `at` is after `before`.
    fn later(&mut self, before: Timestamp, at: Timestamp) {
        let ms = at.0.abs_diff(before.0);
        if ms.is_multiple_of(1000) {
            self.whole(ms / 1000);
        } else {
            self.0.push(0);
            self.0.extend_from_slice(&ms.to_le_bytes());
        }
    }

    fn number(&mut self, number: f64) {
        let whole = number as u64;
        if number.to_bits() == ABSENT.to_bits() {
            self.0.push(0);
        } else if number < MOST_WHOLE && number.to_bits() == (whole as f64).to_bits() {
            self.whole(whole + 2);
        } else {
            self.0.push(1);
            self.0.extend_from_slice(&number.to_le_bytes());
        }
    }
}

struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn is_there(&mut self) -> Option<bool> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        (*first < 2).then_some(*first == 1)
    }

    fn eight(&mut self) -> Option<[u8; 8]> {
        let (eight, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*eight)
    }

    fn whole(&mut self) -> Option<u64> {
        let mut number = 0_u64;
        for shift in (0..64).step_by(7) {
            let (byte, rest) = self.0.split_first()?;
            self.0 = rest;
            let part = u64::from(byte & 0x7f);
            // The tenth byte has room for one bit.
            number |= part.checked_shl(shift).filter(|shifted| shifted >> shift == part)?;
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }

    fn time(&mut self) -> Option<Timestamp> {
        let number = self.whole()?;
        Some(Timestamp((number >> 1) as i64 ^ -((number & 1) as i64)))
    }

    fn later(&mut self, before: Timestamp) -> Option<Timestamp> {
        let ms = match self.whole()? {
            0 => u64::from_le_bytes(self.eight()?),
            seconds => seconds.checked_mul(1000)?,
        };
        before.0.checked_add_unsigned(ms).filter(|at| *at > before.0).map(Timestamp)
    }

    fn number(&mut self) -> Option<f64> {
        match self.whole()? {
            0 => Some(ABSENT),
            1 => Some(f64::from_le_bytes(self.eight()?)),
            whole => Some((whole - 2) as f64).filter(|number| *number < MOST_WHOLE),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ODD: [f64; 14] = [
        0.0,
        -0.0,
        1.0,
        -1.0,
        0.1,
        126.0,
        16_384.0,
        MOST_WHOLE - 1.0,
        MOST_WHOLE,
        MOST_WHOLE * 4.0,
        1e300,
        f64::INFINITY,
        f64::NEG_INFINITY,
        f64::NAN,
    ];

    fn slots() -> VecDeque<Kept> {
        let times =
            [i64::MIN, i64::MIN + 1, -5_000, -4_000, 0, 1_000, 61_000, 61_001, i64::MAX - 1, i64::MAX];
        let number = |place: usize| ODD.get(place % ODD.len()).copied().unwrap_or(ABSENT);
        let slot = |(i, at): (usize, i64)| Kept {
            at: Timestamp(at),
            numbers: [[number(i), number(i + 4), number(i + 7)], [number(i + 9), ABSENT, number(i + 11)]],
        };
        times.into_iter().enumerate().map(slot).collect()
    }

    fn bits(slots: &VecDeque<Kept>) -> Vec<(i64, Vec<u64>)> {
        let of = |s: &Kept| (s.at.0, s.numbers.as_flattened().iter().map(|n| n.to_bits()).collect());
        slots.iter().map(of).collect()
    }

    #[test]
    fn every_number_and_every_time_comes_back_bit_for_bit() {
        let slots = slots();
        let back = unpack_slots(&pack_slots(&slots)).expect("what was written");
        assert_eq!(bits(&back), bits(&slots));
        assert_eq!(unpack_slots(&pack_slots(&VecDeque::new())), Some(VecDeque::new()));
        let histogram = Histogram { at_most: ODD.to_vec(), total: 0.1 };
        let arms = [
            ByArm { treatment: Some(histogram.clone()), control: None },
            ByArm { treatment: None, control: Some(Histogram::default()) },
            ByArm::default(),
        ];
        let times = [Timestamp(i64::MAX), Timestamp(i64::MIN), Timestamp(7)];
        let recent: VecDeque<_> = times.into_iter().zip(arms).collect();
        let back = unpack_recent(&pack_recent(&recent)).expect("what was written");
        assert_eq!(format!("{back:?}"), format!("{recent:?}"));
    }

    #[test]
    fn a_chart_that_is_cut_too_long_or_goes_back_in_time_is_refused() {
        let bytes = pack_slots(&slots());
        for end in 0..bytes.len() {
            assert_eq!(unpack_slots(&bytes[..end]), None, "{end} bytes of {}", bytes.len());
        }
        assert_eq!(unpack_slots(&[&bytes[..], &[0]].concat()), None);
        let mut many = Writer(Vec::new());
        many.whole(KEPT as u64 + 1);
        many.time(Timestamp(0));
        many.0.extend(std::iter::repeat_n(1, KEPT));
        many.0.extend([0; COLUMNS]);
        assert_eq!(unpack_slots(&many.0), None);
        let still = [2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        assert_eq!(unpack_slots(&still), None, "the second slot is at the time of the first");
        let past_the_end = [vec![2, 0xfe], vec![0xff; 8], vec![1, 1], vec![0; COLUMNS]].concat();
        assert_eq!(unpack_slots(&past_the_end), None);
    }

    #[test]
    fn a_quiet_hour_of_counts_takes_a_byte_a_number() {
        let slot = |second: i64| Kept {
            at: Timestamp(1_795_356_000_000 + second * 1000),
            numbers: [[25.0, 1.0, ABSENT], [75.0, 0.0, ABSENT]],
        };
        let slots: VecDeque<_> = (0_i64..1800).map(slot).collect();
        assert!(pack_slots(&slots).len() < 5 * 1800 + 32);
    }
}
