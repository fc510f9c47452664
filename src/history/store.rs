//! The embedded store: one file of SQLite.
//!
//! WAL and `synchronous = FULL`: what [`Store::put`] has returned from is on the disk, whatever happens to the process.
//! Readers and one writer of several processes do not wait for each other; two writers wait, at most [`PATIENCE`].

use std::fs::{DirBuilder, OpenOptions};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OptionalExtension, Row, TransactionBehavior, params};

use super::HistoryError;
use super::entry::{Ending, Entry, Kill, Mark, Stored, StoredKill};
use super::schema::{APPLICATION, PUT, PUT_KILL, STEPS, VERSION};
use crate::config::places;
use crate::domain::{RolloutName, Text, Timestamp};
use crate::effect::EffectId;

/// How long to wait for another process: a write takes some milliseconds.
const PATIENCE: Duration = Duration::from_secs(2);
/// The most entries that are read at once: a rollout a day for decades.
const MAX_READ: usize = 10_000;

/// The file of the history: `$XDG_STATE_HOME/gonogo/history.db`.
///
/// # Errors
/// [`HistoryError::NoFolder`] when the user has no home.
pub fn default_file() -> Result<PathBuf, HistoryError> {
    places::state_dir().map(|state| file_in(&state)).ok_or(HistoryError::NoFolder)
}

/// The file of the history in a folder.
#[must_use]
pub fn file_in(folder: &Path) -> PathBuf {
    folder.join("history.db")
}

/// Which entries are wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Of this rollout only.
    pub rollout: Option<RolloutName>,
    /// With this trait only.
    pub with: Option<Text>,
    /// Ended at this time or later.
    pub since: Option<Timestamp>,
}

/// Finished rollouts, kept for good. Several may be open on one file, in one process or in many.
#[derive(Debug)]
pub struct Store {
    path: PathBuf,
    connection: Connection,
}

impl Store {
    /// Opens the file, makes it and its folder if need be, and brings an older one up to date.
    ///
    /// # Errors
    /// [`HistoryError`] when it cannot be used; then it is left as it is.
    pub fn open(path: &Path) -> Result<Self, HistoryError> {
        let io = |cause| HistoryError::Io { path: path.to_owned(), cause };
        if let Some(folder) = path.parent() {
            DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(io)?;
        }
        // SQLite gives the files beside it the same rights.
        OpenOptions::new().read(true).append(true).create(true).mode(0o600).open(path).map_err(io)?;
        let connection = Connection::open(path).map_err(|cause| failed("open", path, cause))?;
        let mut store = Self { path: path.to_owned(), connection };
        store.prepare()?;
        Ok(store)
    }

    /// Opens the file if it is there.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub fn open_existing(path: &Path) -> Result<Option<Self>, HistoryError> {
        if path.exists() { Self::open(path).map(Some) } else { Ok(None) }
    }

    fn prepare(&mut self) -> Result<(), HistoryError> {
        let path = self.path.clone();
        let sql = |cause| failed("open", &path, cause);
        self.connection.busy_timeout(PATIENCE).map_err(sql)?;
        // Before anything is written: whose is it, and of which version?
        let number = |name| self.connection.query_row(&format!("PRAGMA {name}"), [], |row| row.get(0));
        let (application, version): (i64, i64) =
            (number("application_id").map_err(sql)?, number("user_version").map_err(sql)?);
        let tables: i64 = self
            .connection
            .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
            .map_err(sql)?;
        if application != APPLICATION && tables > 0 {
            return Err(HistoryError::Foreign { path });
        }
        if version > VERSION {
            return Err(HistoryError::Newer { path, found: version, known: VERSION });
        }
        for (name, value) in [("journal_mode", "WAL"), ("synchronous", "FULL"), ("foreign_keys", "ON")] {
            self.connection.pragma_update(None, name, value).map_err(sql)?;
        }
        if version < VERSION {
            self.migrate().map_err(sql)?;
        }
        Ok(())
    }

    /// All missing steps in one transaction; another process may have been faster.
    fn migrate(&mut self) -> rusqlite::Result<()> {
        let change = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let version: i64 = change.query_row("PRAGMA user_version", [], |row| row.get(0))?;
        let from = usize::try_from(version).unwrap_or(0);
        for step in STEPS.iter().skip(from) {
            change.execute_batch(step)?;
        }
        change.pragma_update(None, "application_id", APPLICATION)?;
        change.pragma_update(None, "user_version", VERSION.max(version))?;
        change.commit()
    }

    /// Takes a rollout in, or changes its entry. Returns its number; then it is on the disk.
    ///
    /// # Errors
    /// [`HistoryError`] when it is not known to be on the disk.
    pub fn put(&mut self, entry: &Entry) -> Result<i64, HistoryError> {
        let path = self.path.clone();
        self.put_now(entry).map_err(|cause| failed("write", &path, cause))
    }

    fn put_now(&mut self, entry: &Entry) -> rusqlite::Result<i64> {
        let change = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let whole = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        let json = |value: serde_json::Result<String>| value.ok();
        let id: i64 = change.query_row(
            PUT,
            params![
                entry.rollout.as_str(),
                whole(entry.first_command.0),
                entry.owner.as_ref().map(Text::as_str),
                entry.traits.as_ref().and_then(|traits| json(serde_json::to_string(traits))),
                entry.started.0,
                entry.ended.0,
                entry.ending.word(),
                i64::try_from(entry.paused.as_millis()).unwrap_or(i64::MAX),
                entry.split.as_ref().and_then(|split| json(serde_json::to_string(split))),
                whole(entry.roll_backs),
                whole(entry.no_gos),
                entry.exposed.map(whole),
                entry.hurt.map(whole),
                entry.adoption.filter(|share| share.is_finite()),
                entry.units.map(whole),
                entry.recording.as_ref().map(|path| path.display().to_string()),
            ],
            |row| row.get(0),
        )?;
        for kill in &entry.kills {
            change.execute(
                PUT_KILL,
                params![
                    id,
                    whole(kill.command.0),
                    kill.at.0,
                    kill.scope.as_str(),
                    kill.actor.as_str(),
                    kill.why.as_ref().map(Text::as_str),
                    kill.detected_at.map(|at| at.0),
                    kill.off_at.map(|at| at.0),
                ],
            )?;
        }
        change.commit()?;
        Ok(id)
    }

    /// The newest entries that a filter lets through, newest first, at most 10,000.
    ///
    /// # Errors
    /// [`HistoryError`] when they cannot be read.
    pub fn list(&self, filter: &Filter) -> Result<Vec<Stored>, HistoryError> {
        self.list_now(filter).map_err(|cause| failed("read", &self.path, cause))
    }

    fn list_now(&self, filter: &Filter) -> rusqlite::Result<Vec<Stored>> {
        let mut query = self.connection.prepare(
            "SELECT * FROM rollouts WHERE NOT is_removed AND (?1 IS NULL OR rollout = ?1) AND (?2 IS NULL OR ended >= ?2)
             AND (?3 IS NULL OR EXISTS (SELECT 1 FROM json_each(traits) WHERE value = ?3))
             ORDER BY ended DESC, id DESC LIMIT ?4",
        )?;
        let rollout = filter.rollout.as_ref().map(RolloutName::as_str);
        let (since, with) = (filter.since.map(|at| at.0), filter.with.as_ref().map(Text::as_str));
        let rows = query.query_map(params![rollout, since, with, MAX_READ as i64], read)?;
        rows.map(|row| self.with_kills(row?)).collect()
    }

    /// One entry.
    ///
    /// # Errors
    /// [`HistoryError::NoEntry`] when there is none of that number, and as [`Store::list`].
    pub fn get(&self, id: i64) -> Result<Stored, HistoryError> {
        let query = "SELECT * FROM rollouts WHERE id = ?1 AND NOT is_removed";
        let found = self.connection.query_row(query, [id], read).optional();
        let found = found.and_then(|row| row.map(|(id, entry)| self.with_kills((id, entry))).transpose());
        found.map_err(|cause| failed("read", &self.path, cause))?.ok_or(HistoryError::NoEntry { id })
    }

    fn with_kills(&self, (id, entry): (i64, Entry)) -> rusqlite::Result<Stored> {
        let mut query =
            self.connection.prepare("SELECT * FROM kills WHERE entry = ?1 ORDER BY at, command")?;
        let kills = query.query_map([id], read_kill)?.collect::<rusqlite::Result<_>>()?;
        Ok(Stored { id, entry, kills })
    }

    /// Marks a kill of an entry, counted from 1, or all of them. Returns how many.
    ///
    /// # Errors
    /// [`HistoryError`] when there is no such entry or kill, or it cannot be written.
    pub fn mark(&mut self, id: i64, which: Option<usize>, mark: &Mark) -> Result<usize, HistoryError> {
        let kills = self.get(id)?.kills;
        let chosen: Vec<_> = match which {
            Some(number) => kills.get(number.wrapping_sub(1)).into_iter().collect(),
            None => kills.iter().collect(),
        };
        if chosen.is_empty() {
            return Err(HistoryError::NoKill { id, count: kills.len() });
        }
        let commands = chosen.iter().map(|kill| kill.kill.command);
        self.mark_now(id, commands, mark).map_err(|cause| failed("write", &self.path, cause))?;
        Ok(chosen.len())
    }

    fn mark_now(
        &self,
        id: i64,
        commands: impl Iterator<Item = EffectId>,
        mark: &Mark,
    ) -> rusqlite::Result<()> {
        let change = self.connection.unchecked_transaction()?;
        for command in commands {
            change.execute(
                "UPDATE kills SET is_false = ?3, mark_reason = ?4, marked_at = ?5 WHERE entry = ?1 AND command = ?2",
                params![id, command.0 as i64, mark.is_false, mark.reason.as_ref().map(Text::as_str), mark.at.0],
            )?;
        }
        change.commit()
    }

    /// Takes an entry out. It does not come back by itself; only if its recording is added again.
    ///
    /// # Errors
    /// [`HistoryError::NoEntry`] when there is none of that number, or it cannot be written.
    pub fn remove(&mut self, id: i64) -> Result<(), HistoryError> {
        let query = "UPDATE rollouts SET is_removed = 1 WHERE id = ?1 AND NOT is_removed";
        let changed =
            self.connection.execute(query, [id]).map_err(|cause| failed("write", &self.path, cause))?;
        if changed == 0 { Err(HistoryError::NoEntry { id }) } else { Ok(()) }
    }

    /// Takes an entry in that was taken out before, as somebody asked for it again.
    ///
    /// # Errors
    /// [`HistoryError`] when it cannot be written.
    pub fn bring_back(&mut self, id: i64) -> Result<(), HistoryError> {
        let query = "UPDATE rollouts SET is_removed = 0 WHERE id = ?1";
        self.connection.execute(query, [id]).map(drop).map_err(|cause| failed("write", &self.path, cause))
    }

    /// Whether the whole file is as SQLite wrote it.
    ///
    /// # Errors
    /// [`HistoryError::Damaged`] with the first damage.
    pub fn check(&self) -> Result<(), HistoryError> {
        let found: Result<String, _> =
            self.connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0));
        match found.map_err(|cause| failed("read", &self.path, cause))?.as_str() {
            "ok" => Ok(()),
            cause => Err(HistoryError::Damaged { path: self.path.clone(), cause: cause.to_owned() }),
        }
    }
}

fn read(row: &Row<'_>) -> rusqlite::Result<(i64, Entry)> {
    let whole = |number: Option<i64>| number.map(|number| u64::try_from(number).unwrap_or(0));
    let text = |name| row.get::<_, Option<String>>(name).map(|text| text.as_deref().map(Text::new));
    let json = |name| row.get::<_, Option<String>>(name);
    let name: String = row.get("rollout")?;
    let bad = |cause: Box<dyn std::error::Error + Send + Sync>| {
        rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Text, cause)
    };
    let ending: String = row.get("ending")?;
    let ending = Ending::ALL.into_iter().find(|known| known.word() == ending);
    let entry = Entry {
        rollout: RolloutName::new(&name).map_err(|cause| bad(cause.into()))?,
        first_command: EffectId(whole(row.get("first_command")?).unwrap_or(0)),
        owner: text("owner")?,
        traits: json("traits")?.and_then(|json| serde_json::from_str(&json).ok()),
        started: Timestamp(row.get("started")?),
        ended: Timestamp(row.get("ended")?),
        ending: ending.ok_or_else(|| bad("no such ending".into()))?,
        paused: Duration::from_millis(whole(row.get("paused_ms")?).unwrap_or(0)),
        split: json("split")?.and_then(|json| serde_json::from_str(&json).ok()),
        kills: Vec::new(),
        roll_backs: whole(row.get("roll_backs")?).unwrap_or(0),
        no_gos: whole(row.get("no_gos")?).unwrap_or(0),
        exposed: whole(row.get("exposed")?),
        hurt: whole(row.get("hurt")?),
        adoption: row.get("adoption")?,
        units: whole(row.get("units")?),
        recording: row.get::<_, Option<String>>("recording")?.map(PathBuf::from),
    };
    Ok((row.get("id")?, entry))
}

fn read_kill(row: &Row<'_>) -> rusqlite::Result<StoredKill> {
    let text = |name| row.get::<_, Option<String>>(name).map(|text| text.as_deref().map(Text::new));
    let time = |name| row.get::<_, Option<i64>>(name).map(|at| at.map(Timestamp));
    let kill = Kill {
        command: EffectId(u64::try_from(row.get::<_, i64>("command")?).unwrap_or(0)),
        at: Timestamp(row.get("at")?),
        scope: text("scope")?.unwrap_or_else(|| Text::new("")),
        actor: text("actor")?.unwrap_or_else(|| Text::new("")),
        why: text("why")?,
        detected_at: time("detected")?,
        off_at: time("off")?,
    };
    let is_false: Option<bool> = row.get("is_false")?;
    let mark = match is_false {
        Some(is_false) => {
            let at = time("marked_at")?.unwrap_or_default();
            Some(Mark { is_false, reason: text("mark_reason")?, at })
        }
        None => None,
    };
    Ok(StoredKill { kill, mark })
}

fn failed(operation: &'static str, path: &Path, cause: rusqlite::Error) -> HistoryError {
    let path = path.to_owned();
    match cause.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            HistoryError::Busy { operation, path, seconds: PATIENCE.as_secs() }
        }
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
            HistoryError::Damaged { path, cause: cause.to_string() }
        }
        None if matches!(cause, rusqlite::Error::FromSqlConversionFailure(..)) => {
            HistoryError::Damaged { path, cause: cause.to_string() }
        }
        _ => HistoryError::Sql { operation, path, cause },
    }
}

#[cfg(test)]
mod tests;
