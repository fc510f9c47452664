//! Reports: what they say of a small rollout that was written by hand, how they look, and the command.

mod arithmetic;
mod command;
mod golden;
mod html;
mod script;
