//! The guard's log: a thread of its own that writes lines, and never holds whoever hands them in.
//!
//! In: [`Line`]s. Out: the same, one after the other, on standard output.
//!
//! Standard output may be slow (a stalled pipe) or gone (a closed one). Neither may hold a kill, and neither ends the
//! guard: lines that find no place are counted, and the count is written as soon as something can be written again.
//! When the reader is gone for good, that is said once on standard error; the journal goes on.

use std::io::{ErrorKind, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;

use tokio::sync::{Notify, oneshot};
use tokio::time::{Instant, sleep};

use super::line::{Format, Kind, Line, Paper};
use crate::domain::text::thousands;
use crate::domain::{RolloutName, Timestamp};
use crate::runtime::clock::Clock;

/// Lines that may wait: eight times what a timeline holds, so that no rollout's worst minute is cut short.
const QUEUE: usize = 4096;
/// How long to wait between two attempts to have the last line written.
const STEP: Duration = Duration::from_millis(5);

enum Order {
    Write(Box<Line>),
    Call(Vec<u8>),
    Finish(oneshot::Sender<()>),
}

/// The way to the thread. Copies lead to the same one.
#[derive(Debug, Clone)]
pub struct Log {
    orders: SyncSender<Order>,
    dropped: Arc<AtomicU64>,
    gone: Arc<Notify>,
    clock: Clock,
}

impl Log {
    /// Starts the thread.
    ///
    /// # Errors
    /// If the system gives no thread.
    pub fn start(format: Format, out: impl Write + Send + 'static, clock: Clock) -> std::io::Result<Self> {
        let (orders, todo) = sync_channel(QUEUE);
        let dropped = Arc::new(AtomicU64::new(0));
        let gone = Arc::new(Notify::new());
        let writer = Writer {
            paper: Paper::new(out, format),
            dropped: Arc::clone(&dropped),
            told: 0,
            is_closed: false,
            gone: Arc::clone(&gone),
        };
        std::thread::Builder::new().name("log".into()).spawn(move || writer.run(&todo))?;
        Ok(Self { orders, dropped, gone, clock })
    }

    /// Hands a line in; never waits.
    pub fn tell(&self, line: Line) {
        let line = Line { at: self.clock.now(), ..line };
        if self.orders.try_send(Order::Write(Box::new(line))).is_err() {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Says something here and now.
    pub fn say(&self, rollout: Option<&RolloutName>, kind: Kind, text: impl AsRef<str>) {
        self.tell(Line::new(rollout, kind, text));
    }

    /// Rings, behind the lines that wait. Only for a log that goes to a terminal; where lines are dropped, nobody hears it.
    pub fn call(&self, words: Vec<u8>) {
        let _ = self.orders.try_send(Order::Call(words));
    }

    /// Waits until nobody reads any more. For one waiter.
    pub async fn closed(&self) {
        self.gone.notified().await;
    }

    /// Waits until everything that was handed in is written, at most `patience`. Returns whether it is.
    pub async fn finish(&self, patience: Duration) -> bool {
        let until = Instant::now() + patience;
        let (answer, finished) = oneshot::channel();
        let mut order = Order::Finish(answer);
        while let Err(refused) = self.orders.try_send(order) {
            order = match refused {
                std::sync::mpsc::TrySendError::Full(order) if Instant::now() < until => order,
                _ => return false,
            };
            sleep(STEP).await;
        }
        tokio::time::timeout_at(until, finished).await.is_ok_and(|finished| finished.is_ok())
    }
}

struct Writer<W> {
    paper: Paper<W>,
    dropped: Arc<AtomicU64>,
    /// How many of the dropped lines were told of.
    told: u64,
    is_closed: bool,
    gone: Arc<Notify>,
}

impl<W: Write> Writer<W> {
    fn run(mut self, todo: &Receiver<Order>) {
        for order in todo {
            match order {
                Order::Write(line) => {
                    self.tell_dropped(line.at);
                    self.put(&line);
                }
                // A line says the same, and whether it could be written.
                Order::Call(words) => {
                    let _ = self.paper.call(&words);
                }
                Order::Finish(answer) => {
                    // Whoever asked may have stopped waiting.
                    let _ = answer.send(());
                }
            }
        }
    }

    /// What could not be written is said before the next line.
    fn tell_dropped(&mut self, at: Timestamp) {
        let dropped = self.dropped.load(Ordering::Relaxed);
        let new = dropped - self.told;
        if new > 0 {
            let text = format!("{} lines were dropped: standard output did not keep up", thousands(new));
            if self.put(&Line { at, ..Line::new(None, Kind::Log, text) }) {
                self.told = dropped;
            }
        }
    }

    /// Writes a line; returns whether it is written. One that is not is counted.
    fn put(&mut self, line: &Line) -> bool {
        if self.is_closed {
            return false;
        }
        let Err(cause) = self.paper.put(line) else { return true };
        if line.kind != Kind::Log {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
        if cause.kind() == ErrorKind::BrokenPipe {
            self.is_closed = true;
            self.gone.notify_one();
            // Who reads plain lines and has read enough, as `head` does, knows it.
            if self.paper.format() == Format::Plain {
                return false;
            }
            // Nobody is left to tell when standard error is closed as well.
            let _ = writeln!(
                std::io::stderr(),
                "gonogo: nobody reads standard output any more: no log from here on. The rollouts are guarded all \
                 the same, and the journal is written."
            );
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::mpsc::{Receiver, Sender, channel};

    use super::*;

    /// An output that takes a line only when it is told to, with an error if told so.
    struct Pipe(Receiver<Option<ErrorKind>>, Sender<String>);

    impl Write for Pipe {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if let Some(kind) = self.0.recv().map_err(|_| ErrorKind::BrokenPipe)? {
                return Err(kind.into());
            }
            let _ = self.1.send(String::from_utf8_lossy(bytes).into_owned());
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn piped() -> (Log, Sender<Option<ErrorKind>>, Receiver<String>) {
        let (allow, allowed) = channel();
        let (sender, written) = channel();
        let clock = Clock::starting_at(Timestamp(0));
        (Log::start(Format::Text, Pipe(allowed, sender), clock).expect("a thread"), allow, written)
    }

    #[tokio::test]
    async fn a_stalled_output_holds_nobody_and_what_is_dropped_is_counted() {
        let (log, allow, written) = piped();
        // One line is in the hands of the writer at most; all others find no place.
        for n in 0..QUEUE + 100 {
            log.say(None, Kind::Log, format!("line {n}"));
        }
        assert!(!log.finish(Duration::from_millis(20)).await, "nothing can be written yet");
        for _ in 0..QUEUE + 200 {
            allow.send(None).expect("the writer lives");
        }
        assert!(log.finish(Duration::from_secs(20)).await);
        log.say(None, Kind::Log, "last");
        assert!(log.finish(Duration::from_secs(20)).await);
        let lines: Vec<String> = written.try_iter().collect();
        let said: u64 = lines
            .iter()
            .filter_map(|line| {
                line.split_once(" lines were dropped")?.0.rsplit(' ').next()?.parse::<u64>().ok()
            })
            .sum();
        let kept = lines.iter().filter(|line| line.contains(" line ")).count() as u64;
        assert_eq!(kept + said, QUEUE as u64 + 100, "{said} said, {kept} written");
        assert!(said >= 99, "{said}");
        assert!(lines.last().is_some_and(|line| line.contains("last")));
    }

    #[tokio::test]
    async fn a_full_disk_is_survived_and_a_closed_pipe_ends_the_writing_only() {
        let (log, allow, written) = piped();
        let say = |text: &str| log.say(None, Kind::Start, text);
        say("one");
        allow.send(Some(ErrorKind::StorageFull)).expect("the writer lives");
        say("two");
        allow.send(None).expect("the writer lives");
        allow.send(None).expect("the writer lives");
        assert!(log.finish(Duration::from_secs(20)).await);
        let lines: Vec<String> = written.try_iter().collect();
        assert!(
            matches!(&lines[..], [dropped, two] if dropped.contains("1 lines were dropped") && two.contains("two"))
        );
        say("three");
        allow.send(Some(ErrorKind::BrokenPipe)).expect("the writer lives");
        say("four");
        assert!(log.finish(Duration::from_secs(20)).await, "nothing waits for a closed pipe");
        assert_eq!(written.try_iter().count(), 0);
    }
}
