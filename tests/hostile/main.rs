// SPDX-License-Identifier: Apache-2.0
//! ctrun against those who wish it ill: bundles, images and processes inside, calls that are denied, steps that fail,
//! and `kill -9`.
//!
//! The ids in the tests' comments (SEC-12) are the rows of the feature list that they hold.

mod covers;
mod denied;
mod destinations;
mod faults;
mod filters;
mod many;
mod ordinary;
mod outside;
mod paths;
mod processes;
mod races;
mod rights;
mod values;
mod watchers;
