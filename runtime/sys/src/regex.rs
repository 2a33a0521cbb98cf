// SPDX-License-Identifier: Apache-2.0
//! Extended regular expressions, regex(7), as libc has them.

use crate::{Errno, Result, SysError};
use core::ffi::CStr;
use core::mem::MaybeUninit;

/// A compiled expression.
pub struct Regex(libc::regex_t);

impl core::fmt::Debug for Regex {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Regex")
    }
}

impl Regex {
    /// Compiles an extended regular expression.
    ///
    /// # Errors
    /// EINVAL for a text that is none.
    pub fn new(pattern: &CStr) -> Result<Regex> {
        let mut compiled = MaybeUninit::<libc::regex_t>::zeroed();
        let flags = libc::REG_EXTENDED | libc::REG_NOSUB;
        // SAFETY: regcomp(3) writes to `compiled`, which has the size of its type, and reads `pattern` up to its NUL.
        let code = unsafe { libc::regcomp(compiled.as_mut_ptr(), pattern.as_ptr(), flags) };
        if code != 0 {
            return Err(SysError::with("regcomp", Errno::INVAL, format_args!("{pattern:?}")));
        }
        // SAFETY: regcomp(3) has succeeded, and so has filled it.
        Ok(Regex(unsafe { compiled.assume_init() }))
    }

    /// Whether some part of the text matches.
    #[must_use]
    pub fn matches(&self, text: &CStr) -> bool {
        // SAFETY: `self` was filled by regcomp(3) and is not freed; with REG_NOSUB no match is written, so that none
        // is asked for; `text` is read up to its NUL.
        unsafe { libc::regexec(&raw const self.0, text.as_ptr(), 0, core::ptr::null_mut(), 0) == 0 }
    }
}

impl Drop for Regex {
    fn drop(&mut self) {
        // SAFETY: it was filled by regcomp(3), and nobody uses it after this.
        unsafe { libc::regfree(&raw mut self.0) }
    }
}

#[cfg(test)]
mod tests {
    use super::Regex;

    #[test]
    fn a_part_of_the_text_is_enough() {
        let regex = Regex::new(c"^web-[0-9]+$|db").unwrap();
        for (text, is_match) in [(c"web-12", true), (c"web-", false), (c"web-1x", false), (c"old-db-1", true)]
        {
            assert_eq!(regex.matches(text), is_match, "{text:?}");
        }
        assert!(Regex::new(c"a[").is_err());
        assert!(Regex::new(c"").is_ok_and(|all| all.matches(c"x")));
    }
}
