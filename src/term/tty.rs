//! The terminal's file, for the thread that writes to it.
//!
//! In: bytes. Out: the same bytes on the terminal, however long that takes. Whoever shares the terminal with us (the shell,
//! a program before us that did not clean up) may have made it non-blocking, for the setting belongs to the open file and
//! not to a process. A terminal that is slow would then look like one that is broken.

use std::fs::File;
use std::io::{self, ErrorKind, Write};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;

/// A terminal that is waited for.
#[derive(Debug)]
pub(super) struct Tty(pub File);

impl Tty {
    /// Waits until the terminal takes something, or is gone.
    fn wait(&self) -> io::Result<()> {
        loop {
            match poll(&mut [PollFd::new(&self.0, PollFlags::OUT)], None) {
                Err(Errno::INTR) => {}
                ready => return Ok(ready.map(drop)?),
            }
        }
    }
}

impl Write for Tty {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        loop {
            match self.0.write(bytes) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => self.wait()?,
                written => return written,
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        // Files have no buffer of their own.
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, pipe};
    use std::os::fd::OwnedFd;
    use std::thread;

    use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};

    use super::*;

    #[test]
    fn a_slow_terminal_that_somebody_made_non_blocking_is_waited_for() {
        let (mut slow, ours) = pipe().unwrap();
        let flags = fcntl_getfl(&ours).unwrap();
        fcntl_setfl(&ours, flags | OFlags::NONBLOCK).unwrap();
        // More than a pipe holds.
        let frame = vec![b'x'; 1_000_000];
        let length = frame.len();
        let writer = thread::spawn(move || Tty(File::from(OwnedFd::from(ours))).write_all(&frame));
        let mut taken = Vec::new();
        slow.read_to_end(&mut taken).unwrap();
        writer.join().unwrap().unwrap();
        assert_eq!(taken.len(), length);
    }
}
