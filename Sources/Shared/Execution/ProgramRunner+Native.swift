internal import Bytecode
internal import Channel

/// A program as machine code: the same events, helpers and verdicts; the instructions are the processor's.
///
/// Native code checks no access. It counts fuel where the mode does, and it tells why it could not go on in ``NativeWords``.
extension ProgramRunner {
    /// What compiled code is entered with.
    package struct NativeEvent {
        package let argument1: UInt64
        package let argument2: UInt64
        package let fuel: UInt64
        /// R10.
        package let frame: UInt64
    }

    /// Takes the event in slot `sequence`.
    package mutating func beginNative(_ sequence: UInt32) -> NativeEvent {
        let event = begin(sequence)
        memory.store64(NativeWords.slot, slot)
        return NativeEvent(
            argument1: event.argument1, argument2: event.argument2, fuel: min(boot.fuel, Cursor.mostFuel),
            frame: ProgramRunner.stackEnd)
    }

    /// Publishes what came of the event that ``beginNative(_:)`` took.
    ///
    /// - Parameter result: R0, which means something only where ``NativeWords/fault`` is 0.
    package func finishNative(of sequence: UInt32, result: UInt64) {
        let word = memory.load64(NativeWords.fault)
        guard word != 0 else {
            let outcome = Outcome(
                fault: nil, result: result, instruction: 0, accessSize: 0, address: 0, fuelLeft: fuelLeft(nil))
            return publish(outcome, of: sequence)
        }
        // A word that is no fault's was written by the program over the image's: the instruction was not what was proven.
        let fault = FaultKind(rawValue: UInt32(word & 0xFF)) ?? .invalidInstruction
        let outcome = Outcome(
            fault: fault, result: 0, instruction: UInt32(truncatingIfNeeded: word >> 32),
            accessSize: UInt32(word >> 8 & 0xFF), address: memory.load64(NativeWords.detail), fuelLeft: fuelLeft(fault))
        publish(outcome, of: sequence)
    }

    /// What the verdict says of fuel; all of it where the mode does not count.
    private func fuelLeft(_ fault: FaultKind?) -> UInt64 {
        guard boot.executionMode.countsFuel else { return boot.fuel }
        let left = memory.load64(NativeWords.fuel)
        let counted = fault == .fuelExhausted || signed(left) < 0 ? 0 : left
        return counted &+ (boot.fuel &- min(boot.fuel, Cursor.mostFuel))
    }

    /// Calls a helper for native code; its arguments are in the registers.
    ///
    /// - Parameters:
    ///   - id: as the instruction has it.
    ///   - instruction: the index of the call.
    /// - Returns: R0, or nil where the helper refused and ``NativeWords/fault`` says so.
    package mutating func callNative(
        helper id: Int64, at instruction: UInt32, _ r1: UInt64, _ r2: UInt64, _ r3: UInt64, _ r4: UInt64, _ r5: UInt64
    ) -> UInt64? {
        // By far the most frequent, and it asks for nothing that is prepared below.
        if id == Int64(Helper.mapLookupElement.rawValue), let found = lookUpQuickly(r1, r2) { return found }
        let registers = RegisterFile(in: memory)
        registers[1] = r1
        registers[2] = r2
        registers[3] = r3
        registers[4] = r4
        registers[5] = r5
        // Helpers that look at a pointer in every mode must know which frames are in use.
        regions.stackStart = memory.load64(NativeWords.frame) &- ProgramRunner.frameSize
        guard let kind = call(helper: id, &registers.first) else { return registers[0] }
        let address = kind == .unknownHelper ? UInt64(bitPattern: id) : refusedArgument
        memory.store64(NativeWords.fault, UInt64(instruction) << 32 | UInt64(kind.rawValue))
        memory.store64(NativeWords.detail, address)
        return nil
    }

    /// As ``clearStack()``, by the marks that local calls left.
    @_optimize(size) package mutating func clearNativeStack() {
        var mark = ProgramRunner.stackEnd &+ NativeWords.markDistance &- ProgramRunner.frameSize
        deepest = 0
        while deepest < ProgramRunner.maximumFrames &- 1, memory.load8(mark) != 0 {
            memory.store8(mark, 0)
            mark &-= ProgramRunner.frameSize
            deepest &+= 1
        }
        clearStack()
    }
}
