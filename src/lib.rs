//! gonogo
pub mod domain;
pub mod keys;
pub mod term;
pub mod theme;
