// SPDX-License-Identifier: Apache-2.0

use crate::man::assert_same;
use integration_tests::Systems;

#[test]
fn completion_is_what_is_installed() {
    let systems = Systems::empty();
    for (shell, file) in [("bash", "bash/ctctl"), ("zsh", "zsh/_ctctl"), ("fish", "fish/ctctl.fish")] {
        let ran = systems.run(&["completion", shell]).ok();
        assert!(ran.stdout.contains("template"), "a verb is missing: {ran:#?}");
        assert_same(&format!("docs/completions/{file}"), &ran.stdout, &format!("ctctl completion {shell}"));
    }
}
