import Bytecode
import Channel
import TestSupport

/// Random programs that any engine can run: every operation that needs no map, jumps to and fro, loops with and without an end, functions,
/// recursion, helpers that are there and that are not.
///
/// Addresses stay good: R6 is the payload and R10 the frame, and only they are used as addresses. What they hold may flow anywhere else.
package struct ProgramGenerator {
    package static let payloadSize = 64

    private var generator: SeededGenerator
    private var code: [Instruction] = []
    /// Calls whose functions' starts are not known yet.
    private var calls: [(index: Int, function: Int)] = []
    private var functionCount = 0
    /// Slots of the array of programs that tail calls choose from; nil where there is none.
    private var slots: Int?
    /// Registers that a loop counts with.
    private var reserved: Set<UInt8> = []

    /// Whether only such programs are made as Linux's verifier can accept: no pointer is computed with or kept, functions and helpers,
    /// of which it says what they leave in registers, are not called, and what has no meaning there is not done.
    private let forKernel: Bool

    package init(seed: UInt64, forKernel: Bool = false) {
        generator = SeededGenerator(seed: seed)
        self.forKernel = forKernel
    }

    package mutating func next() -> NativeCase {
        code = []
        slots = nil
        appendProgram()
        return NativeCase(code: code, payload: payload())
    }

    /// Programs that go on in one another, by an array of programs which is the set's only map: also in themselves, from functions, with
    /// indices that no slot has, and, depending on what the array holds, with slots that are empty.
    package mutating func nextSet(programs: Int, slots: Int) -> NativeCase {
        code = []
        self.slots = slots
        var entries: [Int] = []
        for _ in 0..<programs {
            entries.append(code.count)
            appendProgram()
        }
        return NativeCase(code: code, entries: entries, payload: payload())
    }

    private mutating func payload() -> [UInt8] {
        (0..<Self.payloadSize).map { _ in UInt8.random(in: 0...255, using: &generator) }
    }

    private mutating func appendProgram() {
        calls = []
        reserved = []
        functionCount = !forKernel && chance(3) ? Int.random(in: 1...3, using: &generator) : 0
        append(.mov64Register, 6, source: 1)
        if forKernel { append(.mov64Immediate, 1) }
        for register: UInt8 in [0, 3, 4, 5, 7, 8, 9] where !chance(4) { constant(register) }
        block(depth: 0, function: nil)
        if !chance(3) { tailCall() }
        append(.exit)
        var starts: [Int] = []
        for function in 0..<functionCount {
            starts.append(code.count)
            block(depth: 1, function: function)
            if chance(2) { tailCall() }
            append(.exit)
        }
        for call in calls { code[call.index].offset = Int32(starts[call.function]) }
    }

    private mutating func chance(_ one: Int) -> Bool { Int.random(in: 0..<one, using: &generator) == 0 }
    private mutating func pick<T>(_ values: [T]) -> T { values[Int.random(in: values.indices, using: &generator)] }

    private mutating func append(
        _ operation: Operation, _ destination: UInt8 = 0, source: UInt8 = 0, offset: Int32 = 0, immediate: Int64 = 0
    ) {
        code.append(
            Instruction(operation, destination: destination, source: source, offset: offset, immediate: immediate))
        if operation.encoding.occupiesTwoSlots { code.append(Instruction(.wideImmediateTail)) }
    }

    /// A register that may be written.
    private mutating func target() -> UInt8 {
        while true {
            let register = pick([0, 1, 2, 3, 4, 5, 7, 8, 9] as [UInt8])
            if !reserved.contains(register) { return register }
        }
    }
    private mutating func source() -> UInt8 {
        forKernel ? pick([0, 1, 2, 3, 4, 5, 7, 8, 9]) : UInt8.random(in: 0...10, using: &generator)
    }

    private mutating func word() -> Int64 {
        let bits = Int32(truncatingIfNeeded: generator.next())
        return Int64(
            pick([0, 1, -1, 2, 3, 5, 7, 8, 9, 16, 31, 32, 63, 64, 127, 128, -128, -129, 255, .max, .min, bits, bits]))
    }

    private mutating func constant(_ register: UInt8) {
        let bits = Int64(bitPattern: generator.next())
        switch Int.random(in: 0..<3, using: &generator) {
        case 0: append(.mov64Immediate, register, immediate: word())
        case 1: append(.mov32Immediate, register, immediate: word())
        default:
            append(.loadImmediate64, register, immediate: pick([bits, bits, .min, .max, -1, bits & 0xFFFF_FFFF]))
        }
    }

    private mutating func block(depth: Int, function: Int?) {
        for _ in 0..<Int.random(in: 1...10, using: &generator) { item(depth: depth, function: function) }
    }

    private mutating func item(depth: Int, function: Int?) {
        switch Int.random(in: 0..<24, using: &generator) {
        case 0..<9: arithmetic()
        case 9: constant(target())
        case 10..<13: load()
        case 13..<16: store()
        case 16, 17: atomic()
        case 18, 19: branch(depth: depth, function: function)
        case 20 where depth < 3: loop(depth: depth, function: function)
        case 21 where functionCount > 0: call(function)
        case 22 where slots != nil && !chance(4), 23 where slots != nil && chance(2): tailCall()
        case 22 where chance(3): helper()
        default: arithmetic()
        }
    }

    private static let arithmeticOperations = Operation.allCases.filter { operation in
        let row = operation.encoding
        return [0x04, 0x07].contains(row.opcode & 0x07) && operation != .wideImmediateTail
    }

    private mutating func arithmetic() {
        let operation = pick(Self.arithmeticOperations)
        let row = operation.encoding
        let usesSource = row.source == .read
        let usesImmediate = row.immediate == .value
        var immediate = usesImmediate ? word() : 0
        if forKernel, usesImmediate { immediate = Self.meaningful(immediate, of: operation) }
        append(operation, target(), source: usesSource ? source() : 0, immediate: immediate)
    }

    /// The kernel refuses shifts by more than there is, and divisions by 0.
    private static func meaningful(_ immediate: Int64, of operation: Operation) -> Int64 {
        switch operation.encoding.opcode & 0xF0 {
        case 0x60, 0x70, 0xC0: immediate & (operation.encoding.opcode & 7 == 7 ? 63 : 31)
        case 0x30, 0x90: immediate == 0 ? 1 : immediate
        case _: immediate
        }
    }

    /// R6 or R10, and a displacement at which `size` bytes are the program's.
    private mutating func place(_ size: Int32, aligned: Bool = false) -> (UInt8, Int32) {
        // The kernel wants accesses to the stack aligned.
        let step = aligned || forKernel ? size : 1
        if chance(2) {
            return (6, Int32.random(in: 0...(Int32(Self.payloadSize) - size) / step, using: &generator) * step)
        }
        // A few places, so that what is stored is found again.
        let low: Int32 = chance(4) ? -512 : -32
        return (10, low + Int32.random(in: 0...(-low - size) / step, using: &generator) * step)
    }

    private mutating func load() {
        let (operation, size): (Operation, Int32) = pick([
            (.load8, 1), (.load16, 2), (.load32, 4), (.load64, 8), (.loadSigned8, 1), (.loadSigned16, 2),
            (.loadSigned32, 4),
        ])
        let (base, offset) = place(size)
        append(operation, target(), source: base, offset: offset)
    }

    private mutating func store() {
        let (base8, offset8) = place(8)
        let (operation, size): (Operation, Int32) = pick([
            (.store8Register, 1), (.store16Register, 2), (.store32Register, 4), (.store64Register, 8),
            (.store8Immediate, 1), (.store16Immediate, 2), (.store32Immediate, 4), (.store64Immediate, 8),
        ])
        let (base, offset) = size == 8 ? (base8, offset8) : place(size)
        if operation.encoding.source == .read {
            append(operation, base, source: source(), offset: offset)
        } else {
            append(operation, base, offset: offset, immediate: word())
        }
    }

    private static let atomicOperations = Operation.allCases.filter { [0xC3, 0xDB].contains($0.encoding.opcode) }

    private mutating func atomic() {
        let operation = pick(Self.atomicOperations)
        let (base, offset) = place(operation.encoding.opcode == 0xDB ? 8 : 4, aligned: !chance(12))
        append(operation, base, source: operation.encoding.source == .updated ? target() : source(), offset: offset)
    }

    private static let branches = Operation.allCases.filter {
        $0.encoding.offset == .jump && $0 != .jump
    }

    private mutating func condition() -> Int {
        let operation = pick(Self.branches)
        let usesSource = operation.encoding.source == .read
        append(operation, source(), source: usesSource ? source() : 0, immediate: usesSource ? 0 : word())
        return code.count - 1
    }

    private mutating func branch(depth: Int, function: Int?) {
        let jump = condition()
        for _ in 0..<Int.random(in: 0...4, using: &generator) { item(depth: depth + 1, function: function) }
        if chance(3) {
            let end = code.count
            append(chance(2) ? .jump : .jumpLong)
            code[jump].offset = Int32(code.count)
            for _ in 0..<Int.random(in: 0...3, using: &generator) { item(depth: depth + 1, function: function) }
            code[end].offset = Int32(code.count)
        } else {
            code[jump].offset = Int32(code.count)
        }
    }

    private mutating func loop(depth: Int, function: Int?) {
        let counter: UInt8? = [7, 8, 9].first { !reserved.contains($0) }
        guard let counter, !chance(12) else {
            // Any condition: it may never end.
            let start = code.count
            block(depth: depth + 1, function: function)
            let jump = condition()
            code[jump].offset = Int32(start)
            return
        }
        append(.mov64Immediate, counter, immediate: Int64.random(in: 1...20, using: &generator))
        reserved.insert(counter)
        let start = code.count
        block(depth: depth + 1, function: function)
        append(.add64Immediate, counter, immediate: -1)
        append(.jumpNotEqual64Immediate, counter, offset: Int32(start))
        reserved.remove(counter)
    }

    private mutating func call(_ function: Int?) {
        // Mostly functions behind, so that most programs end.
        let first = chance(12) ? 0 : function.map { $0 + 1 } ?? 0
        guard first < functionCount else { return arithmetic() }
        let callee = Int.random(in: first..<functionCount, using: &generator)
        calls.append((code.count, callee))
        append(.callLocal)
    }

    private mutating func helper() {
        if forKernel { return arithmetic() }
        // In a set the other helpers are Linux's, which the reference machine does not have.
        append(.callHelper, immediate: slots != nil || chance(20) ? pick([0, 4, 99, -1]) : 5)
    }

    /// What the next program takes for its payload is in R1.
    private mutating func tailCall() {
        guard let slots else { return }
        append(.mov64Register, 1, source: 6)
        if chance(4) {
            append(.mov64Register, 3, source: source())
            append(.and64Immediate, 3, immediate: 7)
        } else {
            append(
                .mov64Immediate, 3,
                immediate: chance(8) ? word() : Int64.random(in: 0...Int64(slots), using: &generator))
        }
        append(pick([.loadMapByFD, .loadMapByIndex]), 2)
        // Where control might come from elsewhere, a compiler does not know which array it is.
        if chance(3) { append(.jumpEqual64Immediate, 3, offset: Int32(code.count + 1), immediate: 1) }
        append(.callHelper, immediate: 12)
    }
}
