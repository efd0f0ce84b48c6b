internal import Bytecode
package import ProgramPackage
internal import Prototypes

/// Proves of a program that it ends, that it touches nothing but what it was given, and that no address leaves it; or says
/// what it could not prove and why.
package enum Verifier {
    /// - Parameter index: the program's index in `package.programs`.
    package static func verify(
        program index: Int, of package: ObjectPackage, options: VerifierOptions = VerifierOptions()
    ) -> ProgramVerification {
        ProgramVerification(program: index, verdict: .tooComplex)
    }
}

/// The way to an error: every conditional jump from the entry on, in order, with what it did. A path that went through a
/// state that stands for several is one of those.
package struct Trace: Equatable, Sendable {
    package struct Branch: Equatable, Sendable {
        package var instruction: Int
        package var isTaken: Bool

        package init(instruction: Int, isTaken: Bool) {
            self.instruction = instruction
            self.isTaken = isTaken
        }
    }

    /// Index into the findings of the program.
    package var finding: Int
    package var branches: [Branch]
    /// The instruction whose states were merged last before the error, if any were.
    package var mergedAt: Int?

    package init(finding: Int, branches: [Branch], mergedAt: Int? = nil) {
        self.finding = finding
        self.branches = branches
        self.mergedAt = mergedAt
    }
}
