/// The numbers of the ELF specification and of its BPF supplement (llvm/docs, "BPF relocation records") that this
/// reader knows.
enum ElfNumber {
    static let headerBytes = 64
    static let sectionHeaderBytes = 64
    static let symbolBytes: UInt64 = 24
    static let relocationBytes: UInt64 = 16
    static let relocationWithAddendBytes: UInt64 = 24
    static let slotBytes = 8

    static let class64: UInt8 = 2
    static let littleEndian: UInt8 = 1
    static let currentVersion: UInt8 = 1
    static let typeRelocatable: UInt16 = 1
    static let machineNone: UInt16 = 0
    static let machineBPF: UInt16 = 247
}

/// `sh_type`, as far as it matters here.
enum SectionType: Equatable, Sendable {
    case null, progbits, symbols, strings, relocationsWithAddend, nobits, relocations, extendedIndices
    case other(UInt32)

    init(rawValue: UInt32) {
        switch rawValue {
        case 0: self = .null
        case 1: self = .progbits
        case 2: self = .symbols
        case 3: self = .strings
        case 4: self = .relocationsWithAddend
        case 8: self = .nobits
        case 9: self = .relocations
        case 18: self = .extendedIndices
        default: self = .other(rawValue)
        }
    }
}

/// `sh_flags`.
enum SectionFlag {
    static let write: UInt64 = 1
    static let allocate: UInt64 = 2
    static let execute: UInt64 = 4
    static let compressed: UInt64 = 1 << 11
}

/// Relocation types of BPF objects.
enum RelocationType: Equatable, Sendable {
    /// R_BPF_64_64: the 64-bit immediate of two slots.
    case wideImmediate
    /// R_BPF_64_32: the target of a call.
    case call
    /// R_BPF_64_ABS64, ABS32, NODYLD32: words of data and debug sections.
    case absolute64, absolute32, noLoad32
    /// R_BPF_DATA_64, GNU's name of R_BPF_64_ABS64 while it had numbers of its own (before binutils 2.41).
    case gnuAbsolute64
    case none
    case unknown(UInt32)

    init(rawValue: UInt32) {
        switch rawValue {
        case 0: self = .none
        case 1: self = .wideImmediate
        case 2: self = .absolute64
        case 3: self = .absolute32
        case 4: self = .noLoad32
        case 10: self = .call
        case 12: self = .gnuAbsolute64
        default: self = .unknown(rawValue)
        }
    }

    var rawValue: UInt32 {
        switch self {
        case .none: 0
        case .wideImmediate: 1
        case .absolute64: 2
        case .absolute32: 3
        case .noLoad32: 4
        case .call: 10
        case .gnuAbsolute64: 12
        case .unknown(let value): value
        }
    }
}
