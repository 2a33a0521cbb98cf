// SPDX-License-Identifier: Apache-2.0

use integration_tests::Systems;
use std::fs;
use std::path::Path;

/// A page that is kept in the tree is the one that the program writes.
pub(crate) fn assert_same(file: &str, written: &str, command: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(file);
    let kept = fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == written, "{file} is old: write it anew with {command} > {file}");
}

#[test]
fn the_manual_is_what_is_installed() {
    let systems = Systems::empty();
    let ran = systems.run(&["man"]).ok();
    assert_same("docs/manual/ctctl.1", &ran.stdout, "ctctl man");
}

#[test]
fn the_manual_names_every_command_and_key() {
    let systems = Systems::empty();
    let page = systems.run(&["man"]).ok().stdout;
    let help = systems.run(&["--help"]).ok().stdout;
    let commands =
        help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    for command in commands.filter_map(|line| line.split_whitespace().next()).filter(|word| *word != "help") {
        assert!(
            page.contains(&format!("CTCTL {}", command.to_uppercase())),
            "{command} is not in the manual"
        );
    }
    for key in ["memory", "cpulimit", "pids", "hostname"] {
        assert!(page.contains(&format!("\\fB{key}\\fR=")), "{key} is not in the manual");
    }
}
