internal import Bytecode
internal import CBenchmark
internal import CLinux
internal import Channel
internal import Enclosure
internal import Execution
internal import Linux

internal import class Dispatch.DispatchSemaphore
internal import class Foundation.Thread

/// A cell without a fence: the same channel, the same program loop, on a thread of this process.
///
/// The loop and the wait are the image's, compiled for the host; a parked thread sleeps on the futex on which a
/// parked cell's monitor sleeps. What a cell costs more than this is what its fence costs.
struct ThreadLane: ~Copyable {
    private let window: Window
    private let memory: CellMemory
    private var ring: EventRing
    private var wakeGeneration: UInt32 = 0
    private let done: DispatchSemaphore

    init(_ fixture: CellFixture, processor: Int32) throws {
        let window = try Window(size: AddressMap.windowSize)
        try window.mapPrivate(at: AddressMap.program, size: fixture.programSize)
        try window.mapPrivate(at: AddressMap.hostWords, size: AddressMap.hostWordsSize)
        try window.mapPrivate(at: AddressMap.channel, size: roundedToPage(fixture.geometry.size))
        try window.mapPrivate(at: AddressMap.privateMemory, size: AddressMap.privateSize)
        // SAFETY: the window maps every region that a program without maps touches, until deinit has stopped the thread.
        let memory = unsafe CellMemory(unsafeBase: UInt(window.base))
        let boot = ProgramRegion.write(
            fixture.code, mapCount: 0, descriptorSize: 0, boot: fixture.boot, to: memory
        ) { _ in }
        ring = EventRing(memory: memory, boot: boot)
        self.memory = memory
        self.window = window
        let done = DispatchSemaphore(value: 0)
        self.done = done
        let code = fixture.code
        let thread = Thread {
            _ = cbenchmark_pin(0, processor)
            Self.serve(memory, boot, code)
            done.signal()
        }
        thread.start()
    }

    deinit {
        memory.storeRelease32(HostWords.stopGeneration, 1)
        memory.storeRelease32(HostWords.wakeGeneration, wakeGeneration &+ 1)
        _ = clinux_futex_wake(memory.hostAddress(of: HostWords.wakeGeneration))
        done.wait()
    }

    private static func serve(_ memory: CellMemory, _ boot: BootRecord, _ code: [Instruction]) {
        var runner = ProgramRunner(memory: memory, boot: boot)
        var sequence = boot.initialSequence &+ 1
        while wait(memory, boot, sequence) {
            runner.handle(sequence, code.span)
            fence()
            _ = memory.loadRelaxed32(HostWords.parkEpoch)
            runner.clearStack()
            sequence &+= 1
        }
    }

    /// - Returns: false once the lane is to end.
    @inline(__always)
    private static func wait(_ memory: CellMemory, _ boot: BootRecord, _ sequence: UInt32) -> Bool {
        let slot = boot.geometry.slot(sequence)
        var eager: UInt32 = 0
        while eager < 2048 {
            if memory.loadAcquire32(slot &+ EventSlot.sequence) == sequence { return true }
            eager &+= 1
        }
        return waitPatiently(memory, boot, slot, sequence)
    }

    @inline(never)
    private static func waitPatiently(
        _ memory: CellMemory, _ boot: BootRecord, _ slot: UInt64, _ sequence: UInt32
    ) -> Bool {
        while memory.loadAcquire32(HostWords.stopGeneration) == 0 {
            var polls: UInt32 = 0
            while polls < boot.spinBudget {
                if memory.loadAcquire32(slot &+ EventSlot.sequence) == sequence { return true }
                pause()
                polls &+= 1
            }
            let generation = memory.loadAcquire32(HostWords.wakeGeneration)
            memory.storeRelaxed32(CellWords.parked, 1)
            fence()
            if memory.loadAcquire32(slot &+ EventSlot.sequence) != sequence {
                _ = clinux_futex_wait(memory.hostAddress(of: HostWords.wakeGeneration), generation, 0)
            }
            memory.storeRelaxed32(CellWords.parked, 0)
            if memory.loadAcquire32(slot &+ EventSlot.sequence) == sequence { return true }
        }
        return false
    }

    /// Sends one event to the thread, as a cell's owner does, and checks what comes back.
    mutating func roundTrip(expecting expected: UInt64 = 2) throws {
        // SAFETY: empty buffers have no memory.
        unsafe ring.submit(
            context: UnsafeRawBufferPointer(start: nil, count: 0),
            payload: UnsafeRawBufferPointer(start: nil, count: 0), lane: 0, time: 0)
        fence()
        if memory.loadRelaxed32(CellWords.parked) != 0 {
            wakeGeneration &+= 1
            memory.storeRelease32(HostWords.wakeGeneration, wakeGeneration)
            _ = clinux_futex_wake(memory.hostAddress(of: HostWords.wakeGeneration))
        }
        while true {
            guard let verdict = try ring.poll() else { continue }
            guard verdict.ending == .returned(expected) else {
                throw FixtureError.unexpectedVerdict(verdict, expected: expected)
            }
            return
        }
    }
}
