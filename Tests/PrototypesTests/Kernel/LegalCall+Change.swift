import Prototypes

extension LegalCall {
    /// What a test changes about the call.
    enum Change: Equatable {
        case nothing
        /// The argument, from 0, is not set.
        case missing(Int)
        /// The argument is this number.
        case number(Int, Int32)
        /// The argument is 0, and so is the next.
        case nullMemory(Int)
        /// A size that the memory does not have.
        case tooLong(Int)
        /// The argument points to memory that may only be read.
        case readOnly(Int)
        /// The argument points to the last so many bytes of the stack.
        case lastBytes(Int, Int32)
        /// The argument points into the packet, behind a check.
        case packet(Int)
        /// This map.
        case map(MapType)
        /// What was acquired is kept.
        case keep
        /// A pointer into the packet is read after the call.
        case packetAfterwards
        /// The socket is given back, then what was made of it is read.
        case outlive
        /// What was released is used.
        case useReleased
    }
}

extension [5 of HelperArgument] {
    func contains(_ argument: HelperArgument) -> Bool { indices.contains { self[$0] == argument } }
    /// How many there are.
    var used: Int { indices.filter { self[$0] != .unused }.count }
}
