import Bytecode

/// Statements that compute, branch and repeat.
extension ProgramGenerator {
    private static let immediates: [Operation] = [
        .add64Immediate, .sub64Immediate, .mul64Immediate, .div64Immediate, .sdiv64Immediate, .or64Immediate,
        .and64Immediate, .and64Immediate, .lsh64Immediate, .rsh64Immediate, .mod64Immediate, .smod64Immediate,
        .xor64Immediate, .mov64Immediate, .arsh64Immediate, .add32Immediate, .sub32Immediate, .mul32Immediate,
        .div32Immediate, .sdiv32Immediate, .or32Immediate, .and32Immediate, .lsh32Immediate, .rsh32Immediate,
        .mod32Immediate, .smod32Immediate, .xor32Immediate, .mov32Immediate, .arsh32Immediate,
    ]
    private static let registersOperations: [Operation] = [
        .add64Register, .sub64Register, .mul64Register, .div64Register, .sdiv64Register, .or64Register, .and64Register,
        .lsh64Register, .rsh64Register, .mod64Register, .smod64Register, .xor64Register, .mov64Register,
        .arsh64Register, .add32Register, .sub32Register, .mul32Register, .div32Register, .sdiv32Register,
        .or32Register, .and32Register, .lsh32Register, .rsh32Register, .mod32Register, .smod32Register, .xor32Register,
        .mov32Register, .arsh32Register, .movsx64From8, .movsx64From16, .movsx64From32, .movsx32From8, .movsx32From16,
    ]
    private static let unaries: [Operation] = [
        .neg64, .neg32, .toLittleEndian16, .toLittleEndian32, .toBigEndian16, .toBigEndian32, .toBigEndian64,
        .byteSwap16, .byteSwap32, .byteSwap64,
    ]

    mutating func arithmetic() {
        let register = number()
        switch below(12) {
        case 0...6:
            let operation = pick(Self.immediates)
            var value = constant()
            switch operation {
            case .lsh64Immediate, .rsh64Immediate, .arsh64Immediate: value = Int64(below(64))
            case .lsh32Immediate, .rsh32Immediate, .arsh32Immediate: value = Int64(below(32))
            default: break
            }
            emitter.emit(operation, register, 0, value)
            holdings[Int(register)] = operation == .and64Immediate && value >= 0 ? .bounded(UInt64(value)) : .number
        case 7...9:
            let source = number()
            emitter.emit(pick(Self.registersOperations), register, source)
            holdings[Int(register)] = .number
        case 10: emitter.emit(pick(Self.unaries), register)
        default:
            let register = target()
            emitter.emit(.loadImmediate64, register, 0, Int64(bitPattern: noise.next()) >> Int64(below(64)))
            holdings[Int(register)] = .number
        }
        if case .bounded = holdings[Int(register)] {} else { holdings[Int(register)] = .number }
    }

    private static let jumpsImmediate: [Operation] = [
        .jumpEqual64Immediate, .jumpGreater64Immediate, .jumpGreaterOrEqual64Immediate, .jumpSet64Immediate,
        .jumpNotEqual64Immediate, .jumpSignedGreater64Immediate, .jumpSignedGreaterOrEqual64Immediate,
        .jumpLess64Immediate, .jumpLessOrEqual64Immediate, .jumpSignedLess64Immediate,
        .jumpSignedLessOrEqual64Immediate,
        .jumpEqual32Immediate, .jumpGreater32Immediate, .jumpGreaterOrEqual32Immediate, .jumpSet32Immediate,
        .jumpNotEqual32Immediate, .jumpSignedGreater32Immediate, .jumpSignedGreaterOrEqual32Immediate,
        .jumpLess32Immediate, .jumpLessOrEqual32Immediate, .jumpSignedLess32Immediate,
        .jumpSignedLessOrEqual32Immediate,
    ]
    private static let jumpsRegister: [Operation] = [
        .jumpEqual64Register, .jumpGreater64Register, .jumpGreaterOrEqual64Register, .jumpSet64Register,
        .jumpNotEqual64Register, .jumpSignedGreater64Register, .jumpSignedGreaterOrEqual64Register,
        .jumpLess64Register, .jumpLessOrEqual64Register, .jumpSignedLess64Register, .jumpSignedLessOrEqual64Register,
        .jumpEqual32Register, .jumpGreater32Register, .jumpGreaterOrEqual32Register, .jumpSet32Register,
        .jumpNotEqual32Register, .jumpSignedGreater32Register, .jumpSignedGreaterOrEqual32Register, .jumpLess32Register,
        .jumpLessOrEqual32Register, .jumpSignedLess32Register, .jumpSignedLessOrEqual32Register,
    ]

    /// A comparison of numbers.
    private mutating func compare(to label: Emitter.Label) {
        let register = number()
        if chance(3) {
            let other = number()
            emitter.jump(pick(Self.jumpsRegister), register, other, to: label)
        } else {
            emitter.jump(pick(Self.jumpsImmediate), register, 0, constant(), to: label)
        }
    }

    /// Statements that are jumped over, or two lists of which one is run; what is known behind is what both leave.
    mutating func branch() {
        guard depth < 4 else { return arithmetic() }
        depth += 1
        defer { depth -= 1 }
        let other = emitter.label()
        let behind = emitter.label()
        compare(to: other)
        let before = (holdings, written)
        for _ in 0..<1 + below(3) { statement() }
        let after = (holdings, written)
        (holdings, written) = before
        if chance(2) {
            emitter.jump(.jump, to: behind)
            emitter.place(other)
            for _ in 0..<1 + below(3) { statement() }
        } else {
            emitter.place(other)
        }
        emitter.place(behind)
        for register in 0..<10 where holdings[register] != after.0[register] {
            holdings[register] = isNumber(holdings[register]) && isNumber(after.0[register]) ? .number : .nothing
        }
        written = written.filter { after.1[$0.key] == $0.value }
    }

    /// A number that is smaller behind.
    mutating func bound() {
        let register = number()
        let limit = Int64(pick([3, 7, 8, 15, 16, 31, 32, 63, 64]))
        switch below(6) {
        case 0...2:
            emitter.emit(chance(3) ? .and32Immediate : .and64Immediate, register, 0, limit)
        case 3...4:
            emitter.jump(
                pick([
                    .jumpGreater64Immediate, .jumpGreater64Immediate, .jumpGreater32Immediate,
                    .jumpSignedGreater64Immediate,
                    .jumpGreaterOrEqual64Immediate,
                ]), register, 0, limit, to: end)
        default: emitter.emit(.mod64Immediate, register, 0, limit)
        }
        holdings[Int(register)] = .bounded(UInt64(limit))
    }

    /// A loop with a counter of its own: up or down, with or without a check before the first round.
    mutating func loop() {
        guard depth < 2 else { return arithmetic() }
        depth += 1
        defer { depth -= 1 }
        let counter = pick([7, 8, 9] as [UInt8])
        let step = Int64(pick([1, 1, 1, 2, 4]))
        let rounds = Int64(1 + below(9))
        let isUp = chance(2)
        emitter.emit(.mov64Immediate, counter, 0, isUp ? 0 : step * rounds)
        holdings[Int(counter)] = .nothing
        let top = emitter.label()
        emitter.place(top)
        // What the first round finds, later ones may not.
        for register in 0..<6 { holdings[register] = .nothing }
        for _ in 0..<1 + below(3) { statement() }
        emitter.emit(.add64Immediate, counter, 0, isUp ? step : -step)
        if isUp {
            emitter.jump(
                pick([.jumpLess64Immediate, .jumpNotEqual64Immediate, .jumpSignedLess64Immediate, .jumpLess32Immediate]
                ),
                counter, 0, step * rounds, to: top)
        } else {
            emitter.jump(
                pick([.jumpGreater64Immediate, .jumpNotEqual64Immediate, .jumpSignedGreater64Immediate]), counter, 0, 0,
                to: top)
        }
        for register in 0..<6 { holdings[register] = .nothing }
        if !isSloppy() { holdings[Int(counter)] = .number }
    }
}
