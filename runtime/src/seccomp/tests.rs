// SPDX-License-Identifier: Apache-2.0
//! Verdicts of compiled filters, found by running them.

mod machine;
mod verdicts;
