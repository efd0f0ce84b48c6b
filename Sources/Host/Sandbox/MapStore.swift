internal import Channel
internal import Enclosure
package import Linux
package import Maps
package import ProgramPackage

/// The memory of a program's maps. The broker owns it, so that it outlives any cell.
package struct MapStore: ~Copyable {
    package let file: MemoryFile
    private let window: Window
    let memory: CellMemory
    package let descriptors: [MapDescriptor]
    package let names: [String]
    /// The programs that slots of arrays of programs can name.
    let programs: [String]
    /// By map and slot, the number of the program that the host has put there. Cells can write what they read of it, so this counts.
    var slots: [Int: [UInt32: UInt32]]
    /// How far the rings of the maps' lanes have been read, in the order of both.
    var readers: [(map: Int, reader: RingReader)] = []
    /// By map, where its values have a lock.
    private let locks: [UInt32?]

    /// Plans every map, checks the sum, and only then makes the memory and fills in initial values.
    ///
    /// - Parameters:
    ///   - programs: names of the programs of the cell, in the order of their numbers.
    ///   - seed: what the hashes' keys come of; nil: the kernel's random numbers.
    package init(
        _ definitions: [MapDefinition], programs: [String] = [], lanes: UInt32, seed: UInt64? = nil
    ) throws(SandboxError) {
        var numbers = seed.map { SeededNumbers(seed: $0) }
        var layouts: [MapLayout] = []
        var starts: [UInt64] = []
        var end = AddressMap.maps
        for definition in definitions {
            let layout = try Self.plan(definition, lanes, limit: AddressMap.maps + AddressMap.mapsCapacity - end)
            layouts.append(layout)
            starts.append(end)
            end += roundedToPage(layout.size)
            guard end - AddressMap.maps <= AddressMap.mapsCapacity else {
                throw .mapsTooLarge(bytes: end - AddressMap.maps, limit: AddressMap.mapsCapacity)
            }
        }
        let size = max(end - AddressMap.maps, AddressMap.pageSize)
        let file = try systemCalls { () throws(SystemError) in
            let file = try MemoryFile(name: "maps", size: size)
            try file.sealSize()
            return file
        }
        let window = try systemCalls { () throws(SystemError) in
            let window = try Window(size: AddressMap.windowSize)
            try window.map(file.descriptor, at: AddressMap.maps, size: size, writable: true)
            return window
        }
        // SAFETY: the window maps the whole range of the maps, and this value keeps it.
        let memory = unsafe CellMemory(unsafeBase: UInt(window.base))
        var descriptors: [MapDescriptor] = []
        for (index, layout) in layouts.enumerated() {
            let seed = try Self.mapSeed(&numbers)
            do throws(MapError) {
                descriptors.append(try layout.descriptor(storageAt: starts[index], seed: seed))
            } catch { throw .map(name: definitions[index].name, error) }
        }
        try systemCalls { () throws(SystemError) in
            try window.mirror(RingMirror.all(of: descriptors), of: file.descriptor)
        }
        for (index, definition) in definitions.enumerated() {
            try Self.fill(Map(memory: memory, descriptor: descriptors[index], user: .host()), definition)
        }
        var slots: [Int: [UInt32: UInt32]] = [:]
        for (index, definition) in definitions.enumerated() {
            slots[index] = try Self.references(of: definition, programs)
        }
        self.file = file
        self.window = window
        self.memory = memory
        self.descriptors = descriptors
        names = definitions.map(\.name)
        self.programs = programs
        self.slots = slots
        for (index, descriptor) in descriptors.enumerated() where descriptor.structure == .ring {
            for lane in 0..<descriptor.laneCount { readers.append((index, RingReader(lane: lane))) }
        }
        locks = definitions.map(\.spinLockOffset)
        restoreReferences()
    }

    private static func mapSeed(_ numbers: inout SeededNumbers?) throws(SandboxError) -> MapSeed {
        if let low = numbers?.next(), let high = numbers?.next() { return MapSeed(low: low, high: high) }
        return try systemCalls { () throws(SystemError) in
            MapSeed(low: try randomNumber(), high: try randomNumber())
        }
    }

    /// Makes fresh storage a map, and gives it the value that the object defines.
    private static func fill(_ map: Map, _ definition: MapDefinition) throws(SandboxError) {
        map.format()
        guard !definition.initialValue.isEmpty else { return }
        let key: [UInt8] = [0, 0, 0, 0]
        do throws(MapAccessError) {
            // SAFETY (both): the bytes of a byte array.
            _ = unsafe try map.setValue(definition.initialValue.span.bytes, forKey: key.span.bytes)
        } catch { throw .mapAccess(name: definition.name, error) }
    }

    private static func plan(
        _ definition: MapDefinition, _ lanes: UInt32, limit: UInt64
    ) throws(SandboxError) -> MapLayout {
        // Nothing names a template, so what lies in its place is the least that there can be.
        if definition.isTemplate {
            return try plan(
                MapDefinition(
                    name: definition.name, type: MapKind.array.rawValue, keySize: 4, valueSize: 1, maximumEntries: 1),
                lanes, limit: limit)
        }
        let readOnly: UInt32 = definition.isReadOnly ? MapFlags.readOnlyForProgram.rawValue : 0
        do throws(MapError) {
            return try MapLayout.plan(
                type: definition.type, keySize: definition.keySize, valueSize: definition.valueSize,
                maximumEntries: definition.maximumEntries, flags: definition.flags | readOnly,
                extra: definition.extra, lanes: lanes, storageLimit: limit)
        } catch { throw .map(name: definition.name, error) }
    }

    func map(at index: Int) -> Map { Map(memory: memory, descriptor: descriptors[index], user: .host()) }

    /// The map of that name; a part of a name is enough where it means one map (libbpf cuts and prefixes names).
    package func map(named name: String) throws(SandboxError) -> Map {
        guard let index = names.firstIndex(of: name) else { throw .noSuchMap(wanted: name, available: names) }
        return map(at: index)
    }

    /// Frees what a dead cell held and repairs what it left half done. Every committed update stays.
    package func recover(lane: UInt32, generation: UInt32) throws(SandboxError) {
        let dead = MapUser.program(lane: lane, generation: generation)
        for index in descriptors.indices {
            let map = map(at: index)
            do throws(MapAccessError) {
                if try map.recover(fromDead: dead.identity) == nil { continue }
            } catch {
                // Whoever holds the lock, no cell of this store runs now: what it says is a dead cell's lie.
                _ = map.repair()
            }
            _ = map.discardReservations(
                ofDead: dead.identity, readers: readers.filter { $0.map == index }.map(\.reader))
            if let offset = locks[index] { map.unlockValues(ofDead: dead.identity, at: offset) }
        }
        restoreReferences()
    }
}

/// Runs system calls on behalf of a sandbox.
func systemCalls<T: ~Copyable>(_ calls: () throws(SystemError) -> T) throws(SandboxError) -> T {
    do throws(SystemError) { return try calls() } catch { throw .system(error) }
}

/// The numbers that come of a seed (splitmix64, Steele and others 2014), for sandboxes that must agree.
struct SeededNumbers {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var number = state
        number = (number ^ (number >> 30)) &* 0xBF58_476D_1CE4_E5B9
        number = (number ^ (number >> 27)) &* 0x94D0_49BB_1331_11EB
        return number ^ (number >> 31)
    }
}
