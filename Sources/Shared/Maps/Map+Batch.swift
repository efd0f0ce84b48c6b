import Channel

/// What came of an operation on many elements.
package struct MapBatch: Equatable, Sendable {
    /// Keys of the elements, one after the other.
    package var keys: [UInt8] = []
    /// Their values. Of a per-CPU map, those of all lanes, each rounded up to eight bytes, as Linux's system calls have them.
    package var values: [UInt8] = []
    /// How many elements it was.
    package var count: Int
    /// 0, or the negative errno of Linux: `-ENOENT` at the end of the map.
    package var answer: Int64
    /// Where the next call goes on; nil where nothing was found out about that.
    package var token: [UInt8]?

    package init(count: Int = 0, answer: Int64 = 0) {
        self.count = count
        self.answer = answer
    }
}

/// Operations on many elements at once (`BPF_MAP_LOOKUP_BATCH` and so on: `bpf_map_do_batch`, kernel/bpf/syscall.c). For the host alone; nothing
/// in the image reaches this file.
///
/// What is read or written is each element by itself: no moment is said at which the map held all of them. A call takes bounded time, whatever
/// others do to the map meanwhile, and whatever a hostile cell has written there.
extension Map {
    /// Copies elements.
    ///
    /// - Parameters:
    ///   - token: of the call before; nil at the beginning.
    ///   - count: at most so many. Of a hash whole buckets are given out, so one that has more is `-ENOSPC` where it comes first.
    ///   - elementFlags: none means anything here; as in Linux, whatever is set is `-EINVAL`.
    package func lookupBatch(
        from token: [UInt8]?, count: Int, elementFlags: UInt64 = 0
    ) throws(MapAccessError) -> MapBatch {
        guard elementFlags == 0 else { return MapBatch(answer: LinuxErrno.invalid) }
        switch descriptor.structure {
        case .hash: return try hashBatch(from: token, count: count, removes: false)
        case .array, .trie: return try plainBatch(from: token, count: count)
        case .queue, .filter, .ring: return MapBatch(answer: LinuxErrno.noSuchOperation)
        }
    }

    /// Takes elements out: as ``lookupBatch(from:count:elementFlags:)``, each gone once it is given out. Only hashes have it.
    package func takeBatch(
        from token: [UInt8]?, count: Int, elementFlags: UInt64 = 0
    ) throws(MapAccessError) -> MapBatch {
        guard descriptor.structure == .hash else { return MapBatch(answer: LinuxErrno.noSuchOperation) }
        guard elementFlags == 0 else { return MapBatch(answer: LinuxErrno.invalid) }
        return try hashBatch(from: token, count: count, removes: true)
    }

    /// Creates or replaces elements, in order, until one is refused: `count` is then its place, `answer` why.
    package func updateBatch(
        keys: [UInt8], values: [UInt8], count: Int, elementFlags: UInt64 = 0
    ) throws(MapAccessError) -> MapBatch {
        switch descriptor.structure {
        case .hash, .trie, .array: break
        case .queue, .filter, .ring: return MapBatch(answer: LinuxErrno.noSuchOperation)
        }
        // What holds references is not filled by bytes.
        guard !descriptor.holdsReferences else {
            return MapBatch(answer: LinuxErrno.noSuchOperation)
        }
        guard elementFlags == 0 else { return MapBatch(answer: LinuxErrno.invalid) }
        let keySize = Int(descriptor.keySize)
        try checkBatch(keys.count, keySize, count) { .keySize(got: $0, expected: $1) }
        try checkBatch(values.count, batchValueSize, count) { .valueSize(got: $0, expected: $1) }
        var batch = MapBatch()
        while batch.count < count {
            let key = keys[batch.count * keySize..<(batch.count + 1) * keySize]
            let start = batch.count * batchValueSize
            for lane in 0..<descriptor.laneCount {
                let at = start + Int(lane) * Int(descriptor.valueStride)
                let value = values[at..<at + Int(descriptor.valueSize)]
                // SAFETY (both): the bytes of byte arrays.
                batch.answer = unsafe try setValue(value.span.bytes, forKey: key.span.bytes, lane: lane)
                guard batch.answer == 0 else { return batch }
            }
            batch.count += 1
        }
        return batch
    }

    /// Deletes keys, in order, until one is refused: `count` is then its place, `answer` why.
    package func removeBatch(
        keys: [UInt8], count: Int, elementFlags: UInt64 = 0
    ) throws(MapAccessError) -> MapBatch {
        switch descriptor.structure {
        case .hash, .trie: break
        case .array, .queue, .filter, .ring: return MapBatch(answer: LinuxErrno.noSuchOperation)
        }
        guard elementFlags == 0 else { return MapBatch(answer: LinuxErrno.invalid) }
        let keySize = Int(descriptor.keySize)
        try checkBatch(keys.count, keySize, count) { .keySize(got: $0, expected: $1) }
        var batch = MapBatch()
        while batch.count < count {
            let key = keys[batch.count * keySize..<(batch.count + 1) * keySize]
            // SAFETY: the bytes of a byte array.
            batch.answer = unsafe try removeValue(forKey: key.span.bytes)
            guard batch.answer == 0 else { return batch }
            batch.count += 1
        }
        return batch
    }

    /// Bytes of one element's value in a batch.
    package var batchValueSize: Int {
        descriptor.isPerCPU
            ? Int(descriptor.valueStride) * Int(descriptor.laneCount) : Int(descriptor.valueSize)
    }

    /// Bytes of a token: the number of a bucket, or the last key.
    package var batchTokenSize: Int { descriptor.structure == .hash ? 4 : Int(descriptor.keySize) }

    private func checkBatch(
        _ bytes: Int, _ each: Int, _ count: Int, _ error: (Int, Int) -> MapAccessError
    ) throws(MapAccessError) {
        let (expected, overflows) = each.multipliedReportingOverflow(by: count)
        guard count >= 0, !overflows, bytes == expected else { throw error(bytes, overflows ? .max : expected) }
    }

    /// Element after element in the order of keys (`generic_map_lookup_batch`).
    private func plainBatch(from token: [UInt8]?, count: Int) throws(MapAccessError) -> MapBatch {
        if let token { try check(key: token.count) }
        var batch = MapBatch()
        var previous = token
        // An element that goes between the look for its key and the look for its value costs a step, not a place in the answer.
        var steps = WalkBudget(nodeCount: max(descriptor.nodeCount, descriptor.maximumEntries)).steps
        while batch.count < count {
            guard let key = try followingKey(previous) else {
                batch.answer = LinuxErrno.noEntry
                break
            }
            guard steps > 0 else { throw .busy(holder: 0) }
            steps -= 1
            previous = key
            guard let value = try batchValue(of: key) else { continue }
            batch.keys += key
            batch.values += value
            batch.count += 1
        }
        batch.token = batch.count > 0 ? previous : nil
        return batch
    }

    private func followingKey(_ key: [UInt8]?) throws(MapAccessError) -> [UInt8]? {
        var next = [UInt8](repeating: 0, count: Int(descriptor.keySize))
        var span = next.mutableSpan
        // SAFETY (all): every bit pattern is a byte.
        var bytes = unsafe span.mutableBytes
        let found =
            if let key { unsafe try nextKey(after: key.span.bytes, into: &bytes) } else {
                try nextKey(after: nil, into: &bytes)
            }
        return found ? next : nil
    }

    private func batchValue(of key: [UInt8]) throws(MapAccessError) -> [UInt8]? {
        var all: [UInt8] = []
        for lane in 0..<descriptor.laneCount {
            var value = [UInt8](repeating: 0, count: Int(descriptor.valueSize))
            var span = value.mutableSpan
            // SAFETY (both): every bit pattern is a byte.
            var bytes = unsafe span.mutableBytes
            guard unsafe try copyValue(forKey: key.span.bytes, lane: lane, into: &bytes) else { return nil }
            all += value
            all += repeatElement(0, count: batchValueSize / Int(descriptor.laneCount) - value.count)
        }
        return all
    }
}
