# SPDX-License-Identifier: Apache-2.0
# What the scripts here share: read with `. ./lib.sh`.
fail() { echo "$(basename "$0"): $*" >&2; exit 1; }
is() { [ "$1" = "$2" ] || fail "$3: expected '$2', got '$1'"; }
has() { case $1 in *"$2"*) ;; *) fail "$3: expected '$2' in '$1'" ;; esac; }
# Runs a command that must fail.
fails() { ! "$@" > /dev/null 2>&1 || fail "should have failed: $*"; }
