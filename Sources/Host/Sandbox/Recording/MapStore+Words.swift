internal import Channel
internal import Linux
internal import Maps

/// The storage of maps as words: whatever the order of an LRU or the shape of a trie, it is the same again.
extension MapStore {
    /// Writes the words of all maps that are not 0, but for those of maps that programs may not write: they are the object's.
    ///
    /// ```
    /// maps u32, then for each: bytes of storage u64, and runs: offset u64, bytes u32, and these; a run of 0 bytes is the last
    /// ```
    func putWords(into bytes: inout [UInt8]) {
        bytes.append(UInt32(descriptors.count))
        for (index, descriptor) in descriptors.enumerated() {
            bytes.append(descriptor.storageSize)
            if !isFixed[index] { putRuns(of: descriptor, into: &bytes) }
            bytes.append(0 as UInt64)
            bytes.append(0 as UInt32)
        }
    }

    private func putRuns(of descriptor: MapDescriptor, into bytes: inout [UInt8]) {
        let end = descriptor.storageSize / 8 * 8
        var offset: UInt64 = 0
        while offset < end {
            guard memory.loadRelaxed64(descriptor.storageStart + offset) != 0 else {
                offset += 8
                continue
            }
            let start = offset
            bytes.append(start)
            let place = bytes.count
            bytes.append(0 as UInt32)
            // One 0 word costs less than a new run.
            while offset < end, offset - start < Self.longestRun {
                let word = memory.loadRelaxed64(descriptor.storageStart + offset)
                if word == 0 {
                    let isLast = offset + 8 >= end
                    if isLast || memory.loadRelaxed64(descriptor.storageStart + offset + 8) == 0 { break }
                }
                bytes.append(word)
                offset += 8
            }
            let length = UInt32(offset - start)
            for index in 0..<4 { bytes[place + index] = UInt8(truncatingIfNeeded: length >> (8 * UInt32(index))) }
        }
    }

    private static let longestRun: UInt64 = 1 << 30

    /// Makes the maps what they were. What a recording says is no better than what a cell writes: it is inside of the storage, and whoever reads
    /// that storage checks it; what could not have been left by a sound cell is repaired first.
    mutating func restore(
        _ contents: RecordedMaps, of recording: borrowing Span<UInt8>
    ) throws(RecordingError) {
        guard contents.sizes.count == descriptors.count else {
            throw .mapCount(got: contents.sizes.count, wanted: descriptors.count, offset: contents.offset)
        }
        for (index, descriptor) in descriptors.enumerated() where contents.sizes[index] != descriptor.storageSize {
            throw .mapSize(
                map: names[index], got: contents.sizes[index], wanted: descriptor.storageSize, offset: contents.offset)
        }
        for (index, descriptor) in descriptors.enumerated() where !isFixed[index] {
            memory.zero(descriptor.storageStart, count: Int(descriptor.storageSize / 8 * 8))
        }
        for run in contents.runs where !isFixed[run.map] {
            // The reader has held the run against the size that the map was said to have, and that is the map's, as was checked above.
            var address = descriptors[run.map].storageStart + run.offset
            for start in stride(from: run.bytes.lowerBound, to: run.bytes.upperBound, by: 8) {
                var word: UInt64 = 0
                for index in 0..<8 { word |= UInt64(recording[start + index]) << (8 * UInt64(index)) }
                memory.storeRelaxed64(address, word)
                address += 8
            }
        }
        lanes.lock.whileHeld {
            for place in lanes.readers.indices {
                map(at: lanes.readers[place].map).skipRecords(&lanes.readers[place].reader)
            }
        }
        for index in descriptors.indices {
            let map = map(at: index)
            if map.hasLock, map.lockHolder != 0 || (try? map.audit()) == nil { _ = map.repair() }
        }
        restoreReferences()
    }
}
