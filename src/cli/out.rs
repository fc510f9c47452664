//! Standard output and error of a command, whose readers may go away.
//!
//! In: what a command says. Out: the same, until `gonogo themes | head -1` has its line: what comes after a closed pipe is
//! left out without a word, and the command ends as it would have. Its exit code is about the rollout, not about the
//! reader: a kill that was read back is done, whoever stopped listening. A full disk is still an error of the output;
//! nothing that cannot be said on standard error keeps a command from what it is for.

use std::io::{self, ErrorKind, Write};

/// Where a command writes to.
#[derive(Debug)]
pub struct Output<W> {
    to: W,
    /// Whether any fault of it is borne in silence, not only that nobody reads.
    is_lenient: bool,
    /// Whether nobody reads any more.
    is_over: bool,
}

/// Standard output.
pub fn stdout() -> Output<io::Stdout> {
    Output { to: io::stdout(), is_lenient: false, is_over: false }
}

/// Standard error: when it fails, nobody is left to tell.
pub fn stderr() -> Output<io::Stderr> {
    Output { to: io::stderr(), is_lenient: true, is_over: false }
}

impl<W> Output<W> {
    /// What came of it; `instead` where nobody reads.
    fn bear<T>(&mut self, came: io::Result<T>, instead: T) -> io::Result<T> {
        match came {
            // The writer tries it again.
            Err(cause) if cause.kind() == ErrorKind::Interrupted => Err(cause),
            Err(cause) if self.is_lenient || cause.kind() == ErrorKind::BrokenPipe => {
                self.is_over = true;
                Ok(instead)
            }
            came => came,
        }
    }
}

impl<W: Write> Write for Output<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.is_over {
            return Ok(bytes.len());
        }
        let came = self.to.write(bytes);
        self.bear(came, bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.is_over {
            return Ok(());
        }
        let came = self.to.flush();
        self.bear(came, ())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes one write, and fails from then on.
    struct Once(Vec<u8>, ErrorKind);

    impl Write for Once {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if self.0.is_empty() { self.0.write(bytes) } else { Err(self.1.into()) }
        }

        fn flush(&mut self) -> io::Result<()> {
            Err(self.1.into())
        }
    }

    fn output(fault: ErrorKind, is_lenient: bool) -> Output<Once> {
        Output { to: Once(Vec::new(), fault), is_lenient, is_over: false }
    }

    #[test]
    fn what_nobody_reads_is_left_out_and_is_no_fault() {
        let mut out = output(ErrorKind::BrokenPipe, false);
        for line in ["one", "two", "three"] {
            writeln!(out, "{line}").unwrap();
        }
        out.flush().unwrap();
        assert_eq!(out.to.0, b"one");
    }

    #[test]
    fn a_full_disk_is_a_fault_of_the_output_and_none_of_what_is_said_beside_it() {
        for (is_lenient, is_borne) in [(false, false), (true, true)] {
            let mut out = output(ErrorKind::StorageFull, is_lenient);
            out.write_all(b"one").unwrap();
            assert_eq!(out.write_all(b"two").is_ok(), is_borne);
            assert_eq!(out.flush().is_ok(), is_borne);
        }
    }
}
