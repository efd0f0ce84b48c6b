extension Verification {
    /// Whether this is the answer to one question: these programs of that package, under those options, by the
    /// verifier of this build.
    package func check(
        answers asked: [Int], options: VerifierOptions, of package: ObjectPackage
    ) throws(VerificationError) {
        guard version == Self.currentVersion else { throw .wrongVerifier(version, expected: Self.currentVersion) }
        guard self.options == options else { throw .otherOptions }
        let answered = programs.map(\.program)
        guard answered == asked, answered.allSatisfy(package.programs.indices.contains) else {
            throw .otherPrograms(asked: asked, answered: answered)
        }
        for program in programs {
            let count = package.programs[program.program].code.count
            do throws(InstructionFactsError) {
                try InstructionFacts.check(program.facts, about: package.programs[program.program].code)
            } catch { throw .facts(program: program.program, error) }
            for finding in program.findings {
                var places = [finding.instruction] + (finding.facts + finding.path).map(\.instruction)
                if case .notConfirmed(let lost?, _) = finding.confirmation { places.append(lost) }
                if let outside = places.first(where: { $0 >= count }) {
                    throw .instructionOutOfRange(program: program.program, instruction: outside, count: count)
                }
            }
        }
    }

    package func of(program index: Int) -> ProgramVerification? { programs.first { $0.program == index } }
}
