internal import Bytecode
internal import CCellStart
internal import CChannel
internal import Channel
internal import Execution

/// The life of a cell: check the boot record, then take events from their slots until the machine is taken away.
///
/// Called from `_start` with an empty stack. It never returns.
@c(cell_main)
public func cellMain() {
    // SAFETY: inside the cell an address is what it says.
    let memory = unsafe CellMemory(unsafeBase: 0)
    let boot = memory.readBootRecord()
    guard boot.isForThisImage, boot.nativeEntry == 0 || boot.hasSoundNativeEntry else {
        memory.storeRelease32(CellWords.state, CellState.refusedBootRecord)
        cchannel_ring(Doorbell.wakeHost, 0)
        return
    }
    let base = UInt(truncatingIfNeeded: boot.instructions)
    let count = Int(truncatingIfNeeded: boot.instructionCount)
    // SAFETY: the broker wrote `count` decoded instructions there before the first entry, and the region is read-only since.
    let code = unsafe Span<Instruction>(
        _unsafeStart: UnsafePointer<Instruction>(bitPattern: base).unsafelyUnwrapped, count: count)
    var runner = ProgramRunner(memory: memory, boot: boot)
    var sequence = boot.initialSequence &+ 1
    runner.touch(sequence)
    memory.storeRelease32(CellWords.state, CellState.running)
    if boot.nativeEntry != 0 { runNativeEvents(memory, boot, &runner) }
    var waiter = Waiter(memory: memory, spinBudget: boot.spinBudget)

    while true {
        waiter.wait(untilSlot: boot.geometry.slot(sequence), holds: sequence)
        runner.handle(sequence, code)
        waiter.wakeHostIfItSleeps()
        runner.clearStack()
        sequence &+= 1
    }
}

extension BootRecord {
    /// The last is a promise between this image's own Swift and assembly.
    fileprivate var isForThisImage: Bool {
        magic == BootRecord.expectedMagic && layoutHash == BootRecord.expectedLayoutHash
            && NativeWords.start == UInt64(CELL_NATIVE_WORDS)
    }
}
