internal import Bytecode
internal import Channel

/// Tail calls. A number says which program goes on; one tree of comparisons, for all calls, jumps there. Its leaves are all the programs
/// there are, so whatever number it is asked for, control goes on at the entry of one, and no jump goes through a register or memory.
/// Where there are few programs, and none has to begin with registers cleared, each call compares for itself: two jumps less.
///
/// The number comes out of an array that a hostile cell can write. It is held against the number of programs each time.
extension Lowering {
    /// An event has made no tail call yet.
    mutating func clearTailCalls() {
        guard
            program.entries.count > 1 || program.maps.contains(where: { $0.type == Compilation.MapShape.programArray })
        else { return }
        assembler.emit(.storeImmediate, .bits32, .absolute(UInt32(NativeWords.tailCalls)), immediate: 0)
    }

    /// Nothing is on the machine's stack where the next program begins but what its caller left: it returns where this function would.
    ///
    /// - Parameter live: the registers that matter where the call leads nowhere.
    mutating func tailCall(
        at index: Int, _ live: UInt16, _ code: borrowing Span<Instruction>, _ notes: borrowing Notes
    ) {
        // A program may be entered as often as fuel allows, like the target of a jump backwards.
        payFuel(checkedAt: index)
        flags = .unknown
        let full = outline(.noTailCall, at: index)
        var impossible: Int32?
        if case .map(let map) = origin(of: 2, before: index, code, notes),
            program.maps[map].type == Compilation.MapShape.programArray, loadProgramNumber(ofMap: map)
        {
            impossible = outline(.corruptMap(map), at: index)
        } else {
            callOut(Int64(Helper.tailCall.rawValue), at: index, begun: index + 1, keeping: live | 1 << 1)
        }
        assembler.emit(.testRegister, .bits32, .rax, rm: .rax)
        branch(.notEqual, toOutlined: .tailCall(full: full, impossible: impossible), at: index)
        hasTailCall = true
    }

    /// Goes on in the program whose number is in R0, if it is a program's and the event may make another tail call.
    ///
    /// The count is here even where the image has one of its own: it has not seen those calls that did not go by it, so it never
    /// counts more.
    mutating func countTailCall(full: Int32, impossible: Int32?, begun: Int, _ notes: borrowing Notes) {
        if let impossible {
            assembler.emit(.compareImmediate, .bits32, rm: .rax, immediate: Int32(program.entries.count))
            branch(.above, to: impossible, begun: begun)
        }
        let count = Address.absolute(UInt32(NativeWords.tailCalls))
        assembler.emit(.compareImmediate, .bits32, count, immediate: Int32(Helper.mostTailCalls))
        branch(.aboveOrEqual, to: full, begun: begun)
        assembler.emit(.addImmediate, .bits32, count, immediate: 1)
        if let dispatcher { return layout.add(.jump, at: assembler.count, begun: begun, to: dispatcher) }
        // The number is that of a program, so it is the last one's if it is nobody else's.
        for (number, entry) in program.entries.dropLast().enumerated() {
            assembler.emit(.compareImmediate, .bits32, rm: .rax, immediate: Int32(number + 1))
            layout.add(.branch, at: assembler.count, begun: begun, to: Int32(entry), Condition.equal.rawValue)
        }
        layout.add(.jump, at: assembler.count, begun: begun, to: Int32(program.entries[program.entries.count - 1]))
    }

    /// Programs among which a tail call chooses by itself.
    private static let fewPrograms = 4
    /// What a program must not find as its caller left it: all but R1 and R10.
    private static let cleared: [UInt8] = [0, 2, 3, 4, 5, 6, 7, 8, 9]

    /// Whether a program could read a register that has to be cleared before it begins.
    private func findsRegisters(_ entry: Int, _ notes: borrowing Notes) -> Bool {
        let live = notes.liveBefore(entry)
        return Self.cleared.contains { live & 1 << UInt16($0) != 0 }
    }

    /// The labels of the tree: one for the whole, then one for the right branch of each fork, in the order of the code.
    mutating func makeDispatcherLabels(_ notes: borrowing Notes) {
        guard hasTailCall else { return }
        var isNeeded = program.entries.count > Self.fewPrograms
        for entry in program.entries where findsRegisters(entry, notes) { isNeeded = true }
        guard isNeeded else { return }
        dispatcher = labels.make()
        for _ in program.entries.dropFirst() { _ = labels.make() }
    }

    mutating func emitDispatcher(_ notes: borrowing Notes) {
        guard let dispatcher else { return }
        place(dispatcher)
        dispatch(program.entries.indices, behind: dispatcher, notes)
    }

    private mutating func place(_ label: Int32) {
        labels[Int(label)] = UInt32(truncatingIfNeeded: assembler.count) + layout.slack
    }

    /// Goes on in the one of these programs whose number, counted from 1, is in R0.
    ///
    /// - Parameter label: the last that was placed; those of the forks here follow it.
    private mutating func dispatch(_ programs: Range<Int>, behind label: Int32, _ notes: borrowing Notes) {
        let begun = Int(label) + 1
        guard programs.count > 1 else { return enter(programs.lowerBound, begun: begun, notes) }
        let middle = programs.lowerBound + programs.count / 2
        // As many forks as the left branch has, it has programs less one.
        let right = label + Int32(middle - programs.lowerBound)
        assembler.emit(.compareImmediate, .bits32, rm: .rax, immediate: Int32(middle))
        layout.add(.branch, at: assembler.count, begun: begun, to: right, Condition.above.rawValue)
        dispatch(programs.lowerBound..<middle, behind: label, notes)
        place(right)
        dispatch(middle..<programs.upperBound, behind: right, notes)
    }

    /// Begins a program with what it may find in registers: R1 as its caller set it, the frame, and otherwise nothing.
    private mutating func enter(_ number: Int, begun: Int, _ notes: borrowing Notes) {
        let entry = program.entries[number]
        let live = notes.liveBefore(entry)
        for register in Self.cleared where live & 1 << UInt16(register) != 0 {
            clear(Register(ofProgram: register))
        }
        layout.add(.jump, at: assembler.count, begun: begun, to: Int32(entry))
    }
}
