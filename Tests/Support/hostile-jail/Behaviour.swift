internal import CLinux
internal import Enclosure
internal import ProgramPackage

/// What a verifier does that is not ours.
struct Behaviour {
    private let package: ObjectPackage
    private let request: VerificationRequest

    init(_ package: ObjectPackage, _ request: VerificationRequest) {
        self.package = package
        self.request = request
    }

    /// All programs accepted, as the broker would believe it.
    private var sound: Verification {
        Verification(
            options: request.options,
            programs: request.programs.map { ProgramVerification(program: $0, verdict: .accepted) })
    }

    private func rejecting(_ verdict: ProgramPackage.Verdict = .rejected, at instruction: Int = 0) -> Verification {
        var verification = sound
        for index in verification.programs.indices {
            verification.programs[index].verdict = verdict
            verification.programs[index].findings = [Finding(.possiblyNull, at: instruction, "r0 may be null")]
        }
        return verification
    }

    func answer() throws -> AdmissionOutcome {
        var verification = sound
        switch package.licence {
        case "sound":
            let isSlow = request.programs.contains { package.programs[$0].name == "slow" }
            var turns = 0
            while isSlow { turns &+= 1 }
            // What ends within its fuel is compiled to count none.
            for index in verification.programs.indices { verification.programs[index].longestRun = 2 }
        case "rejecting": verification = rejecting()
        case "needs fuel":
            for index in verification.programs.indices { verification.programs[index].verdict = .needsFuel }
        case "exits": clinux_exit(7)
        case "traps": preconditionFailure("the verifier has a fault")
        case "opens a file": openSomething()
        case "allocates":
            var kept: [[UInt8]] = []
            while true { kept.append([UInt8](repeating: UInt8(truncatingIfNeeded: kept.count), count: 16 << 20)) }
        case "refuses": return .refused("no\u{1B}[31m")
        case "empty": return .answer([])
        case "garbage": return .answer([UInt8](repeating: 0xAA, count: 4096))
        case "floods": return .answer([UInt8](repeating: 0, count: (16 << 20) + 1))
        case "other programs": verification.programs = [ProgramVerification(program: 200, verdict: .accepted)]
        case "fewer programs": verification.programs.removeLast()
        case "other options": verification.options.visits += 1
        case "leaks allowed": verification.options.allowsAddressLeaks = true
        case "other type": verification.options.programType = "kprobe"
        case "old verifier": verification.version = 0
        case "outside": verification = rejecting(at: 60_000)
        case "contradicts itself": return .answer(try forged())
        case "meaningless facts": verification.programs[0].facts = [.divisorIsNotZero, []]
        case "too few facts": verification.programs[0].facts = [.isUnreached]
        case "unknown facts": return .answer(try withUnknownFacts())
        case _: return .refused("no such behaviour")
        }
        return .answer(try verification.serialized())
    }

    /// A rejection whose verdict was overwritten with an acceptance. Our own writer makes no such thing.
    private func forged() throws -> [UInt8] {
        var bytes = try rejecting().serialized()
        let other = try rejecting(.tooComplex).serialized()
        for (index, byte) in other.enumerated() where byte != bytes[index] {
            bytes[index] = ProgramPackage.Verdict.accepted.rawValue
        }
        return bytes
    }

    /// A fact that stands for nothing.
    private func withUnknownFacts() throws -> [UInt8] {
        var verification = sound
        verification.programs[0].facts = [.isUnreached, []]
        var bytes = try verification.serialized()
        verification.programs[0].facts = [[], []]
        let other = try verification.serialized()
        for (index, byte) in other.enumerated() where byte != bytes[index] { bytes[index] = 0x80 }
        return bytes
    }

    private func openSomething() {
        // SAFETY: the literal ends with a zero byte.
        _ = unsafe clinux_open_read_write("/dev/null")
    }
}
