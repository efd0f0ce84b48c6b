/// One 64-bit instruction slot as it lies in an ELF section (RFC 9669 section 3.1), little-endian.
///
/// ```
/// byte  0        1                2-3      4-7
///       opcode   src:4 | dst:4    offset   imm
/// ```
@frozen package struct Slot: Equatable, Hashable, Sendable {
    package var opcode: UInt8
    /// Destination register in the low four bits, source register in the high four.
    package var registers: UInt8
    package var offset: Int16
    package var immediate: Int32

    package init(opcode: UInt8, registers: UInt8, offset: Int16, immediate: Int32) {
        self.opcode = opcode
        self.registers = registers
        self.offset = offset
        self.immediate = immediate
    }

    package init(opcode: UInt8, destination: UInt8, source: UInt8, offset: Int16, immediate: Int32) {
        self.init(opcode: opcode, registers: destination & 15 | source << 4, offset: offset, immediate: immediate)
    }

    package var destination: UInt8 { registers & 15 }
    package var source: UInt8 { registers >> 4 }

    /// The slot as the 64-bit little-endian number that holds its eight bytes.
    package init(bits: UInt64) {
        opcode = UInt8(truncatingIfNeeded: bits)
        registers = UInt8(truncatingIfNeeded: bits >> 8)
        offset = Int16(truncatingIfNeeded: bits >> 16)
        immediate = Int32(truncatingIfNeeded: bits >> 32)
    }

    package var bits: UInt64 {
        UInt64(opcode) | UInt64(registers) << 8 | UInt64(UInt16(bitPattern: offset)) << 16
            | UInt64(UInt32(bitPattern: immediate)) << 32
    }
}
