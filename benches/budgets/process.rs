//! What the kernel says about a process: memory and processor time.

use std::fs;
use std::time::Duration;

/// Resident memory in bytes, now.
pub fn resident(pid: u32) -> u64 {
    field(pid, "VmRSS:") * 1024
}

/// The most resident memory in bytes, so far.
pub fn most_resident(pid: u32) -> u64 {
    field(pid, "VmHWM:") * 1024
}

fn field(pid: u32, name: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
    line.split_whitespace().next().and_then(|number| number.parse().ok()).unwrap_or(0)
}

/// Processor time of all threads that still live, in nanoseconds' resolution; `stat` has 10 ms only.
pub fn processor_time(pid: u32) -> Duration {
    let threads = fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    let spent = threads.filter_map(|thread| {
        let text = fs::read_to_string(thread.path().join("schedstat")).ok()?;
        text.split_whitespace().next()?.parse::<u64>().ok()
    });
    Duration::from_nanos(spent.sum())
}
