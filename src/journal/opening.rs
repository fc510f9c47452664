//! What opening a journal found.

use std::path::PathBuf;

use super::chain::Damage;
use super::torn::Torn;

/// The most damaged lines that are named one by one; more are counted.
pub(super) const MAX_DAMAGES: usize = 100;

/// What opening a journal found.
#[derive(Debug)]
pub struct Opening {
    /// The file.
    pub path: PathBuf,
    /// All entries that the file has, those that are not kept in memory included.
    pub entries: u64,
    /// A half-written last line.
    pub torn: Option<Torn>,
    /// Lines that are not as they were written, at most 100 of them.
    pub damages: Vec<Damage>,
    /// All damaged lines.
    pub damaged: u64,
}

impl Opening {
    /// What a person should know, one sentence each; empty when all is well.
    #[must_use]
    pub fn warnings(&self) -> Vec<String> {
        let file = self.path.display();
        let mut warnings = Vec::new();
        if let Some(torn) = &self.torn {
            let fate = match &torn.moved_to {
                Ok(path) => format!("it is kept in {}", path.display()),
                Err(cause) => format!("it could not be moved aside: {cause}"),
            };
            warnings.push(format!(
                "the journal {file} ended in a half-written line of {} bytes; {fate}",
                torn.bytes
            ));
        }
        if let Some(first) = self.damages.first() {
            let more = match self.damaged {
                1 => String::new(),
                count => format!(", and {} more", count - 1),
            };
            warnings.push(format!(
                "the journal {file} is damaged: {first}{more}; `gonogo journal --verify` names them"
            ));
        }
        warnings
    }
}
