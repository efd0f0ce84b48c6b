internal import Channel
internal import Linux
internal import Maps
internal import ProgramPackage

/// The storage that a run begins with.
struct MapGround: ~Copyable {
    let file: MemoryFile
    let window: Window
    /// The seeds of the maps' hashes.
    let seeds: [MapSeed]
    /// Maps, by their places, that are there with what they hold. The storage of the others is zero.
    let kept: Set<Int>

    /// Storage that lives as long as the sandbox.
    init(_ plan: MapPlan, seeds: [MapSeed]) throws(SandboxError) {
        let size = plan.size
        let file = try systemCalls { () throws(SystemError) in
            let file = try MemoryFile(name: "maps", size: size)
            try file.sealSize()
            return file
        }
        window = try Self.window(over: file)
        self.file = file
        self.seeds = seeds
        kept = []
    }

    /// Where this process sees the maps that are in a file.
    static func window(over file: borrowing MemoryFile) throws(SandboxError) -> Window {
        do throws(SystemError) {
            let window = try Window(size: AddressMap.windowSize)
            try window.map(file.descriptor, at: AddressMap.maps, size: file.size, writable: true)
            return window
        } catch { throw .system(error) }
    }

    fileprivate init(_ storage: consuming SavedStorage, seeds: [MapSeed], kept: Set<Int>) {
        file = storage.file
        window = storage.window
        self.seeds = seeds
        self.kept = kept
    }
}

extension MapDefinition {
    /// Whether a directory keeps what the map holds from one run to the next: not the variables and constants of an object, which begin
    /// anew with it.
    var isKept: Bool { isListed && !isDataSection }

    /// Whether a directory knows the map: not what holds references to programs, maps and targets, which are a run's own, nor rings, whose
    /// reader is the run.
    var isListed: Bool {
        guard !isTemplate, let kind = MapKind(rawValue: type) else { return false }
        return switch kind.structure {
        case .array, .hash: !kind.holdsReferences
        case .trie, .queue, .filter: true
        case .ring: false
        }
    }

    /// Why a directory does not keep the map; nil where it does, and for what nobody would look for in one.
    fileprivate var reasonNotKept: String? {
        guard !isTemplate, !isDataSection, !isKept, let kind = MapKind(rawValue: type) else { return nil }
        switch kind.structure {
        case .ring: return "a ring is read by the run, whose position nobody else knows"
        case .array, .hash, .trie, .queue, .filter:
            return kind.isMapOfMaps || kind == .programArray
                ? "what it holds names maps or programs of this run"
                : "what it holds is the run's own, and nobody may write it"
        }
    }

    /// Maps that are variables have names of C; sections have not.
    var isDataSection: Bool { name.utf8.contains(UInt8(ascii: ".")) }

    /// What a directory remembers of a map.
    fileprivate var remembered: MapDefinition {
        var definition = self
        (definition.initialValue, definition.slots, definition.innerMap) = ([], [], nil)
        return definition
    }

    /// In what a saved map is another than this one.
    func difference(from saved: MapDefinition) -> (field: String, saved: UInt64, wanted: UInt64)? {
        let fields: [(String, UInt64, UInt64)] = [
            ("type", UInt64(saved.type), UInt64(type)), ("key size", UInt64(saved.keySize), UInt64(keySize)),
            ("value size", UInt64(saved.valueSize), UInt64(valueSize)),
            ("max_entries", UInt64(saved.maximumEntries), UInt64(maximumEntries)),
            ("flags", UInt64(saved.flags), UInt64(flags)), ("map_extra", saved.extra, extra),
        ]
        return fields.first { $0.1 != $0.2 }.map { (field: $0.0, saved: $0.1, wanted: $0.2) }
    }
}

extension MapDirectory {
    /// The maps of a program that a directory does not keep, and why.
    package static func notKept(of program: AdmittedProgram) -> [(name: String, reason: String)] {
        program.maps.compactMap { map in map.reasonNotKept.map { (name: map.name, reason: $0) } }
    }

    /// Finds or makes the storage of a sandbox's maps, all of them in one file that has no others.
    func ground(
        of definitions: [MapDefinition], _ plan: MapPlan, _ types: ValueTypes, lanes: UInt32, seeds: [MapSeed]
    ) throws(SandboxError) -> MapGround {
        try alone { () throws(SandboxError) in
            let old = try manifest()
            var seeds = seeds
            var saved: [Int: MapManifest.Entry] = [:]
            for (place, definition) in definitions.enumerated() where definition.isKept {
                guard let entry = old.entry(named: definition.name) else { continue }
                try Self.check(definition, lanes, against: entry)
                saved[place] = entry
                seeds[place] = MapSeed(low: entry.seedLow, high: entry.seedHigh)
            }
            let number = saved.isEmpty ? nil : Self.fileThatFits(plan, definitions, old)
            let storage =
                if let number { try SavedStorage(number, in: self) } else {
                    try SavedStorage(makeStorage(old.nextFile, size: plan.size))
                }
            guard storage.isAlone else {
                throw .mapDirectory(.inUse(map: saved.min { $0.key < $1.key }?.value.definition.name ?? path))
            }
            guard storage.file.size == plan.size else {
                throw .mapDirectory(
                    .misplaced(
                        map: definitions.first?.name ?? path, offset: 0, size: plan.size,
                        fileSize: storage.file.size))
            }
            var new = MapManifest(valueTypes: types)
            for (place, definition) in definitions.enumerated() where definition.isListed {
                new.entries.append(
                    MapManifest.Entry(
                        definition.remembered, file: number ?? old.nextFile,
                        offset: plan.starts[place] - AddressMap.maps,
                        seedLow: seeds[place].low, seedHigh: seeds[place].high, lanes: lanes))
            }
            if number != nil {
                for place in definitions.indices where saved[place] == nil {
                    storage.clear(plan.starts[place], plan.layouts[place].size)
                }
            } else {
                for entry in saved.values { try copy(entry, into: storage, as: new) }
            }
            let merged: MapManifest
            do throws(ValueTypeError) { merged = try new.merged(with: old) } catch {
                throw .mapDirectory(.types(error))
            }
            try replace(old, by: merged)
            return MapGround(storage, seeds: seeds, kept: Set(saved.keys))
        }
    }

    private static func check(
        _ definition: MapDefinition, _ lanes: UInt32, against entry: MapManifest.Entry
    ) throws(SandboxError) {
        if let difference = definition.difference(from: entry.definition) {
            throw .mapDirectory(
                .differs(
                    map: definition.name, field: difference.field, saved: difference.saved, wanted: difference.wanted))
        }
        guard entry.lanes == lanes else {
            throw .mapDirectory(
                .differs(map: definition.name, field: "lanes", saved: UInt64(entry.lanes), wanted: UInt64(lanes)))
        }
    }

    /// The file in which exactly these maps lie where they are to lie, if there is one.
    private static func fileThatFits(
        _ plan: MapPlan, _ definitions: [MapDefinition], _ manifest: MapManifest
    ) -> UInt64? {
        guard let first = definitions.first(where: \.isListed), let file = manifest.entry(named: first.name)?.file
        else { return nil }
        let there = manifest.entries.filter { $0.file == file }
        guard there.count == definitions.count(where: \.isListed) else { return nil }
        for (place, definition) in definitions.enumerated() where definition.isListed {
            guard let entry = there.first(where: { $0.definition.name == definition.name }),
                definition.difference(from: entry.definition) == nil,
                entry.offset == plan.starts[place] - AddressMap.maps
            else { return nil }
        }
        return file
    }

    /// Copies what a map holds from where it lay. Storage has no addresses, so its words mean the same anywhere.
    private func copy(
        _ entry: MapManifest.Entry, into storage: borrowing SavedStorage, as manifest: MapManifest
    ) throws(SandboxError) {
        let source = try SavedStorage(entry.file, in: self)
        guard source.isAlone else { throw .mapDirectory(.inUse(map: entry.definition.name)) }
        guard let target = manifest.entry(named: entry.definition.name) else { return }
        try storage.map(target, user: .host()).copyStorage(of: source.map(entry, user: .host()))
    }
}

extension SavedStorage {
    /// Makes a map's storage what it was before it was formatted. No cell may have it.
    func clear(_ start: UInt64, _ size: UInt64) {
        for offset in stride(from: 0, to: size / 8 * 8, by: 8) { memory.storeRelaxed64(start + offset, 0) }
    }
}

extension Map {
    /// Copies all words of a map of the same layout. No cell may have either.
    func copyStorage(of other: Map) {
        for offset in stride(from: 0, to: descriptor.storageSize / 8 * 8, by: 8) {
            memory.storeRelaxed64(
                descriptor.storageStart + offset, other.memory.loadRelaxed64(other.descriptor.storageStart + offset))
        }
    }
}
