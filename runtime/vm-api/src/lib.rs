// SPDX-License-Identifier: Apache-2.0
//! The data that runtime, shim and guest exchange.
