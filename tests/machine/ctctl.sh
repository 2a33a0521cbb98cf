#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# ctctl where cgroup v2 is all there is, systemd is the host's init, and the kernel is Debian's own.
# Templates are built outside and carried in: templates.tar holds their layers and manifests.
set -eu
. ./lib.sh

mkdir -p /var/lib/ctctl
tar --extract --numeric-owner --same-owner --xattrs --xattrs-include='*' --directory /var/lib/ctctl --file templates.tar

echo "# busybox"
ctctl create box --template busybox network=none memory=32M
ctctl start box
is "$(ctctl exec box -- cat /proc/1/comm)" init "init"
is "$(cat /sys/fs/cgroup/ctctl.box/memory.max)" 33554432 "memory"
ctctl set box pids=20 cpulimit=50%
is "$(cat /sys/fs/cgroup/ctctl.box/pids.max)" 20 "pids"
is "$(cat /sys/fs/cgroup/ctctl.box/cpu.max)" "50000 100000" "cpulimit"
kill -9 "$(pgrep -f 'ctctl-monitor start box ')"
ctctl exec box -- true
ctctl stop box

echo "# files and devices"
ctctl start box
mkdir -p /srv/share
echo shared > /srv/share/file
ctctl push -r box /srv/share /etc/pushed
ctctl pull box /etc/pushed/file /tmp/back
is "$(cat /tmp/back)" shared "push and pull"
ctctl device add box data disk src=/srv/share dst=/data ro nosuid
is "$(ctctl exec box -- cat /data/file)" shared "a disk"
fails ctctl exec box -- sh -c 'mount -o remount,bind,rw /data && touch /data/new'
ctctl device rm box data
fails ctctl exec box -- cat /data/file
ctctl device add box scratch tmpfs dst=/scratch size=1M
fails ctctl exec box -- dd if=/dev/zero of=/scratch/x bs=1M count=2
# The rule is a program here, which an update replaces.
fails ctctl exec box -- sh -c 'exec 3</dev/mine'
ctctl device add box node unix-char path=/dev/mine source=/dev/kmsg mode=0644
ctctl exec box -- sh -c 'exec 3>/dev/mine'
ctctl restart box
ctctl exec box -- sh -c 'touch /dev/copy; mount --bind /dev/mine /dev/copy; exec 3>/dev/copy'
ctctl device rm box node
fails ctctl exec box -- sh -c 'exec 3>/dev/copy'
ctctl device add box node unix-char path=/dev/mine source=/dev/kmsg mode=none
fails ctctl exec box -- sh -c 'exec 3>/dev/mine'
fails ctctl exec box -- unshare -U true
ctctl set box features=nesting,fuse
ctctl restart box
ctctl exec box -- unshare -U true
ctctl exec box -- sh -c 'exec 3</dev/fuse'
ctctl stop box
root=$(ctctl mount box)
is "$(cat "$root/etc/pushed/file")" shared "mount"
fails ctctl start box
ctctl destroy box

echo "# Debian"
ctctl create deb --template debian-12 network=nat memory=512M
ctctl start --wait deb
is "$(ctctl exec deb -- systemctl is-system-running --wait)" running "systemd"
is "$(ctctl exec deb -- systemctl --failed --no-legend --no-pager)" "" "failed units"
# Its own init divides the control group that it was given.
ctctl exec deb -- systemctl set-property --runtime systemd-journald.service MemoryMax=64M
is "$(cat /sys/fs/cgroup/ctctl.deb/system.slice/systemd-journald.service/memory.max)" 67108864 "a service's limit"

echo "# its network"
ctctl create box --template busybox network=nat
ctctl start box
ctctl exec deb -- ping -c 1 -W 20 box
ctctl exec box -- ping -c 1 -W 20 deb
ctctl exec box -- sh -c 'mkdir /www; echo from the box > /www/page; httpd -p 80 -h /www'
ctctl port add box 8080:80
address=$(ip -4 -o addr show scope global | grep -v ctctl0 | sed -n '1s/.*inet \([^/]*\).*/\1/p')
is "$(printf 'GET /page HTTP/1.0\r\n\r\n' | busybox nc -w 20 "$address" 8080 | tail -1)" "from the box" "a published port"
nft delete table inet ctctl0
ctctl network repair | grep -q "put back: the rules" || fail "the rules were not put back"
is "$(printf 'GET /page HTTP/1.0\r\n\r\n' | busybox nc -w 20 "$address" 8080 | tail -1)" "from the box" "after a repair"
ctctl destroy --force box
ctctl stop deb
timeout 20 sh -c 'while pgrep dnsmasq > /dev/null; do sleep 0.2; done' || true
is "$(ip -o link show ctctl0 2> /dev/null || true; nft list tables | grep ctctl0 || true; pgrep -a dnsmasq || true)" "" "left of networks"
ctctl status deb | grep -q last_exit=halted || fail "deb did not halt"
ctctl destroy deb

echo "# nothing is left"
left=$(find /sys/fs/cgroup -name 'ctctl.*'; grep ctctl /proc/mounts || true; pgrep -a ctctl || true; ls /run/ctctl/systems /run/ctctl/oci /var/lib/ctctl/systems 2> /dev/null || true)
is "$(echo "$left" | grep -v -e '^$' -e ':$' || true)" "" "left behind"
