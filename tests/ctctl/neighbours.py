# SPDX-License-Identifier: Apache-2.0
# What one system says to its neighbours over ICMPv6, and what another one hears of it.
# neighbours.py hear LINK_LOCAL | neighbours.py say OWN FOREIGN
import socket
import struct
import sys

ADVERTISED_ROUTER, NEIGHBOUR, REDIRECT, LAST = 134, 136, 137, 128

packets = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
scope = socket.if_nametoindex("eth0")

if sys.argv[1] == "hear":
    sender = sys.argv[2]
    print("listening", flush=True)
    while True:
        packet, address = packets.recvfrom(2048)
        if address[0].split("%")[0] != sender:
            continue
        if packet[0] == LAST:
            break
        target = socket.inet_ntop(socket.AF_INET6, packet[8:24]) if packet[0] == NEIGHBOUR else ""
        if packet[0] in (ADVERTISED_ROUTER, NEIGHBOUR, REDIRECT):
            print(packet[0], target, flush=True)
else:
    own, foreign = (socket.inet_pton(socket.AF_INET6, text) for text in sys.argv[2:4])
    packets.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 255)

    def say(kind, body):
        packets.sendto(struct.pack("!BBH", kind, 0, 0) + body, ("ff02::1", 0, 0, scope))

    say(ADVERTISED_ROUTER, struct.pack("!BBHII", 64, 0, 1800, 0, 0))
    say(REDIRECT, bytes(4) + foreign + own)
    say(NEIGHBOUR, struct.pack("!I", 0x20000000) + foreign)
    say(NEIGHBOUR, struct.pack("!I", 0x20000000) + own)
    say(LAST, bytes(4))
