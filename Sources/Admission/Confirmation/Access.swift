internal import Bytecode

/// What an operation does to memory.
struct Access {
    /// Bytes; 0 where it touches none.
    var size: UInt8 = 0
    var isRead = false
    var isWrite = false
    /// Whether the source register has the address, and not the destination.
    var isThroughSource = false

    init(_ operation: Operation) {
        switch operation {
        case .load8, .loadSigned8: self = .load(1)
        case .load16, .loadSigned16: self = .load(2)
        case .load32, .loadSigned32: self = .load(4)
        case .load64: self = .load(8)
        case .store8Immediate, .store8Register: self = .store(1)
        case .store16Immediate, .store16Register: self = .store(2)
        case .store32Immediate, .store32Register: self = .store(4)
        case .store64Immediate, .store64Register: self = .store(8)
        case .atomicAdd32, .atomicFetchAdd32, .atomicOr32, .atomicFetchOr32, .atomicAnd32, .atomicFetchAnd32,
            .atomicXor32,
            .atomicFetchXor32, .atomicExchange32, .atomicCompareExchange32:
            self = .atomic(4)
        case .atomicAdd64, .atomicFetchAdd64, .atomicOr64, .atomicFetchOr64, .atomicAnd64, .atomicFetchAnd64,
            .atomicXor64,
            .atomicFetchXor64, .atomicExchange64, .atomicCompareExchange64:
            self = .atomic(8)
        case .add64Immediate, .add64Register, .sub64Immediate, .sub64Register, .mul64Immediate, .mul64Register,
            .div64Immediate, .div64Register, .sdiv64Immediate, .sdiv64Register, .or64Immediate, .or64Register,
            .and64Immediate, .and64Register, .lsh64Immediate, .lsh64Register, .rsh64Immediate, .rsh64Register, .neg64,
            .mod64Immediate, .mod64Register, .smod64Immediate, .smod64Register, .xor64Immediate, .xor64Register,
            .mov64Immediate, .mov64Register, .movsx64From8, .movsx64From16, .movsx64From32, .arsh64Immediate,
            .arsh64Register, .add32Immediate, .add32Register, .sub32Immediate, .sub32Register, .mul32Immediate,
            .mul32Register, .div32Immediate, .div32Register, .sdiv32Immediate, .sdiv32Register, .or32Immediate,
            .or32Register, .and32Immediate, .and32Register, .lsh32Immediate, .lsh32Register, .rsh32Immediate,
            .rsh32Register, .neg32, .mod32Immediate, .mod32Register, .smod32Immediate, .smod32Register, .xor32Immediate,
            .xor32Register, .mov32Immediate, .mov32Register, .movsx32From8, .movsx32From16, .arsh32Immediate,
            .arsh32Register, .toLittleEndian16, .toLittleEndian32, .toLittleEndian64, .toBigEndian16, .toBigEndian32,
            .toBigEndian64, .byteSwap16, .byteSwap32, .byteSwap64, .jump, .jumpLong, .jumpEqual64Immediate,
            .jumpEqual64Register, .jumpGreater64Immediate, .jumpGreater64Register, .jumpGreaterOrEqual64Immediate,
            .jumpGreaterOrEqual64Register, .jumpSet64Immediate, .jumpSet64Register, .jumpNotEqual64Immediate,
            .jumpNotEqual64Register, .jumpSignedGreater64Immediate, .jumpSignedGreater64Register,
            .jumpSignedGreaterOrEqual64Immediate, .jumpSignedGreaterOrEqual64Register, .jumpLess64Immediate,
            .jumpLess64Register, .jumpLessOrEqual64Immediate, .jumpLessOrEqual64Register, .jumpSignedLess64Immediate,
            .jumpSignedLess64Register, .jumpSignedLessOrEqual64Immediate, .jumpSignedLessOrEqual64Register,
            .jumpEqual32Immediate, .jumpEqual32Register, .jumpGreater32Immediate, .jumpGreater32Register,
            .jumpGreaterOrEqual32Immediate, .jumpGreaterOrEqual32Register, .jumpSet32Immediate, .jumpSet32Register,
            .jumpNotEqual32Immediate, .jumpNotEqual32Register, .jumpSignedGreater32Immediate,
            .jumpSignedGreater32Register, .jumpSignedGreaterOrEqual32Immediate, .jumpSignedGreaterOrEqual32Register,
            .jumpLess32Immediate, .jumpLess32Register, .jumpLessOrEqual32Immediate, .jumpLessOrEqual32Register,
            .jumpSignedLess32Immediate, .jumpSignedLess32Register, .jumpSignedLessOrEqual32Immediate,
            .jumpSignedLessOrEqual32Register, .callHelper, .callLocal, .callByBTFID, .exit, .loadImmediate64,
            .loadMapByFD, .loadMapValueByFD, .loadVariableAddress, .loadCodeAddress, .loadMapByIndex,
            .loadMapValueByIndex, .wideImmediateTail:
            break
        }
    }

    private init(size: UInt8, isRead: Bool, isWrite: Bool, isThroughSource: Bool) {
        self.size = size
        self.isRead = isRead
        self.isWrite = isWrite
        self.isThroughSource = isThroughSource
    }

    private static func load(_ size: UInt8) -> Access {
        Access(size: size, isRead: true, isWrite: false, isThroughSource: true)
    }
    private static func store(_ size: UInt8) -> Access {
        Access(size: size, isRead: false, isWrite: true, isThroughSource: false)
    }
    private static func atomic(_ size: UInt8) -> Access {
        Access(size: size, isRead: true, isWrite: true, isThroughSource: false)
    }
}
