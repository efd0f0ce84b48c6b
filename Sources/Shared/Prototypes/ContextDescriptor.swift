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
        /// `sk`: read whole, a socket with all of its fields, never 0; one or 0; one with the fields of
        /// ``ObjectLayout/sockCommon`` only, or 0.
        case socket, socketOrNull, sockCommonOrNull
        /// Read whole, a pointer to the `struct bpf_flow_keys` of the packet: ``ObjectLayout/flowKeys``.
        case flowKeys
        /// Any aligned read gives a number, as from a stretch of plain words (arguments of a tracepoint, pt_regs,
        /// `cb`); where writable, any aligned write will do.
        case words
        /// A pointer to an object of the kernel that helpers may be given; nothing else can be done with it.
        case kernelObject
    }

    package var name: StaticString
    package var offset: UInt32
    package var size: UInt32
    package var meaning: Meaning
    /// A write must cover the whole field, unless it is one of words.
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
