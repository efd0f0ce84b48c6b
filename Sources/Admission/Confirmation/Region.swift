/// A stretch of memory that a program was given, or a thing that it may hold and not look into.
package struct Region: Sendable {
    package enum Kind: Equatable, Sendable {
        case context, packet, stack
        /// A value of the map with this index.
        case mapValue(Int)
        /// What a helper handed out.
        case memory
        case socket
        case object
        /// The map itself, a function: addresses only.
        case map(Int)
        case function(Int)
    }

    package var kind: Kind
    package var start: UInt64
    package var size: UInt64
    /// The slot of the descriptor that shows it to the interpreter, if one does.
    var descriptor: Int?
    /// False once it was given back.
    package var isLive = true

    package func contains(_ address: UInt64, _ count: UInt64) -> Bool {
        let offset = address &- start
        return offset <= size && size &- offset >= count
    }
}

/// Why a program went no further.
package enum Halt: Equatable, Sendable {
    case returned(UInt64)
    /// It called another program, which took over.
    case tailCalled
    case fault(Fault)
    /// The machine cannot do what the program asks: neither its fault nor its merit.
    case unsupported(Shortage)

    package enum Shortage: Equatable, Sendable {
        case helper(UInt32)
        case callback(UInt32)
        case mapOfMaps(Int)
        case mapTooLarge(Int)
        case regions
        case memory
    }
}

/// What a program did that it may not.
package enum Fault: Equatable, Sendable {
    case outOfBounds(address: UInt64, size: UInt32, isWrite: Bool)
    case misalignedAtomic(address: UInt64, size: UInt32)
    case callDepth
    case outOfFuel
    case invalidInstruction
    /// An access to the context that no field allows.
    case contextAccess(offset: UInt64, size: UInt32, isWrite: Bool)
    case unknownHelper(UInt32)
    case helperNotAllowed(UInt32)
    /// Counted from 1.
    case helperArgument(helper: UInt32, number: Int, ArgumentFault)
    /// A lock taken while one is held, or given back while none is; a helper called, or the program left, with a lock.
    case lockMisuse
    case lockHeld

    package enum ArgumentFault: Equatable, Sendable {
        case notAMap
        case mapType(UInt32)
        case unreadable(address: UInt64, count: UInt64)
        case unwritable(address: UInt64, count: UInt64)
        case size(UInt64)
        case notTheContext
        case notAReference
        case notAFunction
        case notInAMapValue
        case notAnObject
        case notOnTheStack
    }
}
