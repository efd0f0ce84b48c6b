import Channel

/// Batches of a hash, bucket by bucket (`__htab_map_lookup_and_delete_batch`, kernel/bpf/hashtab.c). The token is the number of a bucket.
extension Map {
    func hashBatch(from token: [UInt8]?, count: Int, removes: Bool) throws(MapAccessError) -> MapBatch {
        guard count > 0 else { return MapBatch() }
        var bucket: UInt32 = 0
        if let token {
            guard token.count == batchTokenSize else {
                throw .keySize(got: token.count, expected: batchTokenSize)
            }
            bucket = token.reversed().reduce(0) { $0 << 8 | UInt32($1) }
            guard bucket <= descriptor.bucketMask else { return MapBatch(answer: LinuxErrno.noEntry) }
        }
        var batch = MapBatch()
        while true {
            guard try append(bucket, to: &batch, limit: count, removes: removes) else {
                if batch.count == 0 { batch.answer = LinuxErrno.noSpace }
                break
            }
            bucket &+= 1
            guard bucket <= descriptor.bucketMask, bucket != 0 else {
                batch.answer = LinuxErrno.noEntry
                break
            }
        }
        batch.token = (0..<4).map { UInt8(truncatingIfNeeded: bucket >> ($0 * 8)) }
        return batch
    }

    /// Adds all elements of a bucket, or none.
    ///
    /// - Returns: false where there is no room for all of them.
    private func append(
        _ bucket: UInt32, to batch: inout MapBatch, limit: Int, removes: Bool
    ) throws(MapAccessError) -> Bool {
        if removes {
            // Nearly all buckets of a large map are empty, and need no lock.
            guard memory.loadAcquire32(self.bucket(ofHash: bucket)) != HashNode.end else { return true }
            try lock()
        }
        defer { if removes { unlock() } }
        let places = try elements(ofBucket: bucket, to: &batch, limit: limit)
        guard let places else { return false }
        guard removes else { return true }
        // Nobody else writes while this has the lock, but a hostile cell may all the same: each is found again by where it must be.
        for place in places {
            let index = memory.loadAcquire32(self.bucket(ofHash: bucket))
            guard index == place.index else { throw badLink(.chainLink, index) }
            let head = Place(index: index, tag: place.tag, link: self.bucket(ofHash: bucket))
            if descriptor.isLRU { try unlinkRecency(index) }
            remove(head)
        }
        return true
    }

    /// Copies all elements of a bucket, as they were at moments at which they were part of it.
    ///
    /// - Returns: the elements, in the order of the chain; nil, and nothing copied, where there is no room for all of them.
    private func elements(
        ofBucket bucket: UInt32, to batch: inout MapBatch, limit: Int
    ) throws(MapAccessError) -> [Place]? {
        let before = batch.count
        let repairs = descriptor.storageStart &+ HashHeader.repairs
        var restarts: UInt32 = 256
        while true {
            let repairsBefore = memory.loadAcquire32(repairs)
            var budget = WalkBudget(nodeCount: descriptor.nodeCount)
            var link = self.bucket(ofHash: bucket)
            var previous: (node: UInt64, tag: NodeTag)?
            var places: [Place] = []
            walk: while true {
                switch step(from: link, previous: previous) {
                case .arrived(let place):
                    guard budget.steps > 0 else { throw endlessWalk(repairsBefore: repairsBefore) }
                    budget.steps &-= 1
                    if place.tag.state == .live {
                        guard batch.count < limit else {
                            batch.shorten(to: before, self)
                            return nil
                        }
                        copy(place.index, to: &batch)
                        guard loadTag(node(place.index)) == place.tag else { break walk }
                        places.append(place)
                    }
                    link = node(place.index) &+ HashNode.next
                    previous = (node(place.index), place.tag)
                case .end:
                    guard repairsBefore & 1 == 0, memory.loadAcquire32(repairs) == repairsBefore else { break walk }
                    return places
                case .disturbed: break walk
                case .impossible(let word, let got, let limit): throw corruption(word, got, limit: limit)
                }
            }
            batch.shorten(to: before, self)
            guard restarts > 0 else { throw .busy(holder: 0) }
            restarts &-= 1
            pause()
        }
    }

    private func copy(_ index: UInt32, to batch: inout MapBatch) {
        batch.keys += bytes(descriptor.keySize, from: node(index) &+ HashNode.key)
        let stride = batchValueSize / Int(descriptor.laneCount)
        for lane in 0..<descriptor.laneCount {
            batch.values += bytes(descriptor.valueSize, from: nodeValue(index, lane: lane))
            batch.values += repeatElement(0, count: stride - Int(descriptor.valueSize))
        }
        batch.count += 1
    }

    private func bytes(_ size: UInt32, from address: UInt64) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: Int(size))
        var span = bytes.mutableSpan
        // SAFETY: every bit pattern is a byte.
        var raw = unsafe span.mutableBytes
        copy(size, from: address, to: &raw)
        return bytes
    }
}

extension MapBatch {
    /// Forgets the last elements. The arrays are not copied, which they would be if someone kept them as they were.
    fileprivate mutating func shorten(to count: Int, _ map: Map) {
        keys.removeLast((self.count - count) * Int(map.descriptor.keySize))
        values.removeLast((self.count - count) * map.batchValueSize)
        self.count = count
    }
}
