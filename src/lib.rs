//! gonogo
pub mod action;
pub mod backends;
pub mod domain;
pub mod effect;
pub mod event;
pub mod feed;
pub mod feedback;
pub mod metrics;
pub mod net;
