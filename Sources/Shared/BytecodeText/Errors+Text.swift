package import Bytecode

/// The sentences for refusals: produced here and nowhere else.
extension DecodeError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .emptyProgram: "the program has no instruction"
        case .partialSlot(let byteCount): "\(byteCount) bytes are not a whole number of 8-byte instructions"
        case .programTooLong(let count, let limit): "\(count) instructions, more than the limit of \(limit)"
        case .unknownOpcode(let index, let opcode): "insn \(index): unknown opcode \(hexadecimal(opcode))"
        case .undefinedSelector(let index, let opcode, let field, let value):
            "insn \(index): opcode \(hexadecimal(opcode)) is not defined with \(field) \(value)"
        case .reservedField(let index, let field, let value): "insn \(index): \(field) is \(value) and must be zero"
        case .invalidRegister(let index, let field, let number):
            "insn \(index): \(field) is r\(number), and the last register is r10"
        case .writeToFramePointer(let index, let field): "insn \(index): \(field) is r10, which is read-only"
        case .legacyPacketAccess(let index, let opcode):
            "insn \(index): legacy packet access (opcode \(hexadecimal(opcode))) is not supported"
        case .indirectCall(let index): "insn \(index): call through a register (callx) is not supported"
        case .kernelFunctionCall(let index, let id):
            "insn \(index): call of a kernel function by BTF id \(id) is not supported"
        case .truncatedWideImmediate(let index): "insn \(index): the second half of the 64-bit immediate is missing"
        case .wideImmediateTailWithoutHead(let index):
            "insn \(index): the second half of a 64-bit immediate without a first"
        case .jumpOutOfRange(let index, let target, let count):
            "insn \(index): jump to \(target), outside the program of \(count)"
        case .callOutOfRange(let index, let target, let count):
            "insn \(index): call of \(target), outside the program of \(count)"
        case .codeAddressOutOfRange(let index, let target, let count):
            "insn \(index): address of \(target), outside the program of \(count)"
        case .targetInsideWideImmediate(let index, let target):
            "insn \(index): target \(target) is the second half of a 64-bit immediate"
        case .fallsOffEnd(let index): "insn \(index): control runs past the end of the program"
        }
    }
}

extension DecodeError.Field: CustomStringConvertible {
    package var description: String {
        switch self {
        case .opcode: "opcode"
        case .destination: "destination register"
        case .source: "source register"
        case .offset: "offset"
        case .immediate: "immediate"
        }
    }
}

extension EncodeError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .targetTooFar(let index, let distance):
            "insn \(index): the target is \(distance) slots away, more than the field can hold"
        case .unrepresentable(let index, let field, let value): "insn \(index): \(field) cannot be \(value)"
        case .unpairedWideImmediate(let index): "insn \(index): half of a 64-bit immediate stands alone"
        }
    }
}

private func hexadecimal(_ byte: UInt8) -> String {
    "0x" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
}
