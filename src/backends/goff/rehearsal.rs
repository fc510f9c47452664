//! What a change would do to users beyond what was asked for.
//!
//! In: the flag before and after. Out: warnings, each a sentence. Pure.
//!
//! Widening between two variations only adds users. With three or more, the buckets between the first and the last
//! variation move, and people in them get another variation; so they do when a sum of percentages changes. Who does is
//! found out with evenly spread hashes: what the relay would serve to them before and after.

use super::flag::{Object, due, rule};
use super::mapping::{Arms, Roles};
use super::rule::Serves;
use crate::domain::{SegmentName, Timestamp};

/// How many users are looked at: a share is found to a hundredth of a percent.
const USERS: u32 = 100_000;

/// Spreads consecutive numbers over all hashes: 2³² divided by the golden ratio, odd (Knuth, TAOCP 3, 6.4).
const SPREAD: u32 = 0x9E37_79B1;

/// The smallest share that is worth a warning, in users of [`USERS`]: below it is the rounding of buckets.
const LEAST: u32 = 20;

/// What is to be said before the change is made.
pub(super) fn warnings(
    before: &Object,
    after: &Object,
    segments: &[(SegmentName, String)],
    roles: &Roles,
    now: Timestamp,
) -> Vec<String> {
    let before = due(before, now);
    let Ok(arms) = Arms::of(&before, roles) else { return vec![] };
    let mut warnings = vec![];
    for (segment, name) in segments {
        let serves = |flag| rule(flag, name).and_then(|rule| Serves::of(rule).ok());
        let (Some(old), Some(new)) = (serves(&before), serves(after)) else { continue };
        let moved = moved(&old, &new, &arms.control, now);
        let percent = |users: u32| f64::from(users) * 100.0 / f64::from(USERS);
        if moved.elsewhere >= LEAST {
            warnings.push(format!(
                "about {:.1}% of {segment} would change from one variant to another",
                percent(moved.elsewhere)
            ));
        }
        let shrinks = new.treated(&arms.control, now) < old.treated(&arms.control, now);
        if moved.out >= LEAST && !shrinks {
            warnings.push(format!("about {:.1}% of {segment} would lose the feature", percent(moved.out)));
        }
    }
    warnings
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Moved {
    /// Had a variation with the feature, would have another one.
    elsewhere: u32,
    /// Had the feature, would not have it.
    out: u32,
}

fn moved(old: &Serves, new: &Serves, control: &str, now: Timestamp) -> Moved {
    let mut moved = Moved::default();
    if old == new {
        return moved;
    }
    for user in 0..USERS {
        let hash = user.wrapping_mul(SPREAD);
        let (had, gets) = (old.serve(hash, now), new.serve(hash, now));
        if had == gets || had.is_none_or(|had| had == control) {
            continue;
        }
        if gets.is_none_or(|gets| gets == control) {
            moved.out += 1;
        } else {
            moved.elsewhere += 1;
        }
    }
    moved
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn warned(variations: Value, before: Value, after: Value) -> Vec<String> {
        let flag = |rule: Value| json!({"variations": variations, "defaultRule": {"percentage": rule}});
        let segments = [("everybody".parse().expect("a name"), "default".to_owned())];
        let roles = Roles { treatment: None, control: Some("off".into()) };
        let (before, after) = (flag(before), flag(after));
        let object = |flag: &Value| flag.as_object().expect("an object").clone();
        warnings(&object(&before), &object(&after), &segments, &roles, Timestamp(0))
    }

    #[test]
    fn two_variations_move_nobody_who_has_the_feature() {
        let two = json!({"on": true, "off": false});
        assert_eq!(
            warned(two.clone(), json!({"on": 25, "off": 75}), json!({"on": 26, "off": 74})),
            Vec::<String>::new()
        );
        assert_eq!(
            warned(two, json!({"on": 25, "off": 75}), json!({"on": 0, "off": 100})),
            Vec::<String>::new(),
            "as asked for"
        );
    }

    #[test]
    fn three_variations_move_those_in_the_middle_and_another_sum_everybody() {
        let three = json!({"red": 1, "blue": 2, "off": 3});
        // In the relay's order red, off, blue: off ends at 80 and at 60, red begins at 0.
        let split = |red: u32, blue: u32, off: u32| json!({"red": red, "blue": blue, "off": off});
        let warning = warned(
            json!({"x": 1, "blue": 2, "off": 3}),
            json!({"x": 10, "off": 60, "blue": 30}),
            json!({"x": 20, "off": 50, "blue": 30}),
        );
        assert_eq!(warning, Vec::<String>::new(), "the ends of the order only grow");
        let warning = warned(three.clone(), split(10, 30, 60), split(20, 40, 40));
        assert_eq!(warning, Vec::<String>::new());
        let middle = json!({"a": 1, "b": 2, "off": 3});
        // off, b, a: b lies between 60 and 80, then between 40 and 70.
        let warning =
            warned(middle, json!({"off": 60, "b": 20, "a": 20}), json!({"off": 40, "b": 30, "a": 30}));
        assert_eq!(warning, ["about 10.0% of everybody would change from one variant to another"]);
        let warning = warned(
            json!({"on": true, "off": false}),
            json!({"on": 1, "off": 2}),
            json!({"on": 40, "off": 60}),
        );
        assert_eq!(warning, ["about 20.0% of everybody would lose the feature"]);
    }
}
