// SPDX-License-Identifier: Apache-2.0
//! `linux.seccomp`: the filter of system calls.

use super::items::Items;
use super::text::Text;
use serde::Deserialize;

/// `linux.seccomp`; actions, operators, architectures and flags are names that the compiler translates.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Seccomp<'a> {
    #[serde(borrow)]
    pub default_action: Text<'a>,
    pub default_errno_ret: Option<u32>,
    #[serde(borrow)]
    pub architectures: Items<Text<'a>>,
    /// An empty list is another thing than none.
    #[serde(borrow)]
    pub flags: Option<Items<Text<'a>>>,
    #[serde(borrow)]
    pub listener_path: Option<Text<'a>>,
    #[serde(borrow)]
    pub listener_metadata: Option<Text<'a>>,
    #[serde(borrow)]
    #[serde(deserialize_with = "super::items::objects")]
    pub syscalls: Items<Syscall<'a>>,
}

/// One rule.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Syscall<'a> {
    #[serde(borrow)]
    pub names: Items<Text<'a>>,
    #[serde(borrow)]
    pub action: Text<'a>,
    pub errno_ret: Option<u32>,
    #[serde(borrow)]
    #[serde(deserialize_with = "super::items::objects")]
    pub args: Items<Argument<'a>>,
}

/// One condition on an argument.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Argument<'a> {
    pub index: u32,
    pub value: u64,
    pub value_two: u64,
    #[serde(borrow)]
    pub op: Text<'a>,
}
