internal import Maps
internal import ProgramPackage

/// What the maps hold before anything is measured: the same here and in the kernel.
enum Elements {
    /// Calls `body` with each key that a map's programs ask for, and its value; neither where a map starts as it is.
    static func each(of map: MapDefinition, _ body: (_ key: [UInt8], _ value: [UInt8]) throws -> Void) rethrows {
        guard !map.isTemplate, let count = count(of: map) else { return }
        for number in 0..<UInt32(count) {
            let key = map.type == MapKind.lpmTrie.rawValue ? route(mixed(number)) : bytes(number)
            try body(key, bytes(number))
        }
    }

    /// Puts the elements into a map of ours.
    static func fill(_ map: Map, as definition: MapDefinition) throws {
        try each(of: definition) { key, value in
            // SAFETY (both): the bytes of a byte array.
            let status = unsafe try map.setValue(value.span.bytes, forKey: key.span.bytes)
            guard status == 0 else {
                throw OperationsError.unexpected("\(definition.name) cannot be filled: error \(status)")
            }
        }
    }

    /// Programs use every key of a map, but for an LRU of which they leave half empty.
    private static func count(of map: MapDefinition) -> Int? {
        switch MapKind(rawValue: map.type) {
        case .hash, .perCPUHash, .lpmTrie, .perCPUArray: Int(map.maximumEntries)
        // Data of the program's is as the object has it.
        case .array: map.initialValue.isEmpty && map.valueSize == 4 ? Int(map.maximumEntries) : nil
        // One that is to be full is.
        case .lruHash, .lruPerCPUHash: map.name == "rolling_lru" ? Int(map.maximumEntries) : Int(map.maximumEntries) / 2
        case .programArray, .arrayOfMaps, .hashOfMaps, .queue, .stack, .ringbuf,
            .perfEventArray, .bloomFilter, .devmap, .devmapHash, .cpumap, .xskmap, nil:
            nil
        }
    }

    /// A number in the bytes of this machine.
    private static func bytes(_ number: UInt32) -> [UInt8] {
        [
            UInt8(truncatingIfNeeded: number), UInt8(truncatingIfNeeded: number >> 8),
            UInt8(truncatingIfNeeded: number >> 16), UInt8(truncatingIfNeeded: number >> 24),
        ]
    }

    /// `route_of` of the programs.
    private static func route(_ address: UInt32) -> [UInt8] {
        let low = address & 15
        let rest: UInt32 = low < 9 ? 8 : low
        return bytes(32 - rest) + bytes(((address >> rest) << rest).byteSwapped)
    }

    /// `mixed` of the programs: each number to another one.
    private static func mixed(_ number: UInt32) -> UInt32 {
        var number = (number ^ number >> 16) &* 0x7FEB_352D
        number = (number ^ number >> 15) &* 0x846C_A68B
        return number ^ number >> 16
    }
}
