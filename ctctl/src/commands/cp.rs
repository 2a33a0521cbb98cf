// SPDX-License-Identifier: Apache-2.0
//! `ctctl cp`.

use super::pull::pull;
use super::push::{How, push};
use crate::error::{Error, Exit, Result};
use crate::host::{Host, need_root};
use crate::store;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// Copy files between the host and a system, in either direction
///
/// One of the two is NAME:PATH. A path of the host that holds a colon begins with ./ or /.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// What to copy: NAME:PATH, or a path of the host
    #[arg(value_name = "SRC")]
    pub source: PathBuf,
    /// Where to: a path of the host, or NAME:PATH
    #[arg(value_name = "DST")]
    pub destination: PathBuf,
    /// How to copy.
    #[command(flatten)]
    pub how: How,
    /// Out of a system, keep set-user-id and set-group-id bits and capabilities of files
    #[arg(long)]
    pub set_id: bool,
}

/// Carries it out.
///
/// # Errors
/// `Usage` when not exactly one of the two is in a system; as `push` and `pull`.
pub fn run(args: &Args, host: &Host) -> Result<u8> {
    need_root()?;
    match (in_system(&args.source), in_system(&args.destination)) {
        (None, Some((word, path))) => {
            let copy = args.how.copy(&[args.source.clone(), path], false)?;
            push(host, &store::resolve(host, &word)?, &copy)
        }
        (Some((word, path)), None) => {
            let copy = args.how.copy(&[path, args.destination.clone()], !args.set_id)?;
            pull(host, &store::resolve(host, &word)?, &copy)
        }
        (None, None) => {
            Err(Error::new(Exit::Usage, "neither is in a system").hint("write NAME:PATH for the one that is"))
        }
        (Some(_), Some(_)) => {
            Err(Error::new(Exit::Usage, "both are in systems")
                .hint("pull the files to the host, then push them"))
        }
    }
}

/// `NAME:PATH` taken apart.
fn in_system(path: &Path) -> Option<(String, PathBuf)> {
    let text = path.as_os_str().as_bytes();
    let colon = text.iter().position(|byte| *byte == b':')?;
    let name = std::str::from_utf8(&text[..colon]).ok()?;
    // What begins with a dot or holds a slash is no name.
    store::check_name(name).ok()?;
    Some((name.to_owned(), PathBuf::from(OsStr::from_bytes(&text[colon + 1..]))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stands_before_a_colon() {
        assert_eq!(in_system(Path::new("web:/etc/x:y")), Some(("web".to_owned(), "/etc/x:y".into())));
        assert_eq!(in_system(Path::new("101:x")), Some(("101".to_owned(), "x".into())));
        for path in ["web", "./web:x", "/a:b", ":x", "a/b:c"] {
            assert_eq!(in_system(Path::new(path)), None, "{path}");
        }
    }
}
