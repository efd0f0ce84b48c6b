import Bytecode
import Prototypes
import TestSupport

/// Makes programs that are often nearly right: bounds are mostly checked, null mostly compared with, and then used mostly as far
/// as they reach. What a register holds is tracked roughly, so that statements mostly fit together; now and then they do not.
package struct ProgramGenerator {
    /// What a register is thought to hold.
    enum Holding: Equatable {
        case nothing, number
        /// A number at most so large, if it was bounded.
        case bounded(UInt64)
        case context, frame
        /// So many bytes from there on were checked.
        case packet(checked: Int)
        case packetEnd
        /// A value of so many bytes, or 0.
        case value(size: Int, isChecked: Bool)
        case reserved(size: Int)
        /// Memory of whoever called: so many bytes that were written.
        case buffer(size: Int)
    }

    /// A function of the program, and what its first argument is; the second is a number.
    struct Function {
        let label: Emitter.Label
        let parameter: Holding
    }

    var noise: SeededGenerator
    var emitter = Emitter()
    var holdings: [Holding] = Array(repeating: .nothing, count: 11)
    /// Stack bytes thought to be written, by offset from the frame's end, negative.
    var written: [Int: Int] = [:]
    var section = 0
    /// How often something is done carelessly: one time in so many.
    var carefulness: UInt64 = 24
    var depth = 0
    /// Index of the function that is being made; nil in the program itself.
    var inside: Int?
    var functions: [Function] = []
    var end: Emitter.Label

    private init(seed: UInt64) {
        noise = SeededGenerator(seed: seed)
        end = emitter.label()
    }

    /// A program, and the index of its section in ``Fixture/sections``.
    package static func program(seed: UInt64) -> (code: [Instruction], section: Int) {
        var generator = ProgramGenerator(seed: seed)
        generator.make()
        return (generator.emitter.finished(), generator.section)
    }

    // MARK: dice

    mutating func below(_ limit: Int) -> Int { Int(truncatingIfNeeded: noise.next() % UInt64(max(limit, 1))) }
    mutating func chance(_ limit: Int) -> Bool { below(limit) == 0 }
    mutating func pick<T>(_ list: [T]) -> T { list[below(list.count)] }
    mutating func isSloppy() -> Bool { noise.next() % carefulness == 0 }

    mutating func constant() -> Int64 {
        switch below(10) {
        case 0...3: return Int64(below(17))
        case 4: return Int64(below(256))
        case 5: return -Int64(below(17))
        case 6: return 1 << Int64(below(31))
        case 7: return pick([0x7FFF_FFFF, -0x8000_0000, -1, 0xFF, 0xFFFF, 0x7FFF, -4096])
        default: return Int64(Int32(truncatingIfNeeded: noise.next()))
        }
    }

    // MARK: registers

    func registers(_ isWanted: (Holding) -> Bool) -> [UInt8] {
        (0..<10).filter { isWanted(holdings[Int($0)]) }.map { UInt8($0) }
    }

    func isNumber(_ holding: Holding) -> Bool {
        switch holding {
        case .number, .bounded: true
        case .nothing, .context, .frame, .packet, .packetEnd, .value, .reserved, .buffer: false
        }
    }

    /// A register with a number; one is made if there is none.
    mutating func number() -> UInt8 {
        if isSloppy() { return UInt8(below(10)) }
        let candidates = registers(isNumber)
        if !candidates.isEmpty { return pick(candidates) }
        let register = target()
        emitter.emit(.mov64Immediate, register, 0, constant())
        holdings[Int(register)] = .number
        return register
    }

    /// A register to write to: rather one that holds nothing of use. R6 keeps the context.
    mutating func target() -> UInt8 {
        if isSloppy() { return UInt8(below(10)) }
        let free = registers { $0 == .nothing }.filter { $0 != 6 }
        if !free.isEmpty, !chance(4) { return pick(free) }
        let numbers = registers(isNumber).filter { $0 != 6 }
        return numbers.isEmpty ? pick([0, 2, 3, 4, 5, 7, 8, 9]) : pick(numbers)
    }

    mutating func clobberCallerSaved() {
        for register in 0...5 { holdings[register] = .nothing }
    }

    // MARK: the whole

    private mutating func make() {
        section = below(10) < 6 ? 0 : below(Fixture.sections.count)
        carefulness = pick([8, 16, 32, 64, 1_000])
        holdings[1] = .context
        holdings[10] = .frame
        emitter.emit(.mov64Register, 6, 1)
        holdings[6] = .context
        for _ in 0..<3 + below(14) { statement() }
        finish()
        var made = 0
        while made < functions.count {
            body(made)
            made += 1
        }
    }

    private mutating func finish() {
        if chance(3), let register = registers(isNumber).first {
            emitter.emit(.mov64Register, 0, register)
            emitter.emit(.and64Immediate, 0, 0, 1)
        } else {
            emitter.emit(.mov64Immediate, 0, 0, 1)
        }
        emitter.emit(.exit)
        emitter.place(end)
        emitter.emit(.mov64Immediate, 0, 0, 1)
        emitter.emit(.exit)
    }

    private mutating func body(_ index: Int) {
        inside = index
        emitter.place(functions[index].label)
        holdings = Array(repeating: .nothing, count: 11)
        written = [:]
        holdings[1] = functions[index].parameter
        holdings[2] = .number
        holdings[10] = .frame
        if holdings[1] != .number {
            emitter.emit(.mov64Register, 6, 1)
            holdings[6] = holdings[1]
        }
        end = emitter.label()
        for _ in 0..<1 + below(6) { statement() }
        finish()
    }

    mutating func statement() {
        guard emitter.code.count < 160 else { return }
        switch below(31) {
        case 0...6: arithmetic()
        case 7...8: contextField()
        case 9...12: packetAccess()
        case 13...15: stackAccess()
        case 16...18: mapAccess()
        case 19...21: branch()
        case 22: if chance(3) { loop() } else { bound() }
        case 23...24: call()
        case 25...26: localCall()
        case 27: atomic()
        case 28: pointerGame()
        case 29: bound()
        default: spill()
        }
    }
}
