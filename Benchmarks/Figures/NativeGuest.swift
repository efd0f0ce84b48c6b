internal import Bytecode
internal import CellImage
internal import Channel
internal import Compilation
internal import Enclosure
internal import Linux
internal import ProgramPackage
internal import Virtualization

/// A guest in this process, without a broker: what an instruction costs, when nobody is waited for.
struct NativeGuest: ~Copyable {
    private let window: Window
    private let memory: CellMemory
    private let boot: BootRecord
    private var machine: CellMachine
    /// Of the program as machine code; 0 where it is interpreted.
    let codeBytes: Int

    /// - Parameter compiles: whether the program runs as machine code; otherwise the image interprets it.
    init(_ fixture: CellFixture, compiles: Bool) throws {
        let image = try ImageLayout(parsing: CellImage.bytes)
        var native: [UInt8] = []
        var boot = fixture.boot
        if compiles {
            native = try Self.compile(fixture, image)
            boot.nativeEntry = AddressMap.code
        }
        let codeSize = roundedToPage(UInt64(native.count))
        let window = try Window(size: AddressMap.windowSize)
        try window.mapPrivate(at: AddressMap.image, size: AddressMap.imageCapacity)
        try window.mapPrivate(at: AddressMap.program, size: fixture.programSize)
        if compiles { try window.mapPrivate(at: AddressMap.code, size: codeSize) }
        try window.mapPrivate(at: AddressMap.hostWords, size: AddressMap.hostWordsSize)
        try window.mapPrivate(at: AddressMap.pageTables, size: AddressMap.pageTablesCapacity)
        try window.mapPrivate(at: AddressMap.channel, size: fixture.geometry.size)
        try window.mapPrivate(at: AddressMap.privateMemory, size: AddressMap.privateSize)
        try window.mapPrivate(at: AddressMap.maps, size: AddressMap.pageSize)
        // SAFETY: the window maps every region that is used here, and lives as long as this value.
        let memory = unsafe CellMemory(unsafeBase: UInt(window.base))
        unsafe CellImage.bytes.withUnsafeBytes { unsafe memory.copyIn($0, to: AddressMap.image) }
        unsafe native.withUnsafeBytes { unsafe memory.copyIn($0, to: AddressMap.code) }
        let written = ProgramRegion.write(
            fixture.code, mapCount: 0, descriptorSize: 0, boot: boot, to: memory
        ) { _ in }
        let machine = try CellMachine(
            on: Hypervisor(), window: window, image: image, programSize: fixture.programSize, codeSize: codeSize,
            channelSize: fixture.geometry.size, mapsSize: AddressMap.pageSize)
        codeBytes = native.count
        self.boot = written
        self.machine = machine
        self.memory = memory
        self.window = window
    }

    private static func compile(_ fixture: CellFixture, _ image: ImageLayout) throws -> [UInt8] {
        try Compilation.x86(
            Compilation.Program(code: fixture.code, facts: fixture.facts),
            Compilation.Options(countsFuel: fixture.boot.executionMode.countsFuel),
            for: Compilation.Target(helper: image.nativeHelper, fault: image.nativeFault)
        ).bytes
    }

    /// Nanoseconds of `events` events in one entry of the guest, and the instructions of each where they are counted.
    mutating func run(
        _ events: Int, _ payload: [UInt8], expecting result: UInt64
    ) throws -> (nanoseconds: Double, instructions: UInt64) {
        memory.zero(AddressMap.privateMemory, count: Int(AddressMap.privateSize))
        var ring = EventRing(memory: memory, boot: boot)
        for _ in 0..<events {
            // SAFETY: the payload's bytes live through the call; the empty context has no memory.
            unsafe payload.withUnsafeBytes {
                unsafe ring.submit(
                    context: UnsafeRawBufferPointer(start: nil, count: 0), payload: $0, lane: 0, time: 0)
            }
        }
        try machine.reset()
        let start = monotonicNanoseconds()
        var exit = Exit.interrupted
        while exit == .interrupted { exit = machine.vcpu.enter() }
        let elapsed = Double(monotonicNanoseconds() - start)
        guard case .memoryMappedIO(address: Doorbell.park, _, _, isWrite: true) = exit else {
            throw FixtureError.refused("the guest stopped: \(exit)")
        }
        var instructions: UInt64 = 0
        for _ in 0..<events {
            guard let verdict = try ring.poll(), verdict.ending == .returned(result) else {
                throw FixtureError.refused("a program did not return \(result)")
            }
            instructions = verdict.instructionsExecuted
        }
        return (elapsed, instructions)
    }
}
