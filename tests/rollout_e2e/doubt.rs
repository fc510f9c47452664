//! Shares that Unleash stores and nobody can mean: `"150"`, `"abc"`. They are shown as doubts, nobody widens on them,
//! and they can always be killed.

use super::town::Town;

#[test]
fn a_share_that_is_no_percentage_blocks_widening_and_not_a_kill() {
    let town = Town::open("doubt", 10);
    for nonsense in ["150", "abc"] {
        town.unleash.set("free", nonsense);
        let said = town.run("status", &[]);
        assert!(said.out.contains(nonsense), "status tells of {nonsense:?}:\n{}{}", said.out, said.err);
        for segment in ["free", "beta"] {
            let refused = town.must(1, "widen", &["--segment", segment, "--to", "50", "--reason", "x"]);
            assert!(refused.err.contains(nonsense), "{}", refused.err);
        }
        assert_eq!([town.unleash.rollout("free"), town.unleash.rollout("beta")], [nonsense, "10"]);

        town.must(0, "kill", &["--segment", "free"]);
        assert_eq!(town.unleash.rollout("free"), "0");
        town.wait_unserved("free");
    }
    town.unleash.set("free", "150");
    let mut screen = town.watch(&[]);
    let text = screen.wait_for("150");
    assert!(text.contains("HOLD"), "{text}");
    screen.press(&["K", "enter"]);
    screen.wait_row("everything", "KILLED");
    assert!(!town.unleash.is_on());
    town.wait_unserved("free");
    assert_eq!(screen.quit(), 0);
    town.journal();
}
