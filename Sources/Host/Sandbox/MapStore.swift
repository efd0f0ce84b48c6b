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
    /// By map, where its values have a lock.
    private let locks: [UInt32?]
    /// By map, whether programs may not write it: what was proven of them relies on what it holds.
    let isFixed: [Bool]

    /// The directory that keeps the maps, where one does.
    private let directory: MapDirectory?
    /// Which of the lanes over these maps this is the store of.
    let lane: UInt32
    let lanes: MapLanes

    /// Plans every map, checks the sum, and only then makes the memory and fills in initial values.
    ///
    /// - Parameters:
    ///   - programs: names of the programs of the cell, in the order of their numbers.
    ///   - types: those that the definitions name.
    ///   - seed: what the hashes' keys come of; nil: the kernel's random numbers.
    ///   - seeds: those themselves, one for each map, where they are another store's.
    ///   - directory: where the maps are kept; nil: nowhere, they go with this value.
    package init(
        _ definitions: [MapDefinition], programs: [String] = [], types: ValueTypes = .none, lanes: UInt32,
        seed: UInt64? = nil, seeds given: [MapSeed]? = nil, in directory: MapDirectory? = nil
    ) throws(SandboxError) {
        let plan = try MapPlan(definitions, lanes: lanes)
        var numbers = seed.map { SeededNumbers(seed: $0) }
        var seeds: [MapSeed] = given ?? []
        while seeds.count < definitions.count { seeds.append(try Self.mapSeed(&numbers)) }
        let ground =
            if let directory {
                try directory.ground(of: definitions, plan, types, lanes: lanes, seeds: seeds)
            } else { try MapGround(plan, seeds: seeds) }
        // SAFETY: the window maps the whole range of the maps, and this value keeps it.
        let memory = unsafe CellMemory(unsafeBase: UInt(ground.window.base))
        var descriptors: [MapDescriptor] = []
        for (index, layout) in plan.layouts.enumerated() {
            do throws(MapError) {
                descriptors.append(try layout.descriptor(storageAt: plan.starts[index], seed: ground.seeds[index]))
            } catch { throw .map(name: definitions[index].name, error) }
        }
        try systemCalls { () throws(SystemError) in
            try ground.window.mirror(RingMirror.all(of: descriptors), of: ground.file.descriptor)
        }
        for (index, definition) in definitions.enumerated() {
            let map = Map(memory: memory, descriptor: descriptors[index], user: .host())
            if ground.kept.contains(index) {
                map.makeWhole(definition, lanes: lanes)
            } else {
                try Self.fill(map, definition)
            }
        }
        var slots: [Int: [UInt32: UInt32]] = [:]
        for (index, definition) in definitions.enumerated() {
            slots[index] = try Self.references(of: definition, programs)
        }
        file = ground.file
        window = ground.window
        self.memory = memory
        self.descriptors = descriptors
        names = definitions.map(\.name)
        self.programs = programs
        self.slots = slots
        self.directory = directory
        lane = 0
        self.lanes = MapLanes(count: lanes, descriptors)
        locks = definitions.map(\.spinLockOffset)
        isFixed = definitions.map(\.isReadOnly)
        restoreReferences()
    }

    /// The same maps, for another lane of them.
    init(lane: UInt32, of first: borrowing MapStore) throws(SandboxError) {
        precondition(lane > 0 && lane < first.lanes.count, "a store has the lanes that it was made with")
        let file: MemoryFile
        do throws(SystemError) { file = try first.file.duplicate() } catch { throw .system(error) }
        let window = try MapGround.window(over: file)
        do throws(SystemError) { try window.mirror(RingMirror.all(of: first.descriptors), of: file.descriptor) } catch {
            throw .system(error)
        }
        // SAFETY: the window maps the whole range of the maps, and this value keeps it.
        memory = unsafe CellMemory(unsafeBase: UInt(window.base))
        self.file = file
        self.window = window
        (descriptors, names, programs, slots) = (first.descriptors, first.names, first.programs, first.slots)
        (locks, isFixed, directory) = (first.locks, first.isFixed, nil)
        self.lane = lane
        lanes = first.lanes
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

    /// What the keys of the maps' hashes are.
    package var seeds: [MapSeed] { descriptors.map(\.seed) }

    func map(at index: Int) -> Map { Map(memory: memory, descriptor: descriptors[index], user: .host()) }

    /// The map of that name; a part of a name is enough where it means one map (libbpf cuts and prefixes names).
    package func map(named name: String) throws(SandboxError) -> Map {
        guard let index = names.firstIndex(of: name) else { throw .noSuchMap(wanted: name, available: names) }
        return map(at: index)
    }

    /// Frees what a dead cell held and repairs what it left half done. Every committed update stays.
    package func recover(generation: UInt32) throws(SandboxError) {
        let dead = MapUser.program(lane: lane, generation: generation).identity
        // One lane at a time, so that what the host's lock says while it is held is true.
        lanes.lock.whileHeld {
            for index in descriptors.indices {
                let map = map(at: index)
                do throws(MapAccessError) {
                    _ = try map.recover(fromDead: dead)
                } catch {
                    // Where another lane has it, that goes on, or finds it so when its own cell dies. Whoever else the lock names, no cell is
                    // that now: it is a dead cell's lie.
                    if !isOfOtherLane(error) { _ = map.repair() }
                }
                _ = map.discardReservations(
                    ofDead: dead, readers: lanes.readers.filter { $0.map == index }.map(\.reader))
                if let offset = locks[index] { map.unlockValues(ofDead: dead, at: offset) }
            }
            restoreReferences()
        }
    }

    private func isOfOtherLane(_ error: MapAccessError) -> Bool {
        guard case .busy(let holder) = error, holder != MapUser.host().identity else { return false }
        let number = UInt32(truncatingIfNeeded: holder)
        return number > 0 && number <= lanes.count && number != lane + 1
    }
}

extension MapStore {
    /// Breaks the locks that another process of the host's held when it died, which are no cell's.
    package func releaseAbandonedLocks() {
        guard let directory else { return }
        for index in descriptors.indices {
            let map = map(at: index)
            guard map.hasLock, map.lockHolder == MapUser.toolIdentity else { continue }
            // Whoever is alive in the map has the directory's lock too.
            directory.aloneNow { _ = try? map.recover(fromDead: MapUser.toolIdentity) }
        }
    }
}

extension Map {
    /// Repairs what those left who had the map before, if they left something to repair: no cell has it now.
    fileprivate func makeWhole(_ definition: MapDefinition, lanes: UInt32) {
        if let offset = definition.spinLockOffset {
            for lane in 0..<lanes {
                unlockValues(ofDead: MapUser.program(lane: lane, generation: 0).identity, at: offset)
            }
        }
        guard hasLock, lockHolder != 0 || (try? audit()) == nil else { return }
        _ = repair()
    }
}

/// What the stores of several lanes over the same maps have in common.
final class MapLanes: @unchecked Sendable {
    let count: UInt32
    /// Held while something is repaired, and while rings are read.
    let lock = RecursiveLock()
    /// How far the rings of the maps' lanes have been read, in the order of both. Touched with the lock held.
    var readers: [(map: Int, reader: RingReader)] = []
    /// Whether any map is a ring.
    let hasRings: Bool

    init(count: UInt32, _ descriptors: [MapDescriptor]) {
        self.count = count
        for (index, descriptor) in descriptors.enumerated() where descriptor.structure == .ring {
            for lane in 0..<descriptor.laneCount { readers.append((index, RingReader(lane: lane))) }
        }
        hasRings = !readers.isEmpty
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
