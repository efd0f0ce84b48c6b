internal import Bytecode
internal import ProgramPackage
internal import Prototypes

/// Which bytes of its frame each block of a function may read before it writes them, eight at a time.
///
/// A mistake here costs precision and nothing else: what is taken to be dead is forgotten, and reading it is an error.
struct FrameLiveness {
    /// What is known of a register without looking at states.
    private enum Content: Equatable {
        /// Nothing reached yet; anything but an address of the frame; a number; an address of the frame; such an address,
        /// at an unknown offset.
        case nothing, other
        case number(Int64)
        case frame(Int64)
        case somewhere

        func merged(_ new: Content) -> Content {
            if self == new || new == .nothing { return self }
            if self == .nothing { return new }
            switch (self, new) {
            case (.frame, _), (_, .frame), (.somewhere, _), (_, .somewhere): return .somewhere
            default: return .other
            }
        }
    }

    private typealias Registers = [11 of Content]

    /// What one instruction does with the frame: bytes it may read, surely overwrites, stores to.
    private struct Access {
        var uses: UInt64 = 0
        var kills: UInt64 = 0
        var stores: UInt64 = 0
    }

    /// By block: a bit for each eight bytes, the lowest first.
    private(set) var live: [UInt64]
    /// By block: of these bytes, and of the registers, those whose very number matters, because it becomes an offset, a size, or
    /// the operand of a comparison.
    private(set) var exactFrame: [UInt64]
    private(set) var exact: [UInt16]
    /// Bytes whose address went where it cannot be followed.
    private var escaped: UInt64 = 0
    private var accesses: [Access]
    private let first: Int
    private let subject: Subject
    private let keyBytes: Int64
    private let valueBytes: Int64

    init(_ function: FunctionGraph, _ subject: Subject) {
        self.subject = subject
        live = [UInt64](repeating: 0, count: function.blocks.count)
        exactFrame = live
        exact = [UInt16](repeating: 0, count: function.blocks.count)
        keyBytes = Int64(subject.maps.map(\.keySize).max() ?? 0)
        valueBytes = Int64(subject.maps.map(\.valueSize).max() ?? 0)
        first = function.blocks.first?.start ?? 0
        let last = function.blocks.last?.end ?? 0
        accesses = [Access](repeating: Access(), count: last - first + 1)
        follow(function)
        var changed = true
        while changed {
            changed = false
            for item in function.order.reversed() { if update(Int(item.block), function) { changed = true } }
        }
    }

    /// Works one block backward. True: something more is needed before it.
    private mutating func update(_ index: Int, _ function: FunctionGraph) -> Bool {
        let block = function.blocks[index]
        var mask = escaped
        var frame = escaped
        var registers: UInt16 = 0
        for next in [block.next, block.target] where next >= 0 {
            mask |= live[Int(next)]
            frame |= exactFrame[Int(next)]
            registers |= exact[Int(next)]
        }
        var pc = block.end
        while pc >= block.start {
            let access = accesses[pc - first]
            before(pc, access, &registers, &frame)
            mask = mask & ~access.kills | access.uses
            pc -= 1
        }
        mask |= escaped
        frame |= escaped
        if mask == live[index], frame == exactFrame[index], registers == exact[index] { return false }
        live[index] = mask
        exactFrame[index] = frame
        exact[index] = registers
        return true
    }

    /// Which numbers matter before an instruction, given which matter behind it.
    private func before(_ pc: Int, _ access: Access, _ registers: inout UInt16, _ frame: inout UInt64) {
        let form = subject.forms[pc]
        let instruction = subject.code[pc]
        let destination: UInt16 = 1 << UInt16(instruction.destination)
        let source: UInt16 = 1 << UInt16(instruction.source)
        switch form.family {
        case .branch: registers |= destination | (form.usesImmediate ? 0 : source)
        case .arithmetic:
            if registers & destination != 0, !form.usesImmediate { registers |= source }
            if form.alu == .div || form.alu == .mod || form.alu == .sdiv || form.alu == .smod, !form.usesImmediate {
                registers |= source
            }
        case .move, .moveSigned:
            let matters = registers & destination != 0
            registers &= ~destination
            if matters, !form.usesImmediate { registers |= source }
        case .constant, .mapPointer, .mapValue, .code: registers &= ~destination
        case .load:
            if registers & destination != 0 { frame |= access.uses }
            registers = registers & ~destination | source
        case .store:
            if frame & access.stores != 0, !form.usesImmediate { registers |= source }
            frame &= ~access.kills
            registers |= destination
        case .atomic:
            registers |= destination | source
            frame |= access.uses
        case .callHelper:
            registers &= ~0x3F
            frame &= ~access.kills
            guard let row = HelperPrototype.row(UInt32(truncatingIfNeeded: instruction.immediate)) else { return }
            for index in 0..<5 where row.arguments[index] != .unused && row.arguments[index] != .anything {
                registers |= 2 << UInt16(index)
            }
            if row.callback != nil { registers |= 2 }
        case .callLocal: registers = registers & ~0x3F | 0x3E
        case .exit: registers = 1
        case .classicLoad: registers = registers & ~0x3F | 1 << 6 | (form.usesImmediate ? 0 : source)
        case .negate, .swap, .jump, .tail, .refused: break
        }
    }

    /// Follows addresses of the frame through registers, forward.
    private mutating func follow(_ function: FunctionGraph) {
        var entering = [Registers](repeating: Registers(repeating: .nothing), count: function.blocks.count)
        var start = Registers(repeating: subject.entersWithFrameAddresses ? .somewhere : .other)
        start[10] = .frame(0)
        entering[function.entry] = start
        var isWaiting = [Bool](repeating: true, count: function.blocks.count)
        var rounds = 0
        var again = true
        while again, rounds < 64 {
            again = false
            rounds += 1
            for item in function.order where isWaiting[Int(item.block)] {
                let index = Int(item.block)
                isWaiting[index] = false
                if entering[index][10] == .nothing { continue }
                var registers = entering[index]
                let block = function.blocks[index]
                for pc in block.start...block.end { step(pc, &registers) }
                for next in [block.next, block.target] where next >= 0 {
                    var grew = false
                    for register in 0...10 {
                        let merged = entering[Int(next)][register].merged(registers[register])
                        if merged != entering[Int(next)][register] {
                            entering[Int(next)][register] = merged
                            grew = true
                        }
                    }
                    if grew {
                        isWaiting[Int(next)] = true
                        again = true
                    }
                }
            }
        }
        if again { escaped = ~0 }
    }

    private static func mask(_ start: Int64, _ end: Int64, touching: Bool) -> UInt64 {
        let low = max(start &+ Int64(frameSize), 0)
        let high = min(end &+ Int64(frameSize), Int64(frameSize))
        guard low < high else { return 0 }
        let first = touching ? low / 8 : (low + 7) / 8
        let last = touching ? (high + 7) / 8 : high / 8
        guard first < last else { return 0 }
        return (last - first == 64 ? ~0 : (1 << UInt64(last - first)) - 1) << UInt64(first)
    }

    private mutating func use(_ pc: Int, _ content: Content, _ from: Int64, _ size: Int64?) {
        switch content {
        case .frame(let offset):
            accesses[pc - first].uses |= Self.mask(
                offset &+ from, size.map { offset &+ from &+ $0 } ?? 0, touching: true)
        case .somewhere: accesses[pc - first].uses = ~0
        case .nothing, .other, .number: break
        }
    }

    private mutating func escape(_ content: Content) {
        switch content {
        case .frame(let offset): escaped |= Self.mask(offset, 0, touching: true)
        case .somewhere: escaped = ~0
        case .nothing, .other, .number: break
        }
    }

    private mutating func step(_ pc: Int, _ registers: inout Registers) {
        let form = subject.forms[pc]
        let instruction = subject.code[pc]
        let destination = Int(instruction.destination)
        let source = Int(instruction.source)
        let displacement = Int64(instruction.offset)
        switch form.family {
        case .move:
            registers[destination] = form.usesImmediate ? .number(instruction.immediate) : registers[source]
            if form.isHalf, !form.usesImmediate { registers[destination] = .other }
        case .arithmetic:
            let right: Content = form.usesImmediate ? .number(instruction.immediate) : registers[source]
            switch (registers[destination], right) {
            case (.frame(let offset), .number(let amount)) where form.alu == .add && !form.isHalf:
                registers[destination] = .frame(offset &+ amount)
            case (.frame(let offset), .number(let amount)) where form.alu == .sub && !form.isHalf:
                registers[destination] = .frame(offset &- amount)
            case (.frame, _), (.somewhere, _), (_, .frame), (_, .somewhere): registers[destination] = .somewhere
            default: registers[destination] = .other
            }
        case .negate, .swap, .constant, .mapPointer, .mapValue, .code, .moveSigned:
            registers[destination] = form.family == .constant ? .number(instruction.immediate) : .other
        case .load:
            use(pc, registers[source], displacement, Int64(form.size))
            registers[destination] = .other
        case .store:
            var access = Access()
            switch registers[destination] {
            case .frame(let offset):
                let start = offset &+ displacement
                access.kills = Self.mask(start, start &+ Int64(form.size), touching: false)
                access.stores = Self.mask(start, start &+ Int64(form.size), touching: true)
            case .somewhere: access.stores = ~0
            case .nothing, .other, .number: break
            }
            accesses[pc - first] = access
            if !form.usesImmediate { escape(registers[source]) }
        case .atomic:
            use(pc, registers[destination], displacement, Int64(form.size))
            escape(registers[source])
            if form.fetches { registers[form.atomic == .compareExchange ? 0 : source] = .other }
        case .callLocal:
            for register in 1...5 { escape(registers[register]) }
            for register in 0...5 { registers[register] = .other }
        case .callHelper:
            helper(pc, registers)
            for register in 0...5 { registers[register] = .other }
        case .classicLoad: for register in 0...5 { registers[register] = .other }
        case .jump, .branch, .exit, .tail, .refused: break
        }
    }

    private mutating func helper(_ pc: Int, _ registers: Registers) {
        accesses[pc - first] = Access()
        guard let row = HelperPrototype.row(UInt32(truncatingIfNeeded: subject.code[pc].immediate)) else {
            for register in 1...5 { use(pc, registers[register], 0, nil) }
            return
        }
        for index in 0..<5 {
            let content = registers[index + 1]
            var size: Int64?
            if index < 4, case .number(let bytes) = registers[index + 2] { size = bytes }
            switch row.arguments[index] {
            case .unused: break
            case .mapKey: use(pc, content, 0, keyBytes)
            case .mapValue, .mapValueOrNull, .mapValueOut: use(pc, content, 0, valueBytes)
            case .writableMemory, .writableMemoryOrNull:
                if case .frame(let offset) = content, let size {
                    accesses[pc - first].kills |= Self.mask(offset, offset &+ size, touching: false)
                }
            case .readable20: use(pc, content, 0, 20)
            case .readable40: use(pc, content, 0, 40)
            case .stackOrNull, .keptMemory: escape(content)
            case .readableMemory, .readableMemoryOrNull, .updatedMemory, .updatedMemoryOrNull: use(pc, content, 0, size)
            case .anything, .scalar, .optional, .map, .size, .sizeOrZero, .context, .contextOrNull, .contextOrSocket,
                .int32Updated, .int32Out, .int64Out, .allocationSize, .reservedMemory, .spinLock, .timer, .socket,
                .socketOrNull, .kernelObject, .kernelObjectOrNull, .callback, .constantString, .dynamicPointer,
                .dynamicPointerOut, .dynamicPointerReleased, .objectField, .perCPUVariable:
                use(pc, content, 0, nil)
            }
        }
    }
}
