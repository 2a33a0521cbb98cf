// SPDX-License-Identifier: Apache-2.0
//! Debian and Ubuntu suites, by mmdebstrap, from the archive that the host's apt is configured for.

use super::{Filled, Watched, Work, unpack};
use crate::recipe::Mmdebstrap;
use crate::{Context, Error, ErrorKind, Result, archive};
use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};

/// What must not be the same in two systems is not in the template.
const FORGET: &str = r#"rm -f "$1"/etc/ssh/ssh_host_* "$1"/etc/hostname "$1"/etc/resolv.conf "$1"/var/lib/dbus/machine-id; : > "$1"/etc/machine-id"#;

/// Lines of mmdebstrap's output that an error shows.
const SHOWN_LINES: usize = 15;

pub(crate) fn fill(source: &Mmdebstrap, work: &mut Work<'_>) -> Result<Filled> {
    let staging = work.store.stage()?;
    let log = staging.note("mmdebstrap.log");
    let log_file = File::create(&log).context(|| format!("make {}", log.display()))?;
    let mirror = source.mirror.clone().or_else(|| configured_mirror(&source.suite));
    let mut command = Command::new("mmdebstrap");
    command.args(["--format=tar", "--mode=root"]).arg(format!("--variant={}", source.variant));
    if !source.packages.is_empty() {
        command.arg(format!("--include={}", source.packages.join(",")));
    }
    command.arg(format!("--customize-hook={FORGET}")).args([source.suite.as_str(), "-"]).args(mirror);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log_file);
    let mut child = command.spawn().map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => Error::new(ErrorKind::Unsupported, "this host has no mmdebstrap"),
        _ => Error::unsupported(format!("run mmdebstrap: {error}")),
    })?;
    let unpacked = match child.stdout.take() {
        Some(stdout) => {
            let mut stream = Watched::new(stdout, None, work.progress);
            unpack(&mut stream, &staging, &archive::Options::default())
        }
        None => Err(Error::invalid("mmdebstrap has no output")),
    };
    let status = child.wait().context(|| "wait for mmdebstrap")?;
    if !status.success() {
        let output = last_lines(&log);
        return Err(Error::new(
            ErrorKind::System,
            format!("mmdebstrap {}: {status}\n{output}", source.suite),
        ));
    }
    let layer = unpacked?;
    staging.publish(work.store, &layer.digest)?;
    Ok(Filled { layers: vec![layer.digest], warnings: layer.warnings, ..Filled::default() })
}

fn last_lines(log: &Path) -> String {
    let text = fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(SHOWN_LINES)..].join("\n")
}

/// The first archive in the host's apt sources that has the suite.
fn configured_mirror(suite: &str) -> Option<String> {
    let mut files = vec![Path::new("/etc/apt/sources.list").to_owned()];
    let folder = fs::read_dir("/etc/apt/sources.list.d").into_iter().flatten().flatten();
    let mut more: Vec<_> = folder.map(|entry| entry.path()).collect();
    more.sort();
    files.append(&mut more);
    let texts =
        files.iter().filter_map(|path| Some((path.extension()?.to_owned(), fs::read_to_string(path).ok()?)));
    texts.into_iter().find_map(|(kind, text)| match kind.to_str() {
        Some("sources") => mirror_in_sources(&text, suite),
        Some("list") => mirror_in_list(&text, suite),
        _ => None,
    })
}

/// One-line style: `deb [options] URI SUITE COMPONENT…`.
fn mirror_in_list(text: &str, suite: &str) -> Option<String> {
    text.lines().find_map(|line| {
        let rest = line.trim().strip_prefix("deb ")?.trim_start();
        let rest = if rest.starts_with('[') { rest.split_once(']')?.1 } else { rest };
        let mut words = rest.split_whitespace();
        let uri = words.next()?;
        (words.next()? == suite).then(|| uri.to_owned())
    })
}

/// deb822 style: paragraphs with `Types:`, `URIs:` and `Suites:`.
fn mirror_in_sources(text: &str, suite: &str) -> Option<String> {
    text.split("\n\n").find_map(|paragraph| {
        let field = |name: &str| {
            let line = paragraph.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
            Some(line.split_whitespace().collect::<Vec<_>>())
        };
        let has = |name: &str, word: &str| field(name).is_some_and(|words| words.contains(&word));
        let enabled = !has("Enabled", "no");
        (enabled && has("Types", "deb") && has("Suites", suite))
            .then(|| field("URIs")?.first().map(|uri| (*uri).to_owned()))?
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mirror_is_the_one_that_has_the_suite() {
        let text = "Types: deb\nURIs: http://a/debian\nSuites: sid\n\nTypes: deb\n# x\nURIs: http://b/debian http://c\nSuites: bookworm bookworm-updates\n";
        assert_eq!(mirror_in_sources(text, "bookworm").as_deref(), Some("http://b/debian"));
        assert_eq!(mirror_in_sources(text, "trixie"), None);
        let text =
            "# deb http://x bookworm main\ndeb [signed-by=/k arch=amd64] http://d/debian bookworm main\n";
        assert_eq!(mirror_in_list(text, "bookworm").as_deref(), Some("http://d/debian"));
        assert_eq!(mirror_in_list(text, "book"), None);
    }
}
