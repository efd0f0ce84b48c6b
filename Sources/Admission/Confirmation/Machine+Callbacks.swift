internal import Bytecode
internal import Channel
internal import Execution
internal import ProgramPackage
internal import Prototypes

/// Helpers that call a function of the program: `bpf_loop` and `bpf_for_each_map_elem`.
extension Machine {
    /// `BPF_MAX_LOOPS` (include/linux/bpf.h).
    private static var mostRounds: UInt64 { 8 << 20 }

    /// Whether the helper at hand was called before, and a function that it called has just returned.
    package var isBetweenRounds: Bool {
        guard let last = callbacks.last else { return false }
        return last.instruction == stepper.index && last.depth == stepper.depth
    }

    /// Begins with the first call.
    mutating func enterCallback(_ row: HelperPrototype) -> Halt? {
        let kind: Callback.Kind
        let rounds: UInt64
        switch row.id {
        case Known.loop:
            kind = .loop
            // The number is 32 bits wide (`u32 nr_loops`).
            rounds = stepper[1] & 0xFFFF_FFFF
            if rounds > Self.mostRounds {
                stepper[0] = UInt64(bitPattern: -7)  // -E2BIG
                call.result = .constant(stepper[0])
                leaveCall()
                return nil
            }
        case Known.forEachElement:
            guard let map = mapArgument(row) else { return .unsupported(.callback(row.id)) }
            let most = UInt64(subject.maps[map].maximumEntries)
            kind = .elements(map: map, address: stepper[1])
            rounds = min(most, 1 + input.value(of: Variable(.result, call.serial)) % 3)
        default: return .unsupported(.callback(row.id))
        }
        callbacks.append(
            Callback(
                kind: kind, instruction: stepper.index, depth: stepper.depth, done: 0, rounds: rounds,
                function: Int(truncatingIfNeeded: stepper[2] &- Arena.functions), argument: stepper[3]))
        return nextRound()
    }

    /// A round is over: R0 says whether there is to be another.
    mutating func goOn() -> Halt? {
        call.reset(UInt32(truncatingIfNeeded: instruction.immediate), at: stepper.index, serial: calls)
        calls += 1
        if stepper[0] != 0 { callbacks[callbacks.count - 1].rounds = callbacks[callbacks.count - 1].done }
        return nextRound()
    }

    private mutating func nextRound() -> Halt? {
        var callback = callbacks.removeLast()
        guard callback.done < callback.rounds else {
            stepper[0] = callback.done
            call.result = .constant(callback.done)
            leaveCall()
            return nil
        }
        guard stepper.call(callback.function) else { return .fault(.callDepth) }
        let round = callback.done
        callback.done += 1
        callbacks.append(callback)
        call.entered = true
        for register in 0...5 as ClosedRange<UInt8> { scratch(register) }
        switch callback.kind {
        case .loop:
            stepper[1] = round
            stepper[2] = callback.argument
        case .elements(let map, let address):
            let definition = subject.maps[map]
            guard let key = makeRegion(.memory, size: UInt64(definition.keySize), isWritable: false),
                let value = makeRegion(
                    .mapValue(map), size: UInt64(definition.valueSize), isWritable: !definition.isReadOnly)
            else { return .unsupported(.regions) }
            fill(regions[key].start, regions[key].size, .memoryByte, key)
            if MapType(rawValue: definition.type)?.traits.isArray == true {
                memory.store32(regions[key].start, UInt32(round))
            }
            fillValue(of: map, value)
            stepper[1] = address
            stepper[2] = regions[key].start
            stepper[3] = regions[value].start
            stepper[4] = callback.argument
        }
        return nil
    }

    private mutating func leaveCall() {
        for register in 1...5 as ClosedRange<UInt8> { scratch(register) }
        stepper.skip()
    }
}
