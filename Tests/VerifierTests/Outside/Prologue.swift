import Bytecode
import ProgramPackage

/// Instructions that bring an ordinary program into an entry state: for verifiers that know no state but the one in
/// which the kernel starts programs.
///
/// Unknown numbers are read from a map; ranges are tested, and where a test fails the program ends.
struct Prologue {
    struct Inexpressible: Error, CustomStringConvertible {
        var description: String
    }

    /// The prologue, the code behind it, and the maps of the entry state with that of the unknown numbers behind them.
    private(set) var slots: [Slot] = []
    let maps: [MapDefinition]
    /// Slots in front of the code.
    private(set) var length = 0

    private var prologue: [Slot] = []
    /// Jumps to where the program ends.
    private var tests: [Int] = []
    private let source: Int
    /// Registers that the code never mentions: for the context, for constants, and a third where there is one.
    private let context: UInt8
    private let scratch: UInt8
    private let spare: UInt8?
    private var unknowns: Int32 = 0

    init(_ entry: EntryState, before code: [Slot]) throws {
        source = entry.maps.count
        maps =
            Self.arrays(entry) + [
                MapDefinition(name: "unknown", type: 2, keySize: 4, valueSize: 128, maximumEntries: 1)
            ]
        var mentioned: Set<UInt8> = [10]
        for slot in code { mentioned.formUnion([slot.destination, slot.source]) }
        mentioned.formUnion(entry.registers.keys)
        if code.contains(where: { $0.opcode == 0x85 }) { mentioned.formUnion(0...5) }
        let free = (UInt8(0)...9).filter { !mentioned.contains($0) }
        guard free.count >= 2 else { throw Inexpressible(description: "no register is free") }
        (context, scratch) = (free[free.count - 1], free[free.count - 2])
        spare = free.count >= 3 ? free[free.count - 3] : nil

        add(0xbf, destination: context, source: 1)
        for range in entry.numericBytes {
            for byte in range { addUnknownByte(byte) }
        }
        for cell in entry.cells { addCell(cell) }
        var named: [Int: UInt8] = [:]
        for (register, value) in entry.registers.sorted(by: { $0.key < $1.key }) {
            try set(register, value, entry, named: &named)
        }
        // The kernel gives what is known of the packet to the pointers that there are.
        try addPacketSize(entry)
        length = prologue.count
        var all = prologue + code
        for test in tests { all[test].offset = Int16(all.count - test - 1) }
        if !tests.isEmpty {
            all.append(Slot(opcode: 0xb7, registers: 0, offset: 0, immediate: 0))
            all.append(Slot(opcode: 0x95, registers: 0, offset: 0, immediate: 0))
        }
        slots = all
    }

    /// The maps of the entry state, as arrays of one value where it points to a value: such a value has an address
    /// that a program may name.
    private static func arrays(_ entry: EntryState) -> [MapDefinition] {
        var maps = entry.maps
        var whole: Set<Int> = []
        for case .map(let map) in entry.registers.values { whole.insert(map) }
        for case .mapValue(let map, _, _) in entry.registers.values where !whole.contains(map) {
            maps[map].type = 2
            maps[map].maximumEntries = 1
        }
        return maps
    }

    private mutating func add(
        _ opcode: UInt8, destination: UInt8 = 0, source: UInt8 = 0, offset: Int16 = 0, immediate: Int32 = 0
    ) {
        prologue.append(
            Slot(opcode: opcode, destination: destination, source: source, offset: offset, immediate: immediate))
    }

    private mutating func addWide(_ register: UInt8, _ value: Int64, selector: UInt8 = 0) {
        add(0x18, destination: register, source: selector, immediate: Int32(truncatingIfNeeded: value))
        add(0x00, immediate: Int32(truncatingIfNeeded: value >> 32))
    }

    /// Puts a number into a register of which nothing is known.
    private mutating func addUnknown(_ register: UInt8) {
        addWide(register, Int64(source), selector: 2)
        add(0x79, destination: register, source: register, offset: Int16(unknowns % 16 * 8))
        unknowns += 1
    }

    /// Ends the program where `register op value`.
    private mutating func endIf(_ operation: UInt8, _ register: UInt8, _ value: Int64) {
        addWide(scratch, value)
        tests.append(prologue.count)
        add(operation | 0x0d, destination: register, source: scratch)
    }

    private mutating func addNumber(_ register: UInt8, _ amount: EntryState.Amount) {
        if let constant = amount.constant { return addWide(register, constant) }
        addUnknown(register)
        if amount.signed.lowerBound > .min { endIf(0xc0, register, amount.signed.lowerBound) }
        if amount.signed.upperBound < .max { endIf(0x60, register, amount.signed.upperBound) }
        if amount.unsigned.lowerBound > .min { endIf(0xa0, register, Int64(bitPattern: amount.unsigned.lowerBound)) }
        if amount.unsigned.upperBound < .max { endIf(0x20, register, Int64(bitPattern: amount.unsigned.upperBound)) }
    }

    private mutating func addPacketSize(_ entry: EntryState) throws {
        guard entry.packetMinimum > 0 else { return }
        guard let spare, entry.packetMinimum < 0xffff else { throw Inexpressible(description: "a large packet") }
        add(0x61, destination: scratch, source: context, offset: 0)
        add(0x07, destination: scratch, immediate: Int32(entry.packetMinimum))
        add(0x61, destination: spare, source: context, offset: 4)
        tests.append(prologue.count)
        add(0x2d, destination: scratch, source: spare)
    }

    private mutating func addUnknownByte(_ byte: Int) {
        addUnknown(scratch)
        add(0x73, destination: 10, source: scratch, offset: Int16(byte - EntryState.frameSize))
    }

    private mutating func addCell(_ cell: EntryState.Cell) {
        let opcodes: [Int: UInt8] = [1: 0x73, 2: 0x6b, 4: 0x63, 8: 0x7b]
        addWide(scratch, cell.value)
        add(
            opcodes[cell.size, default: 0], destination: 10, source: scratch,
            offset: Int16(cell.start - EntryState.frameSize))
    }

    private mutating func set(
        _ register: UInt8, _ value: EntryState.Entry, _ entry: EntryState, named: inout [Int: UInt8]
    ) throws {
        switch value {
        case .number(let amount):
            if let name = amount.name, let other = named[name] {
                add(0xbf, destination: register, source: other)
            } else {
                addNumber(register, amount)
                if let name = amount.name { named[name] = register }
            }
        case .context(let amount):
            add(0xbf, destination: register, source: context)
            try addOffset(register, amount)
        case .packet(let amount):
            add(0x61, destination: register, source: context, offset: 0)
            try addOffset(register, amount)
        case .packetEnd: add(0x61, destination: register, source: context, offset: 4)
        case .packetMeta(_): throw Inexpressible(description: "metadata before the packet")
        case .stack(let amount):
            add(0xbf, destination: register, source: 10)
            add(0x07, destination: register, immediate: -Int32(EntryState.frameSize))
            try addOffset(register, amount)
        case .map(let map): addWide(register, Int64(map), selector: 1)
        case .mapValue(let map, let amount, let isNullable):
            guard !isNullable else { throw Inexpressible(description: "a pointer that may be null") }
            guard maps[map].type == 2 else { throw Inexpressible(description: "a map that is used in two ways") }
            addWide(register, Int64(map), selector: 2)
            try addOffset(register, amount)
        }
    }

    private mutating func addOffset(_ register: UInt8, _ amount: EntryState.Amount) throws {
        if let constant = amount.constant {
            guard let constant = Int32(exactly: constant) else { throw Inexpressible(description: "a far offset") }
            if constant != 0 { add(0x07, destination: register, immediate: constant) }
            return
        }
        guard let spare else { throw Inexpressible(description: "no register is free") }
        addNumber(spare, amount)
        add(0x0f, destination: register, source: spare)
    }
}
