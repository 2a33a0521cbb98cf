// SPDX-License-Identifier: Apache-2.0
//! A system's files: the template's layers below, its own layer on top.

mod hostname;
pub mod overlay;
