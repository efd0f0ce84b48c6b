package import Bytecode
internal import Channel
internal import Execution
internal import Prototypes

/// A concrete machine: runs one program on one input, in the interpreter that cells have, every access checked; answers the
/// calls of all helpers itself, with what the input says.
package struct Machine {
    /// The largest packet that an input can have.
    package static let largestPacket: UInt64 = 0xFFFF
    static let mostRegions = 96

    /// What one step came to.
    package enum Step: Equatable, Sendable {
        case done
        /// A helper was called; ``Machine/call`` says what it did.
        case called
        case halted(Halt)
    }

    let arena: Arena
    package let subject: Subject
    package var input: Input
    var stepper: Stepper
    package internal(set) var regions: [Region] = []
    /// What the last helper did.
    package internal(set) var call = HelperCall()
    /// Serial number of the next call of a helper.
    var calls = 0
    /// References that the program must give back: indices of regions, and the instruction that acquired each.
    package internal(set) var references: [(region: Int, acquiredAt: Int)] = []
    /// The address of the lock that is held.
    package internal(set) var lock: UInt64?
    var packetGeneration = 0
    /// Indices of ``regions``.
    package internal(set) var packet = 0
    package internal(set) var context = 0
    /// Values looked up: map, hash of the key, region.
    var values: [(map: Int, key: UInt64, region: Int)] = []
    /// Helpers that call back into the program.
    var callbacks: [Callback] = []
    /// Where the next region goes.
    var nextRegion = Arena.regions
    var nextDescriptor = 0
    private var usedDescriptors = 0
    /// Where not 0, what fills memory and registers that the program may not count on.
    private var garbage: UInt64 = 0
    /// What each instruction does, and to memory.
    let effects: [Effect]
    private let accesses: [Access]
    var memory: CellMemory { arena.memory }

    package init(_ subject: Subject, in arena: Arena) {
        self.arena = arena
        self.subject = subject
        input = Input()
        effects = subject.code.map { Effect($0.operation) }
        accesses = effects.map { Access($0) }
        // SAFETY: instructions are trivial, and the subject has no more than there is room for.
        unsafe subject.code.withUnsafeBytes { unsafe arena.memory.copyIn($0, to: Arena.code) }
        var boot = BootRecord(
            geometry: Self.geometry, entryConvention: .context, helperProfile: .linux)
        boot.instructions = Arena.code
        boot.instructionCount = UInt64(subject.code.count)
        boot.mapDescriptors = Arena.descriptors
        boot.mapCount = UInt64(subject.maps.count + Self.mostRegions)
        arena.memory.zero(Arena.descriptors, count: (subject.maps.count + Self.mostRegions) * descriptorSize)
        stepper = Stepper(memory: arena.memory, boot: boot)
    }

    /// Not used: a stepper has no channel.
    private static let geometry: ChannelGeometry = {
        do throws(ChannelGeometry.GeometryError) {
            return try ChannelGeometry(slotCountShift: 0, slotSizeShift: 12, logCountShift: 0)
        } catch { preconditionFailure("the smallest geometry is one") }
    }()

    /// Puts the program at its start, on this input.
    package mutating func begin(_ input: Input, fuel: UInt64, garbage: UInt64 = 0) -> Halt? {
        self.input = input
        self.garbage = garbage
        regions.removeAll(keepingCapacity: true)
        references.removeAll(keepingCapacity: true)
        values.removeAll(keepingCapacity: true)
        callbacks.removeAll(keepingCapacity: true)
        lock = nil
        calls = 0
        packetGeneration = 0
        if usedDescriptors > 0 { memory.zero(Arena.descriptors, count: usedDescriptors * descriptorSize) }
        nextRegion = Arena.regions
        nextDescriptor = subject.maps.count
        usedDescriptors = 0
        // The frames come first, each by its depth.
        for depth in 0..<UInt64(Stepper.frames) {
            let start = Stepper.stack.upperBound - (depth + 1) * Stepper.bytesOfFrame
            regions.append(Region(kind: .stack, start: start, size: Stepper.bytesOfFrame))
        }
        fillStack(garbage)
        if let halt = makeGlobals() { return halt }
        makePacket()
        if let halt = makeContext() { return halt }
        let region = regions[packet]
        stepper.begin(regions[context].start, 0, payload: region.start, payloadSize: region.size, fuel: fuel)
        if garbage != 0 {
            scratch(0)
            for register in 2...9 as ClosedRange<UInt8> { scratch(register) }
        }
        return nil
    }

    /// Leaves noise in a register whose value the program may not count on.
    func scratch(_ register: UInt8) {
        stepper[register] =
            garbage == 0 ? 0xBAD0_0BAD_0BAD_0BAD : mixed(garbage, UInt64(register) &+ UInt64(calls) &<< 8)
    }

    mutating func markUsed(_ slot: Int) { usedDescriptors = max(usedDescriptors, slot + 1) }

    private func fillStack(_ garbage: UInt64) {
        guard garbage != 0 else {
            memory.zero(Stepper.stack.lowerBound, count: Stepper.stack.count)
            return
        }
        for address in stride(from: Stepper.stack.lowerBound, to: Stepper.stack.upperBound, by: 8) {
            memory.store64(address, mixed(garbage, address))
        }
    }

    package var index: Int { stepper.index }
    package var instruction: Instruction { subject.code[stepper.index] }
    package var depth: Int { stepper.depth }
    var stackStart: UInt64 { stepper.stackStart }
    package var fuel: UInt64 { stepper.fuel }
    package subscript(_ register: UInt8) -> UInt64 { stepper[register] }

    /// The address and size of what the present instruction reads or writes.
    package var access: (address: UInt64, size: UInt32, isRead: Bool, isWrite: Bool)? {
        let index = stepper.index
        let access = accesses[index]
        guard access.size != 0 else { return nil }
        let instruction = subject.code[index]
        let base = stepper[access.isThroughSource ? instruction.source : instruction.destination]
        let address = base &+ UInt64(bitPattern: Int64(instruction.offset))
        return (address, UInt32(access.size), access.isRead, access.isWrite)
    }

    /// Whether the access at hand, if there is one, is allowed.
    mutating func mayAccess() -> Bool {
        guard let access else { return true }
        let count = UInt64(access.size)
        return (!access.isRead || stepper.mayRead(access.address, count: count))
            && (!access.isWrite || stepper.mayWrite(access.address, count: count))
    }

    mutating func mayRead(_ address: UInt64, _ count: UInt64) -> Bool { stepper.mayRead(address, count: count) }

    /// Does one instruction.
    package mutating func step() -> Step {
        if let halt = contextHalt() { return .halted(halt) }
        switch stepper.step() {
        case .done: return .done
        case .returned(let result): return .halted(lock == nil ? .returned(result) : .fault(.lockHeld))
        case .helper(let id):
            guard let id = UInt32(exactly: id) else {
                return .halted(.fault(.unknownHelper(UInt32(truncatingIfNeeded: id))))
            }
            if let halt = callHelper(id) { return .halted(halt) }
            return .called
        case .codeAddress(let target):
            stepper[subject.code[stepper.index].destination] = Arena.functions + UInt64(target)
            stepper.skip()
            return .done
        case .fault(let kind, let address, let size): return .halted(.fault(Fault(kind, address, size)))
        }
    }

    /// Runs to the end.
    package mutating func run() -> Halt {
        while true { if case .halted(let halt) = step() { return halt } }
    }

    /// What is wrong with an access to the context, which the interpreter takes for plain memory.
    private func contextHalt() -> Halt? {
        guard let access = access else { return nil }
        let region = regions[context]
        let offset = access.address &- region.start
        guard offset < region.size else { return nil }
        let descriptor = subject.descriptor.context
        if access.isRead, !descriptor.allows(offset, access.size, isWrite: false) {
            return .fault(.contextAccess(offset: offset, size: access.size, isWrite: false))
        }
        if access.isWrite, !descriptor.allows(offset, access.size, isWrite: true) {
            return .fault(.contextAccess(offset: offset, size: access.size, isWrite: true))
        }
        return nil
    }
}

extension Fault {
    init(_ kind: FaultKind, _ address: UInt64, _ size: UInt32) {
        switch kind {
        case .outOfBoundsRead: self = .outOfBounds(address: address, size: size, isWrite: false)
        case .outOfBoundsWrite: self = .outOfBounds(address: address, size: size, isWrite: true)
        case .misalignedAtomic: self = .misalignedAtomic(address: address, size: size)
        case .callDepthExceeded: self = .callDepth
        case .fuelExhausted: self = .outOfFuel
        case .unknownHelper, .invalidHelperArgument: self = .unknownHelper(UInt32(truncatingIfNeeded: address))
        case .invalidInstruction, .corruptMap: self = .invalidInstruction
        }
    }
}

extension ContextDescriptor {
    /// Whether a program may do this, as far as the table says.
    func allows(_ offset: UInt64, _ size: UInt32, isWrite: Bool) -> Bool {
        guard offset % UInt64(size) == 0 else { return false }
        for field in fields where offset >= field.offset && offset < UInt64(field.offset) + UInt64(field.size) {
            guard offset + UInt64(size) <= UInt64(field.offset) + UInt64(field.size) else { return false }
            if isWrite && !field.isWritable { return false }
            let isWhole = offset == field.offset && size == field.size
            switch field.meaning {
            case .number: return isWhole || field.isNarrowable && !isWrite
            case .packet, .packetEnd, .packetMeta, .socket, .socketOrNull, .sockCommonOrNull, .flowKeys, .kernelObject:
                return isWhole
            case .words: return true
            }
        }
        return false
    }
}
