// SPDX-License-Identifier: Apache-2.0
//! A bundle's config.json, as far as `create` goes before it asks the host for anything: types, checks, the plan, and
//! the plan's way to the stage.
#![no_main]

use libfuzzer_sys::fuzz_target;
use runtime::plan::arena::Arena;
use runtime::plan::facts::{CgroupView, Facts};
use runtime::plan::{check, mounts, namespaces, process, root};
use runtime::sandbox::create::parse;
use runtime::spec::{Linux, Spec};
use runtime::{Result, seccomp};
use stage::plan::Plan;
use stage::wire::{Reader, Wire};

fuzz_target!(|bytes: &[u8]| {
    let Ok(spec) = parse(bytes, "config.json") else { return };
    let checked = check::check(&spec);
    drop(check::warnings(&spec));
    // What the checks refuse goes no further, as in `create`.
    if let (Ok(()), Some(linux)) = (checked, &spec.linux) {
        drop(planned(&spec, linux));
    }
});

fn planned(spec: &Spec<'_>, linux: &Linux<'_>) -> Result<()> {
    let arena = Arena::default();
    let namespaces = namespaces::plan(linux)?;
    let facts = Facts {
        bundle: "/bundle",
        new_namespaces: namespaces.new,
        joined_namespaces: namespaces.joined(),
        mount_label: linux.mount_label.as_deref(),
        inherited_propagation: mounts::inherited_propagation(spec)?,
        cgroups: CgroupView::V2("/sys/fs/cgroup/fuzz"),
    };
    for planned in mounts::plan(&arena, spec, &facts)? {
        drop(format!("{planned:?}"));
    }
    root::devices(&arena, linux, facts.has_user_namespace())?;
    root::links(&arena)?;
    let mut plan = runtime::plan::idle(&arena);
    if let Some(own) = &spec.process {
        plan.process = process::plan(&arena, own, process::Extra::default())?;
    }
    if let Some(filter) = &linux.seccomp {
        plan.process.seccomp = Some(seccomp::plan(&arena, filter)?);
    }
    let mut sent = Vec::new();
    plan.put(&mut sent);
    let heard = Plan::get(&mut Reader::new(&sent)).expect("the stage reads what the runtime writes");
    let mut again = Vec::new();
    heard.put(&mut again);
    assert!(sent == again, "and reads the same");
    Ok(())
}
