"""The two hosts of the capture: `serve` answers, `talk` asks. One thing after the other, sizes from one seeded generator, so
that every run says the same in the same order."""
import random
import selectors
import socket
import struct
import subprocess
import sys
import threading
import time

CLIENT, SERVER = "192.0.2.1", "192.0.2.2"
BLOCKED = "192.0.2.66"  # a source that the example firewall blocks from the start
INTRUDER = "192.0.2.23"  # a source that it blocks after too many knocks on telnet
CLIENT6, SERVER6 = "2001:db8::1", "2001:db8::2"
TAGGED, TAGGED6 = "198.51.100.2", "2001:db8:100::2"
MULTICAST = "233.252.0.251"
HTTP, TELNET, DNS, DISCARD, CLOSED = 80, 23, 53, 9, 4242
SERVER_MAC, CLIENT_MAC = bytes.fromhex("00005e005302"), bytes.fromhex("00005e005301")

choice = random.Random(9669)
next_port = 40_000


def family_of(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET




def answer_stream(connection, respond):
    with connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for line in connection.makefile("rb"):
            if line.strip():
                connection.sendall(respond(line))


def http(line):
    size = int(line.split()[1].rsplit(b"/", 1)[1])
    body = random.Random(size).randbytes(size // 2).hex().encode().ljust(size, b".")
    return b"HTTP/1.1 200 OK\r\nServer: example.com\r\nContent-Length: %d\r\n\r\n" % size + body


def telnet(line):
    return b"\xff\xfb\x01login incorrect: " + line


def serve():
    poll = selectors.DefaultSelector()
    for family in (socket.AF_INET, socket.AF_INET6):
        for port, respond in ((HTTP, http), (TELNET, telnet)):
            listener = socket.socket(family, socket.SOCK_STREAM)
            if family == socket.AF_INET6:
                listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(("", port))
            listener.listen(64)
            poll.register(listener, selectors.EVENT_READ, respond)
        for port in (DNS, DISCARD):
            datagrams = socket.socket(family, socket.SOCK_DGRAM)
            if family == socket.AF_INET6:
                datagrams.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            datagrams.bind(("", port))
            poll.register(datagrams, selectors.EVENT_READ, port)
    print("ready", flush=True)
    while True:
        for key, _ in poll.select():
            if key.data == DISCARD:
                key.fileobj.recvfrom(65_536)
            elif key.data == DNS:
                question, sender = key.fileobj.recvfrom(65_536)
                key.fileobj.sendto(dns_answer(question), sender)
            else:
                connection, _ = key.fileobj.accept()
                threading.Thread(target=answer_stream, args=(connection, key.data), daemon=True).start()


def dns_question(identifier, name):
    labels = b"".join(bytes([len(part)]) + part.encode() for part in name.split("."))
    return struct.pack("!6H", identifier, 0x0100, 1, 0, 0, 0) + labels + b"\0" + struct.pack("!HH", 1, 1)


def dns_answer(question):
    if len(question) > 512:  # the fragmented ones: a short answer to a long question
        return struct.pack("!6H", struct.unpack("!H", question[:2])[0], 0x8181, 0, 0, 0, 0)
    record = struct.pack("!HHHIH4s", 0xC00C, 1, 1, 300, 4, socket.inet_aton("192.0.2.80"))
    return question[:2] + struct.pack("!5H", 0x8180, 1, 1, 0, 0) + question[12:] + record




def open_socket(kind, server, source=None):
    """A socket bound to the next source port, so that the kernel does not choose one."""
    global next_port
    asking = socket.socket(family_of(server), kind)
    asking.settimeout(5)
    asking.bind((source or "", next_port))
    next_port += 1
    return asking


def stream(server, port, lines, source=None):
    """One connection, one line after the other, each answered in full before the next."""
    with open_socket(socket.SOCK_STREAM, server, source) as connection:
        connection.connect((server, port))
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for line in lines:
            connection.sendall(line)
            received = b""
            while not complete(port, received):
                received += connection.recv(65_536)
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(65_536):
            pass


def complete(port, received):
    if port == TELNET:
        return received.endswith(b"\n")
    head, blank, body = received.partition(b"\r\n\r\n")
    return bool(blank) and len(body) == int(head.rsplit(b" ", 1)[1])


def page(size):
    return b"GET /page/%d HTTP/1.1\r\n" % size


def ask(server, count, source=None):
    with open_socket(socket.SOCK_DGRAM, server, source) as asking:
        for _ in range(count):
            name = f"{choice.choice(['www', 'mail', 'time', 'files'])}{choice.randrange(100)}.example.com"
            asking.sendto(dns_question(choice.randrange(65_536), name), (server, DNS))
            asking.recv(65_536)


def ask_at_length(server, sizes):
    """Questions larger than the MTU leave in fragments."""
    with open_socket(socket.SOCK_DGRAM, server) as asking:
        for size in sizes:
            asking.sendto(choice.randbytes(size), (server, DNS))
            asking.recv(65_536)


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def ping(server, sizes, identifier):
    six = family_of(server) == socket.AF_INET6
    request, reply = (128, 129) if six else (8, 0)
    protocol = socket.IPPROTO_ICMPV6 if six else socket.IPPROTO_ICMP
    with socket.socket(family_of(server), socket.SOCK_RAW, protocol) as raw:
        raw.settimeout(5)
        for sequence, size in enumerate(sizes):
            body = choice.randbytes(size & ~1)
            head = struct.pack("!BBHHH", request, 0, 0, identifier, sequence)
            if not six:
                head = struct.pack("!BBHHH", request, 0, checksum(head + body), identifier, sequence)
            raw.sendto(head + body, (server, 0))
            while True:
                answer = raw.recv(65_536)
                answer = answer if six else answer[(answer[0] & 15) * 4 :]
                if answer[0] == reply and answer[4:8] == struct.pack("!HH", identifier, sequence):
                    break


def refused(server, count):
    """A closed port answers TCP with a reset and UDP with an ICMP error."""
    for _ in range(count):
        with open_socket(socket.SOCK_STREAM, server) as connection:
            try:
                connection.connect((server, CLOSED))
            except ConnectionRefusedError:
                pass
        with open_socket(socket.SOCK_DGRAM, server) as asking:
            asking.connect((server, CLOSED))
            asking.send(b"is anybody there?")
            try:
                asking.recv(16)
            except ConnectionRefusedError:
                pass


def announce(address, count):
    with open_socket(socket.SOCK_DGRAM, address, CLIENT) as speaking:
        speaking.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        speaking.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(CLIENT))
        for number in range(count):
            speaking.sendto(b"announcement %d" % number, (address, DISCARD + 4000))


def with_options(server, count):
    """Router alert (RFC 2113): an IPv4 header of six words rather than five."""
    with open_socket(socket.SOCK_DGRAM, server) as asking:
        asking.setsockopt(socket.IPPROTO_IP, socket.IP_OPTIONS, bytes([0x94, 4, 0, 0]))
        for number in range(count):
            asking.sendto(dns_question(number, "options.example.com"), (server, DNS))
            asking.recv(65_536)


def odd_frames():
    """What no socket would send: double tags, an unknown EtherType, and a runt."""
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as wire:
        wire.bind(("wire0", 0))
        for number in range(6):
            question = dns_question(number, "double.example.com")
            udp = struct.pack("!HHHH", 5_353, DNS, 8 + len(question), 0) + question
            head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), number, 0, 64, 17, 0,
                               socket.inet_aton("203.0.113.1"), socket.inet_aton("203.0.113.2"))
            head = head[:10] + struct.pack("!H", checksum(head)) + head[12:]
            tags = struct.pack("!HHHHH", 0x88A8, 200, 0x8100, 100 + number, 0x0800)
            wire.send(SERVER_MAC + CLIENT_MAC + tags + head + udp)
        for number in range(4):  # IEEE 802 local experimental EtherType
            wire.send(SERVER_MAC + CLIENT_MAC + struct.pack("!HI", 0x88B5, number).ljust(48, b"\0"))
        wire.send(SERVER_MAC + CLIENT_MAC + b"\x08\x00\x45\x00\x00\x1c\x00\x01")


def forget_neighbours():
    """Makes both protocols ask again who has an address."""
    subprocess.run(["ip", "neigh", "flush", "dev", "wire0"], check=True)


def bulk(server, size):
    stream(server, HTTP, [page(size) + b"\r\n"])


def talk():
    for round_number in range(10):
        forget_neighbours()
        for server in (SERVER, SERVER6, SERVER):
            for _ in range(2):
                stream(server, HTTP, [page(choice.randrange(80, 700)) + b"\r\n"])
        ask(SERVER, 20)
        ask(SERVER6, 10)
        ping(SERVER, [choice.randrange(16, 200) for _ in range(12)], 0x1000 + round_number)
        ping(SERVER6, [choice.randrange(16, 200) for _ in range(6)], 0x6000 + round_number)
        stream(TAGGED, HTTP, [page(choice.randrange(80, 400)) + b"\r\n"])
        ask(TAGGED, 4)
        ping(TAGGED, [32, 64], 0x1100 + round_number)
        ping(TAGGED6, [32], 0x6100 + round_number)
        stream(SERVER, TELNET, [b"operator\r\n", b"guess %d\r\n" % round_number], source=INTRUDER)
        ask(SERVER, 1, source=INTRUDER)
        stream(SERVER, HTTP, [page(64) + b"\r\n"], source=BLOCKED)
        ask(SERVER, 2, source=BLOCKED)
        refused(SERVER, 1)
        refused(SERVER6, 1)
        announce("192.0.2.255", 1)
        announce(MULTICAST, 1)
        ask_at_length(SERVER, [choice.randrange(1_500, 4_000)])
        with_options(SERVER, 1)
    stream(SERVER, HTTP, [page(choice.randrange(60, 300)) + b"\r\n" for _ in range(120)])
    stream(SERVER6, TELNET, [b"operator\r\n"])
    ask_at_length(SERVER6, [1_600, 2_900, 3_900])
    ask_at_length(TAGGED, [2_000])
    ping(SERVER, [3_000, 2_000], 0x2000)
    ping(SERVER6, [3_000, 2_000], 0x7000)
    bulk(SERVER, 60_000)
    bulk(SERVER6, 40_000)
    bulk(TAGGED6, 8_000)
    odd_frames()
    with open_socket(socket.SOCK_DGRAM, SERVER) as asking:
        asking.sendto(choice.randbytes(900), (SERVER, DISCARD))
    time.sleep(0.1)


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["serve"]:
            serve()
        case ["talk"]:
            talk()
        case _:
            sys.exit("usage: traffic.py serve|talk")
