/// Why a program was refused before anything else looked at it. `index` counts slots from the program's start.
package enum DecodeError: Error, Equatable, Sendable {
    /// A field of a slot (RFC 9669 section 3.1).
    package enum Field: Equatable, Sendable {
        case opcode
        case destination
        case source
        case offset
        case immediate
    }

    case emptyProgram
    /// The bytes are not a whole number of eight-byte slots.
    case partialSlot(byteCount: Int)
    case programTooLong(count: Int, limit: Int)

    case unknownOpcode(index: Int, opcode: UInt8)
    /// A field that chooses between the operations of this opcode has a value that chooses none.
    case undefinedSelector(index: Int, opcode: UInt8, field: Field, value: Int)
    /// A field this operation does not use is not zero. Within a 64-bit immediate the index may be the second slot's.
    case reservedField(index: Int, field: Field, value: Int)
    case invalidRegister(index: Int, field: Field, number: UInt8)
    /// r10 may be read and stored through, never written.
    case writeToFramePointer(index: Int, field: Field)

    /// Modes ABS and IND of class LD: deprecated by RFC 9669 section 5.5.
    case legacyPacketAccess(index: Int, opcode: UInt8)
    /// `callx`: a call through a register, which RFC 9669 does not define.
    case indirectCall(index: Int)
    /// A call of a function by its BTF id.
    case kernelFunctionCall(index: Int, id: Int32)

    case truncatedWideImmediate(index: Int)
    /// The second slot of a 64-bit immediate without a first.
    case wideImmediateTailWithoutHead(index: Int)

    case jumpOutOfRange(index: Int, target: Int, count: Int)
    case callOutOfRange(index: Int, target: Int, count: Int)
    /// An address of code that is not an instruction of the program.
    case codeAddressOutOfRange(index: Int, target: Int, count: Int)
    /// A jump, a local call or an address of code names the second slot of a 64-bit immediate.
    case targetInsideWideImmediate(index: Int, target: Int)
    /// Control runs past the last instruction, which is neither `exit` nor a jump that is always taken.
    case fallsOffEnd(index: Int)
}

extension DecodeError {
    /// The slot that was refused, where it is one.
    package var slot: Int? {
        switch self {
        case .emptyProgram, .partialSlot, .programTooLong: nil
        case .unknownOpcode(let index, _), .undefinedSelector(let index, _, _, _), .reservedField(let index, _, _),
            .invalidRegister(let index, _, _), .writeToFramePointer(let index, _), .legacyPacketAccess(let index, _),
            .indirectCall(let index), .kernelFunctionCall(let index, _), .truncatedWideImmediate(let index),
            .wideImmediateTailWithoutHead(let index), .jumpOutOfRange(let index, _, _),
            .callOutOfRange(let index, _, _), .codeAddressOutOfRange(let index, _, _),
            .targetInsideWideImmediate(let index, _), .fallsOffEnd(let index):
            index
        }
    }
}
