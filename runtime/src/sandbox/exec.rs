// SPDX-License-Identifier: Apache-2.0
//! One more process in a container that runs.

use super::build;
use super::create::{limits_from_outside, send_listener, write_pid_file};
use crate::cgroup::Cgroup;
use crate::error::{Context, Error, Result};
use crate::fault;
use crate::launch::program::Part;
use crate::launch::serve::{Rest, Service, serve};
use crate::launch::{Birth, Launched, launch};
use crate::plan::arena::Arena;
use crate::plan::{self, check, process};
use crate::spec;
use crate::state::{Root, State, Status};
use crate::{console, hooks, oom};
use runtime_sys::{AsFd, AsRawFd, Errno, OwnedFd, namespace};
use stage::plan::Join;
use std::path::PathBuf;

/// What `exec` is told. What is not told here is as the container's own process has it.
#[derive(Debug, Default)]
pub struct ExecOptions {
    /// The container's name.
    pub id: String,
    /// A file with a whole `process` object, instead of all that follows up to `cgroup`.
    pub process: Option<PathBuf>,
    /// The program and its arguments.
    pub args: Vec<String>,
    /// Working directory.
    pub cwd: Option<String>,
    /// Variables to add.
    pub env: Vec<String>,
    /// Give it a terminal.
    pub tty: bool,
    /// User, and group if one is named.
    pub user: Option<(u32, Option<u32>)>,
    /// Groups to add.
    pub additional_gids: Vec<u32>,
    /// `SELinux` label.
    pub process_label: Option<String>,
    /// `AppArmor` profile.
    pub apparmor: Option<String>,
    /// Set `no_new_privs`.
    pub no_new_privs: bool,
    /// Capabilities to add.
    pub capabilities: Vec<String>,
    /// Descriptors after 0–2 that the payload gets.
    pub preserve_fds: u32,
    /// A cgroup below the container's, or `CONTROLLER:PATH` on v1.
    pub cgroups: Vec<String>,
    /// Also into a container that is paused.
    pub ignore_paused: bool,
    /// Only these of the container's namespaces, as `CLONE_NEW*` bits; all of them when not told.
    pub namespaces: Option<u64>,
    /// Without the container's seccomp filter and outside of its cgroups.
    pub is_elevated: bool,
    /// The caller does not wait for the process.
    pub detach: bool,
    /// Where the terminal's master is sent.
    pub console_socket: Option<PathBuf>,
    /// Where a pidfd is sent.
    pub pidfd_socket: Option<PathBuf>,
    /// Where the process's number is written.
    pub pid_file: Option<PathBuf>,
    /// Variables that the runtime itself adds (`LISTEN_FDS` and its kin).
    pub extra_env: Vec<String>,
}

/// A process that was started.
#[derive(Debug)]
pub struct Executed {
    /// The process.
    pub launched: Launched,
    /// The terminal's master, when there is no console socket to send it to.
    pub master: Option<OwnedFd>,
}

/// Starts the process. It runs when this returns with `detach`; else what kept it from running may also be told by
/// [`super::foreground::wait`].
///
/// # Errors
/// [`crate::ErrorKind::State`] for a container that does not run; what the stage reports.
pub fn exec(root: &Root, options: &ExecOptions) -> Result<Executed> {
    // The lock is held only while the state is read: a payload may run for years.
    let (state, config, init, cgroup) = {
        let container = root.container(&options.id)?;
        let (state, config) = container.state_and_config()?;
        if state.pid.is_none() {
            return Err(Error::state(format!("container {} was not created whole", state.id)));
        }
        let init = Init::find(&state)?;
        let cgroup = Cgroup::open(&state.cgroup);
        check_status(&state, container.status_alive(&cgroup), options.ignore_paused)?;
        (state, config, init, cgroup)
    };
    let spec: spec::ForExec<'_> =
        serde_json::from_slice(&config).map_err(|error| Error::state(format!("config.json: {error}")))?;
    let linux = spec.linux.ok_or_else(|| Error::state("config.json has no /linux"))?;
    let file = options.process.as_ref().map(|path| super::create::read_config(path)).transpose()?;
    let process = process_of(spec.process, file.as_deref(), options)?;
    if options.console_socket.is_some() && !process.terminal {
        return Err(Error::invalid("cannot use console socket if runc will not detach or allocate tty"));
    }
    if options.detach && process.terminal && options.console_socket.is_none() {
        return Err(Error::invalid("cannot allocate tty if runc will detach without setting console socket"));
    }
    let mut cgroup = match options.is_elevated {
        true => Cgroup::default(),
        false => cgroup.below(&options.cgroups)?,
    };
    fault::point("plan the process")?;
    let call = Call { state: &state, linux: &linux, process: &process, options };
    let started = match call.start(&init, &cgroup) {
        // A cgroup that has controllers for its children takes no processes itself: systemd in the container
        // moved its own away. Follow it.
        Err(error) if error.errno() == Some(Errno::BUSY) && options.cgroups.is_empty() => {
            cgroup = Cgroup::of_process(init.pid)?;
            call.start(&init, &cgroup)
        }
        // There is no clone3 for a birth in it.
        Err(error) if error.errno() == Some(Errno::NOSYS) && cgroup.clone_fd().is_some() => {
            cgroup.join_on_v2();
            call.start(&init, &cgroup)
        }
        other => other,
    };
    let mut launched = started?;
    let served = fault::point("launch the process").and_then(|()| call.serve(&mut launched, &cgroup));
    match served {
        Ok(master) => Ok(Executed { launched, master }),
        Err(error) => Err(launched.end_after(error)),
    }
}

fn check_status(state: &State, status: Status, ignore_paused: bool) -> Result<()> {
    match status {
        Status::Running | Status::Created => Ok(()),
        Status::Paused if ignore_paused => Ok(()),
        Status::Paused => Err(Error::state(format!(
            "cannot exec in a paused container {}: resume it, or use --ignore-paused",
            state.id
        ))),
        Status::Stopped | Status::Creating => Err(Error::state("cannot exec in a stopped container")),
    }
}

/// The container's first process.
struct Init {
    pid: i32,
    pidfd: OwnedFd,
}

impl Init {
    fn find(state: &State) -> Result<Init> {
        let gone = || Error::state("cannot exec in a stopped container");
        let pid = state.pid.ok_or_else(gone)?;
        let pidfd = state.first_process()?.ok_or_else(gone)?;
        Ok(Init { pid, pidfd })
    }
}

/// The container's own process, with what the caller says instead.
fn process_of<'s>(
    own: Option<spec::Process<'s>>,
    file: Option<&'s [u8]>,
    options: &ExecOptions,
) -> Result<spec::Process<'s>> {
    let mut process = match file {
        Some(bytes) => confined_like(spec::document::read("the process file", bytes)?, own),
        None => own_process(own, options)?,
    };
    process.env.0.extend(options.extra_env.iter().map(|pair| pair.clone().into()));
    check::check_process(&process)?;
    Ok(process)
}

/// What confines the container's own process confines one that says nothing of it too, as with runc.
fn confined_like<'s>(mut process: spec::Process<'s>, own: Option<spec::Process<'s>>) -> spec::Process<'s> {
    let is_named = |name: &Option<spec::text::Text<'s>>| name.as_deref().is_some_and(|name| !name.is_empty());
    let Some(own) = own else { return process };
    process.capabilities = process.capabilities.or(own.capabilities);
    if !is_named(&process.apparmor_profile) {
        process.apparmor_profile = own.apparmor_profile;
    }
    if !is_named(&process.selinux_label) {
        process.selinux_label = own.selinux_label;
    }
    process
}

fn own_process<'s>(own: Option<spec::Process<'s>>, options: &ExecOptions) -> Result<spec::Process<'s>> {
    let mut process = own.ok_or_else(|| Error::state("config.json has no /process"))?;
    process.args.0 = options.args.iter().map(|arg| arg.clone().into()).collect();
    process.terminal = options.tty;
    process.console_size = None;
    if let Some(cwd) = &options.cwd {
        process.cwd = cwd.clone().into();
    }
    process.env.0.extend(options.env.iter().map(|pair| pair.clone().into()));
    if let Some((uid, gid)) = options.user {
        process.user.uid = uid;
        process.user.gid = gid.unwrap_or(process.user.gid);
    }
    process.user.additional_gids.0.extend_from_slice(&options.additional_gids);
    if let Some(label) = &options.process_label {
        process.selinux_label = Some(label.clone().into());
    }
    if let Some(profile) = &options.apparmor {
        process.apparmor_profile = Some(profile.clone().into());
    }
    process.no_new_privileges |= options.no_new_privs;
    if !options.capabilities.is_empty() {
        let sets = process.capabilities.get_or_insert_with(Default::default);
        let had_ambient = !sets.ambient.is_empty();
        for name in &options.capabilities {
            if spec::capabilities::number(name).is_none() {
                // As in config.json, where the specification wants no more.
                log::warn!("--cap: unknown capability {name:?} is left out");
                continue;
            }
            // Ambient ones need the inheritable set, which stays as the container has it.
            for set in [&mut sets.bounding, &mut sets.effective, &mut sets.permitted] {
                set.0.push(name.clone().into());
            }
            if had_ambient && sets.inheritable.iter().any(|known| &**known == name.as_str()) {
                sets.ambient.0.push(name.clone().into());
            }
        }
    }
    Ok(process)
}

/// What one exec is made of.
struct Call<'c> {
    state: &'c State,
    linux: &'c spec::LinuxForExec<'c>,
    process: &'c spec::Process<'c>,
    options: &'c ExecOptions,
}

impl Call<'_> {
    /// The namespaces that the process joins.
    fn namespaces(&self) -> u64 {
        self.state.namespaces & self.options.namespaces.unwrap_or(u64::MAX)
    }

    fn is_mapped(&self) -> bool {
        self.namespaces() & namespace::CLONE_NEWUSER != 0
    }

    fn filter(&self) -> Option<&spec::seccomp::Seccomp<'_>> {
        self.linux.seccomp.as_ref().filter(|_| !self.options.is_elevated)
    }

    /// Whether the stage stops before the payload, for limits that only the runtime may set.
    fn says_ready(&self) -> bool {
        self.is_mapped() && !self.process.rlimits.is_empty()
    }

    fn clones_again(&self) -> bool {
        self.namespaces() != 0
    }

    /// Whether the stage has more to say than that it failed.
    fn speaks(&self) -> bool {
        let filter = self.filter();
        self.process.terminal
            || self.says_ready()
            || filter.is_some_and(|filter| filter.listener_path.is_some())
    }

    /// Whether the process waits until we know it: for a cgroup that it was not born in, or because its words would
    /// be heard before those of the one that it was cloned from.
    fn needs_gate(&self, cgroup: &Cgroup) -> bool {
        cgroup.needs_join() || (self.clones_again() && self.speaks())
    }

    /// Whether somebody is told of the process, or it asks for something. Else the one who waits for its end hears
    /// then how it began, and is not woken before.
    fn needs_service(&self, cgroup: &Cgroup) -> bool {
        let options = self.options;
        let is_told = options.detach || options.pidfd_socket.is_some() || options.pid_file.is_some();
        is_told || self.speaks() || self.needs_gate(cgroup)
    }

    /// Clones the stage into the cgroup; it joins the namespaces itself, when it runs from its own memory already.
    fn start(&self, init: &Init, cgroup: &Cgroup) -> Result<Launched> {
        let arena = Arena::default();
        let mut birth = Birth {
            cgroup: cgroup.clone_fd(),
            is_only_heard: !self.needs_service(cgroup),
            ..Birth::default()
        };
        let mut plan = plan::idle(&arena);
        if self.clones_again() {
            runtime_sys::fs::keep_over_exec(init.pidfd.as_fd())?;
            plan.join = arena.list(&[Join { fd: init.pidfd.as_raw_fd(), flags: self.namespaces() }]);
            plan.clone_again = Some(0);
        }
        plan.become_root = self.is_mapped();
        plan.join_keyring = true;
        plan.keyring = self.state.keyring.as_deref().map(|name| arena.c_str(name)).transpose()?;
        plan.wait_at_gate = self.needs_gate(cgroup);
        plan.terminal = build::terminal(self.process, false);
        plan.process = self.payload(&arena)?;
        if plan.process.label.is_some() {
            plan.proc = Some(build::host_proc(&mut birth)?);
        }
        plan.wait_on_channel = self.says_ready();
        plan.say_ready = self.says_ready();
        let _score = oom::take_on(self.process.oom_score_adj)?;
        launch(Part::More, birth, &mut plan)
    }

    fn payload<'a>(&self, arena: &'a Arena) -> Result<stage::plan::Process<'a>> {
        let mapped = self.is_mapped();
        let extra = process::Extra {
            preserve_fds: self.options.preserve_fds,
            keep_groups: mapped && process::is_one_id(&self.state.gid_mappings),
            limits_from_outside: mapped,
            is_exec: true,
            mapped,
        };
        let mut payload = process::plan(arena, self.process, extra)?;
        payload.personality = self.linux.personality.as_ref().map(process::personality).transpose()?;
        payload.label = build::label(arena, self.process)?;
        let filter = self.filter();
        payload.seccomp = filter.map(|filter| crate::seccomp::plan(arena, filter)).transpose()?;
        Ok(payload)
    }

    /// Joins the cgroup, or the first process's where this one takes none: see [`exec`].
    fn join(&self, cgroup: &Cgroup, pid: i32) -> Result<()> {
        match (cgroup.join(pid), self.state.pid) {
            (Err(error), Some(init))
                if error.errno() == Some(Errno::BUSY) && self.options.cgroups.is_empty() =>
            {
                let other = Cgroup::of_process(init)?;
                other.join_on_v2();
                other.join(pid)
            }
            (result, _) => result,
        }
    }

    /// Answers the stage until the payload runs.
    fn serve(&self, launched: &mut Launched, cgroup: &Cgroup) -> Result<Option<OwnedFd>> {
        if !self.needs_service(cgroup) {
            return Ok(None);
        }
        let mut gate = |pid: i32| match cgroup.needs_join() {
            true => self.join(cgroup, pid).context(|| "join the cgroup"),
            false => Ok(()),
        };
        let mut master = None;
        let mut terminal = |fd: OwnedFd| match &self.options.console_socket {
            Some(path) => console::send_master(path, &fd),
            None => {
                master = Some(fd);
                Ok(())
            }
        };
        let mut service = Service {
            gate: self.needs_gate(cgroup).then_some(&mut gate as &mut dyn FnMut(i32) -> Result<()>),
            hooks: &mut |_| Ok(()),
            terminal: &mut terminal,
            notify: &mut |listener, pid| {
                let state = hooks::state_json(self.state, Status::Running);
                send_listener(listener, self.filter(), pid, &state)
            },
        };
        let mut rest = serve(launched, &mut service)?;
        if rest == Rest::Waiting {
            limits_from_outside(launched.pid, self.process)?;
            launched.go()?;
            rest = serve(launched, &mut service)?;
        }
        debug_assert_eq!(rest, Rest::Closed, "an exec waits once");
        if let Some(path) = &self.options.pidfd_socket {
            console::send_pidfd(path, launched.pidfd()?.as_fd())?;
        }
        if let Some(path) = &self.options.pid_file {
            write_pid_file(path, launched.pid)?;
        }
        Ok(master)
    }
}
