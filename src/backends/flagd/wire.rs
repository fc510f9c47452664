//! flagd's sync service: its messages and its two calls.
//!
//! In: an address, and a selector. Out: the configuration as text, once or whenever it changes; or a [`Fault`].
//!
//! The messages are written by hand after `flagd/sync/v1/sync.proto` of open-feature/flagd-schemas (Apache-2.0): three
//! fields, so no compiler for protocol buffers is needed. Unknown fields are skipped.
//!
//! HTTP/2 pings go out every [`PING`]: flagd ends a connection that pings more often than every 30 s
//! (`--keep-alive-min-time`). They keep idle connections open on the way; how fresh our view is, is known otherwise,
//! see `watch`.

use std::path::Path;
use std::time::Duration;

use prost::Message;
use tonic::client::Grpc;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::transport::{Channel, ClientTlsConfig, Endpoint};
use tonic::{Request, Status, Streaming};
use tonic_prost::ProstCodec;
use url::Url;

use super::fault::Fault;
use crate::net::tls;

/// The largest configuration: some ten thousand flags. It is held in memory once.
pub const MAX_MESSAGE: usize = 16 * 1024 * 1024;

/// How often to ping: 30 s is what flagd allows, with a margin for clocks.
const PING: Duration = Duration::from_secs(45);

/// How long a ping may take.
const PONG: Duration = Duration::from_secs(10);

/// How long connecting may take.
const CONNECT: Duration = Duration::from_secs(3);

/// Who we are, in flagd's metrics.
const PROVIDER: &str = "gonogo";

/// `SyncFlagsRequest` and `FetchAllFlagsRequest`.
#[derive(Clone, PartialEq, Message)]
pub struct Ask {
    /// Who asks.
    #[prost(string, tag = "1")]
    pub provider_id: String,
    /// Which flags; newer servers read it from the metadata.
    #[prost(string, tag = "2")]
    pub selector: String,
}

/// `SyncFlagsResponse` and `FetchAllFlagsResponse`.
#[derive(Clone, PartialEq, Message)]
pub struct Answer {
    /// All flags, as JSON.
    #[prost(string, tag = "1")]
    pub flag_configuration: String,
}

/// Where flagd is; it makes [`Line`]s.
#[derive(Debug, Clone)]
pub struct Address {
    endpoint: Endpoint,
    selector: Option<MetadataValue<Ascii>>,
}

impl Address {
    /// Checks the settings.
    ///
    /// # Errors
    /// In words, what is wrong with them.
    pub fn new(url: &Url, selector: Option<&str>, ca_file: Option<&Path>) -> Result<Self, String> {
        let is_tls = match url.scheme() {
            "http" => false,
            "https" => true,
            other => {
                return Err(format!(
                    "the address has the scheme {other}. hint: http://host:8015, or https://"
                ));
            }
        };
        if url.host().is_none() || url.path() != "/" || url.query().is_some() || !url.username().is_empty() {
            return Err("the address is more than a host and a port. hint: http://host:8015".into());
        }
        let failed = |error: tonic::transport::Error| format!("the address cannot be used: {error}");
        let mut endpoint = Endpoint::from_shared(url.as_str().trim_end_matches('/').to_owned())
            .map_err(failed)?
            .connect_timeout(CONNECT)
            .http2_keep_alive_interval(PING)
            .keep_alive_timeout(PONG)
            .tcp_nodelay(true);
        if is_tls {
            let verifier = tls::verifier(ca_file).map_err(|error| error.to_string())?;
            endpoint = endpoint.tls_config_with_verifier(ClientTlsConfig::new(), verifier).map_err(failed)?;
        } else if ca_file.is_some() {
            return Err("ca_file is for https. hint: leave it out, or change the address".into());
        }
        let bad =
            |_| "the selector has characters that cannot be sent. hint: flagSetId=… or source=…".to_owned();
        let selector = selector.map(|text| text.parse().map_err(bad)).transpose()?;
        Ok(Self { endpoint, selector })
    }

    /// A connection of its own; it is made with the first call.
    #[must_use]
    pub fn line(&self) -> Line {
        Line { channel: self.endpoint.connect_lazy(), selector: self.selector.clone() }
    }
}

/// A connection.
#[derive(Debug, Clone)]
pub struct Line {
    channel: Channel,
    selector: Option<MetadataValue<Ascii>>,
}

impl Line {
    fn ask(&self) -> Request<Ask> {
        let selector =
            self.selector.as_ref().and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
        let mut request = Request::new(Ask { provider_id: PROVIDER.into(), selector });
        if let Some(value) = &self.selector {
            request.metadata_mut().insert("flagd-selector", value.clone());
        }
        request
    }

    async fn ready(&self) -> Result<Grpc<Channel>, Status> {
        let mut grpc = Grpc::new(self.channel.clone()).max_decoding_message_size(MAX_MESSAGE);
        grpc.ready().await.map_err(|error| Status::from_error(error.into()))?;
        Ok(grpc)
    }

    /// All flags, now.
    ///
    /// # Errors
    /// When flagd does not answer, or with an error.
    pub async fn fetch(&self) -> Result<String, Fault> {
        let path = PathAndQuery::from_static("/flagd.sync.v1.FlagSyncService/FetchAllFlags");
        let codec = ProstCodec::<Ask, Answer>::default();
        let answer = self.ready().await?.unary(self.ask(), path, codec).await?;
        Ok(answer.into_inner().flag_configuration)
    }

    /// All flags, now and after each change.
    ///
    /// # Errors
    /// When the stream cannot be opened.
    pub async fn sync(&self) -> Result<Stream, Fault> {
        let path = PathAndQuery::from_static("/flagd.sync.v1.FlagSyncService/SyncFlags");
        let codec = ProstCodec::<Ask, Answer>::default();
        let stream = self.ready().await?.server_streaming(self.ask(), path, codec).await?;
        Ok(Stream(stream.into_inner()))
    }
}

/// A stream of configurations, each of them whole.
#[derive(Debug)]
pub struct Stream(Streaming<Answer>);

impl Stream {
    /// The next one; waits for it. Nothing is lost when the future is dropped.
    ///
    /// # Errors
    /// When the stream ended, as planned or not.
    pub async fn next(&mut self) -> Result<String, Fault> {
        match self.0.message().await? {
            Some(answer) => Ok(answer.flag_configuration),
            None => Err(Fault::away("flagd closed the stream")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_host_and_a_port() {
        let made = |url: &str| Address::new(&Url::parse(url).unwrap(), Some("flagSetId=x"), None);
        assert!(made("http://127.0.0.1:8015").is_ok());
        for bad in ["ws://h:8015", "http://h:8015/sync", "http://u:p@h:8015", "http://h:8015/?a"] {
            assert!(made(bad).unwrap_err().contains("hint:"), "{bad}");
        }
        let url = Url::parse("http://h:8015").unwrap();
        assert!(Address::new(&url, Some("a\nb"), None).is_err());
        assert!(Address::new(&url, None, Some(Path::new("/ca.pem"))).is_err());
    }

    #[test]
    fn messages_are_what_the_proto_file_says_and_more_is_skipped() {
        let ask = Ask { provider_id: "a".into(), selector: String::new() };
        assert_eq!(ask.encode_to_vec(), [0x0a, 1, b'a']);
        // Field 2 of the answer is a struct, sync_context.
        let answer = Answer::decode(&[0x0a, 2, b'{', b'}', 0x12, 2, 0x0a, 0][..]).unwrap();
        assert_eq!(answer.flag_configuration, "{}");
    }
}
