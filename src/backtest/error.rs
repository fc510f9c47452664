//! Why an input cannot be judged.

/// Why an input cannot be judged. Each message names the file, the line and the field, the cause and a remedy.
#[derive(Debug, thiserror::Error)]
pub enum BacktestError {
    /// A field says what it cannot say.
    #[error("cannot read {path}, line {line}, {field}: {cause}\nhint: {hint}")]
    Field {
        /// The file.
        path: String,
        /// The line, from 1.
        line: u64,
        /// The column by its name in the header.
        field: &'static str,
        /// What is wrong.
        cause: String,
        /// What would be right.
        hint: String,
    },
    /// A line as a whole is no row, or no header.
    #[error("cannot read {path}, line {line}: {cause}\nhint: {hint}")]
    Line {
        /// The file.
        path: String,
        /// The line, from 1.
        line: u64,
        /// What is wrong.
        cause: String,
        /// What would be right.
        hint: &'static str,
    },
    /// There is nothing in it that these guardrails could judge.
    #[error("cannot judge {path}: {cause}\nhint: {hint}")]
    Nothing {
        /// The file.
        path: String,
        /// Why.
        cause: String,
        /// What to do.
        hint: String,
    },
    /// An event cannot be had: in the words of the recording.
    #[error("{0}")]
    Event(String),
    /// The changes cannot be written.
    #[error("cannot write the output: {0}")]
    Output(#[from] std::io::Error),
}
