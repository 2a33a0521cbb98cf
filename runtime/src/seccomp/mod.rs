// SPDX-License-Identifier: Apache-2.0
//! The seccomp compiler.

pub mod notify;

use crate::error::{Error, Result};
use crate::plan::arena::Arena;
use crate::spec::seccomp::Seccomp;

/// The filter for the stage.
///
/// # Errors
/// Until the compiler is there: always.
pub fn plan<'a>(_arena: &'a Arena, _filter: &Seccomp<'_>) -> Result<stage::plan::Seccomp<'a>> {
    Err(Error::unsupported("/linux/seccomp: not supported yet"))
}
