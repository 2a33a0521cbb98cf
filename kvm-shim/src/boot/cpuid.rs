// SPDX-License-Identifier: Apache-2.0
//! What the guest's CPUID says: what KVM supports here, with the number of this processor among the others.

use kvm_bindings::{CpuId, KVM_MAX_CPUID_ENTRIES};
use kvm_ioctls::{Cap, Kvm, VcpuFd};

use crate::error::{Result, Step};

const HYPERVISOR: u32 = 1 << 31;
const TSC_DEADLINE: u32 = 1 << 24;

/// What KVM can give every processor; one call for all of them.
pub(crate) fn supported(kvm: &Kvm) -> Result<CpuId> {
    let mut cpuid = kvm
        .get_supported_cpuid(KVM_MAX_CPUID_ENTRIES)
        .step(|| "ask KVM for the processor's features".into())?;
    let has_deadline = kvm.check_extension(Cap::TscDeadlineTimer);
    for entry in cpuid.as_mut_slice().iter_mut().filter(|e| e.function == 1) {
        entry.ecx |= HYPERVISOR;
        // KVM leaves the bit out of its list, since user space must have the local APIC in the kernel for it.
        entry.ecx |= if has_deadline { TSC_DEADLINE } else { 0 };
    }
    Ok(cpuid)
}

/// Gives processor `id` of `count` its CPUID: one socket, one thread per core.
pub(crate) fn set(vcpu: &VcpuFd, supported: &CpuId, id: u8, count: u8) -> Result<()> {
    let mut cpuid = supported.clone();
    for entry in cpuid.as_mut_slice() {
        match (entry.function, entry.index) {
            (1, _) => {
                entry.ebx = entry.ebx & 0xffff | u32::from(count) << 16 | u32::from(id) << 24;
            }
            (0xb | 0x1f, level) => {
                let (shift, threads, kind) = match level {
                    0 => (0, 1, 1),
                    1 => (u8::BITS - count.saturating_sub(1).leading_zeros(), count, 2),
                    _ => (0, 0, 0),
                };
                (entry.eax, entry.ebx, entry.ecx) = (shift, u32::from(threads), level | kind << 8);
                entry.edx = u32::from(id);
            }
            (0x8000_0008, _) => entry.ecx = entry.ecx & !0xff | u32::from(count.saturating_sub(1)),
            (0x8000_001e, _) => (entry.eax, entry.ebx, entry.ecx) = (u32::from(id), u32::from(id), 0),
            _ => {}
        }
    }
    vcpu.set_cpuid2(&cpuid).step(|| "set the processor's CPUID".into())
}
