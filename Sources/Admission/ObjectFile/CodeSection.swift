import Bytecode

/// An executable section as slots, with the relocation of each slot that has one.
struct CodeSection: Sendable {
    let index: Int
    let name: String
    let slots: [Slot]
    private let relocations: [ObjectImage.Relocation]

    init(_ section: ObjectImage.Section, relocations: [ObjectImage.Relocation]) throws(ObjectError) {
        guard section.header.size % 8 == 0 else {
            throw .sectionSizeNotMultiple(section: section.name, size: section.header.size, unit: 8)
        }
        index = section.index
        name = section.name
        var slots: [Slot] = []
        slots.reserveCapacity(section.contents.count / 8)
        for offset in stride(from: 0, to: section.contents.count, by: 8) {
            slots.append(Slot(bits: section.contents.uint64(at: offset) ?? 0))
        }
        self.slots = slots
        for relocation in relocations where relocation.offset % 8 != 0 {
            throw .relocationMisaligned(section: section.name, offset: UInt64(relocation.offset))
        }
        self.relocations = relocations
    }

    /// The relocations of some slots, ascending.
    func relocations(in range: Range<Int>) -> ArraySlice<ObjectImage.Relocation> {
        let first = relocations.partitioningIndex { $0.offset >= range.lowerBound * 8 }
        let end = relocations.partitioningIndex { $0.offset >= range.upperBound * 8 }
        return relocations[first..<end]
    }
}

extension Array {
    /// The first index whose element satisfies a condition that holds for all elements after the first for which it
    /// does.
    func partitioningIndex(_ condition: (Element) -> Bool) -> Int {
        var low = startIndex
        var high = endIndex
        while low < high {
            let middle = low + (high - low) / 2
            if condition(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
