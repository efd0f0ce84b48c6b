/// What operations ask of the kind of a map, answered once by the host, in a word of the descriptor: a cell looks at bits where it would
/// else look a number up in tables, which its image has no room for.
///
/// | bits | what |
/// |---|---|
/// | 0–2 | ``structure`` |
/// | 3 | ``isLRU`` |
/// | 4 | ``isPerCPU`` |
/// | 5 | ``holdsReferences`` |
/// | 6 | ``isMapOfMaps`` |
@frozen package struct MapForm: Equatable, Sendable {
    @usableFromInline let rawValue: UInt32

    @inlinable init(rawValue: UInt32) { self.rawValue = rawValue }

    init(of kind: MapKind) {
        let answers = [kind.isLRU, kind.isPerCPU, kind.holdsReferences, kind.isMapOfMaps]
        rawValue = answers.enumerated().reduce(kind.structure.rawValue) { $0 | ($1.element ? 8 << $1.offset : 0) }
    }

    /// What is none of ours has no structure of its own either.
    @inlinable var structure: MapStructure { MapStructure(rawValue: rawValue & 7) ?? .array }
    @inlinable var isLRU: Bool { rawValue & 1 << 3 != 0 }
    @inlinable var isPerCPU: Bool { rawValue & 1 << 4 != 0 }
    @inlinable var holdsReferences: Bool { rawValue & 1 << 5 != 0 }
    @inlinable var isMapOfMaps: Bool { rawValue & 1 << 6 != 0 }
}
