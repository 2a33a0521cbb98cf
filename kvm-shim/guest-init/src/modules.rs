// SPDX-License-Identifier: Apache-2.0
//! Modules for a kernel that is not ours: the initramfs has them in the order of their names.

use std::fs::{self, File};

use runtime_sys::Errno;
use runtime_sys::rustix::system::finit_module;

use crate::{Result, Step};

const FOLDER: &str = "/modules";

pub(crate) fn load() -> Result<()> {
    let Ok(entries) = fs::read_dir(FOLDER) else { return Ok(()) };
    let mut paths: Vec<_> = entries.flatten().map(|e| e.path()).collect();
    paths.sort();
    for path in paths {
        let module = File::open(&path).step("open a module")?;
        match finit_module(&module, c"", 0) {
            Ok(()) | Err(Errno::EXIST) => {}
            Err(errno) => return Err(errno).step(&format!("load {}", path.display())),
        }
    }
    fs::remove_dir_all(FOLDER).step("free the modules' memory")
}
