// SPDX-License-Identifier: Apache-2.0
//! A container's state.json, which a full disk, a crash or an older version may have left: read from a real state
//! directory by the verbs that read it, and by what `exec` makes of it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use runtime::state::Root;
use runtime::{spec, verbs};
use std::path::Path;
use std::sync::LazyLock;

/// In memory: a file is written for each input.
static FOLDER: LazyLock<std::path::PathBuf> = LazyLock::new(|| {
    let folder = Path::new("/dev/shm").join(format!("ctrun-fuzz-{}", std::process::id()));
    std::fs::create_dir_all(folder.join("web")).expect("make the state directory");
    folder
});

fuzz_target!(|bytes: &[u8]| {
    std::fs::write(FOLDER.join("web/state.json"), bytes).expect("write the state");
    let root = Root::open(&FOLDER).expect("open the state directory");
    drop(verbs::state::json(&root, "web"));
    if let Ok(reports) = verbs::list::list(&root) {
        drop((verbs::list::table(&reports), verbs::list::json(&reports)));
    }
    let container = root.container("web").expect("the container is there");
    if let Ok((state, config)) = container.state_and_config() {
        drop(state.first_process());
        drop(serde_json::from_slice::<spec::ForExec<'_>>(&config).map(|spec| format!("{spec:?}")));
    }
});
