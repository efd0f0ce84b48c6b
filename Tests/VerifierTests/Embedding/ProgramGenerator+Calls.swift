import Bytecode

/// Calls of functions of the program: with what a caller has, more than once, and with things that the function does not see.
extension ProgramGenerator {
    mutating func localCall() {
        guard let function = callee() else { return arithmetic() }
        guard pass(function.parameter) else { return arithmetic() }
        if !isNumber(holdings[2]) { emitter.emit(.mov64Immediate, 2, 0, constant()) }
        emitter.jump(.callLocal, to: function.label)
        // A function that was given the context may have moved the packet; the verifier has to know.
        clobberCallerSaved()
        holdings[0] = .number
    }

    /// One that is there already, mostly, or a new one.
    private mutating func callee() -> Function? {
        // One with a greater number, so that none calls itself; but for once in a while.
        let known = functions.indices.filter { $0 > inside ?? -1 || isSloppy() }
        if !known.isEmpty, functions.count == 3 || !chance(3) { return functions[pick(known)] }
        guard functions.count < 3 else { return nil }
        let parameters: [Holding] = [.number, .number, .context, .buffer(size: 16), .value(size: 16, isChecked: true)]
        let function = Function(label: emitter.label(), parameter: pick(parameters))
        functions.append(function)
        return function
    }

    /// Puts the first argument into R1; false where there is none such.
    private mutating func pass(_ parameter: Holding) -> Bool {
        switch parameter {
        case .context:
            guard let context = context() else { return false }
            if context != 1 { emitter.emit(.mov64Register, 1, context) }
        case .buffer(let size):
            for offset in stride(from: -size, to: 0, by: 8) {
                emitter.emit(.store64Immediate, 10, 0, offset: Int32(offset), constant())
                written[offset] = 8
            }
            emitter.emit(.mov64Register, 1, 10)
            emitter.emit(.add64Immediate, 1, 0, Int64(-size))
        case .value(let size, _):
            let values = registers {
                if case .value(let bytes, isChecked: true) = $0 { bytes >= size } else { false }
            }
            guard let value = values.first else { return false }
            if value != 1 { emitter.emit(.mov64Register, 1, value) }
        case .nothing, .number, .bounded, .frame, .packet, .packetEnd, .reserved:
            if !isNumber(holdings[1]) { emitter.emit(.mov64Immediate, 1, 0, constant()) }
        }
        return true
    }

    /// Something with memory of the caller, if there is any.
    mutating func useBuffer() -> Bool {
        for register in registers({ if case .buffer = $0 { true } else { false } }) {
            guard case .buffer(let size) = holdings[Int(register)] else { continue }
            use(register, size: size)
            return true
        }
        return false
    }
}
