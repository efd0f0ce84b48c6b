internal import Maps
internal import ProgramPackage

/// Arrays of programs: what tail calls choose from.
extension MapStore {
    /// By slot, the numbers of the programs that a map is to hold from the start.
    static func programNumbers(
        of map: MapDefinition, _ programs: [String]
    ) throws(SandboxError) -> [UInt32: UInt32] {
        var numbers: [UInt32: UInt32] = [:]
        for slot in map.slots {
            guard case .program(let name) = slot.target else { continue }
            guard let program = programs.firstIndex(of: name) else {
                throw .noSuchProgram(wanted: name, available: programs)
            }
            numbers[slot.index] = UInt32(program + 1)
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
        self.map(at: place).storeProgramNumber(number, at: index)
    }

    /// Makes every array of programs what the host made it, whatever a dead cell has written there.
    func restorePrograms() {
        for (place, descriptor) in descriptors.enumerated() where descriptor.isProgramArray {
            let map = map(at: place)
            for index in 0..<descriptor.maximumEntries {
                let number = slots[place]?[index] ?? 0
                if map.untrustedProgramNumber(at: index) != number { map.storeProgramNumber(number, at: index) }
            }
        }
    }
}

extension MapDescriptor {
    fileprivate var isProgramArray: Bool { type == MapKind.programArray.rawValue }
}
