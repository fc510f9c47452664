//! The fingerprint of the engine: one number that changes whenever the meaning of its state may have changed.
//!
//! In: the sources below `src/` that decide what a state means ([`ROOTS`]). Out: `GONOGO_ENGINE_FINGERPRINT` for the
//! compiler, 16 hexadecimal digits; `engine::state::FINGERPRINT` is made of it.
//!
//! It is an FNV-1a sum of 64 bits over each file's name and text, sorted by name. Names are below `src/` with `/` between
//! folders, and carriage returns are left out: the same sources give the same number on every machine, at every place, with
//! or without git. It is no protection against anybody; it only tells one engine from another.

use std::path::{Path, PathBuf};
use std::{fs, io};

/// Rooms that decide what a state means: each its guide and its folder.
const ROOTS: [&str; 6] = ["domain", "stats", "action", "effect", "event", "engine"];

fn main() -> io::Result<()> {
    let source = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default()).join("src");
    println!("cargo:rerun-if-changed=build.rs");
    for root in ROOTS {
        println!("cargo:rerun-if-changed=src/{root}.rs");
        if source.join(root).is_dir() {
            println!("cargo:rerun-if-changed=src/{root}");
        }
    }
    println!("cargo:rustc-env=GONOGO_ENGINE_FINGERPRINT={:016x}", fingerprint(&source)?);
    Ok(())
}

/// The fingerprint of the sources in this folder.
pub fn fingerprint(source: &Path) -> io::Result<u64> {
    let mut files = Vec::new();
    for root in ROOTS {
        let guide = source.join(root).with_extension("rs");
        files.push((format!("{root}.rs"), fs::read(guide)?));
        if source.join(root).is_dir() {
            collect(&source.join(root), root, &mut files)?;
        }
    }
    files.sort();
    let mut sum = Sum::new();
    for (name, text) in &files {
        // Each ends with a zero, so that nothing moves from one to the next unseen.
        sum.add(name.bytes());
        sum.add([0]);
        sum.add(text.iter().copied().filter(|byte| *byte != b'\r'));
        sum.add([0]);
    }
    // 0 means that there is none.
    Ok(sum.0.max(1))
}

/// All Rust files of a folder and those below it, each with its name.
fn collect(folder: &Path, name: &str, files: &mut Vec<(String, Vec<u8>)>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let own = path.file_name().map(|own| own.to_string_lossy().into_owned()).unwrap_or_default();
        let name = format!("{name}/{own}");
        if path.is_dir() {
            collect(&path, &name, files)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push((name, fs::read(&path)?));
        }
    }
    Ok(())
}

/// FNV-1a with 64 bits.
struct Sum(u64);

impl Sum {
    const fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }

    fn add(&mut self, bytes: impl IntoIterator<Item = u8>) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
}
