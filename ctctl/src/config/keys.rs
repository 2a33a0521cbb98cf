// SPDX-License-Identifier: Apache-2.0
//! The one table of keys: `set`, `info`, the file, the manual and the completion are made from it.

use super::limits;
use super::read::{
    address, capabilities, console_buffer, domains, features, folder, gateways, hostname, is_yes, labels,
    layers, least, line, list_of, log_files, memory, nameservers, number, on_boot, parsed, text, text_of,
    user, uuid, variables, words, yes,
};
use super::restart::Restart;
use super::value::{Kind, Value};
use super::{Config, Network, Profile, Ready};
use crate::error::{Error, Exit, Result, nearest};
use templates::recipe::HALT_SIGNALS;

/// When a change takes effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// At once, in a running system.
    Live,
    /// At the next start.
    NextStart,
    /// Never: it is given at creation.
    Never,
}

/// One key of the configuration.
#[derive(Debug)]
pub struct Key {
    /// Its name in the file and on the command line.
    pub name: &'static str,
    /// Another name that the command line takes.
    pub alias: Option<&'static str>,
    /// What sort of value it takes.
    pub kind: Kind,
    /// What holds without it, in words.
    pub default: &'static str,
    /// One line.
    pub help: &'static str,
    /// When a change takes effect.
    pub change: Change,
    /// Reads it from a configuration; `None` when it is at its default for lack of a value.
    pub get: fn(&Config) -> Option<Value>,
    /// Writes it; `None` is the default. The error says what is expected.
    pub put: fn(&mut Config, Option<Value>) -> std::result::Result<(), String>,
}

/// Every key, in the order in which the file and `info` show them.
pub static KEYS: &[Key] = &[
    Key {
        name: "ctid",
        alias: None,
        kind: Kind::Count,
        default: "the next free one from 101",
        help: "the system's number; verbs take it in place of the name",
        change: Change::Never,
        get: |c| Some(Value::Number(c.ctid)),
        put: |c, v| number(v.as_ref()).map(|n| c.ctid = n.unwrap_or(0)),
    },
    Key {
        name: "uuid",
        alias: None,
        kind: Kind::Text,
        default: "random",
        help: "the system's identity: its machine-id, with dashes",
        change: Change::Never,
        get: |c| text_of(&c.uuid),
        put: |c, v| uuid(v).map(|t| c.uuid = t),
    },
    Key {
        name: "template",
        alias: Some("ostemplate"),
        kind: Kind::Text,
        default: "none: it is required",
        help: "the template that the system was made from",
        change: Change::Never,
        get: |c| text_of(&c.template),
        put: |c, v| text(v).map(|t| c.template = t.unwrap_or_default()),
    },
    Key {
        name: "layers",
        alias: None,
        kind: Kind::Words,
        default: "the template's",
        help: "the read-only layers below the system's own files, lowest first",
        change: Change::Never,
        get: |c| Some(Value::List(c.layers.clone())),
        put: |c, v| layers(v).map(|w| c.layers = w),
    },
    Key {
        name: "idmap",
        alias: None,
        kind: Kind::Text,
        default: "auto: 65,536 ids of the system's own",
        help: "host ids of the system's users: auto, BASE:SIZE, or host",
        change: Change::Never,
        get: |c| Some(Value::Text(c.idmap.to_string())),
        put: |c, v| text(v)?.map_or(Ok(()), |t| t.parse().map(|m| c.idmap = m)),
    },
    Key {
        name: "description",
        alias: None,
        kind: Kind::Text,
        default: "none",
        help: "what the system is for, in one line",
        change: Change::Live,
        get: |c| c.description.clone().map(Value::Text),
        put: |c, v| line(v).map(|t| c.description = t),
    },
    Key {
        name: "labels",
        alias: None,
        kind: Kind::Words,
        default: "none",
        help: "words of your own, KEY=VALUE or KEY, by which --label finds systems; see ctctl label",
        change: Change::Live,
        get: |c| (!c.labels.is_empty()).then(|| Value::List(c.labels.clone())),
        put: |c, v| labels(v).map(|w| c.labels = w),
    },
    Key {
        name: "hostname",
        alias: None,
        kind: Kind::Text,
        default: "the system's name",
        help: "the host name inside",
        change: Change::Live,
        get: |c| c.hostname.clone().map(Value::Text),
        put: |c, v| hostname(v).map(|t| c.hostname = t),
    },
    Key {
        name: "init",
        alias: None,
        kind: Kind::Words,
        default: "/sbin/init",
        help: "the first program, with its arguments",
        change: Change::NextStart,
        get: |c| Some(Value::List(c.init.clone())),
        put: |c, v| words(v).map(|w| c.init = w.unwrap_or_else(|| Config::new("").init)),
    },
    Key {
        name: "env",
        alias: None,
        kind: Kind::Words,
        default: "nothing beside the usual",
        help: "variables for the programs inside, as NAME=VALUE; in the file, values may have spaces",
        change: Change::NextStart,
        get: |c| (!c.env.is_empty()).then(|| Value::List(c.env.clone())),
        put: |c, v| variables(v).map(|w| c.env = w),
    },
    Key {
        name: "cwd",
        alias: None,
        kind: Kind::Text,
        default: "/",
        help: "the folder inside that the first program begins in",
        change: Change::NextStart,
        get: |c| c.cwd.clone().map(Value::Text),
        put: |c, v| folder(v).map(|t| c.cwd = t),
    },
    Key {
        name: "user",
        alias: None,
        kind: Kind::Text,
        default: "0:0, which is root",
        help: "the first program's user and group inside, as UID:GID; commands of exec and enter are root's",
        change: Change::NextStart,
        get: |c| (c.user != (0, 0)).then(|| Value::Text(format!("{}:{}", c.user.0, c.user.1))),
        put: |c, v| user(v).map(|ids| c.user = ids),
    },
    Key {
        name: "halt_signal",
        alias: None,
        kind: Kind::Choice(HALT_SIGNALS),
        default: "TERM",
        help: "the signal that asks init to halt in order",
        change: Change::Live,
        get: |c| text_of(&c.halt_signal),
        put: |c, v| text(v).map(|t| c.halt_signal = t.unwrap_or_else(|| Config::new("").halt_signal)),
    },
    Key {
        name: "stop_timeout",
        alias: None,
        kind: Kind::Seconds,
        default: "120",
        help: "how long an orderly stop may take before the system is killed",
        change: Change::Live,
        get: |c| Some(Value::Number(c.stop_timeout)),
        put: |c, v| {
            number(v.as_ref()).map(|n| c.stop_timeout = n.unwrap_or_else(|| Config::new("").stop_timeout))
        },
    },
    Key {
        name: "restart",
        alias: None,
        kind: Kind::Text,
        default: "no",
        help: "when it is started again after its end: no, on-failure, on-failure:NUMBER, always, unless-stopped",
        change: Change::Live,
        get: |c| Some(Value::Text(c.restart.to_string())),
        put: |c, v| text(v)?.map_or(Ok(Restart::No), |t| t.parse()).map(|r| c.restart = r),
    },
    Key {
        name: "onboot",
        alias: None,
        kind: Kind::Choice(&["yes", "no", "unset"]),
        default: "unset",
        help: "whether it is started when the host boots; unset: if it ran before",
        change: Change::Live,
        get: |c| c.onboot.map(yes),
        put: |c, v| on_boot(v).map(|y| c.onboot = y),
    },
    Key {
        name: "boot_order",
        alias: Some("boot.order"),
        kind: Kind::Number,
        default: "behind those that have one",
        help: "its place among those that start at boot, the lowest first; they stop the other way round",
        change: Change::Live,
        get: |c| c.boot_order.map(Value::Number),
        put: |c, v| number(v.as_ref()).map(|n| c.boot_order = n),
    },
    Key {
        name: "boot_delay",
        alias: Some("boot.delay"),
        kind: Kind::Seconds,
        default: "0",
        help: "how long the next start at boot waits after this one",
        change: Change::Live,
        get: |c| Some(Value::Number(c.boot_delay)),
        put: |c, v| number(v.as_ref()).map(|n| c.boot_delay = n.unwrap_or(0)),
    },
    Key {
        name: "disabled",
        alias: None,
        kind: Kind::Choice(&["yes", "no"]),
        default: "no",
        help: "whether start refuses it without --force",
        change: Change::Live,
        get: |c| Some(yes(c.disabled)),
        put: |c, v| is_yes(v).map(|y| c.disabled = y.unwrap_or(false)),
    },
    Key {
        name: "ephemeral",
        alias: None,
        kind: Kind::Choice(&["yes", "no"]),
        default: "no",
        help: "whether it is destroyed when it has stopped",
        change: Change::Live,
        get: |c| Some(yes(c.ephemeral)),
        put: |c, v| is_yes(v).map(|y| c.ephemeral = y.unwrap_or(false)),
    },
    Key {
        name: "profile",
        alias: None,
        kind: Kind::Choice(&["system", "strict"]),
        default: "system",
        help: "what its programs may do: what an init needs, or what one application needs",
        change: Change::NextStart,
        get: |c| Some(Value::Text(if c.profile == Profile::Strict { "strict" } else { "system" }.to_owned())),
        put: |c, v| {
            let is_strict = text(v)?.as_deref() == Some("strict");
            c.profile = if is_strict { Profile::Strict } else { Profile::System };
            Ok(())
        },
    },
    Key {
        name: "mini_init",
        alias: None,
        kind: Kind::Choice(&["yes", "no"]),
        default: "no",
        help: "whether a small init of ours is process 1 and runs the first program",
        change: Change::NextStart,
        get: |c| Some(yes(c.mini_init)),
        put: |c, v| is_yes(v).map(|y| c.mini_init = y.unwrap_or(false)),
    },
    Key {
        name: "log_max",
        alias: Some("log.max"),
        kind: Kind::Size,
        default: "1M",
        help: "the size at which a new file of the console's log begins",
        change: Change::NextStart,
        get: |c| Some(Value::Number(c.log_max)),
        put: |c, v| least(v.as_ref(), 4 << 10, "4K").map(|n| c.log_max = n.unwrap_or(1 << 20)),
    },
    Key {
        name: "log_files",
        alias: Some("log.files"),
        kind: Kind::Number,
        default: "1",
        help: "how many older files of the log are kept, at most 100",
        change: Change::NextStart,
        get: |c| Some(Value::Number(c.log_files)),
        put: |c, v| log_files(v.as_ref()).map(|n| c.log_files = n),
    },
    Key {
        name: "console_buffer",
        alias: Some("console.buffer"),
        kind: Kind::Size,
        default: "64K",
        help: "how much of what was printed a new console shows, at most 16M",
        change: Change::NextStart,
        get: |c| Some(Value::Number(c.console_buffer)),
        put: |c, v| console_buffer(v.as_ref()).map(|n| c.console_buffer = n),
    },
    Key {
        name: "ready",
        alias: None,
        kind: Kind::Choice(&["notify", "running"]),
        default: "running",
        help: "when `start --wait` returns: at init's READY=1, or as soon as init runs",
        change: Change::NextStart,
        get: |c| Some(Value::Text(if c.ready == Ready::Notify { "notify" } else { "running" }.to_owned())),
        put: |c, v| {
            let is_notify = text(v)?.as_deref() == Some("notify");
            c.ready = if is_notify { Ready::Notify } else { Ready::Running };
            Ok(())
        },
    },
    Key {
        name: "network",
        alias: None,
        kind: Kind::Text,
        default: "none; ctctl create writes nat, or the default of network.toml",
        help: "nat: a private network behind the host's address; none: the loopback alone; host: the host's; \
            bridge:NAME: a port of that bridge; routed: the host routes ip to it",
        change: Change::NextStart,
        get: |c| Some(Value::Text(c.network.to_string())),
        put: |c, v| text(v)?.map_or(Ok(Network::None), |t| t.parse()).map(|n| c.network = n),
    },
    Key {
        name: "address",
        alias: None,
        kind: Kind::Text,
        default: "a free one of the bridge's network, for network=nat",
        help: "the system's fixed address with network=nat; the IPv6 one has the same place in its network",
        change: Change::NextStart,
        get: |c| c.address.map(|a| Value::Text(a.to_string())),
        put: |c, v| address(v).map(|a| c.address = a),
    },
    Key {
        name: "mac",
        alias: None,
        kind: Kind::Text,
        default: "made of the uuid",
        help: "the hardware address of eth0; the system can send with no other",
        change: Change::NextStart,
        get: |c| c.mac.map(|m| Value::Text(m.to_string())),
        put: |c, v| text(v)?.map(|t| t.parse()).transpose().map(|m| c.mac = m),
    },
    Key {
        name: "ip",
        alias: None,
        kind: Kind::Words,
        default: "none; with network=bridge:NAME a client inside may ask for one",
        help: "addresses with network=bridge:NAME, each with its network's prefix, or network=routed",
        change: Change::Live,
        get: |c| list_of(&c.ip),
        put: |c, v| parsed(v).map(|w| c.ip = w),
    },
    Key {
        name: "gateway",
        alias: None,
        kind: Kind::Words,
        default: "none",
        help: "where default routes lead with network=bridge:NAME, one for each sort of address",
        change: Change::Live,
        get: |c| list_of(&c.gateway),
        put: |c, v| parsed(v).and_then(gateways).map(|w| c.gateway = w),
    },
    Key {
        name: "port",
        alias: Some("publish"),
        kind: Kind::Words,
        default: "none",
        help: "ports of the host that lead to the system: [HOSTIP:]HOSTPORT:PORT[/udp]; see ctctl port",
        change: Change::Live,
        get: |c| list_of(&c.port),
        put: |c, v| parsed(v).map(|w| c.port = w),
    },
    Key {
        name: "nameserver",
        alias: None,
        kind: Kind::Words,
        default: "the host's bridge with network=nat, else inherit",
        help: "addresses of servers of names, or inherit: those of the host",
        change: Change::Live,
        get: |c| list_of(&c.nameserver),
        put: |c, v| words(v).and_then(|w| nameservers(w.unwrap_or_default())).map(|w| c.nameserver = w),
    },
    Key {
        name: "searchdomain",
        alias: None,
        kind: Kind::Words,
        default: "the host's where its servers are asked",
        help: "domains that names are looked for in, or inherit",
        change: Change::Live,
        get: |c| list_of(&c.searchdomain),
        put: |c, v| words(v).and_then(|w| domains(w.unwrap_or_default())).map(|w| c.searchdomain = w),
    },
    Key {
        name: "memory",
        alias: Some("ram"),
        kind: Kind::Memory,
        default: "unlimited",
        help: "the most memory that the system may use",
        change: Change::Live,
        get: |c| c.memory.map(Value::Number),
        put: |c, v| number(v.as_ref()).and_then(memory).map(|n| c.memory = n),
    },
    Key {
        name: "cpulimit",
        alias: None,
        kind: Kind::Percent,
        default: "unlimited",
        help: "the most processor time, in percent of one processor: 150% is one and a half",
        change: Change::Live,
        get: |c| c.cpulimit.map(Value::Number),
        put: |c, v| number(v.as_ref()).map(|n| c.cpulimit = n),
    },
    Key {
        name: "pids",
        alias: None,
        kind: Kind::Count,
        default: "unlimited",
        help: "the most processes and threads",
        change: Change::Live,
        get: |c| c.pids.map(Value::Number),
        put: |c, v| number(v.as_ref()).map(|n| c.pids = n),
    },
    limits::SWAP,
    limits::MEMORY_LOW,
    limits::CPUUNITS,
    limits::CPUS,
    limits::CPUMASK,
    limits::NODEMASK,
    limits::IOLIMIT,
    limits::IOPSLIMIT,
    limits::ULIMITS,
    limits::SYSCTL,
    limits::SHM_SIZE,
    limits::OOM_SCORE,
    Key {
        name: "features",
        alias: None,
        kind: Kind::Words,
        default: "none",
        help: "what the kernel has and a system does without by default: fuse, nesting, tun, keyctl",
        change: Change::NextStart,
        get: |c| list_of(&c.feature_names()),
        put: |c, v| features(v).map(|f| c.features = f),
    },
    Key {
        name: "cap",
        alias: Some("capability"),
        kind: Kind::Words,
        default: "all but what would be the host's",
        help: "capabilities that differ from the default, as +NAME and -NAME; cap+=NAME and cap-=NAME change one",
        change: Change::NextStart,
        get: |c| list_of(&c.cap),
        put: |c, v| capabilities(v).map(|w| c.cap = w),
    },
];

/// Finds a key by its name or alias.
///
/// # Errors
/// `Value`, with the nearest name as a hint.
pub fn find(name: &str) -> Result<&'static Key> {
    let found = KEYS.iter().find(|key| key.name == name || key.alias == Some(name));
    found.ok_or_else(|| {
        if let Some(error) = limits::refused(name) {
            return error;
        }
        let error = Error::new(Exit::Value, format!("no key {name:?}"));
        match nearest(name, KEYS.iter().map(|key| key.name)) {
            Some(near) => error.hint(format!("did you mean {near}?")),
            None => error
                .hint(format!("keys: {}", KEYS.iter().map(|key| key.name).collect::<Vec<_>>().join(", "))),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_sentences_are_one_line() {
        for (index, key) in KEYS.iter().enumerate() {
            assert!(
                KEYS[..index].iter().all(|other| other.name != key.name && other.alias != Some(key.name))
            );
            assert!(
                !key.help.is_empty() && !key.help.contains('\n') && !key.help.ends_with('.'),
                "{}",
                key.name
            );
        }
    }

    #[test]
    fn each_key_gives_back_what_was_put() {
        let samples = [
            ("ctid", "101"),
            ("uuid", "0f8fad5b-d9cb-469f-a165-70867728950e"),
            ("template", "busybox"),
            ("idmap", "1048576:65536"),
            ("description", "the shop, do not stop"),
            ("labels", "prod tier=web"),
            ("hostname", "web-1.example"),
            ("init", "/bin/sh -c true"),
            ("env", "A=1 B=x=y"),
            ("cwd", "/srv"),
            ("user", "33:34"),
            ("halt_signal", "RTMIN+3"),
            ("stop_timeout", "7"),
            ("restart", "on-failure:3"),
            ("onboot", "no"),
            ("boot_order", "0"),
            ("boot_delay", "5"),
            ("disabled", "yes"),
            ("ephemeral", "yes"),
            ("profile", "strict"),
            ("mini_init", "yes"),
            ("log_max", "64K"),
            ("log_files", "0"),
            ("console_buffer", "16K"),
            ("ready", "notify"),
            ("network", "bridge:br0"),
            ("address", "10.86.0.2"),
            ("mac", "02:00:5e:10:00:01"),
            ("ip", "192.0.2.7/24 2001:db8::7/64"),
            ("gateway", "192.0.2.1 2001:db8::1"),
            ("port", "8080:80 192.0.2.1:53:53/udp"),
            ("nameserver", "192.0.2.1 inherit"),
            ("searchdomain", "example.com"),
            ("memory", "512M"),
            ("cpulimit", "150%"),
            ("pids", "100"),
            ("swap", "0"),
            ("memory_low", "16M"),
            ("cpuunits", "3000"),
            ("cpus", "2"),
            ("cpumask", "0-3,5"),
            ("nodemask", "all"),
            ("iolimit", "10M"),
            ("iopslimit", "500"),
            ("ulimits", "nofile=1024:4096 core=unlimited"),
            ("sysctl", "net.ipv4.ip_forward=1 kernel.shmmax=65536"),
            ("shm_size", "64M"),
            ("oom_score", "-5"),
            ("features", "fuse nesting"),
            ("cap", "-net_raw +sys_time"),
        ];
        let mut config = Config::new("x");
        for (name, text) in samples {
            let key = find(name).unwrap();
            (key.put)(&mut config, key.kind.parse(text).unwrap()).unwrap();
            assert_eq!((key.get)(&config).map(|v| key.kind.print(&v)).as_deref(), Some(text), "{name}");
        }
        for key in KEYS.iter().filter(|key| key.name != "layers") {
            assert!(samples.iter().any(|(name, _)| *name == key.name), "{} has no sample", key.name);
        }
    }

    #[test]
    fn what_would_hurt_is_refused() {
        let refused = |name: &str, text: &str| {
            let key = find(name).unwrap();
            let value = key.kind.parse(text);
            value.is_err() || (key.put)(&mut Config::new("x"), value.unwrap()).is_err()
        };
        for (name, text) in [
            ("layers", "../../etc"),
            ("labels", "-x"),
            ("labels", "=x"),
            ("labels", "k-"),
            ("description", "a\nb"),
            ("hostname", "a/b"),
            ("memory", "1K"),
            ("uuid", "x"),
            ("halt_signal", "FOO"),
            ("env", "=x"),
            ("env", "A"),
            ("cwd", "srv"),
            ("cpuunits", "7"),
            ("cpumask", "3-1"),
            ("nodemask", "auto"),
            ("ulimits", "nofile=1 nofile=2"),
            ("sysctl", "vm.swappiness=1"),
            ("sysctl", "kernel.hostname=x"),
            ("oom_score", "1001"),
            ("network", "bridge:"),
            ("network", "bridge:a/b"),
            ("network", "brigde:br0"),
            ("address", "fd00::1"),
            ("mac", "x"),
            ("ip", "192.0.2.7/24 192.0.2.7/24"),
            ("ip", "192.0.2.7/33"),
            ("gateway", "192.0.2.1 192.0.2.2"),
            ("port", "80"),
            ("nameserver", "dns.example"),
            ("searchdomain", "a;b"),
            ("user", "www-data"),
            ("user", "0:65536"),
            ("restart", "sometimes"),
            ("log_max", "100"),
            ("log_files", "101"),
            ("console_buffer", "1K"),
            ("features", "mknod"),
            ("features", "fuse,ppp"),
            ("cap", "net_raw"),
            ("cap", "+é"),
            ("cap", "+"),
        ] {
            assert!(refused(name, text), "{name}={text}");
        }
        assert_eq!(find("diskspace").unwrap_err().exit(), Exit::Unsupported);
        assert_eq!(find("memroy").unwrap_err().hint_text(), Some("did you mean memory?"));
        assert_eq!(find("ram").unwrap().name, "memory");
    }
}
