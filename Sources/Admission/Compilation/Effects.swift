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
    /// What does not simply go on at the next instruction.
    static let unusualFlow: Effects = [.transfers, .occupiesTwoSlots]
    /// Without these but ``isReachable``, what matters before an instruction is what matters behind it, less what it writes, and what it
    /// reads.
    static let unusual: Effects = [
        .transfers, .occupiesTwoSlots, .callsHelper, .readsResult, .isLoopHead, .isReachable,
    ]
    /// Bytes that are no operation are faults.
    static let table = ByteTable(none: Effects.faults) { Effects(of: $0) }

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
}

/// What of ``Notes`` an operation says: its effects, and which of the registers that an instruction names it writes and reads.
///
/// Masks where one would branch: what instructions follow each other no processor foresees.
struct RegisterUse: BitwiseCopyable {
    /// Sixteen bits each, all set or none, from the lowest for a written destination, a written source, a read destination, a read source.
    private let masks: UInt64
    private let mark: Notes.Note

    static let table = ByteTable(none: RegisterUse(of: .faults)) { RegisterUse(of: Effects.table[$0]) }

    private init(of effects: Effects) {
        var masks: UInt64 = 0
        if effects.contains(.writesDestination) { masks |= 0xFFFF }
        if effects.contains(.writesSource) { masks |= 0xFFFF << 16 }
        if effects.contains(.readsDestination) { masks |= 0xFFFF << 32 }
        if effects.contains(.readsSource) { masks |= 0xFFFF << 48 }
        self.masks = masks
        mark = effects.union(.isReachable).inNote
    }

    /// Of the operation, and that it is reachable.
    @inline(__always) var effects: Effects { Effects(rawValue: UInt16(truncatingIfNeeded: mark &>> 48)) }

    /// Whether the next instruction is the one that follows, in the next slot.
    @inline(__always) var goesOn: Bool { mark & Effects.unusualFlow.inNote == 0 }

    @inline(__always) func note(on instruction: Instruction) -> Notes.Note {
        let named = 1 &<< UInt64(instruction.destination) | 0x10000 &<< UInt64(instruction.source)
        let used = (named | named &<< 32) & masks
        return (used | used &>> 16) & 0x0000_FFFF_0000_FFFF | mark
    }
}
