//! How meaning looks: colours by role, and the signs that stand beside them.
//!
//! ```text
//! themes/*.toml ─▶ file (read, inherit) ─▶ depth (bring down to what the terminal can) ─▶ Theme
//!                       surroundings (TERM, locale, …) ─┴─▶ glyphs, graphs ──────────────┘
//! ```
//!
//! In: the name of a theme, the [`Depth`] of the terminal and whether it can only show ASCII.
//! Out: a [`Theme`] that answers `style(Role::NoGo)` and holds the [`Glyphs`].
//!
//! The screens never name a colour; they name a [`Role`]. Meaning is never colour alone: each verdict
//! has a glyph and a word, and without colour the verdicts still differ by bold, reverse and underline.
//! Body text keeps the terminal's own colour and the background is not painted unless a theme says so.
//!
//! Adding a theme is one file in `themes/` and one line in [`shipped`]'s list.
//!
//! This room never reads the environment, a file or the terminal: the command line hands in what it found there, and
//! `runtime::wardrobe` the texts of people's own themes.
//!
//! ```
//! use gonogo::theme::{Role, Surroundings, pick};
//!
//! let terminal = Surroundings { term: "xterm-256color".into(), ..Surroundings::default() };
//! let theme = pick("default", terminal.depth(), terminal.is_ascii())?;
//! let style = theme.style(Role::Go);
//! assert_eq!(theme.glyphs.go, "✔");
//! # Ok::<(), gonogo::theme::ThemeError>(())
//! ```
//!
//! Start reading at [`role`], then [`mod@file`].

pub mod depth;
pub mod file;
pub mod glyphs;
pub mod graphs;
pub mod pick;
pub mod role;
pub mod shipped;
pub mod surroundings;

pub use depth::Depth;
pub use file::ThemeError;
pub use glyphs::Glyphs;
pub use graphs::Graphs;
pub use pick::{DEFAULT, Theme, pick};
pub use role::Role;
pub use shipped::names;
pub use surroundings::Surroundings;
