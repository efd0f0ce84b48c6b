internal import Channel
internal import Enclosure
package import Prototypes

/// Events of one type of programs as bytes: which fields the context has, where, and how people spell them.
///
/// All of it follows from the descriptor that the verifier proves programs against, so that what is proven of a field is what is there.
package struct EventLayout: Sendable {
    package struct Field: Sendable, Equatable {
        package enum Form: Sendable, Equatable {
            case number
            /// A list of numbers of so many bytes each.
            case words(of: Int)
            /// An address in network order, of 4 or 16 bytes.
            case address
            /// A port in network order in the first two bytes of the field; in the last two; in the host's order.
            case portFirst, portLast, port
            /// A number that has names, which count from 0.
            case named([String])
            /// A `struct sockaddr`: of IPv4, where it is written as address and port.
            case socketAddress
        }

        package let name: String
        package let offset: Int
        package let size: Int
        package let form: Form
        package let isWritable: Bool

        package var range: Range<Int> { offset..<offset + size }
    }

    package let descriptor: ProgramDescriptor
    package let shape: EventShape
    package let fields: [Field]
    /// The socket that the context points to, where programs need not ask whether there is one: it lies behind the context.
    package let socketFields: [Field]
    /// Where the keys of the packet's flow lie behind the context, where it points to them.
    let flowKeys: Int?
    /// Bytes of the context, with the socket or the keys.
    package let contextSize: Int
    let pointers: ContextPointers
    package let writable: [Range<Int>]

    /// Nil where no events are delivered to programs of this type.
    package init?(_ descriptor: ProgramDescriptor, section: String) {
        guard let shape = descriptor.events else { return nil }
        self.descriptor = descriptor
        self.shape = shape
        let hasKeys = descriptor.context.fields.contains { $0.meaning == .flowKeys }
        // Of a `__sk_buff` with keys no field lies behind their pointer, and there is room for them instead of the rest.
        let last = descriptor.context.fields.last.map { Int($0.offset + $0.size) } ?? 0
        let size = hasKeys ? (last + 7) / 8 * 8 : Int(descriptor.context.size)
        var pointers = ContextPointers()
        var fields: [Field] = []
        var socketFields: [Field] = []
        var flowKeys: Int?
        var end = size
        var writable = descriptor.context.fields.filter(\.isWritable).map {
            Int($0.offset)..<Int($0.offset + $0.size)
        }
        for field in descriptor.context.fields {
            let offset = Int(field.offset)
            switch field.meaning {
            case .number, .words: fields += Self.fields(of: field, section)
            case .packet:
                // Linux's 64-bit ones are 0: its events have no packet.
                guard field.size == 4 || descriptor.isOfWindows else { break }
                pointers.data = offset
                pointers.isWide = field.size == 8
            case .packetEnd: if field.size == 4 || descriptor.isOfWindows { pointers.dataEnd = offset }
            case .packetMeta: if field.size == 4 { pointers.dataMeta = offset }
            case .socket:
                let place = (size + 7) / 8 * 8
                pointers.object = (field: offset, place: place)
                end = place + Int(ObjectLayout.socket.size)
                socketFields = ObjectLayout.socket.fields.flatMap { Self.fields(of: $0, section, at: place) }
            // 0 is one of the things that such a pointer can be.
            case .socketOrNull, .sockCommonOrNull: break
            case .flowKeys:
                pointers.object = (field: offset, place: size)
                flowKeys = size
                end = size + Int(ObjectLayout.flowKeyFields.size)
                fields += ObjectLayout.flowKeyFields.fields.flatMap { Self.fields(of: $0, section, at: size) }
                writable.append(size..<end)
            case .kernelObject: return nil
            }
        }
        guard shape.isRecord || end <= Int(EventSlot.contextCapacity) else { return nil }
        self.fields = fields
        self.flowKeys = flowKeys
        self.socketFields = socketFields
        self.pointers = pointers
        contextSize = end
        self.writable = writable
    }

    package var emptyContext: [UInt8] { [UInt8](repeating: 0, count: contextSize) }

    var writableBytes: ContextBytes {
        var bytes = ContextBytes()
        guard !shape.isRecord else { return bytes }
        for range in writable { for byte in range { bytes.insert(UInt64(byte)) } }
        return bytes
    }

    var packetKind: PacketKind {
        switch shape.buffer {
        case .none: .none
        case .express: .express
        // Which helpers on packets a program has, its proof says; records may take its bytes along.
        case .socket, .plain: .buffer
        }
    }

    package func field(_ name: String) -> Field? { fields.first { $0.name == name } }

    /// The fields that a person writes for one of the descriptor's: a record of a system call has some of its own.
    private static func fields(of field: ContextField, _ section: String, at base: Int = 0) -> [Field] {
        let name = "\(field.name)"
        let offset = base + Int(field.offset)
        let size = Int(field.size)
        func named(_ name: String, _ offset: Int, _ size: Int, _ form: Field.Form) -> Field {
            Field(name: name, offset: offset, size: size, form: form, isWritable: field.isWritable)
        }
        switch name {
        case "record":
            // struct syscall_trace_enter, syscall_trace_exit (kernel/trace/trace.h) behind the common eight bytes.
            let system: [Field] =
                section.contains("sys_exit")
                ? [named("ret", 16, 8, .number)] : [named("args", 16, 48, .words(of: 8))]
            return [named("id", 8, 8, .number)] + system + [named(name, offset, size, .words(of: 8))]
        case "args" where size == 12:
            // The first of four shares its place with `reply` (struct bpf_sock_ops).
            return [Field(name: name, offset: offset - 4, size: 16, form: .words(of: 4), isWritable: false)]
        case "args": return [named(name, offset, size, .words(of: 8))]
        case "cb": return [named(name, offset, size, .words(of: 4))]
        // Linux's two numbers in network order: in the upper half of the word, or in the lower (include/uapi/linux/bpf.h).
        case "remote_port": return [named(name, offset, size, .portLast)]
        case "user_port", "dst_port", "msg_src_port", "sport", "dport": return [named(name, offset, size, .portFirst)]
        case "socket_address": return [named(name, offset, size, .socketAddress)]
        case "token_sid": return [named(name, offset, size, .words(of: 1))]
        case "operation" where offset == 44:
            return [named(name, offset, size, .named(["BIND", "POST_BIND", "UNBIND"]))]
        case "operation": return [named(name, offset, size, .named(["CREATE", "DELETE"]))]
        // Addresses of IPv4 are the first words of those of IPv6 (struct bpf_flow_keys).
        case "ipv6_src":
            return [named("ipv4_src", offset, 4, .address), named("ipv4_dst", offset + 4, 4, .address)]
                + [named(name, offset, size, .address)]
        case "ipv6_dst": return [named(name, offset, size, .address)]
        case "local_port", "src_port": return [named(name, offset, size, .port)]
        case _ where name.hasSuffix("ip4") || name.hasSuffix("ip6"): return [named(name, offset, size, .address)]
        case _: return [named(name, offset, size, .number)]
        }
    }
}

extension ProgramDescriptor {
    /// The row whose events a program takes: the one of its section, or that of the type which the section's first word names.
    package static func ofProgram(section: String, type: String?) -> ProgramDescriptor? {
        row(section: section) ?? type.flatMap { type in all.first { "\($0.name)" == type } }
    }
}
