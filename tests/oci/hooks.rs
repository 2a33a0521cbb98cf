// SPDX-License-Identifier: Apache-2.0
//! Hooks: when, where, with what, and what their failure does (SP-18).

use std::fs;
use std::path::Path;

use integration_tests::{Bundle, needs};
use serde_json::{Value, json};

const ALL: [&str; 6] =
    ["prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop"];

/// A hook of the host's shell that appends its name, its mount namespace and its state to the folder.
fn recorder(folder: &Path, name: &str) -> Value {
    let script = format!(
        "echo {name} >> {0}/order; readlink /proc/self/ns/mnt > {0}/{name}.mnt; cat > {0}/{name}.json",
        folder.display()
    );
    json!({ "path": "/bin/sh", "args": ["sh", "-c", script] })
}

fn with_all_hooks(ct: &Bundle) {
    let folder = ct.folder.join("hooks");
    fs::create_dir(&folder).unwrap();
    // startContainer runs inside: it needs a place there to write to.
    ct.change(|c| {
        integration_tests::add_mount(
            c,
            folder.to_str().unwrap(),
            "bind",
            folder.to_str().unwrap(),
            &["bind", "rw"],
        );
        for name in ALL {
            c["hooks"][name] = json!([recorder(&folder, name)]);
        }
    });
}

// SP-18
#[test]
fn hooks_run_in_order_with_the_state_on_standard_input() {
    needs!(Root);
    let ct = Bundle::new().with(|c| c["annotations"] = json!({ "a": "b" }));
    with_all_hooks(&ct);
    ct.create().ok();
    let read = |name: &str| fs::read_to_string(ct.folder.join("hooks").join(name)).unwrap();
    assert_eq!(read("order"), "prestart\ncreateRuntime\ncreateContainer\n");
    ct.start().ok();
    ct.wait_for("stopped");
    assert_eq!(read("order"), "prestart\ncreateRuntime\ncreateContainer\nstartContainer\npoststart\n");
    ct.delete().ok();
    assert_eq!(read("order"), ALL.join("\n") + "\n");
    for (name, status) in [
        ("prestart", "creating"),
        ("createRuntime", "creating"),
        ("createContainer", "creating"),
        ("startContainer", "created"),
        ("poststart", "running"),
        ("poststop", "stopped"),
    ] {
        let state: Value = serde_json::from_str(&read(&format!("{name}.json"))).unwrap();
        assert_eq!(state["id"], ct.id, "{name}");
        assert_eq!(state["status"], status, "{name}");
        assert_eq!(state["bundle"], ct.folder.to_str().unwrap(), "{name}");
        assert_eq!(state["annotations"]["a"], "b", "{name}");
    }
    let host = fs::read_link("/proc/self/ns/mnt").unwrap().to_string_lossy().into_owned() + "\n";
    for (name, is_host) in [
        ("prestart", true),
        ("createRuntime", true),
        ("createContainer", false),
        ("startContainer", false),
        ("poststart", true),
        ("poststop", true),
    ] {
        assert_eq!(read(&format!("{name}.mnt")) == host, is_host, "{name}");
    }
}

// SP-18
#[test]
fn a_failing_hook_before_the_start_takes_everything_back() {
    needs!(Root);
    for name in ["prestart", "createRuntime", "createContainer"] {
        let ct = Bundle::new().with(|c| {
            c["hooks"][name] =
                json!([{ "path": "/bin/sh", "args": ["sh", "-c", "echo because >&2; exit 3"] }]);
        });
        ct.create().fails_with(name);
        assert!(ct.left_behind().is_empty(), "{name}: {:?}", ct.left_behind());
    }
}

// SP-18
#[test]
fn a_failing_hook_at_the_start_stops_the_container() {
    needs!(Root);
    let ct = Bundle::running(["sleep", "1000"])
        .with(|c| c["hooks"]["startContainer"] = json!([{ "path": "/bin/false" }]));
    ct.create().ok();
    ct.start().fails_with("startContainer");
    ct.delete_force().ok();
    let ct = Bundle::running(["sleep", "1000"])
        .with(|c| c["hooks"]["poststart"] = json!([{ "path": "/bin/false" }]));
    ct.create().ok();
    ct.start().fails_with("poststart");
    assert_eq!(ct.status(), "stopped");
    ct.delete().ok();
    ct.run().fails_with("poststart");
    assert_eq!(ct.left_behind(), Vec::<String>::new());
}

// SP-18: start returns when its hooks have ended.
#[test]
fn poststart_hooks_end_before_start_does() {
    needs!(Root);
    let ct = Bundle::running(["sleep", "1000"]);
    let done = ct.folder.join("done");
    let script = format!("sleep 0.3; touch {}", done.display());
    ct.change(|c| c["hooks"]["poststart"] = json!([{ "path": "/bin/sh", "args": ["sh", "-c", script] }]));
    ct.create().ok();
    assert!(!done.exists());
    ct.start().ok();
    assert!(done.exists());
    ct.delete_force().ok();
}

// SP-18: the failure of poststop is a warning.
#[test]
fn a_failing_poststop_hook_is_a_warning() {
    needs!(Root);
    let ct = Bundle::new().with(|c| {
        c["hooks"]["poststop"] =
            json!([{ "path": "/bin/true" }, { "path": "/bin/false" }, { "path": "/bin/false" }]);
    });
    ct.create().ok();
    ct.start().ok();
    ct.wait_for("stopped");
    let said = ct.delete().ok().stderr;
    assert!(said.contains("poststop hook #1 (/bin/false)") && said.contains("poststop hook #2"), "{said}");
    assert!(!said.contains("#0"), "{said}");
}

// SP-18
#[test]
fn a_hook_that_hangs_is_ended_by_its_timeout() {
    needs!(Root);
    let ct = Bundle::new().with(|c| {
        c["hooks"]["createRuntime"] =
            json!([{ "path": "/bin/sleep", "args": ["sleep", "1000"], "timeout": 1 }]);
    });
    ct.create().fails();
    let ct =
        Bundle::new().with(|c| c["hooks"]["createRuntime"] = json!([{ "path": "/bin/true", "timeout": 0 }]));
    ct.create().fails_with("timeout");
}

// SP-18
#[test]
fn hooks_have_their_own_environment() {
    needs!(Root);
    let ct = Bundle::new();
    let file = ct.folder.join("env");
    ct.change(|c| {
        let script = format!("env > {}", file.display());
        c["hooks"]["createRuntime"] =
            json!([{ "path": "/bin/sh", "args": ["sh", "-c", script], "env": ["ONLY=this"] }]);
    });
    ct.run().ok();
    let env = fs::read_to_string(&file).unwrap();
    assert!(env.contains("ONLY=this\n") && !env.contains("CARGO") && !env.contains("HOME="), "{env}");
}

// SP-18: the program of a startContainer hook is the container's own: it has no more rights than the payload.
#[test]
fn a_start_container_hook_has_the_payloads_rights() {
    needs!(Root);
    let script = "id -u; grep -e CapEff -e Seccomp: /proc/self/status; exit 1";
    let ct = Bundle::new().with(|c| {
        c["process"]["user"] = json!({ "uid": 1000, "gid": 1000 });
        c["process"]["capabilities"] = json!({});
        c["linux"]["seccomp"] = json!({ "defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
            { "names": ["reboot"], "action": "SCMP_ACT_ERRNO" },
        ]});
        c["hooks"]["startContainer"] = json!([{ "path": "/bin/sh", "args": ["sh", "-c", script] }]);
    });
    ct.create().ok();
    let said = ct.start().fails_with("error running hook").stderr;
    assert!(said.contains("1000\nCapEff:\t0000000000000000\nSeccomp:\t2"), "{said}");
    ct.delete_force().ok();
}

// SP-18: as runc and crun have it, for hooks of engines that count on PATH.
#[test]
fn a_hook_without_an_environment_has_the_runtimes() {
    needs!(Root);
    let hook = |env: Option<Value>| {
        let ct = Bundle::new().with(|c| {
            let mut hook = json!({ "path": "/bin/sh", "args": ["sh", "-c", "test \"$FROM\" = here"] });
            if let Some(env) = env {
                hook["env"] = env;
            }
            c["hooks"]["createRuntime"] = json!([hook]);
        });
        ct.finish(ct.command(["run", &ct.id]).env("FROM", "here")).code
    };
    assert_eq!(hook(None), 0);
    assert_eq!(hook(Some(Value::Null)), 0);
    // An empty one is one of its own.
    assert_ne!(hook(Some(json!([]))), 0);
    assert_ne!(hook(Some(json!(["A=1"]))), 0);
}

// SP-18, SEC-10: what the caller has open is for none of the hooks, nor what it gives to the payload.
#[test]
fn no_hook_has_descriptors_of_the_caller() {
    needs!(Root);
    let (ct, folder) = with_folder();
    fs::write(ct.folder.join("given"), "from the caller\n").unwrap();
    ct.change(|c| {
        for kind in ALL {
            // One more is the shell's own, which reads the folder.
            let script =
                format!("for fd in /proc/$$/fd/*; do readlink $fd; done > {}/{kind}; true", folder.display());
            c["hooks"][kind] =
                json!([{ "path": "/bin/sh", "args": ["sh", "-c", script], "env": ["PATH=/bin"] }]);
        }
        c["process"]["args"] = json!(["cat", "/proc/self/fd/3"]);
    });
    let run = ct.command(["run", "--preserve-fds", "1", &ct.id]);
    let mut sh = std::process::Command::new("sh");
    sh.args(["-c", "exec 3< given 4< given 9< given; exec \"$@\"", "sh"])
        .arg(run.get_program())
        .args(run.get_args());
    assert_eq!(ct.finish(sh.current_dir(&ct.folder)).ok().stdout, "from the caller\n");
    for kind in ALL {
        let open = fs::read_to_string(folder.join(kind)).unwrap();
        assert!(!open.contains("given"), "{kind}: {open}");
    }
}

// SP-18: poststart hooks of engines look at the container, and some run programs in it.
#[test]
fn a_poststart_hook_may_call_the_runtime() {
    needs!(Root);
    let ct = Bundle::running(["sleep", "100"]);
    let calls = [vec!["state", ct.id.as_str()], vec!["exec", ct.id.as_str(), "echo", "from inside"]];
    let line = |words: &Vec<&str>| {
        let command = ct.command(words);
        let all = std::iter::once(command.get_program()).chain(command.get_args());
        all.map(|word| format!("'{}'", word.to_str().unwrap())).collect::<Vec<_>>().join(" ")
    };
    let script = format!("({}) > {}/called", calls.each_ref().map(line).join(" && "), ct.folder.display());
    ct.change(|c| c["hooks"]["poststart"] = json!([{ "path": "/bin/sh", "args": ["sh", "-c", script] }]));
    let called = || fs::read_to_string(ct.folder.join("called")).unwrap();
    ct.create().ok();
    ct.start().ok();
    assert!(called().contains("\"running\"") && called().ends_with("from inside\n"), "{}", called());
    ct.delete_force().ok();
    fs::write(ct.folder.join("called"), "").unwrap();
    ct.ctrun(["run", "--detach", &ct.id]).ok();
    assert!(called().ends_with("from inside\n"), "{}", called());
    ct.delete_force().ok();
}

// SP-18: what a hook has of its own process: the caller's mask for new files, no signal blocked, and while the container
// is created the folder that runc's and crun's begin in.
#[test]
fn hooks_begin_as_other_programs_do() {
    needs!(Root);
    let ct = Bundle::new();
    let record = ct.folder.join("record");
    let hook = |name: &str| {
        let script = format!(
            "echo {name} $(umask) $(grep ^SigBlk /proc/self/status | cut -f2) $(pwd) >> {}",
            record.display()
        );
        json!([{ "path": "/bin/sh", "args": ["sh", "-c", script] }])
    };
    ct.change(|c| {
        for name in ["prestart", "createRuntime", "createContainer", "poststart", "poststop"] {
            c["hooks"][name] = hook(name);
        }
    });
    let run = ct.command(["run", "--bundle", ct.folder.to_str().unwrap(), &ct.id]);
    let words: Vec<_> = std::iter::once(run.get_program()).chain(run.get_args()).collect();
    let mut sh = std::process::Command::new("sh");
    sh.args(["-c", "umask 027; exec \"$@\"", "sh"]).args(words).current_dir("/");
    ct.finish(&mut sh).ok();
    let record = fs::read_to_string(record).unwrap();
    let bundle = ct.folder.to_str().unwrap();
    let rootfs = format!("{bundle}/rootfs");
    let expected = [
        ("prestart", bundle),
        ("createRuntime", bundle),
        ("createContainer", &rootfs),
        ("poststart", "/"),
        ("poststop", "/"),
    ];
    let expected = expected.map(|(name, folder)| format!("{name} 0027 0000000000000000 {folder}"));
    assert_eq!(record.lines().collect::<Vec<_>>(), expected);
}

// SP-18, OC-02, OC-10: whoever looks at a container that is being made waits for nobody.
#[test]
fn a_hook_of_create_may_look_at_the_container() {
    needs!(Root);
    let ct = Bundle::running(["sleep", "100"]);
    let program = ct.command(["state"]).get_program().to_str().unwrap().to_owned();
    let (root, seen) = (ct.root().display().to_string(), ct.folder.join("seen"));
    let script = format!(
        "({program} --root {root} state {}; {program} --root {root} list) > {} 2>&1",
        ct.id,
        seen.display()
    );
    ct.change(|c| c["hooks"]["createRuntime"] = json!([{ "path": "/bin/sh", "args": ["sh", "-c", script] }]));
    ct.create().ok();
    let seen = fs::read_to_string(seen).unwrap();
    assert_eq!(seen.matches("creating").count(), 2, "{seen}");
    ct.delete().ok();
}

// SP-18: a hook need not read its state, however long that is.
#[test]
fn a_hook_that_does_not_read_its_state_is_ended_by_its_timeout() {
    needs!(Root);
    let ct = Bundle::new();
    let script = format!("echo > {}/began; exec sleep 1000", ct.folder.display());
    let hook = json!({ "path": "/bin/sh", "args": ["sh", "-c", script], "timeout": 1 });
    ct.change(|c| {
        c["annotations"] = json!({ "long": "x".repeat(200_000) });
        c["hooks"]["createRuntime"] = json!([hook]);
    });
    ct.create().fails_with("timed out after 1 s");
    assert!(ct.folder.join("began").exists());
}

/// Creates, starts, waits for the end and deletes, as far as it goes; returns what each said that failed, by its verb.
fn whole_life(ct: &Bundle) -> Vec<(&'static str, String)> {
    let mut failures = Vec::new();
    let mut note = |verb, ran: integration_tests::Ran| {
        if ran.code != 0 {
            failures.push((verb, ran.stderr.clone()));
        }
        ran.code == 0
    };
    if note("create", ct.create()) {
        note("start", ct.start());
        ct.wait_for("stopped");
        let deleted = ct.delete();
        if deleted.stderr.contains("poststop") {
            note("delete", integration_tests::Ran { code: 1, ..deleted });
        }
    }
    failures
}

/// The verb in which a hook of this kind runs.
fn verb_of(kind: &str) -> &'static str {
    match kind {
        "startContainer" | "poststart" => "start",
        "poststop" => "delete",
        _ => "create",
    }
}

/// A bundle with a folder that hooks can write to, on the host and inside.
fn with_folder() -> (Bundle, std::path::PathBuf) {
    let ct = Bundle::new();
    let folder = ct.folder.join("hooks");
    fs::create_dir(&folder).unwrap();
    let place = folder.to_str().unwrap();
    ct.change(|c| integration_tests::add_mount(c, place, "bind", place, &["bind", "rw"]));
    (ct, folder)
}

// SP-18: arguments, the first of them too, and an environment that is the hook's alone, for every kind.
#[test]
fn every_kind_of_hook_has_its_arguments_and_its_environment() {
    needs!(Root);
    let (ct, folder) = with_folder();
    ct.change(|c| {
        c["process"]["env"].as_array_mut().unwrap().push(json!("PAYLOAD=yes"));
        for kind in ALL {
            let name = "$(tr '\\0' '\\n' < /proc/$$/cmdline | head -n 1)";
            let script = format!("echo {name} $0 $# $1 [$ONLY] [$PAYLOAD] > {}/{kind}", folder.display());
            let args = json!([format!("sh-{kind}"), "-c", script, kind, "two words", ""]);
            c["hooks"][kind] =
                json!([{ "path": "/bin/sh", "args": args, "env": ["ONLY=this", "PATH=/bin"] }]);
        }
    });
    // Inside it is busybox, which goes by the name that it is given.
    ct.change(|c| c["hooks"]["startContainer"][0]["args"][0] = json!("sh"));
    assert_eq!(whole_life(&ct), []);
    for kind in ALL {
        let said = fs::read_to_string(folder.join(kind)).unwrap();
        let name = match kind {
            // Its number is another one in the host's /proc, which is the one that it sees.
            "createContainer" => String::new(),
            "startContainer" => "sh ".to_owned(),
            _ => format!("sh-{kind} "),
        };
        assert_eq!(said, format!("{name}{kind} 2 two words [this] []\n"), "{kind}");
    }
}

// SP-18: hooks that run where the payload will have its environment when they have none of their own, as in runc.
#[test]
fn a_hook_in_the_container_without_an_environment_has_the_payloads() {
    needs!(Root);
    let (ct, folder) = with_folder();
    ct.change(|c| {
        c["process"]["env"].as_array_mut().unwrap().push(json!("PAYLOAD=yes"));
        for kind in ["createContainer", "startContainer"] {
            let script = format!("echo [$PAYLOAD] >> {}/{kind}", folder.display());
            let hook = json!({ "path": "/bin/sh", "args": ["sh", "-c", script] });
            let mut empty = hook.clone();
            empty["env"] = json!([]);
            c["hooks"][kind] = json!([hook, empty]);
        }
    });
    ct.run().ok();
    for kind in ["createContainer", "startContainer"] {
        assert_eq!(fs::read_to_string(folder.join(kind)).unwrap(), "[yes]\n[]\n", "{kind}");
    }
}

// SP-18: in the order of the list; after a failure none of the kind runs any more, but for poststop; and whatever
// failed, what comes to an end is deleted and poststop has the last word.
#[test]
fn the_failure_of_a_hook_leads_to_poststop_for_every_kind() {
    needs!(Root);
    for kind in ALL {
        let (ct, folder) = with_folder();
        ct.change(|c| {
            let log = |word: &str| json!(["sh", "-c", format!("echo {word} >> {}/order", folder.display())]);
            let hook = |word: &str| json!({ "path": "/bin/sh", "args": log(word) });
            c["hooks"]["poststop"] = json!([hook("last")]);
            c["hooks"][kind] = json!([hook("1"), { "path": "/bin/false" }, hook("3")]);
            if kind == "poststop" {
                c["hooks"][kind].as_array_mut().unwrap().push(hook("last"));
            }
        });
        let failures = whole_life(&ct);
        let verbs: Vec<&str> = failures.iter().map(|(verb, _)| *verb).collect();
        assert_eq!(verbs, [verb_of(kind)], "{kind}: {failures:?}");
        assert!(failures[0].1.contains(kind) && failures[0].1.contains("/bin/false"), "{kind}: {failures:?}");
        let expected = if kind == "poststop" { "1\n3\nlast\n" } else { "1\nlast\n" };
        assert_eq!(fs::read_to_string(folder.join("order")).unwrap(), expected, "{kind}");
        assert_eq!(ct.left_behind(), [""; 0], "{kind}");
    }
}

// SP-18, OC-05: the same in one go, in the foreground and detached: the program does not run, or is ended.
#[test]
fn a_run_with_a_failing_hook_leaves_nothing_and_runs_poststop() {
    needs!(Root);
    for kind in &ALL[..5] {
        for options in [&["run"][..], &["run", "--detach"], &["run", "--keep"]] {
            let (ct, folder) = with_folder();
            ct.change(|c| {
                c["process"]["args"] = json!(["sleep", "1000"]);
                let script = format!("echo x >> {}/poststop", folder.display());
                c["hooks"]["poststop"] = json!([{ "path": "/bin/sh", "args": ["sh", "-c", script] }]);
                c["hooks"][kind] = json!([{ "path": "/bin/false" }]);
            });
            let ran = ct.ctrun([options, &[ct.id.as_str()]].concat());
            ran.fails_with(kind);
            assert_eq!(fs::read_to_string(folder.join("poststop")).unwrap(), "x\n", "{kind} {options:?}");
            assert_eq!(ct.left_behind(), [""; 0], "{kind} {options:?}");
        }
    }
}

// SP-18: a hook that hangs is killed when its time is up, for every kind; one that is in time is not.
#[test]
fn every_kind_of_hook_has_a_timeout() {
    needs!(Root);
    for kind in ALL {
        let ct = Bundle::new().with(|c| {
            c["hooks"][kind] = json!([
                { "path": "/bin/true", "timeout": 1000 },
                { "path": "/bin/sleep", "args": ["sleep", "1000"], "timeout": 1 },
            ]);
        });
        let failures = whole_life(&ct);
        let verbs: Vec<&str> = failures.iter().map(|(verb, _)| *verb).collect();
        assert_eq!(verbs, [verb_of(kind)], "{kind}: {failures:?}");
        assert!(failures[0].1.contains("timed out"), "{kind}: {failures:?}");
        assert_eq!(ct.left_behind(), [""; 0], "{kind}");
    }
    for kind in ALL {
        for timeout in [json!(0), json!(-1), json!("1"), json!(1.5)] {
            let ct = Bundle::new()
                .with(|c| c["hooks"][kind] = json!([{ "path": "/bin/true", "timeout": timeout }]));
            ct.create().fails_with("timeout");
        }
    }
}

// SP-18: a hook is a program by its absolute path, and one that cannot be run is a failure like another.
#[test]
fn a_hook_that_cannot_run_is_a_failure() {
    needs!(Root);
    for kind in ALL {
        let ct = Bundle::new().with(|c| c["hooks"][kind] = json!([{ "path": "/no/such/hook" }]));
        let failures = whole_life(&ct);
        let verbs: Vec<&str> = failures.iter().map(|(verb, _)| *verb).collect();
        assert_eq!(verbs, [verb_of(kind)], "{kind}: {failures:?}");
        assert!(failures[0].1.contains("/no/such/hook"), "{kind}: {failures:?}");
        for path in ["true", "", "./true"] {
            let ct = Bundle::new().with(|c| c["hooks"][kind] = json!([{ "path": path }]));
            ct.create().fails_with(&format!("/hooks/{kind}/0/path"));
        }
    }
}

// SP-18: the number that a hook is told is that of the container's first process where the hook runs.
#[test]
fn hooks_are_told_the_first_process() {
    needs!(Root);
    let ct = Bundle::running(["sleep", "1000"]);
    with_all_hooks(&ct);
    ct.create().ok();
    let pid = ct.pid();
    ct.start().ok();
    ct.kill("KILL").ok();
    ct.wait_for("stopped");
    ct.delete().ok();
    for (name, expected) in [
        ("prestart", pid),
        ("createRuntime", pid),
        ("createContainer", 1),
        ("startContainer", 1),
        ("poststart", pid),
        ("poststop", 0),
    ] {
        let state = fs::read(ct.folder.join("hooks").join(format!("{name}.json"))).unwrap();
        let state: Value = serde_json::from_slice(&state).unwrap();
        assert_eq!(state["pid"], expected, "{name}");
    }
}
