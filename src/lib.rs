//! gonogo
pub mod action;
pub mod backends;
pub mod config;
pub mod domain;
pub mod effect;
pub mod engine;
pub mod event;
pub mod feedback;
pub mod journal;
pub mod metrics;
pub mod stats;
