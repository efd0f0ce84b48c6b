/// What the verifier says of the programs of one package.
package struct Verification: Equatable, Sendable {
    /// Raised whenever the verifier may judge a program differently.
    package static let currentVersion: UInt32 = 4

    package var version: UInt32
    package var options: VerifierOptions
    /// One for each of ``ObjectPackage/programs``, in order; programs that were not asked for are missing.
    package var programs: [ProgramVerification]

    package init(
        version: UInt32 = Verification.currentVersion, options: VerifierOptions, programs: [ProgramVerification]
    ) {
        self.version = version
        self.options = options
        self.programs = programs
    }
}

/// What the verifier is asked to do, and what it may spend on one program.
package struct VerifierOptions: Equatable, Sendable {
    /// Instructions visited, over all states.
    package var visits: UInt64 = 4_000_000
    /// States kept at once.
    package var states: UInt64 = 100_000
    /// Bytes for states and their history.
    package var memory: UInt64 = 80 << 20
    package var milliseconds: UInt64 = 5_000
    /// Whether a program may store, publish or return addresses.
    package var allowsAddressLeaks = false
    /// Whether a division by what may be 0 is an error, though RFC 9669 gives it a result.
    package var refusesDivisionByZero = false
    /// Whether the verifier tries to build an input that shows an error.
    package var confirms = true
    /// The program type to verify for, as Linux names it (`xdp`, `sched_cls`); nil: what the section's name says.
    package var programType: String?

    package init() {}
}

package enum Verdict: UInt8, CaseIterable, Sendable {
    /// Safe, and ends.
    case accepted = 1
    /// Safe; that it ends is not proven, so it runs with fuel.
    case needsFuel = 2
    case rejected = 3
    /// The budget ended before the proof did.
    case tooComplex = 4
}

/// What the verifier says of one program.
package struct ProgramVerification: Equatable, Sendable {
    /// Index into ``ObjectPackage/programs``.
    package var program: Int
    package var verdict: Verdict
    /// Instructions of the program; instructions visited, each as often as it was.
    package var instructions: UInt64 = 0
    package var visits: UInt64 = 0
    /// States kept: in all, and the most at one point.
    package var states: UInt64 = 0
    package var peakStates: UInt64 = 0
    package var peakBytes: UInt64 = 0
    package var nanoseconds: UInt64 = 0
    /// The most instructions that one run can take, where that is known.
    package var longestRun: UInt64?
    /// The range of R0 at exit, unsigned.
    package var result: ClosedRange<UInt64>?
    /// Every independent error, by instruction; for ``Verdict/tooComplex`` one that says what made it so; for
    /// ``Verdict/needsFuel`` one for each loop without a bound.
    package var findings: [Finding] = []
    /// What is proven of each slot, if anything is; only of programs that are proven safe.
    package var facts: [InstructionFacts] = []
    /// Errors that were found and are not in ``findings``, which has no room for more.
    package var unlistedFindings: UInt64 = 0

    package init(program: Int, verdict: Verdict) {
        self.program = program
        self.verdict = verdict
    }
}

/// One thing that is wrong with a program, or could not be proven.
package struct Finding: Equatable, Sendable {
    package enum Kind: UInt8, CaseIterable, Sendable {
        case uninitialisedRegister = 1
        case uninitialisedStack, outOfBoundsStack, outOfBoundsPacket, outOfBoundsContext, outOfBoundsMapValue
        case outOfBoundsMemory, possiblyNull, notAPointer, readOnlyMemory, pointerArithmetic, pointerComparison
        case addressLeak, misaligned, contextField, divisionByZero
        case helperUnknown, helperNotAllowed, helperArgument, helperMapType, helperLicence
        case unreleasedReference, lockHeld, lockMisuse, badResult, callDepth, recursion, badCallback, badMap
        case unreachableExit, noExit, tooComplex, unboundedLoop, unsupported, stackOverflow, invalidProgram
    }

    package enum Hint: UInt8, CaseIterable, Sendable {
        case none = 0
        case checkForNull, checkPacketBounds, boundOnWrongCopy, check32BitsOfWiderValue, boundBothSides
        case initialiseStack, initialiseRegister, packetPointersAfterHelper, releaseOnEveryPath, unlockOnEveryPath
        case maskIndex, subtractPointersNotNumbers, useReadOnlyField, boundLoop, splitProgram, setResult
    }

    /// What came of trying to break the program with an input.
    package enum Confirmation: Equatable, Sendable {
        case notTried
        /// The lines describe the input and what happened.
        case confirmed([String])
        /// The line of the instruction at which precision was lost, where that is known.
        case notConfirmed(lostAt: Int?, reason: String)
    }

    /// A fact or a decision, and the instruction that it belongs to.
    package struct Note: Equatable, Sendable {
        package var instruction: Int
        package var text: String

        package init(_ instruction: Int, _ text: String) {
            self.instruction = instruction
            self.text = text
        }
    }

    package var kind: Kind
    /// Index of the slot in the linked code.
    package var instruction: Int
    /// What the instruction needs and what is known, in words with numbers.
    package var requirement: String
    /// Where each fact came from.
    package var facts: [Note] = []
    /// The branches taken to get there, first to last.
    package var path: [Note] = []
    package var hint: Hint = .none
    package var confirmation: Confirmation = .notTried

    package init(_ kind: Kind, at instruction: Int, _ requirement: String) {
        self.kind = kind
        self.instruction = instruction
        self.requirement = requirement
    }
}
