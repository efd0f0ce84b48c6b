/// Runs a seccomp program in user space, by Documentation/networking/filter.rst and linux/bpf_common.h: enough of
/// classic BPF for what libseccomp writes, and an error for anything else.
struct ClassicBPF {
    enum Failure: Error, Equatable {
        case unknownInstruction(code: UInt16, index: Int)
        case ranOffTheEnd
        case badLoad(offset: UInt32)
    }

    let instructions: [UInt64]

    /// The answer to `struct seccomp_data { int nr; u32 arch; u64 instruction_pointer; u64 args[6]; }`.
    func answer(number: UInt32, architecture: UInt32, arguments: [UInt64]) throws(Failure) -> UInt32 {
        var words: [UInt32] = [number, architecture, 0, 0]
        for argument in arguments { words += [UInt32(truncatingIfNeeded: argument), UInt32(argument >> 32)] }
        var accumulator: UInt32 = 0
        var index = 0
        while index < instructions.count {
            let raw = instructions[index]
            let code = UInt16(truncatingIfNeeded: raw)
            let whenTrue = Int(UInt8(truncatingIfNeeded: raw >> 16))
            let whenFalse = Int(UInt8(truncatingIfNeeded: raw >> 24))
            let constant = UInt32(raw >> 32)
            index += 1
            switch code {
            case 0x20:
                guard constant % 4 == 0, Int(constant / 4) < words.count else { throw .badLoad(offset: constant) }
                accumulator = words[Int(constant / 4)]
            case 0x54: accumulator &= constant
            case 0x05: index += Int(constant)
            case 0x15: index += accumulator == constant ? whenTrue : whenFalse
            case 0x25: index += accumulator > constant ? whenTrue : whenFalse
            case 0x35: index += accumulator >= constant ? whenTrue : whenFalse
            case 0x45: index += accumulator & constant != 0 ? whenTrue : whenFalse
            case 0x06: return constant
            default: throw .unknownInstruction(code: code, index: index - 1)
            }
        }
        throw .ranOffTheEnd
    }
}
