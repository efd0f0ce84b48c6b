internal import Bytecode

/// What the compiler knows of each instruction, in one block of memory that is used once.
///
/// Eight bytes for each instruction: control flow and liveness walk it in order, and what the back end asks for together lies together.
@safe struct Notes: ~Copyable {
    /// A note is one word, made whole and looked at in parts, sixteen bits each from the lowest: the registers that the instruction writes
    /// (eleven bits) and which ``Way`` it goes; those whose contents may matter when it begins; those that it reads; ``Effects``, once it
    /// is known to be reachable.
    typealias Note = UInt64

    private let base: UnsafeMutablePointer<Note>
    let count: Int

    init(count: Int) {
        // One more, so that what follows the last instruction can be asked for.
        unsafe base = .allocate(capacity: count + 1)
        unsafe base.initialize(repeating: 0, count: count + 1)
        self.count = count
    }

    // SAFETY: the block is this value's alone, and its elements are trivial.
    deinit { unsafe base.deallocate() }

    // SAFETY (all that follow): the index is in the block, which `precondition` holds, and so is each part of its word.
    @inline(__always) private subscript(_ index: Int) -> Note {
        get {
            check(index)
            return unsafe base[index]
        }
        nonmutating set {
            check(index)
            unsafe base[index] = newValue
        }
    }

    @inline(__always) private func check(_ index: Int) {
        precondition(UInt(bitPattern: index) <= UInt(bitPattern: count), "a note is on an instruction")
    }

    /// A part of a note, which is a quarter of its word.
    @inline(__always) private func part(_ number: Int, of index: Int) -> UnsafeMutablePointer<UInt16> {
        check(index)
        return unsafe UnsafeMutableRawPointer(base + index).assumingMemoryBound(to: UInt16.self) + number
    }

    @inline(__always) func effects(_ index: Int) -> Effects { Effects(rawValue: unsafe part(3, of: index).pointee) }
    /// Whether a run can come to the instruction.
    @inline(__always) func isReachable(_ index: Int) -> Bool { effects(index).contains(.isReachable) }
    /// Whether control comes to the instruction from elsewhere than the one before it.
    @inline(__always) func isTarget(_ index: Int) -> Bool { effects(index).contains(.isTarget) }
    /// Whether an instruction behind it, or itself, jumps to it.
    @inline(__always) func isLoopHead(_ index: Int) -> Bool { effects(index).contains(.isLoopHead) }
    /// Whether the instruction, which is reachable, writes a register that it names.
    @inline(__always) func writes(_ register: UInt8, at index: Int) -> Bool {
        self[index] & 1 &<< UInt64(register) != 0
    }

    /// Notes that a run can come to an instruction and from there, one after the other, to those that simply go on at the next.
    ///
    /// - Returns: the first that does something else, and its effects, which are noted too; nil for them where what follows is known, or
    ///   there is nothing.
    @inline(__always) mutating func reach(
        from first: Int, _ code: borrowing Span<Instruction>, _ uses: ByteTable<RegisterUse>
    ) -> (index: Int, effects: Effects?) {
        // What is in a local variable no store to the block can change.
        let base = unsafe base
        precondition(code.count == count, "there is a note on each instruction")
        var index = first
        while UInt(bitPattern: index) < UInt(bitPattern: code.count) {
            let known = unsafe base[index]
            if known & Effects.isReachable.inNote != 0 { break }
            let instruction = code[index]
            let use = uses[instruction.operation]
            unsafe base[index] = known | use.note(on: instruction)
            if !use.goesOn { return (index, use.effects) }
            index &+= 1
        }
        return (index, nil)
    }
    @inline(__always) mutating func markTarget(_ index: Int, from jump: Int) {
        let mark: Effects = jump >= index ? [.isTarget, .isLoopHead] : .isTarget
        self[index] |= mark.inNote
    }

    private static let wayShift: UInt64 = 14

    /// Notes which way a branch goes. There are two bits for it, that no register has.
    mutating func decide(_ index: Int, _ way: Way) { self[index] |= Note(way.rawValue) &<< Self.wayShift }
    /// Which way the branch at `index` goes.
    @inline(__always) func way(_ index: Int) -> Way {
        let bits = self[index] &>> Self.wayShift & 3
        return bits == 0 ? .either : bits == 1 ? .onward : .jump
    }

    /// The registers, a bit for each, whose contents may matter when the instruction begins.
    @inline(__always) func liveBefore(_ index: Int) -> UInt16 { unsafe part(1, of: index).pointee }
    @inline(__always) mutating func setLive(_ live: UInt16, before index: Int) {
        unsafe part(1, of: index).pointee = live
    }
    /// The same of a reachable instruction, of which `live` is all that matters besides what it names: what it writes does not, what it
    /// reads does.
    @inline(__always) func live(before index: Int, _ live: UInt16) -> UInt16 { live.before(self[index]) }

    /// Sets the live registers of the instructions before `end`, from the last to the first, as long as they are reachable, name all that
    /// they read and write, and simply go on at the next one; says where one is that is not so, or -1.
    @inline(__always) mutating func setLive(ofUsualBefore end: Int, _ live: inout UInt16) -> Int {
        let base = unsafe base
        precondition(end <= count, "there is a note on each instruction")
        var index = end &- 1
        while index >= 0 {
            let note = unsafe base[index]
            guard note & Effects.unusual.inNote == Effects.isReachable.inNote else { break }
            live = live.before(note)
            // With its other parts as they are: a store of the whole word, which the next look at it need not wait for.
            unsafe base[index] = note & ~0xFFFF_0000 | Note(live) &<< 16
            index &-= 1
        }
        return index
    }
}

extension UInt16 {
    @inline(__always) fileprivate func before(_ note: Notes.Note) -> UInt16 {
        self & ~UInt16(truncatingIfNeeded: note) | UInt16(truncatingIfNeeded: note &>> 32)
    }
}

extension Effects {
    @inline(__always) var inNote: Notes.Note { Notes.Note(rawValue) &<< 48 }
}
