// SPDX-License-Identifier: Apache-2.0
//! `ctrun list` (OC-10).

use integration_tests::{Bundle, needs};

// OC-10
#[test]
fn list_prints_a_table_json_or_names() {
    needs!(Root);
    let ct = Bundle::running(["sleep", "1000"]);
    assert_eq!(ct.ctrun(["list", "--quiet"]).ok().stdout, "");
    ct.create().ok();
    assert_eq!(ct.ctrun(["list", "-q"]).ok().stdout, format!("{}\n", ct.id));
    let table = ct.ctrun(["list"]).ok().stdout;
    let mut lines = table.lines();
    let columns: Vec<&str> = lines.next().unwrap().split_whitespace().collect();
    assert_eq!(columns, ["ID", "PID", "STATUS", "BUNDLE", "CREATED", "OWNER"]);
    let row: Vec<&str> = lines.next().unwrap().split_whitespace().collect();
    assert_eq!((row[0], row[2]), (ct.id.as_str(), "created"));
    let json = ct.ctrun(["list", "--format", "json"]).ok().json();
    assert_eq!(json[0]["id"], ct.id);
    assert_eq!(json[0]["status"], "created");
    assert_eq!(json[0]["pid"], ct.pid());
    ct.ctrun(["list", "--format", "yaml"]).fails();
    ct.delete_force().ok();
}

// OC-10: a list beside creates and deletes never fails.
#[test]
fn list_does_not_mind_deletes_beside_it() {
    needs!(Root);
    let ct = Bundle::new();
    std::thread::scope(|scope| {
        let churn = scope.spawn(|| (0..20).for_each(|_| drop(ct.run().ok())));
        while !churn.is_finished() {
            ct.ctrun(["list"]).ok();
            ct.ctrun(["list", "--format", "json"]).ok().json();
        }
    });
}
