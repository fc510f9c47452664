//! The new document beside the old one, before it takes its place.
//!
//! In: the old one's path and properties, and the new bytes. Out: a file of another name in the same folder, whole and
//! on the disk, with the old one's mode and owner. If it never takes the place, it is removed.
//!
//! Each has a name of its own: two writers that do not know of each other must not write into one file. What a killed
//! process left behind is removed by a later one, once it is old enough to be nobody's.
//!
//! It must never be put in place before it is whole.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// How much older than ours a leftover must be, by the file system's own clock, in seconds: no swap takes that long.
const LEFTOVER_S: i64 = 60;

/// How much later a change must be to be seen as one: file systems with coarse clocks count in milliseconds.
const TICK: Duration = Duration::from_millis(1);

/// The most leftovers that are removed at once: each is a killed process, so there are hardly any.
const MAX_LEFTOVERS: usize = 100;

/// What its name adds to the document's.
const MARK: &str = ".gonogo-";

/// A file that is not in its place yet.
#[derive(Debug)]
pub(super) struct Aside {
    path: PathBuf,
    placed: bool,
}

impl Aside {
    /// Writes it beside `real`, with the mode and owner of `old`.
    ///
    /// # Errors
    /// The operation and its cause; nothing is left behind then.
    pub(super) fn write(
        real: &Path,
        old: &Metadata,
        bytes: &[u8],
    ) -> Result<Self, (&'static str, io::Error)> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let nameless = || ("make a file beside", io::Error::other("it has no name"));
        let name = real.file_name().ok_or_else(nameless)?.to_string_lossy().into_owned();
        let prefix = format!(".{name}{MARK}");
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = real.with_file_name(format!("{prefix}{}-{number}", std::process::id()));
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&path)
            .map_err(|cause| ("make a file beside", cause))?;
        let aside = Self { path, placed: false };
        keep_owner(&file, old).map_err(|cause| ("keep the owner of", cause))?;
        file.set_permissions(old.permissions()).map_err(|cause| ("keep the mode of", cause))?;
        file.write_all(bytes)
            .and_then(|()| file.sync_all())
            .map_err(|cause| ("write a file beside", cause))?;
        make_later(&file, old).map_err(|cause| ("keep the time of", cause))?;
        sweep(real, &prefix, &file);
        Ok(aside)
    }

    /// Gives it the old one's name: from then on everybody reads it.
    pub(super) fn put_in_place_of(mut self, real: &Path) -> io::Result<()> {
        fs::rename(&self.path, real)?;
        self.placed = true;
        Ok(())
    }
}

impl Drop for Aside {
    fn drop(&mut self) {
        if !self.placed {
            // It stays behind at worst; a later one removes it.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Keeps owner and group, or at least who may read it.
fn keep_owner(file: &File, old: &Metadata) -> io::Result<()> {
    let ours = file.metadata()?;
    if (ours.uid(), ours.gid()) == (old.uid(), old.gid())
        || fchown(file, Some(old.uid()), Some(old.gid())).is_ok()
    {
        return Ok(());
    }
    // Only root may give a file away; a group of ours we may give it to.
    let group_kept = ours.gid() == old.gid() || fchown(file, None, Some(old.gid())).is_ok();
    let readable_by_all = old.permissions().mode() & 0o004 != 0;
    let readable_by_group = group_kept && old.permissions().mode() & 0o040 != 0;
    if readable_by_all || readable_by_group {
        return Ok(());
    }
    Err(io::Error::new(
        io::ErrorKind::PermissionDenied,
        format!("it belongs to user {}, and whoever reads it now could not any more", old.uid()),
    ))
}

/// Makes its time of change later than the old one's: who looks at a file from time to time (flagd does) takes only that
/// for a change, and two writes within one tick of the file system's clock, or a clock that was set back, would hide ours.
fn make_later(file: &File, old: &Metadata) -> io::Result<()> {
    let before = old.modified()?;
    if file.metadata()?.modified()? <= before {
        file.set_modified(before + TICK)?;
    }
    Ok(())
}

/// Removes what killed processes left behind; what cannot be removed stays.
fn sweep(real: &Path, prefix: &str, ours: &File) {
    let (Some(folder), Ok(ours)) = (real.parent(), ours.metadata()) else { return };
    let Ok(entries) = fs::read_dir(folder) else { return };
    let leftovers = entries.filter_map(Result::ok).filter(|entry| {
        entry.file_name().to_string_lossy().starts_with(prefix)
            && entry.metadata().is_ok_and(|old| old.is_file() && ours.mtime() - old.mtime() > LEFTOVER_S)
    });
    for leftover in leftovers.take(MAX_LEFTOVERS) {
        let _ = fs::remove_file(leftover.path());
    }
}
