/// What the verifier knows at one point, in the words in which outside tests expect it.
struct SeenState {
    enum Kind: String {
        case unusable, number, context, stack, packet, packetEnd, packetMeta, map, mapValue, memory, socket, other
    }

    struct Seen {
        var kind: Kind
        /// The number, or the distance from what a pointer points into (for the stack: from the lowest byte of its
        /// frame).
        var signed: ClosedRange<Int64>
        var unsigned: ClosedRange<UInt64>
        var isNullable = false
        /// Frame of a stack pointer, index of a map.
        var identity = 0
        /// Bytes of what it points into, where that has a size.
        var size: UInt32?
        /// Numbers: the low 32 bits may all be zero.
        var halfMayBeZero = true
        /// `name + constant`, for what is known to differ from something else by a constant. Packet size has the name
        /// 1.
        var linear: (name: UInt32, constant: Int64)?
    }

    enum Byte: Equatable {
        case nothing, number, pointer
        case constant(UInt8)
    }

    var registers: [Seen]
    /// The entry function's frame, 512 bytes.
    var bytes: [Byte]
    var packetMinimum: UInt32
    var metaMinimum: UInt32
}

/// What the verifier answers about one program from one entry state.
struct Answer {
    enum Verdict: Equatable {
        case accepted, needsFuel, rejected, tooComplex
    }

    struct Finding {
        /// Slot.
        var instruction: Int
        var text: String
    }

    var verdict: Verdict
    var findings: [Finding] = []
    /// R0 where the program ends, unsigned.
    var result: ClosedRange<UInt64>?
    /// The states that arrive at each slot that was asked for, while the entry function runs.
    var seen: [Int: [SeenState]] = [:]
}
