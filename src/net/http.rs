//! HTTP to one server.
//!
//! In: the server's base address, [`Options`], requests made of path segments (each one is escaped,
//! so a flag named `a/b` stays one segment). Out: a whole [`Response`] within its limits, a [`Streaming`]
//! answer whose reader sets the limits (`net::sse`), or an [`HttpError`].
//!
//! A [`Client`] belongs to one origin: it can build no request to another one and follows no
//! redirect there, so its credentials go nowhere else. It never retries; that is the adapter's
//! decision, because only the adapter knows what may be repeated.
//!
//! Start reading at [`Client`].

mod client;
mod error;
mod request;
#[cfg(test)]
mod tests;

pub use client::{Auth, Client, Options};
pub use error::HttpError;
pub use request::{Request, Response, Streaming};
pub use reqwest::{Method, StatusCode, header};
