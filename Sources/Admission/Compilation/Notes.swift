/// What the compiler knows of each instruction, in one block of memory that is used once.
///
/// Eight bytes for each instruction: control flow and liveness walk it in order, and what the back end asks for together lies together.
@safe struct Notes: ~Copyable {
    private struct Note {
        var live: UInt16 = 0
        /// ``Effects``, once the instruction is known to be reachable.
        var effects: UInt16 = 0
        var written: UInt16 = 0
        var read: UInt16 = 0
    }

    private let base: UnsafeMutablePointer<Note>
    let count: Int

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

    @inline(__always) func effects(_ index: Int) -> Effects { Effects(rawValue: self[index].effects) }
    /// Whether a run can come to the instruction.
    @inline(__always) func isReachable(_ index: Int) -> Bool { effects(index).contains(.isReachable) }
    /// Whether control comes to the instruction from elsewhere than the one before it.
    @inline(__always) func isTarget(_ index: Int) -> Bool { effects(index).contains(.isTarget) }
    /// Whether an instruction behind it, or itself, jumps to it.
    @inline(__always) func isLoopHead(_ index: Int) -> Bool { effects(index).contains(.isLoopHead) }

    @inline(__always) mutating func markReachable(
        _ index: Int, _ effects: Effects, _ registers: (written: UInt16, read: UInt16)
    ) {
        var note = self[index]
        note.effects |= effects.rawValue | Effects.isReachable.rawValue
        note.written = registers.written
        note.read = registers.read
        self[index] = note
    }
    @inline(__always) mutating func markTarget(_ index: Int, from jump: Int) {
        let mark: Effects = jump >= index ? [.isTarget, .isLoopHead] : .isTarget
        self[index].effects |= mark.rawValue
    }

    /// The registers, a bit for each, whose contents matter when a reachable instruction begins, if these matter when it has ended, for all
    /// that it names itself.
    @inline(__always) func live(before index: Int, _ live: UInt16) -> UInt16 {
        let note = self[index]
        return live & ~note.written | note.read
    }
    /// The registers, a bit for each, whose contents may matter when the instruction begins.
    @inline(__always) func liveBefore(_ index: Int) -> UInt16 { self[index].live }
    @inline(__always) mutating func setLive(_ live: UInt16, before index: Int) { self[index].live = live }
}
