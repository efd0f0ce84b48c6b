/// A row of plain values in one block of memory, which grows at its end.
///
/// What an array does, without counting its owners: there is one.
@safe struct Block<Element: BitwiseCopyable>: ~Copyable {
    private var base: UnsafeMutablePointer<Element>
    private var capacity: Int
    private(set) var count: Int

    /// Begins empty.
    init(capacity: Int) {
        self.capacity = max(capacity, 1)
        count = 0
        unsafe base = .allocate(capacity: self.capacity)
    }

    init(repeating element: Element, count: Int, capacity: Int) {
        self.init(capacity: max(capacity, count))
        // SAFETY: the block is at least that long.
        unsafe base.initialize(repeating: element, count: count)
        self.count = count
    }

    // SAFETY: the block is this value's alone, and its elements are trivial.
    deinit { unsafe base.deallocate() }

    // SAFETY (both): the index is of an element, which `precondition` holds.
    @inline(__always) subscript(_ index: Int) -> Element {
        get {
            precondition(UInt(bitPattern: index) < UInt(bitPattern: count), "an index is of an element")
            return unsafe base[index]
        }
        _modify {
            precondition(UInt(bitPattern: index) < UInt(bitPattern: count), "an index is of an element")
            yield unsafe &base[index]
        }
    }

    /// Changes each element of a range.
    @inline(__always) mutating func change(_ range: Range<Int>, _ body: (Element) -> Element) {
        precondition(range.lowerBound >= 0 && range.upperBound <= count, "a range is of elements")
        // SAFETY: every index is in the range.
        for index in range { unsafe base[index] = body(base[index]) }
    }

    @inline(__always) mutating func append(_ element: Element) {
        if count == capacity { grow() }
        // SAFETY: there is room for one more, which was made just above if need be.
        unsafe (base + count).initialize(to: element)
        count &+= 1
    }

    @inline(never) private mutating func grow() {
        let larger = UnsafeMutablePointer<Element>.allocate(capacity: 2 * capacity)
        // SAFETY (both): the new block is twice as long, and the old one is not used afterwards.
        unsafe larger.moveInitialize(from: base, count: count)
        unsafe base.deallocate()
        unsafe base = larger
        capacity *= 2
    }

    /// The first elements, copied.
    func prefix(_ count: Int) -> [Element] {
        precondition(count >= 0 && count <= self.count, "there are as many")
        // SAFETY: checked just above.
        return unsafe Array(UnsafeBufferPointer(start: base, count: count))
    }
}
