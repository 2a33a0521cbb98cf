// SPDX-License-Identifier: Apache-2.0
//! ctrun, seen from outside.
