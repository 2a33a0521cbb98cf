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
            json!([{ "path": "/bin/false" }, { "path": "/bin/sh", "args": ["sh", "-c", "touch after"] }]);
    });
    ct.create().ok();
    ct.start().ok();
    ct.wait_for("stopped");
    assert!(ct.delete().ok().stderr.contains("poststop"));
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
    let hook = |env: &[&str]| {
        let ct = Bundle::new().with(|c| {
            let hook =
                json!({ "path": "/bin/sh", "args": ["sh", "-c", "test \"$FROM\" = here"], "env": env });
            c["hooks"]["createRuntime"] = json!([hook]);
        });
        ct.finish(ct.command(["run", &ct.id]).env("FROM", "here")).code
    };
    assert_eq!(hook(&[]), 0);
    assert_ne!(hook(&["A=1"]), 0);
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
