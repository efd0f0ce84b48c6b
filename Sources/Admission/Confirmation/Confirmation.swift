package import ProgramPackage
package import Prototypes
package import Verifier

/// Tries to break a program where the verifier says that it could not prove it: builds an input that follows the way to the error
/// and runs the program on it, in the interpreter that cells have.
///
/// What is confirmed has happened, on the input that the lines describe. What is not may be the verifier's limit or this one's.
package enum Confirmation {
    /// - Parameters:
    ///   - finding: of `program`.
    ///   - trace: the way to it.
    ///   - arena: the memory to do it in; made once for many.
    package static func confirm(
        finding: Finding, trace: Trace, program: Program, package: ObjectPackage, descriptor: ProgramDescriptor,
        budget: Budget = Budget(), arena: Arena = Arena()
    ) -> Finding.Confirmation {
        let subject: Subject
        do throws(Subject.SubjectError) {
            subject = try Subject(code: program.code, maps: package.maps, descriptor: descriptor)
        } catch {
            return .notConfirmed(lostAt: trace.mergedAt, reason: reason(error))
        }
        return confirm(finding: finding, trace: trace, subject: subject, budget: budget, arena: arena)
    }

    static func confirm(
        finding: Finding, trace: Trace, subject: Subject, budget: Budget, arena: Arena
    ) -> Finding.Confirmation {
        guard finding.kind.canBeShown else {
            return .notConfirmed(lostAt: trace.mergedAt, reason: "no single run can show this")
        }
        guard subject.code.indices.contains(finding.instruction) else {
            return .notConfirmed(lostAt: trace.mergedAt, reason: "there is no such instruction")
        }
        var search = Search(subject, finding, trace, budget, arena)
        guard let witness = search.find() else {
            return .notConfirmed(lostAt: trace.mergedAt, reason: search.reason)
        }
        return .confirmed(search.lines(witness))
    }

    private static func reason(_ error: Subject.SubjectError) -> String {
        switch error {
        case .undecodable: "the program cannot be decoded"
        case .tooLong(let count): "\(count) instructions are more than can be tried"
        case .tooManyMaps(let count): "\(count) maps are more than can be tried"
        case .noSuchMap(let index): "the program names map \(index), which is not there"
        }
    }
}

extension Finding.Kind {
    /// Whether one run of the program can show it.
    var canBeShown: Bool {
        switch self {
        case .uninitialisedRegister, .uninitialisedStack, .outOfBoundsStack, .outOfBoundsPacket, .outOfBoundsContext,
            .outOfBoundsMapValue, .outOfBoundsMemory, .possiblyNull, .notAPointer, .readOnlyMemory, .pointerArithmetic,
            .pointerComparison, .addressLeak, .misaligned, .contextField, .divisionByZero, .helperUnknown,
            .helperNotAllowed, .helperArgument, .helperMapType, .unreleasedReference, .lockHeld, .lockMisuse,
            .badResult,
            .callDepth, .recursion, .badCallback, .stackOverflow, .unboundedLoop:
            true
        case .helperLicence, .badMap, .unreachableExit, .noExit, .tooComplex, .unsupported, .invalidProgram: false
        }
    }
}
