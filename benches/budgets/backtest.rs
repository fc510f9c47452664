//! `gonogo backtest` on large CSVs: rows a second and memory, against a loop that only reads the rows.
//!
//! The real binary on a file in the temporary folder, both removed at the end. Output goes nowhere.

use std::fmt::Write as _;
use std::fs::File;
use std::hint::black_box;
use std::io::{BufReader, BufWriter, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use csv::{ByteRecord, ReaderBuilder};

use super::process;
use super::table::{Runs, Table};
use super::world::{metric_name, segment_name};

const SEGMENTS: usize = 200;
const METRICS: usize = 5;
/// Rows of one moment: both arms of every series.
const ROUND: usize = SEGMENTS * METRICS * 2;
const SMALL: usize = 200_000;
const LARGE: usize = 2_000_000;
const TURNS: usize = 3;
const BUDGET_S: f64 = 5.0;
/// How often the memory of the child is looked at.
const LOOK: Duration = Duration::from_millis(2);

pub fn measure(table: &mut Table) {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("rollout.toml"), rollout()).expect("written");
    let mut peaks = Vec::new();
    for rows in [SMALL, LARGE] {
        let path = folder.path().join("counters.csv");
        write_rows(&path, rows);
        let (mut seconds, mut ratios, mut peak) = (Vec::new(), Vec::new(), 0);
        for _ in 0..TURNS {
            let bare = read_only(&path);
            let (ours, most) = backtest(folder.path());
            seconds.push(ours);
            ratios.push(bare / ours * 100.0);
            peak = peak.max(most);
        }
        peaks.push(peak as f64 / 1e6);
        let (seconds, ratios) = (Runs::new(seconds), Runs::new(ratios));
        let what = format!("backtest of {} k rows, {} series", rows / 1000, SEGMENTS * METRICS);
        let rate = rows as f64 / seconds.median() / 1e3;
        let text = format!("{}, {rate:.0} k rows/s", seconds.spread("s", 2));
        if rows == LARGE {
            table.row(&what, "≤ 5 s", text, seconds.median() <= BUDGET_S);
        } else {
            table.note(&what, text);
        }
        table.note("against a loop that only reads them", ratios.spread("%", 0));
    }
    if let [small, large] = peaks[..] {
        let text = format!("{small:.1} MB, {large:.1} MB");
        table.row("most memory, 200 k and 2 M rows", "the same", text, large <= small * 1.1 + 1.0);
    }
}

fn rollout() -> String {
    let source = "source = { kind = \"feed\", url = \"ws://127.0.0.1:9\" }\n";
    let mut text = String::from(
        "name = \"checkout-v2\"\nplan = { stages = [{ exposure = 5, bake = \"10m\", sample = 500 }] }\n\
         [[platforms]]\nname = \"web\"\nflag = \"checkout-v2\"\n\
         backend = { kind = \"feed\", url = \"ws://127.0.0.1:9\" }\n",
    );
    for index in 0..SEGMENTS {
        let _ = write!(text, "[[segments]]\nname = \"{}\"\n", segment_name(index));
    }
    for index in 0..METRICS {
        let name = metric_name(index);
        let _ = write!(text, "[[metrics]]\nname = \"{name}\"\ninterval = \"5s\"\n{source}");
        let _ = write!(
            text,
            "[[guardrails]]\nname = \"guardrail-{index}\"\nstation = \"errors\"\nmetric = \"{name}\"\n\
             tolerate = 0.1\nrisk = 0.01\naction = \"kill\"\n"
        );
    }
    text
}

/// Rows in order of time; every series is healthy, so that all of them are judged to the end.
fn write_rows(path: &Path, rows: usize) {
    let mut file = BufWriter::new(File::create(path).expect("a file"));
    writeln!(file, "at_s,segment,metric,arm,units,bad").expect("written");
    for round in 0..rows / ROUND {
        for segment in 0..SEGMENTS {
            for metric in 0..METRICS {
                let (at, units) = (round * 5, (round + 1) * 40);
                let bad = units / 100 + (segment * 7 + metric + round) % 3;
                let (segment, metric) = (segment_name(segment), metric_name(metric));
                for arm in ["treatment", "control"] {
                    writeln!(file, "{at},{segment},{metric},{arm},{units},{bad}").expect("written");
                }
            }
        }
    }
    file.flush().expect("written");
}

/// Seconds to read the rows and their numbers, and nothing else.
fn read_only(path: &Path) -> f64 {
    let start = Instant::now();
    let file = BufReader::new(File::open(path).expect("a file"));
    let mut reader = ReaderBuilder::new().buffer_capacity(1 << 16).from_reader(file);
    let mut record = ByteRecord::new();
    let mut sum = 0.0;
    while reader.read_byte_record(&mut record).expect("a row") {
        for field in [0, 4, 5] {
            let text = std::str::from_utf8(&record[field]).expect("UTF-8");
            sum += text.parse::<f64>().expect("a number");
        }
    }
    black_box(sum);
    start.elapsed().as_secs_f64()
}

/// Seconds of the whole process, and the most memory that it had.
fn backtest(folder: &Path) -> (f64, u64) {
    let start = Instant::now();
    let mut child = Command::new(env!("CARGO_BIN_EXE_gonogo"))
        .current_dir(folder)
        .args(["backtest", "counters.csv", "--rollout", "rollout.toml", "--json"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("it starts");
    let mut most = 0;
    loop {
        most = most.max(process::most_resident(child.id()));
        if let Some(status) = child.try_wait().expect("it ends") {
            let code = status.code();
            assert!(code == Some(0) || code == Some(1), "{status}");
            return (start.elapsed().as_secs_f64(), most);
        }
        std::thread::sleep(LOOK);
    }
}
