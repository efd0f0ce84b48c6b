import Bytecode
import CellImage
import CellTesting
import Channel
import Enclosure
import Execution
import Linux
import Maps
import Virtualization

/// A cell's memory in this process, in which a program is run by the interpreter compiled for the host or, in a guest, by the image.
struct Workbench: ~Copyable {
    let window: Window
    let memory: CellMemory
    let geometry: ChannelGeometry
    /// Room for every program of these tests.
    static let programSize: UInt64 = 0x1_0000
    /// Room for the maps.
    static let mapsSize: UInt64 = 0x1_0000

    /// What came of one event, in everything that a host can see.
    struct Outcome: Equatable {
        var ending: Verdict.Ending
        var instructionsExecuted: UInt64
        /// The payload afterwards.
        var payload: [UInt8]
    }

    init(_ geometry: ChannelGeometry) throws {
        let image = try ImageLayout(parsing: CellImage.bytes)
        let window = try Window(size: AddressMap.windowSize)
        try window.mapPrivate(at: AddressMap.image, size: image.size)
        try window.mapPrivate(at: AddressMap.program, size: Self.programSize)
        try window.mapPrivate(at: AddressMap.hostWords, size: AddressMap.hostWordsSize)
        try window.mapPrivate(at: AddressMap.pageTables, size: AddressMap.pageTablesCapacity)
        try window.mapPrivate(at: AddressMap.channel, size: geometry.size)
        try window.mapPrivate(at: AddressMap.privateMemory, size: AddressMap.privateSize)
        try window.mapPrivate(at: AddressMap.maps, size: Self.mapsSize)
        memory = CellMemory(unsafeBase: UInt(window.base))
        let memory = memory
        CellImage.bytes.withUnsafeBytes { memory.copyIn($0, to: AddressMap.image) }
        self.window = window
        self.geometry = geometry
    }

    /// Writes the program region, and says what the image will find there.
    func write(_ code: [Instruction], maps: [MapDescriptor] = [], boot: BootRecord) throws -> BootRecord {
        let size = try ProgramRegion.size(
            instructions: code.count, maps: maps.count, descriptorSize: Int(MapDescriptor.size))
        precondition(size <= Self.programSize, "the workbench has no room for \(code.count) instructions")
        let memory = memory
        return ProgramRegion.write(
            code, mapCount: maps.count, descriptorSize: Int(MapDescriptor.size), boot: boot, to: memory
        ) { address in
            for (index, descriptor) in maps.enumerated() {
                descriptor.store(to: memory, at: address + UInt64(index) * MapDescriptor.size)
            }
        }
    }

    /// Takes the verdict that must be there.
    static func take(_ ring: inout EventRing, payloadSize: Int) throws -> Outcome? {
        guard let verdict = try ring.poll() else { return nil }
        return outcome(verdict, of: ring, payloadSize: payloadSize)
    }

    static func outcome(_ verdict: Verdict, of ring: borrowing EventRing, payloadSize: Int) -> Outcome {
        var payload = [UInt8](repeating: 0, count: payloadSize)
        let count = payload.withUnsafeMutableBytes { ring.copyPayload(of: verdict, into: $0) }
        return Outcome(
            ending: verdict.ending, instructionsExecuted: verdict.instructionsExecuted,
            payload: Array(payload.prefix(count)))
    }
}

extension EventRing {
    mutating func submit(_ payload: [UInt8], context: [UInt8] = [], lane: UInt32 = 0, time: UInt64 = 0) {
        payload.withUnsafeBytes { payload in
            context.withUnsafeBytes { submit(context: $0, payload: payload, lane: lane, time: time) }
        }
    }
}

/// A machine over a workbench, one program after the other.
struct GuestBench: ~Copyable {
    let bench: Workbench
    private var machine: CellMachine

    enum Failure: Error {
        case stopped(Exit, Fault?)
        case noVerdict
    }

    init(_ geometry: ChannelGeometry) throws {
        let bench = try Workbench(geometry)
        machine = try CellMachine(
            on: Hypervisor(), window: bench.window, image: ImageLayout(parsing: CellImage.bytes),
            programSize: Workbench.programSize, channelSize: geometry.size, mapsSize: Workbench.mapsSize)
        self.bench = bench
    }

    /// Runs the events of a ring from the image's entry until it parks.
    mutating func run() throws {
        bench.memory.zero(AddressMap.privateMemory, count: Int(AddressMap.privateSize))
        try machine.reset()
        while true {
            switch machine.vcpu.enter() {
            case .interrupted: continue
            case .memoryMappedIO(address: Doorbell.park, _, _, isWrite: true): return
            case let exit: throw Failure.stopped(exit, try? machine.vcpu.fault())
            }
        }
    }
}
