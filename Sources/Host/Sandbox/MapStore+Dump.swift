package import Maps

/// The contents of a map, copied while programs may be changing it.
package struct MapContents: Equatable, Sendable {
    package struct Element: Equatable, Sendable {
        /// Empty in a queue or stack, whose elements are in the order in which they would be popped.
        package let key: [UInt8]
        /// One value per lane; one in all for maps that are not per-CPU.
        package let values: [[UInt8]]
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
        var elements: [MapContents.Element] = []
        var key = [UInt8](repeating: 0, count: Int(map.descriptor.keySize))
        var value = [UInt8](repeating: 0, count: Int(map.descriptor.valueSize))
        var cursor = map.makeCursor()
        do throws(MapAccessError) {
            while try next(map, &cursor, &key, &value) {
                var values = [value]
                for lane in 1..<max(map.descriptor.laneCount, 1) {
                    guard try copy(map, key, lane, &value) else { break }
                    values.append(value)
                }
                elements.append(MapContents.Element(key: key, values: values))
            }
        } catch { throw .mapAccess(name: name, error) }
        return MapContents(
            name: name, descriptor: map.descriptor, elements: elements,
            filterBits: map.descriptor.structure == .filter ? map.filterOccupancy() : nil,
            programs: map.descriptor.type == MapKind.programArray.rawValue ? programs : [])
    }

    private func next(
        _ map: Map, _ cursor: inout MapCursor, _ key: inout [UInt8], _ value: inout [UInt8]
    ) throws(MapAccessError) -> Bool {
        var keySpan = key.mutableSpan
        var valueSpan = value.mutableSpan
        // SAFETY (both): every bit pattern is a byte.
        var keyBytes = unsafe keySpan.mutableBytes
        var valueBytes = unsafe valueSpan.mutableBytes
        return try map.next(&cursor, key: &keyBytes, value: &valueBytes)
    }

    private func copy(
        _ map: Map, _ key: [UInt8], _ lane: UInt32, _ value: inout [UInt8]
    ) throws(MapAccessError) -> Bool {
        var span = value.mutableSpan
        // SAFETY (both): every bit pattern is a byte.
        var bytes = unsafe span.mutableBytes
        return try map.copyValue(forKey: unsafe key.span.bytes, lane: lane, into: &bytes)
    }
}
