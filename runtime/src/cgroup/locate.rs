// SPDX-License-Identifier: Apache-2.0
//! Choosing a container's cgroups on this host.
//!
//! An absolute `cgroupsPath` begins at the root of each hierarchy. A relative one begins beside the runtime's own
//! cgroup on v2 (below it no controller could be enabled, for the runtime itself is in it) and below it on v1.
//! Without a path, root's containers are at the top by their ids, and those of others are placed like a relative
//! path: nothing else is theirs.

use super::place::{MOUNT, Place, clean, join};
use crate::error::{Context, Error, Result};
use runtime_sys::BorrowedFd;
use runtime_sys::cgroupfs;

/// The places for a path of config.json, or for an id without one; none when no hierarchy is mounted.
pub(super) fn places(mount: BorrowedFd<'_>, path: Option<&str>, id: &str) -> Result<Vec<Place>> {
    let relative = clean("/linux/cgroupsPath", path.unwrap_or(id))?;
    if relative.is_empty() {
        let why = format!("/linux/cgroupsPath: {:?} is the hierarchy's root", path.unwrap_or(id));
        return Err(Error::invalid(why));
    }
    let from_root = path.map_or_else(cgroupfs::is_root, |path| path.starts_with('/'));
    if cgroupfs::is_cgroup2(mount).context(|| MOUNT)? {
        let own = if from_root { String::new() } else { beside(&own_cgroups()?) };
        let path = join(&own, &relative);
        return Ok(vec![Place { controllers: String::new(), base: String::new(), path }]);
    }
    let directories = hierarchies(mount)?;
    let places = parse(&own_cgroups()?)
        .filter_map(|(controllers, own)| {
            let base = directory(controllers, &directories)?;
            let own = if from_root || own.contains("/..") { "" } else { own.trim_start_matches('/') };
            let path = join(&join(base, own), &relative);
            Some(Place { controllers: controllers.to_owned(), base: base.to_owned(), path })
        })
        .collect();
    Ok(places)
}

/// The names of the directories that hierarchies of v1 are mounted on.
fn hierarchies(mount: BorrowedFd<'_>) -> Result<Vec<String>> {
    let names = cgroupfs::subdirectories(mount).context(|| format!("read {MOUNT}"))?;
    Ok(names.into_iter().filter_map(|name| name.into_string().ok()).collect())
}

/// The places where a process is, by its number.
pub(super) fn places_of(mount: BorrowedFd<'_>, pid: &str) -> Result<Vec<Place>> {
    let text = cgroupfs::of_process(pid).context(|| format!("find the cgroups of process {pid}"))?;
    let is_pure_v2 = cgroupfs::is_cgroup2(mount).context(|| MOUNT)?;
    let directories = match is_pure_v2 {
        true => Vec::new(),
        false => hierarchies(mount)?,
    };
    let place = |(controllers, path): (&str, &str)| {
        let base = match is_pure_v2 {
            true => controllers.is_empty().then_some("")?,
            false => directory(controllers, &directories)?,
        };
        let path = join(base, path.trim_start_matches('/'));
        Some(Place { controllers: controllers.to_owned(), base: base.to_owned(), path })
    };
    Ok(parse(&text).filter_map(place).collect())
}

/// Goes down into the cgroups that `--cgroup` names, in runc's words where it refuses.
pub(super) fn descend(places: &mut [Place], paths: &[String]) -> Result<()> {
    let mut seen = Vec::new();
    for argument in paths {
        let bad = |why: &str| Error::invalid(format!("invalid --cgroup argument: {argument}{why}"));
        let Some((controllers, path)) = argument.split_once(':') else {
            if paths.len() != 1 {
                return Err(bad(" (missing <controller>: prefix)"));
            }
            return places.iter_mut().try_for_each(|place| step(place, argument));
        };
        if path.contains(':') {
            return Err(bad(""));
        }
        for controller in controllers.split(',') {
            if controller.is_empty() {
                return Err(bad(" (empty <controller> prefix)"));
            }
            if seen.contains(&controller) {
                return Err(bad(&format!(": controller {controller} specified multiple times")));
            }
            seen.push(controller);
            let place = places.iter_mut().find(|place| place.has(controller));
            let place = place.ok_or_else(|| bad(&format!(": unknown controller {controller}")))?;
            step(place, path)?;
        }
    }
    Ok(())
}

fn step(place: &mut Place, path: &str) -> Result<()> {
    if path.split('/').any(|part| part == "..") {
        return Err(Error::invalid(format!("--cgroup: {path} is not a sub cgroup path")));
    }
    place.path = join(&place.path, &clean("--cgroup", path)?);
    Ok(())
}

fn own_cgroups() -> Result<String> {
    cgroupfs::of_process("self").context(|| "find the own cgroup")
}

/// Each hierarchy's controllers and the cgroup in it.
pub(super) fn parse(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.lines().filter_map(|line| {
        let mut fields = line.splitn(3, ':').skip(1);
        Some((fields.next()?, fields.next()?))
    })
}

/// The own cgroup on v2, from the hierarchy's root.
pub(super) fn own_on_v2() -> Result<String> {
    let text = own_cgroups()?;
    let own = parse(&text).find(|(controllers, _)| controllers.is_empty()).map_or("/", |(_, own)| own);
    Ok(if own.contains("/..") { "/".to_owned() } else { own.to_owned() })
}

/// The directory above the own cgroup of v2; the root where that is not visible.
fn beside(own_cgroups: &str) -> String {
    let own = parse(own_cgroups).find(|(controllers, _)| controllers.is_empty()).map_or("/", |(_, own)| own);
    if own.contains("/..") {
        return String::new();
    }
    let above = own.rsplit_once('/').map_or("", |(above, _)| above);
    above.trim_start_matches('/').to_owned()
}

/// The directory of a hierarchy: named like its controllers, in whatever order.
fn directory<'d>(controllers: &str, directories: &'d [String]) -> Option<&'d str> {
    let wanted = match controllers {
        "" => "unified",
        _ => controllers.strip_prefix("name=").unwrap_or(controllers),
    };
    let same = |name: &&String| {
        name.len() == wanted.len() && name.split(',').all(|part| wanted.split(',').any(|other| other == part))
    };
    directories.iter().find(same).map(String::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HYBRID: &str = "9:name=systemd:/a.slice\n4:memory:/x/y\n1:cpuacct,cpu:/\n0::/a.slice/b.scope\n";

    #[test]
    fn the_own_cgroups_are_read() {
        let found: Vec<_> = parse(HYBRID).collect();
        assert_eq!(found[0], ("name=systemd", "/a.slice"));
        assert_eq!(found[3], ("", "/a.slice/b.scope"));
        assert_eq!(parse("1:cpu:/a:b\n").next(), Some(("cpu", "/a:b")));
    }

    // SP-25
    #[test]
    fn a_relative_path_begins_beside_the_own_cgroup() {
        assert_eq!(beside(HYBRID), "a.slice");
        assert_eq!(beside("0::/\n"), "");
        assert_eq!(beside("0::/a\n"), "");
        assert_eq!(beside("0::/../../b/c\n"), "");
        assert_eq!(beside(""), "");
    }

    // SEC-19
    #[test]
    fn a_sub_cgroup_lies_below_or_is_refused() {
        let place = |controllers: &str| Place {
            controllers: controllers.into(),
            base: String::new(),
            path: format!("{controllers}/ct"),
        };
        let go = |paths: &[&str]| {
            let mut places = [place("memory"), place("cpu,cpuacct")];
            let paths: Vec<String> = paths.iter().map(|path| (*path).to_owned()).collect();
            descend(&mut places, &paths).map(|()| places.map(|place| place.path))
        };
        assert_eq!(go(&["/a/b"]).unwrap(), ["memory/ct/a/b", "cpu,cpuacct/ct/a/b"]);
        assert_eq!(go(&["/"]).unwrap(), ["memory/ct", "cpu,cpuacct/ct"]);
        assert_eq!(go(&["cpu:x", "memory:/y"]).unwrap(), ["memory/ct/y", "cpu,cpuacct/ct/x"]);
        for (paths, words) in [
            (&[".."][..], ".. is not a sub cgroup path"),
            (&["memory:a/../../b"], "is not a sub cgroup path"),
            (&["a", "b"], "missing <controller>: prefix"),
            (&["memory:a", "memory:b"], "specified multiple times"),
            (&["pids:a"], "unknown controller pids"),
            (&[":a"], "empty <controller> prefix"),
            (&["memory:a:b"], "invalid --cgroup argument"),
        ] {
            let error = go(paths).unwrap_err().to_string();
            assert!(error.contains(words), "{paths:?}: {error}");
        }
    }

    #[test]
    fn a_hierarchy_is_found_in_its_directory() {
        let names: Vec<String> = ["cpu,cpuacct", "memory", "systemd", "unified"].map(str::to_owned).into();
        assert_eq!(directory("cpuacct,cpu", &names), Some("cpu,cpuacct"));
        assert_eq!(directory("name=systemd", &names), Some("systemd"));
        assert_eq!(directory("", &names), Some("unified"));
        assert_eq!(directory("cpu", &names), None);
    }
}
