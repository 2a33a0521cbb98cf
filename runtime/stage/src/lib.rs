// SPDX-License-Identifier: Apache-2.0
//! What the runtime and the stage exchange.
#![cfg_attr(not(feature = "std"), no_std)]
