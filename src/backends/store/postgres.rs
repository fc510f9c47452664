//! Flags in a table of PostgreSQL: a row for each, its content as JSONB.
//!
//! In: a flag's name and contents. Out: what stands there, and whether a compare-and-set was done:
//! `UPDATE … SET config = $new WHERE … AND config = $old`. JSONB compares by meaning, not by text; a concurrent write
//! makes the update wait and then compare anew (read committed).
//!
//! The table is the one of GO Feature Flag's retriever: `flag_name`, `flagset`, `config`. One connection is kept and
//! made anew when it broke; each call is bounded. The address holds a password: it is never shown.

use std::sync::Arc;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::{Map, Value};
use tokio::sync::Mutex;
use tokio::time::timeout;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Row};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::{Kept, Store, StoreError, Swap};
use crate::event::Promise;
use crate::net::{SecretSource, tls};

/// How long one call may take, connecting included. A row by its key takes a millisecond.
const CALL: Duration = Duration::from_millis(1500);

/// A flag in a table.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// `postgres://user:password@host/database`.
    pub url: SecretSource,
    /// The table.
    #[serde(default = "default_table")]
    pub table: String,
    /// The flagset that the flag is in.
    #[serde(default = "default_flagset")]
    pub flagset: String,
}

fn default_table() -> String {
    "go_feature_flag".into()
}

fn default_flagset() -> String {
    "default".into()
}

/// The table.
#[derive(Debug)]
pub struct Postgres {
    url: SecretString,
    table: String,
    flagset: String,
    client: Mutex<Option<Arc<Client>>>,
}

impl Postgres {
    /// Reads the address; nothing is connected yet.
    ///
    /// # Errors
    /// In words, when there is no address or it cannot be one.
    pub fn new(settings: &Settings) -> Result<Self, String> {
        let url = settings.url.resolve().map_err(|error| error.to_string())?;
        // The error of the library repeats parts of the address.
        if url.expose_secret().parse::<tokio_postgres::Config>().is_err() {
            return Err(
                "the store's url is no address of a database. hint: postgres://user:password@host/database"
                    .into(),
            );
        }
        let quoted = |part: &str| format!("\"{}\"", part.replace('"', "\"\""));
        Ok(Self {
            url,
            table: settings.table.split('.').map(quoted).collect::<Vec<_>>().join("."),
            flagset: settings.flagset.clone(),
            client: Mutex::default(),
        })
    }

    async fn client(&self) -> Result<Arc<Client>, StoreError> {
        let mut held = self.client.lock().await;
        if let Some(client) = held.as_ref().filter(|client| !client.is_closed()) {
            return Ok(Arc::clone(client));
        }
        tls::install_provider();
        let tls = tls::client_config(None).map_err(|error| StoreError::Refused(error.to_string()))?;
        let tls = MakeRustlsConnect::new((*tls).clone());
        let connected = tokio_postgres::connect(self.url.expose_secret(), tls).await;
        let (client, connection) = connected.map_err(|error| failed("reach", &error))?;
        // Ends with the client, or when the connection breaks: both end the other.
        tokio::spawn(connection);
        let client = Arc::new(client);
        *held = Some(Arc::clone(&client));
        Ok(client)
    }

    async fn query(&self, sql: &str, parameters: &[&(dyn ToSql + Sync)]) -> Result<Vec<Row>, StoreError> {
        let typed: Vec<_> = parameters.iter().map(|parameter| (*parameter, Type::TEXT)).collect();
        let call = async {
            let client = self.client().await?;
            client.query_typed(sql, &typed).await.map_err(|error| failed("use", &error))
        };
        match timeout(CALL, call).await {
            Ok(done) => done,
            Err(_) => {
                // What comes on this connection later is nobody's answer.
                *self.client.lock().await = None;
                Err(StoreError::Lost(format!("no answer from PostgreSQL within {} ms", CALL.as_millis())))
            }
        }
    }
}

/// Whether the database said no, or could not say anything.
fn failed(operation: &str, error: &tokio_postgres::Error) -> StoreError {
    match error.as_db_error() {
        // 08: connection, 53: resources, 57: shut down or cancelled; the others are a clear no.
        Some(said) if !matches!(said.code().code().get(..2), Some("08" | "53" | "57")) => {
            StoreError::Refused(format!(
                "PostgreSQL refuses it: {}{}",
                said.message(),
                hint(said.code().code())
            ))
        }
        Some(said) => StoreError::Lost(format!("cannot {operation} PostgreSQL: {}", said.message())),
        None => {
            let cause =
                std::error::Error::source(error).map_or_else(|| error.to_string(), ToString::to_string);
            StoreError::Lost(format!("cannot {operation} PostgreSQL: {cause}"))
        }
    }
}

fn hint(code: &str) -> &'static str {
    match code {
        "42P01" | "42703" => ". hint: `table` of the store must be the one of the relay's retriever",
        "42501" => ". hint: grant SELECT and UPDATE on the table to this user",
        "28P01" | "28000" => ". hint: check user and password in the store's url",
        "25006" => ". hint: this is a read-only replica; give the address of the primary",
        _ => "",
    }
}

impl Store for Postgres {
    fn read<'a>(&'a self, flag: &'a str) -> Promise<'a, Result<Option<Kept>, StoreError>> {
        Box::pin(async move {
            let sql =
                format!("SELECT config::text FROM {} WHERE flag_name = $1 AND flagset = $2", self.table);
            let rows = self.query(&sql, &[&flag, &self.flagset]).await?;
            let text = rows.first().map(|row| row.try_get::<_, Option<String>>(0)).transpose();
            let text = text.map_err(|error| StoreError::Refused(format!("cannot read the row: {error}")))?;
            text.flatten().map(|text| Kept::new(text, "the table")).transpose()
        })
    }

    fn replace<'a>(
        &'a self,
        flag: &'a str,
        old: &'a Kept,
        new: &'a Map<String, Value>,
    ) -> Promise<'a, Result<Swap, StoreError>> {
        Box::pin(async move {
            let sql = format!(
                "UPDATE {} SET config = $1::jsonb WHERE flag_name = $2 AND flagset = $3 AND config = $4::jsonb RETURNING 1",
                self.table
            );
            let new = Value::Object(new.clone()).to_string();
            let rows = self.query(&sql, &[&new, &flag, &self.flagset, &old.text]).await?;
            Ok(if rows.is_empty() { Swap::Conflict } else { Swap::Done })
        })
    }

    fn may_write<'a>(&'a self, flag: &'a str) -> Promise<'a, Result<bool, StoreError>> {
        Box::pin(async move {
            let sql = "SELECT NOT pg_is_in_recovery() AND has_table_privilege($1, 'SELECT') AND has_table_privilege($1, 'UPDATE')";
            let rows = self.query(sql, &[&self.table]).await?;
            let may = rows.first().and_then(|row| row.try_get::<_, bool>(0).ok()).unwrap_or(false);
            Ok(may && self.read(flag).await?.is_some())
        })
    }
}
