//! Cockpits on a world.

use super::harness::Cockpit;
use super::world::World;

impl World {
    /// Starts a cockpit on this world, with its journal in the world's folder.
    pub fn watch(&self, columns: u16, rows: u16, more: &[&str]) -> Cockpit {
        let (file, state) = (self.path("rollout.toml"), self.path("state"));
        let args = [&["watch", &file, "--state-dir", &state, "--as", "tester"], more].concat();
        Cockpit::start(&args, columns, rows, &[])
    }

    /// Starts a cockpit, and waits until it shows the flag as it is stored and all links deliver.
    pub fn watch_live(&self, columns: u16, rows: u16, more: &[&str]) -> Cockpit {
        let cockpit = self.watch(columns, rows, more);
        cockpit.until_shown("5 live");
        cockpit
    }
}
