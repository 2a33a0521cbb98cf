#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# tests/oci once more, where cgroup v2 has all its controllers, mounts are shared as systemd leaves them, and the
# kernel has AppArmor.
set -eu
. ./lib.sh
skips=$PWD/skips
: > "$skips"
CTCTL_DIST=/opt/ctctl CTCTL_SKIPS=$skips ./oci --skip manual:: --skip supervisor --skip recursive_options_clear > oci.log 2>&1 || { cat oci.log; fail "tests/oci failed"; }
grep '^test result' oci.log
# Nothing that only v2 has may be left out here.
! grep -v 'CgroupV1$' "$skips" || fail "skipped in the test machine"
