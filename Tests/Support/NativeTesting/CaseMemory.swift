import Bytecode
import Channel
import Enclosure
import Linux
import Maps

/// A cell's memory in this process, with room for many programs' events at once.
package struct CaseMemory: ~Copyable {
    package static let programSize: UInt64 = 0x4_0000
    package static let codeSize: UInt64 = 0x10_0000
    package static let mapsSize: UInt64 = 0x1_0000

    let window: Window
    package let memory: CellMemory
    package let geometry: ChannelGeometry

    package init(_ geometry: ChannelGeometry) throws {
        let window = try Window(size: AddressMap.windowSize)
        try window.mapPrivate(at: AddressMap.image, size: AddressMap.imageCapacity)
        try window.mapPrivate(at: AddressMap.program, size: Self.programSize)
        try window.mapPrivate(at: AddressMap.code, size: Self.codeSize)
        try window.mapPrivate(at: AddressMap.hostWords, size: AddressMap.hostWordsSize)
        try window.mapPrivate(at: AddressMap.pageTables, size: AddressMap.pageTablesCapacity)
        try window.mapPrivate(at: AddressMap.channel, size: geometry.size)
        try window.mapPrivate(at: AddressMap.privateMemory, size: AddressMap.privateSize)
        try window.mapPrivate(at: AddressMap.maps, size: Self.mapsSize)
        memory = CellMemory(unsafeBase: UInt(window.base))
        self.window = window
        self.geometry = geometry
    }

    /// Writes the program region, with room for the programs of any case, and empty maps; gives the boot record and the maps' descriptors.
    func prepare(
        _ cases: [NativeCase], _ settings: NativeSettings, nativeEntry: UInt64
    ) throws -> (boot: BootRecord, maps: [MapDescriptor]) {
        var boot = BootRecord(geometry: geometry, entryConvention: .buffer, helperProfile: settings.profile)
        boot.fuel = settings.fuel
        boot.executionMode = settings.mode
        boot.initialSequence = 0xFFFF_FFFF
        boot.nativeEntry = nativeEntry
        boot.randomSeed = settings.randomSeed
        var descriptors: [MapDescriptor] = []
        var next = AddressMap.maps
        for plan in settings.maps {
            let layout = try MapLayout.plan(
                type: plan.type, keySize: plan.key, valueSize: plan.value, maximumEntries: plan.entries,
                flags: plan.flags, lanes: 1)
            let descriptor = try layout.descriptor(storageAt: next, seed: MapSeed(low: 7, high: 9))
            memory.zero(next, count: Int(roundedToPage(layout.size)))
            let map = Map(memory: memory, descriptor: descriptor, user: .host())
            map.format()
            for (index, number) in plan.numbers.enumerated() {
                if plan.type == 13 {
                    map.storeMapNumber(number, forKey: UInt32(index))
                } else {
                    map.storeNumber(number, at: UInt32(index))
                }
            }
            descriptors.append(descriptor)
            next += roundedToPage(layout.size)
        }
        precondition(next - AddressMap.maps <= Self.mapsSize, "the maps have room")
        let memory = memory
        let programs = [Int](repeating: 0, count: cases.map(\.entries.count).max() ?? 1)
        boot = ProgramRegion.write(
            cases[0].code, programs: programs, mapCount: descriptors.count, descriptorSize: Int(MapDescriptor.size),
            boot: boot, to: memory
        ) { address in
            for (index, descriptor) in descriptors.enumerated() {
                descriptor.store(to: memory, at: address + UInt64(index) * MapDescriptor.size)
            }
        }
        memory.zero(AddressMap.privateMemory, count: Int(AddressMap.privateSize))
        // As a reader of the log would leave it that has read all there was.
        memory.storeRelaxed32(HostWords.logConsumed, boot.initialSequence)
        return (boot, descriptors)
    }

    /// Makes the programs of one case those that tail calls lead to.
    func writePrograms(of one: NativeCase, _ boot: BootRecord) {
        for (number, entry) in one.entries.enumerated() {
            memory.store32(boot.programs + UInt64(number) * 4, UInt32(entry))
        }
    }

    func submit(_ payload: [UInt8], to ring: inout EventRing, lane: UInt32) {
        payload.withUnsafeBytes { bytes in
            ring.submit(
                context: UnsafeRawBufferPointer(start: nil, count: 0), payload: bytes, lane: lane,
                time: 1_000_000 + UInt64(lane))
        }
    }

    /// Takes the next verdict, if there is one.
    func take(_ ring: inout EventRing, payloadSize: Int) throws -> NativeOutcome? {
        guard let verdict = try ring.poll() else { return nil }
        var payload = [UInt8](repeating: 0, count: payloadSize)
        let count = payload.withUnsafeMutableBytes { ring.copyPayload(of: verdict, into: $0) }
        return NativeOutcome(
            ending: verdict.ending, instructionsExecuted: verdict.instructionsExecuted,
            payload: Array(payload.prefix(count)))
    }

    /// The bytes of all maps' storage.
    package func mapBytes(_ count: Int) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        let memory = memory
        bytes.withUnsafeMutableBytes { memory.copyOut(AddressMap.maps, into: $0) }
        return bytes
    }
}
