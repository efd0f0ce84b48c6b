package import PolicyCore
internal import Prototypes

extension ProgramType {
    /// The type that libbpf takes a section name for (`section_defs` in `tools/lib/bpf/libbpf.c`): the verifier's table
    /// knows, or else the part before a slash or dot.
    package init?(section: String) {
        if let row = ProgramDescriptor.row(section: section), let type = ProgramType(rawValue: "\(row.name)") {
            self = type
            return
        }
        let head = String(section.prefix { $0 != "/" && $0 != "." })
        guard let type = Self.sections[head] else { return nil }
        self = type
    }

    private static let sections: [String: ProgramType] = [
        "xdp": .xdp,
        "socket": .socketFilter,
        "tc": .schedCls, "tcx": .schedCls, "classifier": .schedCls,
        "action": .schedAct,
        "cgroup_skb": .cgroupSkb,
        "sockops": .sockOps,
        "flow_dissector": .flowDissector,
        "raw_tp": .rawTracepoint, "raw_tracepoint": .rawTracepoint,
        "tp": .tracepoint, "tracepoint": .tracepoint,
        "kprobe": .kprobe, "kretprobe": .kprobe,
        "perf_event": .perfEvent,
        "sk_lookup": .skLookup,
        "syscall": .syscall,
    ]
}
