//! gonogo
pub mod action;
pub mod backends;
pub mod domain;
pub mod effect;
pub mod engine;
pub mod event;
pub mod feedback;
pub mod keys;
pub mod metrics;
pub mod stats;
pub mod term;
pub mod theme;
pub mod ui;
