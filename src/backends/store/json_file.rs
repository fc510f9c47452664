//! Flags in a JSON file: an object with a member for each.
//!
//! In: a flag's name and contents. Out: what stands there, and whether a compare-and-set was done: the flag's own text
//! is compared, then the whole document is replaced if nobody touched it meanwhile ([`FileDocument`]). What is not
//! changed keeps its order and its spaces (`splice`).
//!
//! YAML is not written: comments and anchors would be lost. A JSON document in a file named `.yaml` is JSON, too.

mod splice;

use std::path::PathBuf;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::file::{Document, FileDocument, FileError};
use super::{Kept, Store, StoreError, Swap};
use crate::event::Promise;

/// How often to look again when somebody changed another flag in the document at the same moment.
const MAX_RACES: usize = 5;

/// A flag in a file.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The file that the relay's retriever reads.
    pub path: PathBuf,
}

/// The file.
#[derive(Debug)]
pub struct JsonFile {
    document: FileDocument,
}

impl JsonFile {
    /// Nothing is opened yet.
    ///
    /// # Errors
    /// Never so far; a file is looked at when it is read.
    pub fn new(settings: &Settings) -> Result<Self, String> {
        Ok(Self { document: FileDocument::new(&settings.path) })
    }

    async fn load(&self) -> Result<(Document, String), StoreError> {
        let document = self.document.read().await.map_err(failed)?;
        let text = String::from_utf8(document.bytes.clone());
        let text = text.map_err(|_| self.not_json("it is not UTF-8"))?;
        Ok((document, text))
    }

    fn not_json(&self, why: &str) -> StoreError {
        StoreError::Refused(format!(
            "{} is not JSON, which is all that can be changed without losing comments: {why}. hint: keep the flags as JSON (the relay reads it, also from a file named .yaml), or in PostgreSQL or Redis",
            self.document.path().display()
        ))
    }
}

fn failed(error: FileError) -> StoreError {
    if error.may_have_happened() {
        StoreError::Lost(error.to_string())
    } else {
        StoreError::Refused(error.to_string())
    }
}

impl Store for JsonFile {
    fn read<'a>(&'a self, flag: &'a str) -> Promise<'a, Result<Option<Kept>, StoreError>> {
        Box::pin(async move {
            let (_, text) = self.load().await?;
            let found = splice::member(&text, flag).map_err(|why| self.not_json(&why))?;
            found.map(|text| Kept::new(text.to_owned(), "the file")).transpose()
        })
    }

    fn replace<'a>(
        &'a self,
        flag: &'a str,
        old: &'a Kept,
        new: &'a Map<String, Value>,
    ) -> Promise<'a, Result<Swap, StoreError>> {
        Box::pin(async move {
            for _ in 0..MAX_RACES {
                let (document, text) = self.load().await?;
                if splice::member(&text, flag).map_err(|why| self.not_json(&why))? != Some(&old.text) {
                    return Ok(Swap::Conflict);
                }
                let changed = splice::splice(&text, flag, new).map_err(|why| self.not_json(&why))?;
                match self.document.swap(document.digest, changed.into_bytes()).await {
                    Ok(_) => return Ok(Swap::Done),
                    Err(FileError::Changed { .. }) => {}
                    Err(error) => return Err(failed(error)),
                }
            }
            Ok(Swap::Conflict)
        })
    }

    fn may_write<'a>(&'a self, flag: &'a str) -> Promise<'a, Result<bool, StoreError>> {
        Box::pin(async move {
            let is_there = self.read(flag).await?.is_some();
            // As the lock of a swap: open for writing, which changes nothing.
            let opened = tokio::fs::OpenOptions::new().write(true).open(self.document.path()).await;
            Ok(is_there && opened.is_ok())
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn file(text: &str) -> (tempfile::TempDir, PathBuf, JsonFile) {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("flags.json");
        std::fs::write(&path, text).expect("written");
        let store = JsonFile::new(&Settings { path: path.clone() }).expect("a store");
        (folder, path, store)
    }

    fn off() -> Map<String, Value> {
        json!({"disable": true}).as_object().expect("an object").clone()
    }

    #[tokio::test]
    async fn only_the_flag_that_was_seen_is_replaced_and_what_others_changed_beside_it_stays() {
        let (_folder, path, store) = file(r#"{"a": {"disable": false}, "b": {}}"#);
        let seen = store.read("a").await.expect("read").expect("a flag");
        std::fs::write(&path, r#"{"a": {"disable": false}, "b": {"version": "2"}}"#).expect("written");
        assert_eq!(store.replace("a", &seen, &off()).await, Ok(Swap::Done));
        let text = std::fs::read_to_string(&path).expect("read");
        assert_eq!(text, r#"{"a": {"disable": true}, "b": {"version": "2"}}"#);
        assert_eq!(store.replace("a", &seen, &off()).await, Ok(Swap::Conflict), "another content by now");
        assert_eq!(store.read("c").await, Ok(None));
        assert_eq!(store.may_write("a").await, Ok(true));
    }

    #[tokio::test]
    async fn yaml_is_refused_with_what_to_do_and_left_as_it_is() {
        let yaml = "a: # ours\n  disable: false\n";
        let (_folder, path, store) = file(yaml);
        let Err(StoreError::Refused(why)) = store.read("a").await else { panic!("not refused") };
        assert!(why.contains("keep the flags as JSON") && why.contains("flags.json"), "{why}");
        assert_eq!(std::fs::read_to_string(&path).ok().as_deref(), Some(yaml));
    }
}
