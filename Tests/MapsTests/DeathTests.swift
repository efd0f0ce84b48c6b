import CMapsTesting
import Channel
import Maps
import Testing

/// What a cell leaves behind that dies in the middle of a write. The cells here are processes, killed for real.
@Suite(.serialized) struct DeathTests {
    struct Work: Sendable, CustomTestStringConvertible {
        let name: String
        let before: [UInt64: UInt64]
        let key: UInt64
        /// Nil deletes.
        let value: UInt64?
        var testDescription: String { name }

        var after: [UInt64: UInt64] {
            var after = before
            after[key] = value
            return after
        }
    }

    /// Keys 0...3 of the same bucket of four, and one of another.
    static let keys: (same: [UInt64], other: UInt64) = {
        func bucket(_ key: UInt64) -> UInt32 {
            // In a new map of one entry the first node is node 0, and says which hash its key has.
            guard let probe = try? Storage(.hash, entries: 1), (try? probe.host.set(bytes(key), bytes(0, 8))) == 0
            else {
                preconditionFailure("a map of one entry takes one entry")
            }
            return probe.memory.load32(probe.descriptor.nodesStart + 4) & 3
        }
        let candidates = UInt64(1)...100
        return (Array(candidates.filter { bucket($0) == 0 }.prefix(4)), candidates.first { bucket($0) != 0 } ?? 0)
    }()

    static let works: [Work] = {
        let chain = Dictionary(uniqueKeysWithValues: keys.same.prefix(3).map { ($0, $0 + 100) })
        let full = Dictionary(uniqueKeysWithValues: keys.same.map { ($0, $0 + 100) })
        return [
            Work(name: "insert into an empty map", before: [:], key: 5, value: 50),
            Work(name: "insert before a chain", before: chain, key: keys.same[3], value: 50),
            Work(name: "insert into another bucket", before: chain, key: keys.other, value: 50),
            Work(name: "replace the last of a chain", before: chain, key: keys.same[0], value: 50),
            Work(name: "replace the middle of a chain", before: chain, key: keys.same[1], value: 50),
            Work(name: "replace the first of a chain", before: chain, key: keys.same[2], value: 50),
            Work(name: "replace in a full map", before: full, key: keys.same[1], value: 50),
            Work(name: "delete the last of a chain", before: chain, key: keys.same[0], value: nil),
            Work(name: "delete the middle of a chain", before: chain, key: keys.same[1], value: nil),
            Work(name: "delete the first of a chain", before: chain, key: keys.same[2], value: nil),
            Work(name: "delete from a full map", before: full, key: keys.same[2], value: nil),
            Work(name: "delete the only one", before: [5: 50], key: 5, value: nil),
        ]
    }()

    static func contents(_ map: Map) throws -> [UInt64: UInt64] {
        Dictionary(
            try map.elements().map { (number($0.key), number($0.value[0..<8])) }, uniquingKeysWith: { _, _ in .max })
    }

    /// Two words that belong together, so that half a value is seen.
    static func value(_ number: UInt64) -> [UInt8] { bytes(number, 8) + bytes(~number, 8) }

    final class Writer {
        let map: Map
        let key: [UInt8]
        let value: [UInt8]?
        init(_ map: Map, _ key: [UInt8], _ value: [UInt8]?) { (self.map, self.key, self.value) = (map, key, value) }
    }

    @Test(
        "a writer that dies after any instruction loses nothing and wedges nobody", arguments: works,
        [MapKind.hash, .lruHash])
    func diesAnywhere(work: Work, kind: MapKind) throws {
        let storage = try Storage(kind, value: 16, entries: 4)
        let copy = try Storage(kind, value: 16, entries: 4)
        for (key, value) in work.before.sorted(by: { $0.key < $1.key }) {
            _ = try storage.host.set(bytes(key), Self.value(value))
        }
        let cell = storage.program(generation: 9)
        let writer = Writer(cell, bytes(work.key), work.value.map(Self.value))
        let child = withExtendedLifetime(writer) {
            mapstest_start(
                { context in
                    let writer = Unmanaged<Writer>.fromOpaque(context).takeUnretainedValue()
                    if let value = writer.value {
                        _ = try? writer.map.set(writer.key, value)
                    } else {
                        _ = try? writer.map.remove(writer.key)
                    }
                }, Unmanaged.passUnretained(writer).toOpaque(), 1)
        }

        var last = storage.contents
        var states = 0
        var isCommitted = false
        var hasLocked = false
        while last.withUnsafeMutableBytes({ mapstest_step(child, storage.start, $0.baseAddress, $0.count) }) == 1 {
            states += 1
            copy.copyContents(from: last)
            hasLocked = hasLocked || copy.host.lockHolder == cell.user.identity
            // What readers see before the repair must still be so after it.
            for (key, value) in work.before where key != work.key {
                #expect(try copy.host.value(bytes(key)) == Self.value(value))
            }
            let seen = try copy.host.value(bytes(work.key)).map { number($0[0..<8]) }
            #expect(seen == work.before[work.key] || seen == work.value)
            isCommitted = isCommitted || seen == work.value
            let repair = try copy.host.recover(fromDead: cell.user.identity)
            #expect(repair != nil || copy.host.lockHolder == 0)
            let found = try Self.contents(copy.host)
            #expect(found == work.after || !isCommitted && found == work.before, "state \(states)")
            isCommitted = isCommitted || found == work.after
            #expect(try copy.host.audit() == UInt32(found.count))
            if let repair { #expect(repair == MapRepair(elements: UInt32(found.count), dropped: 0)) }
            #expect(try copy.host.set(bytes(work.key), Self.value(1)) == 0 || found.count == 4)
            #expect(try copy.host.remove(bytes(work.key)) == 0 || found.count == 4)
        }
        #expect(states >= 5 && hasLocked && isCommitted)
        #expect(try Self.contents(storage.host) == work.after)
        #expect(storage.host.lockHolder == 0)
    }

    /// A sequence of operations that both sides know, and a word that says how many are done.
    final class Sequence {
        let map: Map
        let done: UnsafeMutableRawPointer
        var random: SplitMix
        init(_ map: Map, _ done: UnsafeMutableRawPointer, seed: UInt64) {
            (self.map, self.done, random) = (map, done, SplitMix(state: seed))
        }

        static func step(_ random: inout SplitMix) -> (key: UInt64, value: UInt64?) {
            let word = random.next()
            return (word % 24, word >> 32 & 3 == 0 ? nil : word >> 8)
        }
    }

    @Test("a map outlives two thousand cells that are killed while they write")
    func outlivesKilledCells() throws {
        let storage = try Storage(.hash, value: 16, entries: 16)
        let page = mapstest_map(4096, 0)
        defer { mapstest_unmap(page, 4096) }
        let done = CellMemory(unsafeBase: UInt(bitPattern: page))
        var random = SplitMix(state: 1)
        var model: [UInt64: UInt64] = [:]
        var repairs = 0
        for round in UInt32(1)...2_200 {
            done.storeRelease64(0, 0)
            let cell = storage.program(generation: round)
            let sequence = Sequence(cell, page, seed: UInt64(round))
            let child = withExtendedLifetime(sequence) {
                mapstest_start(
                    { context in
                        let sequence = Unmanaged<Sequence>.fromOpaque(context).takeUnretainedValue()
                        let done = CellMemory(unsafeBase: UInt(bitPattern: sequence.done))
                        var count: UInt64 = 0
                        while true {
                            let step = Sequence.step(&sequence.random)
                            if let value = step.value {
                                _ = try? sequence.map.set(bytes(step.key), DeathTests.value(value))
                            } else {
                                _ = try? sequence.map.remove(bytes(step.key))
                            }
                            count += 1
                            done.storeRelease64(0, count)
                        }
                    }, Unmanaged.passUnretained(sequence).toOpaque(), 0)
            }
            while done.loadAcquire64(0) == 0 { mapstest_sleep(20_000) }
            mapstest_sleep(UInt64.random(in: 0..<100_000, using: &random))
            #expect(mapstest_kill(child) == 0)

            if try storage.host.recover(fromDead: cell.user.identity) != nil { repairs += 1 }
            var replay = SplitMix(state: UInt64(round))
            func apply(_ step: (key: UInt64, value: UInt64?)) {
                if step.value == nil || model[step.key] != nil || model.count < 16 { model[step.key] = step.value }
            }
            for _ in 0..<done.loadAcquire64(0) { apply(Sequence.step(&replay)) }
            let found = try Self.contents(storage.host)
            // The last operation either happened or not.
            if found != model { apply(Sequence.step(&replay)) }
            #expect(found == model, "round \(round)")
            #expect(try storage.host.audit() == UInt32(found.count))
            for (key, value) in found { #expect(try storage.host.value(bytes(key)) == Self.value(value)) }
            if found != model { break }
        }
        // A cell holds the lock most of its time here, so most of them die with it.
        #expect(repairs > 200)
    }
}
