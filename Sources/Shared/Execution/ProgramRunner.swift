package import Bytecode
package import Channel
internal import Maps

/// How one execution ended.
package struct Outcome: Equatable, Sendable {
    /// Why the program did not return, or nil.
    package var fault: FaultKind?
    /// R0 where it returned.
    package var result: UInt64
    /// Where it faulted, and on what; see ``VerdictRecord``.
    package var instruction: UInt32
    package var accessSize: UInt32
    package var address: UInt64
    package var fuelLeft: UInt64
}

/// One lane's engine: takes an event from its slot, runs the program on it, leaves the verdict.
package struct ProgramRunner {
    /// Eight frames of 512 bytes, as Linux and RFC 9669 implementations have.
    package static let maximumFrames = 8
    static let frameSize: UInt64 = 512
    /// The frames lie at the start of private memory, the first one last; behind them what calls save, then ``RegisterFile``.
    @inline(__always) static var stackEnd: UInt64 { AddressMap.privateMemory &+ UInt64(maximumFrames) &* frameSize }

    let memory: CellMemory
    let boot: BootRecord
    let maps: MapTable
    var regions: Regions
    var engine = Engine()
    /// Frames in use besides the first.
    var depth = 0
    /// The deepest ``depth`` of this event.
    var deepest = 0
    /// Tail calls of this event that led somewhere.
    var tailCalls: UInt32 = 0
    /// What a helper refused, for the report.
    var refusedArgument: UInt64 = 0
    var random: UInt64
    var logHead: UInt32 = 0
    var logDropped: UInt32 = 0
    /// The event under way: its slot's address.
    var slot: UInt64 = 0
    /// Where its packet lies now.
    var packet = Packet()
    /// The interface that it was redirected to.
    var redirection: UInt32 = 0

    /// - Parameter boot: must describe memory that is mapped behind `memory`.
    @_optimize(size) package init(memory: CellMemory, boot: BootRecord) {
        self.memory = memory
        self.boot = boot
        let user = MapUser.program(
            lane: boot.lane, generation: memory.loadAcquire32(HostWords.cellGeneration), patience: 0)
        maps = MapTable(memory: memory, descriptors: boot.mapDescriptors, count: boot.mapCount, user: user)
        random = boot.randomSeed | 1
        logHead = boot.initialSequence
        regions = Regions(maps: maps, writableContext: boot.writableContext)
    }

    /// Runs `code` on the event in slot `sequence`, writes the verdict record and publishes it.
    package mutating func handle(_ sequence: UInt32, _ code: Span<Instruction>) {
        let event = begin(sequence)
        // A statement of its own: what is published is what the execution has left.
        let outcome = execute(code, event.argument1, event.argument2)
        publish(outcome, of: sequence)
    }

    /// Takes the event in slot `sequence`: what its program may touch, and the arguments that it begins with.
    mutating func begin(_ sequence: UInt32) -> (argument1: UInt64, argument2: UInt64) {
        slot = boot.geometry.slot(sequence)
        let payload = slot &+ EventSlot.payload
        let payloadSize = UInt64(memory.loadRelaxed32(slot &+ EventSlot.payloadSize))
        packet = Packet(start: payload, size: payloadSize)
        redirection = 0
        depth = 0
        deepest = 0
        tailCalls = 0
        memory.store32(RunWords.patience, EventPatience.looks)
        let contextSize = UInt64(memory.loadRelaxed32(slot &+ EventSlot.contextSize) & 0xFFFF)
        let isRecord = boot.entryConvention == .record
        regions.begin(
            payload: payload, isRecord ? 0 : payloadSize, context: isRecord ? payload : contextAddress,
            isRecord ? payloadSize : contextSize)
        switch boot.entryConvention {
        case .record: return (payload, 0)
        case .context: return (contextAddress, 0)
        case .buffer: return (payloadSize == 0 ? 0 : payload, payloadSize)
        }
    }

    var contextAddress: UInt64 { slot &+ EventSlot.context }

    /// Writes the verdict record of event `sequence` and publishes it.
    func publish(_ outcome: Outcome, of sequence: UInt32) {
        let verdict = boot.geometry.verdict(sequence)
        memory.storeRelaxed32(verdict &+ VerdictRecord.fault, outcome.fault?.rawValue ?? 0)
        memory.storeRelaxed64(verdict &+ VerdictRecord.result, outcome.result)
        memory.storeRelaxed32(verdict &+ VerdictRecord.instruction, outcome.instruction)
        memory.storeRelaxed32(verdict &+ VerdictRecord.accessSize, outcome.accessSize)
        memory.storeRelaxed64(verdict &+ VerdictRecord.address, outcome.address)
        memory.storeRelaxed64(verdict &+ VerdictRecord.fuelLeft, outcome.fuelLeft)
        let offset = packet.start &- (slot &+ EventSlot.payload)
        memory.storeRelaxed32(verdict &+ VerdictRecord.payloadOffset, low(offset))
        memory.storeRelaxed32(verdict &+ VerdictRecord.payloadSize, low(packet.size))
        memory.storeRelaxed32(verdict &+ VerdictRecord.redirection, redirection)
        memory.storeRelease32(verdict &+ VerdictRecord.sequence, sequence)
    }

    /// Touches the pages that the first event will need. The first touch of each costs a fault in every layer below, 20 to 35 µs
    /// where machines are nested: a cell that waits to take over has had them before it is needed.
    @_optimize(size) package mutating func touch(_ sequence: UInt32) {
        _ = memory.loadRelaxed32(boot.geometry.slot(sequence))
        memory.storeRelaxed32(boot.geometry.verdict(sequence) &+ VerdictRecord.payloadSize, 0)
        RegisterFile(in: memory)[0] = 0
        clearStack()
    }

    /// Clears the frames that the last event used, so that no event reads what another left. Off the critical path:
    /// called after the verdict is out.
    package mutating func clearStack() {
        let used = UInt64(truncatingIfNeeded: deepest &+ 1) &* ProgramRunner.frameSize
        var address = regions.stackEnd &- used
        while address < regions.stackEnd {
            memory.store64(address, 0)
            address &+= 8
        }
    }
}

// MARK: bpf-to-bpf calls

extension ProgramRunner {
    /// Caller-saved state lies above the stack: per frame the return index and R6–R9.
    private func savedFrame(_ index: Int) -> UInt64 { regions.stackEnd &+ UInt64(truncatingIfNeeded: index) &* 64 }

    mutating func push(returnTo pc: Int, _ registers: inout [16 of UInt64]) {
        let frame = savedFrame(depth)
        memory.store64(frame, UInt64(truncatingIfNeeded: pc))
        memory.store64(frame &+ 8, registers[6])
        memory.store64(frame &+ 16, registers[7])
        memory.store64(frame &+ 24, registers[8])
        memory.store64(frame &+ 32, registers[9])
        depth &+= 1
        if depth > deepest { deepest = depth }
        registers[10] &-= ProgramRunner.frameSize
        regions.stackStart &-= ProgramRunner.frameSize
    }

    mutating func pop(_ registers: inout [16 of UInt64]) -> Int {
        depth &-= 1
        let frame = savedFrame(depth)
        registers[6] = memory.load64(frame &+ 8)
        registers[7] = memory.load64(frame &+ 16)
        registers[8] = memory.load64(frame &+ 24)
        registers[9] = memory.load64(frame &+ 32)
        registers[10] &+= ProgramRunner.frameSize
        regions.stackStart &+= ProgramRunner.frameSize
        return Int(truncatingIfNeeded: memory.load64(frame))
    }
}
