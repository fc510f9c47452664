//! Many rollout files: what `watch` and `guard` share.
//!
//! In: what was named on the command line, files and folders. Out: all of them read and checked, before anything is
//! connected; or every fault of all of them at once.
//!
//! A folder stands for the `*.toml` directly in it, in the order of their names. Hidden files, other endings and folders
//! in it are left out. What does end in `.toml` must be a rollout file: a rollout that is left out because of a typing
//! error would be watched by nobody. A file that is named twice is one.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use super::record::Recordings;
use super::{Failure, open};
use crate::backends::Rights;
use crate::config::rollout_file::{self, RolloutFile};
use crate::engine::Autopilot;
use crate::runtime::service::post::Post;
use crate::runtime::session::Adapters;

/// The ending of a rollout file in a folder.
const ENDING: &str = "toml";

/// For whom the files are read: it is said in what goes wrong.
#[derive(Debug, Clone, Copy)]
pub struct Purpose {
    /// The command, as in "cannot guard 200 rollouts".
    pub verb: &'static str,
    /// Most rollouts of one process.
    pub most: usize,
    /// What to do with more than that.
    pub remedy: &'static str,
}

/// Reads and checks all files that are named, and those in the folders that are named. Each rollout comes once.
///
/// # Errors
/// With every fault of every file: unreadable, no rollout file, settings that cannot work, two files of one rollout; and
/// when there is none, or too many, or more than one for one recording.
pub fn read_all(
    named: &[PathBuf],
    rights: Rights,
    purpose: Purpose,
    recordings: &Recordings,
) -> Result<Vec<RolloutFile>, Failure> {
    let (paths, mut faults) = find(named);
    let (count, most) = (paths.len(), purpose.most);
    if count > most {
        let (verb, remedy) = (purpose.verb, purpose.remedy);
        return Err(Failure::usage(format!(
            "cannot {verb} {count} rollouts in one process: {most} at most\nhint: {remedy}"
        )));
    }
    check_recordings(recordings, count)?;
    let mut files: Vec<(PathBuf, RolloutFile)> = Vec::new();
    for path in paths {
        let file = match rollout_file::load(&path) {
            Ok(file) => file,
            Err(error) => {
                faults.push(error.to_string());
                continue;
            }
        };
        if let Err(error) = Adapters::build(&file, rights) {
            faults.push(format!("{}: {error}", path.display()));
        }
        let name = &file.rollout.name;
        if let Some((other, _)) = files.iter().find(|(_, known)| known.rollout.name == *name) {
            let (path, other) = (path.display(), other.display());
            let hint = "hint: one file for each rollout";
            faults.push(format!("{path}: {name} is in another file, too: {other}\n{hint}"));
        }
        files.push((path, file));
    }
    if !faults.is_empty() {
        return Err(Failure::usage(faults.join("\n")));
    }
    Ok(files.into_iter().map(|(_, file)| file).collect())
}

/// Refuses one file for the recordings of several rollouts.
///
/// # Errors
/// When there is more than one rollout, and all would be recorded into one file.
pub fn check_recordings(recordings: &Recordings, rollouts: usize) -> Result<(), Failure> {
    if recordings.is_one_file() && rollouts > 1 {
        return Err(Failure::usage(
            "--record takes one rollout, unless it names a folder\nhint: name a folder that is there, and each rollout gets a file of its own in it",
        ));
    }
    Ok(())
}

/// How to open the session of each; each may be opened again.
pub fn posts(
    files: Vec<RolloutFile>,
    state_dir: Option<&Path>,
    (rights, autopilot): (Rights, Autopilot),
    recordings: &Recordings,
) -> Vec<Post> {
    let post = |file: RolloutFile| {
        let (state_dir, recordings) = (state_dir.map(Path::to_owned), recordings.clone());
        let is_first = AtomicBool::new(true);
        Post {
            rollout: file.rollout.name.clone(),
            open: Arc::new(move || {
                // A session that had to be opened again is not recorded into the same file: it is there already.
                let is_again = !is_first.swap(false, Ordering::SeqCst) && recordings.is_one_file();
                let recordings = if is_again { Recordings::default() } else { recordings.clone() };
                let state_dir = state_dir.as_deref();
                open::open(file.clone(), state_dir, rights, autopilot, Some(&recordings))
                    .map_err(Failure::into_message)
            }),
        }
    };
    files.into_iter().map(post).collect()
}

/// Files and connections that a rollout may have open at once: journal, recording, and half a dozen sources that are
/// connected anew.
const OPEN_FILES: u64 = 16;

/// Asks the system for as many open files as so many rollouts may need: many shells allow 1,024. What is not given is said
/// by the source that finds no place.
pub fn make_room_for_connections(rollouts: usize) {
    let limit = getrlimit(Resource::Nofile);
    let wanted = OPEN_FILES.saturating_mul(rollouts as u64).saturating_add(256);
    let wanted = limit.maximum.map_or(wanted, |most| wanted.min(most));
    if limit.current.is_some_and(|current| current < wanted) {
        let more = Rlimit { current: Some(wanted), maximum: limit.maximum };
        // It goes on with what there is.
        let _ = setrlimit(Resource::Nofile, more);
    }
}

/// The files that are meant, in the order in which they were named, and what is wrong with the folders.
fn find(named: &[PathBuf]) -> (Vec<PathBuf>, Vec<String>) {
    let (mut found, mut faults, mut known) = (Vec::new(), Vec::new(), BTreeSet::new());
    for path in named {
        let files = if path.is_dir() {
            match list(path) {
                Ok(files) if files.is_empty() => {
                    let path = path.display();
                    faults.push(format!("{path}: there is no *.{ENDING} in this folder\nhint: name the files, or the folder that they are in"));
                    continue;
                }
                Ok(files) => files,
                Err(cause) => {
                    faults.push(format!("cannot read the folder {}: {cause}", path.display()));
                    continue;
                }
            }
        } else {
            vec![path.clone()]
        };
        for file in files {
            // What cannot be resolved is said by whoever reads it.
            if known.insert(file.canonicalize().unwrap_or_else(|_| file.clone())) {
                found.push(file);
            }
        }
    }
    (found, faults)
}

/// The rollout files of a folder, in the order of their names.
fn list(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let is_hidden = path.file_name().is_none_or(|name| name.to_string_lossy().starts_with('.'));
        if !is_hidden && path.extension().is_some_and(|ending| ending == ENDING) && !path.is_dir() {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rollout(name: &str) -> String {
        format!(
            "name = \"{name}\"\n[[platforms]]\nname = \"web\"\nflag = \"{name}\"\n\
             backend = {{ kind = \"feed\", url = \"ws://127.0.0.1:9\" }}\n[[segments]]\nname = \"free\"\n\
             [plan]\nstages = [{{ exposure = 100, bake = \"1s\", sample = 1 }}]\n"
        )
    }

    fn read(named: &[PathBuf], most: usize) -> Result<Vec<String>, String> {
        let purpose = Purpose { verb: "watch", most, remedy: "start a second one" };
        let files = read_all(named, Rights::ReadOnly, purpose, &Recordings::default())
            .map_err(Failure::into_message)?;
        Ok(files.into_iter().map(|file| file.rollout.name.to_string()).collect())
    }

    #[test]
    fn a_folder_is_its_rollout_files_by_name_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        for name in ["b", "a", "c"] {
            std::fs::write(at(&format!("{name}.toml")), rollout(name)).unwrap();
        }
        std::fs::write(at(".hidden.toml"), "not = [").unwrap();
        std::fs::write(at("notes.md"), "not = [").unwrap();
        std::fs::create_dir(at("folder.toml")).unwrap();
        let (all, b) = (folder.path().to_owned(), at("b.toml"));
        assert_eq!(
            read(std::slice::from_ref(&all), 9).as_deref(),
            Ok(["a", "b", "c"].map(String::from).as_slice())
        );
        // What is named first stays first, and comes once.
        assert_eq!(read(&[b, all], 9).as_deref(), Ok(["b", "a", "c"].map(String::from).as_slice()));
    }

    #[test]
    fn every_fault_of_every_file_is_said_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::write(at("good.toml"), rollout("one")).unwrap();
        std::fs::write(at("same.toml"), rollout("one")).unwrap();
        std::fs::write(at("wrong.toml"), "name = 5\n").unwrap();
        let empty = tempfile::tempdir().unwrap();
        let said = read(&[folder.path().into(), at("nowhere.toml"), empty.path().into()], 9).unwrap_err();
        for words in [
            "same.toml: one is in another file, too",
            "good.toml",
            "wrong.toml",
            "nowhere.toml",
            "there is no *.toml",
        ] {
            assert!(said.contains(words), "{words}: {said}");
        }
    }

    #[test]
    fn more_rollouts_than_one_process_can_have_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["a", "b", "c"] {
            std::fs::write(folder.path().join(format!("{name}.toml")), rollout(name)).unwrap();
        }
        let said = read(&[folder.path().into()], 2).unwrap_err();
        assert_eq!(said, "cannot watch 3 rollouts in one process: 2 at most\nhint: start a second one");
    }
}
