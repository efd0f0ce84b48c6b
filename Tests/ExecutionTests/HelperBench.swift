import Bytecode
import CellTesting
import Channel
import Execution
import Maps

@testable import Enclosure

/// One program on the host's interpreter, with real maps, one event after the other.
struct HelperBench: ~Copyable {
    struct MapPlan {
        var type: UInt32
        var key: UInt32 = 4
        var value: UInt32
        var entries: UInt32
        var flags: UInt32 = 0
    }

    let bench: Workbench
    let descriptors: [MapDescriptor]
    var log: LogReader
    private let code: [Instruction]
    private var ring: EventRing
    private var runner: ProgramRunner

    /// - Parameter lane: whose values of per-CPU maps the program sees.
    init(
        _ program: String, maps: [MapPlan] = [], lanes: UInt32 = 1, lane: UInt32 = 0,
        entry: EntryConvention = .buffer, profile: HelperProfile = .linux, seed: UInt64 = 1,
        mode: ExecutionMode = .checked, packets: PacketKind = .none, writable: [Range<UInt64>] = [],
        slotSizeShift: UInt32 = 12
    ) throws {
        let geometry = try ChannelGeometry(slotCountShift: 1, slotSizeShift: slotSizeShift, logCountShift: 3)
        let bench = try Workbench(geometry)
        var descriptors: [MapDescriptor] = []
        var next = AddressMap.maps
        for plan in maps {
            let layout = try MapLayout.plan(
                type: plan.type, keySize: plan.key, valueSize: plan.value, maximumEntries: plan.entries,
                flags: plan.flags,
                lanes: lanes)
            let descriptor = try layout.descriptor(storageAt: next, seed: MapSeed(low: 7, high: 9))
            Map(memory: bench.memory, descriptor: descriptor, user: .host()).format()
            descriptors.append(descriptor)
            next += roundedToPage(layout.size)
        }
        var boot = BootRecord(geometry: geometry, entryConvention: entry, helperProfile: profile)
        boot.fuel = 100_000
        boot.randomSeed = seed
        boot.initialSequence = 0xFFFF_FFFE
        boot.lane = lane
        boot.executionMode = mode
        boot.packetKind = packets
        for range in writable { for byte in range { boot.writableContext.insert(byte) } }
        boot.bootClockOffset = 1_000
        boot.atomicClockOffset = 37_000_000_000
        let code = try assembled(program)
        boot = try bench.write(code, maps: descriptors, boot: boot)
        ring = EventRing(memory: bench.memory, boot: boot)
        log = LogReader(memory: bench.memory, boot: boot)
        runner = ProgramRunner(memory: bench.memory, boot: boot)
        self.code = code
        self.descriptors = descriptors
        self.bench = bench
    }

    /// The address of the next event's payload.
    var payloadAddress: UInt64 { ring.nextPayloadAddress }

    borrowing func map(_ index: Int) -> Map { Map(memory: bench.memory, descriptor: descriptors[index], user: .host()) }

    /// What a packet's event came to, with all that it left.
    struct PacketOutcome {
        var ending: Verdict.Ending
        var packet: [UInt8]
        var context: [UInt8]
        var redirection: UInt32

        /// A number of 32 bits in the context.
        func word(_ offset: Int) -> UInt32 {
            context[offset..<offset + 4].reversed().reduce(0) { $0 << 8 | UInt32($1) }
        }
    }

    mutating func runPacket(
        _ payload: [UInt8], context: [UInt8] = [UInt8](repeating: 0, count: 192), headers: PacketHeaders = .link,
        pointers: ContextPointers = ContextPointers(), identity: EventIdentity? = nil
    ) throws -> PacketOutcome? {
        let sequence = ring.expectedSequence
        payload.withUnsafeBytes { payload in
            context.withUnsafeBytes {
                ring.submit(
                    context: $0, payload: payload, lane: 0, time: 5, headers: headers, pointers: pointers,
                    identity: identity)
            }
        }
        let code = code
        runner.handle(sequence, code.span)
        runner.clearStack()
        guard let verdict = try ring.poll() else { return nil }
        var packet = [UInt8](repeating: 0, count: Int(verdict.payloadSize))
        _ = packet.withUnsafeMutableBytes { ring.copyPayload(of: verdict, into: $0) }
        var left = context
        left.withUnsafeMutableBytes { ring.copyContext(of: verdict, into: $0) }
        return PacketOutcome(
            ending: verdict.ending, packet: packet, context: left, redirection: verdict.redirection)
    }

    mutating func run(
        _ payload: [UInt8] = [], context: [UInt8] = [], lane: UInt32 = 0, time: UInt64 = 0
    ) throws -> Verdict.Ending? {
        let sequence = ring.expectedSequence
        ring.submit(payload, context: context, lane: lane, time: time)
        let code = code
        runner.handle(sequence, code.span)
        runner.clearStack()
        return try ring.poll()?.ending
    }
}

extension Verdict.Ending {
    /// A result that is a negative number, as helpers return errors.
    static func returned(errno: Int64) -> Verdict.Ending { .returned(UInt64(bitPattern: errno)) }

    static func fault(_ kind: FaultKind, at instruction: UInt32, _ address: UInt64, size: UInt32 = 0) -> Verdict.Ending
    {
        .faulted(ProgramFault(kind: kind, instruction: instruction, address: address, accessSize: size))
    }
}
