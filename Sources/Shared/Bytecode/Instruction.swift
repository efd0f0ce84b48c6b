/// One decoded instruction, as the engines execute it.
///
/// A program is an array of these with one element per wire ``Slot``, so that an index here is the index that
/// tools print. Everything that can be resolved before execution is: jump and local-call targets are absolute
/// indices, immediates are sign-extended, a 64-bit immediate lies whole in the first of its two slots.
@frozen package struct Instruction: Equatable, Hashable, Sendable {
    package var operation: Operation
    /// Destination register, 0...10.
    package var destination: UInt8
    /// Source register, 0...10.
    package var source: UInt8
    @usableFromInline var reserved: UInt8 = 0
    /// Loads, stores, atomics: the signed displacement. Jumps, local calls and `loadCodeAddress`: the absolute index
    /// of the target.
    package var offset: Int32
    /// The sign-extended immediate, which 32-bit operations truncate. `callHelper`: the helper id.
    ///
    /// 64-bit immediates: all 64 bits. Where the wire names two things (a map and an offset into its value), the
    /// first slot's immediate is the low half and the second slot's the high half, neither of them sign-extended.
    package var immediate: Int64

    @inlinable package init(
        _ operation: Operation, destination: UInt8 = 0, source: UInt8 = 0, offset: Int32 = 0, immediate: Int64 = 0
    ) {
        self.operation = operation
        self.destination = destination
        self.source = source
        self.offset = offset
        self.immediate = immediate
    }
}
