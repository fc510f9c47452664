//! Changing flags: a connection of its own, so that a kill never queues behind anything.
//!
//! In: [`Set`] requests. Out: the server's [`Answer`], or [`Lost`] when there was none in time: then
//! nobody knows whether it was stored, and repeating it with the same id is harmless.
//!
//! ```text
//!  request ─┬─ standing connection, if `run` has one ──┐ no answer in time, or it broke:
//!           └─ a new connection for this request ◀─────┘ the same id again, until the deadline
//! ```
//!
//! [`Control::run`] keeps the standing connection, so that a kill costs one frame and no handshake.
//! Without it, as in a one-shot verb, each request opens its own. It never waits for a back-off that
//! was meant for idle times.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep, timeout, timeout_at};

use super::codec;
use super::greeting::{self, Lost, Want, greet};
use super::message::{Ack, FromClient, FromServer, Refused, Set};
use super::problems::Problems;
use super::settings::Endpoint;
use super::stream::OpaqueId;
use crate::net::Backoff;
use crate::net::websocket::{Frame, Socket};

/// The most requests that wait for an answer on one connection: a kill of every segment and platform
/// of a large rollout at once, with room for retries.
const MAX_PENDING: usize = 256;

/// The first wait between two attempts of one request, and the longest.
const RETRY: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(1));

/// What a server answers to a `set`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// It is stored; the state after it.
    Ack(Ack),
    /// Nothing was changed; the present state.
    Refused(Refused),
}

#[derive(Debug)]
pub(super) struct Order {
    id: OpaqueId,
    frame: String,
    answer: oneshot::Sender<Answer>,
}

/// The means to change flags at one endpoint.
#[derive(Debug)]
pub struct Control {
    endpoint: Endpoint,
    /// The way into the standing connection, while there is one.
    standing: Mutex<Option<mpsc::Sender<Order>>>,
}

impl Control {
    /// A control; connects when it is run or asked.
    #[must_use]
    pub const fn new(endpoint: Endpoint) -> Self {
        Self { endpoint, standing: Mutex::new(None) }
    }

    /// Keeps a connection standing, for ever; to be polled beside the subscription. It reports nothing:
    /// the subscription to the same server tells how the link is.
    pub async fn run(&self) {
        let mut backoff = self.endpoint.timing.backoff.clone();
        loop {
            let greeted = greet(&self.endpoint, &Want::default(), None, &mut Problems::default()).await;
            if let Ok((socket, _)) = greeted {
                let since = Instant::now();
                let (way_in, orders) = mpsc::channel(MAX_PENDING);
                let _announced = Announced::new(&self.standing, way_in);
                let _ = serve(socket, orders).await;
                backoff.lived(since.elapsed());
            }
            sleep(backoff.next(rand::random())).await;
        }
    }

    /// Sends a `set` and waits for its answer, over as many connections as it takes.
    ///
    /// # Errors
    /// [`Lost`] when there was no answer `within` the time: it may or may not have been stored.
    pub async fn request(&self, set: &Set, within: Duration) -> Result<Answer, Lost> {
        let deadline = Instant::now() + within;
        let mut last = Lost::again(&format!("{} did not answer in time", self.endpoint.shown()));
        let mut backoff = Backoff::new(RETRY.0, RETRY.1, Duration::MAX);
        while Instant::now() < deadline {
            let ask = async {
                match self.ask_standing(set).await {
                    Some(answer) => Ok(answer),
                    None => self.ask_anew(set).await,
                }
            };
            match timeout_at(deadline, ask).await {
                Ok(Ok(answer)) => return Ok(answer),
                Ok(Err(lost)) if lost.is_final => return Err(lost),
                Ok(Err(lost)) => last = lost,
                Err(_) => break,
            }
            let _ = timeout_at(deadline, sleep(backoff.next(rand::random()))).await;
        }
        Err(last)
    }

    /// `None`: there is no standing connection, or it gave no answer in time.
    async fn ask_standing(&self, set: &Set) -> Option<Answer> {
        let sender = self.standing()?;
        let (answer, answered) = oneshot::channel();
        let order = Order { id: set.id.clone(), frame: frame_of(set), answer };
        sender.try_send(order).ok()?;
        timeout(self.endpoint.timing.answer, answered).await.ok()?.ok()
    }

    pub(super) fn standing(&self) -> Option<mpsc::Sender<Order>> {
        self.standing.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn ask_anew(&self, set: &Set) -> Result<Answer, Lost> {
        let (mut socket, _) = greet(&self.endpoint, &Want::default(), None, &mut Problems::default()).await?;
        socket.send(frame_of(set)).await?;
        loop {
            let Frame::Text(frame) = socket.receive().await? else { continue };
            if let Some(answer) = answer_in(&frame, socket.url())?
                && *answer.id() == set.id
            {
                socket.close().await;
                return Ok(answer);
            }
        }
    }
}

impl Answer {
    /// The id of the `set` that is answered.
    #[must_use]
    pub const fn id(&self) -> &OpaqueId {
        match self {
            Self::Ack(ack) => &ack.id,
            Self::Refused(refused) => &refused.id,
        }
    }
}

/// Announces a standing connection for as long as it lives.
struct Announced<'c>(&'c Mutex<Option<mpsc::Sender<Order>>>);

impl<'c> Announced<'c> {
    fn new(slot: &'c Mutex<Option<mpsc::Sender<Order>>>, way_in: mpsc::Sender<Order>) -> Self {
        *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(way_in);
        Self(slot)
    }
}

impl Drop for Announced<'_> {
    fn drop(&mut self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

/// Sends orders and hands out answers until the connection ends; what is then unanswered learns it
/// by the dropped sender.
async fn serve(mut socket: Socket, mut orders: mpsc::Receiver<Order>) -> Result<(), Lost> {
    let mut pending: BTreeMap<OpaqueId, oneshot::Sender<Answer>> = BTreeMap::new();
    loop {
        tokio::select! {
            biased;
            Some(order) = orders.recv() => {
                pending.retain(|_, waiting| !waiting.is_closed());
                if pending.len() < MAX_PENDING {
                    pending.insert(order.id, order.answer);
                    socket.send(order.frame).await?;
                }
            }
            frame = socket.receive() => {
                if let Frame::Text(frame) = frame?
                    && let Some(answer) = answer_in(&frame, socket.url())?
                    && let Some(waiting) = pending.remove(answer.id())
                {
                    // Nobody waits any more: the request went another way.
                    let _ = waiting.send(answer);
                }
            }
        }
    }
}

/// The answer in a frame; `None` for anything that does not concern a `set`.
fn answer_in(frame: &str, url: &str) -> Result<Option<Answer>, Lost> {
    match codec::read_server(frame).map(|read| read.message) {
        Ok(FromServer::Ack(ack)) => Ok(Some(Answer::Ack(ack))),
        Ok(FromServer::Refused(refused)) => Ok(Some(Answer::Refused(refused))),
        Ok(FromServer::Bye(bye)) => Err(greeting::goodbye(url, &bye.reason)),
        Ok(FromServer::Error(failure)) if failure.code.is_final() => {
            Err(greeting::complaint(url, failure.code, &failure.message))
        }
        _ => Ok(None),
    }
}

fn frame_of(set: &Set) -> String {
    codec::write(&FromClient::Set(set.clone()))
}
