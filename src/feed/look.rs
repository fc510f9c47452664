//! One look: connect, read the snapshot of what is wanted, go.
//!
//! In: an [`Endpoint`] and a [`Want`]. Out: a [`View`], for `check`, for one-shot verbs and for
//! reading a flag once. It does not try again; the caller knows whether that is worth it.

use std::collections::BTreeSet;

use tokio::time::timeout;

use super::codec;
use super::greeting::{self, Lost, Want, greet};
use super::message::{FromServer, ServerHello};
use super::problems::Problems;
use super::settings::Endpoint;
use super::stream::Stream;
use crate::net::websocket::Frame;

/// The most messages of a snapshot that are kept: 100 metrics in 200 segments.
const MAX_VIEW: usize = 20_000;

/// What one look showed.
#[derive(Debug, Clone, PartialEq)]
pub struct View {
    /// How the server introduced itself.
    pub hello: ServerHello,
    /// The data messages of the snapshot, at most 20,000 of them.
    pub messages: Vec<FromServer>,
}

/// Looks once.
///
/// # Errors
/// [`Lost`] when the server cannot be reached, or its snapshot is not complete in time.
pub async fn look(endpoint: &Endpoint, want: &Want) -> Result<View, Lost> {
    let (mut socket, hello) = greet(endpoint, want, None, &mut Problems::default()).await?;
    let mut due: BTreeSet<Stream> = want.streams().collect();
    let mut messages = Vec::new();
    let read = async {
        while !due.is_empty() {
            let Frame::Text(frame) = socket.receive().await? else { continue };
            let Ok(read) = codec::read_server(&frame) else { continue };
            match read.message {
                FromServer::SnapshotEnd(end) => due.retain(|stream| !end.seq.contains_key(stream)),
                FromServer::Bye(bye) => return Err(greeting::goodbye(socket.url(), &bye.reason)),
                FromServer::Error(failure) if failure.code.is_final() => {
                    return Err(greeting::complaint(socket.url(), failure.code, &failure.message));
                }
                message => {
                    let wanted = message.position().is_some_and(|(stream, _)| due.contains(&stream));
                    if wanted && messages.len() < MAX_VIEW {
                        messages.push(message);
                    }
                }
            }
        }
        Ok(())
    };
    match timeout(endpoint.timing.snapshot, read).await {
        Ok(done) => done?,
        Err(_) => {
            let cause = format!("{} did not complete its snapshot in time", endpoint.shown());
            return Err(Lost::again(&cause));
        }
    }
    socket.close().await;
    Ok(View { hello, messages })
}
