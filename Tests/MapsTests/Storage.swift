import CMapsTesting
import Channel
import Maps
import Synchronization

/// Storage of one map as the host has it: shared memory between guard pages, seen at an address of the cell.
final class Storage: @unchecked Sendable {
    static let address: UInt64 = 0x4000_0000

    let descriptor: MapDescriptor
    let memory: CellMemory
    let start: UnsafeMutableRawPointer
    /// For tests that run threads: when to stop, and what went wrong how often.
    let flag = Atomic(false)
    let count = Atomic(0)
    var size: Int { Int(descriptor.storageSize) }

    init(
        _ kind: MapKind, key: UInt32 = 4, value: UInt32 = 8, entries: UInt32, flags: UInt32 = 0, lanes: UInt32 = 1,
        extra: UInt64 = 0, atEnd: Bool = true
    ) throws {
        let layout = try MapLayout.plan(
            type: kind.rawValue, keySize: key, valueSize: value, maximumEntries: entries,
            flags: flags | kind.requiredFlags.rawValue, extra: extra, lanes: lanes)
        descriptor = try layout.descriptor(
            storageAt: Storage.address, seed: MapSeed(low: 0x0123_4567_89ab_cdef, high: 0xfedc_ba98_7654_3210))
        start = mapstest_map(Int(layout.size), atEnd ? 1 : 0)
        memory = CellMemory(unsafeBase: UInt(bitPattern: start) &- UInt(Storage.address))
        host.format()
    }

    deinit { mapstest_unmap(start, size) }

    var host: Map { Map(memory: memory, descriptor: descriptor, user: .host()) }
    func host(patience: UInt32) -> Map { Map(memory: memory, descriptor: descriptor, user: .host(patience: patience)) }
    func program(lane: UInt32 = 0, generation: UInt32 = 1) -> Map {
        Map(memory: memory, descriptor: descriptor, user: .program(lane: lane, generation: generation))
    }

    func copyContents(from other: Storage) { start.copyMemory(from: other.start, byteCount: size) }
    func copyContents(from bytes: [UInt8]) {
        UnsafeMutableRawBufferPointer(start: start, count: size).copyBytes(from: bytes)
    }
    var contents: [UInt8] { [UInt8](UnsafeRawBufferPointer(start: start, count: size)) }
}

extension Map {
    func value(_ key: [UInt8], lane: UInt32 = 0) throws(MapAccessError) -> [UInt8]? {
        var value = [UInt8](repeating: 0xaa, count: Int(descriptor.valueSize))
        var span = value.mutableSpan
        var bytes = span.mutableBytes
        let found = try copyValue(forKey: key.span.bytes, lane: lane, into: &bytes)
        return found ? value : nil
    }

    func set(_ key: [UInt8], _ value: [UInt8], lane: UInt32 = 0, mode: MapUpdate = .createOrReplace)
        throws(MapAccessError) -> Int64
    {
        try setValue(value.span.bytes, forKey: key.span.bytes, lane: lane, mode: mode)
    }

    func remove(_ key: [UInt8]) throws(MapAccessError) -> Int64 { try removeValue(forKey: key.span.bytes) }

    /// Everything that an iteration gives out, in its order.
    func elements(lane: UInt32 = 0) throws(MapAccessError) -> [(key: [UInt8], value: [UInt8])] {
        var key = [UInt8](repeating: 0, count: Int(descriptor.keySize))
        var value = [UInt8](repeating: 0, count: Int(descriptor.valueSize))
        var cursor = makeCursor()
        var all: [(key: [UInt8], value: [UInt8])] = []
        while try advance(&cursor, &key, &value, lane: lane) { all.append((key, value)) }
        return all
    }

    func advance(
        _ cursor: inout MapCursor, _ key: inout [UInt8], _ value: inout [UInt8], lane: UInt32 = 0
    ) throws(MapAccessError) -> Bool {
        var keySpan = key.mutableSpan
        var keyBytes = keySpan.mutableBytes
        var valueSpan = value.mutableSpan
        var valueBytes = valueSpan.mutableBytes
        return try next(&cursor, key: &keyBytes, value: &valueBytes, lane: lane)
    }

    func push(_ value: [UInt8], mode: MapUpdate = .createOrReplace) throws(MapAccessError) -> Int64 {
        try push(value.span.bytes, mode: mode)
    }

    /// What a queue answers, and the value it gave.
    func take(removes: Bool = true) throws(MapAccessError) -> (answer: Int64, value: [UInt8]) {
        var value = [UInt8](repeating: 0xaa, count: Int(descriptor.valueSize))
        var span = value.mutableSpan
        var bytes = span.mutableBytes
        let answer = try take(&bytes, removes: removes)
        return (answer, value)
    }

    func mayHold(_ value: [UInt8]) throws(MapAccessError) -> Bool { try mayHold(value.span.bytes) }

    func following(_ key: [UInt8]?) throws(MapAccessError) -> [UInt8]? {
        var next = [UInt8](repeating: 0, count: Int(descriptor.keySize))
        var span = next.mutableSpan
        var bytes = span.mutableBytes
        let found = try nextKey(after: key?.span.bytes, into: &bytes)
        return found ? next : nil
    }
}

/// Little-endian bytes of a number, as many as asked for.
func bytes(_ number: UInt64, _ count: Int = 4) -> [UInt8] {
    (0..<count).map {
        $0 < 8
            ? UInt8(truncatingIfNeeded: number >> UInt64($0 * 8))
            : UInt8(truncatingIfNeeded: number &* 31 &+ UInt64($0))
    }
}

func number(_ bytes: some Collection<UInt8>) -> UInt64 { bytes.prefix(8).reversed().reduce(0) { $0 << 8 | UInt64($1) } }

/// The same numbers in every run.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ z >> 30) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ z >> 27) &* 0x94d0_49bb_1331_11eb
        return z ^ z >> 31
    }
}
