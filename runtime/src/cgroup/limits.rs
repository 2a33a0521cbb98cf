// SPDX-License-Identifier: Apache-2.0
//! Which version of cgroups serves which limit.

use super::place::{Directory, MOUNT, Place};
use super::{v1, v2};
use crate::error::{Context, Error, Result};
use crate::spec::resources::Resources;
use runtime_sys::{BorrowedFd, Errno};

/// A container's open cgroups.
pub(super) type Open<'p> = Vec<(&'p Place, Directory)>;

/// The directory that has a controller of v1.
pub(super) fn on_v1<'o>(open: &'o Open<'_>, controller: &str) -> Option<&'o Directory> {
    open.iter().find(|(place, _)| place.has(controller)).map(|(_, directory)| directory)
}

/// The directory on v2.
pub(super) fn on_v2<'o>(open: &'o Open<'_>) -> Option<(&'o Place, &'o Directory)> {
    open.iter().find(|(place, _)| place.is_v2()).map(|(place, directory)| (*place, directory))
}

/// A controller of v2 by its name on v1.
pub(super) fn name_on_v1(controller: &str) -> &str {
    if controller == "io" { "blkio" } else { controller }
}

/// Writes what the resources ask for; what they do not name stays as it is. Device rules are apart.
///
/// # Errors
/// The key, the file and the kernel's answer; a limit that no hierarchy of this host serves.
pub(super) fn apply(mount: BorrowedFd<'_>, open: &Open<'_>, resources: &Resources<'_>) -> Result<()> {
    let is_pure_v2 = open.iter().all(|(place, _)| place.is_v2());
    if is_pure_v2 && !open.is_empty() {
        return apply_v2(mount, open, resources);
    }
    if !resources.unified.is_empty() {
        return Err(Error::invalid(
            "/linux/resources/unified: invalid configuration: cannot use unified on cgroup v1",
        ));
    }
    v1::apply(open, resources)?;
    // What v1 does not have mounted may be on the v2 side of a hybrid host (huge pages often are).
    let left = |controller: &str| on_v1(open, controller).is_none();
    let rest = Resources {
        memory: resources.memory.clone().filter(|_| left("memory")),
        cpu: resources.cpu.clone().filter(|_| left("cpu") && left("cpuset")),
        pids: resources.pids.clone().filter(|_| left("pids")),
        block_io: resources.block_io.clone().filter(|_| left("blkio")),
        hugepage_limits: if left("hugetlb") { resources.hugepage_limits.clone() } else { Vec::new() },
        rdma: if left("rdma") { resources.rdma.clone() } else { Default::default() },
        ..Resources::default()
    };
    apply_v2(mount, open, &rest)
}

fn apply_v2(mount: BorrowedFd<'_>, open: &Open<'_>, resources: &Resources<'_>) -> Result<()> {
    let needs = v2::needs(resources);
    let Some((place, directory)) = on_v2(open) else {
        let Some((controller, key)) = needs.first() else { return Ok(()) };
        return Err(not_offered(key, controller, MOUNT, &names(open)));
    };
    let wishes = v2::wishes(resources);
    if !(needs.is_empty() && wishes.is_empty()) {
        enable(mount, place, directory, (&needs, &wishes))?;
    }
    v2::apply(directory, resources)
}

fn names(open: &Open<'_>) -> String {
    let names: Vec<&str> =
        open.iter().map(|(place, _)| place.controllers.as_str()).filter(|name| !name.is_empty()).collect();
    names.join(" ")
}

fn not_offered(key: &str, controller: &str, place: &str, offered: &str) -> Error {
    let offered = if offered.is_empty() { "none" } else { offered };
    Error::unsupported(format!(
        "/linux/resources/{key}: controller {controller:?} is not available in {place} (it offers: {offered})"
    ))
}

fn holds(list: &str, word: &str) -> bool {
    list.split_whitespace().any(|item| item == word)
}

/// Controllers that a limit needs, and those that a key of `unified` names and that may turn out not to exist.
type Wanted<'w> = (&'w [v2::Need], &'w [&'w str]);

/// Sees to it that the cgroup has the controllers: each directory above it must pass them on. One that has to be
/// changed passes on all that it has, so that usage can be read too.
fn enable(
    mount: BorrowedFd<'_>,
    place: &Place,
    directory: &Directory,
    (needs, wishes): Wanted<'_>,
) -> Result<()> {
    let present = directory.read("cgroup.controllers").context(|| directory.name_of("cgroup.controllers"))?;
    let mut wanted = needs.iter().map(|(controller, _)| *controller).chain(wishes.iter().copied());
    if wanted.all(|controller| holds(&present, controller)) {
        return Ok(());
    }
    for path in [place.base.as_str()].into_iter().chain(place.ancestors()) {
        pass_on(mount, path, (needs, wishes))?;
    }
    Ok(())
}

fn pass_on(mount: BorrowedFd<'_>, path: &str, (needs, wishes): Wanted<'_>) -> Result<()> {
    const FILE: &str = "cgroup.subtree_control";
    let above = Directory::open(mount, path).context(|| format!("open the cgroup {MOUNT}/{path}"))?;
    let offered = above.read("cgroup.controllers").context(|| above.name_of("cgroup.controllers"))?;
    let enabled = above.read(FILE).context(|| above.name_of(FILE))?;
    if let Some((controller, key)) = needs.iter().find(|(controller, _)| !holds(&offered, controller)) {
        return Err(not_offered(key, controller, &format!("{MOUNT}/{path}"), offered.trim()));
    }
    let wishes = wishes.iter().copied().filter(|controller| holds(&offered, controller));
    let mut wanted = needs.iter().map(|(controller, _)| *controller).chain(wishes);
    if wanted.all(|controller| holds(&enabled, controller)) {
        return Ok(());
    }
    let missing = offered.split_whitespace().filter(|controller| !holds(&enabled, controller));
    let missing: Vec<String> = missing.map(|controller| format!("+{controller}")).collect();
    if above.write(FILE, &missing.join(" ")).is_ok() {
        return Ok(());
    }
    // One that cannot be passed on (cpu beside real-time processes) must not take the others with it.
    let mut refused = None;
    for change in &missing {
        if let Err(error) = above.write(FILE, change) {
            let need = needs.iter().find(|(controller, _)| change[1..] == **controller);
            refused = refused.or(need.map(|need| (need, error)));
        }
    }
    let Some(((controller, key), error)) = refused else { return Ok(()) };
    let hint = match error.errno {
        Errno::BUSY => " (a cgroup with processes of its own passes no controller on)",
        _ => "",
    };
    Err(error)
        .context(|| format!("/linux/resources/{key}: enable {controller} in {}{hint}", above.name_of(FILE)))
}
