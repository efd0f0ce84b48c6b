/// Why bytes are not a verification, or not the one that was asked for. Offsets are in bytes from the start.
package enum VerificationError: Error, Equatable, Sendable {
    case tooLarge(bytes: Int, limit: Int)
    case wrongMagic(UInt64)
    case unsupportedVersion(UInt32, supported: UInt32)
    /// The shape of the bytes.
    case format(PackageError)
    /// A number that stands for nothing.
    case unknownValue(field: String, offset: Int, value: UInt32)
    /// A program type's name that has other characters than `a-z`, `0-9` and `_`, or too many.
    case badProgramType
    /// The programs are not in the order of the package, or one is there twice.
    case programOutOfOrder(row: Int, index: UInt32)
    /// The least result is above the greatest.
    case emptyResult(program: Int)
    /// A verdict that the findings contradict: an accepted program with one, a rejected one without.
    case contradiction(program: Int, verdict: Verdict, findings: Int)
    /// Made by another version of the verifier than this build's.
    case wrongVerifier(UInt32, expected: UInt32)
    /// Made with other options, or of other programs, than were asked for.
    case otherOptions
    case otherPrograms(asked: [Int], answered: [Int])
    /// Facts that cannot be any, or not about this program; facts about a program that is not proven safe.
    case facts(program: Int, InstructionFactsError)
    case factsOfUnproven(program: Int, verdict: Verdict)
    /// A finding speaks of an instruction that its program does not have.
    case instructionOutOfRange(program: Int, instruction: Int, count: Int)
}

extension VerificationError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .tooLarge(let bytes, let limit): "the verification has \(bytes) bytes; the limit is \(limit)"
        case .wrongMagic(let magic): "offset 0: not a verification (magic 0x\(String(magic, radix: 16)))"
        case .unsupportedVersion(let version, let supported):
            "offset 8: verification format \(version); this build reads \(supported)"
        case .format(let error): "\(error)"
        case .unknownValue(let field, let offset, let value): "offset \(offset): \(field) is \(value), which is none"
        case .badProgramType:
            "the program type is not 1 to \(PackageLimits.programTypeBytes) lower-case letters, digits and underscores"
        case .programOutOfOrder(let row, let index): "row \(row) is of program \(index), which is out of order"
        case .emptyResult(let program): "program \(program): the least result is above the greatest"
        case .contradiction(let program, let verdict, let findings):
            "program \(program) is \(verdict.name) with \(findings) findings"
        case .wrongVerifier(let version, let expected):
            "made by version \(version) of the verifier; this build has version \(expected)"
        case .otherOptions: "made with other options than were asked for"
        case .otherPrograms(let asked, let answered):
            "asked for \(asked.count) programs, answered of \(answered.count), or of others"
        case .facts(let program, let error): "program \(program): \(error)"
        case .factsOfUnproven(let program, let verdict):
            "program \(program) is \(verdict.name), and facts are said about it"
        case .instructionOutOfRange(let program, let instruction, let count):
            "program \(program): a finding at instruction \(instruction); there are \(count)"
        }
    }
}

extension Verdict {
    /// As policies, records and `--json` have it.
    package var name: String {
        switch self {
        case .accepted: "accepted"
        case .needsFuel: "needs_fuel"
        case .rejected: "rejected"
        case .tooComplex: "too_complex"
        }
    }

    /// Whether the program is proven safe, though perhaps not proven to end.
    package var isSafe: Bool {
        switch self {
        case .accepted, .needsFuel: true
        case .rejected, .tooComplex: false
        }
    }
}
