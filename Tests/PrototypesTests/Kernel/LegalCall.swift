import Prototypes

/// A program that calls one helper with arguments as its row wants them, and leaves everything as it found it.
///
/// R6 holds the context, R7 a socket, R8 the task or the packet, R9 memory that something handed out. The stack's
/// last 128 bytes are zeros; the two words before them are a dynamic pointer.
struct LegalCall {
    /// Why there is no such program.
    struct Impossible: Error {
        var reason: String
    }

    static let buffer: Int32 = -128
    private static let dynamicPointer: Int32 = -144

    let row: ProgramDescriptor
    let helper: HelperPrototype
    private let arguments: [5 of HelperArgument]
    let change: Change
    private(set) var code = Code()
    /// Whether R7, R9, the dynamic pointer are the program's to give back.
    private var ownsSocket = false
    private var ownsMemory = false
    private var ownsDynamicPointer = false

    /// - Parameter then: what follows the call, before what is owned is given back.
    init(
        _ helper: HelperPrototype, in row: ProgramDescriptor, _ change: Change = .nothing,
        then: (inout Code) -> Void = { _ in }, before: (inout Code) -> Void = { _ in }
    ) throws(Impossible) {
        (self.helper, self.row, self.change) = (helper, row, change)
        arguments = helper.arguments(in: row)
        before(&code)
        code.move(6, 1)
        code.set(0, 0)
        for offset in stride(from: Self.dynamicPointer, to: 0, by: 8) where offset >= Self.buffer {
            code.store(10, 0, Int16(offset))
        }
        if needsPacket { try loadPacket() }
        for index in 0..<5 { try prepare(index) }
        if helper.traits.contains(.unlocks) { lock() }
        for index in 0..<5 where change != .missing(index) { try set(index) }
        code.call(helper.id)
        if change == .packetAfterwards { code.load(1, 8, 0, size: 1) }
        if change == .outlive { outlive() }
        then(&code)
        try finish()
    }

    /// The offsets in the context at which pointers to the packet are, if this type has any.
    static func packetFields(of row: ProgramDescriptor) -> (start: ContextField, end: ContextField)? {
        guard let start = row.context.fields.first(where: { $0.meaning == .packet }),
            let end = row.context.fields.first(where: { $0.meaning == .packetEnd })
        else { return nil }
        return (start, end)
    }

    private var needsPacket: Bool {
        if case .packet = change { return true }
        return change == .packetAfterwards
    }

    /// R8 = 64 bytes of the packet, or the end.
    private mutating func loadPacket() throws(Impossible) {
        guard let (start, end) = Self.packetFields(of: row) else { throw Impossible(reason: "no packet") }
        code.load(8, 6, Int16(start.offset), size: start.size)
        code.load(1, 6, Int16(end.offset), size: end.size)
        code.move(2, 8)
        code.emit(0x07, 2, 0, 0, 64)
        code.jump(0x2D, 2, 1)
    }

    private mutating func outlive() {
        code.move(8, 0)
        release(true)
        code.endIfZero(8)
        code.load(1, 8, 0, size: 4)
    }

    private func isSocket(_ argument: HelperArgument) -> Bool {
        argument == .socket || argument == .socketOrNull
            || (argument == .mapValue && chosenMap?.traits.takesSockets == true)
    }

    /// What has to be had before the registers are set.
    private mutating func prepare(_ index: Int) throws(Impossible) {
        let argument = arguments[index]
        if isSocket(argument) { return try getSocket() }
        switch argument {
        case .kernelObject, .kernelObjectOrNull:
            guard !needsPacket, [141, 156, 157, 175, 180, 191].contains(helper.id) else {
                throw Impossible(reason: "no such object")
            }
            code.call(158)
            code.move(8, 0)
        case .reservedMemory:
            code.map(1, try descriptor(.ringbuf))
            code.set(2, 64)
            code.set(3, 0)
            code.call(131)
            code.endIfZero(0)
            code.move(9, 0)
            ownsMemory = true
        case .timer:
            try lookUp(KernelMaps.timed[chosenMap ?? .array] ?? -1)
        case .spinLock:
            try lookUp(KernelMaps.locked)
        case .keptMemory:
            try lookUp(try descriptor(.array))
        case .dynamicPointer:
            guard !ownsDynamicPointer else { return }
            try lookUp(try descriptor(.array))
            code.move(1, 9)
            code.set(2, 64)
            code.set(3, 0)
            code.stack(4, Self.dynamicPointer)
            code.call(197)
        case .dynamicPointerReleased:
            code.map(1, try descriptor(.ringbuf))
            code.set(2, 64)
            code.set(3, 0)
            code.stack(4, Self.dynamicPointer)
            code.call(198)
            ownsDynamicPointer = true
        case .perCPUVariable, .objectField: throw Impossible(reason: "no such object")
        default: break
        }
    }

    /// R9 = the value under the key 0, or the end.
    private mutating func lookUp(_ map: Int32) throws(Impossible) {
        guard map >= 0 else { throw Impossible(reason: "no such map here") }
        code.map(1, map)
        code.stack(2, Self.buffer)
        code.call(1)
        code.endIfZero(0)
        code.move(9, 0)
    }

    /// R7 = a socket: a looked-up one where the type may look up, else that of the context.
    private mutating func getSocket() throws(Impossible) {
        if row.helpers.contains(84), row.context.name.description != "bpf_sk_lookup", helper.id != 116 {
            code.move(1, 6)
            code.stack(2, Self.buffer)
            code.set(3, 12)
            code.set(4, -1)
            code.set(5, 0)
            code.call(84)
            ownsSocket = true
        } else if helper.id != 86,
            let field = row.context.fields.first(where: {
                [.socket, .socketOrNull, .sockCommonOrNull].contains($0.meaning)
            })
        {
            code.load(0, 6, Int16(field.offset))
        } else {
            throw Impossible(reason: "no socket")
        }
        code.move(7, 0)
        code.endIfZero(7)
    }

    private mutating func lock() {
        code.move(1, 9)
        code.emit(0x07, 1, 0, 0, 16)
        code.call(93)
    }

    private var chosenMap: MapType? {
        if case .map(let type) = change { return type }
        return MapType.allCases.first { helper.maps.contains($0) }
    }

    private func descriptor(_ type: MapType) throws(Impossible) -> Int32 {
        guard let map = KernelMaps.map(type) else { throw Impossible(reason: "no such map here") }
        return map
    }

    private mutating func set(_ index: Int) throws(Impossible) {
        let register = UInt8(index + 1)
        let argument = arguments[index]
        if case .number(index, let number) = change { return code.set(register, number) }
        if change == .nullMemory(index) || change == .nullMemory(index - 1) { return code.set(register, 0) }
        if change == .packet(index) { return code.move(register, 8) }
        if case .lastBytes(index, let count) = change { return code.stack(register, -count) }
        if change == .readOnly(index) { return code.value(register, KernelMaps.readOnly) }
        if isSocket(argument) { return code.move(register, 7) }
        switch argument {
        case .unused, .optional: break
        // Once round a loop: of a callback that is never called the kernel says nothing.
        case .anything, .scalar: code.set(register, index == 0 && helper.callback == .indexAndContext ? 1 : 0)
        case .map:
            if arguments[0] == .timer {
                guard let map = KernelMaps.timed[chosenMap ?? .array] else { throw Impossible(reason: "no timers") }
                code.map(register, map)
            } else {
                code.map(register, try descriptor(chosenMap ?? .array))
            }
        case .mapKey, .mapValue, .mapValueOrNull, .mapValueOut, .readableMemory, .readableMemoryOrNull, .updatedMemory,
            .updatedMemoryOrNull, .writableMemory, .writableMemoryOrNull, .readable20, .readable40, .int32Updated,
            .int32Out, .int64Out, .stackOrNull:
            code.stack(register, Self.buffer)
        case .size, .sizeOrZero, .allocationSize: code.set(register, change == .tooLong(index) ? 129 : 64)
        case .context, .contextOrNull: code.move(register, 6)
        case .reservedMemory, .timer, .keptMemory: code.move(register, 9)
        case .spinLock:
            code.move(register, 9)
            code.emit(0x07, register, 0, 0, 16)
        case .kernelObject, .kernelObjectOrNull: code.move(register, 8)
        case .callback: code.callbackAddress(register)
        case .constantString: code.value(register, KernelMaps.readOnly)
        case .dynamicPointer, .dynamicPointerOut, .dynamicPointerReleased: code.stack(register, Self.dynamicPointer)
        case .contextOrSocket, .socket, .socketOrNull, .perCPUVariable, .objectField:
            throw Impossible(reason: "no such object")
        }
    }

    /// Gives back what is owned, unless a test keeps it, and ends.
    private mutating func finish() throws(Impossible) {
        let result = Int32(row.results?.upperBound ?? 0)
        if helper.traits.contains(.locks) { unlock() }
        let releases = helper.traits.contains(.releases)
        if releases {
            (ownsSocket, ownsMemory, ownsDynamicPointer) = (false, false, false)
        }
        if change == .useReleased { release(false) }
        if change != .keep {
            if acquires {
                let isSocket = helper.result != .memoryOrNull
                if arguments.contains(.dynamicPointerOut) {
                    code.stack(1, Self.dynamicPointer)
                    code.set(2, 0)
                    code.call(200)
                } else {
                    // The socket of the setup goes first: the end behind the jump has none left.
                    code.move(8, 0)
                    release(true)
                    code.endIfZero(8)
                    code.move(1, 8)
                    if isSocket {
                        code.call(86)
                    } else {
                        code.set(2, 0)
                        code.call(133)
                    }
                }
            }
            release(true)
        }
        code.finish(result)
    }

    private var acquires: Bool {
        helper.traits.contains(.acquires) || (helper.id == 1 && chosenMap?.traits.lookup == .socket)
    }

    private mutating func unlock() {
        code.move(1, 9)
        code.emit(0x07, 1, 0, 0, 16)
        code.call(94)
    }

    /// Gives back what is owned; or, for what a helper has released, uses it once more.
    private mutating func release(_ isOwned: Bool) {
        if isOwned ? ownsSocket : arguments.contains(.socket) {
            code.move(1, 7)
            code.call(86)
        }
        if isOwned ? ownsMemory : arguments.contains(.reservedMemory) {
            code.move(1, 9)
            code.set(2, 0)
            code.call(133)
        }
        if isOwned ? ownsDynamicPointer : arguments.contains(.dynamicPointerReleased) {
            code.stack(1, Self.dynamicPointer)
            code.set(2, 0)
            code.call(200)
        }
        if isOwned { (ownsSocket, ownsMemory, ownsDynamicPointer) = (false, false, false) }
    }
}
