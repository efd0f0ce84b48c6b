import CMapsTesting
import Channel
import Maps
import Testing

/// As `DeathTests`, where a write is more than one store into one chain: evictions, branches, rings.
@Suite(.serialized) struct DeathOfKindsTests {
    final class Work {
        let map: Map
        let body: (Map) throws(MapAccessError) -> Void
        init(_ map: Map, _ body: @escaping (Map) throws(MapAccessError) -> Void) { (self.map, self.body) = (map, body) }
    }

    /// Has a cell do something, one instruction after the other, and shows what it would leave behind at each.
    ///
    /// - Parameter check: gets a copy of the storage whenever it has changed.
    static func dieAnywhere(
        _ storage: Storage, _ copy: Storage, _ body: @escaping (Map) throws(MapAccessError) -> Void,
        _ check: (Map, MapUser) throws -> Void
    ) throws -> Int {
        let cell = storage.program(generation: 9)
        let work = Work(cell, body)
        let child = withExtendedLifetime(work) {
            mapstest_start(
                { context in
                    let work = Unmanaged<Work>.fromOpaque(context).takeUnretainedValue()
                    try? work.body(work.map)
                }, Unmanaged.passUnretained(work).toOpaque(), 1)
        }
        var last = storage.contents
        var states = 0
        while last.withUnsafeMutableBytes({ mapstest_step(child, storage.start, $0.baseAddress, $0.count) }) == 1 {
            states += 1
            copy.copyContents(from: last)
            try check(copy.host, cell.user)
        }
        return states
    }

    @Test("an eviction that is cut short loses no more than the element that goes, and gains no more than the new one")
    func eviction() throws {
        let storage = try Storage(.lruHash, value: 16, entries: 4)
        let copy = try Storage(.lruHash, value: 16, entries: 4)
        let before = Set((UInt64(0)..<4).map { bytes($0) })
        for key in UInt64(0)..<4 { _ = try storage.host.set(bytes(key), DeathTests.value(key)) }
        let scratch = Scratch()
        // 0 and 1 are marked: they become active, and 2 goes.
        for key in UInt64(0)..<2 { _ = try scratch.program(storage).lookup(key: scratch.put(bytes(key))) }
        let states = try Self.dieAnywhere(
            storage, copy, { (map) throws(MapAccessError) in _ = try map.set(bytes(9), DeathTests.value(9)) }
        ) { map, dead in
            #expect(try map.recover(fromDead: dead.identity) != nil || map.lockHolder == 0)
            let found = Set(try map.elements().map(\.key))
            #expect(found.isSuperset(of: before.subtracting([bytes(2)])))
            #expect(found.isSubset(of: before.union([bytes(9)])))
            #expect(try map.audit() == UInt32(found.count))
            for key in found { #expect(try map.value(key) == DeathTests.value(number(key))) }
            // It goes on as an LRU.
            for key in UInt64(20)..<30 { #expect(try map.set(bytes(key), DeathTests.value(key)) == 0) }
            #expect(try map.audit() == 4)
        }
        #expect(states > 20)
        #expect(Set(try storage.host.elements().map(\.key)) == before.subtracting([bytes(2)]).union([bytes(9)]))
    }

    struct TrieWork: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let key: [UInt8]
        let isRemoval: Bool
    }

    /// 10/8, 10.64/10 and 10.128/10 under it, with a branch at neither; 11/8 beside it, under a branch of 7 bits.
    static let there: [[UInt8]] = [
        prefix(8, [10, 0, 0, 0]), prefix(16, [10, 1, 0, 0]), prefix(16, [10, 2, 0, 0]), prefix(8, [11, 0, 0, 0]),
        prefix(24, [11, 1, 1, 0]),
    ]
    static let works: [TrieWork] = [
        TrieWork(testDescription: "add a leaf", key: prefix(16, [11, 129, 0, 0]), isRemoval: false),
        TrieWork(testDescription: "add where prefixes part", key: prefix(16, [10, 3, 0, 0]), isRemoval: false),
        TrieWork(testDescription: "add above", key: prefix(4, [0, 0, 0, 0]), isRemoval: false),
        TrieWork(testDescription: "add in the place of a branch", key: prefix(7, [10, 0, 0, 0]), isRemoval: false),
        TrieWork(testDescription: "replace", key: prefix(8, [10, 0, 0, 0]), isRemoval: false),
        TrieWork(testDescription: "replace a leaf", key: prefix(24, [11, 1, 1, 0]), isRemoval: false),
        TrieWork(testDescription: "remove a leaf and its branch", key: prefix(16, [10, 1, 0, 0]), isRemoval: true),
        TrieWork(testDescription: "remove with one child", key: prefix(8, [11, 0, 0, 0]), isRemoval: true),
        TrieWork(testDescription: "remove a leaf", key: prefix(24, [11, 1, 1, 0]), isRemoval: true),
    ]

    @Test("a writer of a trie that dies after any instruction loses nothing and wedges nobody", arguments: works)
    func trie(work: TrieWork) throws {
        let storage = try Storage(.lpmTrie, key: 8, value: 16, entries: 6)
        let copy = try Storage(.lpmTrie, key: 8, value: 16, entries: 6)
        let old = DeathTests.value(1), new = DeathTests.value(2)
        for key in Self.there { _ = try storage.host.set(key, old) }
        var before = Dictionary(uniqueKeysWithValues: Self.there.map { ($0, old) })
        let untouched = before
        before[work.key] = work.isRemoval ? nil : new
        let after = before
        var isCommitted = false
        let states = try Self.dieAnywhere(
            storage, copy,
            { (map) throws(MapAccessError) in
                if work.isRemoval { _ = try map.remove(work.key) } else { _ = try map.set(work.key, new) }
            }
        ) { map, dead in
            // What readers see before the repair must still be so after it.
            let seen = Dictionary(uniqueKeysWithValues: try map.elements().map { ($0.key, $0.value) })
            #expect(seen == untouched || seen == after)
            isCommitted = isCommitted || seen == after && seen != untouched
            let repair = try map.recover(fromDead: dead.identity)
            #expect(repair != nil || map.lockHolder == 0)
            let found = Dictionary(uniqueKeysWithValues: try map.elements().map { ($0.key, $0.value) })
            #expect(found == after || !isCommitted && found == untouched)
            isCommitted = isCommitted || found == after
            #expect(try map.audit() == UInt32(found.count))
            if let repair { #expect(repair == MapRepair(elements: UInt32(found.count), dropped: 0)) }
            for key in found.keys { #expect(try map.remove(key) == 0) }
            #expect(try map.audit() == 0)
        }
        #expect(states >= 5 && isCommitted)
        #expect(Dictionary(uniqueKeysWithValues: try storage.host.elements().map { ($0.key, $0.value) }) == after)
    }

    @Test("a removal of a prefix that parts two others, cut short, leaves either what was or what was to be")
    func trieBranching() throws {
        let storage = try Storage(.lpmTrie, key: 8, value: 16, entries: 4)
        let copy = try Storage(.lpmTrie, key: 8, value: 16, entries: 4)
        let keys = [prefix(8, [10, 0, 0, 0]), prefix(16, [10, 1, 0, 0]), prefix(16, [10, 129, 0, 0])]
        for key in keys { _ = try storage.host.set(key, DeathTests.value(1)) }
        let states = try Self.dieAnywhere(
            storage, copy, { (map) throws(MapAccessError) in _ = try map.remove(keys[0]) }
        ) { map, dead in
            _ = try map.recover(fromDead: dead.identity)
            let found = Set(try map.elements().map(\.key))
            #expect(found == Set(keys) || found == Set(keys.dropFirst()))
            #expect(try map.audit() == UInt32(found.count))
            #expect(try map.value(keys[2]) == DeathTests.value(1))
        }
        #expect(states >= 5)
        #expect(try storage.host.audit() == 2)
    }

    @Test(
        "a push or pop that is cut short has happened or has not", arguments: [MapKind.queue, .stack], [true, false])
    func queue(kind: MapKind, pushes: Bool) throws {
        let storage = try Storage(kind, key: 0, value: 16, entries: 3)
        let copy = try Storage(kind, key: 0, value: 16, entries: 3)
        for number in UInt64(1)...3 { _ = try storage.host.push(DeathTests.value(number)) }
        let before = try storage.host.elements().map(\.value)
        let full = kind == .queue ? Array(before.dropFirst()) : Array(before.dropLast())
        let after =
            !pushes
            ? Array(before.dropFirst())
            : kind == .queue ? full + [DeathTests.value(4)] : [DeathTests.value(4)] + full
        let states = try Self.dieAnywhere(
            storage, copy,
            { (map) throws(MapAccessError) in
                if pushes { _ = try map.push(DeathTests.value(4), mode: .replace) } else { _ = try map.take() }
            }
        ) { map, dead in
            #expect(try map.recover(fromDead: dead.identity) != nil || map.lockHolder == 0)
            let found = try map.elements().map(\.value)
            #expect(found == before || found == after)
        }
        #expect(states >= 3)
        #expect(try storage.host.elements().map(\.value) == after)
    }
}
