/// What a process asks the kernel to keep the processor from guessing (prctl(2), PR_SET_SPECULATION_CTRL).
package struct SpeculationControls: OptionSet, Equatable, Sendable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) { self.rawValue = rawValue }

    /// No load runs ahead of an older store whose address is not yet known (Spectre variant 4).
    package static let storeBypass = Self(rawValue: 1 << 0)
    /// No other process trains this one's indirect branches, and this one no other's (Spectre variant 2).
    package static let indirectBranch = Self(rawValue: 1 << 1)

    package static let all: Self = [.storeBypass, .indirectBranch]

    /// What a cell's process asks for, and what it is forked from, since neither can be taken back.
    ///
    /// A store that is bypassed shows code what its own memory held before. A cell's memory holds nothing that its program is not taken to
    /// know: the program may be hostile, whatever was verified, and what it must not read is in no cell. So nothing is lost by the guess,
    /// and without it every load waits for the stores before it: an interpreter, whose registers are memory, takes twice as long.
    package static let ofCells: Self = .indirectBranch
}
