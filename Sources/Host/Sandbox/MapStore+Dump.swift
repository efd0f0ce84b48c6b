package import Maps

/// The contents of a map, copied while programs may be changing it.
package struct MapContents: Equatable, Sendable {
    package struct Element: Equatable, Sendable {
        /// Empty in a queue or stack, whose elements are in the order in which they would be popped.
        package let key: [UInt8]
        /// One value per lane; one in all for maps that are not per-CPU.
        package let values: [[UInt8]]

        package init(key: [UInt8], values: [[UInt8]]) {
            self.key = key
            self.values = values
        }
    }

    package let name: String
    package let descriptor: MapDescriptor
    /// None of a filter, which cannot tell what it has seen.
    package let elements: [Element]
    /// How many bits of a filter are set, of how many.
    package let filterBits: (set: UInt64, bits: UInt64)?
    /// For an array of programs: their names, by what its values say less one.
    package let programs: [String]

    package static func == (left: MapContents, right: MapContents) -> Bool {
        left.name == right.name && left.descriptor == right.descriptor && left.elements == right.elements
            && left.filterBits?.set == right.filterBits?.set && left.programs == right.programs
    }
}

extension MapStore {
    package func contents(of name: String) throws(SandboxError) -> MapContents {
        let map = try map(named: name)
        do throws(MapAccessError) {
            return MapContents(
                name: name, descriptor: map.descriptor, elements: try map.elements(),
                filterBits: map.descriptor.structure == .filter ? map.filterOccupancy() : nil,
                programs: map.descriptor.type == MapKind.programArray.rawValue ? programs : [])
        } catch { throw .mapAccess(name: name, error) }
    }
}

/// Keys and values as arrays of bytes.
extension Map {
    /// Everything that the map holds, with the values of all lanes.
    package func elements() throws(MapAccessError) -> [MapContents.Element] {
        var elements: [MapContents.Element] = []
        var key = [UInt8](repeating: 0, count: Int(descriptor.keySize))
        var value = [UInt8](repeating: 0, count: Int(descriptor.valueSize))
        var cursor = makeCursor()
        while try next(&cursor, &key, &value) {
            var values = [value]
            for lane in 1..<max(descriptor.laneCount, 1) {
                guard let other = try self.value(of: key, lane: lane) else { break }
                values.append(other)
            }
            elements.append(MapContents.Element(key: key, values: values))
        }
        return elements
    }

    /// The key after another, or the first (`BPF_MAP_GET_NEXT_KEY`); nil where there is none.
    package func key(after key: [UInt8]?) throws(MapAccessError) -> [UInt8]? {
        var next = [UInt8](repeating: 0, count: Int(descriptor.keySize))
        var span = next.mutableSpan
        // SAFETY (all): every bit pattern is a byte.
        var bytes = unsafe span.mutableBytes
        let isThere =
            if let key { try nextKey(after: unsafe key.span.bytes, into: &bytes) } else {
                try nextKey(after: nil, into: &bytes)
            }
        return isThere ? next : nil
    }

    /// The values of all lanes for a key; nil where there is no such key.
    package func values(of key: [UInt8]) throws(MapAccessError) -> [[UInt8]]? {
        var values: [[UInt8]] = []
        for lane in 0..<descriptor.laneCount {
            guard let value = try value(of: key, lane: lane) else { return nil }
            values.append(value)
        }
        return values
    }

    package func value(of key: [UInt8], lane: UInt32) throws(MapAccessError) -> [UInt8]? {
        var value = [UInt8](repeating: 0, count: Int(descriptor.valueSize))
        var span = value.mutableSpan
        // SAFETY (both): every bit pattern is a byte.
        var bytes = unsafe span.mutableBytes
        return try copyValue(forKey: unsafe key.span.bytes, lane: lane, into: &bytes) ? value : nil
    }

    /// - Returns: 0 or a negative errno.
    package func set(
        _ value: [UInt8], for key: [UInt8], lane: UInt32, mode: MapUpdate
    ) throws(MapAccessError) -> Int64 {
        // SAFETY (both): the bytes of a byte array.
        unsafe try setValue(value.span.bytes, forKey: key.span.bytes, lane: lane, mode: mode)
    }

    package func remove(_ key: [UInt8]) throws(MapAccessError) -> Int64 {
        // SAFETY: the bytes of a byte array.
        unsafe try removeValue(forKey: key.span.bytes)
    }

    package func push(_ value: [UInt8], mode: MapUpdate) throws(MapAccessError) -> Int64 {
        // SAFETY: the bytes of a byte array.
        unsafe try push(value.span.bytes, mode: mode)
    }

    /// The next value of a queue or stack; nil where there is none.
    package func take(removes: Bool) throws(MapAccessError) -> [UInt8]? {
        var value = [UInt8](repeating: 0, count: Int(descriptor.valueSize))
        var span = value.mutableSpan
        // SAFETY: every bit pattern is a byte.
        var bytes = unsafe span.mutableBytes
        return try take(&bytes, removes: removes) == 0 ? value : nil
    }

    package func mayHold(_ value: [UInt8]) throws(MapAccessError) -> Bool {
        // SAFETY: the bytes of a byte array.
        unsafe try mayHold(value.span.bytes)
    }

    private func next(
        _ cursor: inout MapCursor, _ key: inout [UInt8], _ value: inout [UInt8]
    ) throws(MapAccessError) -> Bool {
        var keySpan = key.mutableSpan
        var valueSpan = value.mutableSpan
        // SAFETY (both): every bit pattern is a byte.
        var keyBytes = unsafe keySpan.mutableBytes
        var valueBytes = unsafe valueSpan.mutableBytes
        return try next(&cursor, key: &keyBytes, value: &valueBytes)
    }
}
