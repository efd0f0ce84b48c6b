internal import Channel
internal import Linux
package import Maps
package import ProgramPackage

/// A map of a directory, opened to be looked at or changed. A sandbox that runs may be using it at the same time.
package struct SavedMap: ~Copyable {
    package let definition: MapDefinition
    package let types: ValueTypes
    /// What the host does with maps: everything that it reads of the storage may be a cell's lie.
    package let map: Map
    /// Whether a sandbox, or a cell that is about to go, has the map.
    package let isInUse: Bool
    /// What had to be repaired, since a cell died in it or lied: elements that are left, and that were given up.
    package let repair: MapRepair?
    private let storage: SavedStorage

    /// - Note: to be used within ``MapDirectory/alone(_:)``, or two processes of the host's could be in the map at once.
    package init(_ name: String, in directory: MapDirectory) throws(SandboxError) {
        let manifest = try directory.manifest()
        guard let entry = manifest.entry(named: name) else {
            throw .noSuchMap(wanted: name, available: manifest.entries.map(\.definition.name))
        }
        try self.init(entry, of: manifest, in: directory)
    }

    package init(_ entry: MapManifest.Entry, of manifest: MapManifest, in directory: MapDirectory) throws(SandboxError)
    {
        let storage = try SavedStorage(entry.file, in: directory)
        let map = try storage.map(entry, user: .tool())
        let name = entry.definition.name
        for other in manifest.entries where other.file == entry.file && other.definition.name != name {
            try Self.checkApart(map, from: storage.map(other, user: .tool()), name, other.definition.name)
        }
        let isInUse = !storage.isAlone
        self.storage = storage
        self.map = map
        self.isInUse = isInUse
        definition = entry.definition
        types = manifest.valueTypes
        repair = isInUse ? Self.release(map) : Self.makeWhole(map)
    }

    /// Nobody is in the map: whatever its lock says, whoever took it is gone.
    private static func makeWhole(_ map: Map) -> MapRepair? {
        map.hasLock && map.lockHolder != 0 || (try? map.audit()) == nil ? map.repair() : nil
    }

    /// Another process of the host's that died in the map is gone too, since this one is alone in the directory.
    private static func release(_ map: Map) -> MapRepair? {
        (try? map.recover(fromDead: MapUser.toolIdentity)) ?? nil
    }

    private static func checkApart(
        _ map: Map, from other: Map, _ name: String, _ otherName: String
    ) throws(SandboxError) {
        let (own, others) = (map.descriptor, other.descriptor)
        guard
            own.storageStart + own.storageSize <= others.storageStart
                || others.storageStart + others.storageSize <= own.storageStart
        else { throw .mapDirectory(.overlap(map: name, other: otherName)) }
    }

    package var name: String { definition.name }

    /// Refuses to change what no one outside of the object changes.
    package func checkWritable() throws(SandboxError) {
        if MapKind(rawValue: definition.type)?.holdsReferences ?? true { throw .mapDirectory(.references(map: name)) }
        if definition.isReadOnly { throw .mapDirectory(.constant(map: name)) }
    }
}

extension MapDirectory {
    /// Makes an empty map, which a later run finds where its object defines the same.
    package func create(_ definition: MapDefinition) throws(SandboxError) {
        try alone { () throws(SandboxError) in
            let old = try manifest()
            guard old.entry(named: definition.name) == nil else {
                throw .mapDirectory(.exists(map: definition.name))
            }
            guard old.entries.count < PackageLimits.maps else {
                throw .mapDirectory(.tooMany(limit: PackageLimits.maps))
            }
            let plan = try MapPlan([definition], lanes: 1)
            let seed = try systemCalls { () throws(SystemError) in
                MapSeed(low: try randomNumber(), high: try randomNumber())
            }
            let entry = MapManifest.Entry(
                definition, file: old.nextFile, offset: 0, seedLow: seed.low, seedHigh: seed.high, lanes: 1)
            let storage = try SavedStorage(makeStorage(old.nextFile, size: plan.size))
            try storage.map(entry, user: .tool()).format()
            var new = old
            new.entries.append(entry)
            try replace(old, by: new)
        }
    }

    /// Removes a map and what it holds.
    package func remove(_ name: String) throws(SandboxError) {
        try alone { () throws(SandboxError) in
            let old = try manifest()
            guard let entry = old.entry(named: name) else {
                throw .noSuchMap(wanted: name, available: old.entries.map(\.definition.name))
            }
            let storage = try SavedStorage(entry.file, in: self)
            guard storage.isAlone else { throw .mapDirectory(.inUse(map: name)) }
            var new = old
            new.entries.removeAll { $0.definition.name == name }
            let merged: MapManifest
            do throws(ValueTypeError) { merged = try new.merged(with: MapManifest()) } catch {
                throw .mapDirectory(.types(error))
            }
            try replace(old, by: merged)
        }
    }
}
