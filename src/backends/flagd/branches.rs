//! A targeting rule as the branches that it can end in.
//!
//! In: the JsonLogic of one flag. Out: its [`Branch`]es in the order in which flagd tries them, each with its JSON
//! pointer, the conditions that lead into it, and what it serves. Pure.
//!
//! `{"if": [c1, v1, c2, v2, else]}` has three; an `if` within an `if` is followed. A rule without `if` is one branch,
//! the default one. What stands at the end of a branch is a variant's name, a `fractional`, or something that only
//! flagd can compute.

use serde_json::Value;

/// The most branches that are looked at: beyond, nobody could say who is in which.
const MAX_BRANCHES: usize = 200;

/// How deep an `if` may stand within others.
const MAX_DEPTH: u32 = 16;

/// One end of a rule.
#[derive(Debug, Clone, PartialEq)]
pub struct Branch<'a> {
    /// Where it stands within the targeting: `/if/1`; empty for the whole of it.
    pub pointer: String,
    /// All of these are true for whom it serves.
    pub conditions: Vec<&'a Value>,
    /// What it serves.
    pub leaf: Leaf<'a>,
}

/// What a branch serves.
#[derive(Debug, Clone, PartialEq)]
pub enum Leaf<'a> {
    /// Shares by weights: the operands of a `fractional`.
    Fractional(&'a [Value]),
    /// One variant to everybody. `None`: the default variant.
    Variant(Option<String>),
    /// It is not written there: the default variant.
    Missing,
    /// Something else, which flagd computes.
    Computed,
}

impl Branch<'_> {
    /// Whether it is for whom no condition singles out.
    #[must_use]
    pub const fn is_default(&self) -> bool {
        self.conditions.is_empty()
    }

    /// Whether a text stands in one of its conditions, as it is.
    #[must_use]
    pub fn mentions(&self, text: &str) -> bool {
        self.conditions.iter().any(|condition| has(condition, text))
    }

    /// What a person would call it.
    #[must_use]
    pub fn called(&self) -> String {
        if self.pointer.is_empty() { "the whole targeting".into() } else { self.pointer.clone() }
    }
}

/// The branches of a rule. `Null` is a rule of its own: everybody gets the default variant.
#[must_use]
pub fn branches(targeting: &Value) -> Vec<Branch<'_>> {
    let mut found = vec![];
    if targeting.is_null() {
        found.push(Branch { pointer: String::new(), conditions: vec![], leaf: Leaf::Missing });
    } else {
        follow(targeting, String::new(), &mut vec![], 0, &mut found);
    }
    found
}

fn follow<'a>(
    value: &'a Value,
    pointer: String,
    conditions: &mut Vec<&'a Value>,
    depth: u32,
    found: &mut Vec<Branch<'a>>,
) {
    let end =
        |leaf, conditions: &Vec<&'a Value>, pointer| Branch { pointer, conditions: conditions.clone(), leaf };
    let operation =
        value.as_object().filter(|object| object.len() == 1).and_then(|object| object.iter().next());
    match operation {
        Some((name, Value::Array(operands))) if matches!(name.as_str(), "if" | "?:") && depth < MAX_DEPTH => {
            let at = |index: usize| format!("{pointer}/{name}/{index}");
            let pairs = operands.chunks(2).enumerate();
            for (number, pair) in pairs {
                match pair {
                    [condition, then] => {
                        conditions.push(condition);
                        follow(then, at(2 * number + 1), conditions, depth + 1, found);
                        conditions.pop();
                    }
                    [otherwise] => follow(otherwise, at(2 * number), conditions, depth + 1, found),
                    _ => {}
                }
            }
            if operands.len().is_multiple_of(2) && found.len() < MAX_BRANCHES {
                found.push(end(Leaf::Missing, conditions, at(operands.len())));
            }
        }
        // Beyond the bound nothing is left out silently: the last branch stands for all that follow.
        _ if found.len() >= MAX_BRANCHES => {
            if let Some(last) = found.last_mut() {
                last.leaf = Leaf::Computed;
            }
        }
        Some((name, Value::Array(operands))) if name == "fractional" => {
            found.push(end(Leaf::Fractional(operands), conditions, pointer));
        }
        _ => found.push(end(literal(value), conditions, pointer)),
    }
}

fn literal<'a>(value: &Value) -> Leaf<'a> {
    match value {
        Value::Array(_) | Value::Object(_) => Leaf::Computed,
        other => Leaf::Variant(variant(other)),
    }
}

/// The variant that a value names, as flagd reads it: `true` is the variant `true`, `null` the default one.
#[must_use]
pub fn variant(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(name) => Some(name.clone()),
        other => Some(other.to_string()),
    }
}

fn has(value: &Value, text: &str) -> bool {
    match value {
        Value::String(string) => string == text,
        Value::Array(items) => items.iter().any(|item| has(item, text)),
        Value::Object(members) => members.values().any(|member| has(member, text)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn pointers(targeting: &Value) -> Vec<(String, usize)> {
        branches(targeting).into_iter().map(|branch| (branch.pointer, branch.conditions.len())).collect()
    }

    #[test]
    fn each_branch_has_its_pointer_and_its_conditions() {
        let rule = json!({ "if": [
            { "==": [{ "var": "plan" }, "free"] }, "on",
            { "var": "eu" }, { "if": [{ "var": "beta" }, { "fractional": [["on", 1]] }, "off"] },
            { "fractional": [["on", 5], ["off", 95]] }
        ] });
        let found = [("/if/1", 1), ("/if/3/if/1", 2), ("/if/3/if/2", 1), ("/if/4", 0)];
        assert_eq!(pointers(&rule), found.map(|(pointer, count)| (pointer.to_owned(), count)));
        for branch in branches(&rule) {
            assert!(rule.pointer(&branch.pointer).is_some(), "{}", branch.pointer);
        }
        let all = branches(&rule);
        assert!(all[0].mentions("free") && all[1].mentions("beta") && !all[3].mentions("free"));
    }

    #[test]
    fn an_if_without_else_ends_in_the_default_variant() {
        let rule = json!({ "if": [{ "var": "eu" }, true] });
        assert_eq!(branches(&rule)[0].leaf, Leaf::Variant(Some("true".into())));
        assert_eq!(
            (branches(&rule)[1].pointer.as_str(), &branches(&rule)[1].leaf),
            ("/if/2", &Leaf::Missing)
        );
        assert!(branches(&rule)[1].is_default());
        assert_eq!(branches(&Value::Null)[0].leaf, Leaf::Missing);
    }

    #[test]
    fn what_only_flagd_can_compute_is_said_so() {
        assert_eq!(branches(&json!({ "and": [true, "on"] }))[0].leaf, Leaf::Computed);
        assert_eq!(branches(&json!({ "if": true }))[0].leaf, Leaf::Computed);
        let many: Vec<Value> = (0..1000).map(|_| json!("x")).collect();
        let found = json!({ "if": many });
        assert_eq!(branches(&found).len(), MAX_BRANCHES);
        assert_eq!(branches(&found)[MAX_BRANCHES - 1].leaf, Leaf::Computed);
        let deep = (0..100).fold(json!("on"), |inner, _| json!({ "if": [true, inner, "off"] }));
        assert!(branches(&deep).iter().any(|branch| branch.leaf == Leaf::Computed));
    }
}
