import Channel
import Foundation
import Glibc
import Maps
import Synchronization
import Testing

/// A ring as every process has it: its data mapped twice.
final class RingMemory: @unchecked Sendable {
    let descriptor: MapDescriptor
    let memory: CellMemory
    private let start: UnsafeMutableRawPointer
    let finished = Atomic(0)

    init(_ kind: MapKind = .ringbuf, bytes: UInt32 = 4096, lanes: UInt32 = 1) throws {
        let isPerf = kind == .perfEventArray
        let layout = try MapLayout.plan(
            type: kind.rawValue, keySize: isPerf ? 4 : 0, valueSize: isPerf ? 4 : 0,
            maximumEntries: isPerf ? 0 : bytes, flags: 0, lanes: lanes)
        descriptor = try layout.descriptor(storageAt: Storage.address, seed: MapSeed(low: 1, high: 2))
        var name = Array("/dev/shm/ring-XXXXXX".utf8CString)
        let file = mkstemp(&name)
        unlink(name)
        defer { close(file) }
        try #require(file >= 0 && ftruncate(file, Int(layout.size)) == 0)
        start = try #require(
            mmap(nil, Int(layout.size), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0))
        for lane in 0..<descriptor.laneCount {
            let data = try #require(descriptor.ringData(ofLane: lane))
            let offset = Int(data.start - Storage.address)
            let again = mmap(
                start + offset + Int(data.size), Int(data.size), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, file,
                offset)
            try #require(again == start + offset + Int(data.size))
        }
        memory = CellMemory(unsafeBase: UInt(bitPattern: start) &- UInt(Storage.address))
    }

    deinit { munmap(start, Int(descriptor.storageSize)) }

    var host: Map { Map(memory: memory, descriptor: descriptor, user: .host()) }
    func program(lane: UInt32 = 0, generation: UInt32 = 1) -> Map {
        Map(memory: memory, descriptor: descriptor, user: .program(lane: lane, generation: generation))
    }

    func store(_ bytes: [UInt8], at address: UInt64) {
        for (offset, byte) in bytes.enumerated() { memory.store8(address + UInt64(offset), byte) }
    }

    var words: Int { Int(descriptor.storageSize / 8) }
}

extension Map {
    func take(_ reader: inout RingReader) throws(MapAccessError) -> [UInt8]? {
        guard let size = try sizeOfNextRecord(&reader, before: end(ofRecordsFor: reader)) else { return nil }
        var bytes = [UInt8](repeating: 0xAA, count: size)
        var span = bytes.mutableSpan
        var room = span.mutableBytes
        try takeRecord(&reader, into: &room)
        return bytes
    }
}

@Suite("Rings")
struct RingTests {
    @Test("records come out as they went in, discarded ones never, whatever their sizes and wherever the ring ends")
    func model() throws {
        let ring = try RingMemory()
        var random = SplitMix(state: 0x5EED_0600)
        var reader = RingReader()
        var expected: [[UInt8]] = []
        var open: [(address: UInt64, bytes: [UInt8])] = []
        var taken = 0
        var refused = 0
        for _ in 0..<50_000 {
            switch Int.random(in: 0..<4, using: &random) {
            case 0, 1:
                let size = Int.random(in: 0...(Int.random(in: 0..<8, using: &random) == 0 ? 3000 : 60), using: &random)
                let bytes = (0..<size).map { _ in UInt8.random(in: 0...255, using: &random) }
                let address = try ring.program().reserve(size: UInt64(size))
                guard address != 0 else {
                    refused += 1
                    continue
                }
                ring.store(bytes, at: address)
                open.append((address, bytes))
            case 2:
                // In the order of their reservation, or nobody knew which are ready.
                guard !open.isEmpty else { continue }
                let record = open.removeFirst()
                let discards = Bool.random(using: &random)
                #expect(ring.program().commit(record.address, discards: discards))
                #expect(!ring.program().commit(record.address, discards: discards))
                if !discards { expected.append(record.bytes) }
            default:
                while let bytes = try ring.host.take(&reader) {
                    #expect(!expected.isEmpty && bytes == expected.removeFirst())
                    taken += 1
                }
                #expect(expected.isEmpty)
            }
        }
        #expect(taken > 3_000 && refused > 100)
        #expect(ring.host.lostRecords(ofLane: 0) == UInt64(refused))
    }

    @Test("what was reserved later waits for what was reserved before")
    func order() throws {
        let ring = try RingMemory()
        var reader = RingReader()
        let first = try ring.program().reserve(size: 8)
        let second = try ring.program().reserve(size: 8)
        ring.memory.store64(first, 1)
        ring.memory.store64(second, 2)
        #expect(ring.program().commit(second, discards: false))
        #expect(try ring.host.take(&reader) == nil)
        #expect(ring.program().commit(first, discards: false))
        #expect(try ring.host.take(&reader)?[0] == 1)
        #expect(try ring.host.take(&reader)?[0] == 2)
    }

    @Test("only a record that is still open can be committed")
    func wrongRecords() throws {
        let ring = try RingMemory()
        let record = try ring.program().reserve(size: 64)
        for address in [record + 8, record - 8, record + 1, record + 4096, 0, 8, .max, ring.descriptor.storageStart] {
            #expect(!ring.program().commit(address, discards: false))
        }
        #expect(ring.program().commit(record, discards: false))
    }

    @Test("writers on every lane and a reader at once lose nothing that found room", .timeLimit(.minutes(2)))
    func concurrency() throws {
        let ring = try RingMemory(bytes: 1 << 14)
        let writers = 3
        let written = (0..<writers).map { lane in
            let box = Counter()
            Thread.detachNewThread {
                for number in 0..<40_000 as Range<UInt64> {
                    let map = ring.program(lane: UInt32(lane))
                    let size = 8 + number % 5 * 8
                    guard let address = try? map.reserve(size: size), address != 0 else { continue }
                    ring.memory.store64(address, UInt64(lane) << 32 | number)
                    if !map.commit(address, discards: false) { box.value.add(1 << 32, ordering: .relaxed) }
                    box.value.add(1, ordering: .relaxed)
                }
                ring.finished.add(1, ordering: .releasing)
            }
            return box
        }
        var reader = RingReader()
        var last = [Int](repeating: -1, count: writers)
        var seen = [Int](repeating: 0, count: writers)
        var isLast = false
        while true {
            while let bytes = try ring.host.take(&reader) {
                let word = bytes.prefix(8).reversed().reduce(0 as UInt64) { $0 << 8 | UInt64($1) }
                let (lane, number) = (Int(word >> 32), Int(word & 0xFFFF_FFFF))
                #expect(lane < writers && number > last[lane] && bytes.count == 8 + number % 5 * 8)
                last[lane] = number
                seen[lane] += 1
            }
            if isLast { break }
            isLast = ring.finished.load(ordering: .acquiring) == writers
        }
        for lane in 0..<writers { #expect(written[lane].value.load(ordering: .relaxed) == seen[lane]) }
        #expect(seen.reduce(0, +) > 1_000)
    }

    final class Counter: Sendable { let value = Atomic(0) }

    @Test("what a dead cell had reserved is taken back, and nobody else's")
    func death() throws {
        let ring = try RingMemory()
        var reader = RingReader()
        let dead = try ring.program(lane: 0).reserve(size: 16)
        let alive = try ring.program(lane: 1).reserve(size: 16)
        #expect(dead != 0 && alive != 0)
        let identity = MapUser.program(lane: 0, generation: 1).identity
        #expect(ring.host.discardReservations(ofDead: identity, readers: [reader]) == 1)
        #expect(try ring.host.take(&reader) == nil)
        #expect(ring.program(lane: 1).commit(alive, discards: false))
        #expect(try ring.host.take(&reader)?.count == 16)
    }

    @Test("whatever a hostile cell writes, the reader ends, with records or a named refusal")
    func hostile() throws {
        var random = SplitMix(state: 0x5EED_0601)
        var refusals = 0
        var records = 0
        for round in 0..<2_000 {
            let ring = try RingMemory()
            var reader = RingReader()
            for number in 0..<20 as Range<UInt64> {
                _ = try ring.program().output(
                    ring.descriptor.storageStart, size: number * 3, tail: ring.descriptor.storageStart)
            }
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                // Positions, headers and anything else.
                let place =
                    switch Int.random(in: 0..<3, using: &random) {
                    case 0: ring.descriptor.storageStart + RingStorage.producer
                    case 1: ring.descriptor.valuesStart + UInt64.random(in: 0..<80, using: &random) * 8
                    default:
                        ring.descriptor.storageStart + UInt64.random(in: 0..<UInt64(ring.words), using: &random) * 8
                    }
                let word = UInt64.random(in: 0...(.max), using: &random) >> UInt64.random(in: 0..<64, using: &random)
                ring.memory.store64(place, word)
            }
            // A walk for a dead cell's records ends the ring where it finds what cannot be; a reader says so.
            let isWalked = round % 2 == 0
            if isWalked { _ = ring.host.discardReservations(ofDead: 1, readers: [reader]) }
            do throws(MapAccessError) {
                while let bytes = try ring.host.take(&reader) {
                    records += 1
                    #expect(bytes.count < 4096)
                }
            } catch {
                refusals += 1
                #expect(!isWalked)
                guard case .corrupt = error else {
                    Issue.record("round \(round): \(error)")
                    continue
                }
                ring.host.skipRecords(&reader)
                #expect(try ring.host.take(&reader) == nil)
            }
            // The ring goes on, for whoever writes it soundly.
            if try ring.program().reserve(size: 8) == 0 { continue }
        }
        #expect(refusals > 50 && records > 5_000)
    }

    @Test("a cell that goes on writing does not keep the reader", arguments: [false, true])
    func endless(discards: Bool) throws {
        let ring = try RingMemory()
        var reader = RingReader()
        func write() throws {
            let record = try ring.program().reserve(size: 8)
            #expect(record != 0 && ring.program().commit(record, discards: discards))
        }
        for _ in 0..<3 { try write() }
        let end = ring.host.end(ofRecordsFor: reader)
        var taken = 0
        for _ in 0..<3 {
            try write()
            guard let size = try ring.host.sizeOfNextRecord(&reader, before: end) else { break }
            var bytes = [UInt8](repeating: 0, count: size)
            var span = bytes.mutableSpan
            var room = span.mutableBytes
            try ring.host.takeRecord(&reader, into: &room)
            taken += 1
        }
        #expect(taken == (discards ? 0 : 3))
        #expect(try ring.host.sizeOfNextRecord(&reader, before: end) == nil)
        #expect(ring.host.end(ofRecordsFor: reader) - end == (discards ? 1 : 3) * 16)
    }

    @Test("lanes of a perf event array have rings of their own")
    func lanes() throws {
        let ring = try RingMemory(.perfEventArray, lanes: 3)
        var readers = (0..<3).map { RingReader(lane: $0) }
        let text = ring.descriptor.storageStart
        for lane in 0..<3 as Range<UInt32> {
            #expect(try ring.program(lane: lane).output(text, size: UInt64(lane) + 1, tail: text, lane: lane))
        }
        for lane in 0..<3 {
            #expect(try ring.host.take(&readers[lane])?.count == lane + 1)
            #expect(try ring.host.take(&readers[lane]) == nil)
        }
    }

    @Test("sizes that no ring has are refused", arguments: [1, 4095, 4097, 6144, 1 << 29] as [UInt32])
    func sizes(bytes: UInt32) {
        #expect(throws: MapError.ringSize(got: bytes)) {
            try MapLayout.plan(type: 27, keySize: 0, valueSize: 0, maximumEntries: bytes, flags: 0)
        }
    }
}
