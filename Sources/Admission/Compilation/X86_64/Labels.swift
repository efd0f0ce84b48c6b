/// Offsets of instructions and, behind those, of what is outlined.
struct Labels: ~Copyable {
    private var offsets: Block<UInt32>

    init(instructions: Int) {
        offsets = Block(repeating: 0, count: instructions, capacity: instructions + 16)
    }

    var count: Int { offsets.count }

    @inline(__always) subscript(_ label: Int) -> UInt32 {
        get { offsets[label] }
        set { offsets[label] = newValue }
    }

    /// Moves labels from `first` up to `end`, and says which is then the next to move.
    @inline(__always) mutating func move(from first: Int, to end: Int, by distance: UInt32) -> Int {
        if first >= end { return first }
        offsets.change(first..<end) { $0 &+ distance }
        return end
    }

    /// A label whose offset is set later.
    mutating func make() -> Int32 {
        offsets.append(0)
        return Int32(offsets.count - 1)
    }

    /// The offsets of the instructions.
    func instructions(_ count: Int) -> [UInt32] { offsets.prefix(count) }
}
