//! A key file: read, refused with line and remedy, and never half obeyed.

use super::*;

fn keys(text: &str, verb: Verb) -> Vec<String> {
    let bindings = parse(text, "keys.toml").unwrap();
    bindings.sequences(verb).iter().map(ToString::to_string).collect()
}

fn fault(text: &str) -> String {
    parse(text, "keys.toml").unwrap_err().to_string()
}

#[test]
fn a_file_says_keys_lists_prefixes_and_none() {
    let text = "[everywhere]\nhelp = [\"?\", \"f2\"]\n[live]\nwiden = \"W\"\nnote = \"\"\nresume = \"f5 r\"\n[replay]\nstep = \"W\"\n\
                [prefixes]\nf5 = \"mine\"\n";
    assert_eq!(keys(text, Verb::Help), ["?", "f2"]);
    assert_eq!(keys(text, Verb::Widen), ["W"]);
    assert_eq!(keys(text, Verb::Note), [""; 0]);
    assert_eq!(keys(text, Verb::Resume), ["f5 r"]);
    assert_eq!(keys(text, Verb::Step), ["W"]);
    assert_eq!(keys(text, Verb::Kill), ["K"], "what is not named stays");
    let bindings = parse(text, "keys.toml").unwrap();
    assert_eq!(bindings.keymap(false).title("f5".parse().unwrap()), Some("mine"));
    assert!(bindings.is_changed());
    assert!(!parse("", "keys.toml").unwrap().is_changed());
}

#[test]
fn a_typing_error_is_refused_with_its_place_and_what_was_meant() {
    let said = fault("[live]\nwdien = \"W\"\n");
    assert!(
        said.starts_with(
            "keys.toml:2:1: no action is called `wdien` in [live], expected one of `widen`, `pause`"
        ),
        "{said}"
    );
    assert!(said.ends_with("hint: did you mean `widen`?"), "{said}");
    assert!(fault("[lvie]\n").contains("hint: did you mean `live`?"));
    let all = fault(
        "[live]\nhelp = \"f2\"\nwiden = 3\nnote = \"entr\"\nkill = [\"K\", \"K\"]\npause = [\"1\", \"2\", \"3\", \"4\", \"5\"]\n",
    );
    for part in [
        ":2:1: `help` has no keys in [live]",
        "hint: move it below [everywhere]",
        ":3:9: expected keys such as \"w\", found a whole number",
        ":4:8: cannot read the key \"entr\": no key of that name",
        ":5:14: K is here twice",
        ":6:9: an action has at most 4 keys",
    ] {
        assert!(all.contains(part), "{part}: {all}");
    }
    assert!(fault("live = 1").contains("hint: write [live] above its keys"));
    assert!(fault("[prefixes]\nz = 1").contains("keys.toml:2:5: expected a title"));
}

#[test]
fn a_conflict_with_a_built_in_key_names_both_the_line_and_how_to_free_it() {
    let said = fault("# mine\n[live]\nwiden = \"j\"\n");
    assert!(said.starts_with("keys.toml:3:9: cannot bind j to widen: it is bound to down already"), "{said}");
    assert!(said.contains("give down another one: down = \"...\" below [everywhere]"), "{said}");
    // What must have a key is not offered to go without.
    let said = fault("[live]\nwiden = \"K\"\n");
    assert!(said.ends_with("give kill another one: kill = \"...\" below [live]"), "{said}");
    // Freed, it can be had.
    assert_eq!(keys("[live]\nwiden = \"j\"\n[everywhere]\ndown = \"down\"\n", Verb::Widen), ["j"]);
}

#[test]
fn a_conflict_within_the_file_names_both_lines() {
    let said = fault("[live]\nwiden = \"W\"\nnote = \"W\"\n");
    assert!(said.starts_with("keys.toml:3:8: cannot bind W to note: it is bound to widen already"), "{said}");
    assert!(said.contains("the first one is in line 2"), "{said}");
    let said = fault("[live]\nwiden = \"f9\"\nnote = \"f9 x\"\n");
    assert!(said.contains("a key cannot be both a key and a prefix") && said.contains("in line 2"), "{said}");
}

#[test]
fn nobody_can_be_left_without_the_brake_the_help_and_the_way_out() {
    for (text, at) in [
        ("[live]\nkill = \"\"\n", ":2:1: cannot take every key of one press from kill"),
        ("[live]\npause = [\"f9 p\"]\n", ":2:10: cannot take every key of one press from pause"),
        ("[live]\nnote = \"esc\"\n", ":2:8: cannot bind esc to note: esc is back in every panel"),
        ("[live]\nnote = \"f9 K\"\n", ":2:8: cannot bind f9 K to note: K is kill also while a prefix waits"),
        ("[live]\nnote = \"ctrl-b\"\n", ":2:8: cannot bind ctrl-b to note: tmux"),
    ] {
        let said = fault(text);
        assert!(said.contains(at) && said.contains("hint: "), "{at}: {said}");
    }
    assert_eq!(keys("[everywhere]\nback = \"f9\"\nquit = \"\"\n", Verb::Back), ["f9", "esc"]);
}

#[test]
fn what_is_no_toml_is_refused_with_its_place() {
    assert!(fault("[live]\nwiden = W\n").contains("keys.toml:2:9: a text needs quotes"));
}

#[test]
fn a_file_that_was_named_must_be_there() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys.toml");
    let said = load(Some(&path)).unwrap_err().to_string();
    assert!(said.contains("there is no such file") && said.contains("--keys names it"), "{said}");
    std::fs::write(&path, "[live]\nwiden = \"W\"\n").unwrap();
    let file = load(Some(&path)).unwrap();
    assert!(file.is_found && file.bindings.is_changed());
    assert_eq!(file.file.as_deref(), Some(path.as_path()));
}

#[test]
fn the_page_shows_a_file_that_holds_and_the_words_that_refuse_one() {
    let page = include_str!("../../../docs/keys.md");
    let block = |from: &str| page.split_once(from).unwrap().1.split_once("```").unwrap().0;
    let bindings = parse(block("```toml\n"), "keys.toml").unwrap();
    assert_eq!(bindings.sequences(Verb::Approve)[0].to_string(), "z a");
    let refused = block("```text\n");
    assert_eq!(fault("[live]\nwiden = \"j\"\n"), refused.trim_end());
}
