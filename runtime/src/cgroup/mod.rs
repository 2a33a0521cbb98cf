// SPDX-License-Identifier: Apache-2.0
//! A container's control groups, on cgroup v2, v1 or a mix of both, through the files below /sys/fs/cgroup.
//!
//! [`Cgroup::locate`] chooses the places, [`Cgroup::create`] makes and limits them before a process is in them, and
//! [`Saved`] is how a later verb finds them again. On v2 a process is born in the cgroup ([`Cgroup::clone_fd`]); into
//! the hierarchies of v1 it is written by number ([`Cgroup::join`]). Every path below the mount is opened through a
//! descriptor of it; what config.json says is never more than names below.

mod attach;
mod convert;
mod create;
mod delegate;
mod devices;
mod filter;
mod freeze;
mod limits;
mod locate;
mod oom;
mod place;
mod stats;
mod tree;
mod v1;
mod v2;

pub use delegate::new_owner;
pub use oom::OomWatch;

use crate::error::{Context, Error, Result};
use crate::spec::resources::{Rdma, Resources};
use place::{Directory, MOUNT, Place};
use runtime_sys::{BorrowedFd, OwnedFd, cgroupfs};
use serde::{Deserialize, Serialize};
use std::cell::{Cell, OnceCell};
use std::fmt::Write;

/// A container's cgroups as state.json has them.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Saved {
    places: Vec<Place>,
}

/// A container's cgroups.
#[derive(Debug, Default)]
pub struct Cgroup {
    mount: Option<OwnedFd>,
    places: Vec<Place>,
    /// Whether the mount is cgroup v2 and nothing else.
    is_pure_v2: bool,
    /// Whether config.json names the place.
    is_chosen: bool,
    /// The container's directory on pure v2, for those who show it.
    shown: String,
    unified: OnceCell<Option<Directory>>,
    /// Whether a process is written into the v2 directory as into those of v1: there is no clone3 for a birth in it.
    joins_v2: Cell<bool>,
}

/// What a mount of type `cgroup` is made of.
#[derive(Debug)]
pub enum View<'c> {
    /// One v2 tree; the path is the container's own directory on the host.
    V2(&'c str),
    /// The same where the container has none of its own: the path is that of its caller.
    OfCaller(&'c str),
    /// Hierarchies of v1: the folder's name, the mount's options, the container's own directory on the host.
    V1(Vec<(String, String, String)>),
}

impl Cgroup {
    /// Chooses the places for `linux.cgroupsPath`, or for an id without one. Nothing is made.
    ///
    /// # Errors
    /// A path that is the hierarchy's root or no path at all.
    pub fn locate(path: Option<&str>, id: &str) -> Result<Cgroup> {
        let path = path.filter(|path| !path.is_empty());
        let Ok(mount) = cgroupfs::open_mount(MOUNT) else {
            return Ok(Cgroup { is_chosen: path.is_some(), ..Cgroup::default() });
        };
        let places = locate::places(runtime_sys::AsFd::as_fd(&mount), path, id)?;
        Ok(Cgroup { mount: Some(mount), is_chosen: path.is_some(), ..Cgroup::at(places) })
    }

    fn at(places: Vec<Place>) -> Cgroup {
        let is_pure_v2 = matches!(&*places, [place] if place.is_v2() && place.base.is_empty());
        let shown = if is_pure_v2 { places[0].absolute() } else { String::new() };
        Cgroup { places, is_pure_v2, shown, ..Cgroup::default() }
    }

    /// How to find this again. After [`Cgroup::create`] it holds only what was made.
    #[must_use]
    pub fn saved(&self) -> Saved {
        Saved { places: self.places.clone() }
    }

    /// The cgroups of a container that was created.
    #[must_use]
    pub fn open(saved: &Saved) -> Cgroup {
        let mut cgroup = Cgroup::at(saved.places.clone());
        if !cgroup.places.is_empty() {
            cgroup.mount = cgroupfs::open_mount(MOUNT).ok();
        }
        cgroup
    }

    /// Makes the cgroups and limits them. A user without rights on the hierarchies gets none, if neither a place nor
    /// a limit is asked for. After an error no directory is left that was not there before.
    ///
    /// # Errors
    /// EACCES; a limit that the host does not offer or the kernel does not take, by its key; a cgroup that is in use.
    pub fn create(&mut self, resources: Option<&Resources<'_>>) -> Result<()> {
        let none = Resources::default();
        let resources = resources.unwrap_or(&none);
        let mount = self.mount.as_ref().map(runtime_sys::AsFd::as_fd);
        let Some(mount) = mount.filter(|_| !self.places.is_empty()) else {
            if !self.is_chosen && create::is_rootless() && v2::needs(resources).is_empty() {
                return Ok(());
            }
            return Err(Error::unsupported(format!(
                "no cgroup hierarchy is mounted below {MOUNT}: mount cgroup2 there"
            )));
        };
        let request = create::Request { resources, is_chosen: self.is_chosen };
        self.unified = create::create(mount, &mut self.places, request)?.map_or_else(OnceCell::new, known);
        if self.is_pure_v2 && self.places.is_empty() {
            self.shown = format!("{MOUNT}{}", locate::own_on_v2()?);
        }
        Ok(())
    }

    /// The directory on v2 in which a process of the container is to be born, if there is one.
    pub fn clone_fd(&self) -> Option<BorrowedFd<'_>> {
        self.unified().filter(|_| !self.joins_v2.get()).map(Directory::fd)
    }

    /// From here on processes are joined on v2 too, and none is born there.
    pub fn join_on_v2(&self) {
        self.joins_v2.set(true);
    }

    fn unified(&self) -> Option<&Directory> {
        let open = || {
            let place = self.places.iter().find(|place| place.is_v2())?;
            Directory::open(self.mount().ok()?, &place.path).ok()
        };
        self.unified.get_or_init(open).as_ref()
    }

    /// Whether a process must be written into some cgroup by [`Cgroup::join`], because [`Cgroup::clone_fd`] does not
    /// bring it into all of them.
    #[must_use]
    pub fn needs_join(&self) -> bool {
        self.places.iter().any(|place| !place.is_v2() || self.clone_fd().is_none())
    }

    /// Brings a process into the cgroups that it was not born in.
    ///
    /// # Errors
    /// ENOENT when the cgroup is gone, ENOSPC when it has no processor, EBUSY on v2 when it has been divided.
    pub fn join(&self, pid: i32) -> Result<()> {
        let born = self.clone_fd().is_some();
        for place in self.places.iter().filter(|place| !(place.is_v2() && born)) {
            let path = format!("{}/cgroup.procs", place.path);
            let file = cgroupfs::open_beneath(self.mount()?, &path, cgroupfs::Access::Write);
            file.and_then(|file| cgroupfs::write(runtime_sys::AsFd::as_fd(&file), &pid.to_string()))
                .map_err(|error| {
                    // Callers match on these words of runc.
                    Error::answered(error.errno, format!("adding pid {pid} to {MOUNT}/{path}"))
                })?;
        }
        Ok(())
    }

    /// Whether it is frozen.
    #[must_use]
    pub fn is_frozen(&self) -> bool {
        let freezer = self.places.iter().find(|place| place.has("freezer"));
        match (freezer, self.places.iter().find(|place| place.is_v2()), self.unified()) {
            // Open already, or soon needed again.
            (None, Some(place), Some(directory)) => freeze::is_frozen(directory, place),
            _ => self.freezer().is_ok_and(|(place, directory)| freeze::is_frozen(&directory, place)),
        }
    }

    /// Stops all its processes where they are.
    ///
    /// # Errors
    /// No freezer, no cgroup, or a process that does not stop.
    pub fn freeze(&self) -> Result<()> {
        let (place, directory) = self.freezer()?;
        freeze::freeze(&directory, place)
    }

    /// Lets its processes go on; where there is no cgroup nothing stops them.
    ///
    /// # Errors
    /// What the kernel answers.
    pub fn thaw(&self) -> Result<()> {
        self.thaw_by(freeze::thaw)
    }

    /// The same for those that were killed, with what the container has frozen of itself: on v1 they die when they thaw.
    ///
    /// # Errors
    /// What the kernel answers.
    pub fn thaw_killed(&self) -> Result<()> {
        self.thaw_by(tree::thaw_all)
    }

    fn thaw_by(&self, thaw: fn(&Directory, &Place) -> Result<()>) -> Result<()> {
        let freezer = self.places.iter().find(|place| place.has("freezer"));
        let Some(place) = freezer.or_else(|| self.places.iter().find(|place| place.is_v2())) else {
            return Ok(());
        };
        match Directory::open(self.mount()?, &place.path) {
            Err(error) if tree::is_gone(&error) => Ok(()),
            other => {
                let directory = other.context(|| format!("open the cgroup {}", place.absolute()))?;
                thaw(&directory, place)
            }
        }
    }

    fn freezer(&self) -> Result<(&Place, Directory)> {
        self.first(|place| place.has("freezer"))
            .or_else(|| self.first(Place::is_v2))
            .ok_or_else(|| Error::unsupported("the container has no cgroup that can be frozen"))?
    }

    fn first(&self, is_it: impl Fn(&Place) -> bool) -> Option<Result<(&Place, Directory)>> {
        let place = self.places.iter().find(|place| is_it(place))?;
        let open = || {
            let directory = Directory::open(self.mount()?, &place.path)
                .context(|| format!("open the cgroup {}", place.absolute()))?;
            Ok((place, directory))
        };
        Some(open())
    }

    /// The processes in it, by their numbers here, sorted; with those of the cgroups below it if asked for.
    ///
    /// # Errors
    /// ENOENT when the cgroup is gone.
    pub fn pids(&self, recursive: bool) -> Result<Vec<i32>> {
        let (place, directory) = self.counted()?;
        let depth = if recursive { tree::Depth::All } else { tree::Depth::One };
        tree::pids(&directory, depth).context(|| format!("read the processes of {}", place.absolute()))
    }

    /// Whether nobody is in it, nor in a cgroup below it.
    ///
    /// # Errors
    /// ENOENT when the cgroup is gone.
    pub fn is_empty(&self) -> Result<bool> {
        let (_, directory) = self.counted()?;
        tree::is_empty(&directory)
    }

    /// The place whose processes are those of the container: inside, a manager of its own may move them about in
    /// v1's named hierarchies and on the v2 side, hardly in the one of the devices.
    fn counted(&self) -> Result<(&Place, Directory)> {
        self.first(|place| place.has("devices"))
            .or_else(|| self.first(Place::is_v2))
            .or_else(|| self.first(|_| true))
            .ok_or_else(|| Error::unsupported("the container has no cgroup"))?
    }

    /// Sends a signal to every process in it and below it, none of which can slip away meanwhile. A frozen one gets
    /// it when it thaws.
    ///
    /// # Errors
    /// ENOENT when the cgroup is gone.
    pub fn signal_all(&self, signal: i32) -> Result<()> {
        let (place, directory) = self.counted()?;
        let holds = !self.is_frozen();
        if holds && let Err(error) = self.freeze() {
            log::debug!("{error}: its processes are signalled as they run");
        }
        let result = tree::signal_each(&directory, signal)
            .context(|| format!("signal the processes of {}", place.absolute()));
        if holds {
            self.thaw()?;
        }
        result
    }

    /// Cgroups inside these, by `--cgroup` of `exec`: a path for all of them, or `CONTROLLER[,CONTROLLER]:PATH`.
    ///
    /// # Errors
    /// A path that leads out, or a controller that is not there.
    pub fn below(self, paths: &[String]) -> Result<Cgroup> {
        if paths.is_empty() {
            return Ok(self);
        }
        let mut places = self.places;
        locate::descend(&mut places, paths)?;
        Ok(Cgroup { mount: self.mount, ..Cgroup::at(places) })
    }

    /// The cgroups in which a process is, whoever brought it there.
    ///
    /// # Errors
    /// ENOENT or ESRCH when it has ended.
    pub fn of_process(pid: i32) -> Result<Cgroup> {
        let mount = cgroupfs::open_mount(MOUNT).context(|| MOUNT)?;
        let places = locate::places_of(runtime_sys::AsFd::as_fd(&mount), &pid.to_string())?;
        Ok(Cgroup { mount: Some(mount), ..Cgroup::at(places) })
    }

    /// Kills every process in it and below it. A cgroup that is not there is no error.
    ///
    /// # Errors
    /// What the kernel answers.
    pub fn kill(&self) -> Result<()> {
        // v2 kills at once and atomically; the rest finds nobody, unless somebody took a process out of that tree.
        for place in self.places.iter().filter(|place| place.is_v2()) {
            self.kill_at(place)?;
        }
        for place in self.places.iter().filter(|place| !place.is_v2()) {
            self.kill_at(place)?;
        }
        Ok(())
    }

    fn kill_at(&self, place: &Place) -> Result<()> {
        match Directory::open(self.mount()?, &place.path) {
            Err(error) if tree::is_gone(&error) => Ok(()),
            other => {
                let directory = other.context(|| format!("open the cgroup {}", place.absolute()))?;
                tree::kill(&directory, place)
            }
        }
    }

    /// Removes it with all cgroups below it, waiting for processes that are on their way out. All places are tried;
    /// the first error is returned.
    ///
    /// # Errors
    /// EBUSY when processes stay in it.
    pub fn remove(&self) -> Result<()> {
        let mut result = Ok(());
        for place in &self.places {
            let one = tree::remove(self.mount()?, place);
            if result.is_ok() {
                result = one;
            } else if let Err(error) = one {
                log::warn!("{error}");
            }
        }
        result
    }

    /// Changes limits while processes are in it; what the resources do not name stays as it is.
    ///
    /// # Errors
    /// The key, the file and the value that the kernel did not take.
    pub fn update(&self, resources: &Resources<'_>) -> Result<()> {
        if self.places.is_empty() {
            return Err(Error::unsupported("the container has no cgroup: it can have no limits"));
        }
        let open = self.open_all()?;
        if !resources.devices.is_empty() {
            attach::set_devices(&open, &resources.devices, attach::When::Update)?;
        }
        limits::apply(self.mount()?, &open, resources)
    }

    fn open_all(&self) -> Result<limits::Open<'_>> {
        let mount = self.mount()?;
        let mut open = Vec::with_capacity(self.places.len());
        for place in &self.places {
            let directory = Directory::open(mount, &place.path)
                .context(|| format!("open the cgroup {}", place.absolute()))?;
            open.push((place, directory));
        }
        Ok(open)
    }

    /// What it uses: `data` of runc's `events --stats`.
    ///
    /// # Errors
    /// ENOENT when the cgroup is gone.
    pub fn stats(&self) -> Result<serde_json::Value> {
        Ok(stats::stats(&self.open_all()?))
    }

    /// What a file of limits says: the name of v1 where its controller is there, else that of v2. Nothing when neither
    /// has it.
    #[must_use]
    pub fn setting<'n>(&self, controller: &str, v1: &'n str, v2: &'n str) -> Option<(&'n str, String)> {
        let mount = self.mount().ok()?;
        let on_v1 = self.places.iter().find(|place| place.has(controller)).map(|place| (place, v1));
        let on_v2 = || self.places.iter().find(|place| place.is_v2()).map(|place| (place, v2));
        let (place, file) = on_v1.or_else(on_v2)?;
        let directory = Directory::open(mount, &place.path).ok()?;
        Some((file, directory.read(file).ok()?))
    }

    /// Begins to watch for processes killed because its memory is used up; nothing where memory is not controlled.
    ///
    /// # Errors
    /// ENOENT when the cgroup is gone.
    pub fn watch_oom(&self) -> Result<Option<OomWatch>> {
        oom::watch(&self.open_all()?)
    }

    /// Gives what the container may divide to an owner ([`new_owner`]): the cgroup on v2, and v1's hierarchies
    /// without controllers, which an init uses for its services. Limits stay the host's.
    ///
    /// # Errors
    /// EPERM.
    pub fn delegate(&self, owner: (u32, u32)) -> Result<()> {
        let divisible = |place: &&Place| place.is_v2() || place.controllers.starts_with("name=");
        self.places.iter().filter(divisible).try_for_each(|place| delegate::give(self.mount()?, place, owner))
    }

    /// What a mount of type `cgroup` shows the container.
    ///
    /// # Errors
    /// None that is expected.
    pub fn view(&self) -> Result<View<'_>> {
        if self.is_pure_v2 {
            let view = if self.places.is_empty() { View::OfCaller } else { View::V2 };
            return Ok(view(&self.shown));
        }
        let hierarchy = |place: &Place| {
            let data = match place.controllers.strip_prefix("name=") {
                Some(name) => format!("none,name={name}"),
                None => place.controllers.clone(),
            };
            (place.base.clone(), data, place.absolute())
        };
        Ok(View::V1(self.places.iter().map(hierarchy).collect()))
    }

    fn mount(&self) -> Result<BorrowedFd<'_>> {
        let mount = self.mount.as_ref().map(runtime_sys::AsFd::as_fd);
        mount.ok_or_else(|| Error::unsupported(format!("{MOUNT} cannot be opened")))
    }
}

/// Whether the host has one v2 tree and nothing else.
#[must_use]
pub fn is_unified() -> bool {
    cgroupfs::open_mount(MOUNT)
        .is_ok_and(|mount| cgroupfs::is_cgroup2(runtime_sys::AsFd::as_fd(&mount)).unwrap_or(false))
}

fn known(directory: Directory) -> OnceCell<Option<Directory>> {
    OnceCell::from(Some(directory))
}

/// `memory.checkBeforeUpdate`: a limit below what is in use would kill.
fn check_usage(usage: u64, limit: Option<i64>, total: Option<i64>) -> Result<()> {
    for (key, value, what) in [("limit", limit, "memory limit"), ("swap", total, "memory+swap limit")] {
        if let Some(value) = value.and_then(|v| u64::try_from(v).ok()).filter(|v| usage > *v) {
            let why = format!("rejecting {what} {value}, which is less than the {usage} in use");
            return Err(Error::invalid(format!("/linux/resources/memory/{key}: {why}")));
        }
    }
    Ok(())
}

/// A line of `rdma.max`.
fn rdma_line(device: &str, limits: &Rdma) -> String {
    let mut line = device.to_owned();
    for (name, value) in [("hca_handle", limits.hca_handles), ("hca_object", limits.hca_objects)] {
        if let Some(value) = value {
            // Writing into a string cannot fail.
            let _always_fits = write!(line, " {name}={value}");
        }
    }
    line
}

/// A size of huge pages, which becomes a part of a file's name.
fn page_size(size: &str) -> Result<&str> {
    let digits = size.bytes().take_while(u8::is_ascii_digit).count();
    if digits > 0 && matches!(&size[digits..], "KB" | "MB" | "GB") {
        return Ok(size);
    }
    let why =
        format!("/linux/resources/hugepageLimits: {size:?} is no page size as the kernel writes them (2MB)");
    Err(Error::invalid(why))
}

#[cfg(test)]
mod tests {
    use super::*;

    // SP-30
    #[test]
    fn a_page_size_is_a_number_with_a_unit() {
        for size in ["2MB", "1GB", "64KB"] {
            assert_eq!(page_size(size).unwrap(), size);
        }
        for size in ["", "MB", "2", "2mb", "2MB/../x", "../2MB", "2 MB"] {
            assert!(page_size(size).is_err(), "{size}");
        }
    }

    #[test]
    fn an_rdma_line_has_what_is_limited() {
        assert_eq!(
            rdma_line("mlx5_1", &Rdma { hca_handles: Some(3), hca_objects: None }),
            "mlx5_1 hca_handle=3"
        );
        let both = Rdma { hca_handles: Some(3), hca_objects: Some(7) };
        assert_eq!(rdma_line("m", &both), "m hca_handle=3 hca_object=7");
    }

    // SP-26
    #[test]
    fn a_limit_below_the_usage_is_refused_by_its_key() {
        check_usage(5, Some(5), Some(-1)).unwrap();
        let error = check_usage(6, Some(5), None).unwrap_err().to_string();
        assert!(error.contains("memory/limit: rejecting memory limit 5"), "{error}");
        let error = check_usage(6, None, Some(5)).unwrap_err().to_string();
        assert!(error.contains("memory/swap: rejecting memory+swap limit"), "{error}");
    }
}
