extension ObjectPackage {
    /// What must hold between the parts of a package, beyond the shape of its bytes: names that can be told apart,
    /// and references that have something to refer to.
    func checkContents() throws(PackageError) {
        var mapNames: Set<[UInt8]> = []
        for map in maps {
            guard mapNames.insert(Array(map.name.utf8)).inserted else {
                throw .duplicateName(field: "the maps", name: map.name)
            }
        }
        var programNames: Set<[UInt8]> = []
        for name in programs.map(\.name) + omitted.map(\.name) {
            guard programNames.insert(Array(name.utf8)).inserted else {
                throw .duplicateName(field: "the programs", name: name)
            }
        }
        guard programNames.count <= PackageLimits.programs else {
            throw .limitExceeded(
                field: "programs in all", offset: 0, value: UInt64(programNames.count), limit: PackageLimits.programs)
        }
        try checkMaps(programNames)
        for (index, program) in programs.enumerated() {
            do {
                _ = try program.references(to: maps)
            } catch {
                throw .reference(program: index, error)
            }
        }
    }

    private func checkMaps(_ programNames: Set<[UInt8]>) throws(PackageError) {
        let templates = Set(maps.compactMap(\.innerMap))
        for (index, map) in maps.enumerated() {
            do throws(PackageError.MapProblem) {
                try checkInner(of: map)
                try Self.checkFields(of: map)
                try checkSlots(of: map, programNames)
                try checkTypes(of: map)
                // A pattern has no contents and no life of its own.
                if map.isTemplate, !templates.contains(index) || !map.initialValue.isEmpty || map.pinning != 0 {
                    throw .templateMisused
                }
            } catch {
                throw .map(index, error)
            }
        }
    }

    private func checkTypes(of map: MapDefinition) throws(PackageError.MapProblem) {
        // What a ring's values are said to be are its records, which have no size of the map's.
        let values = map.handsOutRecords ? nil : map.valueSize
        for (type, bytes) in [(map.keyType, map.keySize), (map.valueType, values)] {
            guard let type else { continue }
            guard valueTypes.types.indices.contains(type) else {
                throw .typeOutOfRange(index: type, count: valueTypes.types.count)
            }
            guard let bytes else { continue }
            guard valueTypes.size(of: type) == Int(bytes) else {
                throw .typeSize(index: type, bytes: valueTypes.size(of: type), expected: bytes)
            }
        }
    }

    private func checkInner(of map: MapDefinition) throws(PackageError.MapProblem) {
        guard let inner = map.innerMap else { return }
        guard map.isMapOfMaps else { throw .cannotHaveInner(type: map.type) }
        guard maps.indices.contains(inner) else { throw .innerOutOfRange(index: inner, count: maps.count) }
        // That no map of maps may be inside of one also rules out circles.
        guard maps[inner].mayBeInner else { throw .cannotBeInner(index: inner, type: maps[inner].type) }
    }

    private static func checkFields(of map: MapDefinition) throws(PackageError.MapProblem) {
        func check(_ offset: UInt32?, _ bytes: UInt32, alignment: UInt32) throws(PackageError.MapProblem) {
            guard let offset else { return }
            guard offset % alignment == 0, offset <= map.valueSize, bytes <= map.valueSize - offset else {
                throw .fieldMisplaced(offset: offset, bytes: bytes, valueSize: map.valueSize)
            }
        }
        try check(map.spinLockOffset, MapDefinition.spinLockBytes, alignment: 4)
        try check(map.timerOffset, MapDefinition.timerBytes, alignment: 8)
        // Both are inside of the value, so their ends are small numbers.
        if let lock = map.spinLockOffset, let timer = map.timerOffset,
            UInt64(lock) + UInt64(MapDefinition.spinLockBytes) > UInt64(timer),
            UInt64(timer) + UInt64(MapDefinition.timerBytes) > UInt64(lock)
        {
            throw .fieldMisplaced(offset: lock, bytes: MapDefinition.spinLockBytes, valueSize: map.valueSize)
        }
    }

    private func checkSlots(of map: MapDefinition, _ programNames: Set<[UInt8]>) throws(PackageError.MapProblem) {
        guard let first = map.slots.first else { return }
        guard map.isMapOfMaps && map.innerMap != nil || map.type == MapDefinition.Kind.programArray, map.keySize == 4,
            !map.isTemplate
        else { throw .cannotHaveSlots(type: map.type, keySize: map.keySize) }
        guard map.slots.count <= map.maximumEntries else {
            throw .slotOutOfRange(index: first.index, entries: map.maximumEntries)
        }
        var next: UInt64 = 0
        for slot in map.slots {
            guard slot.index >= next else { throw .slotOutOfOrder(index: slot.index) }
            next = UInt64(slot.index) + 1
            // The keys of a hash may be any.
            guard map.type == MapDefinition.Kind.hashOfMaps || slot.index < map.maximumEntries else {
                throw .slotOutOfRange(index: slot.index, entries: map.maximumEntries)
            }
            switch slot.target {
            case .map(let target):
                guard let inner = map.innerMap else { throw .slotKind(index: slot.index) }
                guard maps.indices.contains(target) else {
                    throw .slotMapOutOfRange(index: slot.index, map: target, count: maps.count)
                }
                guard !maps[target].isTemplate, maps[target].isLike(maps[inner]) else {
                    throw .slotUnlikeInner(index: slot.index, map: target)
                }
            case .program(let name):
                guard map.type == MapDefinition.Kind.programArray else { throw .slotKind(index: slot.index) }
                guard programNames.contains(Array(name.utf8)) else {
                    throw .slotProgramMissing(index: slot.index, program: name)
                }
            }
        }
    }
}
