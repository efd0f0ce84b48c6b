extension ObjectPackage {
    /// The maps without their contents, and how many bytes of contents each has.
    mutating func readMaps(
        _ bytes: Span<UInt8>, _ reader: inout PackageReader, _ counts: WireCounts, _ table: [TableString]
    ) throws(PackageError) -> [Int] {
        var sizes: [Int] = []
        var slotCounts: [Int] = []
        var left = Int(counts.dataBytes)
        for index in 0..<Int(counts.maps) {
            var map = MapDefinition(name: "", type: 0, keySize: 0, valueSize: 0, maximumEntries: 0)
            map.name = try reader.string(
                bytes, from: table, "map name", limit: PackageLimits.nameBytes, isName: true)
            map.type = try reader.uint32(bytes, "map type")
            map.keySize = try reader.uint32(bytes, "map key size")
            map.valueSize = try reader.uint32(bytes, "map value size")
            map.maximumEntries = try reader.uint32(bytes, "map entries")
            map.flags = try reader.uint32(bytes, "map flags")
            map.pinning = try reader.uint32(bytes, "map pinning")
            let attributes = try reader.flags(bytes, "map attributes", known: WireFormat.MapAttributes.all)
            map.isReadOnly = attributes & WireFormat.MapAttributes.readOnly != 0
            map.isTemplate = attributes & WireFormat.MapAttributes.template != 0
            map.extra = try reader.uint64(bytes, "map extra")
            let size = try reader.bounded(bytes, "initial bytes of a map", limit: left)
            slotCounts.append(try reader.bounded(bytes, "slots of a map", limit: Int(counts.mapSlots)))
            map.innerMap = try reader.optional(
                bytes, "inner map", isThere: attributes & WireFormat.MapAttributes.inner != 0
            ).map(Int.init)
            map.spinLockOffset = try reader.optional(
                bytes, "offset of the spin lock", isThere: attributes & WireFormat.MapAttributes.spinLock != 0)
            map.timerOffset = try reader.optional(
                bytes, "offset of the timer", isThere: attributes & WireFormat.MapAttributes.timer != 0)
            map.keyType = try reader.optional(
                bytes, "type of keys", isThere: attributes & WireFormat.MapAttributes.keyType != 0
            ).map(Int.init)
            map.valueType = try reader.optional(
                bytes, "type of values", isThere: attributes & WireFormat.MapAttributes.valueType != 0
            ).map(Int.init)
            guard size == 0 || size == map.valueSize else {
                throw .initialValueSize(map: index, bytes: size, valueSize: map.valueSize)
            }
            left -= size
            sizes.append(size)
            maps.append(map)
        }
        guard left == 0 else {
            throw .tableNotCovered(
                field: "initial bytes", claimed: UInt64(Int(counts.dataBytes) - left), available: Int(counts.dataBytes))
        }
        try readMapSlots(bytes, &reader, counts, slotCounts, table)
        return sizes
    }

    private mutating func readMapSlots(
        _ bytes: Span<UInt8>, _ reader: inout PackageReader, _ counts: WireCounts, _ perMap: [Int],
        _ table: [TableString]
    ) throws(PackageError) {
        // At most 128 shares of at most 65,536 each.
        let claimed = perMap.reduce(0, +)
        guard claimed == Int(counts.mapSlots) else {
            throw .tableNotCovered(field: "map slots", claimed: UInt64(claimed), available: Int(counts.mapSlots))
        }
        for (map, count) in perMap.enumerated() {
            for _ in 0..<count {
                let index = try reader.uint32(bytes, "index of a map's slot")
                let at = reader.offset
                let kind = try reader.uint32(bytes, "kind of a map's slot")
                switch kind {
                case WireFormat.MapSlotKind.map:
                    let target = try reader.uint32(bytes, "map of a map's slot")
                    maps[map].slots.append(MapSlot(index: index, target: .map(Int(target))))
                case WireFormat.MapSlotKind.program:
                    let name = try reader.string(
                        bytes, from: table, "program of a map's slot", limit: PackageLimits.nameBytes, isName: true)
                    maps[map].slots.append(MapSlot(index: index, target: .program(name)))
                default:
                    throw .unknownKind(field: "kind of a map's slot", offset: at, value: kind)
                }
            }
        }
    }
}
