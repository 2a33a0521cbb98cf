#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Debian's podman with ctrun in runc's place, as root, on cgroup v2 with the cgroupfs driver.
set -eu
. ./lib.sh
pod() { podman --runtime "$(command -v ctrun)" --cgroup-manager cgroupfs --events-backend file "$@"; }

echo "# an image of busybox, without a network"
mkdir -p image/bin image/etc image/tmp
cp /bin/busybox image/bin/busybox
for applet in sh cat echo sleep true false id tty ls ps kill tail head dd stat hostname env; do ln -sf busybox image/bin/$applet; done
printf 'root:x:0:0:root:/root:/bin/sh\nuser:x:1000:1000::/tmp:/bin/sh\n' > image/etc/passwd
tar -C image -c . | podman import --quiet - localhost/busybox > /dev/null
run() { pod run --rm --network none "$@"; }

echo "# run"
is "$(run localhost/busybox echo hello)" hello "run"
is "$(run --user 1000 localhost/busybox id -u)" 1000 "--user"
is "$(run --hostname web localhost/busybox hostname)" web "--hostname"
is "$(run -e A=1 localhost/busybox sh -c 'echo $A')" 1 "-e"
is "$(echo in | pod run --rm -i --network none localhost/busybox cat)" in "-i"
code=0; run localhost/busybox sh -c 'exit 7' || code=$?; is $code 7 "exit code"
code=0; run localhost/busybox /no/such 2> /dev/null || code=$?; is $code 127 "a program that is not there"
code=0; run localhost/busybox /etc/passwd 2> /dev/null || code=$?; is $code 126 "a file that is no program"

echo "# -v, --read-only, --tmpfs"
mkdir -p volume; echo from-the-host > volume/file
is "$(run -v "$PWD/volume:/data" localhost/busybox cat /data/file)" from-the-host "-v"
run -v "$PWD/volume:/data" localhost/busybox sh -c 'echo from-inside > /data/new'
is "$(cat volume/new)" from-inside "-v writes"
fails run -v "$PWD/volume:/data:ro" localhost/busybox sh -c 'echo > /data/new'
fails run --read-only localhost/busybox sh -c 'echo > /new'
is "$(run --read-only --tmpfs /scratch localhost/busybox sh -c 'echo x > /scratch/f; cat /scratch/f')" x "--tmpfs"

echo "# -t"
has "$(run -t localhost/busybox tty)" /dev/pts/0 "-t"

echo "# detached: exec, logs, stop, kill, pause"
pod run -d --name box --network none localhost/busybox sh -c 'echo started; trap "exit 3" TERM; while true; do sleep 0.1; done' > /dev/null
is "$(pod exec box echo inside)" inside "exec"
is "$(pod exec --user 1000 box id -u)" 1000 "exec --user"
has "$(pod exec -t box tty)" /dev/pts/ "exec -t"
code=0; pod exec box sh -c 'exit 9' || code=$?; is $code 9 "exec's exit code"
has "$(pod logs box)" started "logs"
has "$(pod top box pid comm)" sh "top"
pod pause box > /dev/null; is "$(pod inspect --format '{{.State.Status}}' box)" paused "pause"
fails pod exec box true
pod unpause box > /dev/null; is "$(pod exec box echo again)" again "unpause"
pod stop --time 5 box > /dev/null
is "$(pod inspect --format '{{.State.ExitCode}}' box)" 3 "stop lets it end"
pod rm box > /dev/null

echo "# limits"
pod run -d --name limited --network none --memory 64m --pids-limit 40 --cpus 0.5 localhost/busybox sleep 1000 > /dev/null
cgroup=/sys/fs/cgroup$(cut -d: -f3 /proc/"$(pod inspect --format '{{.State.Pid}}' limited)"/cgroup)
is "$(cat "$cgroup/memory.max")" 67108864 "--memory"
is "$(cat "$cgroup/pids.max")" 40 "--pids-limit"
is "$(cat "$cgroup/cpu.max")" "50000 100000" "--cpus"
has "$(pod stats --no-stream --format '{{.MemUsage}}' limited)" 67.11MB "stats"
pod update --memory 96m limited > /dev/null 2>&1 && is "$(cat "$cgroup/memory.max")" 100663296 "update"
pod rm -f -t 0 limited > /dev/null
pod run --name hungry --network none --memory 32m --memory-swap 32m localhost/busybox tail /dev/zero > /dev/null 2>&1 || true
# Debian's conmon does not note why, with any runtime.
is "$(pod inspect --format '{{.State.ExitCode}}' hungry)" 137 "out of memory"
pod rm hungry > /dev/null

echo "# nothing is left"
is "$(ctrun list --quiet)" "" "containers"
is "$(find /sys/fs/cgroup -path '*libpod-*' -name cgroup.procs)" "" "cgroups"
