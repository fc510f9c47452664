//! Themes from outside: chosen, spoilt, mended while the cockpit runs, and shown as a list.

use std::fs;
use std::process::{Command, Output};

use tempfile::TempDir;

use super::harness::Cockpit;

/// A user with themes of their own.
struct User(TempDir);

impl User {
    fn with(theme: &str) -> Self {
        let user = Self(TempDir::new().unwrap());
        fs::create_dir_all(user.0.path().join("gonogo/themes")).unwrap();
        user.save(theme);
        user
    }

    fn save(&self, theme: &str) {
        fs::write(self.0.path().join("gonogo/themes/mine.toml"), theme).unwrap();
    }

    fn config(&self) -> &str {
        self.0.path().to_str().unwrap()
    }

    fn gonogo(&self, args: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gonogo"));
        command.args(args).env("XDG_CONFIG_HOME", self.config()).env_remove("GONOGO_SETTINGS");
        for (name, value) in [("LC_ALL", "C.UTF-8"), ("TERM", "xterm"), ("COLORTERM", ""), ("NO_COLOR", "")] {
            command.env(name, value);
        }
        command.output().unwrap()
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn a_theme_is_exchanged_while_the_cockpit_runs_and_a_spoilt_one_is_refused_on_the_screen() {
    let user = User::with("inherits = 'dark'\n");
    let cockpit =
        Cockpit::start(&["demo", "calm", "--theme", "mine"], 120, 40, &[("XDG_CONFIG_HOME", user.config())]);
    cockpit.until_line(&["RUNNING"]);
    user.save("[roles]\ngo = { fg = 'gren' }\n");
    cockpit.until_line(&["the theme stays as it was: mine.toml:2:13: `gren` is not a colour"]);
    user.save("[roles]\ngo = { fg = 'green' }\n");
    cockpit.until_line(&["theme mine"]);
    cockpit.end();
}

#[test]
fn a_spoilt_theme_of_the_settings_keeps_nobody_from_a_rollout() {
    let user = User::with("");
    fs::write(user.0.path().join("gonogo/settings.toml"), "[screen]\ntheme = \"mien\"\n").unwrap();
    let cockpit = Cockpit::start(&["demo", "calm"], 120, 40, &[("XDG_CONFIG_HOME", user.config())]);
    cockpit.until_line(&["the default theme is worn", "did you mean `mine`?"]);
    cockpit.end();
    let output = user.gonogo(&["watch", "none.toml", "--theme", "mien"]);
    assert_eq!(output.status.code(), Some(2), "who typed it is still there");
    assert!(text(&output.stderr).contains("did you mean `mine`?"), "{output:?}");
}

#[test]
fn the_list_shows_all_themes_as_text_and_each_fault_in_its_place() {
    let user = User::with("[roles]\nnogo = {}\n");
    fs::write(user.0.path().join("gonogo/themes/other.toml"), "title = 'Other'\ninherits = 'light'\n")
        .unwrap();
    let output = user.gonogo(&["themes"]);
    let shown = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    for name in gonogo::theme::names() {
        assert!(
            shown.contains(&format!("\n {name}  ")) || shown.starts_with(&format!(" {name}  ")),
            "{name}"
        );
    }
    assert!(
        shown.contains(" other  Other") && shown.contains("mine.toml:2:1: there is no role `nogo`"),
        "{shown}"
    );
    assert!(shown.contains("✘ NO-GO") && !shown.contains('\u{1b}'), "text alone where there is no terminal");
    assert!(shown.contains("16 colours, all signs, graphs block"), "{shown}");
    assert!(text(&user.gonogo(&["themes", "--ascii"]).stdout).is_ascii());
    let output = user.gonogo(&["themes", "mine"]);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
}

#[test]
fn a_theme_of_ones_own_is_begun_from_what_is_printed() {
    let user = User::with("");
    let path = text(&user.gonogo(&["themes", "--path"]).stdout);
    assert_eq!(path.trim_end(), format!("{}/gonogo/themes", user.config()));
    for name in gonogo::theme::names() {
        let printed = user.gonogo(&["themes", name, "--toml"]);
        user.save(&text(&printed.stdout));
        let [own, ours] =
            ["mine", name].map(|name| text(&user.gonogo(&["themes", name, "--colors", "rgb"]).stdout));
        assert_eq!(own.replacen("mine", name, 1), ours);
        assert!(ours.contains("chart-axis"), "each role is there: {ours}");
    }
}

#[test]
fn a_list_on_a_terminal_has_its_colours() {
    let mut list = Cockpit::start(&["themes", "gruvbox"], 120, 45, &[("LC_ALL", "C.UTF-8")]);
    list.until_line(&["24-bit colours, all signs, graphs block"]);
    let (status, _) = list.wait_for_the_end();
    assert_eq!(status.exit_code(), 0);
}

#[test]
fn spoilt_settings_are_told_as_such_and_keep_nobody_from_a_rollout_or_from_the_themes() {
    let user = User::with("");
    fs::write(user.0.path().join("gonogo/settings.toml"), "[screen]\nmouse = \"on\"\n").unwrap();
    let cockpit = Cockpit::start(&["demo", "calm"], 120, 40, &[("XDG_CONFIG_HOME", user.config())]);
    cockpit.until_line(&["your settings are not used, the defaults hold: "]);
    cockpit.end();
    let output = user.gonogo(&["themes"]);
    assert!(output.status.success(), "{output:?}");
    let said = text(&output.stderr);
    assert!(said.contains("your settings are not used") && said.contains("settings.toml:2:9"), "{said}");
    assert!(text(&output.stdout).contains("tritanopia"), "{output:?}");
}
