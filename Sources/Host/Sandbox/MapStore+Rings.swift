internal import Linux
internal import Maps

/// A record that a program handed out, through a ring buffer or a perf event array.
package struct RingRecord: Equatable, Sendable {
    package let map: String
    /// The lane that wrote it, of a perf event array.
    package let lane: UInt32
    package let bytes: [UInt8]

    package init(map: String, lane: UInt32, bytes: [UInt8]) {
        self.map = map
        self.lane = lane
        self.bytes = bytes
    }
}

extension MapStore {
    /// Whether any map is a ring.
    package var hasRings: Bool { lanes.hasRings }

    /// Takes records out of the rings, in the order of the maps and of each ring, at most `limit`, and of each ring at most what is there
    /// as it begins.
    ///
    /// A ring in which a cell has left what no program writes is emptied, and counted in `corrupt`.
    package mutating func takeRecords(limit: Int, corrupt: inout UInt64) -> [RingRecord] {
        lanes.lock.whileHeld {
            var records: [RingRecord] = []
            for place in lanes.readers.indices {
                let index = lanes.readers[place].map
                let map = map(at: index)
                let end = map.end(ofRecordsFor: lanes.readers[place].reader)
                while records.count < limit {
                    do throws(MapAccessError) {
                        guard let bytes = try Self.nextRecord(of: map, &lanes.readers[place].reader, before: end) else {
                            break
                        }
                        records.append(
                            RingRecord(map: names[index], lane: lanes.readers[place].reader.lane, bytes: bytes))
                    } catch {
                        corrupt += 1
                        map.skipRecords(&lanes.readers[place].reader)
                        break
                    }
                }
            }
            return records
        }
    }

    /// How many records found no room, as the cells say.
    package var claimedLostRecords: UInt64 {
        lanes.lock.whileHeld {
            lanes.readers.reduce(0) { $0 &+ map(at: $1.map).lostRecords(ofLane: $1.reader.lane) }
        }
    }

    private static func nextRecord(
        of map: Map, _ reader: inout RingReader, before end: UInt64
    ) throws(MapAccessError) -> [UInt8]? {
        guard let size = try map.sizeOfNextRecord(&reader, before: end) else { return nil }
        var bytes = [UInt8](repeating: 0, count: size)
        var span = bytes.mutableSpan
        // SAFETY: every bit pattern is a byte.
        var room = unsafe span.mutableBytes
        try map.takeRecord(&reader, into: &room)
        return bytes
    }
}
