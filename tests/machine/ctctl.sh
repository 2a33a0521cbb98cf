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
is "$(ip -o link show ctctl0 2> /dev/null; nft list tables | grep ctctl0 || true; pgrep -a dnsmasq || true)" "" "left of networks"
ctctl status deb | grep -q last_exit=halted || fail "deb did not halt"
ctctl destroy deb

echo "# nothing is left"
left=$(find /sys/fs/cgroup -name 'ctctl.*'; grep ctctl /proc/mounts || true; pgrep -a ctctl || true; ls /run/ctctl/systems /run/ctctl/oci /var/lib/ctctl/systems)
is "$(echo "$left" | grep -v -e '^$' -e ':$' || true)" "" "left behind"
