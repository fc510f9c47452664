//! One client of a server, without a socket: what it has been told, and what it asks.
//!
//! In: the client's frames, and the [`Log`]. Out: the frames to send, one at a time. It is pure; who
//! drives it sends what it gives and calls again when the log has news.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use super::PROTOCOL;
use super::codec;
use super::log::{Line, Log};
use super::message::{
    Bye, Can, ClientHello, Code, Failure, FailureCode, FromClient, FromServer, Resync, ServerHello, Snapshot,
    SnapshotEnd,
};
use super::stream::{Positions, Stream, Topic};
use crate::domain::{FlagKey, Text, Timestamp};

/// The most flags that one client may watch: a fleet view of all rollouts of a company.
const MAX_FLAGS: usize = 1000;

/// One client.
#[derive(Debug)]
pub struct Session {
    may_set: bool,
    greeted: bool,
    over: bool,
    /// The number of the last line that was sent of each wanted stream; `None`: a snapshot is due.
    places: BTreeMap<Stream, Option<u64>>,
    /// What goes out first: answers, and the lines of a snapshot.
    first: VecDeque<Line>,
}

impl Session {
    /// A client that has just connected, and whether it may change flags.
    #[must_use]
    pub fn new(may_set: bool) -> Self {
        Self { may_set, greeted: false, over: false, places: BTreeMap::new(), first: VecDeque::new() }
    }

    /// Whether the connection is to be closed, once [`Session::next`] has nothing more.
    #[must_use]
    pub const fn over(&self) -> bool {
        self.over
    }

    /// Takes a frame of the client. Returns whether the log has news by it.
    pub fn take(&mut self, log: &mut Log, frame: &str, now: Timestamp) -> bool {
        let message = match codec::read_client(frame) {
            Ok(read) => read.message,
            Err(malformed) => {
                self.fail(FailureCode::BadMessage, &malformed.to_string());
                return false;
            }
        };
        match message {
            FromClient::Hello(hello) => self.greet(log, hello, now),
            _ if !self.greeted => self.fail(FailureCode::BadMessage, "the first message must be a hello"),
            FromClient::Resync(Resync { streams }) => {
                for stream in streams {
                    if let Some(place) = self.places.get_mut(&stream) {
                        *place = None;
                    }
                }
            }
            FromClient::Set(set) => {
                let answer = if self.may_set {
                    log.apply(&set, now)
                } else {
                    log.refuse(&set, Code::ReadOnly, "this client may only look")
                };
                self.say(&answer);
                return matches!(answer, FromServer::Ack(_));
            }
        }
        false
    }

    /// The next frame to send; `None` until the log or the client has news.
    pub fn next(&mut self, log: &Log) -> Option<Line> {
        loop {
            if let Some(line) = self.first.pop_front() {
                return Some(line);
            }
            let (stream, place) =
                self.places.iter_mut().find(|(stream, place)| **place != Some(log.last(stream)))?;
            let next = place.map(|seq| log.after(stream, seq));
            match (place, next) {
                (Some(seq), Some(Ok(Some(line)))) => {
                    *seq += 1;
                    return Some(line);
                }
                (place, _) => {
                    *place = Some(log.last(stream));
                    let stream = stream.clone();
                    self.snapshot(log, stream);
                }
            }
        }
    }

    /// Says goodbye.
    pub fn bye(&mut self, reason: &str) {
        self.say(&FromServer::Bye(Bye { reason: Text::new(reason) }));
        self.over = true;
    }

    fn greet(&mut self, log: &Log, hello: ClientHello, now: Timestamp) {
        if hello.protocol != PROTOCOL {
            let message = format!("this server speaks protocol {PROTOCOL}, not {}", hello.protocol);
            self.fail(FailureCode::UnsupportedProtocol, &message);
            self.over = true;
            return;
        }
        self.greeted = true;
        let resume = hello.resume.filter(|resume| resume.epoch == log.epoch);
        let seen = |stream: &Stream| resume.as_ref().and_then(|resume| resume.seq.get(stream).copied());
        let known = |flag: &FlagKey| log.state(flag).is_some();
        let (flags, unknown): (Vec<_>, Vec<_>) = hello.flags.into_iter().take(MAX_FLAGS).partition(known);
        self.places = BTreeMap::new();
        for topic in hello.want {
            match topic {
                Topic::Flag => {
                    for flag in flags.iter().chain(&unknown) {
                        let stream = Stream::Flag(flag.clone());
                        self.places.insert(stream.clone(), seen(&stream));
                    }
                }
                Topic::Samples => drop(self.places.insert(Stream::Samples, seen(&Stream::Samples))),
                Topic::Feedback => drop(self.places.insert(Stream::Feedback, seen(&Stream::Feedback))),
            }
        }
        let seq: Positions = self.places.keys().map(|stream| (stream.clone(), log.last(stream))).collect();
        self.say(&FromServer::Hello(ServerHello {
            protocol: PROTOCOL,
            server: log.server.clone(),
            epoch: log.epoch.clone(),
            seq,
            capabilities: Can { set: self.may_set, kill: log.kill },
            time_ms: now,
        }));
        for flag in unknown {
            self.fail(FailureCode::UnknownFlag, &format!("there is no flag {flag}"));
        }
    }

    fn snapshot(&mut self, log: &Log, stream: Stream) {
        let seq = [(stream.clone(), log.last(&stream))].into();
        self.say(&FromServer::Snapshot(Snapshot { streams: vec![stream.clone()] }));
        self.first.extend(log.present(&stream));
        self.say(&FromServer::SnapshotEnd(SnapshotEnd { seq }));
    }

    fn fail(&mut self, code: FailureCode, message: &str) {
        self.say(&FromServer::Error(Failure { code, message: Text::new(message) }));
    }

    fn say(&mut self, message: &FromServer) {
        self.first.push_back(Arc::from(codec::write(message)));
    }
}
