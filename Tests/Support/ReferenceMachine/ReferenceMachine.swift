import Bytecode
import VectorCorpus

/// RFC 9669 read literally, one slot at a time: the standard's tables of classes, codes, sizes and modes, on integers
/// wide enough that nothing overflows. Slow, and nothing like an engine: it decodes nothing ahead, knows no
/// `Operation`, and shares no arithmetic with what it checks.
package struct ReferenceMachine {
    private typealias Wide = Int128

    /// Where the memory and the top of the first frame lie.
    package struct Places: Sendable {
        package var memory: UInt64
        package var stackTop: UInt64

        package init(memory: UInt64 = 0x1_0000, stackTop: UInt64 = 0x3_0000) {
            self.memory = memory
            self.stackTop = stackTop
        }
    }

    /// What `bpf_tail_call` chooses from.
    package struct TailCalls: Sendable {
        /// What a program has for a reference to the one array of programs.
        package var array: UInt64
        /// For each slot the first instruction of its program, or nothing.
        package var slots: [Int?]

        package init(array: UInt64, slots: [Int?]) {
            self.array = array
            self.slots = slots
        }
    }

    private let places: Places
    private let tailCalls: TailCalls?
    private var tailCallsMade = 0
    /// Whether helper 5 gives back its first argument, as the conformance suites have it; otherwise there is no helper.
    private let hasHelper: Bool
    private static let frameSize: UInt64 = 512

    private struct Caller {
        var returnIndex: Int
        var saved: ArraySlice<UInt64>
    }

    private let slots: [Slot]
    private var registers: [UInt64]
    private var memory: [UInt8]
    private var stack = [UInt8](repeating: 0, count: 8 * 512)
    private var callers: [Caller] = []
    private var index = 0

    private init(_ vector: Vector, _ places: Places, hasHelper: Bool, _ tailCalls: TailCalls?) {
        self.places = places
        self.tailCalls = tailCalls
        self.hasHelper = hasHelper
        slots = vector.slots
        memory = vector.memory
        registers = [UInt64](repeating: 0, count: 11)
        registers[1] = memory.isEmpty ? 0 : places.memory
        registers[2] = UInt64(memory.count)
        registers[10] = places.stackTop
    }

    /// What comes of a vector: its outcome, and the memory afterwards.
    package static func run(
        _ vector: Vector, at places: Places = Places(), hasHelper: Bool = false
    ) -> (outcome: Vector.Expectation, memory: [UInt8]) {
        let (outcome, memory, _) = run(vector, at: places, hasHelper: hasHelper, tailCalls: nil)
        return (outcome, memory)
    }

    /// The same of a program that may go on in others, and how often it did.
    ///
    /// - Parameter observe: is told before each instruction which it is, and what registers hold.
    package static func run(
        _ vector: Vector, at places: Places, hasHelper: Bool, tailCalls: TailCalls?,
        observe: ((Int, [UInt64]) -> Void)? = nil
    ) -> (outcome: Vector.Expectation, memory: [UInt8], tailCalls: Int) {
        var machine = ReferenceMachine(vector, places, hasHelper: hasHelper, tailCalls)
        for _ in 0..<vector.fuel {
            observe?(machine.index, machine.registers)
            do throws(Stop) { try machine.step() } catch {
                return (error.outcome, machine.memory, machine.tailCallsMade)
            }
        }
        let outcome = Vector.Expectation.fault(Vector.Fault(kind: .fuelExhausted, index: machine.index))
        return (outcome, machine.memory, machine.tailCallsMade)
    }

    private struct Stop: Error {
        var outcome: Vector.Expectation
    }

    // MARK: one slot

    private mutating func step() throws(Stop) {
        let slot = slots[index]
        switch slot.opcode & 0x07 {
        case 0x04: arithmetic(slot, width: 32)
        case 0x07: arithmetic(slot, width: 64)
        case 0x05: try jump(slot, width: 64)
        case 0x06: try jump(slot, width: 32)
        case 0x00: loadWide(slot)
        case 0x01: try load(slot)
        case 0x02: try store(slot, value: UInt64(bitPattern: Int64(slot.immediate)))
        default:
            if slot.opcode & 0xe0 == 0xc0 { try atomic(slot) } else { try store(slot, value: source(slot)) }
        }
        index += 1
    }

    private func destination(_ slot: Slot) -> UInt64 { registers[Int(slot.registers & 0xf)] }
    private func source(_ slot: Slot) -> UInt64 { registers[Int(slot.registers >> 4)] }
    private mutating func setDestination(_ slot: Slot, _ value: UInt64) { registers[Int(slot.registers & 0xf)] = value }
    private mutating func setSource(_ slot: Slot, _ value: UInt64) { registers[Int(slot.registers >> 4)] = value }

    private static func unsigned(_ bits: UInt64, _ width: Int) -> Wide { Wide(bits) % (Wide(1) << Wide(width)) }

    private static func signed(_ bits: UInt64, _ width: Int) -> Wide {
        let value = unsigned(bits, width)
        return value >= Wide(1) << Wide(width - 1) ? value - (Wide(1) << Wide(width)) : value
    }

    /// The low bits of a number in two's complement, the rest zero.
    private static func low(_ value: Wide, _ width: Int) -> UInt64 {
        let modulus = Wide(1) << Wide(width)
        let rest = value % modulus
        return UInt64(rest < 0 ? rest + modulus : rest)
    }

    /// The second operand of arithmetic and comparisons: bit 3 of the opcode says which.
    private func operand(_ slot: Slot) -> UInt64 {
        slot.opcode & 0x08 != 0 ? source(slot) : UInt64(bitPattern: Int64(slot.immediate))
    }

    // MARK: section 4.1 and 4.2

    private mutating func arithmetic(_ slot: Slot, width: Int) {
        let code = slot.opcode >> 4
        if code == 0xd { return swap(slot, width: width) }
        let left = destination(slot)
        let right = operand(slot)
        let (a, b) = (Self.unsigned(left, width), Self.unsigned(right, width))
        let (signedA, signedB) = (Self.signed(left, width), Self.signed(right, width))
        let count = b % Wide(width)
        let value: Wide
        switch (code, slot.offset) {
        case (0x0, _): value = a + b
        case (0x1, _): value = a - b
        // Two 64-bit factors reach past 127 bits as unsigned numbers, never as signed ones.
        case (0x2, _): value = signedA * signedB
        case (0x3, 0): value = b == 0 ? 0 : a / b
        case (0x3, _): value = signedB == 0 ? 0 : signedA / signedB
        case (0x4, _): value = a | b
        case (0x5, _): value = a & b
        case (0x6, _): value = (a << count) % (Wide(1) << Wide(width))
        case (0x7, _): value = a / (Wide(1) << count)
        case (0x8, _): value = -a
        case (0x9, 0): value = b == 0 ? a : a % b
        case (0x9, _): value = signedB == 0 ? signedA : signedA % signedB
        case (0xa, _): value = a ^ b
        case (0xb, 0): value = b
        case (0xb, let bits): value = Self.signed(right, Int(bits))
        default: value = Self.floorDivision(signedA, by: Wide(1) << count)
        }
        setDestination(slot, Self.low(value, width))
    }

    /// An arithmetic shift right is a division that rounds down.
    private static func floorDivision(_ value: Wide, by divisor: Wide) -> Wide {
        let quotient = value / divisor
        return value < 0 && quotient * divisor != value ? quotient - 1 : quotient
    }

    private mutating func swap(_ slot: Slot, width: Int) {
        let bytes = Int(slot.immediate) / 8
        let value = destination(slot)
        // Class ALU with the source bit clear converts to little-endian, which is how the number already lies.
        let reverses = width == 64 || slot.opcode & 0x08 != 0
        var result: UInt64 = 0
        for position in 0..<bytes {
            let byte = value >> (8 * position) & 0xff
            result |= byte << (8 * (reverses ? bytes - 1 - position : position))
        }
        setDestination(slot, result)
    }

    // MARK: section 4.3

    private mutating func jump(_ slot: Slot, width: Int) throws(Stop) {
        let left = destination(slot)
        let right = operand(slot)
        let (a, b) = (Self.unsigned(left, width), Self.unsigned(right, width))
        let (signedA, signedB) = (Self.signed(left, width), Self.signed(right, width))
        let taken: Bool
        switch slot.opcode >> 4 {
        case 0x0:
            index += width == 64 ? Int(slot.offset) : Int(slot.immediate)
            return
        case 0x1: taken = a == b
        case 0x2: taken = a > b
        case 0x3: taken = a >= b
        case 0x4: taken = a & b != 0
        case 0x5: taken = a != b
        case 0x6: taken = signedA > signedB
        case 0x7: taken = signedA >= signedB
        case 0x8: return try call(slot)
        case 0x9: return try exit()
        case 0xa: taken = a < b
        case 0xb: taken = a <= b
        case 0xc: taken = signedA < signedB
        default: taken = signedA <= signedB
        }
        if taken { index += Int(slot.offset) }
    }

    private mutating func call(_ slot: Slot) throws(Stop) {
        if slot.registers >> 4 == 0 {
            if hasHelper, slot.immediate == 5 {
                registers[0] = registers[1]
                return
            }
            if let tailCalls, slot.immediate == 12 { return tailCall(tailCalls) }
            let id = UInt64(bitPattern: Int64(slot.immediate))
            throw Stop(outcome: .fault(Vector.Fault(kind: .unknownHelper, index: index, address: .absolute(id))))
        }
        guard callers.count < 7 else {
            throw Stop(outcome: .fault(Vector.Fault(kind: .callDepthExceeded, index: index)))
        }
        callers.append(Caller(returnIndex: index, saved: registers[6...10]))
        registers[10] -= Self.frameSize
        index += Int(slot.immediate)
    }

    /// At most 33 (MAX_TAIL_CALL_CNT). One that fails leaves 0 in R0; the program that goes on finds R1 and R10, and 0 in the others.
    private mutating func tailCall(_ tailCalls: TailCalls) {
        precondition(registers[2] == tailCalls.array, "generated programs have one map")
        let slot = Int(registers[3] % (1 << 32))
        registers[0] = 0
        guard slot < tailCalls.slots.count, let start = tailCalls.slots[slot], tailCallsMade < 33 else { return }
        tailCallsMade += 1
        for register in [0, 2, 3, 4, 5, 6, 7, 8, 9] { registers[register] = 0 }
        index = start - 1
    }

    private mutating func exit() throws(Stop) {
        guard let caller = callers.popLast() else { throw Stop(outcome: .result(registers[0])) }
        registers.replaceSubrange(6...10, with: caller.saved)
        index = caller.returnIndex
    }

    // MARK: section 5

    private mutating func loadWide(_ slot: Slot) {
        let low = UInt64(UInt32(bitPattern: slot.immediate))
        let high = UInt64(UInt32(bitPattern: slots[index + 1].immediate))
        // Sub-types 1 and 5 refer to a map.
        let isMap = [1, 5].contains(slot.registers >> 4)
        setDestination(slot, isMap ? (tailCalls?.array ?? 0) + 128 * low : high << 32 | low)
        index += 1
    }

    private static func size(_ slot: Slot) -> Int {
        switch slot.opcode & 0x18 {
        case 0x00: 4
        case 0x08: 2
        case 0x10: 1
        default: 8
        }
    }

    private mutating func load(_ slot: Slot) throws(Stop) {
        let size = Self.size(slot)
        let address = source(slot) &+ UInt64(bitPattern: Int64(slot.offset))
        let value = try read(address, size)
        let isSignExtending = slot.opcode & 0xe0 == 0x80
        setDestination(slot, isSignExtending ? Self.low(Self.signed(value, 8 * size), 64) : value)
    }

    private mutating func store(_ slot: Slot, value: UInt64) throws(Stop) {
        try write(destination(slot) &+ UInt64(bitPattern: Int64(slot.offset)), Self.size(slot), value)
    }

    private mutating func atomic(_ slot: Slot) throws(Stop) {
        let size = Self.size(slot)
        let width = 8 * size
        let address = destination(slot) &+ UInt64(bitPattern: Int64(slot.offset))
        guard place(address, size) != nil else { throw fault(.outOfBoundsWrite, address, size) }
        guard address % UInt64(size) == 0 else { throw fault(.misalignedAtomic, address, size) }
        let old = try read(address, size)
        let operand = UInt64(Self.unsigned(source(slot), width))
        let fetches = slot.immediate & 1 != 0
        switch slot.immediate & 0xf0 {
        case 0x00: try write(address, size, Self.low(Wide(old) + Wide(operand), width))
        case 0x40: try write(address, size, old | operand)
        case 0x50: try write(address, size, old & operand)
        case 0xa0: try write(address, size, old ^ operand)
        case 0xe0: try write(address, size, operand)
        default:
            if Self.unsigned(registers[0], width) == Wide(old) { try write(address, size, operand) }
            registers[0] = old
            return
        }
        if fetches { setSource(slot, old) }
    }

    // MARK: memory

    private enum Place {
        case memory(Int)
        case stack(Int)
    }

    /// Where an access lies wholly: in the memory, or in the frames in use.
    private func place(_ address: UInt64, _ size: Int) -> Place? {
        let (start, length) = (Wide(address), Wide(size))
        let memoryStart = Wide(places.memory)
        if start >= memoryStart, start + length <= memoryStart + Wide(memory.count) {
            return .memory(Int(start - memoryStart))
        }
        let stackTop = Wide(places.stackTop)
        let lowest = stackTop - Wide(Self.frameSize) * Wide(callers.count + 1)
        if start >= lowest, start + length <= stackTop {
            return .stack(stack.count - Int(stackTop - start))
        }
        return nil
    }

    private func fault(_ kind: Vector.FaultKind, _ address: UInt64, _ size: Int) -> Stop {
        let fault = Vector.Fault(kind: kind, index: index, address: .absolute(address), size: size)
        return Stop(outcome: .fault(fault))
    }

    private func read(_ address: UInt64, _ size: Int) throws(Stop) -> UInt64 {
        let bytes: ArraySlice<UInt8>
        switch place(address, size) {
        case .memory(let start): bytes = memory[start..<start + size]
        case .stack(let start): bytes = stack[start..<start + size]
        case nil: throw fault(.outOfBoundsRead, address, size)
        }
        return bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    private mutating func write(_ address: UInt64, _ size: Int, _ value: UInt64) throws(Stop) {
        let bytes = (0..<size).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
        switch place(address, size) {
        case .memory(let start): memory.replaceSubrange(start..<start + size, with: bytes)
        case .stack(let start): stack.replaceSubrange(start..<start + size, with: bytes)
        case nil: throw fault(.outOfBoundsWrite, address, size)
        }
    }

    /// An expectation with its addresses as they are in this machine.
    package static func resolved(_ expectation: Vector.Expectation) -> Vector.Expectation {
        guard case .fault(var fault) = expectation else { return expectation }
        let places = Places()
        fault.address = fault.address.map {
            .absolute($0.resolved(memory: places.memory, frame: places.stackTop))
        }
        return .fault(fault)
    }
}
