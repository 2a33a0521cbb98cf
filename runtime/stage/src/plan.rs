// SPDX-License-Identifier: Apache-2.0
//! Everything that the stage does, as data: the runtime decides, the stage obeys in the order of its step list.
//!
//! A descriptor is named by its number; the stage inherits it. A path below the container's root has no leading
//! slash and is only ever resolved below the root's descriptor.

use crate::wire::{List, wire_struct};
use core::ffi::CStr;

wire_struct! {
    /// One launch: a container's first process, or one more (`exec`).
    pub struct Plan<'a> {
        /// The host's /proc, for what is written there; none when nothing is.
        pub proc: Option<i32>,
        /// The packet socket to the runtime.
        pub channel: i32,
        /// Wait for the runtime's word before anything: it writes id maps or moves us into cgroups.
        pub wait_at_gate: bool,
        /// Namespaces to join, in this order.
        pub join: List<'a, Join>,
        /// Clone once more with these `CLONE_NEW*` bits: after joining a pid or user namespace.
        pub clone_again: Option<u64>,
        /// `CLONE_NEW*` bits to unshare then.
        pub unshare: u64,
        /// Become user and group 0 of the user namespace.
        pub become_root: bool,
        /// What /proc/self/timens_offsets is told.
        pub time_offsets: Option<&'a [u8]>,
        /// Bring the loopback interface up.
        pub loopback: bool,
        /// Of the UTS namespace.
        pub hostname: Option<&'a [u8]>,
        /// Of the UTS namespace.
        pub domainname: Option<&'a [u8]>,
        /// Session keyring to join.
        pub keyring: Option<&'a CStr>,
        /// It is there already.
        pub join_keyring: bool,
        /// The root file system to build and enter; none when joining a container.
        pub root: Option<Root<'a>>,
        /// Ask the runtime to run its hooks when the namespaces are there.
        pub runtime_hooks: bool,
        /// Hooks for the container's namespaces, before its root is entered.
        pub create_container_hooks: List<'a, Hook<'a>>,
        /// Hooks inside the root, right before the payload.
        pub start_container_hooks: List<'a, Hook<'a>>,
        /// The container's state for hooks, up to the word of its status.
        pub state_before_status: &'a [u8],
        /// The rest of it, from behind the number of its process.
        pub state_after_pid: &'a [u8],
        /// Kernel parameters: path below /proc/sys, value.
        pub sysctls: List<'a, Sysctl<'a>>,
        /// A new terminal for the payload.
        pub terminal: Option<Terminal>,
        /// Where `start` connects; without it the payload runs at once or on the channel's word.
        pub start_socket: Option<i32>,
        /// Without a start socket: wait for the word on the channel.
        pub wait_on_channel: bool,
        /// Say when all is made and the payload waits; else the word to go on is on the channel already.
        pub say_ready: bool,
        /// The payload.
        pub process: Process<'a>,
        /// Fail at the step of this name (fault injection).
        pub fault: Option<&'a CStr>,
    }
}

wire_struct! {
    /// One setns(2).
    pub struct Join {
        /// A namespace, or a pidfd.
        pub fd: i32,
        /// `CLONE_NEW*` bits.
        pub flags: u64,
    }
}

wire_struct! {
    /// The root file system.
    pub struct Root<'a> {
        /// A detached mount of it; without one the stage makes it from the path.
        pub tree: Option<i32>,
        /// Its path on the host.
        pub path: &'a CStr,
        /// Attach it at its path, so that hooks find it there; else over `/`.
        pub attach_at_path: bool,
        /// `MS_SLAVE`, `MS_PRIVATE` … for what the mount namespace inherited; 0 leaves it.
        pub inherited_propagation: u64,
        /// The root's own in the end; 0 leaves it.
        pub propagation: u64,
        /// Make it read-only in the end.
        pub readonly: bool,
        /// How it is entered, `ENTER_*`.
        pub enter: u8,
        /// With `ENTER_MOVE`: the host's mounts of proc and sysfs, which the move leaves in the mount namespace.
        pub uncovered: List<'a, &'a CStr>,
        /// In order.
        pub mounts: List<'a, Mount<'a>>,
        /// In order; the path of each is below the root.
        pub devices: List<'a, Device<'a>>,
        /// Symbolic links to make when they are missing.
        pub links: List<'a, Link<'a>>,
        /// Paths to hide.
        pub masked: List<'a, &'a CStr>,
        /// Paths to make read-only.
        pub readonly_paths: List<'a, &'a CStr>,
    }
}

/// Where the kernel maps the plan in the stage's memory: it is a segment of the program.
pub const PLAN_ADDRESS: usize = 0x4000_0000;

/// pivot_root(2).
pub const ENTER_PIVOT: u8 = 0;
/// Move over `/` and chroot(2), for roots in the initramfs (`--no-pivot`).
pub const ENTER_MOVE: u8 = 1;

wire_struct! {
    /// One mount below the root.
    pub struct Mount<'a> {
        /// Where.
        pub target: &'a CStr,
        /// No symbolic link may be on the way (proc and sysfs: CVE-2019-19921, CVE-2023-27561).
        pub refuse_links: bool,
        /// A detached mount that the runtime made.
        pub tree: Option<i32>,
        /// What the stage binds itself, where the runtime has no right to make detached mounts (rootless).
        pub bind: Option<Bind<'a>>,
        /// A file system to make.
        pub fs: Option<FileSystem<'a>>,
        /// `MOUNT_ATTR_*` for the new mount.
        pub attributes: u64,
        /// Changes to the mount where it stands (remount).
        pub remount: Option<Attributes>,
        /// Changes to the whole tree below it.
        pub recursive: Option<Attributes>,
        /// Propagation in the end, each in turn: `MS_*` bits, with `MS_REC`.
        pub propagation: List<'a, u64>,
        /// Copy what the mount hides into it.
        pub copy_up: bool,
        /// Make it read-only after the devices are made in it.
        pub readonly_later: bool,
        /// Mode of a tmpfs' root that its options do not name: the hidden directory's.
        pub keep_mode: bool,
        /// Symbolic links to make in it: (target, name).
        pub links: List<'a, Link<'a>>,
        /// No mount at all: a symbolic link that says this.
        pub symlink: Option<&'a CStr>,
    }
}

wire_struct! {
    /// The source of a bind mount.
    pub struct Bind<'a> {
        /// On the host, links followed.
        pub source: &'a CStr,
        /// The whole tree.
        pub recursive: bool,
        /// A link is mounted itself.
        pub nofollow: bool,
        /// Changes to the top mount.
        pub top: Attributes,
        /// Changes to every mount.
        pub tree: Attributes,
        /// `MS_SLAVE`, `MS_PRIVATE`, or 0.
        pub propagation: u64,
    }
}

wire_struct! {
    /// Arguments of mount_setattr(2).
    pub struct Attributes {
        /// To set.
        pub set: u64,
        /// To clear.
        pub clear: u64,
    }
}

wire_struct! {
    /// A new file system.
    pub struct FileSystem<'a> {
        /// Its type.
        pub fstype: &'a CStr,
        /// What /proc/mounts shows first.
        pub source: &'a CStr,
        /// Its options.
        pub options: List<'a, FsOption<'a>>,
    }
}

wire_struct! {
    /// `key=value`, or a flag.
    pub struct FsOption<'a> {
        /// Name.
        pub key: &'a CStr,
        /// Value.
        pub value: Option<&'a CStr>,
    }
}

wire_struct! {
    /// A device node.
    pub struct Device<'a> {
        /// Where.
        pub path: &'a CStr,
        /// `c`, `u`, `b` or `p`.
        pub kind: u8,
        /// Permission bits.
        pub mode: u32,
        /// As makedev(3) joins them.
        pub device: u64,
        /// Owner.
        pub uid: u32,
        /// Group.
        pub gid: u32,
        /// Take the host's node of this name, since nodes cannot be made (user namespaces).
        pub bind: bool,
    }
}

wire_struct! {
    /// A symbolic link.
    pub struct Link<'a> {
        /// What it says.
        pub target: &'a CStr,
        /// Where it is.
        pub path: &'a CStr,
    }
}

wire_struct! {
    /// A kernel parameter.
    pub struct Sysctl<'a> {
        /// Below /proc/sys, with slashes.
        pub path: &'a CStr,
        /// What to write.
        pub value: &'a [u8],
    }
}

wire_struct! {
    /// A program that the runtime-spec runs beside the payload.
    pub struct Hook<'a> {
        /// Absolute.
        pub path: &'a CStr,
        /// With the name first.
        pub args: List<'a, &'a CStr>,
        /// `KEY=value`.
        pub env: List<'a, &'a CStr>,
        /// Seconds; 0 waits for ever.
        pub timeout: u32,
    }
}

wire_struct! {
    /// A pty to make.
    pub struct Terminal {
        /// Characters up and down; 0 leaves the size.
        pub rows: u16,
        /// Characters across.
        pub columns: u16,
        /// Mount it on /dev/console.
        pub mount_console: bool,
    }
}

wire_struct! {
    /// The payload: what remains of the launch when the root is entered.
    pub struct Process<'a> {
        /// The program and its arguments.
        pub args: List<'a, &'a CStr>,
        /// `KEY=value`.
        pub env: List<'a, &'a CStr>,
        /// Add HOME, as the container's /etc/passwd has it.
        pub find_home: bool,
        /// Where executables are looked for, colon-separated.
        pub path: &'a [u8],
        /// Working directory, absolute.
        pub cwd: &'a CStr,
        /// User.
        pub uid: u32,
        /// Group.
        pub gid: u32,
        /// Supplementary groups; none leaves them (`keep_original_groups`, or setgroups is denied).
        pub groups: Option<List<'a, u32>>,
        /// File mode mask.
        pub umask: Option<u32>,
        /// Capability sets; none leaves them.
        pub capabilities: Option<Capabilities>,
        /// Set PR_SET_NO_NEW_PRIVS.
        pub no_new_privs: bool,
        /// Resource limits.
        pub rlimits: List<'a, Rlimit>,
        /// `struct sched_attr`.
        pub scheduler: Option<Scheduler>,
        /// As ioprio_set(2) joins class and level.
        pub io_priority: Option<u32>,
        /// Processor mask for the payload, lowest first.
        pub affinity: Option<&'a [u8]>,
        /// Execution domain.
        pub personality: Option<u32>,
        /// The LSM label: file below /proc/self, value.
        pub label: Option<Sysctl<'a>>,
        /// The filter.
        pub seccomp: Option<Seccomp<'a>>,
        /// Descriptors after 0–2 that the payload gets.
        pub preserve_fds: u32,
        /// Chown the standard descriptors to the payload's user.
        pub own_stdio: bool,
        /// Make a new session.
        pub new_session: bool,
    }
}

wire_struct! {
    /// Bit n is capability n.
    pub struct Capabilities {
        /// Effective set.
        pub effective: u64,
        /// Permitted set.
        pub permitted: u64,
        /// Inheritable set.
        pub inheritable: u64,
        /// Bounding set.
        pub bounding: u64,
        /// Ambient set.
        pub ambient: u64,
    }
}

wire_struct! {
    /// One setrlimit(2).
    pub struct Rlimit {
        /// `RLIMIT_*`.
        pub resource: u32,
        /// Soft limit.
        pub soft: u64,
        /// Hard limit.
        pub hard: u64,
    }
}

/// More descriptors than a stage has.
const FILES_OF_A_STAGE: u64 = 512;
const RLIMIT_NOFILE: u32 = 7;

impl Rlimit {
    /// Whether the stage lowers this limit right before the payload: until then it has files to open, and whoever starts
    /// it is one.
    #[must_use]
    pub fn is_lowered_last(&self) -> bool {
        self.resource == RLIMIT_NOFILE && self.soft < FILES_OF_A_STAGE
    }

    /// Soft and hard, as far as they are set before that; nothing where all is for then.
    #[must_use]
    pub fn at_first(&self) -> Option<(u64, u64)> {
        match self.is_lowered_last() {
            true if self.hard < FILES_OF_A_STAGE => None,
            true => Some((self.hard, self.hard)),
            false => Some((self.soft, self.hard)),
        }
    }
}

wire_struct! {
    /// `struct sched_attr` of sched_setattr(2).
    pub struct Scheduler {
        /// `SCHED_*`.
        pub policy: u32,
        /// `SCHED_FLAG_*`.
        pub flags: u64,
        /// Nice value.
        pub nice: i32,
        /// Real-time priority.
        pub priority: u32,
        /// Nanoseconds.
        pub runtime: u64,
        /// Nanoseconds.
        pub deadline: u64,
        /// Nanoseconds.
        pub period: u64,
    }
}

wire_struct! {
    /// A compiled seccomp filter.
    pub struct Seccomp<'a> {
        /// `SECCOMP_FILTER_FLAG_*`.
        pub flags: u32,
        /// `struct sock_filter`, eight bytes each.
        pub program: &'a [u8],
        /// Send the listener to the runtime.
        pub notify: bool,
    }
}
