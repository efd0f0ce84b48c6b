internal import CCellStart
internal import Channel
internal import Execution

/// Takes events from their slots and runs the program's machine code on them, until the machine is taken away.
func runNativeEvents(_ memory: CellMemory, _ boot: BootRecord, _ runner: inout ProgramRunner) {
    var waiter = Waiter(memory: memory, spinBudget: boot.spinBudget)
    var sequence = boot.initialSequence &+ 1
    // SAFETY: the loop never ends, so the address stays good for `cell_native_call`, which is the only other user and runs only
    // while this function waits for `cell_native_enter`.
    unsafe withUnsafeMutablePointer(to: &runner) { runner in
        memory.store64(NativeWords.runner, UInt64(UInt(bitPattern: runner)))
        while true {
            waiter.wait(untilSlot: boot.geometry.slot(sequence), holds: sequence)
            let event = unsafe runner.pointee.beginNative(sequence)
            let result = cell_native_enter(
                boot.nativeEntry, event.argument1, event.argument2, event.fuel, event.frame)
            unsafe runner.pointee.finishNative(of: sequence, result: result)
            waiter.wakeHostIfItSleeps()
            unsafe runner.pointee.clearNativeStack()
            sequence &+= 1
        }
    }
}

/// What `cell_native_helper` calls for compiled code.
// The name is C's.
// swift-format-ignore: AlwaysUseLowerCamelCase
@c @implementation
func cell_native_call(
    _ r1: UInt64, _ r2: UInt64, _ r3: UInt64, _ r4: UInt64, _ r5: UInt64, _ call: UInt64
) -> cell_native_answer {
    // SAFETY: inside the cell an address is what it says; the loop left the runner's before the first event. Should the program have
    // written over it, the cell ends with a fault, or goes on with memory that is the program's anyway.
    let memory = unsafe CellMemory(unsafeBase: 0)
    let address = UInt(truncatingIfNeeded: memory.load64(NativeWords.runner))
    let runner = unsafe UnsafeMutablePointer<ProgramRunner>(bitPattern: address).unsafelyUnwrapped
    let id = Int64(Int32(truncatingIfNeeded: call))
    let result = unsafe runner.pointee.callNative(
        helper: id, at: UInt32(truncatingIfNeeded: call >> 32), r1, r2, r3, r4, r5)
    guard let result else { return cell_native_answer(result: 0, refused: 1) }
    return cell_native_answer(result: result, refused: 0)
}
