/// Offsets of instructions and, behind those, of what is outlined.
@safe struct Labels: ~Copyable {
    private var base: UnsafeMutablePointer<UInt32>
    private var capacity: Int
    private(set) var count: Int

    init(instructions: Int) {
        count = instructions
        capacity = instructions + 16
        unsafe base = .allocate(capacity: capacity)
        unsafe base.initialize(repeating: 0, count: capacity)
    }

    // SAFETY: the block is this value's alone, and its elements are trivial.
    deinit { unsafe base.deallocate() }

    // SAFETY (both): the label is in the block, which `precondition` holds.
    @inline(__always) subscript(_ label: Int) -> UInt32 {
        get {
            precondition(UInt(bitPattern: label) < UInt(bitPattern: count), "a label was made before")
            return unsafe base[label]
        }
        set {
            precondition(UInt(bitPattern: label) < UInt(bitPattern: count), "a label was made before")
            unsafe base[label] = newValue
        }
    }

    /// A label whose offset is set later.
    mutating func make() -> Int32 {
        if count == capacity { grow() }
        count += 1
        return Int32(count - 1)
    }

    private mutating func grow() {
        let larger = UnsafeMutablePointer<UInt32>.allocate(capacity: 2 * capacity)
        // SAFETY (all): the new block is twice as long, and the old one is not used afterwards.
        unsafe larger.initialize(repeating: 0, count: 2 * capacity)
        unsafe larger.update(from: base, count: count)
        unsafe base.deallocate()
        unsafe base = larger
        capacity *= 2
    }

    /// The offsets of the instructions.
    func instructions(_ count: Int) -> [UInt32] {
        precondition(count <= self.count, "every instruction has a label")
        // SAFETY: checked just above.
        return unsafe Array(UnsafeBufferPointer(start: base, count: count))
    }
}
