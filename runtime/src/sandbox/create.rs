// SPDX-License-Identifier: Apache-2.0
//! Making a container, up to the point where its payload waits.

use super::build::{self, Parts};
use crate::cgroup::Cgroup;
use crate::error::{Context, Error, Result};
use crate::launch::program::Part;
use crate::launch::serve::{Rest, Service, open_gate, serve};
use crate::launch::{Birth, Launched, idmap, launch};
use crate::notify::{self, Listener};
use crate::plan::arena::Arena;
use crate::plan::namespaces::{self, Namespaces};
use crate::plan::{check, process};
use crate::seccomp::notify::send as send_to_agent;
use crate::spec::{self, Spec};
use crate::state::{Container, Identity, Root, State, Status, now};
use crate::undo::Undo;
use crate::{console, fault, hooks, oom};
use runtime_sys::{AsFd, AsRawFd, Errno, OwnedFd, fs, keyring, namespace};
use std::io::Write;
use std::path::{Path, PathBuf};

/// The largest config.json that is read.
const LARGEST_CONFIG: usize = 16 << 20;

/// What `create` and `run` are told.
#[derive(Debug, Default)]
pub struct CreateOptions {
    /// The container's name.
    pub id: String,
    /// The folder with config.json.
    pub bundle: PathBuf,
    /// Another configuration than the bundle's.
    pub config: Option<PathBuf>,
    /// Where the terminal's master is sent.
    pub console_socket: Option<PathBuf>,
    /// Where a pidfd of the first process is sent.
    pub pidfd_socket: Option<PathBuf>,
    /// Where the first process's number is written.
    pub pid_file: Option<PathBuf>,
    /// Enter the root by moving it instead of pivoting.
    pub no_pivot: bool,
    /// Leave the session keyring alone.
    pub no_new_keyring: bool,
    /// Make no cgroup, and leave `linux.resources` alone.
    pub no_cgroups: bool,
    /// Descriptors after 0–2 that the payload gets.
    pub preserve_fds: u32,
    /// A detached mount to take as the root instead of `root.path`.
    pub rootfs: Option<OwnedFd>,
    /// Variables added to the payload's environment (LISTEN_FDS and its kin).
    pub extra_env: Vec<String>,
    /// The caller's supervisor, who wants to know when the payload is ready.
    pub notify_socket: Option<String>,
}

/// Who starts the payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// A later `start`, through the socket in the state directory.
    Later,
    /// The caller, at once.
    Now,
}

/// A container that was made.
#[derive(Debug)]
pub struct Created {
    /// Its folder, locked.
    pub container: Container,
    /// What is known of it.
    pub state: State,
    /// Its first process.
    pub launched: Launched,
    /// The terminal's master, when there is no console socket to send it to.
    pub master: Option<OwnedFd>,
    /// Where the payload says that it is ready, when it runs already and somebody wants to know.
    pub notify: Option<Listener>,
}

/// Reads a configuration file, bounded.
///
/// # Errors
/// ENOENT; [`ErrorKind::Invalid`] when it is too large.
pub fn read_config(path: &Path) -> Result<Vec<u8>> {
    use std::os::unix::ffi::OsStrExt;
    let what = || format!("read {}", path.display());
    let name = std::ffi::CString::new(path.as_os_str().as_bytes())
        .map_err(|_| Error::invalid(format!("{} holds a NUL", path.display())))?;
    let file = fs::open(fs::CWD, &name, fs::OpenFlags::RDONLY, 0).context(what)?;
    fs::read_all(file.as_fd(), LARGEST_CONFIG).context(what)
}

/// The types of a configuration; `name` is the file's, for the error.
///
/// # Errors
/// [`crate::ErrorKind::Invalid`] with a JSON pointer, line and column.
pub fn parse<'b>(bytes: &'b [u8], name: &str) -> Result<Spec<'b>> {
    spec::document::read(name, bytes)
}

/// When a caller in the same process is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// createRuntime hooks are about to run: the namespaces are there, and the root is not entered yet.
    Runtime,
    /// All is made, its root is entered, and the payload does not run yet.
    Go,
}

/// What such a caller does, at each moment, with the number of the first process.
pub type OnMoment<'c> = &'c mut dyn FnMut(Moment, i32) -> Result<()>;

/// Makes the container. After an error nothing of it remains.
///
/// # Errors
/// Everything that can go wrong, with the step in which it did.
pub fn create(root: &Root, options: &CreateOptions, start: Start) -> Result<Created> {
    create_with(root, options, start, None)
}

/// The same for a caller who has something to do while the container is made.
///
/// # Errors
/// As [`create`], and what the caller's part answers.
pub fn create_with(
    root: &Root,
    options: &CreateOptions,
    start: Start,
    mut on_moment: Option<OnMoment<'_>>,
) -> Result<Created> {
    let bundle = std::path::absolute(&options.bundle).context(|| "find the bundle")?;
    let config_path = options.config.clone().unwrap_or_else(|| bundle.join("config.json"));
    let bytes = read_config(&config_path)?;
    let mut spec = parse(&bytes, &config_path.to_string_lossy())?;
    check::check(&spec)?;
    let missing = |what: &str| Error::invalid(format!("/{what}: missing"));
    let mut process = spec.process.clone().ok_or_else(|| missing("process"))?;
    process.env.0.extend(options.extra_env.iter().map(|pair| pair.clone().into()));
    if options.notify_socket.is_some() {
        spec.mounts.0.push(notify::mount(&root.folder(&options.id)));
        process.env.0.push(notify::VARIABLE.into());
    }
    let linux = spec.linux.as_ref().ok_or_else(|| missing("linux"))?;
    check_terminal(&process, options.console_socket.is_some(), start)?;
    let namespaces = namespaces::plan(linux)?;

    let container = root.reserve(&options.id)?;
    let mut undo = Undo::new();
    let folder = container.path().to_owned();
    undo.push("remove the state", move || {
        std::fs::remove_dir_all(&folder).context(|| format!("remove {}", folder.display()))
    });
    fault::point("reserve the name")?;
    let supervisor = options.notify_socket.as_deref();
    supervisor.map_or(Ok(()), |_| notify::make_folder(&container))?;
    let mut cgroup = match options.no_cgroups {
        false => Cgroup::locate(linux.cgroups_path.as_deref(), &options.id)?,
        true => Cgroup::default(),
    };
    let keyring = keyring_name(options)?;
    let mut state = first_state(options, &spec, bundle, &cgroup, &namespaces, root.boot(), keyring);
    // Written before the cgroup is made: a kill between the two leaves nothing that delete cannot find.
    container.save_first(&state, &bytes)?;
    fault::point("save the first state")?;
    if !options.no_cgroups {
        make_cgroup(&mut cgroup, &spec, &mut undo)?;
    }
    state.cgroup = cgroup.saved();
    let parts = Parts {
        spec: &spec,
        linux,
        process: &process,
        namespaces: &namespaces,
        cgroup: &cgroup,
        state: &state,
    };
    let mut launch = start_stage(&parts, options, &container, start, on_moment.is_some())?;
    let done = fault::point("launch")
        .and_then(|()| serve_until_ready(&mut launch, &parts, options, &mut on_moment))
        .and_then(|()| {
            let done = made(&launch.launched, &container, &mut state, &process, &namespaces, options)
                .and_then(|()| fault::point("finish create"))
                .and_then(|()| on_moment.as_mut().map_or(Ok(()), |act| act(Moment::Go, launch.launched.pid)))
                .and_then(|()| go(&launch.launched, &container, supervisor, start));
            // Its number means nobody soon. It may not have been written.
            done.inspect_err(|_| drop(options.pid_file.as_ref().map(std::fs::remove_file)))
        });
    match done {
        Ok(notify) => {
            undo.disarm();
            let Launch { launched, master, .. } = launch;
            Ok(Created { container, state, launched, master, notify })
        }
        Err(error) => {
            let error = launch.launched.end_after(error);
            drop(undo);
            after_failed_hooks(launch.hooks_ran, &spec, &state);
            Err(error)
        }
    }
}

/// Makes the cgroup with its limits, and gives it to the container's root where it may have it.
fn make_cgroup(cgroup: &mut Cgroup, spec: &Spec<'_>, undo: &mut Undo) -> Result<()> {
    let resources = spec.linux.as_ref().and_then(|linux| linux.resources.as_ref());
    // It takes back what it made itself: a cgroup that was there, with others in it, must not be killed below.
    cgroup.create(resources).context(|| "make the cgroup")?;
    let saved = cgroup.saved();
    undo.push("remove the cgroup", move || {
        let cgroup = Cgroup::open(&saved);
        cgroup.kill()?;
        cgroup.remove()
    });
    fault::point("make the cgroup")?;
    if let Some(owner) = crate::cgroup::new_owner(spec) {
        cgroup.delegate(owner)?;
    }
    fault::point("give the cgroup away")
}

/// Lets the payload run, with somebody to hear that it is ready; or not yet.
fn go(
    launched: &Launched,
    container: &Container,
    supervisor: Option<&str>,
    start: Start,
) -> Result<Option<Listener>> {
    if start == Start::Later {
        return Ok(None);
    }
    let listener = supervisor.map_or(Ok(None), |name| Listener::bind(container, name))?;
    launched.go()?;
    Ok(listener)
}

fn check_terminal(process: &spec::Process<'_>, has_socket: bool, start: Start) -> Result<()> {
    if has_socket && !process.terminal {
        return Err(Error::invalid("cannot use console socket if runc will not detach or allocate tty"));
    }
    if !has_socket && process.terminal && start == Start::Later {
        return Err(Error::invalid("cannot allocate tty if runc will detach without setting console socket"));
    }
    Ok(())
}

/// The name of the session keyring that a container's processes share; without it they would have the caller's. Who
/// knows a name can join a keyring, or have one ready under it before us: so it is known to nobody else.
fn keyring_name(options: &CreateOptions) -> Result<Option<String>> {
    let name = || Ok(format!("_ses.{}.{:016x}", options.id, keyring::random()?));
    (!options.no_new_keyring).then(name).transpose()
}

fn first_state(
    options: &CreateOptions,
    spec: &Spec<'_>,
    bundle: PathBuf,
    cgroup: &Cgroup,
    namespaces: &Namespaces<'_>,
    boot: Option<String>,
    keyring: Option<String>,
) -> State {
    let root = spec.root.as_ref().map_or("rootfs", |root| &*root.path);
    let linux = spec.linux.as_ref();
    State {
        oci_version: spec.oci_version.to_string(),
        id: options.id.clone(),
        pid: None,
        identity: Identity::default(),
        boot,
        rootfs: bundle.join(root),
        bundle,
        created: now(),
        owner: runtime_sys::credentials::user(),
        annotations: spec
            .annotations
            .iter()
            .map(|(key, value)| (key.to_string(), value.to_string()))
            .collect(),
        cgroup: cgroup.saved(),
        namespaces: namespaces.all(),
        has_hooks: spec.hooks.is_some(),
        keyring,
        uid_mappings: linux.map_or_else(Vec::new, |linux| linux.uid_mappings.to_vec()),
        gid_mappings: linux.map_or_else(Vec::new, |linux| linux.gid_mappings.to_vec()),
    }
}

/// A stage at work and what was asked of it.
struct Launch {
    launched: Launched,
    second_clone: bool,
    /// Whether it says when all is made; else it goes on with the word that it finds on its channel.
    says_ready: bool,
    master: Option<OwnedFd>,
    hooks_ran: bool,
}

/// Starts the stage in its cgroup; where there is no clone3 for that, one more that waits until it was joined.
fn start_stage(
    parts: &Parts<'_>,
    options: &CreateOptions,
    container: &Container,
    start: Start,
    has_caller: bool,
) -> Result<Launch> {
    match start_once(parts, options, container, start, has_caller) {
        Err(error) if error.errno() == Some(Errno::NOSYS) && parts.cgroup.clone_fd().is_some() => {
            parts.cgroup.join_on_v2();
            container.forget_start_socket()?;
            start_once(parts, options, container, start, has_caller)
        }
        other => other,
    }
}

fn start_once(
    parts: &Parts<'_>,
    options: &CreateOptions,
    container: &Container,
    start: Start,
    has_caller: bool,
) -> Result<Launch> {
    let arena = Arena::default();
    let mut birth = Birth { namespaces: parts.namespaces.at_clone(), ..Birth::default() };
    let mut plan = build::plan(&arena, parts, options, &mut birth)?;
    plan.runtime_hooks |= has_caller;
    let second_clone = plan.clone_again.is_some();
    let writes_maps = parts.makes_user_namespace();
    plan.wait_at_gate = second_clone || writes_maps || parts.cgroup.needs_join();
    let limits_from_outside = parts.has_user_namespace() && !parts.process.rlimits.is_empty();
    let notifies = plan.process.seccomp.is_some_and(|filter| filter.notify);
    plan.say_ready = start == Start::Later
        || plan.runtime_hooks
        || plan.terminal.is_some()
        || notifies
        || second_clone
        || limits_from_outside;
    match start {
        Start::Now => plan.wait_on_channel = true,
        Start::Later => {
            let socket = container.listen_for_start()?;
            plan.start_socket = Some(socket.as_raw_fd());
            birth.inherited.push(socket);
        }
    }
    birth.cgroup = parts.cgroup.clone_fd();
    let _score = oom::take_on(parts.process.oom_score_adj)?;
    let launched = launch(Part::First, birth, &mut plan)?;
    Ok(Launch { launched, second_clone, says_ready: plan.say_ready, master: None, hooks_ran: false })
}

/// Answers the stage until its payload waits; or only opens its gate, when it will not say so.
fn serve_until_ready(
    launch: &mut Launch,
    parts: &Parts<'_>,
    options: &CreateOptions,
    on_moment: &mut Option<OnMoment<'_>>,
) -> Result<()> {
    let writes_maps = parts.makes_user_namespace();
    let mut gate = |pid: i32| {
        if parts.cgroup.needs_join() {
            parts.cgroup.join(pid).context(|| "join the cgroup")?;
        }
        if writes_maps { idmap::write(pid, parts.maps()) } else { Ok(()) }
    };
    let needs_gate = launch.second_clone || writes_maps || parts.cgroup.needs_join();
    let mut hooks_ran = false;
    let mut hooks = |pid: i32| {
        on_moment.as_mut().map_or(Ok(()), |act| act(Moment::Runtime, pid))?;
        hooks_ran = true;
        runtime_hooks(parts, pid)
    };
    let mut master = None;
    let mut terminal = |fd: OwnedFd| match &options.console_socket {
        Some(path) => console::send_master(path, &fd),
        None => {
            master = Some(fd);
            Ok(())
        }
    };
    let mut notify = |listener: OwnedFd, pid: i32| {
        let state = State { pid: Some(pid), ..parts.state.clone() };
        let json = hooks::state_json(&state, Status::Creating);
        send_listener(listener, parts.linux.seccomp.as_ref(), pid, &json)
    };
    let mut service = Service {
        gate: needs_gate.then_some(&mut gate as &mut dyn FnMut(i32) -> Result<()>),
        hooks: &mut hooks,
        terminal: &mut terminal,
        notify: &mut notify,
    };
    let rest = if launch.says_ready {
        serve(&mut launch.launched, &mut service)
    } else {
        open_gate(&launch.launched, &mut service).map(|()| Rest::Waiting)
    };
    launch.hooks_ran = hooks_ran;
    launch.master = master;
    match rest? {
        Rest::Waiting => Ok(()),
        Rest::Closed => Err(launch.launched.died()),
    }
}

/// Hands the listener of a payload's filter to the agent that config.json names.
///
/// # Errors
/// When it names none, or the agent cannot be reached.
pub(super) fn send_listener(
    listener: OwnedFd,
    filter: Option<&spec::seccomp::Seccomp<'_>>,
    pid: i32,
    state: &str,
) -> Result<()> {
    let path = filter.and_then(|filter| filter.listener_path.as_deref());
    let path = path.ok_or_else(|| Error::invalid("/linux/seccomp/listenerPath: SCMP_ACT_NOTIFY needs it"))?;
    send_to_agent(listener, path, filter.and_then(|filter| filter.listener_metadata.as_deref()), pid, state)
}

fn runtime_hooks(parts: &Parts<'_>, pid: i32) -> Result<()> {
    let Some(hooks) = &parts.spec.hooks else { return Ok(()) };
    let state = State { pid: Some(pid), ..parts.state.clone() };
    hooks::run_all("prestart", &hooks.prestart, &state, Status::Creating)?;
    hooks::run_all("createRuntime", &hooks.create_runtime, &state, Status::Creating)
}

/// The specification's step 12: whoever saw a hook before must see poststop. Of createContainer hooks only the stage
/// knows whether they ran.
fn after_failed_hooks(hooks_ran: bool, spec: &Spec<'_>, state: &State) {
    if let Some(hooks) = &spec.hooks
        && (hooks_ran || !hooks.create_container.is_empty())
    {
        hooks::run_poststop(&hooks.poststop, state);
    }
}

/// The payload waits: what is left is done from outside and written down.
fn made(
    launched: &Launched,
    container: &Container,
    state: &mut State,
    process: &spec::Process<'_>,
    namespaces: &Namespaces<'_>,
    options: &CreateOptions,
) -> Result<()> {
    if namespaces.all() & namespace::CLONE_NEWUSER != 0 {
        limits_from_outside(launched.pid, process)?;
    }
    state.pid = Some(launched.pid);
    state.identity = Identity::of(launched.pid)?.ok_or_else(|| launched.died())?;
    fault::point("save the process")?;
    container.save(state)?;
    if let Some(path) = &options.pidfd_socket {
        console::send_pidfd(path, launched.pidfd()?.as_fd())?;
    }
    fault::point("write the pid file")?;
    match &options.pid_file {
        Some(path) => write_pid_file(path, launched.pid),
        None => Ok(()),
    }
}

/// In a user namespace nobody may raise a hard limit; the runtime may, where it runs as root.
///
/// # Errors
/// EPERM when it may not either.
pub(super) fn limits_from_outside(pid: i32, process: &spec::Process<'_>) -> Result<()> {
    for limit in process::rlimits(process)? {
        let Some((soft, hard)) = limit.at_first() else { continue };
        runtime_sys::process::setrlimit_of(pid, limit.resource, soft, hard).context(|| "/process/rlimits")?;
    }
    Ok(())
}

/// Writes the number beside the file and renames it: a reader never sees half of it.
///
/// # Errors
/// ENOENT, EACCES for the folder.
pub(super) fn write_pid_file(path: &Path, pid: i32) -> Result<()> {
    let what = || format!("write the pid file {}", path.display());
    let name = path.file_name().ok_or_else(|| Error::invalid(format!("{} names no file", path.display())))?;
    let mut beside = std::ffi::OsString::from(".");
    beside.push(name);
    let beside = path.with_file_name(beside);
    // Made anew: what is there under this name is left from one that was killed, or a link that somebody put there.
    let make = || std::fs::File::create_new(&beside);
    let file = make().or_else(|error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => std::fs::remove_file(&beside).and_then(|()| make()),
        _ => Err(error),
    });
    file.and_then(|mut file| file.write_all(pid.to_string().as_bytes())).context(what)?;
    std::fs::rename(&beside, path).context(what)
}
