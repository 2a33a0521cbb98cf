// SPDX-License-Identifier: Apache-2.0
//! The few functions of libseccomp that runc uses.

use std::ffi::{CStr, CString, c_char, c_int, c_uint, c_void};
use std::io::Read;
use std::os::fd::AsRawFd;

#[link(name = "seccomp")]
unsafe extern "C" {
    fn seccomp_init(default: u32) -> *mut c_void;
    fn seccomp_release(filter: *mut c_void);
    fn seccomp_arch_resolve_name(name: *const c_char) -> u32;
    fn seccomp_arch_add(filter: *mut c_void, arch: u32) -> c_int;
    fn seccomp_syscall_resolve_name(name: *const c_char) -> c_int;
    fn seccomp_syscall_resolve_name_arch(arch: u32, name: *const c_char) -> c_int;
    fn seccomp_syscall_resolve_num_arch(arch: u32, number: c_int) -> *mut c_char;
    fn free(memory: *mut c_void);
    fn seccomp_attr_set(filter: *mut c_void, attribute: c_int, value: u32) -> c_int;
    fn seccomp_rule_add_array(
        filter: *mut c_void,
        action: u32,
        number: c_int,
        count: c_uint,
        conditions: *const Condition,
    ) -> c_int;
    fn seccomp_export_bpf(filter: *const c_void, fd: c_int) -> c_int;
}

/// `SCMP_FLTATR_CTL_OPTIMIZE`.
const OPTIMIZE: c_int = 8;

/// `struct scmp_arg_cmp`.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct Condition {
    pub argument: c_uint,
    /// `SCMP_CMP_NE` is 1, and then LT, LE, EQ, GE, GT, MASKED_EQ.
    pub operator: c_int,
    pub value: u64,
    pub value_two: u64,
}

/// A filter that is being built.
#[derive(Debug)]
pub struct Filter(*mut c_void);

fn c_string(text: &str) -> CString {
    CString::new(text).expect("no NUL in it")
}

/// libseccomp's token for `x86_64`, `x86`, `x32`.
pub fn architecture(name: &str) -> u32 {
    let name = c_string(name);
    // SAFETY: the function reads the string, which ends with a NUL.
    unsafe { seccomp_arch_resolve_name(name.as_ptr()) }
}

/// The native number of a call, or its pseudo number below -1; `None` for a name that no architecture has.
pub fn number(name: &str) -> Option<c_int> {
    let name = c_string(name);
    // SAFETY: the function reads the string, which ends with a NUL.
    let number = unsafe { seccomp_syscall_resolve_name(name.as_ptr()) };
    (number != -1).then_some(number)
}

/// The same for an architecture; x32's numbers have their bit.
pub fn number_on(arch: u32, name: &str) -> Option<c_int> {
    let name = c_string(name);
    // SAFETY: the function reads the string, which ends with a NUL.
    let number = unsafe { seccomp_syscall_resolve_name_arch(arch, name.as_ptr()) };
    (number != -1).then_some(number)
}

/// The name of a number, pseudo numbers below -1 among them.
pub fn name_on(arch: u32, number: c_int) -> Option<String> {
    // SAFETY: the function only looks at its numbers.
    let name = unsafe { seccomp_syscall_resolve_num_arch(arch, number) };
    if name.is_null() {
        return None;
    }
    // SAFETY: what is not null is a string that ends with a NUL.
    let text = unsafe { CStr::from_ptr(name) }.to_str().expect("names are ASCII").to_owned();
    // SAFETY: the function leaves the string to its caller, and it is used no more.
    unsafe { free(name.cast()) };
    Some(text)
}

impl Filter {
    pub fn new(default: u32) -> Self {
        // SAFETY: the function only looks at its number.
        let filter = unsafe { seccomp_init(default) };
        assert!(!filter.is_null(), "seccomp_init({default:#x})");
        Self(filter)
    }

    /// Adds an architecture; the native one is there.
    pub fn add_architecture(&mut self, arch: u32) {
        const EEXIST: c_int = 17;
        // SAFETY: `self.0` comes from seccomp_init and is released on drop alone.
        let result = unsafe { seccomp_arch_add(self.0, arch) };
        assert!(result == 0 || result == -EEXIST, "seccomp_arch_add({arch:#x}): {result}");
    }

    /// Wants a binary tree.
    pub fn optimize(&mut self) {
        // SAFETY: `self.0` comes from seccomp_init and is released on drop alone.
        unsafe { seccomp_attr_set(self.0, OPTIMIZE, 2) };
    }

    /// Whether it took the rule.
    pub fn add(&mut self, action: u32, number: c_int, conditions: &[Condition]) -> bool {
        let count = c_uint::try_from(conditions.len()).expect("at most six");
        // SAFETY: `self.0` comes from seccomp_init; the array holds `count` conditions and is copied.
        unsafe { seccomp_rule_add_array(self.0, action, number, count, conditions.as_ptr()) == 0 }
    }

    pub fn program(&self) -> Vec<u8> {
        let (mut reader, writer) = std::io::pipe().expect("a pipe");
        let collect = std::thread::spawn(move || {
            let mut program = Vec::new();
            reader.read_to_end(&mut program).expect("the pipe is read");
            program
        });
        // SAFETY: `self.0` comes from seccomp_init, and the descriptor is open.
        let result = unsafe { seccomp_export_bpf(self.0, writer.as_raw_fd()) };
        assert_eq!(result, 0, "seccomp_export_bpf");
        drop(writer);
        collect.join().expect("the reader ends with the pipe")
    }
}

impl Drop for Filter {
    fn drop(&mut self) {
        // SAFETY: `self.0` comes from seccomp_init, and nobody has it after this.
        unsafe { seccomp_release(self.0) };
    }
}
