/// What a helper did, for whoever follows where values come from.
package struct HelperCall: Sendable {
    /// Where its result comes from.
    package enum Result: Equatable, Sendable {
        /// A number that the input chooses, in so many low bits.
        case number(Variable, bits: UInt8)
        /// The start of a region, or 0: as the variable says.
        case region(Int, Variable)
        /// The start of a region, or 0: as the key says, a number below the limit or not.
        case element(Int, keyAddress: UInt64, limit: UInt64)
        case certainRegion(Int)
        case constant(UInt64)
        /// R0 may not be read.
        case none
    }

    /// Bytes that it wrote, from variables of the kind ``Variable/Kind/outByte`` or from other memory.
    package struct Write: Sendable {
        package var address: UInt64
        package var count: UInt64
        /// The variable of the first byte; nil where the bytes are a copy.
        package var first: Variable?
        package var copiedFrom: UInt64?
    }

    /// Linux's number.
    package var id: UInt32 = 0
    /// The instruction, and how many calls there were before it.
    package var instruction = 0
    package var serial = 0
    package var result = Result.none
    package var writes: [Write] = []
    /// The packet is elsewhere now.
    package var movedPacket = false
    /// A function of the program runs before the helper returns: its arguments come from the machine.
    package var entered = false
    /// The region that the program must give back from now on, or that it has given back.
    package var acquired: Int?
    package var released: Int?

    mutating func reset(_ id: UInt32, at instruction: Int, serial: Int) {
        self.id = id
        self.instruction = instruction
        self.serial = serial
        result = .none
        writes.removeAll(keepingCapacity: true)
        movedPacket = false
        entered = false
        acquired = nil
        released = nil
    }
}

/// A helper that calls a function of the program, between two of its calls.
struct Callback {
    enum Kind: Equatable {
        /// `bpf_loop`: a number of times, with the number.
        case loop
        /// `bpf_for_each_map_elem`: for some elements.
        case elements(map: Int, address: UInt64)
    }

    var kind: Kind
    /// Of the call of the helper.
    var instruction: Int
    var depth: Int
    var done: UInt64
    var rounds: UInt64
    var function: Int
    var argument: UInt64
}
