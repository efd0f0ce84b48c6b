package import Enclosure
package import ProgramPackage

extension ObjectLoader {
    /// Has programs of an object verified, in another jail than the one that read the object.
    ///
    /// The verifier keeps its own budget. Where it does not, the jail is ended; then each program gets a jail of its
    /// own, so that one of them cannot take the others' verdicts away, and the one that was too much is said to be too
    /// complex.
    ///
    /// - Parameter programs: indices, ascending.
    package static func verify(
        _ object: inout LoadedObject, programs: [Int], options: VerifierOptions = VerifierOptions(), in jail: Jail
    ) throws(SandboxError) {
        if let all = try answer(object, programs, options, jail) {
            object.verification = all
            return
        }
        var whole = Verification(options: options, programs: [])
        for program in programs {
            let one = programs.count > 1 ? try answer(object, [program], options, jail) : nil
            whole.programs.append(one?.programs.first ?? .outOfTime(program, of: object.package, options))
        }
        object.verification = whole
    }

    /// Nil where the jail was ended for taking too long.
    private static func answer(
        _ object: LoadedObject, _ programs: [Int], _ options: VerifierOptions, _ jail: Jail
    ) throws(SandboxError) -> Verification? {
        let request = VerificationRequest(options: options, programs: programs, package: object.packageBytes)
        let question: [UInt8]
        do throws(VerificationError) { question = try request.serialized() } catch { throw .verification(error) }
        let answer: [UInt8]
        do throws(EnclosureError) {
            answer = try jail.verify(question, limits: options.limits(programs: programs.count, of: object))
        } catch {
            if case .verificationOutOfTime = error { return nil }
            throw .enclosure(error)
        }
        do throws(VerificationError) {
            let verification = try Verification(parsing: answer)
            try verification.check(answers: programs, options: options, of: object.package)
            return verification
        } catch { throw .verification(error) }
    }
}

extension VerifierOptions {
    /// Where the broker ends a verifier that does not end by itself: what it may spend, and what it needs besides.
    fileprivate func limits(programs: Int, of object: LoadedObject) -> VerificationLimits {
        let time = min(milliseconds, 1 << 32) * UInt64(clamping: programs) + 2_000
        // The package as bytes and as values, the request, the answer.
        let values = UInt64(clamping: object.packageBytes.count) * 16 + (128 << 20)
        // On a busy host a jail gets half a processor.
        return VerificationLimits(
            memory: min(memory, 1 << 38) * 2 + values, cpuMilliseconds: time, wallMilliseconds: time * 2)
    }
}

extension ProgramVerification {
    fileprivate static func outOfTime(
        _ index: Int, of package: ObjectPackage, _ options: VerifierOptions
    ) -> ProgramVerification {
        var verification = ProgramVerification(program: index, verdict: .tooComplex)
        verification.instructions = UInt64(clamping: package.programs[index].code.count)
        var finding = Finding(
            .tooComplex, at: 0,
            "the verifier was ended: it did not finish within \(options.milliseconds) ms, and did not notice")
        finding.hint = .splitProgram
        verification.findings = [finding]
        return verification
    }
}
