//! gonogo
pub mod domain;
pub mod feed;
