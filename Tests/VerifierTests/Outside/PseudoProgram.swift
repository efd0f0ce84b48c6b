import Bytecode

/// A document's code as instructions of the machine.
struct PseudoProgram {
    /// Why a document's code has no form that the machine can run.
    enum Inexpressible: Error, CustomStringConvertible {
        case unread(String)
        case noLabel(String)
        case legacyPacketLoad
        case indirectCall
        var description: String {
            switch self {
            case .unread(let text): "statement: \(text)"
            case .noLabel(let label): "no label \(label)"
            case .legacyPacketLoad: "legacy packet load"
            case .indirectCall: "indirect call"
            }
        }
    }

    private(set) var slots: [Slot] = []
    /// The statement that each slot came from, counted as PREVAIL counts; nil for slots that were added.
    private(set) var origins: [Int?] = []
    /// Where every way through the entry function comes together in a program that keeps its registers.
    private(set) var end: Int?
    private(set) var helpers: Set<Int32> = []
    /// Divisions, and the register that each divides by.
    private(set) var divisions: [(slot: Int, divisor: UInt8, isWide: Bool)] = []

    private enum Place: Hashable {
        case label(String)
        /// Where control falls off the end; where an assumption does not hold; where the registers are still asked for.
        case end, unmet, keep
    }

    private struct Target {
        var slot: Int
        var place: Place
        var isCall: Bool
    }

    private var targets: [Target] = []
    private var statement = 0

    /// - Parameters:
    ///   - calls: what an indirect call through a register calls, where that is known.
    ///   - keepsRegisters: every way to an end leads to code that reads all registers first: nobody will have forgotten
    ///     them there. The program is then for looking at states only.
    init(_ document: PrevailDocument, calls: [UInt8: Int32] = [:], keepsRegisters: Bool = false) throws {
        var places: [Place: Int] = [:]
        for (label, lines) in document.code {
            places[.label(label)] = slots.count
            for line in lines {
                let read: PseudoStatement
                do { read = try PseudoStatementReader.statement(line) } catch {
                    throw Inexpressible.unread("\(error)")
                }
                try emit(read, calls: calls)
                statement += 1
            }
        }
        let fallsOff = slots.last.map { $0.opcode != 0x95 && $0.opcode != 0x05 } ?? true
        if keepsRegisters, fallsOff { aimAtKeep() }
        let assumes = targets.contains { $0.place == .unmet }
        for place in [Place.end, .unmet] where place == .end ? fallsOff && !keepsRegisters : assumes {
            places[place] = slots.count
            slots.append(Slot(opcode: 0xb7, registers: 0, offset: 0, immediate: 0))
            slots.append(Slot(opcode: 0x95, registers: 0, offset: 0, immediate: 0))
            origins += [nil, nil]
        }
        if keepsRegisters { keepRegisters(&places) }
        for target in targets {
            guard let place = places[target.place] else { throw Inexpressible.noLabel("\(target.place)") }
            let distance = place - target.slot - 1
            if target.isCall {
                slots[target.slot].immediate = Int32(distance)
            } else {
                slots[target.slot].offset = Int16(distance)
            }
        }
    }

    // MARK: Keeping registers

    private mutating func aimAtKeep() {
        slots.append(Slot(opcode: 0x05, registers: 0, offset: 0, immediate: 0))
        origins.append(nil)
        aim(at: .keep)
    }

    /// Turns every `exit` of the entry function into a jump to code that stores all registers.
    private mutating func keepRegisters(_ places: inout [Place: Int]) {
        let written = slots.count
        end = written
        places[.keep] = written
        for register in UInt8(0)..<10 {
            slots.append(Slot(opcode: 0x7b, destination: 10, source: register, offset: -8, immediate: 0))
        }
        slots.append(Slot(opcode: 0xb7, registers: 0, offset: 0, immediate: 0))
        slots.append(Slot(opcode: 0x95, registers: 0, offset: 0, immediate: 0))
        origins += [Int?](repeating: nil, count: slots.count - written)
        for slot in entrySlots(places, below: written) where slots[slot].opcode == 0x95 && origins[slot] != nil {
            slots[slot].opcode = 0x05
            targets.append(Target(slot: slot, place: .keep, isCall: false))
        }
    }

    /// What the entry function reaches without calls.
    private func entrySlots(_ places: [Place: Int], below limit: Int) -> Set<Int> {
        let jumps = Dictionary(
            targets.filter { !$0.isCall }.compactMap { target in places[target.place].map { (target.slot, $0) } },
            uniquingKeysWith: { first, _ in first })
        var reached: Set<Int> = []
        var waiting = [0]
        while let slot = waiting.popLast() {
            guard slot < limit, reached.insert(slot).inserted else { continue }
            if let target = jumps[slot] { waiting.append(target) }
            if slots[slot].opcode != 0x95, slots[slot].opcode != 0x05 { waiting.append(slot + 1) }
            // The jump over the next slot that "no bit in common" is made of.
            if slots[slot].offset == 1, jumps[slot] == nil { waiting.append(slot + 2) }
        }
        return reached
    }

    // MARK: Emission

    private mutating func add(
        _ opcode: UInt8, destination: UInt8 = 0, source: UInt8 = 0, offset: Int16 = 0, immediate: Int32 = 0
    ) {
        slots.append(
            Slot(opcode: opcode, destination: destination, source: source, offset: offset, immediate: immediate))
        origins.append(statement)
    }

    private mutating func aim(at place: Place, isCall: Bool = false) {
        targets.append(Target(slot: slots.count - 1, place: place, isCall: isCall))
    }

    private mutating func emit(_ read: PseudoStatement, calls: [UInt8: Int32]) throws(Inexpressible) {
        switch read {
        case .exit:
            add(0x95)
        case .callHelper(let id):
            helpers.insert(id)
            add(0x85, immediate: id)
        case .callLocal(let label):
            add(0x85, source: 1)
            aim(at: .label(label), isCall: true)
        case .callRegister(let register):
            guard let id = calls[register] else { throw .indirectCall }
            helpers.insert(id)
            add(0x85, immediate: id)
        case .goto(let label):
            add(0x05)
            aim(at: .label(label))
        case .branch(let condition, let label): emit(condition, to: .label(label))
        case .assume(var condition):
            condition.comparison = Self.opposites[condition.comparison] ?? ""
            emit(condition, to: .unmet)
        case .arithmetic(let name, let destination, let operand, let isWide):
            emit(arithmetic: name, destination, operand, isWide: isWide)
        case .negate(let register, let isWide): add(isWide ? 0x87 : 0x84, destination: register)
        case .swap(let name, let register):
            let opcode: UInt8 = name.hasPrefix("be") ? 0xdc : name.hasPrefix("le") ? 0xd4 : 0xd7
            add(opcode, destination: register, immediate: Int32(name.suffix(2)) ?? 0)
        case .load(let destination, let access):
            let mode: UInt8 = access.isSigned ? 0x81 : 0x61
            add(mode | Self.size(access), destination: destination, source: access.base, offset: access.offset)
        case .store(let access, .register(let source)):
            add(0x63 | Self.size(access), destination: access.base, source: source, offset: access.offset)
        case .store(let access, .immediate(let value)):
            add(0x62 | Self.size(access), destination: access.base, offset: access.offset, immediate: value)
        case .atomic(let name, let access, let source, let fetches):
            let operations: [String: Int32] = ["+": 0x00, "|": 0x40, "&": 0x50, "^": 0xa0, "x": 0xe1, "cx": 0xf1]
            add(
                0xc3 | Self.size(access), destination: access.base, source: source, offset: access.offset,
                immediate: operations[name, default: 0] | (fetches ? 1 : 0))
        case .loadWide(let destination, let wide): emit(wide, destination)
        case .legacyLoad: throw .legacyPacketLoad
        }
    }

    private static func size(_ access: PseudoStatement.Access) -> UInt8 {
        switch access.bits {
        case 8: 0x10
        case 16: 0x08
        case 32: 0x00
        default: 0x18
        }
    }

    private static let opposites = [
        "==": "!=", "!=": "==", "<": ">=", ">=": "<", ">": "<=", "<=": ">", "s<": "s>=", "s>=": "s<", "s>": "s<=",
        "s<=": "s>", "&==": "&!=", "&!=": "&==",
    ]

    private static let jumps: [String: UInt8] = [
        "==": 0x10, ">": 0x20, ">=": 0x30, "&!=": 0x40, "&==": 0x40, "!=": 0x50, "s>": 0x60, "s>=": 0x70, "<": 0xa0,
        "<=": 0xb0, "s<": 0xc0, "s<=": 0xd0,
    ]

    private mutating func emit(_ condition: PseudoStatement.Condition, to place: Place) {
        let opcode = Self.jumps[condition.comparison, default: 0] | (condition.isWide ? 0x05 : 0x06)
        switch condition.right {
        case .register(let source): add(opcode | 0x08, destination: condition.left, source: source)
        case .immediate(let value): add(opcode, destination: condition.left, immediate: value)
        }
        if condition.comparison == "&!=" {
            // In PREVAIL's words `&!=` is the one without a jump of its own: no bit in common.
            slots[slots.count - 1].offset = 1
            add(0x05)
        }
        aim(at: place)
    }

    private static let operations: [String: (code: UInt8, selector: Int16)] = [
        "+": (0x00, 0), "-": (0x10, 0), "*": (0x20, 0), "/": (0x30, 0), "s/": (0x30, 1), "|": (0x40, 0),
        "&": (0x50, 0), "<<": (0x60, 0), ">>": (0x70, 0), "%": (0x90, 0), "s%": (0x90, 1), "^": (0xa0, 0),
        "": (0xb0, 0), "s8": (0xb0, 8), "s16": (0xb0, 16), "s32": (0xb0, 32), "s>>": (0xc0, 0),
    ]

    private mutating func emit(
        arithmetic name: String, _ destination: UInt8, _ operand: PseudoStatement.Operand, isWide: Bool
    ) {
        var (code, selector) = Self.operations[name, default: (0xe0, 0)]
        // The low 32 bits, sign-extended to 32 bits, are themselves.
        if !isWide, selector == 32 { selector = 0 }
        let opcode = code | (isWide ? 0x07 : 0x04)
        switch operand {
        case .register(let source):
            if code == 0x30 || code == 0x90 { divisions.append((slots.count, source, isWide)) }
            add(opcode | 0x08, destination: destination, source: source, offset: selector)
        case .immediate(let value):
            add(opcode, destination: destination, offset: selector, immediate: value)
        }
    }

    private mutating func emit(_ wide: PseudoStatement.Wide, _ destination: UInt8) {
        let selector: UInt8
        var low: Int32
        var high: Int32 = 0
        switch wide {
        case .number(let number):
            (selector, low, high) = (0, Int32(truncatingIfNeeded: number), Int32(truncatingIfNeeded: number >> 32))
        case .map(let map): (selector, low) = (1, Int32(map))
        case .mapValue(let map, let offset): (selector, low, high) = (2, Int32(map), Int32(offset))
        // One map is defined in those documents; its index is the whole set of indices.
        case .mapByIndex(let map): (selector, low) = (1, map == 0 ? 0 : .max)
        case .mapValueByIndex(let map, let offset): (selector, low, high) = (2, map == 0 ? 0 : .max, Int32(offset))
        }
        add(0x18, destination: destination, source: selector, immediate: low)
        add(0x00, immediate: high)
    }
}
