//! The lock of a journal file: one writer at a time, over processes.

use std::fs::{File, TryLockError};
use std::path::Path;
use std::time::Duration;

use super::JournalError;

/// How long to wait for another writer. A write takes a millisecond, on a bad disk a second; a
/// process that was stopped in the middle must not hold up a kill for longer.
const PATIENCE: Duration = Duration::from_secs(2);

/// How often to ask.
const STEP: Duration = Duration::from_millis(5);

/// The lock; it is given back on drop.
pub(super) struct Locked<'a>(&'a File);

impl Drop for Locked<'_> {
    fn drop(&mut self) {
        // The system takes it back with the descriptor at the latest.
        let _ = self.0.unlock();
    }
}

/// Takes the lock.
pub(super) fn lock<'a>(file: &'a File, path: &Path) -> Result<Locked<'a>, JournalError> {
    let mut waited = Duration::ZERO;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(Locked(file)),
            Err(TryLockError::WouldBlock) if waited < PATIENCE => {
                std::thread::sleep(STEP);
                waited += STEP;
            }
            Err(TryLockError::WouldBlock) => {
                return Err(JournalError::Busy { path: path.to_owned(), seconds: PATIENCE.as_secs() });
            }
            // Some network file systems have no locks: one line at a time is appended whole even so.
            Err(TryLockError::Error(cause)) if cause.kind() == std::io::ErrorKind::Unsupported => {
                return Ok(Locked(file));
            }
            Err(TryLockError::Error(cause)) => return Err(JournalError::io("lock", path, cause)),
        }
    }
}
