internal import Channel
internal import Linux
internal import Maps
internal import ProgramPackage

/// The maps of a subject, in a file that cells map.
struct MapMemory: ~Copyable {
    let file: MemoryFile
    let descriptors: [MapDescriptor]

    init(_ definitions: [MapDefinition]) throws {
        let layouts = try definitions.map { definition in
            try MapLayout.plan(
                type: definition.type, keySize: definition.keySize, valueSize: definition.valueSize,
                maximumEntries: definition.maximumEntries, flags: definition.programFlags, lanes: 1,
                storageLimit: AddressMap.mapsCapacity)
        }
        var end = AddressMap.maps
        let descriptors = try layouts.map { layout in
            defer { end += roundedToPage(layout.size) }
            return try layout.descriptor(storageAt: end, seed: MapSeed(low: 1, high: 2))
        }
        let size = max(end - AddressMap.maps, AddressMap.pageSize)
        let file = try MemoryFile(name: "maps", size: size)
        try file.sealSize()
        let window = try Window(size: AddressMap.windowSize)
        try window.map(file.descriptor, at: AddressMap.maps, size: size, writable: true)
        // SAFETY: the window maps the whole range of the maps, and nothing else is touched through it.
        let memory = unsafe CellMemory(unsafeBase: UInt(window.base))
        let key: [UInt8] = [0, 0, 0, 0]
        for (definition, descriptor) in zip(definitions, descriptors) {
            let map = Map(memory: memory, descriptor: descriptor, user: .host())
            map.format()
            guard !definition.initialValue.isEmpty else { continue }
            // SAFETY (both): the bytes of a byte array.
            _ = unsafe try map.setValue(definition.initialValue.span.bytes, forKey: key.span.bytes)
        }
        self.file = file
        self.descriptors = descriptors
    }
}

extension MapDefinition {
    /// The map's flags, with what its program is held to.
    var programFlags: UInt32 { flags | (isReadOnly ? MapFlags.readOnlyForProgram.rawValue : 0) }
}
