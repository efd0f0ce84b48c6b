internal import Channel
internal import Maps

/// Two stores of the same maps, made of the same seed, while no event is under way in either.
extension MapStore {
    /// The first element in which the stores differ; nil where they say the same.
    ///
    /// - Parameter rings: whether rings are compared, whose words say which cell wrote them.
    func difference(from other: borrowing MapStore, rings: Bool = true) -> ShadowDifference? {
        for (index, descriptor) in descriptors.enumerated() where !holdsSameWords(descriptor, as: other) {
            if !rings, descriptor.structure == .ring { continue }
            // The same elements may lie in other places: where a cell was replaced, say.
            let name = names[index]
            // A filter, or a ring, is its words and nothing else.
            if descriptor.structure == .filter || descriptor.structure == .ring { return .map(name: name, key: []) }
            // Contents that cannot be read are none that a sound cell left.
            guard let own = try? contents(of: name).elements, let others = try? other.contents(of: name).elements
            else { return .map(name: name, key: []) }
            if let key = Self.difference(own, others) { return .map(name: name, key: key) }
        }
        return nil
    }

    private func holdsSameWords(_ descriptor: MapDescriptor, as other: borrowing MapStore) -> Bool {
        var address = descriptor.storageStart
        let end = address + descriptor.storageSize / 8 * 8
        while address < end {
            if memory.loadRelaxed64(address) != other.memory.loadRelaxed64(address) { return false }
            address += 8
        }
        return true
    }

    private static func difference(_ own: [MapContents.Element], _ others: [MapContents.Element]) -> [UInt8]? {
        // Without keys, the order is what counts.
        if own.first?.key.isEmpty ?? others.first?.key.isEmpty ?? false { return own == others ? nil : [] }
        let values = Dictionary(others.map { ($0.key, $0.values) }) { first, _ in first }
        for element in own where values[element.key] != element.values { return element.key }
        guard own.count != others.count else { return nil }
        let keys = Set(own.map(\.key))
        return others.first { !keys.contains($0.key) }?.key
    }

    /// Takes over what maps of the same name and shape hold in another store, word by word; whatever is wrong with it is repaired.
    ///
    /// What the object alone says is not taken over: constants, and what names programs or maps. Nor are rings, whose reader has read them.
    ///
    /// - Returns: the names of the maps.
    func takeContents(of other: borrowing MapStore) -> [String] {
        var taken: [String] = []
        for (index, descriptor) in descriptors.enumerated() {
            guard !isFixed[index], descriptor.structure != .ring, let place = other.names.firstIndex(of: names[index]),
                !other.isFixed[place], descriptor.isLike(other.descriptors[place]), !holdsReferences(index)
            else { continue }
            let from = other.descriptors[place].storageStart
            var offset: UInt64 = 0
            while offset < descriptor.storageSize / 8 * 8 {
                memory.storeRelaxed64(descriptor.storageStart + offset, other.memory.loadRelaxed64(from + offset))
                offset += 8
            }
            let map = map(at: index)
            if map.hasLock, map.lockHolder != 0 || (try? map.audit()) == nil { _ = map.repair() }
            taken.append(names[index])
        }
        return taken
    }

    private func holdsReferences(_ index: Int) -> Bool {
        switch MapKind(rawValue: descriptors[index].type) {
        case .programArray, .arrayOfMaps, .hashOfMaps: true
        case .hash, .array, .perfEventArray, .perCPUHash, .perCPUArray, .lruHash, .lruPerCPUHash, .lpmTrie, .devmap,
            .devmapHash, .cpumap, .xskmap, .queue, .stack, .ringbuf, .bloomFilter, nil:
            false
        }
    }

    /// Makes the maps what the other's are, word by word.
    func copyContents(of other: borrowing MapStore) {
        for descriptor in descriptors {
            var address = descriptor.storageStart
            let end = address + descriptor.storageSize / 8 * 8
            while address < end {
                memory.storeRelaxed64(address, other.memory.loadRelaxed64(address))
                address += 8
            }
        }
    }
}

extension MapDescriptor {
    /// Whether the words of one are the words of the other.
    fileprivate func isLike(_ other: MapDescriptor) -> Bool {
        type == other.type && keySize == other.keySize && valueSize == other.valueSize
            && maximumEntries == other.maximumEntries && flags == other.flags && laneCount == other.laneCount
            && storageSize == other.storageSize && seed == other.seed
    }
}
