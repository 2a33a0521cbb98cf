// SPDX-License-Identifier: Apache-2.0
//! What holds for every verb: global options, logs, version, usage, ids (OC-01, OC-02, OC-21).

use std::fs;

use integration_tests::{Bundle, needs};
use serde_json::Value;

// OC-02
#[test]
fn version_names_the_program_and_the_specification() {
    let text = Bundle::new().ctrun(["--version"]).ok().stdout;
    let mut lines = text.lines();
    let first: Vec<&str> = lines.next().unwrap().split(' ').collect();
    assert_eq!(first[..2], ["ctrun", "version"]);
    assert!(first[2].starts_with(|c: char| c.is_ascii_digit()));
    assert!(text.contains("\nspec: 1.3.0"), "{text}");
}

// OC-01
#[test]
fn errors_go_to_the_log_and_to_standard_error() {
    let mut ct = Bundle::new();
    ct.global = ["--log", "log.json", "--log-format", "json"].map(ToOwned::to_owned).to_vec();
    ct.ctrun(["state", "absent"]).fails_with("does not exist");
    let log = fs::read_to_string(ct.folder.join("log.json")).unwrap();
    let last: Value = serde_json::from_str(log.lines().last().unwrap()).unwrap();
    assert_eq!(last["level"], "error");
    assert!(last["msg"].as_str().unwrap().contains("does not exist"));
    assert!(last["time"].as_str().unwrap().contains('T'));
    ct.global = ["--log=log.text", "--log-format=text"].map(ToOwned::to_owned).to_vec();
    ct.ctrun(["state", "absent"]).fails();
    let log = fs::read_to_string(ct.folder.join("log.text")).unwrap();
    assert!(log.contains("level=error") && log.contains("msg=\""), "{log}");
    ct.global = ["--log-format", "xml"].map(ToOwned::to_owned).to_vec();
    ct.ctrun(["list"]).fails_with("xml");
}

// OC-01
#[test]
fn debug_logs_the_steps() {
    needs!(Root);
    let mut ct = Bundle::new();
    ct.global = ["--debug", "--log", "log"].map(ToOwned::to_owned).to_vec();
    ct.run().ok();
    assert!(fs::read_to_string(ct.folder.join("log")).unwrap().contains("level=debug"));
}

// OC-01: options that other runtimes have.
#[test]
fn options_of_other_runtimes_are_accepted() {
    let mut ct = Bundle::new();
    ct.global = ["--criu", "/usr/sbin/criu", "--rootless", "auto", "--cgroup-manager", "cgroupfs"]
        .map(ToOwned::to_owned)
        .to_vec();
    ct.ctrun(["list"]).ok();
}

// The systemd driver is a later part: refused by name.
#[test]
fn the_systemd_driver_is_refused_by_name() {
    needs!(Root);
    let mut ct = Bundle::new();
    ct.global = vec!["--systemd-cgroup".to_owned()];
    ct.run().fails_with("systemd");
}

// OC-21
#[test]
fn unknown_words_are_refused_with_usage() {
    let ct = Bundle::new();
    for words in [&["no-such-verb"][..], &["state", "--no-such-option", "x"], &["--no-such-option", "list"]] {
        let ran = ct.ctrun(words).fails();
        assert!(ran.stderr.to_lowercase().contains("usage"), "{ran:?}");
    }
    assert!(ct.ctrun(["--help"]).ok().stdout.contains("create"));
    ct.ctrun(["create", "--help"]).ok();
    assert!(ct.ctrun(["state"]).fails().stderr.contains("ctrun state"));
}

// OC-21
#[test]
fn options_stand_with_and_without_an_equals_sign() {
    needs!(Root);
    let ct = Bundle::new();
    ct.ctrun(["run", "--bundle=.", &ct.id]).ok();
    ct.ctrun(["run", "--bundle", ".", &ct.id]).ok();
    ct.ctrun(["run", "-b", ".", &ct.id]).ok();
    ct.ctrun(["run", &ct.id, "--bundle", "."]).ok();
    // go-runc writes long options with one dash.
    ct.ctrun(["run", "-no-subreaper", &ct.id]).ok();
}

// OC-21, SEC-19
#[test]
fn ids_that_are_paths_are_refused() {
    needs!(Root);
    let ct = Bundle::new();
    for id in ["", ".", "..", "../x", "a/b", ".hidden", "a b", "a\n", "\u{e4}"] {
        ct.ctrun(["create", id]).fails();
        ct.ctrun(["delete", id]).fails();
    }
    let long = "x".repeat(5000);
    ct.ctrun(["create", &long]).fails();
    assert!(ct.left_behind().is_empty(), "{:?}", ct.left_behind());
}

// OC-21: the characters that are allowed.
#[test]
fn ids_may_hold_every_allowed_character() {
    needs!(Root);
    let mut ct = Bundle::new();
    ct.id = format!("{}_A+b.c-1", ct.id);
    ct.run().ok();
}

// OC-01: what crun's callers give.
#[test]
fn options_of_crun_are_taken_or_refused_by_name() {
    needs!(Root);
    let mut ct = Bundle::new();
    ct.global = ["--log", "file:crun.log", "--log-level", "debug"].map(ToOwned::to_owned).to_vec();
    ct.run().ok();
    assert!(fs::read_to_string(ct.folder.join("crun.log")).unwrap().contains("level=debug"));
    ct.global = ["--log", "syslog:ident"].map(ToOwned::to_owned).to_vec();
    ct.ctrun(["list"]).fails_with("syslog");
    ct.global = ["--criu", "criu"].map(ToOwned::to_owned).to_vec();
    assert!(ct.ctrun(["list"]).ok().stderr.contains("--criu is ignored"));
    ct.global = ["--cgroup-manager", "disabled"].map(ToOwned::to_owned).to_vec();
    ct.change(|c| {
        c["process"]["args"] = serde_json::json!(["sleep", "1000"]);
        c["linux"]["resources"]["pids"] = serde_json::json!({ "limit": 5 });
    });
    ct.ctrun(["run", "--detach", &ct.id]).ok();
    assert_eq!(integration_tests::cgroup_folders(&ct.id), Vec::<std::path::PathBuf>::new());
    let own = fs::read_to_string("/proc/self/cgroup").unwrap();
    assert_eq!(fs::read_to_string(format!("/proc/{}/cgroup", ct.pid())).unwrap(), own);
    ct.ctrun(["exec", &ct.id, "true"]).ok();
    ct.delete_force().ok();
}

/// Every verb that help names.
fn verbs(ct: &Bundle) -> Vec<String> {
    let help = ct.ctrun(["--help"]).ok().stdout;
    let commands = help.split("Commands:").nth(1).unwrap().split("Global options:").next().unwrap();
    commands.lines().filter_map(|line| line.split_whitespace().next()).map(ToOwned::to_owned).collect()
}

// OC-21: no verb does anything when it does not know an option, lacks a value or has too many words: it says how it is
// meant, and fails.
#[test]
fn every_verb_refuses_what_it_does_not_know_with_its_usage() {
    let ct = Bundle::new();
    let verbs = verbs(&ct);
    assert!(verbs.len() > 12, "{verbs:?}");
    let mut with_values = 0;
    let refuses = |words: &[&str]| {
        let ran = ct.ctrun(words).fails();
        assert!(ran.stderr.contains(&format!("ctrun {}", words[0])), "{ran:?}");
        assert_eq!(ran.stdout, "", "{ran:?}");
    };
    for verb in &verbs {
        for option in ["--no-such-option", "-no-such-option", "-Z", "--no-such-option=x", "---"] {
            refuses(&[verb, option, &ct.id]);
        }
        let help = ct.ctrun([verb, "--help"]).ok().stdout;
        assert_eq!(ct.ctrun([verb, "-h"]).ok().stdout, help);
        let words: Vec<&str> = help.split_whitespace().collect();
        for pair in words.windows(2).filter(|pair| pair[0].starts_with("--")) {
            // What follows an option that takes a value is the value's name in capitals.
            let option = pair[0].trim_end_matches(',');
            let takes_value = pair[1].starts_with(|c: char| c.is_ascii_uppercase()) && pair[1].len() > 1;
            if takes_value && pair[1].chars().all(|c| !c.is_ascii_lowercase()) {
                refuses(&[verb, option]);
                with_values += 1;
            }
        }
        if !["exec", "ps", "start"].contains(&verb.as_str()) {
            refuses(&[verb, "one", "two", "three"]);
        }
    }
    assert!(with_values > 40, "{with_values} options with a value");
}

// OC-21: options of ctrun end at the program or at ps's own words; two dashes end them anywhere.
#[test]
fn options_end_where_the_payloads_begin() {
    needs!(Root);
    let ct = Bundle::running(["sleep", "1000"]);
    ct.ctrun(["run", "-detach", "--pid-file=pid", &ct.id]).ok();
    assert_eq!(ct.ctrun(["exec", &ct.id, "echo", "--user", "5", "-d"]).ok().stdout, "--user 5 -d\n");
    assert_eq!(ct.ctrun(["exec", "-user", "5", &ct.id, "id", "-u"]).ok().stdout, "5\n");
    assert_eq!(ct.ctrun(["exec", "--", &ct.id, "echo", "--", "x"]).ok().stdout, "-- x\n");
    assert!(ct.ctrun(["ps", &ct.id, "-o", "pid,args"]).ok().stdout.contains("sleep 1000"));
    assert_eq!(ct.ctrun(["state", "--", &ct.id]).ok().json()["id"], ct.id);
    ct.ctrun(["kill", &ct.id, "KILL", "--all"]).ok();
    ct.wait_for("stopped");
    ct.ctrun(["delete", "--force=false", "--", &ct.id]).ok();
    // A switch may be told no.
    ct.ctrun(["delete", "--force=false", &ct.id]).fails_with("does not exist");
    ct.ctrun(["delete", "--force=true", &ct.id]).ok();
    ct.ctrun(["delete", "--force=perhaps", &ct.id]).fails_with("--force");
}

// OC-21: of creates and deletes of one name that run at once, each does all of its work or none.
#[test]
fn creates_and_deletes_of_one_name_do_not_mix() {
    needs!(Root);
    let ct = Bundle::running(["sleep", "1000"]);
    let spawn = |args: &[&str]| {
        let mut command = ct.command(args);
        let null = std::process::Stdio::null;
        command.stdin(null()).stdout(null()).stderr(null()).spawn().unwrap()
    };
    for _ in 0..20 {
        let mut creates: Vec<_> = (0..2).map(|_| spawn(&["create", &ct.id])).collect();
        // One after the other for as long as there is a create, so that they come at every moment of it.
        while creates.iter_mut().any(|child| child.try_wait().unwrap().is_none()) {
            spawn(&["delete", "--force", &ct.id]).wait().unwrap();
        }
        // Whoever came last, the name is whole or free.
        let there = ct.ctrun(["state", &ct.id]);
        if there.code == 0 {
            assert_eq!(there.json()["status"], "created");
            ct.start().ok();
            assert_eq!(ct.status(), "running");
        }
        ct.delete_force().ok();
        assert_eq!(ct.left_behind(), [""; 0]);
    }
}
