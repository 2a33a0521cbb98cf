#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# SEC-03: an AppArmor label is the payload's, whatever lies over /proc, or the container is not made.
set -eu
. ./lib.sh
/usr/lib/apparmor/parser --replace << 'PROFILE'
profile ctrun-test flags=(attach_disconnected) {
    file,
    capability,
    network,
    signal,
    deny /denied w,
}
PROFILE
work=$(mktemp -d)
cd "$work"
mkdir -p rootfs/bin rootfs/proc fake/attr/apparmor
cp /bin/busybox rootfs/bin/sh
ln -s sh rootfs/bin/sleep
for file in attr/exec attr/current attr/apparmor/exec; do echo fake > "fake/$file"; done
mkdir all
cp -a fake all/self
cp -a fake all/thread-self
cp -a fake all/1
ctrun spec
script='echo x > /denied && echo written; echo tried; exec sleep 1000'
jq --arg script "$script" '.process.terminal = false | .process.args = ["sh", "-c", $script] | .root.readonly = false
    | .process.apparmorProfile = "ctrun-test" | .linux.maskedPaths = [] | .linux.readonlyPaths = []' config.json > plain.json

label() { cat "/proc/$(ctrun state box | jq .pid)/attr/current"; }
lives() {
    is "$(label)" "ctrun-test (enforce)" "$1: the first process's label"
    timeout 20 sh -c 'until grep -q tried out; do sleep 0.1; done' || fail "$1: no output"
    case $(cat out) in *written*) fail "$1: the profile is not in force" ;; esac
    ctrun exec --detach --pid-file pid box sleep 1001
    is "$(cat "/proc/$(cat pid)/attr/current")" "ctrun-test (enforce)" "$1: exec"
    is "$(grep -rc fake fake all | grep -c ':1$')" 12 "$1: files in a cover's place"
    ctrun delete --force box
    rm -f rootfs/denied
}

worked=0
cover() {
    jq ".mounts += [$2]" plain.json > config.json
    if ctrun run --detach box > out 2>&1 < /dev/null; then
        lives "$1"
        worked=$((worked + 1))
    fi
    is "$(ctrun list --quiet)" "" "$1: left"
}
bind() { printf '{"destination":"%s","type":"bind","source":"%s","options":["bind","rw"]}' "$1" "$2"; }
tmpfs() { printf '{"destination":"%s","type":"tmpfs","source":"tmpfs","options":["rw"]}' "$1"; }

cp plain.json config.json
ctrun run --detach box > out 2>&1 < /dev/null
lives "nothing"
cover "a bind over /proc" "$(bind /proc "$work/all")"
cover "a tmpfs over /proc" "$(tmpfs /proc)"
is $worked 2 "covers of /proc that a label gets through"
for part in self thread-self 1; do cover "a bind over /proc/$part" "$(bind "/proc/$part" "$work/fake")"; done
for file in attr attr/exec attr/apparmor attr/apparmor/exec; do
    cover "a bind over $file" "$(bind "/proc/self/$file" "$work/fake/$file")"
    cover "a bind over $file of the thread" "$(bind "/proc/thread-self/$file" "$work/fake/$file")"
done
cover "a tmpfs over attr" "$(tmpfs /proc/self/attr)"

# A proc that is a link, and none at all but the image's own files.
rmdir rootfs/proc
ln -s ../../all rootfs/proc
cp plain.json config.json
if ctrun run --detach box > out 2>&1 < /dev/null; then lives "a link"; fi
rm rootfs/proc
cp -a all rootfs/proc
jq '.mounts |= map(select(.destination != "/proc"))' plain.json > config.json
ctrun run --detach box > out 2>&1 < /dev/null
lives "the image's own files"
grep -rq fake rootfs/proc/self/attr/exec || fail "the label went into a file of the image"

jq '.process.apparmorProfile = "no-such-profile"' plain.json > config.json
fails ctrun run box
is "$(ctrun list --quiet)" "" "left"
