//! The scribe: writes the journal in a thread of its own.
//!
//! In: records. Out: for each, word that it is on the disk, or why not. A slow disk holds the thread,
//! never the loop; whoever must know that a line is written waits for the answer as long as they like.

use std::sync::mpsc as std_mpsc;

use tokio::sync::oneshot;

use crate::domain::{Text, Timestamp};
use crate::effect::Record;

/// Lines that may wait for the disk: minutes of a launch.
const QUEUE: usize = 1024;

/// Where lines are kept for good.
pub trait Ledger: Send + 'static {
    /// Writes a line and returns when it is on the disk.
    ///
    /// # Errors
    /// Why not, with path and cause.
    fn append(&mut self, at: Timestamp, record: &Record) -> Result<(), Text>;

    /// Lines that other processes wrote since the last look.
    ///
    /// # Errors
    /// Why they cannot be read.
    fn foreign(&mut self) -> Result<Vec<(Timestamp, Record)>, Text>;
}

enum Order {
    Append(Timestamp, Box<Record>, oneshot::Sender<Result<(), Text>>),
    Look(oneshot::Sender<Result<Vec<(Timestamp, Record)>, Text>>),
    Finish(oneshot::Sender<()>),
}

/// The way to the thread. Copies lead to the same one; it ends when the last copy is gone.
#[derive(Debug, Clone)]
pub struct Scribe {
    orders: std_mpsc::SyncSender<Order>,
}

/// The answer when the thread is gone or has too much to do.
fn behind() -> Text {
    Text::new("cannot write the journal: the disk does not keep up")
}

impl Scribe {
    /// Starts the thread.
    ///
    /// # Errors
    /// If the system gives no thread.
    pub fn start(mut ledger: impl Ledger) -> std::io::Result<Self> {
        let (orders, todo) = std_mpsc::sync_channel(QUEUE);
        std::thread::Builder::new().name("journal".into()).spawn(move || {
            for order in todo {
                // Whoever asked may have stopped waiting; the line is written all the same.
                match order {
                    Order::Append(at, record, answer) => drop(answer.send(ledger.append(at, &record))),
                    Order::Look(answer) => drop(answer.send(ledger.foreign())),
                    Order::Finish(answer) => drop(answer.send(())),
                }
            }
        })?;
        Ok(Self { orders })
    }

    /// Has a line written. The line is on its way when this returns; the future tells when it is on the disk.
    pub fn write(
        &self,
        at: Timestamp,
        record: Record,
    ) -> impl Future<Output = Result<(), Text>> + Send + 'static {
        let (answer, written) = oneshot::channel();
        let order = Order::Append(at, Box::new(record), answer);
        let sent = self.orders.try_send(order).is_ok();
        async move { if sent { written.await.unwrap_or_else(|_| Err(behind())) } else { Err(behind()) } }
    }

    /// Waits until every line that was handed in before is on the disk, or could not be written.
    pub async fn finish(&self) {
        let (answer, finished) = oneshot::channel();
        if self.orders.try_send(Order::Finish(answer)).is_ok() {
            let _ = finished.await;
        }
    }

    /// Lines that other processes wrote since the last look.
    ///
    /// # Errors
    /// Why they cannot be read.
    pub async fn foreign(&self) -> Result<Vec<(Timestamp, Record)>, Text> {
        let (answer, found) = oneshot::channel();
        if self.orders.try_send(Order::Look(answer)).is_err() {
            return Err(behind());
        }
        found.await.unwrap_or_else(|_| Err(behind()))
    }
}
