import Channel
import Foundation
import Maps
import ProgramPackage
import Sandbox
import Testing

/// A directory of maps of its own for a test; removed afterwards.
private struct Place: ~Copyable {
    let path: String
    let directory: MapDirectory

    init() throws {
        path = FileManager.default.temporaryDirectory.appendingPathComponent("ringfence-maps-\(UUID().uuidString)").path
        try MapDirectory.prepare(path)
        directory = try MapDirectory(path)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    var files: [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).filter { $0.hasPrefix("storage") }.sorted()
    }

    func storage(_ number: Int) -> URL { URL(filePath: "\(path)/storage.\(number)") }

    /// What the map says now, looked at as the commands look.
    func value(_ map: String, _ key: UInt8 = 0) throws -> [UInt8]? {
        var value: [UInt8]?
        try directory.alone { () throws(SandboxError) in
            let opened = try SavedMap(map, in: directory)
            do throws(MapAccessError) { value = try opened.map.value(of: [key, 0, 0, 0], lane: 0) } catch {
                throw .mapAccess(name: map, error)
            }
        }
        return value
    }
}

private func map(
    _ name: String, type: UInt32 = 1, value: UInt32 = 8, entries: UInt32 = 16, initial: [UInt8] = [],
    isReadOnly: Bool = false, keyType: Int? = nil
) -> MapDefinition {
    MapDefinition(
        name: name, type: type, keySize: 4, valueSize: value, maximumEntries: entries, initialValue: initial,
        isReadOnly: isReadOnly, keyType: keyType)
}

private func eight(_ byte: UInt8) -> [UInt8] { [byte, 0, 0, 0, 0, 0, 0, 0] }

@Suite("A directory of maps", .serialized)
struct MapDirectoryTests {
    @Test("maps are there for the next run with what they held, and while a run has them")
    func kept() throws {
        let place = try Place()
        let definitions = [map("table"), map("counts", type: 2)]
        do {
            let store = try MapStore(definitions, lanes: 1, in: place.directory)
            #expect(try store.map(named: "table").set(eight(7), for: [1, 0, 0, 0], lane: 0, mode: .create) == 0)
            // One memory: what others see and change is what the run has.
            #expect(try place.value("table", 1) == eight(7))
            try place.directory.alone { () throws(SandboxError) in
                let opened = try SavedMap("counts", in: place.directory)
                #expect(opened.isInUse && opened.repair == nil)
                do throws(MapAccessError) {
                    #expect(try opened.map.set(eight(9), for: [2, 0, 0, 0], lane: 0, mode: .replace) == 0)
                } catch { throw .mapAccess(name: "counts", error) }
            }
            #expect(try store.map(named: "counts").value(of: [2, 0, 0, 0], lane: 0) == eight(9))
        }
        let store = try MapStore(definitions, lanes: 1, in: place.directory)
        #expect(try store.contents(of: "table").elements == [.init(key: [1, 0, 0, 0], values: [eight(7)])])
        #expect(try store.map(named: "counts").value(of: [2, 0, 0, 0], lane: 0) == eight(9))
        #expect(place.files == ["storage.1"])
    }

    @Test("a run with other maps beside gets a file of its own maps only, and leaves the others where they are")
    func otherPrograms() throws {
        let place = try Place()
        do {
            let store = try MapStore([map("shared"), map("secret")], lanes: 1, in: place.directory)
            for name in ["shared", "secret"] {
                #expect(try store.map(named: name).set(eight(5), for: [3, 0, 0, 0], lane: 0, mode: .create) == 0)
            }
        }
        do {
            let store = try MapStore([map("own", type: 2), map("shared")], lanes: 1, in: place.directory)
            #expect(try store.map(named: "shared").value(of: [3, 0, 0, 0], lane: 0) == eight(5))
            // What its cells could write is the whole file: the map that it has not is not in there.
            #expect(place.files == ["storage.1", "storage.2"])
            #expect(
                try place.directory.manifest().entries.filter { $0.file == 2 }.map(\.definition.name) == [
                    "own", "shared",
                ])
            #expect(try place.value("secret", 3) == eight(5))
        }
        // And back: all three maps, from two files.
        let store = try MapStore([map("own", type: 2), map("shared"), map("secret")], lanes: 1, in: place.directory)
        #expect(try store.map(named: "secret").value(of: [3, 0, 0, 0], lane: 0) == eight(5))
        #expect(place.files == ["storage.3"])
    }

    @Test("variables and constants of an object begin anew with each run")
    func variables() throws {
        let place = try Place()
        let definitions = [
            map("table"), map(".data", type: 2, entries: 1, initial: eight(42)), map(".bss", type: 2, entries: 1),
            map(".rodata", type: 2, entries: 1, initial: eight(1), isReadOnly: true),
        ]
        do {
            let store = try MapStore(definitions, lanes: 1, in: place.directory)
            for name in [".data", ".bss"] {
                #expect(try store.map(named: name).set(eight(99), for: [0, 0, 0, 0], lane: 0, mode: .replace) == 0)
            }
            #expect(try place.value(".data") == eight(99))
        }
        var changed = definitions
        changed[3].initialValue = eight(2)
        let store = try MapStore(changed, lanes: 1, in: place.directory)
        #expect(
            try place.value(".data") == eight(42) && place.value(".bss") == eight(0)
                && place.value(".rodata") == eight(2))
        #expect(try store.map(named: ".data").value(of: [0, 0, 0, 0], lane: 0) == eight(42))
        try place.directory.alone { () throws(SandboxError) in
            let opened = try SavedMap(".rodata", in: place.directory)
            #expect(throws: SandboxError.self) { try opened.checkWritable() }
        }
    }

    @Test("a map that is not what the object defines, or in use, is refused by name, and nothing is changed")
    func refusals() throws {
        let place = try Place()
        let store = try MapStore([map("table")], lanes: 1, in: place.directory)
        let before = try place.directory.manifest()
        func refusal(_ definition: MapDefinition, lanes: UInt32 = 1) -> MapDirectoryError? {
            do throws(SandboxError) {
                _ = try MapStore([definition], lanes: lanes, in: place.directory)
                return nil
            } catch {
                guard case .mapDirectory(let error) = error else { return nil }
                return error
            }
        }
        #expect(refusal(map("table")) == .inUse(map: "table"))
        #expect(refusal(map("table", value: 16)) == .differs(map: "table", field: "value size", saved: 8, wanted: 16))
        #expect(refusal(map("table", type: 9)) == .differs(map: "table", field: "type", saved: 1, wanted: 9))
        #expect(
            refusal(map("table", entries: 17)) == .differs(map: "table", field: "max_entries", saved: 16, wanted: 17))
        #expect(refusal(map("table"), lanes: 2) == .differs(map: "table", field: "lanes", saved: 1, wanted: 2))
        #expect(try place.directory.manifest() == before)
        #expect(throws: SandboxError.self) { try place.directory.remove("table") }
        #expect(throws: SandboxError.self) { try place.directory.create(map("table")) }
        _ = store.names
    }

    @Test("a map made beforehand is what a run finds; one that is removed is gone, with its file")
    func made() throws {
        let place = try Place()
        try place.directory.create(map("blocked"))
        try place.directory.alone { () throws(SandboxError) in
            let opened = try SavedMap("blocked", in: place.directory)
            #expect(!opened.isInUse && opened.repair == nil)
            do throws(MapAccessError) {
                #expect(try opened.map.set(eight(1), for: [8, 8, 8, 8], lane: 0, mode: .create) == 0)
            } catch { throw .mapAccess(name: "blocked", error) }
        }
        do {
            let store = try MapStore([map("blocked")], lanes: 1, in: place.directory)
            #expect(try store.contents(of: "blocked").elements.map(\.key) == [[8, 8, 8, 8]])
        }
        try place.directory.remove("blocked")
        #expect(place.files.isEmpty)
        #expect(try place.directory.manifest().entries.isEmpty)
    }

    @Test("whatever lies in storage and lock, the next run has a whole map, and so has who looks at it")
    func hostileStorage() throws {
        let place = try Place()
        let kinds: [UInt32] = [1, 9, 22, 11, 2]
        let definitions = kinds.map { kind in
            MapDefinition(
                name: "m\(kind)", type: kind, keySize: kind == 22 ? 0 : kind == 11 ? 8 : 4, valueSize: 8,
                maximumEntries: 8, flags: kind == 11 ? 1 : 0)
        }
        _ = try MapStore(definitions, lanes: 1, in: place.directory)
        var random = SystemRandomNumberGenerator()
        var repaired = 0
        for round in 0..<60 {
            let size = try Data(contentsOf: place.storage(1)).count
            let bytes = (0..<size).map { _ in
                round % 2 == 0 ? UInt8.random(in: 0...255, using: &random) : UInt8.random(in: 0...9, using: &random)
            }
            // In place: a new file would be another.
            let handle = try FileHandle(forWritingTo: place.storage(1))
            try handle.write(contentsOf: Data(bytes))
            try handle.close()
            if round % 3 != 0 {
                try place.directory.alone { () throws(SandboxError) in
                    for definition in definitions {
                        let opened = try SavedMap(definition.name, in: place.directory)
                        if opened.repair != nil { repaired += 1 }
                        do throws(MapAccessError) {
                            #expect(try opened.map.elements().count <= 8)
                        } catch { throw .mapAccess(name: definition.name, error) }
                    }
                }
            }
            let store = try MapStore(definitions, lanes: 1, in: place.directory)
            for name in store.names {
                #expect(
                    try store.map(named: name).audit() <= 8 && store.map(named: name).lockHolder == 0 || name == "m2")
            }
        }
        #expect(repaired > 60)
    }

    @Test("a manifest that lies about places, sizes or itself is refused by name")
    func hostileManifest() throws {
        let place = try Place()
        _ = try MapStore([map("table"), map("counts", type: 2)], lanes: 1, in: place.directory)
        let manifest = try place.directory.manifest()
        func refusal(_ change: (inout MapManifest) -> Void) throws -> SandboxError? {
            var lie = manifest
            change(&lie)
            try Data(lie.serialized()).write(to: URL(filePath: "\(place.path)/manifest"))
            do throws(SandboxError) {
                try place.directory.alone { () throws(SandboxError) in _ = try SavedMap("table", in: place.directory) }
                return nil
            } catch { return error }
        }
        func isMisplaced(_ error: SandboxError?) -> Bool {
            guard case .mapDirectory(.misplaced("table", _, _, _))? = error else { return false }
            return true
        }
        #expect(try refusal { _ in } == nil)
        for offset in [1, 64, 4095, 1 << 20, UInt64.max & ~4095, .max] {
            #expect(try isMisplaced(refusal { $0.entries[0].offset = offset }), "\(offset)")
        }
        guard case .map("table", .storageTooLarge)? = try refusal({ $0.entries[0].definition.maximumEntries = 1 << 31 })
        else { return #expect(Bool(false)) }
        guard case .map("table", .laneCount)? = try refusal({ $0.entries[0].lanes = 1 << 20 }) else {
            return #expect(Bool(false))
        }
        guard case .mapDirectory(.overlap("table", "counts"))? = try refusal({ $0.entries[1].offset = 0 }) else {
            return #expect(Bool(false))
        }
        guard case .file(let path, _)? = try refusal({ $0.entries[0].file = 77 }) else { return #expect(Bool(false)) }
        #expect(path.hasSuffix("storage.77"))
        try Data([1, 2, 3]).write(to: URL(filePath: "\(place.path)/manifest"))
        guard
            case .mapDirectory(.manifest(.truncated))? = { () -> SandboxError? in
                do throws(SandboxError) { _ = try place.directory.manifest() } catch { return error }
                return nil
            }()
        else { return #expect(Bool(false)) }
        // A link in the place of storage leads nowhere.
        try Data(manifest.serialized()).write(to: URL(filePath: "\(place.path)/manifest"))
        try FileManager.default.moveItem(at: place.storage(1), to: URL(filePath: "\(place.path)/elsewhere"))
        try FileManager.default.createSymbolicLink(atPath: place.storage(1).path, withDestinationPath: "elsewhere")
        guard case .file? = try refusal({ _ in }) else { return #expect(Bool(false)) }
    }

    @Test("a file cut short is refused before it is mapped")
    func cutFile() throws {
        let place = try Place()
        _ = try MapStore([map("table", entries: 4096)], lanes: 1, in: place.directory)
        let handle = try FileHandle(forWritingTo: place.storage(1))
        try handle.truncate(atOffset: 4096)
        try handle.close()
        #expect(throws: SandboxError.self) {
            _ = try MapStore([map("table", entries: 4096)], lanes: 1, in: place.directory)
        }
        #expect(throws: SandboxError.self) { try place.value("table") }
    }

    @Test("a lock that a command held as it was killed is given back by the run, and by the next command")
    func abandonedLock() throws {
        let place = try Place()
        let store = try MapStore([map("table")], lanes: 1, in: place.directory)
        let own = try store.map(named: "table")
        func abandon() {
            // The first word of a map's storage is its lock.
            own.memory.storeRelaxed64(own.descriptor.storageStart, MapUser.toolIdentity)
        }
        abandon()
        let other = try MapDirectory(place.path)
        try other.alone { () throws(SandboxError) in
            // Whoever is at work in the directory may be the one: nobody takes its lock.
            store.releaseAbandonedLocks()
            #expect(own.lockHolder == MapUser.toolIdentity)
        }
        store.releaseAbandonedLocks()
        #expect(own.lockHolder == 0)
        abandon()
        #expect(try place.value("table", 1) == nil)
        #expect(own.lockHolder == 0)
        // A cell's lock is not theirs to break.
        own.memory.storeRelaxed64(own.descriptor.storageStart, 1 << 32 | 1)
        store.releaseAbandonedLocks()
        _ = try place.value("table", 1)
        #expect(own.lockHolder == 1 << 32 | 1)
    }

    @Test("types are kept with the maps, and shown by whoever opens them")
    func types() throws {
        let place = try Place()
        let types = try ValueTypes([
            ValueType(name: "other", .pointer), ValueType(name: "__u32", .integer(size: 4, .unsigned)),
        ])
        _ = try MapStore([map("table", keyType: 1)], types: types, lanes: 1, in: place.directory)
        try place.directory.alone { () throws(SandboxError) in
            let opened = try SavedMap("table", in: place.directory)
            #expect(opened.types.types.map(\.name) == ["__u32"] && opened.definition.keyType == 0)
        }
    }
}
