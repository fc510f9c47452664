//! The panes, one file each. A pane reads the scene and writes cells into its area; it keeps nothing.
//!
//! What a pane needs beside its drawing (name, place, keys) stands in its `PANE`, and [`super::pane`]
//! lists them. Start reading at [`timeline`], the simplest one.

pub mod board;
pub mod chart;
pub mod coach;
pub mod feedback;
pub mod segments;
pub mod timeline;
