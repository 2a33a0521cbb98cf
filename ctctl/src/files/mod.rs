// SPDX-License-Identifier: Apache-2.0
//! Copying files into a system and out of it.
//!
//! Two processes and a pipe: one works on the host's side with the caller's rights, the other below the system's root
//! with the rights of the system's own root and nothing more. What crosses is a stream of names, numbers and bytes
//! ([`stream`]): no path of one side is ever resolved on the other, so links that somebody swaps meanwhile lead to
//! what that somebody can reach already.

mod agent;
mod place;
mod receive;
mod send;
mod stream;

pub use agent::Root;
pub(crate) use agent::{carried_out, join_namespaces, plain_umask};
pub(crate) use place::{Base, split};
pub use receive::Wishes;

use crate::error::{Error, Exit, Result};
use place::name_of;
use receive::Receiver;
use runtime_sys::{AsFd, OwnedFd};
use send::{Sender, Source};
use std::ffi::CString;
use std::path::{Path, PathBuf};
use stream::{Reader, Writer};

/// What is copied, and where to.
#[derive(Debug, Clone)]
pub struct Copy {
    /// Paths on the side that files come from; `-` alone is the standard input of the host's side.
    pub sources: Vec<PathBuf>,
    /// A path on the other side; `-` is the standard output of the host's side.
    pub destination: PathBuf,
    /// Whole trees, with owners, modes, times, attributes, holes and hard links.
    pub recursive: bool,
    /// Makes the folders above the destination.
    pub parents: bool,
    /// What the copies are to be like.
    pub wishes: Wishes,
}

/// What was left out, one line each.
pub type LeftOut = Vec<String>;

fn dash(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// Copies from the host into a system.
///
/// # Errors
/// What either side meets.
pub fn push(root: &Root, copy: &Copy) -> Result<LeftOut> {
    if dash(&copy.destination) {
        return Err(Error::new(Exit::Usage, "- is no place in a system"));
    }
    if copy.recursive && copy.sources.iter().any(|source| dash(source)) {
        return Err(Error::new(Exit::Usage, "-r and -: standard input is no tree"));
    }
    let sources = sources(&Base::Host, copy)?;
    let (from, to) = agent::pipe()?;
    let (agent, to) = root.start((from, to), |inside, from| {
        let place = destination(&inside.base, copy)?;
        Receiver::new(Reader::new(from.into()), place, copy.recursive, copy.wishes.clone()).receive_all()
    })?;
    let mut sender = Sender::new(Writer::new(to.into()), agent::reopener()?, copy.recursive);
    let sent = sources.iter().try_for_each(|source| sender.source(source)).and_then(|()| sender.end());
    let left_out = sender.left_out();
    // The pipe's end, for an agent that waits for more.
    drop(sender);
    agent.end(sent)?;
    Ok(left_out)
}

/// Copies from a system to the host.
///
/// # Errors
/// What either side meets.
pub fn pull(root: &Root, copy: &Copy) -> Result<LeftOut> {
    if copy.sources.iter().any(|source| dash(source)) {
        return Err(Error::new(Exit::Usage, "- is no place in a system"));
    }
    let to_stdout = dash(&copy.destination);
    if to_stdout && copy.recursive {
        return Err(Error::new(Exit::Usage, "-r and -: a tree is no stream").hint("pull it into a folder"));
    }
    let place = if to_stdout { None } else { Some(destination(&Base::Host, copy)?) };
    let (from, to) = agent::pipe()?;
    let (agent, from) = root.start((to, from), |inside, to| {
        let sources = sources(&inside.base, copy)?;
        let mut sender = Sender::new(Writer::new(to.into()), inside.reopener, copy.recursive);
        sources.iter().try_for_each(|source| sender.source(source))?;
        sender.end()
    })?;
    let from = Reader::new(from.into());
    let mut receiver = match place {
        Some(place) => Receiver::new(from, place, copy.recursive, copy.wishes.clone()),
        None => Receiver::to_stdout(from),
    };
    let received = receiver.receive();
    let left_out = receiver.left_out();
    // An agent that has more to say must not wait for a reader.
    drop(receiver);
    agent.end(received)?;
    Ok(left_out)
}

/// Opens what is to be copied, each as a handle that no later swap of names changes.
fn sources(base: &Base, copy: &Copy) -> Result<Vec<Source>> {
    copy.sources
        .iter()
        .map(|path| {
            if dash(path) {
                return Ok(Source::stdin());
            }
            // A tree's top that is a link is copied as one; a single file is what the link leads to.
            let handle = if copy.recursive { base.handle(path)? } else { base.followed(path)? };
            let name = name_of(path).unwrap_or_else(|| c"root".to_owned());
            Ok(Source::file(handle, name, path.display().to_string()))
        })
        .collect()
}

/// Finds the destination: a folder that is there takes sources under their own names, else it is the name of one.
fn destination(base: &Base, copy: &Copy) -> Result<(OwnedFd, Option<CString>)> {
    let path = &copy.destination;
    let (folder, name): (OwnedFd, Option<CString>) = match base.destination(path) {
        Ok(folder) => (folder, None),
        Err(error) if !error.is_absent() => return Err(error.about(path)),
        Err(_) => {
            let is_named_a_folder = path.as_os_str().as_encoded_bytes().ends_with(b"/");
            if copy.sources.len() > 1 || (is_named_a_folder && !copy.parents) {
                return Err(Error::new(Exit::Failure, format!("{}: no such folder", path.display()))
                    .hint("-p makes the folders of the destination"));
            }
            if is_named_a_folder {
                (base.made(path)?, None)
            } else {
                let (above, name) = split(path)?;
                let folder = match base.folder(&above) {
                    Err(error) if error.is_absent() && copy.parents => base.made(&above)?,
                    Err(error) if error.is_absent() => {
                        return Err(error.about(&above).hint("-p makes the folders of the destination"));
                    }
                    other => other.map_err(|error| error.about(&above))?,
                };
                (folder, Some(name))
            }
        }
    };
    place::check_file_system(folder.as_fd(), &path.display().to_string())?;
    if name.is_none() && copy.sources.iter().any(|source| dash(source)) {
        return Err(Error::new(Exit::Usage, format!("{} is a folder", path.display()))
            .hint("give the file's name: standard input has none"));
    }
    Ok((folder, name))
}
