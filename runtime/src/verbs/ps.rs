// SPDX-License-Identifier: Apache-2.0
//! `ps`: the processes of a container, as numbers or as the host's `ps` shows them.

use crate::cgroup::Cgroup;
use crate::error::{Context, Error, ErrorKind, Result};
use crate::state::Root;
use std::process::Command;

/// The numbers of all its processes on the host, sorted.
///
/// # Errors
/// [`ErrorKind::Unsupported`] when it has no cgroup.
pub fn pids(root: &Root, id: &str) -> Result<Vec<i32>> {
    let state = root.container(id)?.state()?;
    Cgroup::open(&state.cgroup).pids(true)
}

/// The numbers as a JSON list, with an end of line.
///
/// # Errors
/// As [`pids`].
pub fn json(root: &Root, id: &str) -> Result<String> {
    let numbers: Vec<String> = pids(root, id)?.iter().map(i32::to_string).collect();
    Ok(format!("[{}]\n", numbers.join(",")))
}

/// What the host's `ps` prints of them; its options are `-ef` unless some are given.
///
/// # Errors
/// As [`pids`]; a `ps` that is missing, fails, or was told to leave its PID column out.
pub fn table(root: &Root, id: &str, options: &[String]) -> Result<String> {
    let pids = pids(root, id)?;
    let mut command = Command::new("ps");
    if options.is_empty() {
        command.arg("-ef");
    } else {
        command.args(options);
    }
    let output = command.output().context(|| "run ps (install procps)")?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(Error::new(ErrorKind::Invalid, format!("ps: {}: {}", output.status, said.trim())));
    }
    filter(&String::from_utf8_lossy(&output.stdout), &pids)
}

/// The heading, and the lines about these processes.
fn filter(text: &str, pids: &[i32]) -> Result<String> {
    let mut lines = text.lines();
    let heading = lines.next().unwrap_or_default();
    let column = heading.split_whitespace().position(|word| word == "PID");
    let column = column.ok_or_else(|| Error::invalid("couldn't find PID field in ps output"))?;
    let is_listed = |line: &&str| {
        let pid = line.split_whitespace().nth(column).and_then(|word| word.parse().ok());
        pid.is_some_and(|pid: i32| pids.contains(&pid))
    };
    let listed: Vec<&str> = lines.filter(is_listed).collect();
    Ok([heading].iter().chain(&listed).map(|line| format!("{line}\n")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    // OC-11
    #[test]
    fn only_lines_of_the_containers_processes_stay() {
        let text =
            "UID        PID  CMD\nroot         1  init\nroot        12  sleep 1\nroot       112  1 12\n";
        assert_eq!(filter(text, &[12]).unwrap(), "UID        PID  CMD\nroot        12  sleep 1\n");
        assert!(filter("CMD\nx\n", &[1]).is_err());
    }
}
