// SPDX-License-Identifier: Apache-2.0
//! `ctctl enter`.

use crate::container::session::{self, Command, Session};
use crate::error::{Context, Result};
use crate::host::{Host, need_root};
use crate::store;
use std::io::IsTerminal;

/// Open a shell in a running system, as its root logs in
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The system: its name, its number, or the beginning of its name
    pub name: String,
    #[command(flatten)]
    pub session: Session,
    /// A command for the shell, instead of what is typed
    #[arg(long, value_name = "COMMAND")]
    pub exec: Option<String>,
}

/// Finds the user's shell with the system's own programs: nothing of its files is read on the host.
const LOGIN: &str = r#"shell=/bin/sh
while IFS=: read -r user _ _ _ _ _ theirs; do
    [ "$user" = "$USER" ] && [ -x "$theirs" ] && shell=$theirs && break
done < /etc/passwd
cd "$HOME" 2> /dev/null || cd /
exec "$shell" -l "$@""#;

/// Carries it out, with a terminal when it is called from one. The exit code is the shell's.
///
/// # Errors
/// `NoSystem`; `State` when it does not run; a system without /bin/sh.
pub fn run(args: &Args, host: &Host) -> Result<u8> {
    need_root()?;
    let name = store::resolve(host, &args.name)?;
    let mut words = ["/bin/sh", "-c", LOGIN, "sh"].map(str::to_owned).to_vec();
    words.extend(args.exec.iter().flat_map(|line| ["-c".to_owned(), line.clone()]));
    let command = Command { args: words, tty: std::io::stdin().is_terminal(), cwd: "/".to_owned() };
    session::run(host, &name, command, &args.session).context(|| format!("enter {name}"))
}
