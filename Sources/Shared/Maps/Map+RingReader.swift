import Channel

/// How far the host has read in a lane's ring. The position that cells see is a copy of this one: they cannot move it.
package struct RingReader: Sendable {
    package let lane: UInt32
    fileprivate var position: UInt64 = 0

    package init(lane: UInt32 = 0) { self.lane = lane }
}

/// For the host alone: reading what programs have written, of which nothing is believed.
extension Map {
    /// Where the records end that are there now: as far as a reader may go at a time, or a cell that never stops writing would keep it.
    package func end(ofRecordsFor reader: RingReader) -> UInt64 {
        let available = memory.loadAcquire64(ring(ofLane: reader.lane) &+ RingStorage.producer) &- reader.position
        return reader.position &+ min(available, UInt64(descriptor.bucketMask) &+ 1)
    }

    /// How many bytes the next committed record has, after skipping those that were discarded; nil where none is ready.
    ///
    /// - Parameter end: what ``end(ofRecordsFor:)`` said; no record that begins there or behind is looked at.
    package func sizeOfNextRecord(
        _ reader: inout RingReader, before end: UInt64
    ) throws(MapAccessError) -> Int? {
        guard descriptor.structure == .ring, reader.lane < descriptor.laneCount else {
            throw .noSuchLane(got: reader.lane, limit: descriptor.structure == .ring ? descriptor.laneCount : 0)
        }
        while end &- reader.position &- 1 <= UInt64(descriptor.bucketMask),
            let record = try record(at: reader.position, in: ring(ofLane: reader.lane))
        {
            guard record.word & RingStorage.busy == 0 else { return nil }
            guard record.word & RingStorage.discarded != 0 else { return record.size }
            give(back: record, &reader)
        }
        return nil
    }

    /// Copies the record that ``sizeOfNextRecord(_:)`` has found and gives its room back.
    ///
    /// - Parameter bytes: as many as the record had when its size was asked for.
    /// - Throws: where it has another size now.
    package func takeRecord(_ reader: inout RingReader, into bytes: inout MutableRawSpan) throws(MapAccessError) {
        guard let record = try record(at: reader.position, in: ring(ofLane: reader.lane)),
            record.word & (RingStorage.busy | RingStorage.discarded) == 0, record.size == bytes.byteCount
        else { throw corruption(.ringRecord, UInt64(bytes.byteCount), limit: 0) }
        copy(UInt32(record.size), from: record.header &+ RingStorage.headerSize, to: &bytes)
        give(back: record, &reader)
    }

    private func give(back record: Record, _ reader: inout RingReader) {
        reader.position &+= record.length
        memory.storeRelease64(ring(ofLane: reader.lane) &+ RingStorage.consumer, reader.position)
    }

    /// Gives up what lies between the reader and the writers: for a ring that was found corrupt.
    package func skipRecords(_ reader: inout RingReader) {
        let ring = ring(ofLane: reader.lane)
        reader.position = memory.loadAcquire64(ring &+ RingStorage.producer) & ~7
        memory.storeRelease64(ring &+ RingStorage.producer, reader.position)
        memory.storeRelease64(ring &+ RingStorage.consumer, reader.position)
    }

    /// How many records found no room, as the cell says.
    package func lostRecords(ofLane lane: UInt32) -> UInt64 {
        memory.loadAcquire64(ring(ofLane: lane) &+ RingStorage.lost)
    }

    private struct Record {
        let header: UInt64
        let word: UInt32
        let size: Int
        /// Bytes to the next record.
        let length: UInt64
    }

    /// The record at a position, or nil at the producer's.
    private func record(at position: UInt64, in ring: UInt64) throws(MapAccessError) -> Record? {
        let capacity = UInt64(descriptor.bucketMask) &+ 1
        let available = memory.loadAcquire64(ring &+ RingStorage.producer) &- position
        guard available > 0 else { return nil }
        guard available < capacity, available & 7 == 0 else {
            throw corruption(.ringPosition, available, limit: capacity)
        }
        let header = ring &+ RingStorage.data &+ (position & UInt64(descriptor.bucketMask))
        let word = memory.loadAcquire32(header)
        let size = UInt64(word & ~(RingStorage.busy | RingStorage.discarded))
        let length = (size &+ RingStorage.headerSize &+ 7) & ~7
        guard length <= available else { throw corruption(.ringRecord, size, limit: available) }
        return Record(header: header, word: word, size: Int(size), length: length)
    }

    /// Takes back what a dead cell had reserved and not committed, so that the reader gets past it.
    ///
    /// - Returns: how many records were taken back.
    package func discardReservations(ofDead identity: UInt64, readers: [RingReader]) -> Int {
        var count = 0
        for reader in readers {
            let ring = ring(ofLane: reader.lane)
            var position = reader.position
            do throws(MapAccessError) {
                while let record = try record(at: position, in: ring) {
                    let owner = memory.loadAcquire32(record.header &+ 4)
                    if record.word & RingStorage.busy != 0, owner == UInt32(truncatingIfNeeded: identity) {
                        _ = memory.exchange32(record.header, UInt32(record.size) | RingStorage.discarded)
                        count += 1
                    }
                    position &+= record.length
                }
            } catch {
                // What no sound writer leaves ends here; what is before it stays.
                memory.storeRelease64(ring &+ RingStorage.producer, position)
            }
        }
        return count
    }
}
