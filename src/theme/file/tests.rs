//! Theme files: what is read, who is like whom, and what is refused in which words.

use super::*;

fn sheet(text: &str) -> Sheet {
    read("mine.toml", text).unwrap()
}

fn look(sheet: &Sheet, role: Role) -> Style {
    sheet.styles[role as usize]
}

fn shipped_text(name: &str) -> &'static str {
    shipped::text(name).unwrap()
}

#[test]
fn colours_are_read_in_every_spelling() {
    let sheet = sheet(
        "title = 'mine'\n[palette]\ngreen = '#010203'\n[roles]\n\
         go = { fg = 'green', bold = true }\nwait = { fg = 'light-blue' }\nhold = { fg = 208, bg = 'black' }",
    );
    assert_eq!(look(&sheet, Role::Go), Style::new().fg(Color::Rgb(1, 2, 3)).add_modifier(Modifier::BOLD));
    assert_eq!(look(&sheet, Role::Wait), Style::new().fg(Color::LightBlue));
    assert_eq!(look(&sheet, Role::Hold), Style::new().fg(Color::Indexed(208)).bg(Color::Black));
    assert_eq!(sheet.title, "mine");
    assert!(ANSI.iter().all(|name| name.parse::<Color>().is_ok()));
}

#[test]
fn an_exchanged_palette_colour_reaches_the_inherited_roles() {
    let parent = sheet(shipped_text("default"));
    let heir = sheet("inherits = 'default'\n[palette]\ngreen = '#010203'");
    assert_eq!(look(&heir, Role::Go).fg, Some(Color::Rgb(1, 2, 3)));
    assert_eq!(look(&heir, Role::NoGo), look(&parent, Role::NoGo));
    // Also over two generations.
    let heir = sheet("inherits = 'tritanopia'\n[roles]\ngo = { fg = 'violet' }");
    assert_eq!(look(&heir, Role::Hold), look(&sheet(shipped_text("tritanopia")), Role::Hold));
}

#[test]
fn a_role_may_be_like_another_and_change_it() {
    let sheet = sheet(
        "[roles]\ngo = { fg = 'green', bold = true }\nlive = { like = 'go', bold = false, underline = true }\n\
         positive = { like = 'live' }",
    );
    let wanted = Style::new().fg(Color::Green).add_modifier(Modifier::UNDERLINED);
    assert_eq!(look(&sheet, Role::Live), wanted);
    assert_eq!(look(&sheet, Role::Positive), wanted);
}

#[test]
fn a_role_that_no_theme_names_looks_like_its_kin() {
    let sheet = sheet("[roles]\nno-go = { fg = 'red' }\ntext = { fg = 'white' }");
    assert_eq!(look(&sheet, Role::Lost), look(&sheet, Role::NoGo));
    assert_eq!(look(&sheet, Role::ChartAxis), look(&sheet, Role::Text));
    for role in Role::ALL {
        assert!(kin_of(*role, &BTreeMap::new()).len() <= Role::ALL.len(), "{} has no end", role.word());
    }
}

#[test]
fn every_fault_is_said_with_its_place_and_the_right_word() {
    for (text, expected) in [
        ("[roles]\nnogo = {}", "mine.toml:2:1: there is no role `nogo`; did you mean `no-go`?"),
        ("[roles]\ngo = { fg = 'gren' }", "mine.toml:2:13: `gren` is not a colour; did you mean `green`?"),
        (
            "[palette]\nmoss = '#3fb950'\n[roles]\ngo = { fg = 'mos' }",
            "mine.toml:4:13: `mos` is not a colour; did you mean `moss`?",
        ),
        ("[palette]\nmoss = '#12'", "mine.toml:2:8: `#12` is not a colour; write \"#rrggbb\", an ANSI name"),
        (
            "inherits = 'darc'",
            "mine.toml:1:12: no theme that comes with gonogo is called `darc`; did you mean `dark`?",
        ),
        ("[roles]\ngo = { foo = 1 }", "mine.toml:2:8: unknown field `foo`, expected one of `fg`, `bg`"),
        ("[roles]\ngo = { fg = 256 }", "mine.toml:2:13: `256` is not a colour"),
        ("[roles]\ngo = 'green'", "mine.toml:2:6: the role `go` is a table, found a string"),
        ("[roles]\ngo = { bold = 1 }", "mine.toml:2:15: expected true or false, found a whole number"),
        ("titel = 'x'", "mine.toml:1:1: unknown field `titel`"),
        ("title = 'x'\n[roles\n", "mine.toml:2:7: "),
        (
            "[roles]\ngo = { like = 'live' }\nlive = { like = 'go' }",
            "mine.toml:2:15: `go` is like itself in the end",
        ),
        ("[roles]\ngo = { like = 'liv' }", "mine.toml:2:15: there is no role `liv`; did you mean `live`?"),
        ("roles = 1", "mine.toml:1:9: `roles` is a table"),
    ] {
        let brief = read("mine.toml", text).unwrap_err().brief();
        assert!(brief.starts_with(expected), "{text:?}: {brief}");
        assert!(!brief.contains('\n'));
    }
}

#[test]
fn all_faults_of_a_file_are_said_at_once_each_with_its_line() {
    let error = read("mine.toml", "[roles]\nnogo = {}\ngo = { fg = 'gren' }\n").unwrap_err().to_string();
    assert!(error.contains("  2 | nogo = {}\n    | ^^^^\n  hint: did you mean `no-go`?"), "{error}");
    assert!(error.contains("mine.toml:3:13: `gren` is not a colour"), "{error}");
}

#[test]
fn a_wrong_colour_is_said_once_however_many_roles_are_like_it() {
    let error = read("mine.toml", "[roles]\ntext = { fg = 'bogus' }\n").unwrap_err().to_string();
    assert_eq!(error.matches("is not a colour").count(), 1, "{error}");
}
