// SPDX-License-Identifier: Apache-2.0
//! `validate`: all that is wrong with a configuration, without running it.

use crate::error::{Error, Result};
use crate::plan::arena::Arena;
use crate::plan::check;
use crate::sandbox::create::{parse, read_config};
use crate::seccomp;
use crate::spec::mount_options;
use std::fmt::Write;
use std::path::Path;

/// Checks a bundle's configuration; returns what is odd and yet allowed, one line each.
///
/// # Errors
/// [`crate::ErrorKind::Invalid`] with all problems; [`crate::ErrorKind::Unsupported`] for another isolation.
pub fn validate(bundle: &Path, config: Option<&Path>, isolation: Option<&str>) -> Result<String> {
    match isolation {
        None | Some("container") => {}
        Some("vm") => {
            return Err(Error::unsupported(
                "--isolation vm: the microVM mode is not there yet: use container",
            ));
        }
        Some(other) => return Err(Error::invalid(format!("--isolation: unknown {other:?}: use container"))),
    }
    let path = config.map_or_else(|| bundle.join("config.json"), Path::to_owned);
    let bytes = read_config(&path)?;
    let spec = parse(&bytes, &path.to_string_lossy())?;
    check::check(&spec)?;
    let arena = Arena::default();
    if let Some(filter) = spec.linux.as_ref().and_then(|linux| linux.seccomp.as_ref()) {
        seccomp::plan(&arena, filter)?;
    }
    let mut text = String::new();
    for warning in check::warnings(&spec) {
        let _infallible = writeln!(text, "warning: {warning}");
    }
    for (index, mount) in spec.mounts.iter().enumerate() {
        let options = mount_options::parse(&mount.options);
        if options.bind.is_some() && !options.data.is_empty() {
            let unknown = options.data.join(",");
            return Err(Error::invalid(format!(
                "/mounts/{index}/options: a bind mount takes no {unknown:?}"
            )));
        }
    }
    Ok(text)
}
