// SPDX-License-Identifier: Apache-2.0
//! `create`: a container whose payload waits for `start`.

use crate::error::Result;
use crate::sandbox::create::{CreateOptions, Created, Start};
use crate::state::Root;

/// Makes a container.
///
/// # Errors
/// See [`crate::sandbox::create::create`]; nothing remains of it.
pub fn create(root: &Root, options: &CreateOptions) -> Result<Created> {
    crate::sandbox::create::create(root, options, Start::Later)
}
