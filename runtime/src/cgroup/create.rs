// SPDX-License-Identifier: Apache-2.0
//! Making a container's cgroups, and giving them their limits before a process is in them.

use super::place::{Directory, MOUNT, Place};
use super::{attach, freeze, limits, tree, v2};
use crate::error::{Context, Error, Result};
use crate::spec::resources::Resources;
use runtime_sys::cgroupfs;
use runtime_sys::{BorrowedFd, Errno, SysError};

/// What a user without rights on the hierarchies hears, in the words of runc.
const NO_PERMISSION: &str =
    "rootless needs no limits + no cgrouppath when no permission is granted for cgroups";

/// Who asks, and for what.
#[derive(Debug, Clone, Copy)]
pub(super) struct Request<'r> {
    pub(super) resources: &'r Resources<'r>,
    /// Whether config.json names the place: then it is that one or an error.
    pub(super) is_chosen: bool,
}

/// Makes every place and applies the limits. Places that a user without rights need not have are taken out of the
/// list. After an error no directory that was made is left. Returns the directory on v2.
pub(super) fn create(
    mount: BorrowedFd<'_>,
    places: &mut Vec<Place>,
    request: Request<'_>,
) -> Result<Option<Directory>> {
    let mut made = Vec::new();
    let result = create_all(mount, places, request, &mut made);
    if result.is_err() {
        for path in made.iter().rev() {
            if let Err(error) = cgroupfs::rmdir(mount, path.as_str()) {
                log::warn!("take back the cgroup {MOUNT}/{path}: {error}");
            }
        }
    }
    result
}

fn create_all(
    mount: BorrowedFd<'_>,
    places: &mut Vec<Place>,
    request: Request<'_>,
    made: &mut Vec<String>,
) -> Result<Option<Directory>> {
    let mut allowed = Vec::with_capacity(places.len());
    let mut denied = None;
    for place in places.iter() {
        match make(mount, place, made) {
            Ok(true) => allowed.push(place.clone()),
            Ok(false) => {
                check_unused(mount, place)?;
                allowed.push(place.clone());
            }
            Err(error) if is_denied(&error) && !request.is_chosen && is_rootless() => {
                denied = Some(error);
            }
            Err(error) => return Err(error).context(|| format!("make the cgroup {}", place.absolute())),
        }
    }
    *places = allowed;
    if let Some(error) = denied {
        let served = |controller: &str| places.iter().any(|place| place.has(controller) || place.is_v2());
        if let Some((controller, key)) = v2::needs(request.resources)
            .into_iter()
            .find(|(controller, _)| !served(limits::name_on_v1(controller)))
        {
            let doing = format!(
                "/linux/resources/{key}: cannot set {controller} limit: container could not join or create cgroup: \
                 {NO_PERMISSION}"
            );
            return Err(error).context(|| doing);
        }
    }
    limit(mount, places, request.resources)
}

fn limit(mount: BorrowedFd<'_>, places: &[Place], resources: &Resources<'_>) -> Result<Option<Directory>> {
    let mut open = Vec::with_capacity(places.len());
    for place in places {
        if place.has("cpuset") {
            inherit_cpuset(mount, place)?;
        }
        // Without limits only the device filter and the birth on v2 need the directory.
        if !(place.is_v2() || place.has("devices") || resources.has_limits()) {
            continue;
        }
        let directory = Directory::open(mount, &place.path)
            .context(|| format!("open the cgroup {}", place.absolute()))?;
        open.push((place, directory));
    }
    attach::set_devices(&open, &resources.devices, attach::When::Create)?;
    limits::apply(mount, &open, resources)?;
    Ok(open.into_iter().find(|(place, _)| place.is_v2()).map(|(_, directory)| directory))
}

/// Makes a place with what is missing above it; whether it was not there.
fn make(mount: BorrowedFd<'_>, place: &Place, made: &mut Vec<String>) -> runtime_sys::Result<bool> {
    let mut one = |path: &str| {
        let is_new = cgroupfs::mkdir(mount, path)?;
        if is_new {
            made.push(path.to_owned());
        }
        Ok(is_new)
    };
    match one(&place.path) {
        Err(SysError { errno: Errno::NOENT, .. }) => {}
        other => return other,
    }
    for above in place.ancestors() {
        one(above)?;
    }
    one(&place.path)
}

/// A cgroup that was there already must be nobody's: without processes and not frozen.
fn check_unused(mount: BorrowedFd<'_>, place: &Place) -> Result<()> {
    let name = || format!("use the cgroup {}", place.absolute());
    let directory = Directory::open(mount, &place.path).context(name)?;
    let processes = tree::pids(&directory, tree::Depth::All).context(name)?;
    if !processes.is_empty() {
        let why = format!(
            "container's cgroup is not empty: {} process(es) found in {}",
            processes.len(),
            place.absolute()
        );
        return Err(Error::state(why));
    }
    if freeze::is_frozen(&directory, place) {
        return Err(Error::state(format!("container's cgroup unexpectedly frozen: {}", place.absolute())));
    }
    Ok(())
}

/// A cpuset of v1 begins with no processor and no memory node, and takes no process until it has some.
fn inherit_cpuset(mount: BorrowedFd<'_>, place: &Place) -> Result<()> {
    let what = || format!("inherit the cpuset for {}", place.absolute());
    let mut above = Directory::open(mount, &place.base).context(what)?;
    for path in place.ancestors().chain([place.path.as_str()]) {
        let below = Directory::open(mount, path).context(what)?;
        for file in ["cpuset.cpus", "cpuset.mems"] {
            if below.read(file).context(what)?.trim().is_empty() {
                let value = above.read(file).context(what)?;
                below.write(file, value.trim()).context(what)?;
            }
        }
        above = below;
    }
    Ok(())
}

fn is_denied(error: &SysError) -> bool {
    matches!(error.errno, Errno::ACCESS | Errno::PERM | Errno::ROFS)
}

/// Whether the caller has no rights of the host's root: another user, or root of a user namespace.
pub(super) fn is_rootless() -> bool {
    !cgroupfs::is_root() || in_user_namespace()
}

/// Whether ids here are other ids on the host.
pub(super) fn in_user_namespace() -> bool {
    let map = std::fs::read_to_string("/proc/self/uid_map").unwrap_or_default();
    map.split_whitespace().ne(["0", "0", "4294967295"])
}
