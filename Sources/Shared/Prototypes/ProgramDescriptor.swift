/// What a program of one type is given and must give back: a row of the table of program types.
package struct ProgramDescriptor: Sendable {
    /// `xdp`, `sched_cls`, `cgroup_sock_addr`, …: Linux's BPF_PROG_TYPE_ in lower case.
    package var name: StaticString
    /// `enum bpf_prog_type`; from ``ofWindows`` on the number of a type that only eBPF for Windows has.
    package var linuxType: UInt32
    /// `enum bpf_attach_type`, where the rules depend on it: several rows may have the same type.
    package var attachType: UInt32
    /// The section names of libbpf that claim this row, in its notation: `tp+` stands for `tp` and `tp/…`, `iter/` for
    /// `iter/…`, and anything else for itself (sec_def_matches in tools/lib/bpf/libbpf.c).
    package var sections: [StaticString]
    package var context: ContextDescriptor
    /// What R0 may be at exit, as a range of signed 32-bit or 64-bit numbers; nil where any number will do.
    package var results: ClosedRange<Int64>?
    /// Programs that observe the whole machine by their nature, so that Linux and others let them see addresses.
    package var mayLeakAddresses: Bool
    /// Whether the program may write to the packet, itself or through helpers (may_access_direct_pkt_data).
    package var mayWritePacket: Bool
    /// Whether helpers with ``HelperTraits/acceptsPacket`` may be handed packet memory to read.
    package var mayPassPacket: Bool
    /// Whether all helpers may be handed it, to write as well: the "packet" is a plain buffer (cgroup_sockopt).
    package var isPacketPlain: Bool
    /// Whether the packet loads of classic BPF are allowed: opcodes 0x20 to 0x50 (may_access_skb).
    package var hasClassicLoads: Bool
    /// Whether helpers that sleep are allowed.
    package var maySleep: Bool
    /// The helpers that it may call, by number.
    package var helpers: HelperSet

    package init(
        name: StaticString, linuxType: UInt32, attachType: UInt32 = 0, sections: [StaticString] = [],
        context: ContextDescriptor, results: ClosedRange<Int64>? = nil, mayLeakAddresses: Bool = false,
        mayWritePacket: Bool = false, mayPassPacket: Bool = false, isPacketPlain: Bool = false,
        hasClassicLoads: Bool = false,
        maySleep: Bool = false, helpers: HelperSet
    ) {
        self.name = name
        self.linuxType = linuxType
        self.attachType = attachType
        self.sections = sections
        self.context = context
        self.results = results
        self.mayLeakAddresses = mayLeakAddresses
        self.mayWritePacket = mayWritePacket
        self.mayPassPacket = mayPassPacket
        self.isPacketPlain = isPacketPlain
        self.hasClassicLoads = hasClassicLoads
        self.maySleep = maySleep
        self.helpers = helpers
    }
}

/// A set of helper numbers below 256.
package struct HelperSet: Sendable, Equatable, ExpressibleByArrayLiteral {
    package var words: [4 of UInt64] = [0, 0, 0, 0]
    package init(_ ids: some Sequence<UInt32>) { for id in ids { insert(id) } }
    /// What any of the sets holds.
    package init(_ sets: HelperSet...) {
        for set in sets { for index in 0..<4 { words[index] |= set.words[index] } }
    }

    package init(arrayLiteral ids: UInt32...) { self.init(ids) }

    package mutating func insert(_ id: UInt32) {
        guard id < 256 else { return }
        words[Int(id >> 6)] |= 1 << UInt64(id & 63)
    }
    package func contains(_ id: UInt32) -> Bool { id < 256 && words[Int(id >> 6)] >> UInt64(id & 63) & 1 != 0 }
    package static func == (a: HelperSet, b: HelperSet) -> Bool {
        a.words[0] == b.words[0] && a.words[1] == b.words[1] && a.words[2] == b.words[2] && a.words[3] == b.words[3]
    }
}
