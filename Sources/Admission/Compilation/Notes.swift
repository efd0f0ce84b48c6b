/// What the compiler knows of each instruction, in one block of memory that is used once.
///
/// Four bytes for each instruction: control flow and liveness walk it in order, and what the back end asks for together lies together.
@safe struct Notes: ~Copyable {
    private struct Note {
        var live: UInt16 = 0
        var flags: UInt8 = 0
    }

    private let base: UnsafeMutablePointer<Note>
    let count: Int

    private static let reachable: UInt8 = 1
    private static let target: UInt8 = 2
    private static let loopHead: UInt8 = 4

    init(count: Int) {
        // One more, so that what follows the last instruction can be asked for.
        unsafe base = .allocate(capacity: count + 1)
        unsafe base.initialize(repeating: Note(), count: count + 1)
        self.count = count
    }

    // SAFETY: the block is this value's alone, and its elements are trivial.
    deinit { unsafe base.deallocate() }

    // SAFETY (both): the index is in the block, which `precondition` holds.
    @inline(__always) private subscript(_ index: Int) -> Note {
        get {
            precondition(UInt(bitPattern: index) <= UInt(bitPattern: count), "a note is on an instruction")
            return unsafe base[index]
        }
        nonmutating _modify {
            precondition(UInt(bitPattern: index) <= UInt(bitPattern: count), "a note is on an instruction")
            yield unsafe &base[index]
        }
    }

    /// Whether a run can come to the instruction.
    @inline(__always) func isReachable(_ index: Int) -> Bool { self[index].flags & Self.reachable != 0 }
    /// Whether control comes to the instruction from elsewhere than the one before it.
    @inline(__always) func isTarget(_ index: Int) -> Bool { self[index].flags & Self.target != 0 }
    /// Whether an instruction behind it, or itself, jumps to it.
    @inline(__always) func isLoopHead(_ index: Int) -> Bool { self[index].flags & Self.loopHead != 0 }

    @inline(__always) mutating func markReachable(_ index: Int) { self[index].flags |= Self.reachable }
    @inline(__always) mutating func markTarget(_ index: Int, from jump: Int) {
        self[index].flags |= jump >= index ? Self.target | Self.loopHead : Self.target
    }

    /// The registers, a bit for each, whose contents may matter when the instruction begins.
    @inline(__always) func liveBefore(_ index: Int) -> UInt16 { self[index].live }
    @inline(__always) mutating func setLive(_ live: UInt16, before index: Int) { self[index].live = live }
}
