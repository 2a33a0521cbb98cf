#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# tests/oci once more, where cgroup v2 has all its controllers, mounts are shared as systemd leaves them, and the
# kernel has AppArmor.
set -eu
. ./lib.sh
skips=$PWD/skips
: > "$skips"
CTCTL_DIST=/opt/ctctl CTCTL_SKIPS=$skips ./oci --skip manual:: > oci.log 2>&1 || { cat oci.log; fail "tests/oci failed"; }
grep '^test result' oci.log
# Nothing that only v2 has may be left out here. There is no compiler.
! grep -v -e 'CgroupV1$' -e 'Gcc$' "$skips" || fail "skipped in the test machine"

# SP-28: a disk has weights of its own only under the BFQ scheduler.
modprobe bfq
echo bfq > /sys/block/vda/queue/scheduler
CTCTL_DIST=/opt/ctctl CTCTL_SKIPS=$skips ./oci block_io:: > oci.log 2>&1 || { cat oci.log; fail "tests/oci failed with BFQ"; }
grep '^test result' oci.log
echo none > /sys/block/vda/queue/scheduler
