// SPDX-License-Identifier: Apache-2.0
//! Where the files of a template come from. Each source fills a staged layer and returns the digest of what it put
//! there.

pub(crate) mod busybox;
pub(crate) mod mmdebstrap;
mod unpack;
