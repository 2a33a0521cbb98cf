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

# SEC-09: wherever the caller is and whichever mounts and namespaces config.json asks for, what can be written below
# /sys/fs/cgroup is the container's own cgroup, if it has one, and nothing of the caller's.
echo "# cgroups"
cat > "$work/combinations" << 'SCRIPT'
set -eu
cd bundle
rm -f config.json
ctrun spec --rootless
probe='for folder in /sys/fs/cgroup /sys/fs/cgroup/*; do
    busybox mkdir $folder/made 2> /dev/null && { busybox stat -c %i $folder; busybox rmdir $folder/made; }
    [ -e $folder/cgroup.procs ] && echo $$ 2> /dev/null > $folder/cgroup.procs && busybox stat -c %i $folder; done; true'
for namespace in without with; do
    for mount in spec,ro cgroup,ro cgroup,rw bind,ro sys,ro none,rw; do
        jq --arg namespace $namespace --arg kind "${mount%,*}" --arg access "${mount#*,}" --arg probe "$probe" '
            .process.terminal = false | .process.args = ["sh", "-c", $probe]
            | .linux.namespaces |= map(select(.type != "cgroup"))
            | if $namespace == "with" then .linux.namespaces += [{"type": "cgroup"}] else . end
            | .mounts |= map(select($kind == "spec" or (.destination | startswith("/sys") | not)))
            | if $kind == "spec" then . elif $kind == "none" then . elif $kind == "sys" then
                .mounts += [{"destination": "/sys", "type": "none", "source": "/sys", "options": ["rbind", "rro"]}]
              elif $kind == "bind" then
                .mounts += [{"destination": "/sys/fs/cgroup", "type": "bind", "source": "/sys/fs/cgroup", "options": ["rbind", $access]}]
              else .mounts += [{"destination": "/sys/fs/cgroup", "type": "cgroup", "source": "cgroup", "options": [$access]}] end
            ' config.json > other.json
        if ! written=$(ctrun run --config other.json probe-box 2> error); then
            # Refused by the kernel is as good; a mistake of this script is not.
            grep -q mount error || { cat error; exit 1; }
            continue
        fi
        for inode in $written; do
            place=$(find /sys/fs/cgroup -inum "$inode")
            # What is gone with the container was its own.
            case $place in '' | */probe-box*) ;; *) echo "$namespace $mount: $place can be written"; exit 1 ;; esac
        done
        [ "$mount" = cgroup,rw ] || [ -z "$written" ] || { echo "$namespace $mount: written"; exit 1; }
        echo "$namespace a cgroup namespace, $mount: $(echo "$written" | wc -w) written"
    done
done
SCRIPT
echo "## from a login"
as_user sh combinations
echo "## below a manager of its own"
as_user systemd-run --user --scope --quiet sh combinations
echo "## in a service that is the user's"
systemd-run --quiet --pipe --wait -p User=user -p Delegate=yes -p WorkingDirectory="$work" -E PATH="$PATH" \
    -E XDG_RUNTIME_DIR=/run/user/1000 -E HOME=/home/user sh combinations

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
