import Bytecode
import Enclosure
import PolicyCore
import ProgramPackage
import Prototypes
import Sandbox
import TestSupport
import Testing

/// Which helpers cells offer, and why the others are refused.
@Suite("The table of helpers", .serialized)
struct HelperTableTests {
    static let all: [UInt32] = Array(1...211) + WindowsNumbers.own

    @Test("every helper of Linux, and of eBPF for Windows, is offered, or refused with a reason, and not both")
    func complete() {
        var (offered, refused) = (0, 0)
        for id in Self.all {
            let isOffered = Helper(rawValue: id) != nil || HelperLowering.helpers.contains(id)
            // What reads memory is offered where events have some, and refused elsewhere.
            if HelperPrototype.memoryReaders.contains(id) {
                #expect(HelperPrototype.refusal(id) == .kernelMemory && !isOffered)
                for row in ProgramDescriptor.all where row.helpers.contains(id) {
                    #expect((HelperPrototype.refusal(id, in: row) == nil) == (row.events?.memory != nil))
                }
            }
            let refusal = HelperPrototype.refusal(id)
            #expect(isOffered != (refusal != nil), "\(HelperFunction(number: id))")
            if isOffered { offered += 1 } else { refused += 1 }
        }
        print("helpers offered: \(offered), refused with a reason: \(refused)")
        #expect(offered > 70 && refused > 100)
    }

    @Test(
        "no helper is both in the image and written in its place, and every reason is somebody's, a sentence of its own"
    )
    func reasons() {
        for id in HelperLowering.helpers { #expect(Helper(rawValue: id) == nil, "\(id)") }
        let used = Set(Self.all.compactMap { HelperPrototype.refusal($0) })
        #expect(used.count == HelperRefusal.allCases.count)
        #expect(Set(HelperRefusal.allCases.map { "\($0.reason)" }).count == HelperRefusal.allCases.count)
        for id: UInt32 in [0, 212, 223, 250, 255, 256, .max] { #expect(HelperPrototype.refusal(id) == nil) }
    }

    @Test("policy, verifier and reports call a helper by the same name")
    func names() {
        for id in Self.all {
            let name = "\(HelperPrototype.row(id)?.name ?? "none")"
            #expect("\(HelperFunction(number: id))" == name)
            #expect(HelperFunction(name: name)?.number == id)
        }
    }

    /// One program for each reason that a program of a type that runs can be given: what it calls, and how.
    static let refused: [(section: String, call: String, name: String, why: HelperRefusal)] = [
        ("tc", "bpf_skb_adjust_room(c, 8, 0, 0)", "bpf_skb_adjust_room", .packetResizing),
        ("tc", "bpf_skb_vlan_push(c, 8, 1)", "bpf_skb_vlan_push", .packetResizing),
        ("tc", "bpf_csum_level(c, 0)", "bpf_csum_level", .packetState),
        ("tc", "bpf_fib_lookup(c, b, 64, 0)", "bpf_fib_lookup", .routing),
        ("xdp", "bpf_fib_lookup(c, b, 64, 0)", "bpf_fib_lookup", .routing),
        ("tc", "bpf_clone_redirect(c, 1, 0)", "bpf_clone_redirect", .cloning),
        ("tc", "bpf_skb_get_tunnel_key(c, b, 28, 0)", "bpf_skb_get_tunnel_key", .tunnels),
        ("xdp", "bpf_tcp_raw_gen_syncookie_ipv4(b, b + 20, 20)", "bpf_tcp_raw_gen_syncookie_ipv4", .synCookies),
        ("cgroup/connect4", "bpf_bind(c, b, 16)", "bpf_bind", .sockets),
        ("cgroup/connect4", "bpf_setsockopt(c, 1, 2, b, 4)", "bpf_setsockopt", .socketOptions),
        ("cgroup/connect4", "bpf_get_retval()", "bpf_get_retval", .returnValue),
        ("sockops", "bpf_load_hdr_opt(c, b, 8, 0)", "bpf_load_hdr_opt", .headerOptions),
        ("tc", "bpf_probe_read_kernel(b, 8, (void *)8)", "bpf_probe_read_kernel", .kernelMemory),
        ("tp/x", "bpf_get_current_task()", "bpf_get_current_task", .kernelObjects),
        ("tp/x", "bpf_send_signal(9)", "bpf_send_signal", .taskControl),
        ("tp/x", "bpf_get_stack(c, b, 64, 0)", "bpf_get_stack", .stacks),
        ("tp/x", "bpf_get_ns_current_pid_tgid(1, 2, (void *)b, 8)", "bpf_get_ns_current_pid_tgid", .namespaces),
        ("tp/x", "bpf_get_current_ancestor_cgroup_id(1)", "bpf_get_current_ancestor_cgroup_id", .hierarchy),
        ("xdp", "bpf_check_mtu(c, 0, (void *)b, 0, 0)", "bpf_check_mtu", .deviceTables),
    ]

    @Test("a proven program that calls what is refused does not load, and is told the name and the reason")
    func refusals() throws {
        let fixture = try Fixture(.child)
        for test in Self.refused {
            let object = try Fixture.object(
                """
                SEC("\(test.section)") int f(void *c) { char b[64] = {}; return \(test.call) == 7; }
                """)
            var loaded = try ObjectLoader.load(object, in: fixture.jail)
            try ObjectLoader.verify(&loaded, programs: [0], in: fixture.jail)
            let program = try AdmittedProgram(from: loaded.package, verification: loaded.verification)
            #expect(
                program.execution == .verified, "\(test.call): \(loaded.verification.map { "\($0.programs)" } ?? "")")
            let facts = Facts(program: program.identity, hostKVM: .known(.usable, .observed))
            let permit = try Permit(try Fixture.decision(facts, ceiling: .interpChild), for: program)
            let refused = Fixture.missingHelpers { () throws in _ = try Sandbox(permit, in: fixture.cells) }
            #expect(
                refused?.helpers == [MissingHelper(name: test.name, reason: "\(test.why.reason)")], "\(test.call)")
        }
    }

    @Test(
        "what has one answer where there are no sockets gives it, and redirections that need a device become plain ones"
    )
    func answers() throws {
        let fixture = try Fixture(.child)
        var sandbox = try fixture.sandbox(
            """
            SEC("tc") int ask(struct __sk_buff *skb) {
                struct bpf_sock_tuple tuple = {};
                __u32 first = 0;
                struct bpf_sock *sk = bpf_sk_lookup_tcp(skb, &tuple, sizeof tuple.ipv4, -1, 0);
                if (sk) { bpf_sk_release(sk); return 2; }
                if (bpf_get_socket_uid(skb) != 65534 || bpf_skb_cgroup_id(skb) || bpf_get_cgroup_classid(skb)) return 2;
                if (bpf_get_route_realm(skb) || bpf_csum_update(skb, 1) != -524 || skb->sk) return 2;
                __u32 hash = bpf_get_hash_recalc(skb);
                bpf_set_hash_invalid(skb);
                if (skb->hash || bpf_get_hash_recalc(skb) != hash) return 2;
                bpf_skb_load_bytes(skb, 0, &first, 1);
                struct bpf_redir_neigh neighbour = {};
                switch (first) {
                case 0: return bpf_redirect_neigh(5, &neighbour, sizeof neighbour, 0);
                case 1: return bpf_redirect_neigh(6, 0, 0, 0);
                case 2: return bpf_redirect_neigh(6, 0, 0, 1);
                case 3: return bpf_redirect_neigh(6, &neighbour, 8, 0);
                case 4: return bpf_redirect_peer(7, 0);
                case 5: return bpf_redirect_peer(7, 1);
                default: return 0;
                }
            }
            """)
        let expected: [(name: String, interface: UInt32)] = [
            ("TC_ACT_REDIRECT", 5), ("TC_ACT_REDIRECT", 6), ("TC_ACT_SHOT", 0), ("TC_ACT_SHOT", 0),
            ("TC_ACT_REDIRECT", 7), ("TC_ACT_SHOT", 0), ("TC_ACT_OK", 0),
        ]
        for (first, expected) in expected.enumerated() {
            var event = Event(context: sandbox.layout.emptyContext)
            event.packet = [UInt8(first)] + [UInt8](repeating: 0, count: 59)
            sandbox.layout.prepare(&event)
            var buffer = [UInt8](repeating: 0, count: sandbox.options.maximumPayload)
            var context = sandbox.layout.emptyContext
            let result = try buffer.withUnsafeMutableBytes {
                try sandbox.decide(event, into: $0, context: &context, time: 1)
            }
            #expect(result.failure == nil)
            #expect("\(sandbox.layout.shape.verdicts.rows[result.verdict].name)" == expected.name)
            if expected.name == "TC_ACT_REDIRECT" { #expect(result.redirection == expected.interface) }
        }
    }

    @Test("ticks are counted from five minutes before the low half wraps, 250 in a second of the event's time")
    func ticks() throws {
        let fixture = try Fixture(.child)
        var sandbox = try fixture.sandbox(
            """
            struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 1); __type(key, __u32); __type(value, __u64); }
                ticks SEC(".maps");
            SEC("xdp") int count(struct xdp_md *xdp) {
                __u32 zero = 0;
                __u64 *value = bpf_map_lookup_elem(&ticks, &zero);
                if (value) *value = bpf_jiffies64();
                return 2;
            }
            """)
        for (time, expected): (UInt64, UInt64) in [
            (0, 4_294_892_296), (3_999_999, 4_294_892_296), (4_000_000, 4_294_892_297),
            (300_000_000_000, 4_294_967_296), (86_400_000_000_000_000, 4_294_892_296 + 86_400_000 * 250),
        ] {
            let event = Event(context: sandbox.layout.emptyContext)
            var buffer = [UInt8](repeating: 0, count: sandbox.options.maximumPayload)
            var context = sandbox.layout.emptyContext
            let result = try buffer.withUnsafeMutableBytes {
                try sandbox.decide(event, into: $0, context: &context, time: time)
            }
            #expect(result.failure == nil)
            let value = try sandbox.maps.map(named: "ticks").value(of: [0, 0, 0, 0], lane: 0)
            #expect(value == withUnsafeBytes(of: expected.littleEndian) { unsafe [UInt8]($0) })
        }
    }
}
