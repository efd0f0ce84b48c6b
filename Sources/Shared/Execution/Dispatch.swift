package import Bytecode
internal import CExecution
internal import Channel

/// What an execution needs beside the runner's state for the event.
struct Engine {
    /// Address of instruction 0.
    var codeStart: UInt64 = 0
    /// What the limit of an exact execution is too low by: see ``Cursor``. 0 where it is the true one.
    var reserve: UInt64 = 0
    /// Whether the atomic operation that is done next has been looked at.
    var isAtomicAllowed = false
    var outcome = Outcome(fault: nil, result: 0, instruction: 0, accessSize: 0, address: 0, fuelLeft: 0)
}

extension ProgramRunner {
    /// Runs the program from instruction 0 until it returns or faults.
    ///
    /// - Parameters:
    ///   - code: the whole program, as ``Decoder`` made it.
    ///   - argument1: R1 at entry.
    ///   - argument2: R2 at entry.
    mutating func execute(_ code: Span<Instruction>, _ argument1: UInt64, _ argument2: UInt64) -> Outcome {
        let start = enter(code, argument1, argument2)
        let registers = RegisterFile(in: memory)
        let mode = Mode(boot.executionMode)
        var cursor = start
        let isClose = mode.isExact && !keepReserve(of: code, &cursor)
        // SAFETY: the runner outlives the call, and nothing but the call uses it meanwhile.
        unsafe withUnsafeMutablePointer(to: &self) { runner in
            unsafe cexecution_run(cursor, registers.base, runner, mode.rawValue, isClose)
        }
        return engine.outcome
    }

    /// As ``handle(_:_:)`` by a plain loop, without the handlers in C: what tests compare those with. No cell uses it.
    package mutating func handleInLoop(_ sequence: UInt32, _ code: Span<Instruction>) {
        let event = begin(sequence)
        var cursor = enter(code, event.argument1, event.argument2)
        let registers = RegisterFile(in: memory)
        let mode = Mode(boot.executionMode)
        while true {
            let stop: Stop =
                mode.isExact && !cursor.hasFuel
                ? .fault(.fuelExhausted) : step(cursor.instruction.operation, mode, &cursor, registers)
            if stop != .none, settle(stop, &cursor) == .ended { break }
        }
        publish(engine.outcome, of: sequence)
    }

    /// The registers as a program finds them, and where it begins. `code` must outlive the execution.
    private mutating func enter(_ code: Span<Instruction>, _ argument1: UInt64, _ argument2: UInt64) -> Cursor {
        engine.reserve = 0
        // SAFETY: only the address leaves the closure; the caller keeps what lies there.
        engine.codeStart = unsafe code.withUnsafeBufferPointer { UInt64(UInt(bitPattern: $0.baseAddress)) }
        let registers = RegisterFile(in: memory)
        registers.first = [16 of UInt64](repeating: 0)
        registers[1] = argument1
        registers[2] = argument2
        registers[10] = regions.stackEnd
        return Cursor(start: engine.codeStart, fuel: boot.fuel)
    }

    /// Lowers the limit by the length of the program, so that a straight run that begins below it ends below the true one.
    ///
    /// - Returns: false where there is not so much fuel.
    private mutating func keepReserve(of code: Span<Instruction>, _ cursor: inout Cursor) -> Bool {
        let reserve = UInt64(truncatingIfNeeded: code.count) &* Cursor.stride
        guard cursor.limit &- cursor.address > reserve else { return false }
        engine.reserve = reserve
        cursor.limit &-= reserve
        return true
    }

    /// Looks into why a step stopped: whether its instruction should be done once more, because its access is allowed and the region
    /// now at hand, or because there is fuel in reserve. Where the program has ended, ``Engine/outcome`` says how.
    @_optimize(size) @inline(never)
    mutating func settle(_ reason: Stop, _ cursor: inout Cursor) -> Settlement {
        var stop = reason
        cursor.limit &+= engine.reserve
        switch stop.reason {
        case .atomic where regions.mayWrite(cursor.detail, UInt64(stop.size)):
            guard cursor.detail % UInt64(stop.size) == 0 else {
                stop = .fault(.misalignedAtomic, size: UInt8(truncatingIfNeeded: stop.size))
                break
            }
            engine.isAtomicAllowed = true
            cursor.limit &-= engine.reserve
            return .again
        case .read where regions.mayRead(cursor.detail, UInt64(stop.size)),
            .write where regions.mayWrite(cursor.detail, UInt64(stop.size)):
            cursor.limit &-= engine.reserve
            return .again
        case .read, .write, .atomic, .returned: break
        case .fault:
            if stop.fault == .fuelExhausted, engine.reserve > 0 {
                engine.reserve = 0
                return .againClosely
            }
        }
        let fault = stop.fault
        let fuelLeft = fuelLeft(fault, cursor)
        if let fault {
            let index = (cursor.address &- engine.codeStart) / Cursor.stride
            engine.outcome = Outcome(
                fault: fault, result: 0, instruction: UInt32(truncatingIfNeeded: index), accessSize: stop.size,
                address: fault == .fuelExhausted ? 0 : cursor.detail, fuelLeft: fuelLeft)
        } else {
            engine.outcome = Outcome(
                fault: nil, result: RegisterFile(in: memory)[0], instruction: 0, accessSize: 0, address: 0,
                fuelLeft: fuelLeft)
        }
        return .ended
    }

    /// What the verdict says of fuel; all of it where the mode does not count.
    private func fuelLeft(_ fault: FaultKind?, _ cursor: Cursor) -> UInt64 {
        guard Mode(boot.executionMode).countsFuel else { return boot.fuel }
        // The instruction at which it stopped has been paid for, unless there was no fuel for it.
        let left = fault == .fuelExhausted ? 0 : max(cursor.fuel, 1) &- 1
        return left &+ (boot.fuel &- min(boot.fuel, Cursor.mostFuel))
    }
}

// MARK: what C calls

// The name is C's.
// swift-format-ignore: AlwaysUseLowerCamelCase
@c @implementation
func cexecution_enter(
    _ cursor: cexecution_cursor, _ registers: UnsafeMutablePointer<UInt64>, _ runner: UnsafeMutableRawPointer,
    _ mode: UInt32, _ isClose: Bool
) {
    unsafe cexecution_dispatch(cursor, registers, runner, mode, isClose)
}

// The name is C's.
// swift-format-ignore: AlwaysUseLowerCamelCase
@c @implementation
func cexecution_step(
    _ operation: UInt8, _ mode: UInt32, _ cursor: UnsafeMutablePointer<cexecution_cursor>,
    _ registers: UnsafeMutablePointer<UInt64>, _ runner: UnsafeMutableRawPointer
) -> UInt32 {
    // SAFETY: `operation` is a constant below CEXECUTION_OPERATION_COUNT, the number of cases; the cursor is the handler's own; the
    // registers and the runner are those that `execute` handed over and that nothing else uses meanwhile.
    unsafe runner.assumingMemoryBound(to: ProgramRunner.self).pointee.step(
        unsafeBitCast(operation, to: Operation.self), Mode(word: mode), &cursor.pointee,
        RegisterFile(base: registers)
    ).word
}

// The name is C's.
// swift-format-ignore: AlwaysUseLowerCamelCase
@c @implementation
func cexecution_settle(
    _ stop: UInt32, _ cursor: UnsafeMutablePointer<cexecution_cursor>, _ runner: UnsafeMutableRawPointer
) -> UInt32 {
    // SAFETY: as in `cexecution_step`.
    unsafe runner.assumingMemoryBound(to: ProgramRunner.self).pointee.settle(Stop(word: stop), &cursor.pointee).rawValue
}
