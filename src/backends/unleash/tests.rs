//! Faults that a real server does not give on demand.
