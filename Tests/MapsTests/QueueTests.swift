import Channel
import Maps
import Testing

@Suite(.serialized) struct QueueTests {
    static let kinds: [MapKind] = [.queue, .stack]

    @Test("the answers are Linux's", arguments: kinds)
    func answersLikeLinux(kind: MapKind) throws {
        let storage = try Storage(kind, key: 0, value: 12, entries: 2)
        let map = storage.host
        let nothing = [UInt8](repeating: 0, count: 12)
        #expect(try map.take() == (-2, nothing))
        #expect(try map.take(removes: false) == (-2, nothing))
        #expect(try map.push(bytes(1, 12)) == 0)
        #expect(try map.push(bytes(2, 12)) == 0)
        #expect(try map.push(bytes(3, 12)) == -7)
        #expect(try map.push(bytes(3, 12), mode: .create) == -22)
        #expect(try map.push(bytes(3, 12), mode: .replace) == 0)
        let first: UInt64 = kind == .queue ? 2 : 3
        #expect(try map.take(removes: false) == (0, bytes(first, 12)))
        #expect(try map.elements().map(\.value) == [bytes(first, 12), bytes(5 - first, 12)])
        #expect(try map.take() == (0, bytes(first, 12)))
        #expect(try map.take() == (0, bytes(5 - first, 12)))
        #expect(try map.take() == (-2, nothing))
        #expect(try map.set([], bytes(1, 12)) == -22)
        #expect(try map.remove([]) == -22)
        #expect(try map.value([]) == nil)
        // No byte of it is a program's.
        #expect(storage.descriptor.valuesStart == storage.descriptor.valuesEnd)
    }

    @Test("random operations agree with an array", arguments: kinds, [1, 2, 7, 64])
    func agreesWithAnArray(kind: MapKind, entries: Int) throws {
        let storage = try Storage(kind, key: 0, value: 20, entries: UInt32(entries))
        var model: [[UInt8]] = []
        var random = SplitMix(state: UInt64(entries))
        for _ in 0..<20_000 {
            let value = bytes(random.next(), 20)
            switch random.next() % 5 {
            case 0, 1:
                let replaces = random.next() & 3 == 0
                let isFull = model.count == entries
                #expect(
                    try storage.host.push(value, mode: replaces ? .replace : .createOrReplace)
                        == (isFull && !replaces ? -7 : 0))
                if isFull && replaces { model.removeFirst() }
                if !isFull || replaces { model.append(value) }
            default:
                let removes = random.next() & 1 == 0
                let expected = kind == .queue ? model.first : model.last
                let (answer, found) = try storage.host.take(removes: removes)
                #expect(answer == (expected == nil ? -2 : 0))
                #expect(found == expected ?? [UInt8](repeating: 0, count: 20))
                if removes, !model.isEmpty { if kind == .queue { model.removeFirst() } else { model.removeLast() } }
            }
            if random.next() % 64 == 0 {
                #expect(try storage.host.elements().map(\.value) == (kind == .queue ? model : model.reversed()))
                #expect(try storage.host.audit() == UInt32(model.count))
            }
        }
    }

    @Test("every value that threads push is popped once, and a queue keeps each thread's order", arguments: kinds)
    func losesNothing(kind: MapKind) throws {
        let storage = try Storage(kind, key: 0, value: 16, entries: 32)
        nonisolated(unsafe) let popped = [[UInt64]](repeating: [], count: 2).map { _ in Box<[UInt64]>([]) }
        onThreads(4) { thread in
            let map = storage.host(patience: 1 << 24)
            if thread < 2 {
                for round in UInt64(0)..<5_000 {
                    let value = UInt64(thread) << 32 | round
                    while try map.push(bytes(value, 8) + bytes(~value, 8)) != 0 { pause() }
                }
            } else {
                while popped[thread - 2].value.count < 5_000 {
                    let (answer, value) = try map.take()
                    guard answer == 0 else { continue }
                    if number(value[8..<16]) != ~number(value) { Issue.record("\(value) is torn") }
                    popped[thread - 2].value.append(number(value))
                }
            }
        }
        let all = popped.flatMap(\.value)
        #expect(Set(all).count == 10_000)
        guard kind == .queue else { return }
        for box in popped {
            for thread in UInt64(0)..<2 {
                let own = box.value.filter { $0 >> 32 == thread }
                #expect(own == own.sorted())
            }
        }
    }

    final class Box<Value> {
        var value: Value
        init(_ value: Value) { self.value = value }
    }

    @Test("ends that are none are refused, and a repair empties the queue", arguments: kinds)
    func refusesImpossibleEnds(kind: MapKind) throws {
        let storage = try Storage(kind, key: 0, entries: 4)
        _ = try storage.host.push(bytes(1, 8))
        let ends = storage.descriptor.storageStart + 16
        for word: UInt64 in [5, 5 << 32, .max, 1 << 31] {
            storage.memory.store64(ends, word)
            let error = #expect(throws: MapAccessError.self) { _ = try storage.host.push(bytes(1, 8)) }
            #expect(error?.description.contains("queue ends") == true)
            #expect(throws: MapAccessError.self) { _ = try storage.host.take() }
            #expect(throws: MapAccessError.self) { _ = try storage.host.elements() }
            #expect(storage.host.lockHolder == 0)
            #expect(storage.host.repair() == MapRepair(elements: 0, dropped: 0))
            #expect(try storage.host.push(bytes(1, 8)) == 0)
        }
        storage.memory.store64(storage.descriptor.storageStart, 77)
        #expect(throws: MapAccessError.busy(holder: 77)) { _ = try storage.host(patience: 9).take() }
        #expect(try storage.host.recover(fromDead: 77) == MapRepair(elements: 1, dropped: 0))
        #expect(try storage.host.take() == (0, bytes(1, 8)))
    }
}

@Suite struct FilterTests {
    @Test("what was pushed may be there; what was not, mostly is not", arguments: [0, 1, 3, 5, 15] as [UInt64])
    func answers(hashes: UInt64) throws {
        let storage = try Storage(.bloomFilter, key: 0, value: 12, entries: 1_000, extra: hashes)
        #expect(storage.descriptor.nodeCount == (hashes == 0 ? 5 : UInt32(hashes)))
        for value in UInt64(0)..<1_000 { #expect(try storage.host.push(bytes(value, 12)) == 0) }
        for value in UInt64(0)..<1_000 { #expect(try storage.host.mayHold(bytes(value, 12))) }
        let wrong = try (UInt64(10_000)..<20_000).filter { try storage.host.mayHold(bytes($0, 12)) }.count
        // One hash and 1,400 bits or more for 1,000 values: about every third; 15 hashes: one in 30,000.
        #expect(wrong < (hashes == 1 ? 4_500 : hashes == 3 ? 1_500 : 500), "\(wrong) of 10,000")
        #expect(try storage.host.push(bytes(1, 12), mode: .replace) == -22)
        let (set, bits) = storage.host.filterOccupancy()
        #expect(set > 0 && set <= 1_000 * UInt64(storage.descriptor.nodeCount) && bits.nonzeroBitCount == 1)
        #expect(try storage.host.elements().isEmpty)
        #expect(try storage.host.remove([]) == -95)
    }

    @Test(
        "its bits are as many as Linux takes",
        arguments: [(1, 64), (1_000, 8_192), (10, 128), (1 << 29, 1 << 32)] as [(UInt32, UInt64)])
    func sizes(entries: UInt32, bits: UInt64) throws {
        let layout = try MapLayout.plan(type: 30, keySize: 0, valueSize: 4, maximumEntries: entries, flags: 0)
        #expect(UInt64(layout.bucketMask) + 1 == bits)
        #expect(layout.size >= bits / 8)
        #expect(throws: MapError.unsupportedExtra(16, .bloomFilter)) {
            _ = try MapLayout.plan(type: 30, keySize: 0, valueSize: 4, maximumEntries: 1, flags: 0, extra: 16)
        }
    }
}
