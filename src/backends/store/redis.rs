//! Flags in Redis: a key for each, its content as JSON text.
//!
//! In: a flag's name and contents. Out: what stands there, and whether a compare-and-set was done: one Lua script, so
//! nothing comes in between. It compares the text that was read, and keeps the key's time to live.
//!
//! One connection is kept and made anew when it broke; each call is bounded. The address may hold a password: it is
//! never shown. One value that is no JSON makes the relay refuse all of them, so only JSON is ever written.

use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, AsyncTypedCommands, Client, ErrorKind, RedisError, Script};
use secrecy::ExposeSecret;
use serde::Deserialize;
use serde_json::{Map, Value};
use tokio::sync::Mutex;
use tokio::time::timeout;

use super::{Kept, Store, StoreError, Swap};
use crate::event::Promise;
use crate::net::{SecretSource, tls};

/// How long one call may take, connecting included. Redis needs less than a millisecond.
const CALL: Duration = Duration::from_millis(1500);

/// Replaces a value that is still the one that was read.
const SWAP: &str = "if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('SET', KEYS[1], ARGV[2], 'KEEPTTL') return 1 else return 0 end";

/// Would write only what is not there, and only looks where it is: a replica and missing rights say no all the same.
const TRY: &str = "if redis.call('EXISTS', KEYS[1]) == 1 then redis.call('SET', KEYS[1], '', 'NX') return 1 else return 0 end";

/// A flag in a key.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// `redis://user:password@host/0`, `rediss://` with TLS.
    pub url: SecretSource,
    /// What stands before a flag's name in its key.
    #[serde(default)]
    pub prefix: String,
}

/// The keys.
#[derive(Debug)]
pub struct Redis {
    client: Client,
    prefix: String,
    connection: Mutex<Option<MultiplexedConnection>>,
}

impl Redis {
    /// Reads the address; nothing is connected yet.
    ///
    /// # Errors
    /// In words, when there is no address or it cannot be one.
    pub fn new(settings: &Settings) -> Result<Self, String> {
        let url = settings.url.resolve().map_err(|error| error.to_string())?;
        tls::install_provider();
        // The error of the library repeats parts of the address.
        let client = Client::open(url.expose_secret()).map_err(|_| {
            "the store's url is no address of Redis. hint: redis://user:password@host:6379/0".to_owned()
        })?;
        Ok(Self { client, prefix: settings.prefix.clone(), connection: Mutex::default() })
    }

    fn key(&self, flag: &str) -> String {
        format!("{}{flag}", self.prefix)
    }

    async fn connection(&self) -> Result<MultiplexedConnection, StoreError> {
        let mut held = self.connection.lock().await;
        if let Some(connection) = held.as_ref() {
            return Ok(connection.clone());
        }
        let config =
            AsyncConnectionConfig::new().set_connection_timeout(Some(CALL)).set_response_timeout(Some(CALL));
        let connection = self.client.get_multiplexed_async_connection_with_config(&config).await;
        let connection = connection.map_err(|error| failed("reach", &error))?;
        *held = Some(connection.clone());
        Ok(connection)
    }

    /// Makes a call, and gives the connection up when it is of no more use.
    async fn call<T>(
        &self,
        call: impl AsyncFnOnce(MultiplexedConnection) -> Result<T, RedisError>,
    ) -> Result<T, StoreError> {
        let whole = async { call(self.connection().await?).await.map_err(|error| failed("use", &error)) };
        let done = timeout(CALL, whole).await.unwrap_or_else(|_| {
            Err(StoreError::Lost(format!("no answer from Redis within {} ms", CALL.as_millis())))
        });
        if matches!(done, Err(StoreError::Lost(_))) {
            *self.connection.lock().await = None;
        }
        done
    }

    async fn script(&self, code: &str, flag: &str, arguments: &[&str]) -> Result<bool, StoreError> {
        let script = Script::new(code);
        let mut invocation = script.key(self.key(flag));
        for argument in arguments {
            invocation.arg(*argument);
        }
        self.call(async |mut connection| invocation.invoke_async::<i64>(&mut connection).await)
            .await
            .map(|done| done == 1)
    }
}

/// Whether Redis said no, or could not say anything.
fn failed(operation: &str, error: &RedisError) -> StoreError {
    let code = error.code().unwrap_or_default();
    let hint = match code {
        "READONLY" => ". hint: this is a replica; give the address of the primary",
        "NOPERM" => ". hint: the user needs GET, SET, EXISTS, EVAL and EVALSHA on the flag's key",
        "NOAUTH" | "WRONGPASS" => ". hint: check user and password in the store's url",
        _ => "",
    };
    let is_no = !hint.is_empty()
        || matches!(error.kind(), ErrorKind::AuthenticationFailed | ErrorKind::InvalidClientConfig);
    let detail = error.detail().map_or_else(|| error.to_string(), str::to_owned);
    if is_no {
        StoreError::Refused(format!("Redis refuses it: {code} {detail}{hint}"))
    } else {
        StoreError::Lost(format!("cannot {operation} Redis: {detail}"))
    }
}

impl Store for Redis {
    fn read<'a>(&'a self, flag: &'a str) -> Promise<'a, Result<Option<Kept>, StoreError>> {
        Box::pin(async move {
            let key = self.key(flag);
            let text = self.call(async |mut connection| connection.get(&key).await).await?;
            text.map(|text| Kept::new(text, "the key")).transpose()
        })
    }

    fn replace<'a>(
        &'a self,
        flag: &'a str,
        old: &'a Kept,
        new: &'a Map<String, Value>,
    ) -> Promise<'a, Result<Swap, StoreError>> {
        Box::pin(async move {
            let new = Value::Object(new.clone()).to_string();
            let done = self.script(SWAP, flag, &[&old.text, &new]).await?;
            Ok(if done { Swap::Done } else { Swap::Conflict })
        })
    }

    fn may_write<'a>(&'a self, flag: &'a str) -> Promise<'a, Result<bool, StoreError>> {
        Box::pin(async move {
            match self.script(TRY, flag, &[]).await {
                Err(StoreError::Refused(_)) => Ok(false),
                other => other,
            }
        })
    }
}
