//! Rust source to tokens, without comments, doc comments, strings and characters.
//!
//! Not a whole lexer: as much as it takes to find paths, calls and items, and never to be fooled by a
//! `//` in a string, a `"` in a character or a `'` that begins a lifetime.

/// One identifier or one sign (`::` is one), with its line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// The text.
    pub text: String,
    /// Its line, from 1.
    pub line: usize,
}

impl Token {
    /// Whether it is an identifier or a keyword.
    pub fn is_word(&self) -> bool {
        self.text.starts_with(|c: char| c.is_alphabetic() || c == '_')
    }
}

/// All tokens of a source.
pub fn tokens(source: &str) -> Vec<Token> {
    let mut lexer = Lexer { rest: source, line: 1, tokens: vec![] };
    while let Some(next) = lexer.rest.chars().next() {
        lexer.step(next);
    }
    lexer.tokens
}

struct Lexer<'s> {
    rest: &'s str,
    line: usize,
    tokens: Vec<Token>,
}

impl Lexer<'_> {
    fn step(&mut self, next: char) {
        if self.rest.starts_with("//") {
            self.skip(self.rest.find('\n').unwrap_or(self.rest.len()));
        } else if self.rest.starts_with("/*") {
            self.block_comment();
        } else if let Some((hashes, opening)) = raw_string(self.rest) {
            let closing = format!("\"{}", "#".repeat(hashes));
            self.skip(opening);
            self.skip(self.rest.find(&closing).map_or(self.rest.len(), |at| at + closing.len()));
        } else if next == '"' || self.rest.starts_with("b\"") || self.rest.starts_with("c\"") {
            self.skip(if next == '"' { 1 } else { 2 });
            self.quoted('"');
        } else if self.rest.starts_with("b'") {
            self.skip(2);
            self.quoted('\'');
        } else if next == '\'' {
            self.character_or_lifetime();
        } else if next.is_alphanumeric() || next == '_' {
            let end = self.rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(self.rest.len());
            self.push(end);
        } else if next.is_whitespace() {
            self.skip(next.len_utf8());
        } else {
            self.push(if self.rest.starts_with("::") { 2 } else { next.len_utf8() });
        }
    }

    fn push(&mut self, length: usize) {
        if let Some(text) = self.rest.get(..length) {
            self.tokens.push(Token { text: text.to_owned(), line: self.line });
        }
        self.skip(length);
    }

    fn skip(&mut self, length: usize) {
        let (skipped, rest) = self.rest.split_at_checked(length).unwrap_or((self.rest, ""));
        self.line += skipped.matches('\n').count();
        self.rest = rest;
    }

    fn block_comment(&mut self) {
        let mut depth = 0;
        loop {
            if self.rest.starts_with("/*") {
                depth += 1;
                self.skip(2);
            } else if self.rest.starts_with("*/") {
                depth -= 1;
                self.skip(2);
            } else {
                self.skip(self.rest.chars().next().map_or(0, char::len_utf8));
            }
            if depth == 0 || self.rest.is_empty() {
                return;
            }
        }
    }

    fn quoted(&mut self, end: char) {
        while let Some(c) = self.rest.chars().next() {
            self.skip(c.len_utf8());
            if c == '\\' {
                self.skip(self.rest.chars().next().map_or(0, char::len_utf8));
            } else if c == end {
                return;
            }
        }
    }

    fn character_or_lifetime(&mut self) {
        self.skip(1);
        let mut ahead = self.rest.chars();
        let (first, second) = (ahead.next(), ahead.next());
        if first == Some('\\') || second == Some('\'') {
            self.quoted('\'');
        } else {
            let word =
                self.rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(self.rest.len());
            self.skip(word);
        }
    }
}

/// Number of hashes and length of the opening of a raw string.
fn raw_string(rest: &str) -> Option<(usize, usize)> {
    let prefix = ["r", "br", "cr"].into_iter().find(|prefix| {
        rest.strip_prefix(prefix).is_some_and(|rest| rest.trim_start_matches('#').starts_with('"'))
    })?;
    let hashes = rest.get(prefix.len()..)?.chars().take_while(|c| *c == '#').count();
    Some((hashes, prefix.len() + hashes + 1))
}
