#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A whole Linux in a microVM: Debian's own kernel, guest-init, one process. Needs this machine's kvm_amd.
set -eu
. ./lib.sh
libexec=$(dirname "$(command -v ctrun)")/../libexec/ctctl
shim=$libexec/kvm-shim
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# By KVM without nesting the machine has no virtualisation of its own; by TCG it always has.
grep -q -w -e svm -e vmx /proc/cpuinfo || { echo "skipped: this machine's processor has no virtualisation"; exit 0; }
[ -w /dev/kvm ] || fail "/dev/kvm is missing: the machine's processor has SVM, kvm_amd should be loaded"

# The modules that a distribution's kernel needs, in the order of their dependencies, each once.
modules=$(for module in virtio_mmio vmw_vsock_virtio_transport virtio-rng; do
    modprobe --show-depends "$module"
done | awk '$1 == "insmod" && !seen[$2]++ { printf "%s\"%s\"", comma, $2; comma = ", " }')

# spec NAME SCRIPT: a VM that runs SCRIPT with busybox's shell.
spec() {
    python3 - "$work" "$1" "$2" "$modules" "$libexec/guest-init" "$(uname -r)" > "$work/$1.json" <<'EOF'
import json, sys
work, name, script, modules, init, release = sys.argv[1:]
print(json.dumps({
    "kernel": f"/boot/vmlinuz-{release}", "guestInit": init, "memoryMib": 256, "processors": 1,
    "modules": json.loads(f"[{modules}]"), "socket": f"{work}/{name}.sock", "console": f"{work}/{name}.console",
    "report": f"{work}/{name}.report", "files": [{"from": "/bin/busybox", "to": "rootfs/bin/busybox"}],
    "process": {"args": ["/bin/busybox", "sh", "-c", script], "env": ["PATH=/bin", "GREETING=hello"], "cwd": "/proc"}}))
EOF
}
run() { timeout 240 "$shim" "$work/$1.json"; }
report() { python3 -c 'import json,sys; r = json.load(open(sys.argv[1])); print(eval(sys.argv[2], {"r": r}))' "$work/$1.report" "$2"; }

echo "# boot, stdio, exit code"
spec first 'alias b=/bin/busybox
    read line; echo "$GREETING $line"; echo error >&2; b pwd; b id -u
    b dd if=/dev/zero bs=1024 count=3000 2> /dev/null | b wc -c
    b mount | b grep -c " / "; [ -e /init ] && echo init-is-seen
    b sleep 1000 &
    b cat > /dev/null; exit 7'
code=0
began=$(date +%s)
out=$(printf 'world\nmore\n' | run first 2> "$work/err") || code=$?
echo "took $(($(date +%s) - began)) s; exits: $(report first 'r["exits"]')"
is "$code" 7 "exit code; stderr: $(cat "$work/err"); console: $(tail -5 "$work/first.console" 2>&1)"
is "$out" "hello world
/proc
0
3072000
1" "stdout"
is "$(cat "$work/err")" error "stderr"
is "$(report first 'r["outcome"]')" power-off "power-off by ACPI"
# KV-04: a device costs exits in its set-up, and hardly any in its work.
[ "$(report first 'r["exits"].get("mmio-write", 0) + r["exits"].get("mmio-read", 0)')" -lt 400 ] || fail "too many MMIO exits"
is "$(find "$work" -name '*.sock')" "" "its socket is gone"

echo "# a panic is a loss that says so"
spec panic '/bin/busybox echo 1 > /proc/sys/kernel/sysrq; /bin/busybox echo c > /proc/sysrq-trigger'
code=0; run panic > "$work/out" 2> "$work/err" || code=$?
is "$code" 255 "exit code of a lost guest"
has "$(cat "$work/err")" "the guest ended" "why"
has "$(cat "$work/panic.console")" "Kernel panic" "the console has the panic"
is "$(report panic 'r["outcome"]')" reset "a panic is a reset"
echo "exits: $(report panic 'r["exits"]')"
