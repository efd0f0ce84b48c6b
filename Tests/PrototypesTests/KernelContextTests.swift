import Prototypes
import Testing

/// What programs may touch of their contexts and return, as the running kernel's verifier sees it.
@Suite("Program types, asked of the kernel", .enabled(if: KernelVerifier.isUsable, KernelVerifier.reason))
struct KernelContextTests {
    /// One of the rows that this kernel loads for each context of each type.
    private static let rows: [ProgramDescriptor] = {
        var seen: Set<String> = []
        return KernelVerifier.rows.filter { row in
            let fields = row.context.fields.map { "\($0.name)\($0.isWritable)" }.joined()
            return seen.insert("\(row.linuxType) \(fields)").inserted
        }
    }()

    /// Types whose contexts hold what the kernel's own types say: how much that is depends on what they are attached
    /// to.
    private static func isTyped(_ row: ProgramDescriptor) -> Bool { [26, 27, 28, 29].contains(row.linuxType) }

    private static func access(
        _ row: ProgramDescriptor, _ offset: UInt32, _ size: UInt32, writes: Bool, then: (inout Code) -> Void = { _ in }
    ) -> KernelVerifier.Answer {
        var code = Code()
        if writes {
            code.set(2, 0)
            code.store(1, 2, Int16(offset), size: size)
        } else {
            code.load(0, 1, Int16(offset), size: size)
            then(&code)
        }
        code.finish(Int32(row.results?.upperBound ?? 0))
        return KernelVerifier.load(row, code: code)
    }

    @Test("the kernel loads programs for most rows")
    func rowsAreAsked() {
        #expect(KernelVerifier.rows.count >= 60 || KernelVerifier.version < KernelVerifier.tableVersion)
    }

    @Test("fields can be read and written where the kernel lets them be, and nowhere else", arguments: rows.indices)
    func fields(_ index: Int) {
        let row = Self.rows[index]
        guard !Self.isTyped(row) else { return }
        let context = row.context
        // Long stretches of plain words are looked at where they begin and end.
        let offsets = (0..<context.size).filter { context.size <= 256 || $0 < 24 || $0 >= context.size - 24 }
        for writes in [false, true] {
            var (kernel, table) = (Set<UInt32>(), Set<UInt32>())
            for offset in offsets {
                for size: UInt32 in [1, 2, 4, 8] where offset % size == 0 && offset + size <= context.size {
                    let isAllowed = context.allows(offset, size, writes: writes)
                    let answer = Self.access(row, offset, size, writes: writes)
                    if isAllowed { table.formUnion(offset..<offset + size) }
                    if answer.isAccepted { kernel.formUnion(offset..<offset + size) }
                    // Linux lets programs read parts of the pointer to a writable buffer.
                    if row.linuxType == 24 && offset < 8 && size < 8 { continue }
                    #expect(
                        !answer.isAccepted || isAllowed,
                        "\(row.label) \(writes ? "writes" : "reads") \(size) at \(offset), and the table does not know")
                }
            }
            let beyond = table.subtracting(kernel).sorted()
            #expect(beyond.isEmpty, "\(row.label): the kernel does not let \(writes ? "write" : "read") \(beyond)")
        }
    }

    @Test("what is read from a field is the pointer that the table says, or a number", arguments: rows.indices)
    func meanings(_ index: Int) {
        let row = Self.rows[index]
        guard !Self.isTyped(row) else { return }
        for field in row.context.fields {
            let size = min(
                field.size, field.offset % 8 == 0 ? 8 : 4, field.meaning == .words && field.size % 8 != 0 ? 4 : 8)
            // What one byte behind it is.
            let answer = Self.access(row, field.offset, size, writes: false) { $0.load(1, 0, 0, size: 1) }
            guard !answer.complaint.contains("context access") else { continue }
            let expected =
                switch field.meaning {
                case .number, .words: "R0 invalid mem access 'scalar'"
                case .packet, .packetMeta: "R0 offset is outside of the packet"
                case .packetEnd: "R0 invalid mem access 'pkt_end'"
                case .socketOrNull: "R0 invalid mem access 'sock_or_null'"
                case .sockCommonOrNull: "R0 invalid mem access 'sock_common_or_null'"
                case .socket: "invalid sock access off=0 size=1"
                case .flowKeys, .kernelObject: "error 0"
                }
            #expect(
                answer.complaint.contains(expected) || answer.isAccepted && expected == "error 0"
                    || field.meaning == .kernelObject && answer.complaint.hasPrefix("cannot access ptr member"),
                "\(row.label) \(field.name): \(answer.complaint)")
        }
    }

    @Test("sockets have the fields that the table says")
    func sockets() throws {
        let row = try #require(Self.rows.first { $0.linuxType == 3 })
        for (layout, helper) in [(ObjectLayout.sockCommon, 0), (ObjectLayout.socket, 95), (ObjectLayout.tcpSocket, 96)]
        {
            for writes in [false, true] {
                var (kernel, table) = (Set<UInt32>(), Set<UInt32>())
                for offset in 0..<layout.size {
                    for size: UInt32 in [1, 2, 4, 8] where offset % size == 0 && offset + size <= layout.size {
                        var code = Code()
                        code.load(1, 1, 168)
                        code.endIfZero(1)
                        if helper != 0 {
                            code.call(UInt32(helper))
                            code.endIfZero(0)
                            code.move(1, 0)
                        }
                        code.set(2, 0)
                        if writes {
                            code.store(1, 2, Int16(offset), size: size)
                        } else {
                            code.load(0, 1, Int16(offset), size: size)
                        }
                        code.finish(0)
                        let isAccepted = KernelVerifier.load(row, code: code).isAccepted
                        let isAllowed = layout.allows(offset, size, writes: writes)
                        if isAllowed { table.formUnion(offset..<offset + size) }
                        if isAccepted { kernel.formUnion(offset..<offset + size) }
                        #expect(!isAccepted || isAllowed, "\(layout.name) \(helper): \(size) at \(offset)")
                    }
                }
                #expect(kernel == table, "\(layout.name) \(helper)")
            }
        }
    }

    @Test("a program may return what its row says")
    func results() {
        for row in KernelVerifier.rows where row.linuxType != 29 {
            for value: Int32 in [-4096, -1, 0, 1, 2, 3, 4, 0x7FFF_FFFF] {
                var code = Code()
                code.finish(value)
                let answer = KernelVerifier.load(row, code: code)
                #expect(
                    answer.isAccepted == row.results?.contains(Int64(value)) ?? true,
                    "\(row.label) returns \(value): \(answer.complaint)")
            }
        }
    }

    @Test("a type may call the helpers that its row says")
    func helpers() {
        for row in KernelVerifier.rows {
            for helper in HelperPrototype.all where helper.id != 0 && KernelVerifier.offers(helper.id) {
                let (kernel, table) = (KernelVerifier.allows(helper.id, in: row), row.helpers.contains(helper.id))
                // Locks and timers: the kernel has the helpers and refuses the maps.
                if !table && (93...94).contains(helper.id) { continue }
                if !table && (169...172).contains(helper.id) { continue }
                // Newer kernels have more helpers for more types, never fewer.
                if KernelVerifier.version <= KernelVerifier.tableVersion {
                    #expect(!kernel || table, "\(row.label) may call \(helper.name)")
                }
                if KernelVerifier.version >= KernelVerifier.tableVersion {
                    #expect(kernel || !table, "\(row.label) may not call \(helper.name)")
                }
            }
        }
    }

    @Test("types that may not have locks or timers are refused maps with them")
    func locksAndTimers() throws {
        for row in KernelVerifier.rows where !row.maySleep {
            for (helper, map) in [(UInt32(93), KernelMaps.locked), (169, try #require(KernelMaps.timed[.array]))] {
                var code = Code()
                code.map(2, map)
                code.finish(Int32(row.results?.upperBound ?? 0))
                let answer = KernelVerifier.load(row, code: code)
                #expect(
                    answer.isAccepted == row.helpers.contains(helper), "\(row.label) \(helper): \(answer.complaint)")
            }
        }
    }

    @Test("the packet loads of classic BPF are for the types that the table says")
    func classicLoads() {
        for row in KernelVerifier.rows {
            var code = Code()
            code.move(6, 1)
            code.emit(0x30)
            code.finish(Int32(row.results?.upperBound ?? 0))
            #expect(KernelVerifier.load(row, code: code).isAccepted == row.hasClassicLoads, "\(row.label)")
        }
    }

    @Test(
        "the packet lies between its start and its end, and what is before it up to its start", arguments: rows.indices)
    func packetBounds(_ index: Int) {
        let row = Self.rows[index]
        let meanings = row.context.fields.map(\.meaning)
        for (low, high) in [(ContextField.Meaning.packet, ContextField.Meaning.packetEnd), (.packetMeta, .packet)] {
            guard meanings.contains(low) else { continue }
            let ends = row.context.fields.filter { $0.meaning == high }
            #expect(meanings.filter { $0 == low }.count == 1 && ends.count == 1, "\(row.label)")
            guard let start = row.context.fields.first(where: { $0.meaning == low }), let end = ends.first else {
                continue
            }
            var code = Code()
            code.load(2, 1, Int16(start.offset), size: start.size)
            code.load(3, 1, Int16(end.offset), size: end.size)
            code.move(4, 2)
            code.emit(0x07, 4, 0, 0, 8)
            code.jump(0x2D, 4, 3)
            code.load(0, 2, 7, size: 1)
            code.finish(Int32(row.results?.upperBound ?? 0))
            let answer = KernelVerifier.load(row, code: code)
            #expect(answer.isAccepted, "\(row.label) \(start.name): \(answer.complaint)")
        }
    }

    @Test("the packet may be written where the table says")
    func packetWrites() {
        for row in KernelVerifier.rows {
            guard let (start, end) = LegalCall.packetFields(of: row) else { continue }
            var code = Code()
            code.load(2, 1, Int16(start.offset), size: start.size)
            code.load(3, 1, Int16(end.offset), size: end.size)
            code.move(4, 2)
            code.emit(0x07, 4, 0, 0, 8)
            code.jump(0x2D, 4, 3)
            code.set(5, 0)
            code.store(2, 5, 0, size: 1)
            code.finish(Int32(row.results?.upperBound ?? 0))
            let answer = KernelVerifier.load(row, code: code)
            #expect(answer.isAccepted == row.mayWritePacket, "\(row.label): \(answer.complaint)")
        }
    }
}

extension ContextDescriptor {
    /// The rule for accesses that ``ContextField`` states.
    fileprivate func allows(_ offset: UInt32, _ size: UInt32, writes: Bool) -> Bool {
        fields.contains { field in
            guard offset >= field.offset, offset + size <= field.offset + field.size, offset % size == 0 else {
                return false
            }
            let isWhole = offset == field.offset && size == field.size
            if field.meaning == .words { return !writes || field.isWritable }
            return writes ? field.isWritable && isWhole : isWhole || field.isNarrowable
        }
    }
}
