//! The real binary: exit codes, lines of JSON, and what is said about an input that cannot be judged.

use std::io::Write;
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use super::file::{HEADER, ROLLOUT, steady, text};

struct Desk(TempDir);

impl Desk {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("rollout.toml"), ROLLOUT).expect("written");
        Self(folder)
    }

    fn write(&self, file: &str, content: impl AsRef<[u8]>) {
        std::fs::write(self.0.path().join(file), content).expect("written");
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gonogo"));
        command.current_dir(self.0.path()).arg("backtest").args(args).args(["--rollout", "rollout.toml"]);
        command
    }

    fn run(&self, args: &[&str]) -> Output {
        self.command(args).output().expect("it runs")
    }

    /// What is said about rows that cannot be read; the exit code must be 2.
    fn fault(&self, content: impl AsRef<[u8]>) -> String {
        self.write("bad.csv", content);
        let output = self.run(&["bad.csv", "--json"]);
        let said = String::from_utf8(output.stderr).expect("UTF-8");
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains("bad.csv") && said.contains("\nhint: "), "{said}");
        said
    }
}

#[test]
fn a_no_go_is_exit_code_1_if_asked_for_and_every_line_is_json_with_all_keys() {
    let desk = Desk::new();
    let rows = steady("free", 300, 100, |at| if at < 100 { (1, 1) } else { (30, 1) });
    desk.write("bad.csv", format!("{HEADER}{}", text(&rows)));
    let output = desk.run(&["bad.csv", "--json", "--exit-code"]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let unasked = desk.run(&["bad.csv", "--json"]);
    assert_eq!((unasked.status.code(), unasked.stdout == output.stdout), (Some(0), true));
    let lines: Vec<Value> = String::from_utf8_lossy(&output.stdout)
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect();
    let keys = ["at_s", "segment", "station", "metric", "verdict", "e_value", "threshold", "text"];
    for line in &lines {
        let object = line.as_object().expect("an object");
        assert_eq!(object.len(), keys.len(), "{line}");
        assert!(keys.iter().all(|key| object.contains_key(*key)), "{line}");
    }
    let no_go = lines.iter().find(|line| line["verdict"] == "no-go").expect("a NO-GO");
    assert_eq!((no_go["segment"].as_str(), no_go["station"].as_str()), (Some("free"), Some("errors")));
    assert!(no_go["at_s"].as_i64().is_some_and(|at| (100..200).contains(&at)), "{no_go}");
    assert!(no_go["threshold"].as_f64().is_some_and(|needed| needed > 100.0), "{no_go}");
}

#[test]
fn an_e_value_beyond_all_numbers_is_the_largest_number() {
    let desk = Desk::new();
    let rows = "5,free,errors,treatment,900000,900000\n5,free,errors,control,900000,0\n";
    desk.write("bad.csv", format!("{HEADER}{rows}"));
    let output = desk.run(&["bad.csv", "--json"]);
    let line: Value = serde_json::from_slice(&output.stdout).expect("one line of JSON");
    assert_eq!((&line["verdict"], line["e_value"].as_f64()), (&Value::from("no-go"), Some(f64::MAX)));
}

#[test]
fn good_data_are_exit_code_0_and_the_summary_names_every_guardrail() {
    let desk = Desk::new();
    let rows = ["free", "beta"].map(|name| text(&steady(name, 600, 1000, |_| (1, 1)))).concat();
    desk.write("good.csv", format!("{HEADER}{rows}"));
    let output = desk.run(&["good.csv"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let said = String::from_utf8(output.stdout).expect("UTF-8");
    for words in ["summary of checkout-v2", "free", "beta", "480 rows read, 0 passed over, 0 late", "0 NO-GO"]
    {
        assert!(said.contains(words), "{words}: {said}");
    }
}

#[test]
fn the_summary_says_what_the_autopilot_would_have_done_and_what_is_real() {
    let desk = Desk::new();
    let rows = ["free", "beta"].map(|name| text(&steady(name, 100, 100, |_| (30, 1)))).concat();
    desk.write("bad.csv", format!("{HEADER}{rows}"));
    let output = desk.run(&["bad.csv"]);
    let said = String::from_utf8(output.stdout).expect("UTF-8");
    assert!(said.contains("the autopilot would have killed everything: a second segment is NO-GO"), "{said}");
    assert!(said.contains("; real by e-BH at 0.05") && said.contains("2 NO-GO, 2 of them real"), "{said}");
}

#[test]
fn standard_input_is_read_too_with_quotes_and_line_ends_of_any_kind() {
    let desk = Desk::new();
    let rows = "\u{feff}\"at_s\",\"segment\",\"metric\",\"arm\",\"units\",\"bad\"\r\n\
                5,\"free\",errors, control ,5000,0\r\n\r\n5,free,errors,treatment,\"5000\",500";
    let mut child = desk
        .command(&["-", "--json", "--exit-code"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    child.stdin.take().expect("a pipe").write_all(rows.as_bytes()).expect("written");
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(1), "{output:?}");
}

#[test]
fn columns_may_come_in_any_order_and_with_others_beside_them() {
    let desk = Desk::new();
    desk.write(
        "plain.csv",
        format!("{HEADER}5,free,errors,control,5000,0\n5,free,errors,treatment,5000,500\n"),
    );
    let other = "bad,note,arm,metric,segment,units,at_s\n0,x,control,errors,free,5000,5\n\
                 500,,treatment,errors,free,5000,5\n";
    desk.write("other.csv", other);
    let [plain, other] = ["plain.csv", "other.csv"].map(|file| desk.run(&[file, "--json", "--exit-code"]));
    assert_eq!(plain.status.code(), Some(1), "{plain:?}");
    assert_eq!(plain, other);
}

#[test]
fn more_bad_units_than_units_are_said() {
    let desk = Desk::new();
    desk.write("odd.csv", format!("{HEADER}5,free,errors,control,100,1\n5,free,errors,treatment,100,103\n"));
    let said = String::from_utf8(desk.run(&["odd.csv"]).stderr).expect("UTF-8");
    assert!(said.contains("1 row has more bad units than units"), "{said}");
}

#[test]
fn a_bad_line_is_named_with_its_field_its_cause_and_a_remedy() {
    let desk = Desk::new();
    let row = "5,free,errors,control,10,1\n";
    for (content, words) in [
        (
            format!("{HEADER}{row}10,free,errors,control,12a,1\n"),
            ["line 3, units: \"12a\" is no number", "1200"],
        ),
        (
            format!("{HEADER}{row}{row}x,free,errors,control,1,1\n"),
            ["line 4, at_s: \"x\" is no number", "seconds"],
        ),
        (
            format!("{HEADER}5,free,errors,control,1,1.2.3\n"),
            ["line 2, bad: \"1.2.3\" is no number", "counter"],
        ),
        (
            format!("{HEADER}5,free,errors,test,1,1\n"),
            ["line 2, arm: \"test\" is no arm", "`treatment` or `control`"],
        ),
        (
            format!("{HEADER}5,free,errors,control,1\n"),
            ["line 2: it has 5 fields and not 6", "of the header"],
        ),
        (
            format!("{HEADER}5,free,errors,control,1,1,1\n"),
            ["line 2: it has 7 fields and not 6", "of the header"],
        ),
        (format!("{HEADER}1795356000000,free,errors,control,1,1\n"), ["line 2, at_s: ", "milliseconds"]),
        (
            "at,segment,metric,arm,units,bad\n".into(),
            [
                "line 1: the header is",
                "it has no column at_s\nhint: the first line is at_s,segment,metric,arm,units,bad",
            ],
        ),
        (
            "at_s,segment,metric,arm,units,bad,arm\n".into(),
            ["line 1: the header is", "it has the column arm twice"],
        ),
        (row.into(), ["line 1: the header is", "at_s,segment,metric,arm,units,bad"]),
        (String::new(), ["the file is empty", "at_s,segment"]),
        (HEADER.into(), ["it has a header and no row", "one row for each reading"]),
        (
            format!("{HEADER}5,fre,errors,control,1,1\n"),
            ["does not know: fre", "has the segments free, beta"],
        ),
        (format!("{HEADER}5,free,error,control,1,1\n"), ["does not know: error", "watch errors"]),
    ] {
        let said = desk.fault(&content);
        assert!(words.iter().all(|word| said.contains(word)), "{content}{said}");
    }
}

#[test]
fn what_is_no_text_at_all_is_refused_and_nothing_of_it_reaches_the_terminal() {
    let desk = Desk::new();
    assert!(desk.fault([HEADER.as_bytes(), &[0xff; 200_000]].concat()).contains("longer than"));
    let said = desk.fault(format!("{HEADER}5,free,errors,\u{1b}[31mred,1,1\n"));
    assert!(!said.contains('\u{1b}'), "{said:?}");
    let said = desk.fault(format!("{HEADER}5,\u{1b}]0;x\u{7},errors,control,1,1\n"));
    assert!(!said.contains(['\u{1b}', '\u{7}']), "{said:?}");
}

#[test]
fn a_missing_file_and_a_folder_are_named() {
    let desk = Desk::new();
    for missing in ["nowhere.csv", "."] {
        let output = desk.run(&[missing]);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(&format!("cannot judge {missing}: ")) && said.contains("hint: "), "{said}");
    }
    let output = desk.command(&["x.csv"]).arg("--rollout").arg("no.toml").output().expect("it runs");
    assert_eq!(output.status.code(), Some(2), "{output:?}");
}
