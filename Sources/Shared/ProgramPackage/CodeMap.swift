/// Which instruction a piece of machine code was made of: what a fault's address means.
package struct CodeMap: Equatable, Sendable {
    /// For each instruction the offset of its first byte; what has no code begins where the next one does.
    package var starts: [UInt32]
    /// What is done rarely lies behind the rest: offset and instruction of each piece.
    package var outlined: [Piece]
    /// Bytes of code.
    package var size: UInt32

    package struct Piece: Equatable, Sendable {
        package var offset: UInt32
        package var instruction: UInt32

        package init(offset: UInt32, instruction: UInt32) {
            self.offset = offset
            self.instruction = instruction
        }
    }

    package init(starts: [UInt32], outlined: [Piece], size: UInt32) {
        self.starts = starts
        self.outlined = outlined
        self.size = size
    }

    /// The instruction whose code lies at `offset`; nil outside of the code.
    package func instruction(at offset: UInt32) -> Int? {
        guard offset < size else { return nil }
        if let first = outlined.first, offset >= first.offset {
            let after = outlined.partitioningIndex { $0.offset > offset }
            return Int(outlined[after - 1].instruction)
        }
        // The last that begins there or before; those without code begin at the same offset and come earlier.
        let after = starts.partitioningIndex { $0 > offset }
        return after == 0 ? 0 : after - 1
    }
}

extension Array {
    /// The first index whose element satisfies `predicate`, which no element before and every one behind it does.
    fileprivate func partitioningIndex(where predicate: (Element) -> Bool) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if predicate(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
