//! Full disks: the recording ends and says so; what is in the file can be read.

use std::process::Command;

use gonogo::recording::Recorder;

use super::story::{Desk, PATIENCE, decided, header, story, stream};

/// Names the file that a child of the test writes to, until it may not any more.
const CHILD: &str = "GONOGO_TEST_FULL_DISK";

/// Writes to a disk on which a file may have 16 KiB, in a process of its own: the limit is the process's.
#[test]
fn a_full_disk_ends_the_recording_which_is_told_and_readable() {
    let told = story(3000);
    if let Some(path) = std::env::var_os(CHILD) {
        let mut recorder = Recorder::create(path.as_ref(), &header()).expect("a new file");
        told.iter().for_each(|taken| recorder.take(&taken.event, decided(taken)));
        let mut problem = None;
        // Until the thread has met the end of the disk.
        while !problem.as_ref().is_some_and(|text: &gonogo::domain::Text| text.as_str().contains("ended")) {
            recorder.take(&told[0].event, &[]);
            problem = recorder.problem().or(problem);
            std::thread::yield_now();
        }
        let problem = problem.expect("told").to_string();
        assert!(problem.contains("the recording ended: its file cannot be written: "), "{problem}");
        // It is said once: whatever is refused from now on is no news.
        recorder.take(&told[0].event, &[]);
        assert_eq!(recorder.problem(), None);
        let recorded = recorder.finish(PATIENCE);
        assert!(recorded.failure.is_some() && recorded.lost > 0 && recorded.events > 0, "{recorded:?}");
        return;
    }
    let desk = Desk::new();
    let this = std::env::current_exe().expect("a path");
    let script = "trap '' XFSZ; ulimit -f 32; exec \"$0\" --exact full::a_full_disk_ends_the_recording_which_is_told_and_readable --nocapture";
    let output =
        Command::new("sh").arg("-c").arg(script).arg(this).env(CHILD, &desk.path).output().expect("it runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}{said}", String::from_utf8_lossy(&output.stdout));
    let bytes = desk.bytes();
    assert!(bytes.len() <= 16 * 1024, "{}", bytes.len());
    let read = stream(&bytes).expect("a recording");
    assert!(read.taken.len() > 50 && told.starts_with(&read.taken), "{}", read.taken.len());
    assert!(read.damage.is_none(), "{:?}", read.damage);
}
