// SPDX-License-Identifier: Apache-2.0
//! The seccomp compiler: from `linux.seccomp` to a program for the kernel.
//!
//! It says what libseccomp and runc say, in a few microseconds. `words` are the profile's, `table` knows the calls,
//! `rules` gives each call its verdict, `filter` and `chain` write the instructions through `program`.

mod chain;
mod filter;
pub mod notify;
mod program;
mod rules;
mod table;
#[cfg(test)]
mod tests;
mod words;

use crate::error::{Error, Result};
use crate::plan::arena::Arena;
use crate::spec::seccomp::{Argument, Seccomp, Syscall};
use program::MOST_INSTRUCTIONS;
use rules::{Condition, Rule, Rules};
use table::{COLUMNS, HOST, Machine};
use words::{Operator, Pointer};

pub use words::{ACTIONS, ARCHITECTURES, FLAGS, OPERATORS};

/// The filter for the stage.
///
/// # Errors
/// For words that the spec does not know, for notification where it cannot work, and for a filter that is larger
/// than the kernel takes.
pub fn plan<'a>(arena: &'a Arena, filter: &Seccomp<'_>) -> Result<stage::plan::Seccomp<'a>> {
    let program = compile(filter, HOST)?;
    let notify = notifies(filter)?;
    let flags = flags(filter, notify)?;
    Ok(stage::plan::Seccomp { flags, program: arena.bytes(&program), notify })
}

/// Those of [`FLAGS`] that this host's kernel knows.
#[must_use]
pub fn supported_flags() -> Vec<&'static str> {
    let bits = |name: &str| match name {
        "SECCOMP_FILTER_FLAG_LOG" => words::FLAG_LOG,
        "SECCOMP_FILTER_FLAG_SPEC_ALLOW" => words::FLAG_SPEC_ALLOW,
        // It means something together with a listener alone.
        "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV" => words::FLAG_WAIT_KILLABLE_RECV | words::FLAG_NEW_LISTENER,
        // A container begins with one thread: there is none to synchronize.
        _ => 0,
    };
    FLAGS.iter().copied().filter(|name| runtime_sys::seccomp::knows_flags(bits(name))).collect()
}

fn compile(filter: &Seccomp<'_>, machine: &'static Machine) -> Result<Vec<u8>> {
    let default = if filter.default_action.is_empty() && filter.syscalls.is_empty() {
        // Engines write an empty object for no filter.
        words::ALLOW
    } else {
        words::action(&filter.default_action, filter.default_errno_ret, Pointer::Default)?
    };
    if default == words::NOTIFY {
        return Err(Pointer::Default
            .error("action", format_args!("SCMP_ACT_NOTIFY cannot be used as default action")));
    }
    let mut rules = Rules::new(machine, architectures(filter, machine)?);
    for (item, syscall) in filter.syscalls.iter().enumerate() {
        add(&mut rules, syscall, default, Pointer::Item("syscalls", item))?;
    }
    // As in runc: a default that lets calls through, or shows them to a tracer, is left alone.
    let action = default & words::ACTION;
    let unknown_are_enosys = ![words::ALLOW, words::LOG, words::TRACE].contains(&action);
    let defaults = filter::Defaults { action: default, unknown_are_enosys };
    filter::compile(&rules, defaults).ok_or_else(|| {
        Error::unsupported(format!(
            "/linux/seccomp: the filter has more than the {MOST_INSTRUCTIONS} instructions that the kernel takes"
        ))
    })
}

/// Which of the machine's ABIs get rules: the native one always, as in libseccomp.
fn architectures(filter: &Seccomp<'_>, machine: &Machine) -> Result<[bool; COLUMNS]> {
    let mut wanted = [false; COLUMNS];
    wanted[0] = true;
    for (item, name) in filter.architectures.iter().enumerate() {
        match machine.abis.iter().position(|abi| abi.name == name.as_str()) {
            Some(column) => wanted[column] = true,
            None if ARCHITECTURES.contains(&name.as_str()) => {}
            None => {
                return Err(Pointer::Item("architectures", item)
                    .error("", format_args!("{:?} is not a seccomp architecture", name.as_str())));
            }
        }
    }
    Ok(wanted)
}

fn add(rules: &mut Rules, syscall: &Syscall<'_>, default: u32, pointer: Pointer<'_>) -> Result<()> {
    let action = words::action(&syscall.action, syscall.errno_ret, pointer)?;
    let alternatives = alternatives(&syscall.args, action, pointer)?;
    for name in syscall.names.iter() {
        if name.is_empty() {
            return Err(pointer.error("names", format_args!("a call without a name")));
        }
        if action == words::NOTIFY && CARRY_THE_LISTENER.contains(&name.as_str()) {
            return Err(pointer.error(
                "names",
                format_args!("SCMP_ACT_NOTIFY cannot be used for the {} syscall", name.as_str()),
            ));
        }
        // A name that the machine does not know is left out: profiles name the calls of all machines.
        let Some(call) = rules.machine.call(name) else { continue };
        rules.mention(&call);
        if action == default {
            continue;
        }
        if alternatives.is_empty() {
            rules.always(&call, action);
        }
        for rule in &alternatives {
            rules.when(&call, rule);
        }
    }
    Ok(())
}

/// Calls that must work for the listener to reach the runtime: the stage's, and the one that runc refuses.
const CARRY_THE_LISTENER: &[&str] = &["sendmsg", "write"];

/// The conditions must hold together, unless two are on the same argument: then, as runc has always had it, each is
/// a rule of its own.
fn alternatives(arguments: &[Argument<'_>], action: u32, pointer: Pointer<'_>) -> Result<Vec<Rule>> {
    let mut conditions = Vec::with_capacity(arguments.len());
    for argument in arguments {
        conditions.push(condition(argument, pointer)?);
    }
    if conditions.is_empty() {
        return Ok(Vec::new());
    }
    conditions.sort_by_key(|condition| condition.argument);
    if conditions.windows(2).all(|pair| pair[0].argument != pair[1].argument) {
        return Ok(vec![Rule { action, conditions }]);
    }
    Ok(conditions.into_iter().map(|condition| Rule { action, conditions: vec![condition] }).collect())
}

fn condition(argument: &Argument<'_>, pointer: Pointer<'_>) -> Result<Condition> {
    let index = match argument.index {
        index @ 0..6 => index.to_le_bytes()[0],
        index => return Err(pointer.error("args", format_args!("there is no argument {index}"))),
    };
    let operator = words::operator(&argument.op).ok_or_else(|| {
        pointer.error("args", format_args!("{:?} is not a seccomp operator", argument.op.as_str()))
    })?;
    let (mask, value) = match operator {
        Operator::MaskedEqual => (argument.value, argument.value_two & argument.value),
        _ => (u64::MAX, argument.value),
    };
    Ok(Condition { argument: index, operator, mask, value })
}

/// Whether the filter needs a listener, and whether there is where to send it.
fn notifies(filter: &Seccomp<'_>) -> Result<bool> {
    let notifies =
        filter.syscalls.iter().any(|rule| rule.action == "SCMP_ACT_NOTIFY" && !rule.names.is_empty());
    let is_set = |text: &Option<crate::spec::text::Text<'_>>| text.as_ref().is_some_and(|t| !t.is_empty());
    if is_set(&filter.listener_path) {
        return Ok(notifies);
    }
    if notifies {
        return Err(Error::invalid("/linux/seccomp/listenerPath: SCMP_ACT_NOTIFY needs it"));
    }
    if is_set(&filter.listener_metadata) {
        return Err(Error::invalid("/linux/seccomp/listenerMetadata: must not be set without listenerPath"));
    }
    Ok(false)
}

fn flags(filter: &Seccomp<'_>, notify: bool) -> Result<u32> {
    let mut flags = if notify { words::FLAG_NEW_LISTENER } else { 0 };
    let Some(names) = &filter.flags else {
        // As in runc: speculation is left as it is for everybody else. Since Linux 5.16 it is so in any case.
        return Ok(flags | words::FLAG_SPEC_ALLOW);
    };
    for (item, name) in names.iter().enumerate() {
        let pointer = Pointer::Item("flags", item);
        flags |= match name.as_str() {
            // The stage has one thread: there is nobody to synchronise with.
            "SECCOMP_FILTER_FLAG_TSYNC" => 0,
            "SECCOMP_FILTER_FLAG_LOG" => words::FLAG_LOG,
            "SECCOMP_FILTER_FLAG_SPEC_ALLOW" => words::FLAG_SPEC_ALLOW,
            "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV" if !notify => {
                return Err(pointer.error("", format_args!("{name} needs a rule with SCMP_ACT_NOTIFY")));
            }
            "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV" => words::FLAG_WAIT_KILLABLE_RECV,
            _ => {
                return Err(pointer.error("", format_args!("{:?} is not a seccomp flag", name.as_str())));
            }
        };
    }
    Ok(flags)
}
