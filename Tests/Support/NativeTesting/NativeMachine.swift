import Bytecode
import CellImage
import Channel
import Compilation
import Enclosure
import Execution
import Linux
import Maps
import ProgramPackage
import Virtualization

/// A guest that runs compiled programs, many in one entry: an event for each, and the event's lane says which program it is for.
///
/// The code is written anew between entries, which no production cell could do: there the file is sealed.
package struct NativeMachine: ~Copyable {
    package let place: CaseMemory
    private let image: ImageLayout
    private var machine: CellMachine

    /// A thousand times as long as all programs of one entry take with all of their fuel.
    private static let patience = Duration.seconds(20)

    package enum Failure: Error {
        /// The machine stopped in or after the case with this index.
        case stopped(Exit, Fault?, case: Int, instruction: Int?)
        case noVerdict(case: Int)
        case noRoom(bytes: UInt64)
    }

    package init(_ geometry: ChannelGeometry) throws {
        let place = try CaseMemory(geometry)
        let image = try ImageLayout(parsing: CellImage.bytes)
        let memory = place.memory
        CellImage.bytes.withUnsafeBytes { memory.copyIn($0, to: AddressMap.image) }
        let machine = try CellMachine(
            on: Hypervisor(), window: place.window, image: image, programSize: CaseMemory.programSize,
            codeSize: CaseMemory.codeSize, channelSize: geometry.size, mapsSize: CaseMemory.mapsSize)
        self.machine = machine
        self.image = image
        self.place = place
    }

    package var target: Compilation.Target {
        Compilation.Target(helper: image.nativeHelper, fault: image.nativeFault)
    }

    /// How many cases one entry may have.
    package var capacity: Int { Int(place.geometry.slotCount) }

    /// Runs at most ``capacity`` cases, in order, in one life of a cell.
    package mutating func run(_ cases: [NativeCase], _ settings: NativeSettings) throws -> [NativeOutcome] {
        let (boot, _) = try place.prepare(cases, settings, nativeEntry: AddressMap.code)
        let programs = try write(cases, settings)
        var ring = EventRing(memory: place.memory, boot: boot)
        for (index, one) in cases.enumerated() { place.submit(one.payload, to: &ring, lane: UInt32(index)) }
        try machine.reset()
        let started = ContinuousClock.now
        var exit = Exit.interrupted
        // Whoever interrupts this thread now and then learns where a guest is that does not come back.
        while exit == .interrupted, ContinuousClock.now - started < Self.patience { exit = machine.vcpu.enter() }

        var outcomes: [NativeOutcome] = []
        for one in cases {
            guard let outcome = try place.take(&ring, payloadSize: one.payload.count) else { break }
            outcomes.append(outcome)
        }
        guard case .memoryMappedIO(address: Doorbell.park, _, _, isWrite: true) = exit else {
            let fault = try? machine.vcpu.fault()
            let index = min(outcomes.count, cases.count - 1)
            let (start, map) = programs[index]
            let offset = fault.flatMap { UInt32(exactly: $0.instruction &- start) }
            throw Failure.stopped(exit, fault, case: index, instruction: offset.flatMap(map.instruction))
        }
        guard outcomes.count == cases.count else { throw Failure.noVerdict(case: outcomes.count) }
        return outcomes
    }

    /// Writes the cases' code, behind a piece that finds the code of the event's lane.
    private func write(_ cases: [NativeCase], _ settings: NativeSettings) throws -> [(UInt64, CodeMap)] {
        let table = AddressMap.code + 64
        var start = table + 8 * UInt64(capacity)
        let slot = UInt32(NativeWords.slot)
        // mov rax, [slot]; mov eax, [rax + lane]; jmp [rax * 8 + table]
        var dispatch: [UInt8] = [0x48, 0x8B, 0x04, 0x25] + bytes(slot)
        dispatch += [0x8B, 0x40, UInt8(EventSlot.lane), 0xFF, 0x24, 0xC5] + bytes(UInt32(table))
        let memory = place.memory
        dispatch.withUnsafeBytes { memory.copyIn($0, to: AddressMap.code) }
        var programs: [(UInt64, CodeMap)] = []
        for (index, one) in cases.enumerated() {
            start = (start + 63) & ~63
            let compiled = try compile(one.code, entries: one.entries, facts: one.facts, settings, at: start)
            let end = start + UInt64(compiled.bytes.count)
            guard end <= AddressMap.code + CaseMemory.codeSize else {
                throw Failure.noRoom(bytes: end - AddressMap.code)
            }
            compiled.bytes.withUnsafeBytes { memory.copyIn($0, to: start) }
            memory.store64(table + 8 * UInt64(index), start)
            programs.append((start, compiled.map))
            start = end
        }
        return programs
    }

    package func compile(
        _ code: [Instruction], entries: [Int] = [0], facts: [InstructionFacts] = [], _ settings: NativeSettings,
        at start: UInt64 = AddressMap.code
    ) throws -> CompiledProgram {
        let shapes = settings.maps.map {
            Compilation.MapShape(
                type: $0.type, valueSize: $0.value, maximumEntries: $0.entries, flags: $0.flags)
        }
        let program = Compilation.Program(
            code: code, entries: entries, maps: shapes, helperProfile: settings.profile, facts: facts)
        let options = Compilation.Options(
            countsFuel: settings.mode.countsFuel, blindingSeed: settings.blindingSeed)
        var target = target
        target.codeStart = start
        return try Compilation.x86(program, options, for: target)
    }

    private func bytes(_ word: UInt32) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) } }
}

/// The interpreter compiled for the host, over memory of the same layout.
package struct HostMachine: ~Copyable {
    package let place: CaseMemory

    package init(_ geometry: ChannelGeometry) throws { place = try CaseMemory(geometry) }

    /// Runs the cases in order, in one life of a cell.
    package func run(_ cases: [NativeCase], _ settings: NativeSettings) throws -> [NativeOutcome] {
        let (boot, _) = try place.prepare(cases, settings, nativeEntry: 0)
        var ring = EventRing(memory: place.memory, boot: boot)
        var runner = ProgramRunner(memory: place.memory, boot: boot)
        var outcomes: [NativeOutcome] = []
        for (index, one) in cases.enumerated() {
            let sequence = ring.expectedSequence
            place.submit(one.payload, to: &ring, lane: UInt32(index))
            place.writePrograms(of: one, boot)
            runner.handle(sequence, one.code.span)
            runner.clearStack()
            guard let outcome = try place.take(&ring, payloadSize: one.payload.count) else {
                throw NativeMachine.Failure.noVerdict(case: index)
            }
            outcomes.append(outcome)
        }
        return outcomes
    }
}
