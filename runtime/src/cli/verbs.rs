// SPDX-License-Identifier: Apache-2.0
//! The verbs of `ctrun` with their options: what is read, what help prints, what completions know.

use super::flags::{Flag, switch, value};

/// One verb.
#[derive(Debug)]
pub struct Verb {
    /// Its name.
    pub name: &'static str,
    /// What follows the options.
    pub words: &'static str,
    /// What it does.
    pub about: &'static str,
    /// Its options.
    pub flags: &'static [Flag],
    /// The first word ends the options: what follows is the payload's.
    pub stops: bool,
    /// How many words it takes: at least, at most.
    pub count: (usize, usize),
}

/// Before the verb.
pub const GLOBAL: &[Flag] = &[
    value(
        "root",
        None,
        "DIR",
        "folder of the containers' state (default: /run/ctrun, or $XDG_RUNTIME_DIR/ctrun)",
    ),
    value("log", None, "FILE", "append the log here as well"),
    value("log-format", None, "text|json", "format of the log"),
    switch("debug", None, "log what is done"),
    switch("systemd-cgroup", None, "the systemd cgroup driver: not there yet, refused"),
    value("log-level", None, "LEVEL", "error, warning, info or debug, as with crun"),
    value("cgroup-manager", None, "cgroupfs|disabled", "the cgroup driver; disabled makes no cgroup"),
    value("rootless", None, "auto|true|false", "taken for runc's sake: it is found out"),
    value("criu", None, "FILE", "taken for runc's sake, with a warning"),
    switch("help", Some('h'), "print help"),
    switch("version", Some('v'), "print the version"),
];

const BUNDLE: Flag = value("bundle", Some('b'), "DIR", "the bundle (default: the working directory)");
const CONFIG: Flag = value("config", Some('f'), "FILE", "another file than the bundle's config.json");
const CONSOLE: Flag = value("console-socket", None, "SOCKET", "where the terminal's master is sent");
const PIDFD: Flag = value("pidfd-socket", None, "SOCKET", "where a pidfd of the process is sent");
const PID_FILE: Flag = value("pid-file", None, "FILE", "where the process's number is written");
const NO_PIVOT: Flag = switch("no-pivot", None, "enter the root without pivot_root (roots in an initramfs)");
const NO_KEYRING: Flag = switch("no-new-keyring", None, "leave the session keyring alone");
const NO_SUBREAPER: Flag = switch("no-subreaper", None, "taken for runc's sake: ctrun is none");
const PRESERVE: Flag = value("preserve-fds", None, "N", "descriptors after 0 to 2 that the payload gets");
const DETACH: Flag = switch("detach", Some('d'), "do not wait for the process");
const HELP: Flag = switch("help", Some('h'), "print help");

/// All of them, in the order of help.
pub const VERBS: &[Verb] = &[
    Verb {
        name: "create",
        words: "ID",
        about: "make a container whose process waits for start",
        flags: &[BUNDLE, CONFIG, CONSOLE, PIDFD, PID_FILE, NO_PIVOT, NO_KEYRING, PRESERVE, HELP],
        stops: false,
        count: (1, 1),
    },
    Verb {
        name: "start",
        words: "ID...",
        about: "let the process of a created container run",
        flags: &[HELP],
        stops: false,
        count: (1, usize::MAX),
    },
    Verb {
        name: "run",
        words: "ID",
        about: "create, start, wait and delete",
        flags: &[
            BUNDLE,
            CONFIG,
            CONSOLE,
            PIDFD,
            PID_FILE,
            NO_PIVOT,
            NO_KEYRING,
            NO_SUBREAPER,
            PRESERVE,
            DETACH,
            switch("keep", None, "do not delete it when it ends"),
            HELP,
        ],
        stops: false,
        count: (1, 1),
    },
    Verb {
        name: "exec",
        words: "ID [PROGRAM ARGUMENT...]",
        about: "run one more process in a container",
        flags: &[
            CONSOLE,
            PIDFD,
            PID_FILE,
            value("process", Some('p'), "FILE", "a file with the whole process"),
            value("cwd", None, "DIR", "working directory"),
            value("env", Some('e'), "KEY=VALUE", "a variable to add"),
            switch("tty", Some('t'), "give it a terminal"),
            value("user", Some('u'), "UID[:GID]", "user and group"),
            value("additional-gids", Some('g'), "GID", "a group to add"),
            value("process-label", None, "LABEL", "SELinux label"),
            value("apparmor", None, "PROFILE", "AppArmor profile"),
            switch("no-new-privs", None, "no privileges by execve"),
            value("cap", Some('c'), "CAPABILITY", "a capability to add"),
            value("cgroup", None, "PATH", "a cgroup below the container's"),
            switch("ignore-paused", None, "also into a paused container"),
            switch("no-subreaper", None, "taken for runc's sake: ctrun is none"),
            PRESERVE,
            DETACH,
            HELP,
        ],
        stops: true,
        count: (1, usize::MAX),
    },
    Verb {
        name: "kill",
        words: "ID [SIGNAL]",
        about: "send a signal to the first process (default: SIGTERM)",
        flags: &[switch("all", Some('a'), "to all processes"), HELP],
        stops: false,
        count: (1, 2),
    },
    Verb {
        name: "delete",
        words: "ID",
        about: "remove all that a stopped container has",
        flags: &[
            switch("force", Some('f'), "kill it first; a missing one is no error"),
            switch("regex", None, "ID is a regular expression, as with crun: delete all that match"),
            HELP,
        ],
        stops: false,
        count: (1, 1),
    },
    Verb {
        name: "state",
        words: "ID",
        about: "print the state as JSON",
        flags: &[HELP],
        stops: false,
        count: (1, 1),
    },
    Verb {
        name: "list",
        words: "",
        about: "print all containers",
        flags: &[
            value("format", Some('f'), "table|json", "how"),
            switch("quiet", Some('q'), "ids only"),
            HELP,
        ],
        stops: false,
        count: (0, 0),
    },
    Verb {
        name: "ps",
        words: "ID [PS-OPTION...]",
        about: "print the processes of a container",
        flags: &[value("format", Some('f'), "table|json", "how"), HELP],
        stops: true,
        count: (1, usize::MAX),
    },
    Verb {
        name: "pause",
        words: "ID",
        about: "freeze all processes",
        flags: &[HELP],
        stops: false,
        count: (1, 1),
    },
    Verb {
        name: "resume",
        words: "ID",
        about: "thaw all processes",
        flags: &[HELP],
        stops: false,
        count: (1, 1),
    },
    Verb {
        name: "update",
        words: "ID",
        about: "change limits while it runs",
        flags: &[
            value("resources", Some('r'), "FILE|-", "linux.resources as JSON, instead of all others"),
            value("blkio-weight", None, "WEIGHT", "10 to 1000"),
            value("cpu-period", None, "MICROSECONDS", "period of the quota"),
            value("cpu-quota", None, "MICROSECONDS", "processor time in each period"),
            value("cpu-burst", None, "MICROSECONDS", "time that may be saved up"),
            value("cpu-share", None, "SHARES", "relative weight, 2 to 262144"),
            value("cpu-rt-period", None, "MICROSECONDS", "real-time period (v1)"),
            value("cpu-rt-runtime", None, "MICROSECONDS", "real-time limit (v1)"),
            value("cpuset-cpus", None, "LIST", "processors"),
            value("cpuset-mems", None, "LIST", "memory nodes"),
            value("cpu-idle", None, "0|1", "only when nobody else wants it"),
            value("memory", None, "BYTES", "limit; suffixes k, m, g; -1 for none"),
            value("memory-reservation", None, "BYTES", "soft limit"),
            value("memory-swap", None, "BYTES", "memory and swap; -1 for no limit"),
            value("kernel-memory", None, "BYTES", "taken and ignored, as the kernel does"),
            value("kernel-memory-tcp", None, "BYTES", "taken and ignored, as the kernel does"),
            value("pids-limit", None, "N", "processes; -1 for no limit"),
            value("l3-cache-schema", None, "SCHEMA", "Intel RDT: refused"),
            value("mem-bw-schema", None, "SCHEMA", "Intel RDT: refused"),
            HELP,
        ],
        stops: false,
        count: (1, 1),
    },
    Verb {
        name: "events",
        words: "ID",
        about: "print what happens in a container, one JSON object a line",
        flags: &[
            value("interval", None, "DURATION", "time between statistics (default: 5s)"),
            switch("stats", None, "statistics once"),
            HELP,
        ],
        stops: false,
        count: (1, 1),
    },
    Verb {
        name: "spec",
        words: "",
        about: "write a new config.json",
        flags: &[BUNDLE, switch("rootless", None, "for ordinary users"), HELP],
        stops: false,
        count: (0, 0),
    },
    Verb {
        name: "features",
        words: "",
        about: "print what this runtime can do, as JSON",
        flags: &[HELP],
        stops: false,
        count: (0, 0),
    },
    Verb {
        name: "validate",
        words: "",
        about: "check a configuration: all problems at once",
        flags: &[BUNDLE, CONFIG, value("isolation", None, "container", "the mode to check for"), HELP],
        stops: false,
        count: (0, 0),
    },
];
