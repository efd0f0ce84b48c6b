/// What a program of one type is given and must give back: a row of the table of program types.
package struct ProgramDescriptor: Sendable {
    /// `xdp`, `sched_cls`, `cgroup_sock_addr`, …: Linux's BPF_PROG_TYPE_ in lower case.
    package var name: StaticString
    /// `enum bpf_prog_type`.
    package var linuxType: UInt32
    package var context: ContextDescriptor
    /// What R0 may be at exit, as a range of signed 32-bit or 64-bit numbers; nil where any number will do.
    package var results: ClosedRange<Int64>?
    /// Programs that observe the whole machine by their nature, so that Linux and others let them see addresses.
    package var mayLeakAddresses: Bool
    /// Whether helpers may be handed packet memory directly, and whether the program may write to the packet.
    package var mayWritePacket: Bool
    /// The helpers that it may call, by number.
    package var helpers: HelperSet

    package init(
        name: StaticString, linuxType: UInt32, context: ContextDescriptor, results: ClosedRange<Int64>? = nil,
        mayLeakAddresses: Bool = false, mayWritePacket: Bool = false, helpers: HelperSet
    ) {
        self.name = name
        self.linuxType = linuxType
        self.context = context
        self.results = results
        self.mayLeakAddresses = mayLeakAddresses
        self.mayWritePacket = mayWritePacket
        self.helpers = helpers
    }
}

/// A set of helper numbers below 256.
package struct HelperSet: Sendable, Equatable {
    package var words: [4 of UInt64] = [0, 0, 0, 0]
    package init(_ ids: some Sequence<UInt32>) { for id in ids { insert(id) } }

    package mutating func insert(_ id: UInt32) {
        guard id < 256 else { return }
        words[Int(id >> 6)] |= 1 << UInt64(id & 63)
    }
    package func contains(_ id: UInt32) -> Bool { id < 256 && words[Int(id >> 6)] >> UInt64(id & 63) & 1 != 0 }
    package static func == (a: HelperSet, b: HelperSet) -> Bool {
        a.words[0] == b.words[0] && a.words[1] == b.words[1] && a.words[2] == b.words[2] && a.words[3] == b.words[3]
    }
}

/// The context of a program type, as the program sees it (`struct __sk_buff`, `struct xdp_md`, …).
package struct ContextDescriptor: Sendable {
    /// The C name of the structure.
    package var name: StaticString
    /// Bytes; an access that reaches beyond is refused.
    package var size: UInt32
    /// Ascending by offset, not overlapping; what no field covers may not be touched.
    package var fields: [ContextField]

    package init(name: StaticString, size: UInt32, fields: [ContextField]) {
        self.name = name
        self.size = size
        self.fields = fields
    }
}

package struct ContextField: Sendable {
    package enum Meaning: UInt8, Sendable {
        case number
        /// `data`, `data_end`, `data_meta`: read whole, a pointer into the packet.
        case packet, packetEnd, packetMeta
        /// `sk`: read whole, a socket or 0.
        case socketOrNull
        /// Any aligned read gives a number, as from a stretch of plain words (arguments of a tracepoint, pt_regs).
        case words
        /// A pointer to an object of the kernel that helpers may be given; nothing else can be done with it.
        case kernelObject
    }

    package var name: StaticString
    package var offset: UInt32
    package var size: UInt32
    package var meaning: Meaning
    package var isWritable: Bool
    /// Whether parts of the field may be read, aligned.
    package var isNarrowable: Bool

    package init(
        _ name: StaticString, at offset: UInt32, size: UInt32, _ meaning: Meaning = .number, isWritable: Bool = false,
        isNarrowable: Bool = true
    ) {
        self.name = name
        self.offset = offset
        self.size = size
        self.meaning = meaning
        self.isWritable = isWritable
        self.isNarrowable = isNarrowable
    }
}
