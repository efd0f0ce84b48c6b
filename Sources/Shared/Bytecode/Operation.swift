/// What one eBPF instruction does: every instruction of RFC 9669, one case each, dense.
///
/// The raw values are an internal numbering without gaps, so that a `switch` becomes one bounds check and one
/// jump table. They are never written to a file; the wire form is ``Slot``, and ``Operation/encoding`` joins the two.
@frozen package enum Operation: UInt8, CaseIterable, Sendable {
    // ALU64 (RFC 9669 section 4.1), operand: immediate, then source register.
    case add64Immediate, add64Register
    case sub64Immediate, sub64Register
    case mul64Immediate, mul64Register
    case div64Immediate, div64Register
    case sdiv64Immediate, sdiv64Register
    case or64Immediate, or64Register
    case and64Immediate, and64Register
    case lsh64Immediate, lsh64Register
    case rsh64Immediate, rsh64Register
    case neg64
    case mod64Immediate, mod64Register
    case smod64Immediate, smod64Register
    case xor64Immediate, xor64Register
    case mov64Immediate, mov64Register
    case movsx64From8, movsx64From16, movsx64From32
    case arsh64Immediate, arsh64Register

    // ALU (32-bit, upper half of the destination cleared).
    case add32Immediate, add32Register
    case sub32Immediate, sub32Register
    case mul32Immediate, mul32Register
    case div32Immediate, div32Register
    case sdiv32Immediate, sdiv32Register
    case or32Immediate, or32Register
    case and32Immediate, and32Register
    case lsh32Immediate, lsh32Register
    case rsh32Immediate, rsh32Register
    case neg32
    case mod32Immediate, mod32Register
    case smod32Immediate, smod32Register
    case xor32Immediate, xor32Register
    case mov32Immediate, mov32Register
    case movsx32From8, movsx32From16
    case arsh32Immediate, arsh32Register

    // Byte swaps (section 4.2).
    case toLittleEndian16, toLittleEndian32, toLittleEndian64
    case toBigEndian16, toBigEndian32, toBigEndian64
    case byteSwap16, byteSwap32, byteSwap64

    // JMP (64-bit comparisons, section 4.3).
    case jump, jumpLong
    case jumpEqual64Immediate, jumpEqual64Register
    case jumpGreater64Immediate, jumpGreater64Register
    case jumpGreaterOrEqual64Immediate, jumpGreaterOrEqual64Register
    case jumpSet64Immediate, jumpSet64Register
    case jumpNotEqual64Immediate, jumpNotEqual64Register
    case jumpSignedGreater64Immediate, jumpSignedGreater64Register
    case jumpSignedGreaterOrEqual64Immediate, jumpSignedGreaterOrEqual64Register
    case jumpLess64Immediate, jumpLess64Register
    case jumpLessOrEqual64Immediate, jumpLessOrEqual64Register
    case jumpSignedLess64Immediate, jumpSignedLess64Register
    case jumpSignedLessOrEqual64Immediate, jumpSignedLessOrEqual64Register

    // JMP32 (32-bit comparisons).
    case jumpEqual32Immediate, jumpEqual32Register
    case jumpGreater32Immediate, jumpGreater32Register
    case jumpGreaterOrEqual32Immediate, jumpGreaterOrEqual32Register
    case jumpSet32Immediate, jumpSet32Register
    case jumpNotEqual32Immediate, jumpNotEqual32Register
    case jumpSignedGreater32Immediate, jumpSignedGreater32Register
    case jumpSignedGreaterOrEqual32Immediate, jumpSignedGreaterOrEqual32Register
    case jumpLess32Immediate, jumpLess32Register
    case jumpLessOrEqual32Immediate, jumpLessOrEqual32Register
    case jumpSignedLess32Immediate, jumpSignedLess32Register
    case jumpSignedLessOrEqual32Immediate, jumpSignedLessOrEqual32Register

    // Calls and return (section 4.3.1, 4.3.2).
    case callHelper, callLocal, callByBTFID, exit

    // Loads and stores (section 5).
    case load8, load16, load32, load64
    case loadSigned8, loadSigned16, loadSigned32
    case store8Immediate, store16Immediate, store32Immediate, store64Immediate
    case store8Register, store16Register, store32Register, store64Register

    // Atomic operations (section 5.3).
    case atomicAdd32, atomicFetchAdd32, atomicOr32, atomicFetchOr32
    case atomicAnd32, atomicFetchAnd32, atomicXor32, atomicFetchXor32
    case atomicExchange32, atomicCompareExchange32
    case atomicAdd64, atomicFetchAdd64, atomicOr64, atomicFetchOr64
    case atomicAnd64, atomicFetchAnd64, atomicXor64, atomicFetchXor64
    case atomicExchange64, atomicCompareExchange64

    // 64-bit immediate instructions (section 5.4); the source register field of the wire form names the sub-type.
    case loadImmediate64, loadMapByFD, loadMapValueByFD, loadVariableAddress
    case loadCodeAddress, loadMapByIndex, loadMapValueByIndex

    /// The second slot of a 64-bit immediate instruction. Never decoded from a slot of its own; control never reaches it.
    case wideImmediateTail
}

extension Operation {
    /// ``rawValue``, without the call that it takes from another module.
    @inlinable package var number: UInt8 {
        // SAFETY: the enumeration has raw values without gaps from 0, so a case is stored as its raw value, which a test holds.
        unsafe unsafeBitCast(self, to: UInt8.self)
    }
}
