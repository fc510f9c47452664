//! Settings: read, refused with their place, and shown.

use super::*;

fn fault(text: &str) -> String {
    parse(text, "settings.toml").unwrap_err().to_string()
}

#[test]
fn each_setting_is_read_and_knows_its_line() {
    let text = "# mine\n[recording]\nalways = true\nkeep_size = \"500MB\"\n\nkeep_age = \"7d\"\nfolder = \"/var/rec\"\nredact = true\n";
    let settings = parse(text, "settings.toml").unwrap();
    let wanted = RecordingSettings {
        always: true,
        folder: Some("/var/rec".into()),
        keep_size: Size(500_000_000),
        keep_age: "7d".parse().unwrap(),
        redact: true,
    };
    assert_eq!(settings.recording, wanted);
    assert_eq!(settings.line_of("keep_age"), Some(6));
    assert_eq!(settings.line_of("always"), Some(3));
}

#[test]
fn an_empty_file_holds_the_defaults_which_record_nothing() {
    let settings = parse("", "settings.toml").unwrap();
    assert_eq!(settings, UserSettings::default());
    assert!(!settings.recording.always && !settings.recording.redact);
}

#[test]
fn a_typing_error_is_refused_with_its_place_and_what_was_meant() {
    let said = fault("[recording]\nalwasy = true\n");
    assert!(
        said.starts_with("settings.toml:2:1: unknown field `alwasy`, expected one of `always`, `folder`"),
        "{said}"
    );
    assert!(said.ends_with("hint: did you mean `always`?"), "{said}");
    assert!(fault("[recordings]\n").contains("hint: did you mean `recording`?"));
    let all =
        fault("[recording]\nalways = \"yes\"\nkeep_size = \"lots\"\nkeep_age = \"1s\"\nfolder = \"here\"\n");
    for part in [
        ":2:10: expected true or false, found a string",
        ":3:13: \"lots\" is not a size: write \"500MB\"",
        ":4:12: a duration from 1h to 3650d is needed here",
        ":5:10: a folder is named from the root",
    ] {
        assert!(all.contains(part), "{part}: {all}");
    }
    assert!(fault("[recording]\nkeep_size = \"1kB\"").contains("a size of 1 MB or more"));
    assert!(fault("recording = 1").contains("`recording` is a table, found a whole number"));
    assert!(fault("[recording]\nalways = yes").contains("settings.toml:2:10: a text needs quotes"));
}

#[test]
fn what_is_shown_says_where_each_comes_from_and_reads_back_as_the_same() {
    let settings =
        parse("[recording]\nkeep_size = \"1.5GiB\"\nfolder = \"/a \\\"b\\\"\"", "settings.toml").unwrap();
    let mut out = Vec::new();
    show(&settings, &mut out).unwrap();
    let shown = String::from_utf8(out).unwrap();
    assert!(shown.contains("keep_size = \"1536MiB\"") && shown.contains("# line 2"), "{shown}");
    assert!(shown.contains("always = false") && shown.contains("# default"), "{shown}");
    assert_eq!(parse(&shown, "shown").unwrap().recording, settings.recording);
}

#[test]
fn a_link_is_the_address_of_a_page_and_only_a_rollout_and_a_time_are_filled_in() {
    let read = |link: &str| parse(&format!("[screen]\nlink = {link:?}\n"), "s");
    assert_eq!(read("").unwrap().screen.link, None);
    assert!(read("http://wall:8080/#{rollout}").unwrap().screen.link.is_some());
    for wrong in
        ["{rollout}", "ftp://x/{time}", "https://x/{segment}", "https://x/ {time}", "https://u:p@x/", "tea"]
    {
        let said = read(wrong).unwrap_err().to_string();
        assert!(
            said.contains("hint: such as \"https://status.example/{rollout}?at={time}\""),
            "{wrong}: {said}"
        );
    }
}

#[test]
fn the_screen_is_settled_and_read_back_as_the_same() {
    let text = "[screen]\ntheme = \"gruvbox\"\nascii = true\ngraphs = \"braille\"\ncolors = \"256\"\nmouse = true\nbell = true\nnotify = \"osc777\"\nlink = \"https://s.example/{rollout}?at={time}\"\n";
    let settings = parse(text, "settings.toml").unwrap();
    let wanted = ScreenSettings {
        theme: Some("gruvbox".into()),
        ascii: Some(true),
        graphs: Some(crate::theme::Graphs::Braille),
        colors: Some(crate::theme::Depth::Ansi256),
        mouse: true,
        bell: true,
        notify: Notify::Osc777,
        link: Some("https://s.example/{rollout}?at={time}".into()),
    };
    assert_eq!(settings.screen, wanted);
    assert_eq!(settings.line_of("notify"), Some(8));
    for settings in [settings, UserSettings::default()] {
        let mut out = Vec::new();
        show(&settings, &mut out).unwrap();
        let again = parse(std::str::from_utf8(&out).unwrap(), "shown").unwrap();
        let default = crate::theme::DEFAULT.to_owned();
        let theme = settings.screen.theme.clone().or(Some(default));
        assert_eq!(again.screen, ScreenSettings { theme, ..settings.screen });
    }
    let auto = parse("[screen]\nascii = \"auto\"\ngraphs = \"auto\"\ncolors = \"auto\"\n", "s").unwrap();
    assert_eq!(auto.screen, ScreenSettings::default());
}

#[test]
fn what_the_screen_cannot_be_is_refused_with_what_was_meant() {
    for (text, part) in [
        ("grahps = \"block\"", "settings.toml:2:1: unknown field `grahps`"),
        ("graphs = \"brail\"", "expected `auto`, `braille`, `block` or `ascii`"),
        ("colors = \"grb\"", "hint: did you mean `rgb`?"),
        ("ascii = \"yes\"", ":2:9: expected `\"auto\"`, `true` or `false`"),
        ("notify = \"osc8\"", "hint: did you mean `osc9`?"),
        ("theme = \"mine.toml\"", ":2:9: a theme's file is named from the root"),
        ("theme = \"\"", "a theme cannot be empty"),
        ("mouse = \"on\"", "expected true or false"),
    ] {
        let said = fault(&format!("[screen]\n{text}\n"));
        assert!(said.contains(part), "{part}: {said}");
    }
}
