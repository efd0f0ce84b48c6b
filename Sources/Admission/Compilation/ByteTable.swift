internal import Bytecode

/// Something about every value of a byte, made once and kept for as long as the process lives.
///
/// Without the count and the owner that an array brings along: a compiler looks into several of these for each instruction.
@safe struct ByteTable<Element: BitwiseCopyable>: @unchecked Sendable {
    private let base: UnsafePointer<Element>

    init(_ element: (UInt8) -> Element) {
        let block = UnsafeMutablePointer<Element>.allocate(capacity: 256)
        // SAFETY (all): a byte is an index of the block, which nobody writes after this and nobody gives back.
        for byte in 0...UInt8.max { unsafe (block + Int(byte)).initialize(to: element(byte)) }
        unsafe base = UnsafePointer(block)
    }

    @inline(__always) subscript(_ byte: UInt8) -> Element {
        // SAFETY: a byte is an index of the block, which is never given back.
        unsafe base[Int(byte)]
    }
}

extension ByteTable {
    /// - Parameter none: what is said of bytes that are no operation.
    init(none: Element, _ element: (Operation) -> Element) {
        self.init { Operation(rawValue: $0).map(element) ?? none }
    }

    @inline(__always) subscript(_ operation: Operation) -> Element { self[operation.number] }
}

extension Operation {
    /// ``rawValue``, without the call that it takes in another module: one for each instruction is a tenth of a compilation.
    @inline(__always) fileprivate var number: UInt8 {
        // SAFETY: the raw values are those of the cases in order, without gaps from 0, so a case is stored as its raw value.
        unsafe unsafeBitCast(self, to: UInt8.self)
    }
}
