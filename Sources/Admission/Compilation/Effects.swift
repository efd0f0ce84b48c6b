internal import Bytecode

/// What an operation does to registers and control, and what was found out of one instruction, in the bits of one word.
///
/// The former is made of the rows of the instruction set, so that a new operation is known here by its row.
struct Effects: OptionSet {
    let rawValue: UInt16

    static let readsDestination = Effects(rawValue: 1 << 0)
    static let readsSource = Effects(rawValue: 1 << 1)
    static let writesDestination = Effects(rawValue: 1 << 2)
    static let writesSource = Effects(rawValue: 1 << 3)
    static let readsResult = Effects(rawValue: 1 << 4)
    static let writesResult = Effects(rawValue: 1 << 5)
    /// May go on at its target or at the next instruction.
    static let branches = Effects(rawValue: 1 << 6)
    /// Goes on at its target only.
    static let jumps = Effects(rawValue: 1 << 7)
    static let callsHelper = Effects(rawValue: 1 << 8)
    static let callsLocal = Effects(rawValue: 1 << 9)
    static let exits = Effects(rawValue: 1 << 10)
    static let occupiesTwoSlots = Effects(rawValue: 1 << 11)
    /// Ends the program with a fault.
    static let faults = Effects(rawValue: 1 << 12)

    /// A run can come to it.
    static let isReachable = Effects(rawValue: 1 << 13)
    /// Something jumps to it or calls it.
    static let isTarget = Effects(rawValue: 1 << 14)
    /// Something behind it, or itself, does.
    static let isLoopHead = Effects(rawValue: 1 << 15)

    static let transfers: Effects = [.branches, .jumps, .callsLocal, .exits, .faults]
    /// By the byte of the operation.
    static let table: [Effects] = {
        var table = [Effects](repeating: [.faults], count: 256)
        for operation in Operation.allCases { table[Int(operation.rawValue)] = Effects(of: operation) }
        return table
    }()

    /// What admission refuses or resolves, and engines fault at.
    private static let meansNothing: Set<Operation> = [
        .loadVariableAddress, .loadCodeAddress, .callByBTFID, .wideImmediateTail,
    ]

    private init(of operation: Operation) {
        let encoding = operation.encoding
        var effects: Effects = []
        switch encoding.destination {
        case .unused, .selector: break
        case .read: effects.insert(.readsDestination)
        case .written: effects.insert(.writesDestination)
        case .updated: effects.formUnion([.readsDestination, .writesDestination])
        }
        switch encoding.source {
        case .unused, .selector: break
        case .read: effects.insert(.readsSource)
        case .written: effects.insert(.writesSource)
        case .updated: effects.formUnion([.readsSource, .writesSource])
        }
        if encoding.occupiesTwoSlots { effects.insert(.occupiesTwoSlots) }
        if operation == .jump || operation == .jumpLong {
            effects.insert(.jumps)
        } else if operation == .callHelper {
            effects.formUnion([.callsHelper, .writesResult])
        } else if operation == .callLocal {
            effects.insert(.callsLocal)
        } else if operation == .exit {
            effects.insert(.exits)
        } else if operation == .atomicCompareExchange32 || operation == .atomicCompareExchange64 {
            effects.formUnion([.readsResult, .writesResult])
        } else if Self.meansNothing.contains(operation) {
            effects = [.faults]
        } else if operation.namesTarget {
            effects.insert(.branches)
        }
        self = effects
    }

    init(rawValue: UInt16) { self.rawValue = rawValue }

    /// The registers that an instruction of these effects writes and those that it reads, a bit for each.
    ///
    /// Shifts where one would branch: what instructions follow each other no processor foresees.
    @inline(__always) func registers(_ instruction: Instruction) -> (written: UInt16, read: UInt16) {
        let destination = UInt16(instruction.destination & 15)
        let source = UInt16(instruction.source & 15)
        func bit(_ effect: Effects) -> UInt16 {
            rawValue &>> UInt16(truncatingIfNeeded: effect.rawValue.trailingZeroBitCount) & 1
        }
        let written = bit(.writesDestination) &<< destination | bit(.writesSource) &<< source | bit(.writesResult)
        let read = bit(.readsDestination) &<< destination | bit(.readsSource) &<< source | bit(.readsResult)
        return (written, read)
    }
}

extension Operation {
    /// ``rawValue``, without the call that it takes in another module: one for each instruction is a tenth of a compilation.
    @inline(__always) var number: UInt8 {
        // SAFETY: the raw values are those of the cases in order, without gaps from 0, so a case is stored as its raw value.
        unsafe unsafeBitCast(self, to: UInt8.self)
    }
}
