//! The list as a person sees it.

use super::*;
use crate::effect::EffectId;
use crate::history::entry::{Ending, Entry, Kill, Mark};

fn stored(id: i64, name: &str, ending: Ending, minutes: i64) -> Stored {
    let start = 1_795_356_000_000;
    let entry = Entry {
        rollout: name.parse().unwrap(),
        first_command: EffectId(1),
        owner: Some(Text::new("payments")),
        traits: None,
        started: Timestamp(start),
        ended: Timestamp(start + minutes * 60_000),
        ending,
        paused: Duration::ZERO,
        split: None,
        kills: Vec::new(),
        roll_backs: 1,
        no_gos: 2,
        exposed: Some(12_000),
        hurt: None,
        adoption: Some(0.25),
        units: Some(4_000),
        recording: None,
    };
    Stored { id, entry, kills: Vec::new() }
}

fn killed() -> Stored {
    let kill = Kill {
        command: EffectId(1),
        at: Timestamp(1_795_356_060_000),
        scope: Text::new("free"),
        actor: Text::new("autopilot"),
        why: Some(Text::new("ten times as many")),
        detected_at: Some(Timestamp(1_795_356_059_900)),
        off_at: Some(Timestamp(1_795_356_060_250)),
    };
    let mark = Mark { is_false: true, reason: Some(Text::new("the shop was down")), at: Timestamp(5) };
    Stored {
        kills: vec![StoredKill { kill, mark: Some(mark) }],
        ..stored(12, "checkout-v2", Ending::Killed, 3)
    }
}

fn printed(columns: usize) -> String {
    let mut out = Vec::new();
    print(&[killed(), stored(7, "ios", Ending::Complete, 200)], columns, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn the_list_is_aligned_and_ends_with_the_figures() {
    assert_eq!(
        printed(usize::MAX),
        "\
id  rollout      end       ended (UTC)        took        kills  back  no-go>off  adoption  owner
12  checkout-v2  killed    2026-11-22 14:03   3:00  1 (1 false)     1      350ms       25%  payments
 7  ios          complete  2026-11-22 17:20  3h20m            0     1          -       25%  payments

2 rollouts; success 50%; change failure 100%; 1 kill, 1 false; median duration 1h41m; median NO-GO to off 350ms; median adoption 25%
"
    );
}

#[test]
fn a_narrow_terminal_shows_the_most_needed_columns_and_no_line_is_longer() {
    for columns in [20, 40, 60, 80] {
        let text = printed(columns);
        assert!(text.lines().all(|line| line.width() <= columns.max(30)), "{columns}:\n{text}");
        assert!(text.contains("checkout-v2"), "{text}");
    }
    assert!(printed(40).starts_with("id  rollout      end\n12  checkout-v2  killed\n"), "{}", printed(40));
}

#[test]
fn one_entry_says_what_is_known_what_is_not_and_what_a_person_said() {
    let mut out = Vec::new();
    print_one(&killed(), &mut out).unwrap();
    let text = String::from_utf8(out).unwrap();
    for line in [
        "ended       killed 2026-11-22T14:03:00.000Z",
        "took        3:00",
        "traits      not known",
        "exposed     12,000 customers",
        "hurt        not known",
        "adoption    25% of 4,000 users",
        "kill 1      2026-11-22T14:01:00.000Z free by autopilot; proven off 350ms after the NO-GO; marked as a FALSE kill: the shop was down",
        "            ten times as many",
    ] {
        assert!(text.lines().any(|found| found == line), "{line}\n{text}");
    }
}
