// SPDX-License-Identifier: Apache-2.0
//! `docs/manual/ctrun.1` against what the program says of itself.

use integration_tests::Bundle;
use std::fs;
use std::path::Path;

/// The options in a help text, with their dashes.
fn options(help: &str) -> Vec<String> {
    let words = help.split_whitespace();
    words.filter(|word| word.starts_with("--") && word.len() > 2).map(str::to_owned).collect()
}

#[test]
fn the_manual_names_every_verb_and_option() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/manual/ctrun.1");
    let page = fs::read_to_string(page).unwrap().replace("\\-", "-");
    let bundle = Bundle::new();
    let overview = bundle.ctrun(["--help"]).ok().stdout;
    let (commands, global) = overview.split_once("Global options:").unwrap();
    let (start, verbs) = page.split_once(".SH COMMANDS").unwrap();
    for option in options(global) {
        assert!(start.contains(&option), "{option} is not among the global options of ctrun.1");
    }
    let names = commands.lines().skip_while(|line| *line != "Commands:").skip(1);
    for verb in names.filter_map(|line| line.split_whitespace().next()) {
        let heading = format!(".SS \"ctrun {verb} ");
        let heading_alone = format!(".SS \"ctrun {verb}");
        let section = verbs.split_once(&heading).or_else(|| verbs.split_once(&heading_alone));
        let (_, section) = section.unwrap_or_else(|| panic!("ctrun.1 has no section for {verb}"));
        let section = section.split("\n.SS ").next().unwrap();
        for option in options(&bundle.ctrun([verb, "--help"]).ok().stdout) {
            assert!(section.contains(&option), "ctrun.1, {verb}: {option} is missing");
        }
    }
}
