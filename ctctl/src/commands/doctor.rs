// SPDX-License-Identifier: Apache-2.0
//! `ctctl doctor`.

use super::printed;
use crate::doctor::{self, Finding, Verdict};
use crate::error::{Exit, Result};
use crate::host::{Host, need_root};
use crate::output;
use serde_json::json;

/// Look at this machine and at all systems for what is wrong, and say what to do
///
/// The exit code is 1 when something is bad and is not repaired.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Repair what can be repaired without a loss
    #[arg(long)]
    pub fix: bool,
    /// What is not good alone
    #[arg(short, long)]
    pub brief: bool,
    /// As JSON
    #[arg(short, long)]
    pub json: bool,
}

/// Carries it out.
///
/// # Errors
/// `Permission` for `--fix` without root.
pub fn run(args: &Args, host: &Host) -> Result<u8> {
    let mut findings = doctor::examine(host);
    if args.fix {
        need_root()?;
        doctor::repair(host, &mut findings);
    }
    let is_bad = findings.iter().any(|finding| finding.verdict == Verdict::Bad);
    findings.retain(|finding| !args.brief || finding.verdict != Verdict::Good);
    let written = if args.json {
        output::json(&findings.iter().map(object).collect())
    } else {
        findings.iter().try_for_each(|finding| output::line(&text(finding)))
    };
    printed(written)?;
    Ok(if is_bad { Exit::Failure as u8 } else { 0 })
}

fn object(finding: &Finding) -> serde_json::Value {
    json!({
        "check": finding.check, "system": finding.system, "verdict": finding.verdict.word(),
        "found": finding.found, "way_out": finding.way_out,
    })
}

fn text(finding: &Finding) -> String {
    let system = finding.system.as_ref().map_or(String::new(), |name| format!(" {name}:"));
    let mut text = format!("{:<8} {}:{system} {}", finding.verdict.word(), finding.check, finding.found);
    if let (Some(way), Verdict::Warning | Verdict::Bad) = (&finding.way_out, finding.verdict) {
        text.push_str(&format!("\n         -> {way}"));
    }
    text
}
