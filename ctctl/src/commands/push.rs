// SPDX-License-Identifier: Apache-2.0
//! `ctctl push`.

use crate::error::{Context, Error, Exit, Result};
use crate::files::{self, Copy, LeftOut, Root, Wishes};
use crate::host::{Host, need_root};
use crate::{output, store};
use std::path::PathBuf;
use std::str::FromStr;

/// Copy files from the host into a system
///
/// A destination that is a folder takes them under their own names. A link at the destination's name is replaced, never
/// followed. Without -r a file belongs to the system's root.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The system: its name, its number, or the beginning of its name
    pub name: String,
    /// Files of the host, - for standard input; the last one is the path in the system
    #[arg(required = true, num_args = 2.., value_names = ["SRC", "DST"])]
    pub paths: Vec<PathBuf>,
    /// How to copy.
    #[command(flatten)]
    pub how: How,
}

/// What the verbs that copy have in common.
#[derive(Debug, Clone, clap::Args)]
pub struct How {
    /// Copy whole trees, with owners, permissions, times, attributes, holes and hard links
    #[arg(short, long)]
    pub recursive: bool,
    /// Make the folders of the destination
    #[arg(short, long)]
    pub parents: bool,
    /// Give the copies to this user and group, by number
    #[arg(long, value_name = "UID[:GID]")]
    pub owner: Option<Owner>,
    /// The permissions of the copy, in octal
    #[arg(long, value_name = "MODE", value_parser = mode, conflicts_with = "recursive")]
    pub mode: Option<u32>,
}

/// A user and a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Owner(u32, u32);

impl FromStr for Owner {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Owner, String> {
        let (user, group) = text.split_once(':').unwrap_or((text, text));
        // The last one is the kernel's word for none.
        let id = |id: &str| id.parse().ok().filter(|id| *id != u32::MAX);
        let wrong = || format!("{text:?} is not UID or UID:GID, such as 1000:1000");
        Ok(Owner(id(user).ok_or_else(wrong)?, id(group).ok_or_else(wrong)?))
    }
}

fn mode(text: &str) -> std::result::Result<u32, String> {
    let mode = u32::from_str_radix(text, 8).ok().filter(|mode| *mode <= 0o7777);
    mode.ok_or_else(|| format!("{text:?} is not an octal mode such as 0644"))
}

impl How {
    /// The whole order; the last of the paths is the destination.
    pub(super) fn copy(&self, paths: &[PathBuf], without_privileges: bool) -> Result<Copy> {
        let Some((destination, sources)) = paths.split_last() else {
            return Err(Error::new(Exit::Usage, "no paths"));
        };
        let owner = self.owner.map(|Owner(user, group)| (user, group));
        Ok(Copy {
            sources: sources.to_vec(),
            destination: destination.clone(),
            recursive: self.recursive,
            parents: self.parents,
            wishes: Wishes { owner, mode: self.mode, without_privileges },
        })
    }
}

/// Carries it out.
///
/// # Errors
/// `NoSystem`; what cannot be read or written, with its path.
pub fn run(args: &Args, host: &Host) -> Result<u8> {
    need_root()?;
    let name = store::resolve(host, &args.name)?;
    push(host, &name, &args.how.copy(&args.paths, false)?)
}

pub(super) fn push(host: &Host, name: &str, copy: &Copy) -> Result<u8> {
    let copied = Root::open(host, name).and_then(|root| files::push(&root, copy));
    done(&copied.context(|| format!("push to {name}"))?)
}

/// Names what was left out. All else is copied, and the exit code says that it was not everything.
pub(super) fn done(left_out: &LeftOut) -> Result<u8> {
    for line in left_out {
        output::progress(&format!("ctctl: left out {line}"));
    }
    Ok(u8::from(!left_out.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn owners_are_numbers() {
        assert_eq!("5".parse(), Ok(Owner(5, 5)));
        assert_eq!("5:6".parse(), Ok(Owner(5, 6)));
        for wrong in ["", "root", "1:", "1:2:3", "-1", "4294967295"] {
            assert!(wrong.parse::<Owner>().is_err(), "{wrong}");
        }
        assert_eq!(mode("4755"), Ok(0o4755));
        assert!(mode("8").is_err() && mode("10000").is_err());
    }
}
