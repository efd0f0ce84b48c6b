import Channel
import Maps
import Synchronization
import Testing

/// A key of a trie: so many of these bits.
func prefix(_ length: UInt32, _ data: [UInt8]) -> [UInt8] { bytes(UInt64(length)) + data }

/// The prefixes of a trie in a plain list, and Linux's rules for them.
struct PrefixModel {
    private(set) var elements: [[UInt8]: [UInt8]] = [:]
    private var keys: [[UInt8]: [UInt8]] = [:]
    let capacity: Int

    init(capacity: Int) { self.capacity = capacity }

    static func length(_ key: [UInt8]) -> Int { Int(number(key[0..<4])) }
    static func bits(_ key: [UInt8]) -> [UInt8] {
        (0..<length(key)).map { key[4 + $0 / 8] >> UInt8(7 - $0 % 8) & 1 }
    }

    mutating func set(_ key: [UInt8], _ value: [UInt8], _ mode: MapUpdate) -> Int64 {
        guard Self.length(key) <= (key.count - 4) * 8 else { return -22 }
        let bits = Self.bits(key)
        if keys[bits] != nil {
            if mode == .create { return -17 }
        } else {
            if mode == .replace { return -2 }
            if elements.count == capacity { return -28 }
        }
        // The bits behind the prefix are those of the last update.
        elements[bits] = value
        keys[bits] = key
        return 0
    }

    mutating func remove(_ key: [UInt8]) -> Int64 {
        guard Self.length(key) <= (key.count - 4) * 8 else { return -22 }
        keys[Self.bits(key)] = nil
        return elements.removeValue(forKey: Self.bits(key)) == nil ? -2 : 0
    }

    func longest(_ key: [UInt8]) -> [UInt8]? {
        guard Self.length(key) <= (key.count - 4) * 8 else { return nil }
        let bits = Self.bits(key)
        return elements.filter { bits.starts(with: $0.key) }.max { $0.key.count < $1.key.count }?.value
    }

    /// Longer prefixes before those they begin with, 0 before 1.
    var inOrder: [(key: [UInt8], value: [UInt8])] {
        func precedes(_ left: [UInt8], _ right: [UInt8]) -> Bool {
            for (l, r) in zip(left, right) where l != r { return l < r }
            return left.count > right.count
        }
        return elements.keys.sorted(by: precedes).map { (keys[$0] ?? [], elements[$0] ?? []) }
    }
}

@Suite(.serialized) struct TrieTests {
    @Test("the longest prefix of an address wins, as in Linux's example")
    func longestPrefixWins() throws {
        let storage = try Storage(.lpmTrie, key: 8, entries: 8)
        let map = storage.host
        #expect(try map.set(prefix(16, [192, 168, 0, 0]), bytes(1, 8)) == 0)
        #expect(try map.set(prefix(24, [192, 168, 0, 0]), bytes(2, 8)) == 0)
        #expect(try map.set(prefix(24, [192, 168, 128, 0]), bytes(3, 8)) == 0)
        #expect(try map.set(prefix(24, [192, 168, 1, 0]), bytes(4, 8)) == 0)
        #expect(try map.value(prefix(32, [192, 168, 0, 7])) == bytes(2, 8))
        #expect(try map.value(prefix(32, [192, 168, 128, 9])) == bytes(3, 8))
        #expect(try map.value(prefix(32, [192, 168, 5, 1])) == bytes(1, 8))
        #expect(try map.value(prefix(20, [192, 168, 0, 0])) == bytes(1, 8))
        #expect(try map.value(prefix(32, [10, 0, 0, 1])) == nil)
        #expect(try map.set(prefix(0, [1, 2, 3, 4]), bytes(9, 8)) == 0)
        #expect(try map.value(prefix(32, [10, 0, 0, 1])) == bytes(9, 8))
        // kernel/bpf/lpm_trie.c: more specific prefixes come first.
        #expect(
            try map.elements().map { number($0.value) } == [2, 4, 3, 1, 9])
        #expect(try map.audit() == 5)
    }

    @Test("the answers of update and delete are Linux's")
    func answersLikeLinux() throws {
        let map = try Storage(.lpmTrie, key: 8, entries: 2)
        let (one, two, three) = (prefix(8, [1, 0, 0, 0]), prefix(9, [1, 0, 0, 0]), prefix(8, [2, 0, 0, 0]))
        #expect(try map.host.set(prefix(33, [1, 0, 0, 0]), bytes(1, 8)) == -22)
        #expect(try map.host.remove(prefix(33, [1, 0, 0, 0])) == -22)
        #expect(try map.host.value(prefix(33, [1, 0, 0, 0])) == nil)
        #expect(try map.host.set(one, bytes(1, 8), mode: .replace) == -2)
        #expect(try map.host.set(one, bytes(1, 8), mode: .create) == 0)
        #expect(try map.host.set(one, bytes(1, 8), mode: .create) == -17)
        #expect(try map.host.set(two, bytes(2, 8)) == 0)
        #expect(try map.host.set(three, bytes(3, 8)) == -28)
        #expect(try map.host.set(one, bytes(4, 8), mode: .replace) == 0)
        #expect(try map.host.remove(three) == -2)
        #expect(try map.host.remove(one) == 0)
        #expect(try map.host.remove(one) == -2)
        #expect(try map.host.set(three, bytes(3, 8)) == 0)
        #expect(try map.host.audit() == 2)
    }

    @Test("a trie that is not told to allocate late is refused, as by Linux")
    func needsNoPreallocation() {
        #expect(throws: MapError.missingFlag(1, .lpmTrie)) {
            _ = try MapLayout.plan(type: 11, keySize: 8, valueSize: 8, maximumEntries: 1, flags: 0)
        }
        #expect(throws: MapError.keySize(got: 4, minimum: 5, maximum: 260)) {
            _ = try MapLayout.plan(type: 11, keySize: 4, valueSize: 8, maximumEntries: 1, flags: 1)
        }
    }

    static func randomKey(_ size: Int, spread: UInt64, _ random: inout SplitMix) -> [UInt8] {
        // Few values of each byte, so that prefixes nest and part everywhere.
        let common: [UInt8] = [0, 0x80, 0xff, 0x40]
        let data = (0..<size - 4).map { _ in
            let draw = random.next()
            return draw % 5 == 4 ? UInt8((draw >> 8) % spread) : common[Int(draw % 4)]
        }
        let limit = UInt32(size - 4) * 8
        let length = random.next() % 64 == 0 ? limit + 1 : UInt32.random(in: 0...limit, using: &random)
        return prefix(length, data)
    }

    @Test(
        "random operations agree with a list of prefixes, in contents and in order",
        arguments: [
            (5, 3, 4, 30_000), (5, 600, 256, 30_000), (6, 40, 4, 20_000), (8, 100, 8, 20_000), (20, 64, 3, 12_000),
            (260, 16, 2, 2_000),
        ])
    func agreesWithAList(key: Int, entries: Int, spread: UInt64, operations: Int) throws {
        let storage = try Storage(.lpmTrie, key: UInt32(key), value: 12, entries: UInt32(entries))
        var model = PrefixModel(capacity: entries)
        var random = SplitMix(state: UInt64(key * entries))
        var recent: [[UInt8]] = []
        for round in 0..<operations {
            var name = Self.randomKey(key, spread: spread, &random)
            if let old = recent.randomElement(using: &random), random.next() & 1 == 0 { name = old }
            switch random.next() % 8 {
            case 0..<4:
                let value = bytes(random.next(), 12)
                let mode = [MapUpdate.createOrReplace, .createOrReplace, .create, .replace].randomElement(
                    using: &random)!
                #expect(try storage.host.set(name, value, mode: mode) == model.set(name, value, mode))
                if recent.count < 2 * entries {
                    recent.append(name)
                } else {
                    recent[Int(random.next() % UInt64(recent.count))] = name
                }
            case 4, 5: #expect(try storage.host.remove(name) == model.remove(name))
            default: #expect(try storage.host.value(name) == model.longest(name))
            }
            if round % (operations / 100) == 0 {
                #expect(try storage.host.audit() == UInt32(model.elements.count))
                let (found, expected) = (try storage.host.elements(), model.inOrder)
                #expect(found.map(\.key) == expected.map(\.key), "round \(round)")
                #expect(found.map(\.value) == expected.map(\.value))
                if found.map(\.key) != expected.map(\.key) { return }
                if round % (operations / 10) == 0 {
                    _ = storage.host.repair()
                    #expect(try storage.host.elements().map(\.key) == expected.map(\.key))
                }
            }
        }
    }

    @Test("next-key goes through every prefix and ends; after a prefix that is not there it begins anew")
    func nextKey() throws {
        let storage = try Storage(.lpmTrie, key: 8, entries: 64)
        var random = SplitMix(state: 4)
        while try storage.host.audit() < 64 {
            _ = try storage.host.set(Self.randomKey(8, spread: 9, &random), bytes(1, 8))
        }
        var seen: [[UInt8]] = []
        var key: [UInt8]?
        while let next = try storage.host.following(key) {
            seen.append(next)
            key = next
            if seen.count > 100 { break }
        }
        #expect(try seen == storage.host.elements().map(\.key))
        #expect(try storage.host.following(prefix(31, [9, 9, 9, 9])) == seen[0])
        #expect(try storage.host.following(prefix(40, [9, 9, 9, 9])) == seen[0])
    }

    @Test("deleting each prefix on the way empties the trie and misses none")
    func deletingOnTheWay() throws {
        let storage = try Storage(.lpmTrie, key: 8, entries: 128)
        var random = SplitMix(state: 5)
        while try storage.host.audit() < 128 {
            _ = try storage.host.set(Self.randomKey(8, spread: 9, &random), bytes(1, 8))
        }
        let all = try storage.host.elements().map(\.key)
        var (key, value) = ([UInt8](repeating: 0, count: 8), bytes(0, 8))
        var cursor = storage.host.makeCursor()
        var seen: [[UInt8]] = []
        while try storage.host.advance(&cursor, &key, &value) {
            seen.append(key)
            #expect(try storage.host.remove(key) == 0)
        }
        #expect(seen == all)
        #expect(try storage.host.audit() == 0)
    }

    /// A value that says which prefix it belongs to, in each of its words.
    private static func value(_ key: [UInt8], _ salt: UInt64) -> [UInt8] { bytes(salt) + key + bytes(salt) + key }

    @Test("threads that update, delete, look up and iterate at once see whole values of prefixes that fit")
    func threadsLeaveAWholeTrie() throws {
        let storage = try Storage(.lpmTrie, key: 8, value: 24, entries: 64)
        // A prefix of every address, which stays: no look-up finds nothing.
        _ = try storage.host.set(prefix(0, [0, 0, 0, 0]), Self.value(prefix(0, [0, 0, 0, 0]), 1))
        onThreads(4) { thread in
            let map = storage.host(patience: 1 << 24)
            var random = SplitMix(state: UInt64(thread))
            for round in 0..<10_000 {
                var key = Self.randomKey(8, spread: 6, &random)
                if number(key[0..<4]) == 0 { key = prefix(7, [1, 1, 1, 1]) }
                switch random.next() % 8 {
                case 0..<3: _ = try map.set(key, Self.value(key, random.next() >> 32))
                case 3, 4: _ = try map.remove(key)
                case 5 where round % 256 == 0:
                    var last: [UInt8]?
                    for (key, value) in try map.elements() {
                        if value[4..<12] != key[...] { Issue.record("iteration gave \(value) for \(key)") }
                        last = key
                    }
                    if last != prefix(0, [0, 0, 0, 0]) { Issue.record("the iteration ended with \(last ?? [])") }
                default:
                    guard number(key[0..<4]) <= 32 else { break }
                    guard let value = try map.value(key) else {
                        Issue.record("\(key) has no prefix")
                        break
                    }
                    let found = Array(value[4..<12])
                    if value != Self.value(found, number(value[0..<4])) { Issue.record("\(value) is torn") }
                    if !PrefixModel.bits(key).starts(with: PrefixModel.bits(found)) {
                        Issue.record("\(found) is no prefix of \(key)")
                    }
                }
            }
        }
        let count = try storage.host.audit()
        #expect(try storage.host.elements().count == Int(count))
        #expect(storage.host.lockHolder == 0)
    }

    @Test("prefixes that stay are found and given out while others come and go around them, and through repairs")
    func stayingPrefixes() throws {
        let storage = try Storage(.lpmTrie, key: 8, entries: 64)
        let staying = [
            prefix(8, [10, 0, 0, 0]), prefix(24, [10, 1, 2, 0]), prefix(32, [10, 1, 2, 3]),
            prefix(12, [10, 0x80, 0, 0]),
        ]
        for (index, key) in staying.enumerated() { _ = try storage.host.set(key, bytes(UInt64(index), 8)) }
        onThreads(3) { thread in
            let map = storage.host(patience: 1 << 24)
            var random = SplitMix(state: UInt64(thread))
            if thread == 0 {
                for round in 0..<20_000 {
                    let key = prefix(
                        [9, 10, 16, 23, 25, 28, 31][Int(random.next() % 7)], [10, 1, UInt8(random.next() & 3), 3])
                    if random.next() & 1 == 0 { _ = try map.set(key, bytes(77, 8)) } else { _ = try map.remove(key) }
                    if round % 2_000 == 0 { _ = storage.host.repair() }
                }
                storage.flag.store(true, ordering: .releasing)
            } else {
                while !storage.flag.load(ordering: .acquiring) {
                    do throws(MapAccessError) {
                        if thread == 1 {
                            let keys = Set(try map.elements().map(\.key))
                            if !keys.isSuperset(of: staying) { storage.count.wrappingAdd(1, ordering: .relaxed) }
                        } else {
                            let (deep, wide) = (try map.value(staying[2]), try map.value(staying[3]))
                            if deep == bytes(2, 8), wide == bytes(3, 8) { continue }
                            storage.count.wrappingAdd(1, ordering: .relaxed)
                        }
                    } catch {
                        switch error {
                        case .busy: break
                        case .corrupt, .keySize, .valueSize, .noSuchLane: Issue.record("\(error)")
                        }
                    }
                }
            }
        }
        #expect(storage.count.load(ordering: .relaxed) == 0)
        _ = try storage.host.audit()
    }
}
