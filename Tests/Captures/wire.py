"""What happens on the wire: `record` writes every frame of an interface to a pcap file; `tag` joins a TAP device to an
interface through 802.1Q tags. Both need root and only the standard library."""
import array
import errno
import fcntl
import os
import select
import signal
import socket
import struct
import sys

ETH_P_ALL = 0x0003
SOL_PACKET, PACKET_STATISTICS, PACKET_AUXDATA, PACKET_OUTGOING = 263, 6, 8, 4
TP_STATUS_VLAN_VALID, TP_STATUS_VLAN_TPID_VALID = 1 << 4, 1 << 6
SO_TIMESTAMPNS, SO_RCVBUFFORCE = 35, 33
SIOCETHTOOL, SIOCGIFFLAGS, SIOCSIFFLAGS, SIOCSIFHWADDR, SIOCSIFMTU = 0x8946, 0x8913, 0x8914, 0x8924, 0x8922
ETHTOOL_STXCSUM, ETHTOOL_STSO, ETHTOOL_SGSO, ETHTOOL_SGRO = 0x17, 0x1F, 0x24, 0x2C
TUNSETIFF, IFF_TAP, IFF_NO_PI, IFF_UP, ARPHRD_ETHER = 0x400454CA, 0x0002, 0x1000, 1, 1

# The one datagram that goes to the discard port is recorded as a short snapshot length would have left it.
CUT_PORT, CUT_LENGTH = 9, 64
# The first frame's time, 2024-01-01 00:00:00 UTC, so that the file does not depend on when it was made.
EPOCH = 1_704_067_200


def plain_frames(interface):
    """Switches off what lets frames larger than the MTU, or without a checksum, cross a virtual wire."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        for command in (ETHTOOL_STXCSUM, ETHTOOL_STSO, ETHTOOL_SGSO, ETHTOOL_SGRO):
            value = array.array("I", [command, 0])
            request = struct.pack("16sP16x", interface.encode(), value.buffer_info()[0])
            fcntl.ioctl(control, SIOCETHTOOL, request)


def open_wire(interface):
    wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
    wire.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 32 << 20)
    wire.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
    wire.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
    wire.bind((interface, ETH_P_ALL))
    return wire


def receive(wire):
    """One frame as it crossed the wire: (bytes, nanoseconds, whether we sent it). The kernel takes the outer tag out of
    what it receives and reports it beside the frame; here it goes back in."""
    frame, ancillary, _, address = wire.recvmsg(70_000, 256)
    time = 0
    for level, kind, data in ancillary:
        if level == SOL_PACKET and kind == PACKET_AUXDATA:
            status, _, _, _, _, tag, protocol = struct.unpack("IIIHHHH", data[:20])
            if status & TP_STATUS_VLAN_VALID:
                protocol = protocol if status & TP_STATUS_VLAN_TPID_VALID else 0x8100
                frame = frame[:12] + struct.pack("!HH", protocol, tag) + frame[12:]
        elif level == socket.SOL_SOCKET and kind == SO_TIMESTAMPNS:
            seconds, nanoseconds = struct.unpack("qq", data[:16])
            time = seconds * 1_000_000_000 + nanoseconds
    return frame, time, address[2] == PACKET_OUTGOING


def record(interface, path):
    plain_frames(interface)
    wire = open_wire(interface)
    stop_read, stop_write = os.pipe()
    signal.signal(signal.SIGTERM, lambda *_: os.write(stop_write, b"x"))
    print("ready", os.getpid(), flush=True)

    frames, stopping = [], False
    while True:
        ready, _, _ = select.select([wire, stop_read], [], [], 0.2 if stopping else None)
        stopping = stopping or stop_read in ready
        if wire in ready:
            try:
                frame, time, _ = receive(wire)
            except OSError as error:
                if error.errno == errno.ENETDOWN:  # said once, when the recorder starts before the interface is up
                    continue
                raise
            frames.append((time, frame))
        elif stopping:
            break

    seen, dropped = struct.unpack("II", wire.getsockopt(SOL_PACKET, PACKET_STATISTICS, 8))
    if dropped:
        sys.exit(f"the kernel dropped {dropped} of {seen} frames")
    frames.sort(key=lambda item: item[0])
    cut = 0
    with open(path, "wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65_535, 1))
        for time, frame in frames:
            microseconds = EPOCH * 1_000_000 + (time - frames[0][0]) // 1_000
            kept = len(frame)
            if frame[12:14] == b"\x08\x00" and frame[23:24] == b"\x11" and frame[36:38] == struct.pack("!H", CUT_PORT):
                kept, cut = CUT_LENGTH, cut + 1
            file.write(struct.pack("<IIII", *divmod(microseconds, 1_000_000), kept, len(frame)))
            file.write(frame[:kept])
    print(f"{path}: {len(frames)} packets, {os.path.getsize(path)} bytes, {cut} cut short", flush=True)


def tag(interface, name, identifier, address):
    """The device `name`, whose frames are 802.1Q-tagged with `identifier` on `interface`."""
    plain_frames(interface)
    wire = open_wire(interface)
    device = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TAP | IFF_NO_PI))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        hardware = bytes.fromhex(address.replace(":", ""))
        fcntl.ioctl(control, SIOCSIFHWADDR, struct.pack("16sH6s16x", name.encode(), ARPHRD_ETHER, hardware))
        # The tag takes four bytes of what the wire carries.
        fcntl.ioctl(control, SIOCSIFMTU, struct.pack("16si20x", name.encode(), 1_496))
        request = struct.pack("16sH22x", name.encode(), 0)
        flags = struct.unpack("16sH22x", fcntl.ioctl(control, SIOCGIFFLAGS, request))[1]
        fcntl.ioctl(control, SIOCSIFFLAGS, struct.pack("16sH22x", name.encode(), flags | IFF_UP))
    print("ready", os.getpid(), flush=True)
    marker = struct.pack("!HH", 0x8100, identifier)
    while True:
        ready, _, _ = select.select([wire, device], [], [])
        if device in ready:
            frame = os.read(device, 70_000)
            wire.send(frame[:12] + marker + frame[12:])
        if wire in ready:
            frame, _, ours = receive(wire)
            if not ours and frame[12:16] == marker:
                os.write(device, frame[:12] + frame[16:])


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["record", interface, path]:
            record(interface, path)
        case ["tag", interface, name, identifier, address]:
            tag(interface, name, int(identifier), address)
        case _:
            sys.exit("usage: wire.py record INTERFACE FILE | wire.py tag INTERFACE NAME IDENTIFIER ADDRESS")
