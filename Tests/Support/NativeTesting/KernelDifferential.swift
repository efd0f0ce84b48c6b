import Bytecode
import Channel
import Enclosure

/// Native code in a guest, and the kernel where its verifier accepts the program.
package struct KernelDifferential: ~Copyable {
    package struct Counts: Sendable {
        package var agreed = 0
        package var rejected = 0
        /// Used up their fuel, which the kernel does not count.
        package var endless = 0
        package var operations = Set<Operation>()

        package var programs: Int { agreed + rejected + endless }
    }

    package private(set) var counts = Counts()
    private var native: NativeMachine
    private let kernel: KernelMachine
    private var generator: ProgramGenerator

    package init(seed: UInt64) throws {
        let native = try NativeMachine(ChannelGeometry(slotCountShift: 6, slotSizeShift: 12, logCountShift: 0))
        let kernel = try KernelMachine()
        self.native = native
        self.kernel = kernel
        generator = ProgramGenerator(seed: seed, forKernel: true)
    }

    /// Makes and runs as many programs as one entry of the guest takes.
    package mutating func step() throws {
        let cases = (0..<native.capacity).map { _ in generator.next() }
        let outcomes = try native.run(cases, NativeSettings())
        for (one, outcome) in zip(cases, outcomes) {
            guard case .returned(let result) = outcome.ending else {
                counts.endless += 1
                continue
            }
            guard let told = try kernel.run(one) else {
                counts.rejected += 1
                continue
            }
            guard told == (result, outcome.payload) else {
                let listing = one.code.enumerated().map { "\($0): \($1)" }.joined(separator: "\n")
                throw Differential.Difference(description: "the kernel says \(told), native \(outcome)\n\(listing)")
            }
            counts.agreed += 1
            for instruction in one.code { counts.operations.insert(instruction.operation) }
        }
    }
}
