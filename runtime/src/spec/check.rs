// SPDX-License-Identifier: Apache-2.0
//! Everything that a configuration gets wrong, at once.
use super::Spec;
use crate::error::Result;

/// # Errors
/// All problems.
pub fn check(_spec: &Spec<'_>) -> Result<()> {
    Ok(())
}

/// # Errors
/// All problems.
pub fn check_process(_process: &super::Process<'_>) -> Result<()> {
    Ok(())
}
