// SPDX-License-Identifier: Apache-2.0
//! The plan of a container's first process, from its specification.

use super::create::CreateOptions;
use crate::cgroup::Cgroup;
use crate::error::{Context, Error, Result};
use crate::hooks;
use crate::launch::idmap::IdMaps;
use crate::launch::sources::ContainerIds;
use crate::launch::{Birth, sources};
use crate::plan::arena::Arena;
use crate::plan::facts::Facts;
use crate::plan::namespaces::Namespaces;
use crate::plan::{self, check, mounts, process, root};
use crate::spec::{self, Spec};
use crate::state::State;
use runtime_sys::fs::{CWD, OpenFlags};
use runtime_sys::mount::MountAttr;
use runtime_sys::{AsFd, AsRawFd, Errno, fs, mount, namespace};
use stage::plan::{Hook, Plan, Root, Sysctl, Terminal};
use stage::wire::List;
use std::ffi::CStr;

/// Everything that the plan is made of.
#[derive(Debug)]
pub struct Parts<'p> {
    /// The specification.
    pub spec: &'p Spec<'p>,
    /// `linux` of it.
    pub linux: &'p spec::Linux<'p>,
    /// `process` of it.
    pub process: &'p spec::Process<'p>,
    /// Its namespaces.
    pub namespaces: &'p Namespaces<'p>,
    /// Its cgroup.
    pub cgroup: &'p Cgroup,
    /// What is known of it so far.
    pub state: &'p State,
}

impl Parts<'_> {
    /// Whether ids inside are other ids outside.
    #[must_use]
    pub fn has_user_namespace(&self) -> bool {
        self.namespaces.all() & namespace::CLONE_NEWUSER != 0
    }

    /// Whether a user namespace is made, whose maps the runtime writes.
    #[must_use]
    pub fn makes_user_namespace(&self) -> bool {
        self.namespaces.new & namespace::CLONE_NEWUSER != 0
    }

    /// The mappings of a user namespace that is made; empty ones otherwise.
    #[must_use]
    pub fn maps(&self) -> IdMaps<'_> {
        IdMaps { uid: &self.linux.uid_mappings, gid: &self.linux.gid_mappings }
    }
}

/// The plan; what it names by number is in `birth`.
///
/// # Errors
/// What the specification gets wrong, or what cannot be opened on the host.
pub fn plan<'a>(
    arena: &'a Arena,
    parts: &Parts<'_>,
    wishes: &CreateOptions,
    birth: &mut Birth<'_>,
) -> Result<Plan<'a>> {
    let new = parts.namespaces.new;
    if new & namespace::CLONE_NEWTIME != 0 {
        check_time_namespace()?;
    }
    let mut plan = plan::idle(arena);
    plan.join = arena.list(&sources::open_namespaces(&parts.namespaces.join, birth)?);
    plan.clone_again = parts.namespaces.at_second_clone();
    plan.unshare = parts.namespaces.at_unshare();
    plan.become_root = parts.has_user_namespace();
    plan.time_offsets = time_offsets(arena, parts.linux);
    plan.loopback = new & namespace::CLONE_NEWNET != 0;
    plan.hostname = parts.spec.hostname.as_ref().map(|name| arena.bytes(name.as_bytes()));
    plan.domainname = parts.spec.domainname.as_ref().map(|name| arena.bytes(name.as_bytes()));
    plan.keyring = parts.state.keyring.as_deref().map(|name| arena.c_str(name)).transpose()?;
    check_sysctl_namespaces(parts)?;
    plan.sysctls = sysctls(arena, parts.linux)?;
    let joined = plan.join.iter().find(|join| join.flags == namespace::CLONE_NEWUSER).map(|join| join.fd);
    plan.root = Some(root_plan(arena, parts, wishes, joined, birth)?);
    hook_plan(arena, parts, &mut plan)?;
    plan.process = process_plan(arena, parts, wishes)?;
    plan.terminal = terminal(parts.process, true);
    if plan.time_offsets.is_some() || !plan.sysctls.is_empty() || plan.process.label.is_some() {
        plan.proc = Some(host_proc(birth)?);
    }
    Ok(plan)
}

/// A terminal, when the process asks for one.
#[must_use]
pub fn terminal(process: &spec::Process<'_>, mount_console: bool) -> Option<Terminal> {
    let size = process.console_size.unwrap_or_default();
    process.terminal.then_some(Terminal { rows: size.height, columns: size.width, mount_console })
}

/// The host's /proc, checked, for what is written there.
///
/// # Errors
/// When /proc is missing or is something else.
pub fn host_proc(birth: &mut Birth<'_>) -> Result<i32> {
    let proc = fs::open(CWD, c"/proc", OpenFlags::PATH | OpenFlags::DIRECTORY, 0).context(|| "open /proc")?;
    if fs::fs_magic(proc.as_fd())? != fs::PROC_MAGIC {
        return Err(Error::unsupported("/proc is not a proc file system: mount one there"));
    }
    let number = proc.as_raw_fd();
    birth.inherited.push(proc);
    Ok(number)
}

fn time_offsets<'a>(arena: &'a Arena, linux: &spec::Linux<'_>) -> Option<&'a [u8]> {
    let offsets = linux.time_offsets?;
    let mut text = String::new();
    for (clock, offset) in [("monotonic", offsets.monotonic), ("boottime", offsets.boottime)] {
        if let Some(offset) = offset {
            text += &format!("{clock} {} {}\n", offset.secs, offset.nanosecs);
        }
    }
    (!text.is_empty()).then(|| arena.bytes(text.as_bytes()))
}

fn sysctls<'a>(arena: &'a Arena, linux: &spec::Linux<'_>) -> Result<List<'a, Sysctl<'a>>> {
    let one = |(key, value): &(spec::text::Text<'_>, spec::text::Text<'_>)| {
        // Dots separate, as in sysctl(8); a name with slashes already may hold dots (an interface's).
        let path = if key.contains('/') { key.to_string() } else { key.replace('.', "/") };
        Ok(Sysctl { path: arena.c_str(&path)?, value: arena.bytes(value.as_bytes()) })
    };
    Ok(arena.list(&parts_of(&linux.sysctl, one)?))
}

/// A path may name the runtime's own namespace, and a parameter of that one is the host's.
fn check_sysctl_namespaces(parts: &Parts<'_>) -> Result<()> {
    use std::os::unix::fs::MetadataExt;
    if parts.namespaces.join.is_empty() {
        return Ok(());
    }
    for (key, _) in parts.linux.sysctl.iter() {
        let flag = check::sysctl_namespace(key).unwrap_or_default();
        let Some((_, path)) = parts.namespaces.join.iter().find(|(joined, _)| *joined == flag) else {
            continue;
        };
        let own = match flag {
            namespace::CLONE_NEWNET => "/proc/self/ns/net",
            namespace::CLONE_NEWIPC => "/proc/self/ns/ipc",
            namespace::CLONE_NEWUTS => "/proc/self/ns/uts",
            _ => continue,
        };
        let number = |path: &str| {
            let data = std::fs::metadata(path).context(|| format!("look at {path}"))?;
            Ok::<_, Error>((data.dev(), data.ino()))
        };
        if number(path)? == number(own)? {
            let why = format!("/linux/sysctl/{key}: {path} is the host's: it would change the host (sysctl)");
            return Err(Error::invalid(why));
        }
    }
    Ok(())
}

fn parts_of<T, U>(items: &[T], one: impl Fn(&T) -> Result<U>) -> Result<Vec<U>> {
    items.iter().map(one).collect()
}

fn root_plan<'a>(
    arena: &'a Arena,
    parts: &Parts<'_>,
    wishes: &CreateOptions,
    joined_user_namespace: Option<i32>,
    birth: &mut Birth<'_>,
) -> Result<Root<'a>> {
    let inherited_propagation = mounts::inherited_propagation(parts.spec)?;
    let cgroups = parts.cgroup.view()?;
    let bundle = parts.state.bundle.to_string_lossy();
    let facts = Facts {
        bundle: &bundle,
        new_namespaces: parts.namespaces.new,
        joined_namespaces: parts.namespaces.joined(),
        inherited_propagation,
        mount_label: mount_label(parts.linux)?,
        cgroups,
    };
    let path = path_bytes(arena, &parts.state.rootfs)?;
    let tree = match &wishes.rootfs {
        Some(tree) => {
            // Among what the stage inherits; the caller keeps its own.
            let tree = tree.try_clone().context(|| "keep the root")?;
            let number = tree.as_raw_fd();
            birth.inherited.push(tree);
            Some(number)
        }
        None => open_root(path, inherited_propagation, birth)?,
    };
    let planned = mounts::plan(arena, parts.spec, &facts)?;
    let ids = ContainerIds { made: parts.maps(), joined: joined_user_namespace };
    let list = sources::open_binds(arena, planned, ids, birth)?;
    let fills_dev = root::fills_dev(parts.spec);
    let devices =
        if fills_dev { root::devices(arena, parts.linux, parts.has_user_namespace())? } else { Vec::new() };
    let links = if fills_dev { root::links(arena)? } else { Vec::new() };
    Ok(Root {
        tree,
        path,
        attach_at_path: wishes.rootfs.is_none(),
        inherited_propagation,
        propagation: mounts::root_propagation(parts.spec),
        readonly: parts.spec.root.as_ref().is_some_and(|root| root.readonly),
        enter: if wishes.no_pivot { stage::plan::ENTER_MOVE } else { stage::plan::ENTER_PIVOT },
        uncovered: if wishes.no_pivot { uncovered(arena)? } else { arena.list(&[]) },
        mounts: arena.list(&list),
        devices: arena.list(&devices),
        links: arena.list(&links),
        masked: below_root(arena, &parts.linux.masked_paths)?,
        readonly_paths: below_root(arena, &parts.linux.readonly_paths)?,
    })
}

/// Where the host has proc and sysfs mounted. The stage's mount namespace is a copy of ours.
fn uncovered(arena: &Arena) -> Result<List<'_, &CStr>> {
    let table = std::fs::read("/proc/self/mountinfo").context(|| "read /proc/self/mountinfo")?;
    let paths = table.split(|byte| *byte == b'\n').filter_map(|line| {
        let fields: Vec<&[u8]> = line.split(|byte| *byte == b' ').collect();
        let dash = fields.iter().position(|field| *field == b"-")?;
        let is_one = matches!(*fields.get(dash + 1)?, b"proc" | b"sysfs");
        is_one.then(|| fields.get(4).map(|path| unescaped(path)))?
    });
    let paths: Vec<&CStr> = paths.map(|path| arena.c_bytes(&path)).collect::<Result<_>>()?;
    Ok(arena.list(&paths))
}

/// A path of mountinfo, where space, tab, newline and backslash are written as `\040` and so on (proc(5)).
fn unescaped(path: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(path.len());
    let mut rest = path;
    while let Some((first, after)) = rest.split_first() {
        let code = after.get(..3).filter(|_| *first == b'\\');
        let code = code.and_then(|code| u8::from_str_radix(std::str::from_utf8(code).ok()?, 8).ok());
        plain.push(code.unwrap_or(*first));
        rest = if code.is_some() { &after[3..] } else { after };
    }
    plain
}

fn below_root<'a>(arena: &'a Arena, paths: &[spec::text::Text<'_>]) -> Result<List<'a, &'a CStr>> {
    let paths: Vec<String> = paths.iter().map(|path| mounts::below_root(path)).collect();
    arena.strings(&paths)
}

fn path_bytes<'a>(arena: &'a Arena, path: &std::path::Path) -> Result<&'a CStr> {
    use std::os::unix::ffi::OsStrExt;
    arena.c_bytes(path.as_os_str().as_bytes())
}

/// Nothing when only the stage may open it (rootless).
fn open_root(path: &CStr, propagation: u64, birth: &mut Birth<'_>) -> Result<Option<i32>> {
    let inherit = MountAttr { propagation, ..MountAttr::default() };
    match mount::open_source(path, true, false, &MountAttr::default(), &inherit) {
        Err(error) if error.errno == Errno::PERM => Ok(None),
        other => {
            let tree = other.context(|| format!("root file system {}", path.to_string_lossy()))?;
            let number = tree.as_raw_fd();
            birth.inherited.push(tree);
            Ok(Some(number))
        }
    }
}

fn hook_plan<'a>(arena: &'a Arena, parts: &Parts<'_>, plan: &mut Plan<'a>) -> Result<()> {
    let Some(hooks) = &parts.spec.hooks else { return Ok(()) };
    let one = |hook: &spec::Hook<'_>| {
        Ok(Hook {
            path: arena.c_str(&hook.path)?,
            args: if hook.args.is_empty() {
                arena.strings(&[&*hook.path])?
            } else {
                arena.strings(&hook.args)?
            },
            // Without one of its own it has the payload's, as with runc: it runs where the payload will.
            env: arena.strings(hook.env.as_ref().unwrap_or(&parts.process.env))?,
            timeout: hook.timeout.and_then(|timeout| u32::try_from(timeout).ok()).unwrap_or(0),
        })
    };
    plan.runtime_hooks = !(hooks.prestart.is_empty() && hooks.create_runtime.is_empty());
    plan.create_container_hooks = arena.list(&parts_of(&hooks.create_container, one)?);
    plan.start_container_hooks = arena.list(&parts_of(&hooks.start_container, one)?);
    if !(plan.create_container_hooks.is_empty() && plan.start_container_hooks.is_empty()) {
        let (before, after) = hooks::state_parts(parts.state);
        plan.state_before_status = arena.bytes(before.as_bytes());
        plan.state_after_pid = arena.bytes(after.as_bytes());
    }
    Ok(())
}

fn process_plan<'a>(
    arena: &'a Arena,
    parts: &Parts<'_>,
    wishes: &CreateOptions,
) -> Result<stage::plan::Process<'a>> {
    let mapped = parts.has_user_namespace();
    let keep = parts.spec.annotations.get("run.oci.keep_original_groups") == Some("1");
    let extra = process::Extra {
        preserve_fds: wishes.preserve_fds,
        keep_groups: keep || (mapped && process::is_one_id(&parts.linux.gid_mappings)),
        limits_from_outside: mapped,
        is_exec: false,
        mapped,
    };
    let mut process = process::plan(arena, parts.process, extra)?;
    process.personality = parts.linux.personality.as_ref().map(process::personality).transpose()?;
    process.label = label(arena, parts.process)?;
    process.seccomp =
        parts.linux.seccomp.as_ref().map(|filter| crate::seccomp::plan(arena, filter)).transpose()?;
    Ok(process)
}

/// The label that the payload's execve takes on.
///
/// # Errors
/// When the host has no such security module.
pub fn label<'a>(arena: &'a Arena, process: &spec::Process<'_>) -> Result<Option<Sysctl<'a>>> {
    if let Some(profile) = process.apparmor_profile.as_deref().filter(|profile| !profile.is_empty()) {
        if !std::path::Path::new("/sys/kernel/security/apparmor").exists() {
            return Err(Error::unsupported("/process/apparmorProfile: this host has no AppArmor"));
        }
        if process.selinux_label.as_deref().is_some_and(|label| !label.is_empty()) {
            return Err(Error::unsupported("/process/selinuxLabel: a host with AppArmor has no SELinux"));
        }
        let value = arena.bytes(format!("exec {profile}").as_bytes());
        return Ok(Some(Sysctl { path: arena.c_str("attr/apparmor/exec")?, value }));
    }
    if let Some(label) = process.selinux_label.as_deref().filter(|label| !label.is_empty()) {
        if !has_selinux() {
            return Err(Error::unsupported("/process/selinuxLabel: this host has no SELinux"));
        }
        return Ok(Some(Sysctl { path: arena.c_str("attr/exec")?, value: arena.bytes(label.as_bytes()) }));
    }
    Ok(None)
}

fn mount_label<'l>(linux: &'l spec::Linux<'_>) -> Result<Option<&'l str>> {
    let label = linux.mount_label.as_deref().filter(|label| !label.is_empty());
    match label {
        Some(_) if !has_selinux() => {
            Err(Error::unsupported("/linux/mountLabel: this host has no SELinux: remove it"))
        }
        label => Ok(label),
    }
}

fn has_selinux() -> bool {
    std::path::Path::new("/sys/fs/selinux/enforce").exists()
}

/// A new time namespace is for the children of who makes it, and for the maker after its next execve, but that only
/// since Linux 6.3: before, a container's first process would keep the host's clocks without a word.
fn check_time_namespace() -> Result<()> {
    const SINCE: (u32, u32) = (6, 3);
    let release = runtime_sys::rustix::system::uname().release().to_string_lossy().into_owned();
    let mut numbers = release.split(['.', '-']).map_while(|part| part.parse::<u32>().ok());
    let version = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    if version >= SINCE {
        return Ok(());
    }
    Err(Error::unsupported(format!(
        "/linux/namespaces: a new time namespace needs Linux 6.3 for a container's first process: this is {release}"
    )))
}
