internal import Channel
internal import Maps

/// Two stores of the same maps, made of the same seed, while no event is under way in either.
extension MapStore {
    /// The first element in which the stores differ; nil where they say the same.
    func difference(from other: borrowing MapStore) -> ShadowDifference? {
        for (index, descriptor) in descriptors.enumerated() where !holdsSameWords(descriptor, as: other) {
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
