#!/bin/bash
# Makes a capture of real traffic between two network namespaces: make-capture.sh [OUTPUT.pcap]
#
# What is inside (`mixed.pcap`, classic pcap, little-endian, microseconds, Ethernet, snapshot length 65,535):
#   ARP, IPv6 neighbour discovery and multicast listener reports; TCP over IPv4 and IPv6 (short HTTP exchanges, one long
#   connection, two bulk transfers, telnet, refused connections); UDP (DNS-like exchanges, broadcast, multicast, IP options,
#   closed ports and the ICMP errors they earn); ICMP and ICMPv6 echo; fragments of both IP versions; the same protocols
#   inside 802.1Q tags, and some 802.1ad double tags; one EtherType nobody knows; one runt (an IPv4 header cut short on the
#   wire); one record cut short by the recorder (captured length < original length).
#
# Every address is from a documentation range (RFC 5737, 3849, 6676, 7042), names are under example.com, and the two hosts
# exist only while this runs. The hosts' kernels speak for themselves, so sequence numbers differ from run to run; what is
# said, and in which order, does not. Timestamps count from a fixed instant.
#
# Needs root, iproute2 and python3, nothing else. Takes some five seconds and is stopped after ninety.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
output=$(realpath -m "${1:-$here/mixed.pcap}")

if [ "$(id -u)" -ne 0 ]; then
    echo "make-capture.sh: network namespaces need root; run it with sudo" >&2
    exit 2
fi
for tool in ip python3 timeout; do
    command -v "$tool" >/dev/null || { echo "make-capture.sh: $tool is missing: apt-get install iproute2 python3 coreutils" >&2; exit 2; }
done

client=ringfence-client-$$
server=ringfence-server-$$
work=$(mktemp -d)
children=()

cleanup() {
    for child in "${children[@]}"; do kill "$child" 2>/dev/null || true; done
    ip netns del "$client" 2>/dev/null || true
    ip netns del "$server" 2>/dev/null || true
    rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

within() { timeout --kill-after=2 90 ip netns exec "$@"; }

# Starts a python role in a namespace and waits until it says that it is ready.
start() {
    local namespace=$1 name=$2
    shift 2
    : >"$work/$name"
    within "$namespace" python3 "$@" >"$work/$name" &
    children+=($!)
    for _ in $(seq 200); do
        grep -q ready "$work/$name" && return
        kill -0 $! 2>/dev/null || break
        sleep 0.05
    done
    echo "make-capture.sh: $name did not start" >&2
    exit 4
}

ip netns add "$client"
ip netns add "$server"
ip link add wire0 address 00:00:5e:00:53:01 netns "$client" type veth \
    peer name wire0 address 00:00:5e:00:53:02 netns "$server"

for namespace in "$client" "$server"; do
    # No timestamps option and no random choices that these switches can take away; no router is there to be solicited.
    within "$namespace" sh -c '
        echo 0 >/proc/sys/net/ipv4/tcp_timestamps
        echo 0 >/proc/sys/net/ipv4/icmp_ratelimit
        echo 0 >/proc/sys/net/ipv6/icmp/ratelimit
        echo 0 >/proc/sys/net/ipv6/conf/default/router_solicitations
        echo 0 >/proc/sys/net/ipv6/conf/wire0/router_solicitations
        echo 0 >/proc/sys/net/ipv6/conf/wire0/use_tempaddr'
    ip -n "$namespace" link set lo up
done

# The recorder first: address detection and listener reports are traffic too.
start "$client" recorder "$here/wire.py" record wire0 "$output"
recorder=$!

for namespace in "$client" "$server"; do ip -n "$namespace" link set wire0 up; done
ip -n "$client" address add 192.0.2.1/24 broadcast + dev wire0
ip -n "$client" address add 192.0.2.23/24 dev wire0
ip -n "$client" address add 192.0.2.66/24 dev wire0
ip -n "$client" address add 2001:db8::1/64 dev wire0
ip -n "$server" address add 192.0.2.2/24 broadcast + dev wire0
ip -n "$server" address add 2001:db8::2/64 dev wire0

# 802.1Q in user space: a TAP device on each side whose frames travel tagged over the wire. The kernel's own VLAN devices
# are not everywhere; TAP is.
start "$server" server-vlan "$here/wire.py" tag wire0 vlan100 100 00:00:5e:00:53:12
start "$client" client-vlan "$here/wire.py" tag wire0 vlan100 100 00:00:5e:00:53:11
ip -n "$client" address add 198.51.100.1/24 dev vlan100
ip -n "$client" address add 2001:db8:100::1/64 dev vlan100
ip -n "$server" address add 198.51.100.2/24 dev vlan100
ip -n "$server" address add 2001:db8:100::2/64 dev vlan100

# Duplicate address detection takes a second or two; until it ends the addresses cannot be bound.
for _ in $(seq 100); do
    pending=$(ip -n "$client" -6 address show tentative; ip -n "$server" -6 address show tentative)
    [ -z "$pending" ] && break
    sleep 0.1
done

start "$server" server "$here/traffic.py" serve
within "$client" python3 "$here/traffic.py" talk
sleep 0.3
kill -TERM "$(sed -n 's/^ready //p' "$work/recorder")"
wait "$recorder" || { echo "make-capture.sh: the recorder failed" >&2; exit 4; }
tail -n 1 "$work/recorder"
