internal import Bytecode
internal import CellImage
package import Channel
package import Confinement
package import Enclosure
internal import Linux
package import Maps
package import PolicyCore
internal import ProgramPackage
internal import Prototypes
internal import Virtualization

/// How a sandbox is shaped.
package struct SandboxOptions: Equatable, Sendable {
    /// Instructions that one event may cost.
    package var fuel: UInt64 = 1_000_000
    /// Whether every access is checked and fuel counted also where the verifier has proven that neither is needed.
    package var checksEverything = false
    /// What the program's random numbers and the hashes of its maps come of; nil: something new each time. Two sandboxes of one seed
    /// give the same for the same events.
    package var seed: UInt64?
    /// The largest packet that must fit.
    package var maximumPayload = 3584
    package var waits = WaitLimits()
    /// Cells that may die one after the other, none having served an event, before the program is given up.
    package var failuresInARow = 8
    /// Whether a second cell of the same program waits, booted and parked, to take over at once when the first dies.
    package var keepsSpare = false
    /// What other clocks are ahead of the one that events are stamped by; nil: as they are in this process.
    package var clocks: ClockOffsets?

    package init() {}
}

/// One program in its cell, with its maps: events in, verdicts out, and a new cell when one dies.
package struct Sandbox: ~Copyable {
    private var jail: Jail
    package private(set) var permit: Permit
    package let options: SandboxOptions
    package private(set) var maps: MapStore
    /// The events that the program takes.
    package let layout: EventLayout
    private var file: CellProgramFile
    /// What the cells run instead of the instructions, where the tier says so.
    private var native: NativeProgram?
    var cell: Cell
    private var spare: Cell?
    /// The generation of ``cell``, and the last one given to any cell.
    package private(set) var generation: UInt32 = 1
    private var lastGeneration: UInt32
    private var barrenFailures = 0
    package private(set) var statistics = Statistics()
    /// Packets that were submitted and not concluded yet, oldest first: a cell that dies has decided none of them.
    var outstanding: [Outstanding] = []
    /// Of the last event's context: what its cell says, before it is looked at.
    private var contextCopy: [UInt8]

    package struct Statistics: Equatable, Sendable {
        package var events: UInt64 = 0
        package var instructions: UInt64 = 0
        package var programFaults: UInt64 = 0
        package var cellFailures: UInt64 = 0
        package var logLines: UInt64 = 0
        /// Lines that the present cell says it dropped.
        package var claimedLogDrops: UInt64 = 0
        /// Records taken out of rings, and those for which, as the cells say, there was no room.
        package var records: UInt64 = 0
        package var claimedLostRecords: UInt64 = 0
        /// How often a ring held what no sound cell leaves, and was emptied.
        package var corruptRings: UInt64 = 0

        package init() {}
    }

    /// Makes the maps, writes the program region, seals it, and starts the first cell.
    ///
    /// - Parameters:
    ///   - native: what ``ObjectLoader/compile(_:options:in:)`` gave for the same permit and options.
    ///   - seeds: of the maps' hashes, where they are to be those of another sandbox.
    ///   - lanes: how many cells are to have the maps: this one, and those that ``onLane(_:by:in:attachment:)`` makes.
    ///   - directory: where the maps are found and kept; nil: they begin empty and go with the sandbox.
    ///   - attachment: where the events come from: what was decided, or the permit is worth nothing.
    package init(
        _ permit: Permit, native: NativeProgram? = nil, in jail: Jail, options: SandboxOptions = SandboxOptions(),
        seeds: [MapSeed]? = nil, lanes: UInt32 = 1, maps directory: MapDirectory? = nil,
        attachment: AttachPoint = .file
    ) throws(SandboxError) {
        // A cell is in the enclosure that was decided, or there is none.
        guard let enclosure = permit.decision.outcome.enclosure, jail.kind == EnclosureKind(enclosure) else {
            throw .wrongEnclosure(decided: permit.decision.outcome)
        }
        try Self.check(native, for: permit, options)
        let layout = try permit.program.eventLayout()
        try permit.program.checkHelpers()
        for member in permit.program.members where !member.program.needsRelocation.isEmpty {
            throw .needsRelocation(program: member.program.name, types: member.program.needsRelocation)
        }
        let maps = try MapStore(
            permit.program.maps, programs: permit.program.members.map(\.program.name),
            types: permit.program.valueTypes, lanes: lanes, seed: options.seed, seeds: seeds, in: directory)
        try self.init(permit, native, in: jail, options, maps: maps, layout, attachment)
    }

    /// - Parameter maps: of this very program.
    private init(
        _ permit: Permit, _ native: NativeProgram?, in jail: Jail, _ options: SandboxOptions,
        maps: consuming MapStore, _ layout: EventLayout, _ attachment: AttachPoint
    ) throws(SandboxError) {
        // Here, and only here, something starts: up to now nothing was used up.
        try permit.redeem(attachment, in: jail)
        let file = try Self.programFile(permit.program, native, maps, layout, options)
        var cell = try Self.startCell(in: jail, file, maps.file, generation: 1, options)
        do throws(CellFailure) { try cell.waitUntilRunning() } catch { throw .enclosure(.cell(error)) }
        let spare = options.keepsSpare ? try Self.startCell(in: jail, file, maps.file, generation: 2, options) : nil
        do throws(EnclosureError) { try jail.refill() } catch { throw .enclosure(error) }
        self.jail = jail
        self.permit = permit
        self.options = options
        self.maps = maps
        self.layout = layout
        contextCopy = [UInt8](repeating: 0, count: Int(EventSlot.contextCapacity))
        self.file = file
        self.native = native
        self.cell = cell
        self.spare = spare
        lastGeneration = options.keepsSpare ? 2 : 1
    }

    /// The same program in one more cell, over the same maps: values of per-CPU maps are each lane's own. A sandbox is used by one thread; that of
    /// another lane may be another's.
    ///
    /// - Parameters:
    ///   - lane: 1 and up, each once; 0 is this one.
    ///   - permit: a decision of its own about the same program, for the tier that this one runs in.
    package func onLane(
        _ lane: UInt32, by permit: Permit, in jail: Jail, attachment: AttachPoint
    ) throws(SandboxError) -> Sandbox {
        guard let enclosure = permit.decision.outcome.enclosure, jail.kind == EnclosureKind(enclosure),
            permit.decision.outcome == self.permit.decision.outcome
        else { throw .wrongEnclosure(decided: permit.decision.outcome) }
        guard permit.program.codeDigest == self.permit.program.codeDigest else {
            throw .foreignDecision(program: permit.program.program.name)
        }
        let maps = try MapStore(lane: lane, of: maps)
        return try Sandbox(permit, native, in: jail, options, maps: maps, layout, attachment)
    }

    /// Which of the cells over its maps this is.
    package var lane: UInt32 { maps.lane }

    /// Goes on in another enclosure, or in the other tier of the same: the next event is decided there, with the maps as the last one
    /// left them. The new cell is up before the old one ends, so where it does not come up nothing has changed.
    ///
    /// - Parameters:
    ///   - next: leave to run the same program in the other tier.
    ///   - native: what its tier runs, as for a new sandbox.
    package mutating func move(
        to next: Permit, native: NativeProgram? = nil, in jail: Jail, attachment: AttachPoint = .file
    ) throws(SandboxError) {
        guard let enclosure = next.decision.outcome.enclosure, jail.kind == EnclosureKind(enclosure) else {
            throw .wrongEnclosure(decided: next.decision.outcome)
        }
        guard next.program.codeDigest == permit.program.codeDigest else {
            throw .foreignDecision(program: next.program.program.name)
        }
        try Self.check(native, for: next, options)
        try next.redeem(attachment, in: jail)
        let file = try Self.programFile(next.program, native, maps, layout, options)
        lastGeneration += 1
        var started = try Self.startCell(in: jail, file, maps.file, generation: lastGeneration, options)
        do throws(CellFailure) { try started.waitUntilRunning() } catch { throw .enclosure(.cell(error)) }
        cell.end()
        spare = nil
        // What the old cell held of the maps when it ended is given back, as after a death.
        try maps.recover(generation: generation)
        (self.jail, permit, self.native) = (jail, next, native)
        self.file = file
        cell = started
        generation = cell.generation
        if options.keepsSpare { spare = try startCell() }
    }

    /// A tier that runs machine code has that of this very program, for what is to be made sure of; any other tier has none.
    private static func check(
        _ native: NativeProgram?, for permit: Permit, _ options: SandboxOptions
    ) throws(SandboxError) {
        let tier = permit.decision.outcome
        guard tier.isNative == (native != nil) else { throw .foreignCode(tier: tier) }
        guard let native else { return }
        guard native.identities == permit.program.members.map(\.identity),
            native.mode == executionMode(of: permit.program, options)
        else { throw .foreignCode(tier: tier) }
    }

    private static func startCell(
        in jail: Jail, _ file: borrowing CellProgramFile, _ maps: borrowing MemoryFile, generation: UInt32,
        _ options: SandboxOptions
    ) throws(SandboxError) -> Cell {
        do throws(EnclosureError) {
            return try Cell(in: jail, file, maps: maps, generation: generation, limits: options.waits)
        } catch { throw .enclosure(error) }
    }

    private mutating func startCell() throws(SandboxError) -> Cell {
        lastGeneration += 1
        return try Self.startCell(in: jail, file, maps.file, generation: lastGeneration, options)
    }

    /// SHA-256 of the image that every cell runs.
    package static let imageDigest = ContentDigest(sha256Of: CellImage.bytes)

    /// How often the present cell has left the guest, or rung, as its process says.
    package var claimedExits: UInt64 { cell.claimedExits }

    package var cellProcess: Int32 { cell.processID }
    package var cellConfinement: ConfinementReport? { cell.confinement }

    private static func programFile(
        _ program: AdmittedProgram, _ native: NativeProgram?, _ maps: borrowing MapStore, _ layout: EventLayout,
        _ options: SandboxOptions
    ) throws(SandboxError) -> CellProgramFile {
        var boot = try bootRecord(
            options, executionMode(of: program, options), layout, readsMemory: program.readsMemory)
        boot.lane = maps.lane
        if native != nil { boot.nativeEntry = AddressMap.code }
        let count = maps.descriptors.count
        let descriptors = maps.descriptors
        let size: UInt64
        do throws(ProgramRegion.RegionError) {
            size = try ProgramRegion.size(
                instructions: program.code.count, maps: count, descriptorSize: Int(MapDescriptor.size),
                programs: program.members.count)
        } catch { throw .region(error) }
        let region = try systemCalls { () throws(SystemError) in try MemoryFile(name: "program", size: size) }
        let written = try systemCalls { () throws(SystemError) in
            let window = try Window(size: AddressMap.windowSize)
            try window.map(region.descriptor, at: AddressMap.program, size: size, writable: true)
            // SAFETY: the window maps the whole program region, and nothing else is touched through it.
            let memory = unsafe CellMemory(unsafeBase: UInt(window.base))
            return ProgramRegion.write(
                program.code, programs: program.members.map(\.instructions.lowerBound), mapCount: count,
                descriptorSize: Int(MapDescriptor.size), boot: boot, to: memory
            ) { address in
                for (index, descriptor) in descriptors.enumerated() {
                    descriptor.store(to: memory, at: address + UInt64(index) * MapDescriptor.size)
                }
            }
        }
        // The only writable mapping went with the window; the seal refuses another.
        try systemCalls { () throws(SystemError) in try region.seal() }
        let image = try systemCalls { () throws(SystemError) in try MemoryFile.sealed(name: "image", CellImage.bytes) }
        guard let native else { return CellProgramFile(image: image, program: region, size: size, boot: written) }
        return CellProgramFile(image: image, program: region, size: size, boot: written, code: try native.file())
    }

    /// What is made sure of at run time: what is not proven of the very program that runs.
    package var executionMode: ExecutionMode { Self.executionMode(of: permit.program, options) }

    static func executionMode(of program: AdmittedProgram, _ options: SandboxOptions) -> ExecutionMode {
        if options.checksEverything { return .checked }
        return switch program.execution {
        case .checked: .checked
        case .metered: .metered
        // That a program ends does not say that it ends within the fuel that an event may cost.
        case .verified: program.longestRun.map { $0 <= options.fuel } ?? false ? .verified : .metered
        }
    }

    private static func bootRecord(
        _ options: SandboxOptions, _ mode: ExecutionMode, _ layout: EventLayout, readsMemory: Bool
    ) throws(SandboxError) -> BootRecord {
        let limit = 1 << Int(ChannelGeometry.slotSizes.upperBound) - Int(EventSlot.payload)
        guard options.maximumPayload <= limit else {
            throw .payloadTooLarge(bytes: options.maximumPayload, limit: limit)
        }
        var shift: UInt32 = 12
        while shift < ChannelGeometry.slotSizes.upperBound,
            1 << shift < options.maximumPayload + Int(EventSlot.payload)
        { shift += 1 }
        let geometry: ChannelGeometry
        do throws(ChannelGeometry.GeometryError) {
            geometry = try ChannelGeometry(
                slotCountShift: readsMemory ? MemoryReaders.slotCountShift : 5, slotSizeShift: shift,
                logCountShift: MemoryReaders.logCountShift)
        } catch { throw .geometry(error) }
        var boot = BootRecord(
            geometry: geometry, entryConvention: layout.shape.isRecord ? .record : .context, helperProfile: .linux)
        boot.packetKind = layout.packetKind
        boot.writableContext = layout.writableBytes
        let clocks = options.clocks ?? .ofThisProcess
        boot.bootClockOffset = clocks.boot
        boot.atomicClockOffset = clocks.atomic
        boot.fuel = options.fuel
        boot.executionMode = mode
        boot.randomSeed =
            if let seed = options.seed { seed } else {
                try systemCalls { () throws(SystemError) in try randomNumber() }
            }
        boot.spinBudget = 1000
        return boot
    }
}

extension Sandbox {
    /// Puts a new cell in the place of the present one, between two events, as if that had died.
    package mutating func renew() throws(SandboxError) {
        try changeCell()
        do throws(CellFailure) { try cell.waitUntilRunning() } catch { throw .enclosure(.cell(error)) }
    }

    /// Gives the maps the words that a recording has of them, between two events.
    package mutating func restore(_ contents: RecordedMaps, of recording: borrowing Span<UInt8>) throws(RecordingError)
    {
        try maps.restore(contents, of: recording)
    }
}

extension Sandbox {
    /// Begins with what the maps of another hold, where they have the same name and shape, and the same seeds; nothing is under way in either.
    ///
    /// - Returns: the names of those.
    package mutating func takeMaps(of other: borrowing Sandbox) -> [String] { maps.takeContents(of: other.maps) }
}

extension EnclosureKind {
    package init(_ enclosure: Tier.Enclosure) {
        self =
            switch enclosure {
            case .guest: .guest
            case .child: .child
            }
    }
}

// MARK: Events

extension Sandbox {
    package enum EventFailure: Error, Equatable, Sendable {
        case program(ProgramFault)
        /// The cell died with the event, and was replaced; the instruction whose machine code it was at, where that can be said.
        case cell(CellFailure, instruction: Int?)
    }

    /// Lets the program, which is one of XDP, decide about one packet.
    ///
    /// - Parameters:
    ///   - packet: at most ``SandboxOptions/maximumPayload`` bytes.
    ///   - changed: receives the packet as the program left it; at least as long as `packet`.
    ///   - interface: where it came in, by the kernel's number.
    ///   - time: when the event was taken, in nanoseconds: what `bpf_ktime_get_ns` gives.
    package mutating func decide(
        xdp packet: UnsafeRawBufferPointer, into changed: UnsafeMutableRawBufferPointer, interface: UInt32 = 1,
        time: UInt64 = monotonicNanoseconds()
    ) throws(SandboxError) -> EventResult {
        precondition(layout.shape.buffer == .express, "only an XDP program takes the events of one")
        var context = XDPContext(ingressInterface: interface)
        var result: EventResult?
        var problem: SandboxError?
        // SAFETY: the context is a trivial value that lives through the call.
        unsafe withUnsafeBytes(of: &context) { context in
            do throws(SandboxError) {
                result = unsafe try decide(
                    context, packet, .link, identity: nil, lane: lane, into: changed,
                    context: UnsafeMutableRawBufferPointer(start: nil, count: 0), time: time)
            } catch { problem = error }
        }
        if let problem { throw problem }
        guard let result else { preconditionFailure("a decision was made, or a problem found") }
        return result
    }

    /// Lets the program decide about one event.
    ///
    /// - Parameters:
    ///   - changed: receives the packet as the program left it, without what lies before it; at least as long as the sandbox's payload.
    ///   - context: receives the context as the program left it: the bytes that it may write are the cell's, the others the event's. Where it
    ///     is empty nobody looks.
    package mutating func decide(
        _ event: Event, into changed: UnsafeMutableRawBufferPointer, context: inout [UInt8],
        time: UInt64
    ) throws(SandboxError) -> EventResult {
        precondition(event.context.count == layout.contextSize, "an event has the context of its type")
        var result: EventResult?
        var problem: SandboxError?
        let hidden = layout.shape.hidden == nil ? [] : event.hiddenBytes
        let memory = permit.program.readsMemory ? event.memoryBytes : []
        let visible = layout.shape.isRecord ? event.context : event.packet
        let payload = hidden.isEmpty && memory.isEmpty ? visible : visible + hidden + memory
        // SAFETY (all): the arrays live through the call, and nobody else uses them meanwhile.
        unsafe event.context.withUnsafeBytes { own in
            unsafe payload.withUnsafeBytes { packet in
                unsafe context.withUnsafeMutableBytes { left in
                    do throws(SandboxError) {
                        result = unsafe try decide(
                            own, packet, event.headers, hidden: hidden.count + memory.count, identity: event.identity,
                            lane: event.processor, into: changed, context: left, time: event.time ?? time)
                    } catch { problem = error }
                }
            }
        }
        if let problem { throw problem }
        guard let result else { preconditionFailure("a decision was made, or a problem found") }
        return result
    }

    private mutating func decide(
        _ context: UnsafeRawBufferPointer, _ packet: UnsafeRawBufferPointer, _ headers: PacketHeaders,
        hidden: Int = 0, identity: EventIdentity?, lane: UInt32, into changed: UnsafeMutableRawBufferPointer,
        context left: UnsafeMutableRawBufferPointer, time: UInt64
    ) throws(SandboxError) -> EventResult {
        // SAFETY (here and below): the buffers are the caller's, who keeps them through the call.
        if layout.shape.isRecord {
            unsafe cell.ring.submit(
                context: UnsafeRawBufferPointer(start: nil, count: 0), payload: packet, lane: lane, time: time,
                identity: identity)
        } else {
            unsafe cell.ring.submit(
                context: context, payload: packet, lane: lane, time: time, headers: headers, hidden: hidden,
                pointers: layout.pointers, identity: identity)
        }
        cell.notify()
        return unsafe try conclude(context, packetSize: packet.count, headers, into: changed, context: left)
    }

    /// Waits for what becomes of the oldest event that was submitted.
    mutating func conclude(
        _ context: UnsafeRawBufferPointer, packetSize: Int, _ headers: PacketHeaders,
        into changed: UnsafeMutableRawBufferPointer, context left: UnsafeMutableRawBufferPointer
    ) throws(SandboxError) -> EventResult {
        // SAFETY (here and below): the buffers are the caller's, who keeps them through the call.
        let verdict: Enclosure.Verdict
        do throws(CellFailure) { verdict = try cell.awaitVerdict() } catch {
            try replace(after: error)
            return failed(.cell(error, instruction: instruction(of: error)))
        }
        if barrenFailures > 0 { try recover() }
        statistics.events += 1
        statistics.instructions += verdict.instructionsExecuted
        switch verdict.ending {
        case .returned(let result):
            if unsafe !left.isEmpty {
                unsafe takeContext(of: verdict, context, into: left)
                if let keys = layout.flowKeys {
                    unsafe Self.settle(left, keys: keys, packetSize: packetSize - Int(headers.sizeBefore))
                }
            }
            let size = layout.shape.packet.isNone ? 0 : unsafe cell.ring.copyPayload(of: verdict, into: changed)
            return EventResult(
                result: result,
                verdict: unsafe exemption(of: context)
                    ?? layout.shape.verdicts.index(
                        of: result, packetSize: packetSize - Int(headers.sizeBefore)),
                size: size, redirection: verdict.redirection, failure: nil)
        case .faulted(let fault):
            statistics.programFaults += 1
            return failed(.program(fault))
        }
    }

    /// Copies the cell's context once, and takes from the copy what the program may write.
    private mutating func takeContext(
        of verdict: Enclosure.Verdict, _ context: UnsafeRawBufferPointer, into left: UnsafeMutableRawBufferPointer
    ) {
        // SAFETY: no more is copied than either has.
        unsafe left.copyMemory(from: UnsafeRawBufferPointer(rebasing: context.prefix(left.count)))
        guard !layout.shape.isRecord, !layout.writable.isEmpty else { return }
        // SAFETY: the copy has room for the largest context, and lives through the call.
        unsafe contextCopy.withUnsafeMutableBytes { unsafe cell.ring.copyContext(of: verdict, into: $0) }
        for range in layout.writable where range.upperBound <= left.count {
            // SAFETY: the range ends within both.
            for index in range { unsafe left[index] = contextCopy[index] }
        }
    }

    /// What the kernel does to the keys of a flow after the program: offsets stay in the packet (bpf_flow_dissect in
    /// net/core/flow_dissector.c).
    private static func settle(_ context: UnsafeMutableRawBufferPointer, keys: Int, packetSize: Int) {
        guard keys + 4 <= context.count else { return }
        var first = UInt16(PacketHeaders.linkSize)
        let last = max(first, UInt16(clamping: packetSize))
        // nhoff, then thoff, which lies no lower.
        for place in [keys, keys + 2] {
            // SAFETY: both lie in the buffer, as was just checked.
            let offset = unsafe context.loadUnaligned(fromByteOffset: place, as: UInt16.self)
            first = min(max(offset, first), last)
            // SAFETY: as above.
            unsafe context.storeBytes(of: first, toByteOffset: place, as: UInt16.self)
        }
    }

    /// The row of an event about whose result nobody asks.
    private func exemption(of context: UnsafeRawBufferPointer) -> Int? {
        guard let exemption = layout.shape.verdicts.exemption, exemption.offset < context.count else { return nil }
        // SAFETY: the offset was just checked.
        return unsafe context[exemption.offset] == exemption.value ? exemption.row : nil
    }

    private func failed(_ failure: EventFailure) -> EventResult {
        let result = UInt64(UInt32(bitPattern: failureResult))
        return EventResult(
            result: result, verdict: layout.shape.verdicts.index(of: result, packetSize: .max), size: 0,
            redirection: 0, failure: failure)
    }

    /// Puts a program of the set into a slot of an array of programs, or empties the slot: what the next event's tail calls find.
    package mutating func setProgram(_ name: String?, at index: UInt32, of map: String) throws(SandboxError) {
        try maps.setProgram(name, at: index, of: map)
    }

    /// Names an interface in a map of devices: what `bpf_redirect_map` finds there from the next event on.
    package mutating func setDevice(_ interface: UInt32, at key: UInt32, of map: String) throws(SandboxError) {
        try maps.setDevice(interface, at: key, of: map)
    }

    /// The instruction whose machine code a cell was executing when it failed.
    private func instruction(of failure: CellFailure) -> Int? {
        guard let native, let fault = failure.fault else { return nil }
        return native.instruction(at: fault.instruction)
    }

    /// The verdict that the policy names for an event that its program could not decide.
    private var failureResult: Int32 {
        switch permit.decision.onFailure {
        case .open: layout.shape.verdicts.open
        case .closed: layout.shape.verdicts.closed
        }
    }

    /// After a failure, once the new cell has served an event: makes the next spare, which the event of the failure did not wait for.
    private mutating func recover() throws(SandboxError) {
        barrenFailures = 0
        if options.keepsSpare, spare == nil { spare = try startCell() }
        do throws(EnclosureError) { try jail.refill() } catch { throw .enclosure(error) }
    }

    /// Puts a new cell in the place of a dead one, and another where that does not come up. The maps stay, repaired.
    private mutating func replace(after failure: CellFailure) throws(SandboxError) {
        var failure = failure
        while true {
            statistics.cellFailures += 1
            barrenFailures += 1
            guard barrenFailures <= options.failuresInARow else {
                throw .quarantined(failures: barrenFailures, last: failure)
            }
            try changeCell()
            do throws(CellFailure) { return try cell.waitUntilRunning() } catch { failure = error }
        }
    }

    /// Ends the cell and lets the next one find the maps repaired: the one that waits, or one that is started.
    private mutating func changeCell() throws(SandboxError) {
        cell.end()
        try maps.recover(generation: generation)
        if let waiting = spare.take() { cell = waiting } else { cell = try startCell() }
        generation = cell.generation
    }

    /// Takes the records that the programs handed out, at most `limit`.
    package mutating func takeRecords(limit: Int) -> [RingRecord] {
        guard maps.hasRings else { return [] }
        let records = maps.takeRecords(limit: limit, corrupt: &statistics.corruptRings)
        statistics.records += UInt64(records.count)
        statistics.claimedLostRecords = maps.claimedLostRecords
        return records
    }

    /// Takes the lines that the program printed, at most `limit`. They are escaped, and still an attacker's words.
    package mutating func takeLog(limit: Int) throws(SandboxError) -> [String] {
        var lines: [String] = []
        do throws(ChannelError) {
            while lines.count < limit, let line = try cell.log.poll() { lines.append(line) }
        } catch {
            try replace(after: .channel(error))
        }
        statistics.logLines += UInt64(lines.count)
        statistics.claimedLogDrops = UInt64(cell.log.claimedDrops)
        return lines
    }
}
