internal import Channel
internal import Execution
internal import Maps
internal import ProgramPackage
internal import Prototypes
package import Verifier

var descriptorSize: Int { Int(MapDescriptor.size) }

/// The memory that a run has: made as the program asks for it, filled with what the input says.
extension Machine {
    /// Nothing of the program's lies within so many bytes of a region.
    static var gap: UInt64 { 2048 }

    /// Makes a region of `size` bytes that the interpreter shows to the program.
    ///
    /// - Parameter slot: of the descriptor; nil for the next one.
    mutating func makeRegion(
        _ kind: Region.Kind, size: UInt64, isWritable: Bool, slot: Int? = nil
    ) -> Int? {
        let start = nextRegion + Self.gap
        guard size <= Arena.regionsEnd - start, Arena.regionsEnd - start - size > 2 * Self.gap else { return nil }
        let slot = slot ?? nextDescriptor
        guard size > 0 else {
            regions.append(Region(kind: kind, start: start, size: 0))
            return regions.count - 1
        }
        guard slot < subject.maps.count + Self.mostRegions else { return nil }
        if slot == nextDescriptor { nextDescriptor += 1 }
        // One value of an array map is to the interpreter what any other stretch of memory is.
        guard let size32 = UInt32(exactly: size), let descriptor = Self.descriptor(size32, isWritable, at: start) else {
            return nil
        }
        descriptor.store(to: memory, at: Arena.descriptors + UInt64(slot * descriptorSize))
        markUsed(slot)
        nextRegion = (start + size + 63) & ~63
        regions.append(Region(kind: kind, start: start, size: size, descriptor: slot))
        return regions.count - 1
    }

    private static func descriptor(_ size: UInt32, _ isWritable: Bool, at start: UInt64) -> MapDescriptor? {
        do throws(MapError) {
            let plan = try MapLayout.plan(
                type: MapKind.array.rawValue, keySize: 4, valueSize: size, maximumEntries: 1,
                flags: isWritable ? 0 : MapFlags.readOnlyForProgram.rawValue)
            return try plan.descriptor(storageAt: start, seed: MapSeed(low: 0, high: 0))
        } catch { return nil }
    }

    /// What the program may hold and not look into.
    mutating func makeHandle(_ kind: Region.Kind) -> Int {
        regions.append(Region(kind: kind, start: Arena.handles + UInt64(regions.count) * 0x1_0000, size: 0))
        return regions.count - 1
    }

    /// Takes a region away: an access to it is a fault from now on.
    mutating func retire(_ region: Int) {
        regions[region].isLive = false
        guard let slot = regions[region].descriptor else { return }
        memory.zero(Arena.descriptors + UInt64(slot * descriptorSize), count: descriptorSize)
        stepper.move(payload: regions[packet].start, payloadSize: regions[packet].size)
    }

    /// Fills memory from the input.
    func fill(_ start: UInt64, _ size: UInt64, _ kind: Variable.Kind, _ place: Int) {
        if input.style == .plain {
            memory.zero(start, count: Int(size))
        } else {
            var offset: UInt64 = 0
            while offset < size {
                var word = input.word(of: Variable(kind, place, offset))
                if size - offset >= 8 {
                    memory.store64(start + offset, word)
                    offset += 8
                } else {
                    memory.store8(start + offset, UInt8(truncatingIfNeeded: word))
                    offset += 1
                    while offset < size {
                        word >>= 8
                        memory.store8(start + offset, UInt8(truncatingIfNeeded: word))
                        offset += 1
                    }
                }
            }
        }
        for (variable, value) in input.chosen where variable.kind == kind && variable.place == place {
            if variable.offset < size {
                memory.store8(start + variable.offset, UInt8(truncatingIfNeeded: value))
            }
        }
    }

    /// The maps whose values the code names directly: each has one value, there from the start.
    mutating func makeGlobals() -> Halt? {
        for (index, map) in subject.maps.enumerated() where subject.namesValue[index] {
            guard
                let region = makeRegion(
                    .mapValue(index), size: UInt64(map.valueSize), isWritable: !map.isReadOnly, slot: index)
            else { return .unsupported(.mapTooLarge(index)) }
            fillValue(of: index, region)
            values.append((index, 0, region))
        }
        return nil
    }

    /// Fills a new value of a map: what the object says where the program cannot have changed it, else anything.
    func fillValue(of map: Int, _ region: Int) {
        let definition = subject.maps[map]
        let start = regions[region].start
        guard definition.isReadOnly else {
            fill(start, regions[region].size, .memoryByte, region)
            return
        }
        memory.zero(start, count: Int(regions[region].size))
        for (offset, byte) in definition.initialValue.prefix(Int(regions[region].size)).enumerated() {
            memory.store8(start + UInt64(offset), byte)
        }
    }

    mutating func makePacket() {
        let size = min(input.value(of: Variable(.packetSize, packetGeneration)), Self.largestPacket)
        let start = Arena.packets + UInt64(packetGeneration) % Arena.packetPlaces * Arena.packetStride + Self.gap
        fill(start, size, .packetByte, 0)
        regions.append(Region(kind: .packet, start: start, size: size))
        packet = regions.count - 1
    }

    mutating func makeContext() -> Halt? {
        let descriptor = subject.descriptor.context
        let isWritable = descriptor.fields.contains { $0.isWritable }
        guard let region = makeRegion(.context, size: UInt64(descriptor.size), isWritable: isWritable) else {
            return .unsupported(.memory)
        }
        context = region
        fill(regions[region].start, UInt64(descriptor.size), .contextByte, 0)
        for field in descriptor.fields {
            let place: Int?
            switch field.meaning {
            case .number, .words, .packet, .packetEnd, .packetMeta: continue
            case .socket: place = makeObject(ObjectLayout.socket)
            case .socketOrNull, .sockCommonOrNull:
                guard input.value(of: Variable(.success, 0xFF_0000 | Int(field.offset))) & 1 != 0 else {
                    store(0, field)
                    continue
                }
                place = makeObject(field.meaning == .socketOrNull ? ObjectLayout.socket : ObjectLayout.sockCommon)
            case .flowKeys: place = makeObject(ObjectLayout.flowKeys)
            case .kernelObject: place = makeHandle(.object)
            }
            guard let place else { return .unsupported(.memory) }
            store(regions[place].start, field)
        }
        pointToPacket()
        return nil
    }

    /// A socket, or what else is read by fields.
    mutating func makeObject(_ layout: ContextDescriptor) -> Int? {
        let isWritable = layout.fields.contains { $0.isWritable }
        guard let place = makeRegion(.socket, size: UInt64(layout.size), isWritable: isWritable) else { return nil }
        fill(regions[place].start, UInt64(layout.size), .memoryByte, place)
        return place
    }

    /// Writes the packet's bounds into the context.
    func pointToPacket() {
        let region = regions[packet]
        for field in subject.descriptor.context.fields {
            switch field.meaning {
            case .packet, .packetMeta: store(region.start, field)
            case .packetEnd: store(region.start + region.size, field)
            case .number, .words, .socket, .socketOrNull, .sockCommonOrNull, .flowKeys, .kernelObject: break
            }
        }
    }

    private func store(_ value: UInt64, _ field: ContextField) {
        let address = regions[context].start + UInt64(field.offset)
        if field.size == 4 { memory.store32(address, UInt32(truncatingIfNeeded: value)) }
        if field.size == 8 { memory.store64(address, value) }
    }

    /// Puts the packet elsewhere, as helpers do that change it; what pointed into it points to nothing now.
    mutating func movePacket() {
        packetGeneration += 1
        makePacket()
        stepper.move(payload: regions[packet].start, payloadSize: regions[packet].size)
        pointToPacket()
    }
}

/// What a watcher wants to know of memory.
extension Machine {
    /// What a program gets for a reference to a map.
    func address(ofMap index: Int) -> UInt64 { Arena.descriptors + UInt64(index * descriptorSize) }

    /// The bytes at an address that the program has read.
    func load(_ address: UInt64, _ size: UInt64) -> UInt64 {
        switch size {
        case 1: UInt64(memory.load8(address))
        case 2: UInt64(memory.load16(address))
        case 4: UInt64(memory.load32(address))
        default: memory.load64(address)
        }
    }

    /// The variables that bytes come from which nobody has written since the run began; nil where they come from none.
    func variables(_ address: UInt64, _ size: UInt64) -> [Variable]? {
        for (index, region) in regions.enumerated() where region.size > 0 && region.contains(address, size) {
            let kind: Variable.Kind
            var place = 0
            switch region.kind {
            case .context: kind = .contextByte
            case .packet: kind = .packetByte
            case .mapValue(let map):
                if subject.maps[map].isReadOnly { return nil }
                (kind, place) = (.memoryByte, index)
            case .memory, .socket: (kind, place) = (.memoryByte, index)
            case .stack, .object, .map, .function: return nil
            }
            let first = address &- region.start
            return (first..<first + size).map { Variable(kind, place, $0) }
        }
        return nil
    }
}

/// What the verifier's states are compared with.
extension Machine: ConcretePoint {
    package func register(_ number: UInt8) -> UInt64 { stepper[number] }
    package var packetSize: UInt64 { regions[packet].size }

    package func base(_ index: Int, _ kind: PointerBase, identity: UInt32, frame: Int) -> UInt64? {
        switch kind {
        case .context: return index == 0 ? regions[context].start : nil
        case .stack: return index == 0 ? Stepper.stack.upperBound - UInt64(frame) * Stepper.bytesOfFrame : nil
        case .packet, .packetMeta: return index == 0 ? regions[packet].start : nil
        case .packetEnd: return index == 0 ? regions[packet].start + regions[packet].size : nil
        case .map: return index == 0 ? address(ofMap: Int(identity)) : nil
        case .function: return index == 0 ? Arena.functions + UInt64(identity) : nil
        case .mapValue: return region(index) { $0.kind == .mapValue(Int(identity)) }
        case .memory: return region(index) { $0.kind == .memory }
        case .socket: return region(index) { $0.kind == .socket }
        case .kernelObject: return region(index) { $0.kind == .object }
        }
    }

    private func region(_ index: Int, _ isOne: (Region) -> Bool) -> UInt64? {
        var left = index
        for region in regions where isOne(region) {
            if left == 0 { return region.start }
            left -= 1
        }
        return nil
    }

    package func load(_ address: UInt64, size: UInt8) -> UInt64 { load(address, UInt64(size)) }
}
