#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# An ordinary user: ctrun by itself, and podman with ctrun in runc's place.
set -eu
. ./lib.sh
work=/home/user/work
install -d -o user -g user "$work"
cp /bin/busybox "$work/"
as_user() {
    runuser -u user -- env -C "$work" XDG_RUNTIME_DIR=/run/user/1000 HOME=/home/user \
        DBUS_SESSION_BUS_ADDRESS=unix:path=/run/user/1000/bus PATH="$PATH" "$@"
}
timeout 60 sh -c 'until [ -S /run/user/1000/bus ]; do sleep 0.5; done'

echo "# ctrun"
as_user sh -ec '
    mkdir -p bundle/rootfs/bin bundle/rootfs/dev bundle/rootfs/proc bundle/rootfs/sys
    cp busybox bundle/rootfs/bin/sh
    ctrun spec --rootless --bundle bundle
    sed -i "s/\"terminal\": true/\"terminal\": false/; s/\"sh\"/\"sh\", \"-c\", \"busybox id -u; busybox cat \/proc\/self\/uid_map; echo x > \/sys\/fs\/cgroup\/cgroup.procs\"/" bundle/config.json
    cp busybox bundle/rootfs/bin/busybox'
out=$(as_user ctrun run --bundle bundle first 2>&1) || true
has "$out" "0" "root inside"
has "$out" "1000" "mapped to the user"
# SEC-09: with the host's cgroup namespace or a new one, nothing of the host can be written.
has "$out" "can't create /sys/fs/cgroup/cgroup.procs" "cgroup"
is "$(as_user ctrun list --quiet)" "" "left"

echo "# podman"
pod() {
    as_user podman --runtime "$(command -v ctrun)" --cgroup-manager cgroupfs --events-backend file "$@"
}
as_user sh -ec 'mkdir -p image/bin image/etc image/tmp; cp busybox image/bin/busybox
    for applet in sh cat echo sleep id tty; do ln -sf busybox image/bin/$applet; done
    echo root:x:0:0:root:/root:/bin/sh > image/etc/passwd
    tar -C image -c . | podman import --quiet - localhost/busybox > /dev/null'
run() { pod run --rm --network none "$@"; }
is "$(run localhost/busybox id -u)" 0 "run"
is "$(run --user 1000 localhost/busybox id -u)" 1000 "a second id, by newuidmap"
has "$(run -t localhost/busybox tty)" /dev/pts/0 "-t"
as_user sh -c 'mkdir -p volume; echo from-the-host > volume/file'
is "$(run -v "$work/volume:/data" localhost/busybox cat /data/file)" from-the-host "-v"
code=0; run localhost/busybox sh -c 'exit 7' || code=$?; is $code 7 "exit code"
fails run -v /sys/fs/cgroup:/cg:ro localhost/busybox sh -c 'echo $$ > /cg/cgroup.procs'
fails run --cgroupns host localhost/busybox sh -c 'mkdir /sys/fs/cgroup/made'
pod run -d --name box --network none localhost/busybox sh -c 'echo started; while true; do sleep 0.1; done' > /dev/null
is "$(pod exec box echo inside)" inside "exec"
has "$(pod logs box)" started "logs"
pod stop --time 1 box > /dev/null
pod rm box > /dev/null
is "$(as_user ctrun --root /run/user/1000/ctrun list --quiet)" "" "left"
