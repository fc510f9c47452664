//! One file of the house: its tokens without tests, and every path in them, written out in full.
//!
//! `use` trees are unfolded; `self` and `super` are resolved; a path that begins with an imported name is
//! completed by that import. So `use std::time; … time::SystemTime::now()` is found as
//! `std::time::SystemTime::now`.

use std::collections::BTreeMap;

use super::lexer::{Token, tokens};

/// A path and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Path {
    /// From its root: `crate::…`, or the name of another crate.
    pub full: String,
    /// Its line.
    pub line: usize,
}

/// One file.
#[derive(Debug)]
pub struct Source {
    /// `src/engine/update.rs`.
    pub path: String,
    /// How many lines it has, tests included.
    pub lines: usize,
    /// The first line that is not empty.
    pub opening: String,
    /// What is compiled outside of tests.
    pub tokens: Vec<Token>,
    /// The modules that are compiled for tests only: `src/engine/tests`.
    pub test_modules: Vec<String>,
}

impl Source {
    /// Reads a file.
    pub fn new(path: &str, text: &str) -> Self {
        let opening = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default().to_owned();
        let mut source = Self {
            path: path.to_owned(),
            lines: text.lines().count(),
            opening,
            tokens: vec![],
            test_modules: vec![],
        };
        source.take_without_tests(&tokens(text));
        source
    }

    /// The room: `engine` for `src/engine.rs` and all of `src/engine/`.
    pub fn room(&self) -> &str {
        let inner = self.path.strip_prefix("src/").unwrap_or(&self.path);
        inner.split(['/', '.']).next().unwrap_or_default()
    }

    /// The module of the file, from the root: `["engine", "update"]`.
    fn module(&self) -> Vec<String> {
        let inner = self.path.strip_prefix("src/").unwrap_or(&self.path);
        let inner = inner.strip_suffix(".rs").unwrap_or(inner);
        let is_root = matches!(inner, "lib" | "main");
        inner.split('/').filter(|part| !is_root && *part != "mod").map(str::to_owned).collect()
    }

    fn take_without_tests(&mut self, all: &[Token]) {
        let mut at = 0;
        while let Some(token) = all.get(at) {
            let Some(after) = end_of_cfg_test(all, at) else {
                self.tokens.push(token.clone());
                at += 1;
                continue;
            };
            let end = end_of_item(all, after);
            let item: Vec<&str> =
                all.get(after..end).unwrap_or_default().iter().map(|t| t.text.as_str()).collect();
            if let ["mod", name, ";"] = item.as_slice() {
                let folder = self.path.strip_suffix(".rs").unwrap_or(&self.path);
                self.test_modules.push(format!("{folder}/{name}"));
            }
            at = end;
        }
    }

    /// All paths, in the order of the file.
    pub fn paths(&self) -> Vec<Path> {
        let mut reader = Reader { module: self.module(), ..Reader::default() };
        reader.read(&self.tokens);
        reader.paths
    }
}

/// Where the item begins that a `#[cfg(test)]` at this place belongs to; `None` if there is none here.
fn end_of_cfg_test(all: &[Token], at: usize) -> Option<usize> {
    let cfg = ["#", "[", "cfg", "(", "test", ")", "]"];
    let found = all.get(at..at + cfg.len())?.iter().map(|token| token.text.as_str());
    found.eq(cfg).then_some(at + cfg.len())
}

/// The first token after an item: past its `;`, or past its block.
fn end_of_item(all: &[Token], from: usize) -> usize {
    let mut depth = 0_usize;
    for (at, token) in all.iter().enumerate().skip(from) {
        match token.text.as_str() {
            "{" | "(" | "[" => depth += 1,
            "}" | ")" | "]" => {
                depth = depth.saturating_sub(1);
                if depth == 0 && token.text == "}" {
                    return at + 1;
                }
            }
            ";" if depth == 0 => return at + 1,
            _ => {}
        }
    }
    all.len()
}

#[derive(Default)]
struct Reader {
    module: Vec<String>,
    /// Depth of the braces, and of those that belong to an inline module.
    depth: usize,
    inline: Vec<usize>,
    imported: BTreeMap<String, String>,
    paths: Vec<Path>,
}

impl Reader {
    fn read(&mut self, all: &[Token]) {
        let mut at = 0;
        while let Some(token) = all.get(at) {
            let text = |ahead: usize| all.get(at + ahead).map_or("", |token| token.text.as_str());
            let before = at.checked_sub(1).and_then(|at| all.get(at)).map_or("", |token| token.text.as_str());
            match token.text.as_str() {
                "{" => self.depth += 1,
                "}" => {
                    self.depth = self.depth.saturating_sub(1);
                    if self.inline.last() == Some(&self.depth) {
                        self.inline.pop();
                        self.module.pop();
                    }
                }
                "mod" if text(2) == "{" => {
                    self.module.push(text(1).to_owned());
                    self.inline.push(self.depth);
                }
                // Not the `use<'a>` of a return type.
                "use" if text(1) != "<" => {
                    at = self.tree(all, at + 1, "");
                    continue;
                }
                _ if token.is_word() && text(1) == "::" && before != "::" && before != "." => {
                    let mut path = token.text.clone();
                    while all.get(at + 1).is_some_and(|next| next.text == "::")
                        && let Some(next) = all.get(at + 2).filter(|next| next.is_word())
                    {
                        path = format!("{path}::{}", next.text);
                        at += 2;
                    }
                    self.note(&path, token.line);
                }
                _ => {}
            }
            at += 1;
        }
    }

    /// Reads a `use` tree after `prefix`; returns the place of the sign that ends it.
    fn tree(&mut self, all: &[Token], mut at: usize, prefix: &str) -> usize {
        let mut path = prefix.to_owned();
        let mut line = 0;
        let mut name = None;
        while let Some(token) = all.get(at) {
            match token.text.as_str() {
                "{" => {
                    at = self.tree(all, at + 1, &path);
                    while all.get(at).is_some_and(|token| token.text == ",") {
                        at = self.tree(all, at + 1, &path);
                    }
                    return at + 1;
                }
                ";" | "," | "}" => break,
                "::" => {}
                "as" => {
                    name = all.get(at + 1).map(|token| token.text.clone());
                    at += 1;
                }
                word => {
                    line = token.line;
                    path = if path.is_empty() { word.to_owned() } else { format!("{path}::{word}") };
                }
            }
            at += 1;
        }
        if path != prefix {
            let path = path.strip_suffix("::self").unwrap_or(&path);
            let full = self.note(path, line);
            let last = path.rsplit("::").next().unwrap_or_default().to_owned();
            self.imported.insert(name.unwrap_or(last), full);
        }
        at
    }

    fn note(&mut self, path: &str, line: usize) -> String {
        let full = self.resolve(path);
        self.paths.push(Path { full: full.clone(), line });
        full
    }

    fn resolve(&self, path: &str) -> String {
        let mut parts = path.split("::").peekable();
        let mut module = self.module.clone();
        match parts.peek().copied() {
            Some("self") => drop(parts.next()),
            Some("super") => {
                while parts.next_if_eq(&"super").is_some() {
                    module.pop();
                }
            }
            Some(first) => {
                let known = self.imported.get(first).cloned();
                parts.next();
                let rest: Vec<&str> = parts.collect();
                let root = known.unwrap_or_else(|| first.to_owned());
                return [vec![root.as_str()], rest].concat().join("::");
            }
            None => {}
        }
        let mut full = vec!["crate".to_owned()];
        full.extend(module);
        full.extend(parts.map(str::to_owned));
        full.join("::")
    }
}
