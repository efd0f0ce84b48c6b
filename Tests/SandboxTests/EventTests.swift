import Channel
import Enclosure
import Foundation
import PolicyCore
import ProgramPackage
import Prototypes
import Sandbox
import TestSupport
import Testing

/// Programs of every type that runs, on events of theirs, in a guest or a child.
@Suite("Events of every type", .serialized)
struct EventTests {
    static let kinds = EnclosureKind.allCases.filter { KVM.isUsable || $0 != .guest }

    static func run(
        _ sandbox: inout Sandbox, _ lines: String
    ) throws -> [(result: EventResult, context: [UInt8], packet: [UInt8], verdict: String)] {
        var reader = EventLines(sandbox.layout)
        var event = Event(context: sandbox.layout.emptyContext)
        var all: [(result: EventResult, context: [UInt8], packet: [UInt8], verdict: String)] = []
        while try reader.next(in: Array(lines.utf8), &event) {
            var buffer = [UInt8](repeating: 0, count: sandbox.options.maximumPayload)
            var context = sandbox.layout.emptyContext
            let result = try buffer.withUnsafeMutableBytes {
                try sandbox.decide(event, into: $0, context: &context, time: 1)
            }
            let name = "\(sandbox.layout.shape.verdicts.rows[result.verdict].name)"
            all.append((result, context, Array(buffer.prefix(result.size)), name))
        }
        return all
    }

    @Test(
        "a connect program sees address, socket and process, denies by name, and rewrites what it may", arguments: kinds
    )
    func connect(in kind: EnclosureKind) throws {
        let fixture = try Fixture(kind)
        var sandbox = try fixture.sandbox(
            """
            SEC("cgroup/connect4") int guard(struct bpf_sock_addr *context) {
                __u64 process = bpf_get_current_pid_tgid() >> 32;
                if (context->user_ip4 == 0x0100000a) return 0;
                if (!context->sk || context->sk->family != 2) return 0;
                context->user_ip4 = 0x0200007f;
                context->user_port = __builtin_bswap16(process);
                return 1;
            }
            """)
        let outcomes = try Self.run(
            &sandbox,
            """
            {"user_ip4": "10.0.0.1", "user_port": "443", "sk": {"family": 2}}
            {"user_ip4": "10.0.0.2", "user_port": "443", "sk": {"family": 2}, "pid": 8080}
            {"user_ip4": "10.0.0.2", "sk": {"family": 10}}
            """)
        #expect(outcomes.map(\.verdict) == ["CONNECT deny", "CONNECT allow", "CONNECT deny"])
        #expect(outcomes.allSatisfy { $0.result.failure == nil })
        #expect(Array(outcomes[1].context[4..<8]) == [127, 0, 0, 2])
        #expect(Array(outcomes[1].context[24..<26]) == [0x1F, 0x90])
        // The pointer to the socket is the cell's, and no field of the event.
        #expect(Array(outcomes[1].context[64..<72]) == [UInt8](repeating: 0, count: 8))
    }

    @Test(
        "a store to a field that may not be written is a fault, and the policy's answer is the type's own",
        arguments: kinds, [(FailureVerdict.closed, "CONNECT deny"), (.open, "CONNECT allow")])
    func forbiddenStore(in kind: EnclosureKind, expected: (onFailure: FailureVerdict, name: String)) throws {
        let fixture = try Fixture(kind)
        var sandbox = try fixture.sandbox(
            """
            SEC("cgroup/connect4") int guard(struct bpf_sock_addr *context) {
                *(volatile __u32 *)&context->family = 9;
                return 1;
            }
            """, onFailure: expected.onFailure)
        let outcome = try Self.run(&sandbox, "{}")[0]
        guard case .program(let fault)? = outcome.result.failure else {
            Issue.record("it was let through")
            return
        }
        #expect(fault.kind == .outOfBoundsWrite)
        #expect(outcome.verdict == expected.name)
    }

    @Test("a classifier rewrites packet and mark; a result that is none is TC_ACT_UNSPEC", arguments: kinds)
    func classifier(in kind: EnclosureKind) throws {
        let fixture = try Fixture(kind)
        var sandbox = try fixture.sandbox(
            """
            SEC("tc") int classify(struct __sk_buff *skb) {
                __u8 *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
                if (data + 14 > end) return 2;
                if (skb->protocol != 0x0008 || skb->len != end - data) return 2;
                skb->mark = 77;
                skb->cb[1] = skb->mark + 1;
                __u8 byte = 0xee;
                if (bpf_skb_store_bytes(skb, 0, &byte, 1, 0)) return 2;
                data = (void *)(long)skb->data; end = (void *)(long)skb->data_end;
                if (data + 14 > end) return 2;
                if (data[0] != 0xee) return 2;
                if (data[1] == 1) return 99;
                return data[1] == 2 ? bpf_redirect(5, 0) : 0;
            }
            """)
        let outcomes = try Self.run(
            &sandbox,
            ["00", "01", "02"].map { #"{"packet": "00\#($0)00000000000000000000080045"}"# }.joined(separator: "\n"))
        #expect(outcomes.map(\.verdict) == ["TC_ACT_OK", "TC_ACT_UNSPEC", "TC_ACT_REDIRECT"])
        #expect(outcomes[2].result.redirection == 5)
        for outcome in outcomes {
            #expect(outcome.packet[0] == 0xEE)
            #expect(outcome.context[8] == 77)
            #expect(outcome.context[52] == 78)
        }
    }

    @Test(
        "a program at the network sees the header before it, and is given no link that is not there", arguments: kinds)
    func cgroupPacket(in kind: EnclosureKind) throws {
        let fixture = try Fixture(kind)
        var sandbox = try fixture.sandbox(
            """
            SEC("cgroup_skb/egress") int egress(struct __sk_buff *skb) {
                __u16 type = 0; __u8 version = 0;
                long missing = bpf_skb_load_bytes_relative(skb, 12, &type, 2, 0);
                if (bpf_skb_load_bytes_relative(skb, 0, &version, 1, 1) || version != 0x45) return 0;
                if (bpf_skb_load_bytes(skb, 0, &version, 1) || version != 0x45) return 0;
                if (missing) return 3;
                return type == 0x0008;
            }
            """)
        let layout = sandbox.layout
        var event = Event(context: layout.emptyContext)
        event.packet = [UInt8](repeating: 0, count: 12) + [8, 0, 0x45] + [UInt8](repeating: 0, count: 40)
        layout.prepare(&event)
        var buffer = [UInt8](repeating: 0, count: sandbox.options.maximumPayload)
        var context = layout.emptyContext
        let result = try buffer.withUnsafeMutableBytes {
            try sandbox.decide(event, into: $0, context: &context, time: 1)
        }
        #expect("\(layout.shape.verdicts.rows[result.verdict].name)" == "EGRESS allow")
        #expect(result.size == 41)
        let written = try Self.run(&sandbox, #"{"packet": "4500000000"}"#)[0]
        #expect(written.verdict == "EGRESS allow, congestion")
    }

    @Test("a socket filter keeps as many bytes as it says", arguments: kinds)
    func socketFilter(in kind: EnclosureKind) throws {
        let fixture = try Fixture(kind)
        var sandbox = try fixture.sandbox(
            """
            SEC("socket") int filter(struct __sk_buff *skb) {
                __u8 first = 0;
                bpf_skb_load_bytes(skb, 0, &first, 1);
                return first == 0 ? 0 : first == 1 ? 10 : 0xffff;
            }
            """)
        let rest = String(repeating: "00", count: 19)
        let outcomes = try Self.run(
            &sandbox, ["00", "01", "02"].map { #"{"packet": "\#($0)\#(rest)"}"# }.joined(separator: "\n"))
        #expect(outcomes.map(\.verdict) == ["drop", "keep a part", "keep"])
    }

    @Test("records of system calls and raw arguments arrive whole, the last word too", arguments: kinds)
    func tracing(in kind: EnclosureKind) throws {
        let fixture = try Fixture(kind)
        var enter = try fixture.sandbox(
            """
            struct enter { __u64 common; long id; unsigned long args[6]; unsigned long rest[248]; };
            SEC("tracepoint/syscalls/sys_enter_openat") int open(struct enter *context) {
                return context->id == 257 && context->args[5] == 6 && context->rest[247] == 0;
            }
            """)
        let outcomes = try Self.run(
            &enter, #"{"id": 257, "args": [1, 2, 3, 4, 5, 6]}"# + "\n" + #"{"id": 256, "args": [1, 2, 3, 4, 5, 6]}"#)
        #expect(outcomes.map(\.verdict) == ["TRACEPOINT pass", "TRACEPOINT filter"])
        var raw = try fixture.sandbox(
            """
            SEC("raw_tp/sys_enter") int raw(struct bpf_raw_tracepoint_args *context) {
                return context->args[1] == 42 ? 7 : 8;
            }
            """)
        #expect(try Self.run(&raw, #"{"args": [0, 42]}"#)[0].result.result == 7)
        var operations = try fixture.sandbox(
            """
            SEC("sockops") int operations(struct bpf_sock_ops *context) {
                if (context->op != 3 || context->sk) return 0;
                context->reply = context->args[1] + 1;
                return bpf_ntohl_(context->remote_port) == 443;
            }
            """.replacing("bpf_ntohl_", with: "__builtin_bswap32"))
        let reply = try Self.run(&operations, #"{"op": 3, "args": [0, 40], "remote_port": "443"}"#)[0]
        #expect(reply.verdict == "SOCK_OPS reply")
        #expect(reply.context[4] == 41)
        var socket = try fixture.sandbox(
            """
            SEC("cgroup/sock_create") int create(struct bpf_sock *context) {
                context->mark = 9;
                return context->type == 1;
            }
            """)
        let created = try Self.run(&socket, #"{"type": 1}"# + "\n" + #"{"type": 2}"#)
        #expect(created.map(\.verdict) == ["SOCK_CREATE allow", "SOCK_CREATE deny"])
        #expect(created[0].context[16] == 9)
    }
}

/// What helpers read of the memory that an event brings along (bpf_probe_read_user and its kin).
@Suite("Memory that events bring along", .serialized)
struct EventMemoryTests {
    /// Reads `size` bytes at an address into a buffer of 0xEE, by a helper; what it gives, and the sum of the buffer's bytes.
    private static let reading = """
        struct enter { __u64 common; __u64 id; __u64 args[6]; };
        SEC("tracepoint/syscalls/sys_enter_openat") int read(struct enter *context) {
            char bytes[32];
            __builtin_memset(bytes, 0xee, sizeof bytes);
            __u64 size = context->args[2];
            void *address = (void *)context->args[1];
            long got = -1;
            if (size > sizeof bytes) return 0;
            switch (context->args[0]) {
            case 4: got = bpf_probe_read(bytes, size, address); break;
            case 45: got = bpf_probe_read_str(bytes, size, address); break;
            case 112: got = bpf_probe_read_user(bytes, size, address); break;
            case 113: got = bpf_probe_read_kernel(bytes, size, address); break;
            case 114: got = bpf_probe_read_user_str(bytes, size, address); break;
            case 115: got = bpf_probe_read_kernel_str(bytes, size, address); break;
            }
            int sum = 0;
            for (int i = 0; i < 32; i++) sum += (__u8)bytes[i];
            return (got & 0xffff) << 16 | sum;
        }
        """

    private struct Read {
        var helper: Int
        var address: String
        var size: Int
        var gives: Int
        /// What is in the buffer then; behind it is what was there before.
        var bytes: [UInt8]
    }

    @Test(
        "what is there whole is copied, what is not is an error and zeros, and texts end, as on Linux",
        arguments: EventTests.kinds)
    func reads(in kind: EnclosureKind) throws {
        let fixture = try Fixture(kind)
        var sandbox = try fixture.sandbox(Self.reading)
        let hello = Array("hello".utf8)
        let cases = [
            Read(helper: 112, address: "0x1000", size: 5, gives: 0, bytes: hello),
            Read(helper: 112, address: "0x1001", size: 4, gives: 0, bytes: Array(hello[1...])),
            Read(helper: 112, address: "0x1000", size: 7, gives: -14, bytes: [UInt8](repeating: 0, count: 7)),
            Read(helper: 112, address: "0x0fff", size: 2, gives: -14, bytes: [0, 0]),
            Read(helper: 112, address: "0x1006", size: 1, gives: -14, bytes: [0]),
            Read(helper: 112, address: "0xffffffffffffffff", size: 1, gives: -14, bytes: [0]),
            Read(helper: 112, address: "0x5", size: 0, gives: 0, bytes: []),
            // Two parts that touch are one piece of memory.
            Read(helper: 112, address: "0x20fe", size: 4, gives: 0, bytes: [1, 2, 3, 4]),
            Read(helper: 112, address: "0x2000", size: 32, gives: 0, bytes: [UInt8](repeating: 9, count: 32)),
            Read(helper: 114, address: "0x1000", size: 32, gives: 6, bytes: hello + [0]),
            Read(helper: 114, address: "0x1000", size: 6, gives: 6, bytes: hello + [0]),
            Read(helper: 114, address: "0x1000", size: 3, gives: 3, bytes: Array("he".utf8) + [0]),
            Read(helper: 114, address: "0x1000", size: 1, gives: 1, bytes: [0]),
            Read(helper: 114, address: "0x1000", size: 0, gives: 0, bytes: []),
            Read(helper: 114, address: "0x20fe", size: 20, gives: -14, bytes: [UInt8](repeating: 0, count: 20)),
            Read(helper: 114, address: "0x3000", size: 2, gives: -14, bytes: [0, 0]),
            // Whose memory an address is of.
            Read(helper: 112, address: "0xffffc90000000000", size: 2, gives: -14, bytes: [0, 0]),
            Read(helper: 113, address: "0xffffc90000000000", size: 2, gives: 0, bytes: [7, 8]),
            Read(helper: 113, address: "0x1000", size: 2, gives: -34, bytes: [0, 0]),
            Read(helper: 115, address: "0xffffc90000000000", size: 9, gives: 3, bytes: [7, 8, 0]),
            Read(helper: 115, address: "0x1000", size: 2, gives: -34, bytes: [0, 0]),
            Read(helper: 4, address: "0x1000", size: 2, gives: 0, bytes: Array(hello[..<2])),
            Read(helper: 4, address: "0xffffc90000000000", size: 2, gives: 0, bytes: [7, 8]),
            Read(helper: 45, address: "0x1002", size: 9, gives: 4, bytes: Array("llo".utf8) + [0]),
        ]
        let filler = String(repeating: "09", count: 0xFE)
        for what in cases {
            let line = """
                {"id": 257, "args": [\(what.helper), "\(what.address)", \(what.size)], "memory": [
                {"at": "0x1000", "text": "hello"}, {"at": "0x2100", "bytes": "0304"},
                {"at": "0x2000", "bytes": "\(filler)0102"}, {"at": "0xffffc90000000000", "bytes": "070800"}]}
                """.replacing("\n", with: "")
            let outcome = try EventTests.run(&sandbox, line)[0]
            let left = what.bytes.reduce(0) { $0 + Int($1) } + (32 - what.bytes.count) * 0xEE
            let wanted = UInt32(truncatingIfNeeded: (what.gives & 0xFFFF) << 16 | left)
            #expect(outcome.result.failure == nil)
            #expect(UInt32(truncatingIfNeeded: outcome.result.result) == wanted, "\(what)")
        }
        // An event without any, after one that had some.
        let bare = try EventTests.run(&sandbox, #"{"id": 257, "args": [112, 4096, 2]}"#)[0]
        #expect(UInt32(truncatingIfNeeded: bare.result.result) >> 16 == 0xFFF2)
    }

    @Test("memory that is no list of places and bytes is refused, and more than fits too")
    func refusals() throws {
        let fixture = try Fixture(.child)
        let sandbox = try fixture.sandbox(Self.reading)
        for memory in [
            "5", #"[5]"#, #"[{"at": 1}]"#, #"[{"text": "a"}]"#, #"[{"at": "x", "text": "a"}]"#,
            #"[{"at": 1, "bytes": "0"}]"#, #"[{"at": 1, "bytes": "\#(String(repeating: "00", count: 13_000))"}]"#,
        ] {
            var reader = EventLines(sandbox.layout)
            var event = Event(context: sandbox.layout.emptyContext)
            #expect(throws: EventLineError.self) {
                _ = try reader.next(in: Array(#"{"memory": \#(memory)}"#.utf8), &event)
            }
        }
    }
}

@Suite("What is refused before it runs", .serialized)
struct EventRefusalTests {
    @Test("a proven program that calls a helper of a kernel's is refused by the helper's name")
    func missingHelper() throws {
        let fixture = try Fixture(.child)
        let object = try Fixture.object(
            """
            SEC("tc") int grow(struct __sk_buff *skb) { return bpf_skb_vlan_push(skb, 0x0081, 1) ? 2 : 0; }
            """)
        var loaded = try ObjectLoader.load(object, in: fixture.jail)
        try ObjectLoader.verify(&loaded, programs: [0], in: fixture.jail)
        let program = try AdmittedProgram(from: loaded.package, verification: loaded.verification)
        #expect(program.execution == .verified)
        let permit = try Permit(
            try Fixture.decision(
                Facts(program: program.identity, hostKVM: .known(.usable, .observed)), ceiling: .interpChild),
            for: program)
        let (name, helpers) = try #require(
            Fixture.missingHelpers { () throws in _ = try Sandbox(permit, in: fixture.cells) })
        #expect(name == "grow")
        #expect(helpers.map(\.name) == ["bpf_skb_vlan_push"])
    }
}
