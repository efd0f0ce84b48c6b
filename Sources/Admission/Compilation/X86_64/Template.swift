internal import Bytecode

/// How an operation is lowered: into what kind of code, and which rows of the machine that kind takes.
///
/// Found once for each operation, so that what is done for an instruction asks how its kind differs, not which of all operations it is:
/// a processor that cannot foresee the operation often foresees the kind.
struct Template: BitwiseCopyable {
    /// d and s are the registers of destination and source.
    enum Kind: UInt8 {
        /// `stencil d, s`; the zero flag then says whether d is 0. With an immediate in place of s: `other` is the row of the former.
        case arithmetic, arithmeticImmediate
        /// As above, where an immediate that is not negative leaves the upper half zero.
        case maskImmediate
        /// `stencil d, s` and `stencil d, d`, where flags are nobody's concern.
        case copy, widen
        case move, moveImmediate64, moveImmediate32
        case multiplyImmediate, divide, divideImmediate, negate
        case shift, shiftImmediate64, shiftImmediate32
        case swap, swap16, nothing
        case jump, branch, branchImmediate, branchIfSet, branchIfSetImmediate
        case load, loadNarrow, store, storeNarrow, storeImmediate
        case callHelper, callLocal, exit
        case loadImmediate, loadMap, loadMapValue
        case atomic, exchange, compareExchange32, fetching
        case invalid

        /// Whether ``Template/stencil`` is filled in as one that is plain.
        fileprivate var isPlain: Bool {
            switch self {
            case .arithmetic, .arithmeticImmediate, .maskImmediate, .move, .negate, .shiftImmediate64,
                .shiftImmediate32, .branch, .branchImmediate, .branchIfSet, .load, .store:
                true
            case .copy, .widen, .moveImmediate64, .moveImmediate32, .multiplyImmediate, .divide, .divideImmediate,
                .shift, .swap, .swap16, .nothing, .jump, .branchIfSetImmediate, .loadNarrow, .storeNarrow,
                .storeImmediate,
                .callHelper, .callLocal, .exit, .loadImmediate, .loadMap, .loadMapValue, .atomic, .exchange,
                .compareExchange32, .fetching, .invalid:
                false
            }
        }
    }

    let stencil: Stencil
    /// Where constants are blinded, what takes a register in place of the immediate; of a shift, what takes an immediate.
    let other: Stencil
    /// A byte each: kind, width, condition, division. One word, so that what a kind does not ask for costs nothing.
    private let details: UInt64

    private init(
        _ kind: Kind, _ row: Row = .load, _ width: Width = .bits64, other: Row = .load,
        condition: UInt8 = 0, division: Lowering.Division = .quotient
    ) {
        stencil = Stencil(row, width)
        self.other = Stencil(other, width)
        precondition(!kind.isPlain || stencil.isPlain, "what is filled in as if it were plain is")
        details =
            UInt64(kind.rawValue) | UInt64(width.rawValue) << 8 | UInt64(condition) << 16
            | UInt64(division.rawValue) << 24
    }

    private init(_ kind: Kind, _ division: Lowering.Division, _ width: Width) {
        self.init(kind, .load, width, division: division)
    }

    private init(_ kind: Kind, _ condition: Condition, _ width: Width) {
        self.init(
            kind, kind == .branch ? .compareRegister : .compareImmediate, width, condition: condition.rawValue)
    }

    @inline(__always) private func byte(_ number: UInt64) -> UInt8 {
        UInt8(truncatingIfNeeded: details &>> (number &* 8))
    }
    // SAFETY (both): made of a case's raw value; the cases have theirs in order, without gaps from 0, and are stored as them.
    @inline(__always) var kind: Kind { unsafe unsafeBitCast(byte(0), to: Kind.self) }
    @inline(__always) var division: Lowering.Division { unsafe unsafeBitCast(byte(3), to: Lowering.Division.self) }
    @inline(__always) var width: Width { byte(1) == Width.bits32.rawValue ? .bits32 : .bits64 }
    /// ``Condition``'s raw value.
    @inline(__always) var condition: UInt8 { byte(2) }

    /// Bytes that are no operation are invalid.
    static let table = ByteTable(none: Template(.invalid)) { Template(of: $0) }

    private init(of operation: Operation) {
        self =
            switch operation {
            case .add64Immediate: Template(.arithmeticImmediate, .addImmediate, other: .addRegister)
            case .add32Immediate: Template(.arithmeticImmediate, .addImmediate, .bits32, other: .addRegister)
            case .sub64Immediate: Template(.arithmeticImmediate, .subImmediate, other: .subRegister)
            case .sub32Immediate: Template(.arithmeticImmediate, .subImmediate, .bits32, other: .subRegister)
            case .or64Immediate: Template(.arithmeticImmediate, .orImmediate, other: .orRegister)
            case .or32Immediate: Template(.arithmeticImmediate, .orImmediate, .bits32, other: .orRegister)
            case .and64Immediate: Template(.maskImmediate, .andImmediate, other: .andRegister)
            case .and32Immediate: Template(.arithmeticImmediate, .andImmediate, .bits32, other: .andRegister)
            case .xor64Immediate: Template(.arithmeticImmediate, .xorImmediate, other: .xorRegister)
            case .xor32Immediate: Template(.arithmeticImmediate, .xorImmediate, .bits32, other: .xorRegister)
            case .add64Register: Template(.arithmetic, .addRegister)
            case .add32Register: Template(.arithmetic, .addRegister, .bits32)
            case .sub64Register: Template(.arithmetic, .subRegister)
            case .sub32Register: Template(.arithmetic, .subRegister, .bits32)
            case .or64Register: Template(.arithmetic, .orRegister)
            case .or32Register: Template(.arithmetic, .orRegister, .bits32)
            case .and64Register: Template(.arithmetic, .andRegister)
            case .and32Register: Template(.arithmetic, .andRegister, .bits32)
            case .xor64Register: Template(.arithmetic, .xorRegister)
            case .xor32Register: Template(.arithmetic, .xorRegister, .bits32)
            case .mul64Register: Template(.copy, .multiply)
            case .mul32Register: Template(.copy, .multiply, .bits32)
            case .mul64Immediate: Template(.multiplyImmediate, .multiplyImmediate)
            case .mul32Immediate: Template(.multiplyImmediate, .multiplyImmediate, .bits32)
            case .div64Immediate: Template(.divideImmediate, .quotient, .bits64)
            case .div32Immediate: Template(.divideImmediate, .quotient, .bits32)
            case .mod64Immediate: Template(.divideImmediate, .remainder, .bits64)
            case .mod32Immediate: Template(.divideImmediate, .remainder, .bits32)
            case .sdiv64Immediate: Template(.divideImmediate, .signedQuotient, .bits64)
            case .sdiv32Immediate: Template(.divideImmediate, .signedQuotient, .bits32)
            case .smod64Immediate: Template(.divideImmediate, .signedRemainder, .bits64)
            case .smod32Immediate: Template(.divideImmediate, .signedRemainder, .bits32)
            case .div64Register: Template(.divide, .quotient, .bits64)
            case .div32Register: Template(.divide, .quotient, .bits32)
            case .mod64Register: Template(.divide, .remainder, .bits64)
            case .mod32Register: Template(.divide, .remainder, .bits32)
            case .sdiv64Register: Template(.divide, .signedQuotient, .bits64)
            case .sdiv32Register: Template(.divide, .signedQuotient, .bits32)
            case .smod64Register: Template(.divide, .signedRemainder, .bits64)
            case .smod32Register: Template(.divide, .signedRemainder, .bits32)
            case .lsh64Immediate: Template(.shiftImmediate64, .shiftLeftImmediate)
            case .rsh64Immediate: Template(.shiftImmediate64, .shiftRightImmediate)
            case .arsh64Immediate: Template(.shiftImmediate64, .shiftArithmeticImmediate)
            case .lsh32Immediate: Template(.shiftImmediate32, .shiftLeftImmediate, .bits32)
            case .rsh32Immediate: Template(.shiftImmediate32, .shiftRightImmediate, .bits32)
            case .arsh32Immediate: Template(.shiftImmediate32, .shiftArithmeticImmediate, .bits32)
            case .lsh64Register: Template(.shift, .shiftLeft, other: .shiftLeftImmediate)
            case .lsh32Register: Template(.shift, .shiftLeft, .bits32, other: .shiftLeftImmediate)
            case .rsh64Register: Template(.shift, .shiftRight, other: .shiftRightImmediate)
            case .rsh32Register: Template(.shift, .shiftRight, .bits32, other: .shiftRightImmediate)
            case .arsh64Register: Template(.shift, .shiftArithmetic, other: .shiftArithmeticImmediate)
            case .arsh32Register: Template(.shift, .shiftArithmetic, .bits32, other: .shiftArithmeticImmediate)
            case .neg64: Template(.negate, .negate)
            case .neg32: Template(.negate, .negate, .bits32)
            case .mov64Immediate: Template(.moveImmediate64)
            case .mov32Immediate: Template(.moveImmediate32)
            case .mov64Register: Template(.move, .load)
            case .mov32Register: Template(.copy, .load, .bits32)
            case .movsx64From8: Template(.copy, .loadSigned8)
            case .movsx64From16: Template(.copy, .loadSigned16)
            case .movsx64From32: Template(.copy, .loadSigned32)
            case .movsx32From8: Template(.copy, .loadSigned8, .bits32)
            case .movsx32From16: Template(.copy, .loadSigned16, .bits32)

            case .toLittleEndian16: Template(.widen, .loadZero16, .bits32)
            case .toLittleEndian32: Template(.widen, .load, .bits32)
            case .toLittleEndian64: Template(.nothing)
            case .toBigEndian16, .byteSwap16: Template(.swap16)
            case .toBigEndian32, .byteSwap32: Template(.swap, .swapBytes, .bits32)
            case .toBigEndian64, .byteSwap64: Template(.swap, .swapBytes)

            case .jump, .jumpLong: Template(.jump)
            case .jumpEqual64Immediate: Template(.branchImmediate, .equal, .bits64)
            case .jumpEqual64Register: Template(.branch, .equal, .bits64)
            case .jumpEqual32Immediate: Template(.branchImmediate, .equal, .bits32)
            case .jumpEqual32Register: Template(.branch, .equal, .bits32)
            case .jumpNotEqual64Immediate: Template(.branchImmediate, .notEqual, .bits64)
            case .jumpNotEqual64Register: Template(.branch, .notEqual, .bits64)
            case .jumpNotEqual32Immediate: Template(.branchImmediate, .notEqual, .bits32)
            case .jumpNotEqual32Register: Template(.branch, .notEqual, .bits32)
            case .jumpGreater64Immediate: Template(.branchImmediate, .above, .bits64)
            case .jumpGreater64Register: Template(.branch, .above, .bits64)
            case .jumpGreater32Immediate: Template(.branchImmediate, .above, .bits32)
            case .jumpGreater32Register: Template(.branch, .above, .bits32)
            case .jumpGreaterOrEqual64Immediate: Template(.branchImmediate, .aboveOrEqual, .bits64)
            case .jumpGreaterOrEqual64Register: Template(.branch, .aboveOrEqual, .bits64)
            case .jumpGreaterOrEqual32Immediate: Template(.branchImmediate, .aboveOrEqual, .bits32)
            case .jumpGreaterOrEqual32Register: Template(.branch, .aboveOrEqual, .bits32)
            case .jumpLess64Immediate: Template(.branchImmediate, .below, .bits64)
            case .jumpLess64Register: Template(.branch, .below, .bits64)
            case .jumpLess32Immediate: Template(.branchImmediate, .below, .bits32)
            case .jumpLess32Register: Template(.branch, .below, .bits32)
            case .jumpLessOrEqual64Immediate: Template(.branchImmediate, .belowOrEqual, .bits64)
            case .jumpLessOrEqual64Register: Template(.branch, .belowOrEqual, .bits64)
            case .jumpLessOrEqual32Immediate: Template(.branchImmediate, .belowOrEqual, .bits32)
            case .jumpLessOrEqual32Register: Template(.branch, .belowOrEqual, .bits32)
            case .jumpSignedGreater64Immediate: Template(.branchImmediate, .greater, .bits64)
            case .jumpSignedGreater64Register: Template(.branch, .greater, .bits64)
            case .jumpSignedGreater32Immediate: Template(.branchImmediate, .greater, .bits32)
            case .jumpSignedGreater32Register: Template(.branch, .greater, .bits32)
            case .jumpSignedGreaterOrEqual64Immediate: Template(.branchImmediate, .greaterOrEqual, .bits64)
            case .jumpSignedGreaterOrEqual64Register: Template(.branch, .greaterOrEqual, .bits64)
            case .jumpSignedGreaterOrEqual32Immediate: Template(.branchImmediate, .greaterOrEqual, .bits32)
            case .jumpSignedGreaterOrEqual32Register: Template(.branch, .greaterOrEqual, .bits32)
            case .jumpSignedLess64Immediate: Template(.branchImmediate, .less, .bits64)
            case .jumpSignedLess64Register: Template(.branch, .less, .bits64)
            case .jumpSignedLess32Immediate: Template(.branchImmediate, .less, .bits32)
            case .jumpSignedLess32Register: Template(.branch, .less, .bits32)
            case .jumpSignedLessOrEqual64Immediate: Template(.branchImmediate, .lessOrEqual, .bits64)
            case .jumpSignedLessOrEqual64Register: Template(.branch, .lessOrEqual, .bits64)
            case .jumpSignedLessOrEqual32Immediate: Template(.branchImmediate, .lessOrEqual, .bits32)
            case .jumpSignedLessOrEqual32Register: Template(.branch, .lessOrEqual, .bits32)
            case .jumpSet64Immediate: Template(.branchIfSetImmediate, .testImmediate)
            case .jumpSet64Register: Template(.branchIfSet, .testRegister)
            case .jumpSet32Immediate: Template(.branchIfSetImmediate, .testImmediate, .bits32)
            case .jumpSet32Register: Template(.branchIfSet, .testRegister, .bits32)

            case .load8: Template(.loadNarrow, .loadZero8, .bits32)
            case .load16: Template(.loadNarrow, .loadZero16, .bits32)
            case .load32: Template(.load, .load, .bits32)
            case .load64: Template(.load, .load)
            case .loadSigned8: Template(.loadNarrow, .loadSigned8)
            case .loadSigned16: Template(.loadNarrow, .loadSigned16)
            case .loadSigned32: Template(.load, .loadSigned32)
            case .store8Immediate: Template(.storeImmediate, .storeImmediate8, .bits32, other: .store8)
            case .store16Immediate: Template(.storeImmediate, .storeImmediate16, .bits32, other: .store16)
            case .store32Immediate: Template(.storeImmediate, .storeImmediate, .bits32, other: .store)
            case .store64Immediate: Template(.storeImmediate, .storeImmediate, other: .store)
            case .store8Register: Template(.storeNarrow, .store8, .bits32)
            case .store16Register: Template(.storeNarrow, .store16, .bits32)
            case .store32Register: Template(.store, .store, .bits32)
            case .store64Register: Template(.store, .store)

            case .callHelper: Template(.callHelper)
            case .callLocal: Template(.callLocal)
            case .exit: Template(.exit)
            case .loadImmediate64: Template(.loadImmediate)
            case .loadMapByFD, .loadMapByIndex: Template(.loadMap)
            case .loadMapValueByFD, .loadMapValueByIndex: Template(.loadMapValue)
            case .loadVariableAddress, .loadCodeAddress, .callByBTFID, .wideImmediateTail: Template(.invalid)

            case .atomicAdd32: Template(.atomic, .addRegister, .bits32)
            case .atomicAdd64: Template(.atomic, .addRegister)
            case .atomicOr32: Template(.atomic, .orRegister, .bits32)
            case .atomicOr64: Template(.atomic, .orRegister)
            case .atomicAnd32: Template(.atomic, .andRegister, .bits32)
            case .atomicAnd64: Template(.atomic, .andRegister)
            case .atomicXor32: Template(.atomic, .xorRegister, .bits32)
            case .atomicXor64: Template(.atomic, .xorRegister)
            case .atomicFetchAdd32: Template(.atomic, .exchangeAdd, .bits32)
            case .atomicFetchAdd64: Template(.atomic, .exchangeAdd)
            case .atomicExchange32: Template(.exchange, .exchange, .bits32)
            case .atomicExchange64: Template(.exchange, .exchange)
            case .atomicCompareExchange32: Template(.compareExchange32, .compareExchange, .bits32)
            case .atomicCompareExchange64: Template(.atomic, .compareExchange)
            case .atomicFetchOr32: Template(.fetching, .orRegister, .bits32)
            case .atomicFetchOr64: Template(.fetching, .orRegister)
            case .atomicFetchAnd32: Template(.fetching, .andRegister, .bits32)
            case .atomicFetchAnd64: Template(.fetching, .andRegister)
            case .atomicFetchXor32: Template(.fetching, .xorRegister, .bits32)
            case .atomicFetchXor64: Template(.fetching, .xorRegister)
            }
    }
}
