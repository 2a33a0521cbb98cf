// SPDX-License-Identifier: Apache-2.0

use integration_tests::{Systems, needs};
use std::fs;

#[test]
fn list_shows_every_system_with_its_state() {
    needs!(Root);
    let systems = Systems::new();
    let name = systems.running("web");
    systems.run(&["create", "@old", "--template", "busybox"]).ok();
    let listed = systems.run(&["list", "--json"]).ok().json();
    let rows: Vec<_> =
        listed.as_array().expect("a list").iter().map(|s| (&s["name"], &s["status"])).collect();
    assert_eq!(
        rows,
        [(&systems.name("old").into(), &"stopped".into()), (&name.clone().into(), &"running".into())]
    );
    let table = systems.run(&["list"]).ok().stdout;
    assert!(table.starts_with("CTID") && table.contains(&name), "{table}");
    let running = systems.run(&["list", "--running", "--json"]).ok().json();
    assert_eq!(running.as_array().map(Vec::len), Some(1));
}

#[test]
fn a_broken_file_hides_no_other_system() {
    needs!(Root);
    let systems = Systems::new();
    for name in ["@a", "@b"] {
        systems.run(&["create", name, "--template", "busybox"]).ok();
    }
    let file = systems.folder.join(format!("etc/systems/{}.toml", systems.name("a")));
    let whole = fs::read_to_string(&file).expect("create wrote it");
    fs::write(&file, "memory = [").expect("it is ours");
    let listed = systems.run(&["list", "--json"]).ok().json();
    assert_eq!(listed.as_array().map(Vec::len), Some(2));
    assert!(listed[0]["error"].as_str().is_some_and(|text| text.contains(".toml")), "{listed}");
    fs::write(&file, whole).expect("it is ours");
}

#[test]
fn filters_choose_and_options_shape() {
    needs!(Root, Overlay, Freezer);
    let systems = Systems::new();
    for (name, key) in [("@web-1", "memory=64M"), ("@web-2", "memory=200M"), ("@db", "description=the shop")]
    {
        systems.run(&["create", name, "--template", "busybox", key]).ok();
    }
    systems.run(&["set", "@db", "hostname=data.example"]).ok();
    systems.run(&["start", "@web-1", "@db"]).ok();
    systems.run(&["pause", "@web-1"]).ok();
    let names = |args: &[&str]| {
        let ran = systems.run(&[&["list", "-1"], args].concat()).ok();
        ran.stdout.replace(&systems.prefix, "").lines().map(str::to_owned).collect::<Vec<_>>().join(" ")
    };
    for (args, expected) in [
        (vec![], "db web-1 web-2"),
        (vec!["-a"], "db web-1 web-2"),
        (vec!["--running"], "db web-1"),
        (vec!["--active"], "db web-1"),
        (vec!["-S"], "web-2"),
        (vec!["--stopped", "--frozen"], "web-1 web-2"),
        (vec!["-N", "@web*"], "web-1 web-2"),
        (vec!["--filter", "eb-[2-9]$"], "web-2"),
        (vec!["-h", "*.example"], "db"),
        (vec!["-d", "shop"], "db"),
        (vec!["-i", "10."], ""),
        (vec!["@web*", "@db"], "web-1 web-2 db"),
        (vec!["-s", "-memory"], "web-2 web-1 db"),
        (vec!["-s", "memory", "-f"], "db web-1 web-2"),
    ] {
        assert_eq!(names(&args), expected, "{args:?}");
    }
    let cells = systems.run(&["list", "-H", "-t", "-o", "veid,memory,hostname", "-s", "ctid"]).ok().stdout;
    let lines: Vec<Vec<&str>> = cells.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(lines[0][..2], ["101", "64M"]);
    assert_eq!(lines[2], ["103", "-", "data.example"]);
    let heading = systems.run(&["list", "-o", "name,uptime,numproc,memory.current"]).ok().stdout;
    assert!(heading.starts_with("NAME"), "{heading}");
    systems.run(&["list", "-o", "statsu"]).exits(7).fails_with("did you mean status?");
    systems.run(&["list", "--filter", "a("]).exits(7).fails_with("no regular expression");
    assert!(systems.run(&["list", "-L"]).ok().stdout.contains("numproc"));
    systems.run(&["list", "--help"]).ok();
}

#[test]
fn the_types_of_fields_do_not_change() {
    needs!(Root, Overlay);
    let systems = Systems::new();
    systems.running("web");
    systems.run(&["create", "@old", "--template", "busybox"]).ok();
    let fields = systems.run(&["list", "-L", "-j"]).ok().json();
    let names: Vec<&str> =
        fields.as_array().expect("a list").iter().filter_map(|field| field["name"].as_str()).collect();
    let listed = systems.run(&["list", "-j", "-o", &names.join(",")]).ok().json();
    for field in names {
        let kind = |system: usize| match &listed[system][field] {
            serde_json::Value::Null => None,
            other => Some(std::mem::discriminant(other)),
        };
        let (old, web) = (kind(0), kind(1));
        assert!(old.is_none() || web.is_none() || old == web, "{field}: {listed}");
        assert!(listed[1].as_object().is_some_and(|object| object.contains_key(field)), "{field}");
    }
    assert!(listed[1]["uptime"].is_u64() && listed[1]["private"].is_string(), "{listed}");
}
