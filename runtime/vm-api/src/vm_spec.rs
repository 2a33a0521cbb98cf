// SPDX-License-Identifier: Apache-2.0
//! What the shim needs to build one VM, as whoever starts it has decided.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// One VM. Keys that the shim does not know are refused: whoever starts it is of its own version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct VmSpec {
    /// An ELF image (vmlinux) or a bzImage.
    pub kernel: PathBuf,
    /// After the shim's own words on the kernel's command line.
    #[serde(default)]
    pub command_line: String,
    /// A user's initramfs, uncompressed; guest-init is laid over it.
    #[serde(default)]
    pub initramfs: Option<PathBuf>,
    /// The program that becomes the guest's first process.
    pub guest_init: PathBuf,
    /// More files for the initramfs.
    #[serde(default)]
    pub files: Vec<FileSpec>,
    /// Modules that guest-init loads before anything else, in this order; for a kernel that is not ours.
    #[serde(default)]
    pub modules: Vec<PathBuf>,
    /// Guest memory.
    pub memory_mib: u32,
    /// How many processors.
    pub processors: u8,
    /// Where programs of the host connect to ports of the guest: a path that is free, in a folder of this VM alone.
    pub socket: PathBuf,
    /// Where the kernel's console goes; nowhere if it is missing.
    #[serde(default)]
    pub console: Option<PathBuf>,
    /// Where counts of exits go at the end, as JSON.
    #[serde(default)]
    pub report: Option<PathBuf>,
    /// What runs in the guest.
    pub process: ProcessSpec,
}

/// A file of the host, and where it lies in the initramfs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileSpec {
    /// On the host.
    pub from: PathBuf,
    /// In the guest, without a slash at its beginning.
    pub to: String,
}

/// A process of the guest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProcessSpec {
    /// The program and its arguments.
    pub args: Vec<String>,
    /// `NAME=value`.
    #[serde(default)]
    pub env: Vec<String>,
    /// Where it begins.
    #[serde(default = "root")]
    pub cwd: String,
}

fn root() -> String {
    "/".into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_nobody_knows_is_refused() {
        let good = r#"{"kernel":"/k","guestInit":"/i","memoryMib":64,"processors":1,"socket":"/s","process":{"args":["x"]}"#;
        let spec: VmSpec = serde_json::from_str(&format!("{good}}}")).unwrap();
        assert_eq!((spec.process.cwd.as_str(), spec.console), ("/", None));
        let error = serde_json::from_str::<VmSpec>(&format!("{good},\"memory\":1}}")).unwrap_err();
        assert!(error.to_string().contains("unknown field `memory`"), "{error}");
    }
}
