import Prototypes
import Testing

/// Section names and the types that they claim.
@Suite("Sections")
struct SectionTests {
    @Test(
        "libbpf's names claim their types",
        arguments: [
            ("xdp", 6), ("xdp.frags", 6), ("xdp/devmap", 6), ("xdp.frags/cpumap", 6), ("xdp_devmap/egress", 6),
            ("tc", 3), ("classifier", 3), ("tc/ingress", 3), ("tcx/egress", 3), ("netkit/peer", 3), ("action", 4),
            ("socket", 1), ("kprobe/do_unlinkat", 2), ("kretprobe/x", 2), ("uprobe", 2), ("uprobe.s/x", 2),
            ("kprobe.multi/x*", 2), ("kprobe.session/x", 2), ("usdt/a:b:c", 2), ("ksyscall/open", 2),
            ("tp/sched/sched_switch", 5), ("tracepoint/syscalls/x", 5), ("raw_tp/x", 17), ("raw_tracepoint.w/x", 24),
            ("perf_event", 7), ("cgroup/skb", 8), ("cgroup_skb/egress", 8), ("cgroup/sock", 9),
            ("cgroup/post_bind6", 9),
            ("cgroup/connect4", 18), ("cgroup/sendmsg_unix", 18), ("cgroup/getpeername6", 18), ("cgroup/dev", 15),
            ("cgroup/sysctl", 23), ("cgroup/setsockopt", 25), ("sockops", 13), ("sk_skb", 14), ("sk_skb/verdict", 14),
            ("sk_msg", 16), ("lwt_in", 10), ("lwt_out", 11), ("lwt_xmit", 12), ("lwt_seg6local", 19),
            ("lirc_mode2", 20), ("flow_dissector", 22), ("sk_reuseport", 21), ("sk_lookup", 30), ("fentry/x", 26),
            ("fexit.s/x", 26), ("iter/task", 26), ("tp_btf/x", 26), ("lsm/file_open", 29), ("lsm_cgroup/x", 29),
            ("freplace/x", 28), ("struct_ops/x", 27), ("syscall", 31), ("netfilter", 32),
            // Only eBPF for Windows has these.
            ("bind", 0x4000_0002), ("bind/1", 0x4000_0002), ("process", 0x4000_0006), ("sample_ext/0", 0x4000_03E7),
            ("cgroup/recv_accept4", 0x4000_0003), ("cgroup/connect_authorization6", 0x4000_0003),
            ("cgroup/listen4", 0x4000_0003),
        ] as [(String, UInt32)])
    func claims(_ section: String, _ type: UInt32) {
        #expect(ProgramDescriptor.row(section: section)?.linuxType == type)
        #expect(ProgramDescriptor.guess(section: section, objectName: "xdp.o")?.linuxType == type)
    }

    @Test(
        "a name that libbpf does not know claims nothing",
        arguments: [
            "", ".text", "bind4", "processes", "sample", "cgroup/listen", "xdp_pass", "xdpx", "tcp", "socket1",
            "kprobes", "kprobe.x", "2/7", "fentryx", "tp_", "XDP",
        ])
    func noClaims(_ section: String) {
        #expect(ProgramDescriptor.row(section: section) == nil)
    }

    @Test("what is attached where sleeping is allowed may sleep, and nothing else")
    func sleepers() {
        for row in ProgramDescriptor.all {
            for section in row.sections.map({ "\($0)" }) {
                let sleeps = section == "syscall" || section.hasSuffix(".s+")
                #expect(row.maySleep == sleeps, "\(section)")
            }
        }
    }

    @Test("no two rows claim the same section")
    func uniqueness() {
        let sections = ProgramDescriptor.all.flatMap { $0.sections.map { "\($0)" } }
        #expect(Set(sections).count == sections.count)
    }

    @Test(
        "where nothing claims a type it is guessed",
        arguments: [
            ("xdp_pass", [], "", 6), ("socket1", [], "", 1), ("kprobe_x", [], "", 2), ("cgroup/sock1", [], "", 9),
            ("2/7", ["2/7", "from-netdev"], "bpf_lxc.o", 3), ("2/7", ["2/7"], "bpf_xdp_snat_linux.o", 6),
            ("tail-3", ["xdp", "tail-3"], "datapath.o", 3), (".text", ["xdp/entry", "xdp/tail", ".text"], "", 6),
            (".text", ["xdp", "tc", ".text"], "", 3), (".text", [".text"], "twomaps.o", 3),
            ("len_hist", [], "", 11), ("my_xdp_prog", [], "", 6),
        ] as [(String, [String], String, UInt32)])
    func guesses(_ section: String, _ others: [String], _ object: String, _ type: UInt32) {
        let row = ProgramDescriptor.guess(section: section, objectSections: others, objectName: object)
        #expect(row?.linuxType == type)
    }

    @Test("the table of helpers has a row for every number, under its number, with a name of its own")
    func helperTable() {
        #expect(HelperPrototype.all.count == 212)
        #expect(Set(HelperPrototype.all.map { "\($0.name)" }).count == 212)
        for id: UInt32 in 1...211 { #expect(HelperPrototype.row(id)?.id == id) }
        for id: UInt32 in [0, 212, 255, 256, .max] { #expect(HelperPrototype.row(id) == nil) }
        // A set holds helpers below 256 and nothing else.
        for row in ProgramDescriptor.all {
            #expect(!row.helpers.contains(0) && !row.helpers.contains(212) && !row.helpers.contains(.max))
        }
    }

    /// Helpers that read memory for themselves: what they find, compare or compute tells nobody what the memory held.
    private static let readers: Set<UInt32> = [
        // Look-ups of sockets, routes and symbols; cookies, which are hashes under a secret.
        69, 84, 85, 99, 100, 110, 167, 179, 204, 205, 206, 207,
        // Numbers in strings, comparisons, options searched for; memory that a dynamic pointer stands for.
        105, 106, 142, 182, 197,
    ]

    @Test("a helper that reads memory publishes it, or is known not to")
    func publishing() {
        for row in HelperPrototype.all.dropFirst() {
            let reads = row.arguments.indices.contains { index in
                switch row.arguments[index] {
                case .optional, .mapValue, .mapValueOrNull, .readableMemory, .readableMemoryOrNull, .updatedMemory,
                    .updatedMemoryOrNull, .keptMemory, .readable20, .readable40:
                    true
                default: false
                }
            }
            let handsOver = [132, 194, 199].contains(row.id)
            #expect(
                row.traits.contains(.publishes) == (reads && !Self.readers.contains(row.id) || handsOver), "\(row.name)"
            )
        }
    }

    @Test("rows of helpers are consistent in themselves")
    func consistency() {
        for row in HelperPrototype.all.dropFirst() {
            #expect((row.callback != nil) == (row.arguments.contains(.callback)), "\(row.name)")
            let calls = row.traits.intersection([.callsOnce, .callsRepeatedly, .callsLater])
            #expect((row.callback != nil) == !calls.isEmpty, "\(row.name)")
            // What a ring hands out knows its map.
            let mapless: Set<UInt32> = [132, 133, 199, 200]
            if row.arguments.contains(.map) || mapless.contains(row.id) {
                #expect(row.maps.isEmpty == mapless.contains(row.id), "\(row.name)")
            } else {
                #expect(row.maps.isEmpty, "\(row.name)")
            }
            let behind = row.arguments.indices.drop { row.arguments[$0] != .unused }
            #expect(behind.allSatisfy { row.arguments[$0] == .unused }, "\(row.name)")
        }
    }
}
