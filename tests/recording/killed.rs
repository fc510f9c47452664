//! A process that is killed: what it recorded can be read, and nothing else is in the file.

use std::process::{Command, Stdio};
use std::time::Duration;

use gonogo::recording::{Archive, Recorder};

use super::story::{Desk, decided, header, story, stream};

/// Names the file that a child of the test writes to, until it is killed.
const CHILD: &str = "GONOGO_TEST_KILLED";

#[test]
fn a_process_that_is_killed_leaves_a_file_that_is_right_as_far_as_it_goes() {
    let told = story(4000);
    if let Some(path) = std::env::var_os(CHILD) {
        let mut recorder = Recorder::create(path.as_ref(), &header()).expect("a new file");
        for taken in &told {
            recorder.take(&taken.event, decided(taken));
            std::thread::park_timeout(Duration::from_micros(200));
        }
        // Nobody killed it.
        return;
    }
    let desk = Desk::new();
    let this = std::env::current_exe().expect("a path");
    let name = "killed::a_process_that_is_killed_leaves_a_file_that_is_right_as_far_as_it_goes";
    let mut child = Command::new(this)
        .args(["--exact", name])
        .env(CHILD, &desk.path)
        .stdout(Stdio::null())
        .spawn()
        .expect("it runs");
    let mut events = 0;
    while events < 500 {
        assert!(child.try_wait().expect("a child").is_none(), "it ended by itself");
        if let Ok(mut archive) = Archive::open(&desk.path) {
            while !archive.look(100).expect("readable") {}
            // Also while it is being written, there is nothing wrong with it.
            events = archive.extent().events;
        }
        std::thread::yield_now();
    }
    child.kill().expect("killed");
    child.wait().expect("gone");
    let read = stream(&desk.bytes()).expect("a recording");
    assert!(read.taken.len() as u64 >= events && told.starts_with(&read.taken));
    assert!(read.damage.is_none(), "{:?}", read.damage);
}
