// SPDX-License-Identifier: Apache-2.0
//! The commands that README.md and the pages of docs/ show, run as a reader would type them.
//!
//! A block that begins with ```` ```sh run ```` is run by `sh -e` in an empty folder with the programs in PATH; one
//! that begins with ```` ```sh ```` alone needs what no test has, such as another engine or a place in /usr.

use integration_tests::{Systems, dist, needs, run};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

fn documents() -> Vec<PathBuf> {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let folders = ["docs", "docs/guide"].map(|folder| top.join(folder));
    let pages =
        folders.iter().flat_map(|folder| fs::read_dir(folder).unwrap().flatten().map(|entry| entry.path()));
    let mut all: Vec<PathBuf> = pages.filter(|path| path.extension().is_some_and(|e| e == "md")).collect();
    all.push(top.join("README.md"));
    all
}

/// The blocks of a page that are to be run, with their lines in it.
fn blocks(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut lines = text.lines().enumerate();
    while let Some((number, line)) = lines.next() {
        if line == "```sh run" {
            let body: Vec<&str> = lines.by_ref().map(|(_, l)| l).take_while(|l| *l != "```").collect();
            found.push((number + 1, body.join("\n")));
        }
    }
    found
}

/// ctrun with a state folder of the test's own.
fn own_ctrun(systems: &Systems) {
    let bin = systems.folder.join("bin");
    fs::create_dir_all(&bin).unwrap();
    let script = format!(
        "#!/bin/sh\nexec {} --root {} \"$@\"\n",
        dist().join("bin/ctrun").display(),
        systems.folder.join("ctrun").display()
    );
    fs::write(bin.join("ctrun"), script).unwrap();
    fs::set_permissions(bin.join("ctrun"), fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn commands_in_the_documents_work() {
    needs!(Root);
    let mut count = 0;
    for page in documents() {
        let systems = Systems::empty();
        own_ctrun(&systems);
        let place = systems.folder.join("reader");
        fs::create_dir(&place).unwrap();
        for (line, block) in blocks(&fs::read_to_string(&page).unwrap()) {
            let mut shell = Command::new("sh");
            let path = std::env::var("PATH").unwrap();
            let programs = [systems.folder.join("bin"), dist().join("bin")].map(|p| p.display().to_string());
            shell.args(["-ec", &block]).current_dir(&place);
            shell.env("PATH", format!("{}:{}:{path}", programs[0], programs[1]));
            for (variable, value) in systems.command(&[]).get_envs() {
                shell.env(variable, value.unwrap());
            }
            let ran = run(&mut shell, &systems.folder);
            assert_eq!(ran.code, 0, "{}:{line}: {ran:#?}", page.display());
            count += 1;
        }
    }
    assert!(count >= 3, "only {count} blocks were found");
}
