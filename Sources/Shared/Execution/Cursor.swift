internal import Bytecode
internal import CExecution
internal import Channel

/// Where the interpreter is in the program, and how far its fuel reaches.
///
/// The address is that of an instruction, never an index to be checked: control cannot leave the program, because ``Decoder``
/// accepts only programs whose every target is the start of an instruction inside, and whose last instruction is an exit or a
/// jump. Whoever lays out instructions for an engine must have them from ``Decoder``, whole and in order; in a cell the broker
/// does, and the memory that they lie in is read-only for the cell.
///
/// Fuel is the distance to ``limit``: running straight on uses it up without a word being written, and a jump moves address and
/// limit alike. An instruction may begin while its address is below the limit. Where the mode is ``ExecutionMode/metered``, only
/// instructions that may lead elsewhere than to the next look at the limit: those in between are in a row, so the run past it
/// is shorter than the program, and is found out before the run after it can begin. Where it is ``ExecutionMode/checked``, no
/// instruction begins without fuel: the same instructions look at a limit that is lower by the length of the program, and once it
/// is passed every instruction is looked at, closely. Where it is ``ExecutionMode/verified``, the limit means nothing.
typealias Cursor = cexecution_cursor

extension Cursor {
    @inline(__always) static var stride: UInt64 { 16 }
    /// More fuel than any program can use; keeps ``limit`` from wrapping.
    static var mostFuel: UInt64 { 1 << 58 }

    init(start: UInt64, fuel: UInt64) {
        self.init(address: start, limit: start &+ min(fuel, Cursor.mostFuel) &* Cursor.stride, detail: 0)
    }

    @inline(__always) var instruction: Instruction {
        // SAFETY: the address is that of an instruction of the program, see above, and the program outlives the execution.
        unsafe UnsafePointer<Instruction>(bitPattern: UInt(address)).unsafelyUnwrapped.pointee
    }

    @inline(__always) var hasFuel: Bool { address < limit }
    @inline(__always) var next: UInt64 { address &+ Cursor.stride }
    /// Instructions that may still begin, the present one included.
    var fuel: UInt64 { hasFuel ? (limit &- address) / Cursor.stride : 0 }

    @inline(__always) mutating func advance() { address &+= Cursor.stride }

    /// Steps over the second slot of a 64-bit immediate, which costs nothing.
    @inline(__always) mutating func skipTail(_ mode: Mode) {
        address &+= Cursor.stride
        if mode.countsFuel { limit &+= Cursor.stride }
    }

    @inline(__always) mutating func jump(_ mode: Mode, to target: UInt64) -> Stop {
        if mode.countsFuel { limit = target &+ (limit &- next) }
        address = target
        return .none
    }

    @inline(__always) mutating func stop(_ stop: Stop, at detail: UInt64 = 0) -> Stop {
        self.detail = detail
        return stop
    }
}

/// What is to be done after a step that stopped. The numbers are C's.
enum Settlement: UInt32 {
    case ended = 0
    case again = 1
    /// Again, and from here on no instruction without a look at the fuel.
    case againClosely = 2
}

/// Why a step did not lead to the next, in one word that a handler can pass on.
struct Stop: Equatable {
    enum Reason: UInt8 {
        /// The access is in none of the regions at hand: search, and do the instruction again.
        case read = 1
        case write
        case returned, fault
        /// An atomic operation, which is never done before it has been looked at: its alignment counts too.
        case atomic
    }

    /// Reason, bytes of the access, fault: a byte each. 0 means none.
    let word: UInt32

    @inline(__always) init(word: UInt32) { self.word = word }

    @inline(__always) private init(_ reason: Reason, _ size: UInt8, _ fault: UInt32) {
        word = UInt32(reason.rawValue) << 16 | UInt32(size) << 8 | fault
    }

    static var none: Stop { @inline(__always) get { Stop(word: 0) } }
    static var returned: Stop { @inline(__always) get { Stop(.returned, 0, 0) } }
    @inline(__always) static func read(_ size: UInt8) -> Stop { Stop(.read, size, FaultKind.outOfBoundsRead.rawValue) }
    @inline(__always) static func write(_ size: UInt8) -> Stop {
        Stop(.write, size, FaultKind.outOfBoundsWrite.rawValue)
    }
    @inline(__always) static func atomic(_ size: UInt8) -> Stop {
        Stop(.atomic, size, FaultKind.outOfBoundsWrite.rawValue)
    }
    @inline(__always) static func fault(_ kind: FaultKind, size: UInt8 = 0) -> Stop {
        Stop(.fault, size, kind.rawValue)
    }

    var reason: Reason { Reason(rawValue: UInt8(truncatingIfNeeded: word >> 16)) ?? .fault }
    var size: UInt32 { word >> 8 & 0xFF }
    /// The fault that it is, or would be if the search fails; nil for a return.
    var fault: FaultKind? { FaultKind(rawValue: word & 0xFF) }
}
