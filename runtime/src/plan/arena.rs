// SPDX-License-Identifier: Apache-2.0
//! Memory of one plan: strings with their NUL and the slices that the wire format borrows.

use crate::error::{Error, Result};
use bumpalo::Bump;
use stage::wire::{List, Wire};
use std::ffi::CStr;

/// What the plan's parts live in; all of it is freed at once.
#[derive(Debug, Default)]
pub struct Arena(Bump);

impl Arena {
    /// The string with a NUL behind it.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Invalid`] when it holds one.
    pub fn c_str(&self, text: &str) -> Result<&CStr> {
        self.c_bytes(text.as_bytes())
    }

    /// The same for bytes, as paths are.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Invalid`] when they hold a NUL.
    pub fn c_bytes(&self, text: &[u8]) -> Result<&CStr> {
        let copy = self.0.alloc_slice_fill_copy(text.len() + 1, 0);
        copy[..text.len()].copy_from_slice(text);
        CStr::from_bytes_with_nul(copy)
            .map_err(|_| Error::invalid(format!("{:?} holds a NUL", String::from_utf8_lossy(text))))
    }

    /// A copy of these bytes.
    pub fn bytes(&self, bytes: &[u8]) -> &[u8] {
        self.0.alloc_slice_copy(bytes)
    }

    /// A list of these values.
    pub fn list<'a, T: Wire<'a> + Copy>(&'a self, items: &[T]) -> List<'a, T> {
        List::Items(self.0.alloc_slice_copy(items))
    }

    /// A list of these strings.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Invalid`] when one holds a NUL.
    pub fn strings<'a, S: AsRef<str>>(&'a self, items: &[S]) -> Result<List<'a, &'a CStr>> {
        let strings: Vec<&CStr> =
            items.iter().map(|item| self.c_str(item.as_ref())).collect::<Result<_>>()?;
        Ok(self.list(&strings))
    }
}
