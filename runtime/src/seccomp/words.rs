// SPDX-License-Identifier: Apache-2.0
//! The words of `linux.seccomp` and what they mean to the kernel.

use crate::error::{Error, Result};

/// `SECCOMP_RET_*` of the actions, without their data.
pub(super) const KILL_PROCESS: u32 = 0x8000_0000;
pub(super) const KILL_THREAD: u32 = 0;
pub(super) const TRAP: u32 = 0x0003_0000;
pub(super) const ERRNO: u32 = 0x0005_0000;
pub(super) const NOTIFY: u32 = 0x7fc0_0000;
pub(super) const TRACE: u32 = 0x7ff0_0000;
pub(super) const LOG: u32 = 0x7ffc_0000;
pub(super) const ALLOW: u32 = 0x7fff_0000;

/// Masks an action's data away.
pub(super) const ACTION: u32 = 0xffff_0000;

const EPERM: u32 = 1;
pub(super) const ENOSYS: u32 = 38;

/// What may be in `action` and `defaultAction`.
pub const ACTIONS: &[&str] = &[
    "SCMP_ACT_ALLOW",
    "SCMP_ACT_ERRNO",
    "SCMP_ACT_KILL",
    "SCMP_ACT_KILL_PROCESS",
    "SCMP_ACT_KILL_THREAD",
    "SCMP_ACT_LOG",
    "SCMP_ACT_NOTIFY",
    "SCMP_ACT_TRACE",
    "SCMP_ACT_TRAP",
];

/// What may be in `op`.
pub const OPERATORS: &[&str] = &[
    "SCMP_CMP_EQ",
    "SCMP_CMP_GE",
    "SCMP_CMP_GT",
    "SCMP_CMP_LE",
    "SCMP_CMP_LT",
    "SCMP_CMP_MASKED_EQ",
    "SCMP_CMP_NE",
];

/// What may be in `architectures`. Rules are made for those whose calls this machine's kernel can be asked: for
/// the others they would be code that never runs.
pub const ARCHITECTURES: &[&str] = &[
    "SCMP_ARCH_AARCH64",
    "SCMP_ARCH_ARM",
    "SCMP_ARCH_LOONGARCH64",
    "SCMP_ARCH_M68K",
    "SCMP_ARCH_MIPS",
    "SCMP_ARCH_MIPS64",
    "SCMP_ARCH_MIPS64N32",
    "SCMP_ARCH_MIPSEL",
    "SCMP_ARCH_MIPSEL64",
    "SCMP_ARCH_MIPSEL64N32",
    "SCMP_ARCH_PARISC",
    "SCMP_ARCH_PARISC64",
    "SCMP_ARCH_PPC",
    "SCMP_ARCH_PPC64",
    "SCMP_ARCH_PPC64LE",
    "SCMP_ARCH_RISCV64",
    "SCMP_ARCH_S390",
    "SCMP_ARCH_S390X",
    "SCMP_ARCH_SH",
    "SCMP_ARCH_SHEB",
    "SCMP_ARCH_X32",
    "SCMP_ARCH_X86",
    "SCMP_ARCH_X86_64",
];

/// What may be in `flags`.
pub const FLAGS: &[&str] = &[
    "SECCOMP_FILTER_FLAG_LOG",
    "SECCOMP_FILTER_FLAG_SPEC_ALLOW",
    "SECCOMP_FILTER_FLAG_TSYNC",
    "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV",
];

pub(super) const FLAG_LOG: u32 = 1 << 1;
pub(super) const FLAG_SPEC_ALLOW: u32 = 1 << 2;
pub(super) const FLAG_NEW_LISTENER: u32 = 1 << 3;
pub(super) const FLAG_WAIT_KILLABLE_RECV: u32 = 1 << 5;

/// How an argument is compared; a mask makes any `Equal` a masked one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    NotEqual,
    Less,
    LessEqual,
    Equal,
    GreaterEqual,
    Greater,
    MaskedEqual,
}

/// The kernel's bits for an action and the number that goes with it. `pointer` leads to the object that holds both.
///
/// # Errors
/// For an unknown action, and for a number with an action that takes none.
pub(super) fn action(name: &str, errno: Option<u32>, pointer: Pointer<'_>) -> Result<u32> {
    let bits = match name {
        "SCMP_ACT_ALLOW" => ALLOW,
        "SCMP_ACT_ERRNO" => ERRNO,
        "SCMP_ACT_KILL" | "SCMP_ACT_KILL_THREAD" => KILL_THREAD,
        "SCMP_ACT_KILL_PROCESS" => KILL_PROCESS,
        "SCMP_ACT_LOG" => LOG,
        "SCMP_ACT_NOTIFY" => NOTIFY,
        "SCMP_ACT_TRACE" => TRACE,
        "SCMP_ACT_TRAP" => TRAP,
        _ => return Err(pointer.error("action", format_args!("{name:?} is not a seccomp action"))),
    };
    match errno {
        None if bits == ERRNO || bits == TRACE => Ok(bits | EPERM),
        None => Ok(bits),
        // The spec wants an error here, though others ignore the number.
        Some(_) if bits != ERRNO && bits != TRACE => {
            Err(pointer.error("errnoRet", format_args!("{name} takes no errno")))
        }
        Some(number) if number > 0xffff => {
            Err(pointer.error("errnoRet", format_args!("{number} is more than 65535")))
        }
        Some(number) => Ok(bits | number),
    }
}

pub(super) fn operator(name: &str) -> Option<Operator> {
    Some(match name {
        "SCMP_CMP_NE" => Operator::NotEqual,
        "SCMP_CMP_LT" => Operator::Less,
        "SCMP_CMP_LE" => Operator::LessEqual,
        "SCMP_CMP_EQ" => Operator::Equal,
        "SCMP_CMP_GE" => Operator::GreaterEqual,
        "SCMP_CMP_GT" => Operator::Greater,
        "SCMP_CMP_MASKED_EQ" => Operator::MaskedEqual,
        _ => return None,
    })
}

/// A place in config.json, written out only when something is wrong there.
#[derive(Debug, Clone, Copy)]
pub(super) enum Pointer<'a> {
    /// `defaultAction` and `defaultErrnoRet`.
    Default,
    /// So many items into a list of `linux.seccomp`.
    Item(&'a str, usize),
}

impl Pointer<'_> {
    /// What is wrong with this field there.
    pub(super) fn error(self, field: &str, why: std::fmt::Arguments<'_>) -> Error {
        let mut place = String::from("/linux/seccomp/");
        match (self, field) {
            (Pointer::Default, "action") => place.push_str("defaultAction"),
            (Pointer::Default, "errnoRet") => place.push_str("defaultErrnoRet"),
            (Pointer::Default, _) => place.push_str(field),
            (Pointer::Item(list, item), "") => place.push_str(&format!("{list}/{item}")),
            (Pointer::Item(list, item), _) => place.push_str(&format!("{list}/{item}/{field}")),
        }
        Error::invalid(format!("{place}: {why}"))
    }
}
