//! The script of `docs/usability.md`, walked on the real binary with its keys counted: what a person must get done at
//! 3 a.m., in how many keys. The page says the same numbers; a test compares them.

use super::harness::Cockpit;
use super::world::World;

/// Twenty segments, one of them sick.
const COUNTRIES: &str = include_str!("../../demo/scenarios/countries.toml");

/// Presses keys and counts them.
struct Hand {
    cockpit: Cockpit,
    pressed: usize,
}

impl Hand {
    /// Presses a key and waits for what it shows.
    #[track_caller]
    fn press(&mut self, key: &str, shows: &str) {
        self.cockpit.press(key);
        self.pressed += 1;
        self.cockpit.until_shown(shows);
    }

    /// The keys since the last look.
    fn keys(&mut self) -> usize {
        std::mem::take(&mut self.pressed)
    }
}

/// What was asked for, and the keys that it took.
fn walk() -> Vec<(&'static str, usize)> {
    let world = World::serve(COUNTRIES);
    let mut hand = Hand { cockpit: world.watch_live(80, 24, &[]), pressed: 0 };
    let mut counted = Vec::new();

    hand.press("p", "PAUSED");
    hand.keys();
    hand.press("r", "[ resume ]");
    hand.press("\t", "▸[ resume ]");
    hand.cockpit.press("\r");
    hand.pressed += 1;
    hand.cockpit.until("the pause to be lifted", |seen| !seen.shows("PAUSED") && !seen.shows("[ resume ]"));
    counted.push(("undo a wrong pause", hand.keys()));

    hand.cockpit.until_line(&["NO-GO", "finland"]);
    hand.press("2", "segment finland");
    counted.push(("find the sick segment among twenty", hand.keys()));

    hand.press("3", "evidence in finland");
    hand.cockpit.until_line(&["users with errors against"]);
    counted.push(("learn why", hand.keys()));

    hand.press("K", "Nobody in finland will get checkout-v2");
    hand.cockpit.press("\r");
    hand.pressed += 1;
    world.until("finland to be off", |world| world.share("finland") == 0.0);
    assert_eq!(world.share("sweden"), 25.0, "only finland was killed");
    counted.push(("kill it", hand.keys()));

    hand.cockpit.until_shown("kill finland: off at web");
    counted.push(("see that it is off everywhere", hand.keys()));

    hand.press("6", "timeline");
    hand.press("y", "copy-link");
    hand.press("l", "sent to the terminal: gonogo journal");
    counted.push(("copy a link to the entry of the timeline", hand.keys()));
    let bytes = hand.cockpit.seen().bytes.clone();
    assert!(bytes.windows(7).any(|window| window == b"\x1b]52;c;"), "nothing was sent to the clipboard");
    hand.cockpit.press("\x03");
    let (status, _) = hand.cockpit.wait_for_the_end();
    assert!(status.success(), "{status:?}");
    counted
}

#[test]
fn the_script_is_walked_with_as_few_keys_as_the_page_says() {
    let page = include_str!("../../docs/usability.md");
    for (what, keys) in walk() {
        println!("{what}: {keys} keys");
        let row = page.lines().find(|line| line.starts_with(&format!("| {what} |")));
        let said = row.and_then(|row| row.split('|').nth(3)).map(str::trim);
        assert_eq!(said, Some(keys.to_string().as_str()), "{what}");
    }
}
