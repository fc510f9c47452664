//! What customers write, by occasion.
//!
//! In: an [`Occasion`], dice, and the scenario's own phrases if it has any. Out: a comment. All of it is our own writing.
//!
//! With `rude`, some comments are what a terminal must survive: escape sequences, overrides of the
//! writing direction, walls of text. They leave here as they are.

use super::dice::Dice;
use crate::demo::scenario::Phrases;

/// Why somebody writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Occasion {
    /// Content, with the feature.
    LikesNew,
    /// Content, without it.
    LikesOld,
    /// Met an error.
    Failed,
    /// Waited long.
    Slow,
    /// Does not like the feature.
    DislikesNew,
    /// Grumbles about things as they are.
    DislikesOld,
}

/// One comment in this many gets a second sentence.
const SECOND_SENTENCE: f64 = 0.35;
/// Share of rude comments where a scenario has them.
const RUDE: f64 = 0.3;
/// Repetitions in a wall of text: some 3,000 characters, six times what a reader keeps.
const WALL: usize = 120;

/// How the customers of a world talk.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Tongue {
    /// Whether some write what a terminal must survive.
    pub(super) rude: bool,
    /// What they say about this feature, instead of the usual.
    pub(super) phrases: Phrases,
}

impl Tongue {
    /// Writes a comment.
    pub(super) fn say(&self, occasion: Occasion, dice: &mut Dice) -> String {
        if self.rude && dice.happens(RUDE) {
            return match dice.pick(RUDE_WORDS).copied() {
                Some(WALL_OF_TEXT) | None => WALL_OF_TEXT.repeat(WALL),
                Some(words) => words.to_owned(),
            };
        }
        let (own, usual, second): (&[String], _, _) = match occasion {
            Occasion::LikesNew => (&self.phrases.likes, LIKES_NEW, PS_GLAD),
            Occasion::LikesOld => (&self.phrases.likes_old, LIKES_OLD, PS_GLAD),
            Occasion::Failed => (&self.phrases.failed, FAILED, PS_CROSS),
            Occasion::Slow => (&self.phrases.slow, SLOW, PS_CROSS),
            Occasion::DislikesNew => (&self.phrases.dislikes, DISLIKES_NEW, PS_CROSS),
            Occasion::DislikesOld => (&self.phrases.dislikes_old, DISLIKES_OLD, PS_CROSS),
        };
        let mut words = match dice.pick(own) {
            Some(words) => words.clone(),
            None => dice.pick(usual).copied().unwrap_or_default().to_owned(),
        };
        if dice.happens(SECOND_SENTENCE) {
            words.push(' ');
            words.push_str(dice.pick(second).copied().unwrap_or_default());
        }
        words
    }
}

const LIKES_NEW: &[&str] = &[
    "The new checkout is so much quicker.",
    "Paid in two taps, did not even sit down.",
    "Finally I can see the shipping cost before the last page!",
    "One page instead of four. Thank you.",
    "It remembered my address. Small thing, big smile.",
    "Whoever did this redesign: well done.",
    "So simple. My mother managed it alone.",
    "I like that the total stays on the screen.",
    "Bought twice today because it was that easy.",
    "Gift cards work on the same page now, great.",
    "Looks clean, feels fast.",
    "Switching between cards without starting over: finally.",
    "The invoice came before I had closed the window.",
    "Big step up from the old one.",
];

const LIKES_OLD: &[&str] = &[
    "Order went through, all good.",
    "Does what it should.",
    "Quick delivery as always.",
    "No complaints from me.",
    "Good prices, friendly support.",
    "Found what I was looking for in a minute.",
    "Works fine on my old tablet.",
    "Third order this month, never a problem.",
    "Checkout is fine, a little long perhaps.",
    "Solid shop.",
];

const FAILED: &[&str] = &[
    "Pay button does nothing. Clicked it ten times.",
    "\"Something went wrong\". Yes, I noticed.",
    "Card was charged but there is no order?!",
    "Error at the last step, basket empty after that.",
    "Cannot pay by invoice, it says my company is unknown.",
    "Blank page after confirming the payment.",
    "It asks for my VAT number, I type it, it asks again.",
    "Order failed three times, bought it elsewhere.",
    "Error 500 when I choose our purchase order.",
    "We have forty people who cannot check out right now.",
    "Payment failed. Which one of my two payments I cannot tell.",
    "Your checkout threw me out.",
];

const SLOW: &[&str] = &[
    "The spinner after \"pay\" goes on for ever.",
    "Loading... loading... still loading.",
    "Took half a minute to show the total.",
    "So slow that I thought it had crashed.",
    "Is it just me or is checkout crawling today?",
    "I made coffee while the address page loaded.",
    "Every click takes ages.",
    "Timed out once, went through on the second try. Slow.",
];

const DISLIKES_NEW: &[&str] = &[
    "Where did the coupon field go?",
    "Why did you move everything? I was used to it.",
    "I want the old checkout back.",
    "The new button jumps away when I try to press it.",
    "Too much white, too little information.",
    "It signs me up for the newsletter unless I spot the tick. Not nice.",
    "I cannot edit the amount any more without going back.",
    "Express delivery is pre-selected now? Really?",
    "Who asked for this?",
    "The font is tiny on my phone.",
    "Hides the total until the end. Feels like a trick.",
    "I pay by bank transfer and now I have to hunt for it.",
    "You broke my bookmarks.",
    "Looks modern, works worse.",
];

const DISLIKES_OLD: &[&str] = &[
    "Too many pages until I can pay.",
    "Please let me save a second address.",
    "Had to type my card number again.",
    "Delivery dates could be clearer.",
    "The search finds everything but what I want.",
    "Why do I need an account for one pair of socks?",
    "Support took two days to answer.",
    "Meh.",
];

const PS_GLAD: &[&str] = &[
    "Keep it up!",
    "Using it on my phone.",
    "Will be back.",
    "My team likes it too.",
    "Five stars from Lisbon.",
    "And the packaging is lovely.",
];

const PS_CROSS: &[&str] = &[
    "Second time today.",
    "On my phone, if that helps.",
    "Chrome, Windows 11.",
    "Please fix.",
    "I have screenshots.",
    "Our office manager is not amused.",
    "Until then I order by phone.",
    "Anyone else?",
];

const WALL_OF_TEXT: &str = "and another thing, ";

const RUDE_WORDS: &[&str] = &[
    "\u{1b}[2J\u{1b}[Hnow your screen is empty",
    "\u{1b}]0;PWNED\u{7}look at the title of your window",
    "\u{1b}[31;5mRED AND BLINKING\u{1b}[0m for no reason",
    "\u{1b}]52;c;cm0gLXJmIH4=\u{7}check what you paste next",
    "written backwards: \u{202e}drawkcab\u{202c} or not",
    "line one\r\nline two\r\n\r\n\r\nline three, and a \u{0}nul",
    "\u{9b}31mone byte escapes\u{9b}0m too",
    "Zürich, 東京, עברית and a family 👩‍👩‍👧‍👦 walk into a checkout",
    "t\u{300}\u{301}\u{302}\u{303}\u{304}\u{305}\u{306}all letters",
    WALL_OF_TEXT,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_have_more_than_one_thing_to_say() {
        let mut dice = Dice::new(1);
        let said: std::collections::BTreeSet<_> =
            (0..200).map(|_| Tongue::default().say(Occasion::DislikesNew, &mut dice)).collect();
        assert!(said.len() > 40, "{}", said.len());
    }

    #[test]
    fn who_has_phrases_of_their_own_uses_these() {
        let phrases = Phrases { dislikes: vec!["Bring back my filters.".into()], ..Phrases::default() };
        let tongue = Tongue { phrases, ..Tongue::default() };
        let mut dice = Dice::new(1);
        let mut say = |occasion| tongue.say(occasion, &mut dice);
        assert!((0..50).all(|_| say(Occasion::DislikesNew).starts_with("Bring back my filters.")));
        assert!(LIKES_OLD.iter().any(|usual| say(Occasion::LikesOld).starts_with(&usual[..4])));
    }

    #[test]
    fn only_a_rude_crowd_sends_what_a_terminal_would_obey() {
        let mut dice = Dice::new(1);
        let mut obeyed = |rude| {
            let tongue = Tongue { rude, ..Tongue::default() };
            (0..500).any(|_| tongue.say(Occasion::Slow, &mut dice).chars().any(char::is_control))
        };
        assert!(obeyed(true));
        assert!(!obeyed(false));
    }
}
