internal import Maps
internal import ProgramPackage

/// Maps whose elements name something of the cell: the programs that tail calls choose from, and the maps in maps.
extension MapStore {
    /// By slot, the numbers of the programs or maps that a map is to hold from the start.
    static func references(
        of map: MapDefinition, _ programs: [String]
    ) throws(SandboxError) -> [UInt32: UInt32] {
        var numbers: [UInt32: UInt32] = [:]
        for slot in map.slots {
            switch slot.target {
            case .map(let index): numbers[slot.index] = UInt32(index + 1)
            case .program(let name):
                guard let program = programs.firstIndex(of: name) else {
                    throw .noSuchProgram(wanted: name, available: programs)
                }
                numbers[slot.index] = UInt32(program + 1)
            }
        }
        return numbers
    }

    /// Puts a program of the cell into a slot of an array of programs, or empties the slot.
    package mutating func setProgram(_ name: String?, at index: UInt32, of map: String) throws(SandboxError) {
        guard let place = names.firstIndex(of: map) else { throw .noSuchMap(wanted: map, available: names) }
        let descriptor = descriptors[place]
        let entries = descriptor.isProgramArray ? descriptor.maximumEntries : 0
        guard index < entries else { throw .noSuchSlot(map: map, index: index, entries: entries) }
        var number: UInt32 = 0
        if let name {
            guard let program = programs.firstIndex(of: name) else {
                throw .noSuchProgram(wanted: name, available: programs)
            }
            number = UInt32(program + 1)
        }
        slots[place, default: [:]][index] = number == 0 ? nil : number
        self.map(at: place).storeNumber(number, at: index)
    }

    /// Names an interface in a map of devices: what `bpf_redirect_map` finds under the key.
    package func setDevice(_ interface: UInt32, at key: UInt32, of map: String) throws(SandboxError) {
        guard let place = names.firstIndex(of: map) else { throw .noSuchMap(wanted: map, available: names) }
        let descriptor = descriptors[place]
        guard descriptor.isDeviceMap else { throw .noSuchDeviceSlot(map: map, key: key, entries: 0) }
        // A number, and where there is room for one behind it (struct bpf_devmap_val), no program.
        var value = Self.bytes(of: interface)
        while value.count < Int(descriptor.valueSize) { value.append(0 as UInt8) }
        let answer: Int64
        do throws(MapAccessError) {
            answer = try self.map(at: place).set(value, for: Self.bytes(of: key), lane: 0, mode: .createOrReplace)
        } catch { throw .mapAccess(name: map, error) }
        guard answer == 0 else {
            throw .noSuchDeviceSlot(map: map, key: key, entries: descriptor.maximumEntries)
        }
    }

    private static func bytes(of number: UInt32) -> [UInt8] {
        stride(from: UInt32(0), to: 32, by: 8).map { UInt8(truncatingIfNeeded: number >> $0) }
    }

    /// Takes out of a hash of maps the keys that the host has not filled.
    private func removeKeysOfOthers(_ map: Map, _ filled: [UInt32: UInt32]) {
        // What cannot be read or removed is the loss of the cells whose map it is.
        let elements = (try? map.elements()) ?? []
        for element in elements {
            let key = element.key.reversed().reduce(0 as UInt64) { $0 << 8 | UInt64($1) }
            guard element.key.count != 4 || filled[UInt32(truncatingIfNeeded: key)] == nil else { continue }
            _ = try? map.remove(element.key)
        }
    }

    /// Makes every array and hash of programs or maps what the host made it, whatever a dead cell has written there.
    func restoreReferences() {
        for (place, descriptor) in descriptors.enumerated() {
            let map = map(at: place)
            switch MapKind(rawValue: descriptor.type) {
            case .programArray, .arrayOfMaps:
                for index in 0..<descriptor.maximumEntries {
                    let number = slots[place]?[index] ?? 0
                    if map.untrustedNumber(at: index) != number { map.storeNumber(number, at: index) }
                }
            case .hashOfMaps:
                removeKeysOfOthers(map, slots[place] ?? [:])
                for (key, number) in slots[place] ?? [:] { map.storeMapNumber(number, forKey: key) }
            case .hash, .array, .perfEventArray, .perCPUHash, .perCPUArray, .lruHash, .lruPerCPUHash, .lpmTrie, .devmap,
                .devmapHash, .cpumap, .xskmap, .queue, .stack, .ringbuf, .bloomFilter, nil:
                break
            }
        }
    }
}

extension MapDescriptor {
    fileprivate var isProgramArray: Bool { type == MapKind.programArray.rawValue }
    fileprivate var isDeviceMap: Bool { type == MapKind.devmap.rawValue || type == MapKind.devmapHash.rawValue }
}
