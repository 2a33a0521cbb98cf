// SPDX-License-Identifier: Apache-2.0
//! The shapes of JSON are those of `docs/guide/json.md`.

use integration_tests::{Systems, needs};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// The fields of each command of the page, with their types.
fn documented() -> BTreeMap<String, BTreeMap<String, String>> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/guide/json.md");
    let page = fs::read_to_string(page).expect("it is in the tree");
    let mut shapes: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    let mut command = String::new();
    for line in page.lines() {
        if let Some(heading) = line.strip_prefix("## ") {
            command = heading.to_owned();
        } else if let Some(row) = line.strip_prefix("| `") {
            let (field, rest) = row.split_once("` | ").expect("a row");
            let kind = rest.split(" | ").next().expect("a row").to_owned();
            shapes.entry(command.clone()).or_default().insert(field.to_owned(), kind);
        }
    }
    shapes
}

fn is(value: &Value, kind: &str) -> bool {
    match kind.split_once(" or ") {
        Some((one, other)) => is(value, one) || is(value, other),
        None => match kind {
            "any" => true,
            "number" => value.is_number(),
            "string" => value.is_string(),
            "array" => value.is_array(),
            "null" => value.is_null(),
            other => panic!("{other}: no type"),
        },
    }
}

// VZ-59
#[test]
fn every_shape_is_as_documented() {
    needs!(Root, Overlay, Memory);
    let systems = Systems::new();
    let web = systems.running("web");
    systems.run(&["create", "@old", "--template", "busybox", "memory=64M", "description=x"]).ok();
    systems.run(&["stop", "--kill", &systems.running("end")]).ok();
    let shapes = documented();
    let commands: [(&str, &[&str]); 8] = [
        ("ctctl list", &["list", "-j"]),
        ("ctctl status", &["status", "-j", "@*"]),
        ("ctctl info", &["info", "-j", "--all"]),
        ("ctctl stats", &["stats", "-j", "-i", "0.05"]),
        ("ctctl wait", &["wait", "-j", "@old", "@end"]),
        ("ctctl config diff", &["config", "diff", "-j", &web, "@old"]),
        ("ctctl doctor", &["doctor", "-j"]),
        ("ctctl events", &["events", "-j", "-n", "1"]),
    ];
    for (heading, args) in commands {
        let shape = &shapes[heading];
        let found = systems.run(args).ok().json();
        let objects = found.as_array().cloned().unwrap_or_else(|| vec![found]);
        assert!(!objects.is_empty(), "{heading}");
        for object in objects {
            for (field, kind) in shape {
                let value = object.get(field).unwrap_or_else(|| panic!("{heading}: no {field}: {object}"));
                assert!(is(value, kind), "{heading}: {field} is no {kind}: {object}");
            }
            let may_have_more = ["ctctl info", "ctctl events"].contains(&heading);
            let extra: Vec<&String> = object
                .as_object()
                .expect("an object")
                .keys()
                .filter(|key| !shape.contains_key(*key))
                .collect();
            assert!(may_have_more || extra.is_empty(), "{heading}: {extra:?} is not documented");
        }
    }
    assert_eq!(shapes.len(), commands.len(), "{:?}", shapes.keys());
    assert!(systems.run(&["status", "-j", &web]).ok().json().is_object());
    assert!(systems.run(&["info", "-j", &web]).ok().json().is_object());
}
