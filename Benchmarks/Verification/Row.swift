internal import ProgramPackage
internal import Prototypes
internal import Verifier

/// One program, and what each verifier says of it.
struct Row: Codable {
    /// Path beneath the folder of samples.
    let object: String
    let section: String
    let program: String
    /// The type under which both looked at it; empty where there is none.
    var type = ""
    /// The section names no type, so the name of the file decided between `xdp` and `sched_cls`.
    var isTypeGuessed = false
    var verdict = ""
    var milliseconds = 0.0
    var instructions: UInt64 = 0
    var visits: UInt64 = 0
    var peakStates: UInt64 = 0
    var peakBytes: UInt64 = 0
    /// Kind, instruction and words of each finding.
    var findings: [String] = []
    var kernel = KernelVerifier.Answer(verdict: .notAsked)

    init(object: String, section: String = "", program: String = "") {
        self.object = object
        self.section = section
        self.program = program
    }

    /// An object that has no programs to look at.
    init(object: String, refused error: some Error) {
        self.init(object: object)
        verdict = "unreadable"
        findings = ["\(error)"]
    }

    var isAccepted: Bool { verdict == "\(Verdict.accepted)" || verdict == "\(Verdict.needsFuel)" }
    var name: String { "\(object) \(section) \(program)" }
}

extension Row {
    /// Judges one program of `package`.
    ///
    /// - Parameter repeats: how often each verifier is asked, in turn; the shortest time of each counts.
    init(
        _ index: Int, of package: ObjectPackage, object: String, kernel: KernelVerifier?, repeats: Int,
        options: VerifierOptions
    ) {
        var package = package
        let program = package.programs[index]
        self.init(object: object, section: program.section, program: program.name)
        var descriptor = ProgramDescriptor.row(section: program.section)
        if descriptor == nil {
            let guess = (object + program.section).contains("xdp") ? "xdp" : "tc"
            package.programs[index].section = guess
            descriptor = ProgramDescriptor.row(section: guess)
            isTypeGuessed = true
        }
        guard let descriptor else { return }
        type = "\(descriptor.name)"
        for turn in 0..<max(repeats, 1) {
            let verification = Verifier.verify(program: index, of: package, options: options)
            let spent = Double(verification.nanoseconds) / 1e6
            if turn == 0 || spent < milliseconds { milliseconds = spent }
            verdict = "\(verification.verdict)"
            instructions = verification.instructions
            visits = verification.visits
            peakStates = verification.peakStates
            peakBytes = verification.peakBytes
            findings = verification.findings.map { "\($0.kind) at \($0.instruction): \($0.requirement)" }
            guard let answer = kernel?.verify(program, as: descriptor) else { continue }
            if turn == 0 || answer.milliseconds < self.kernel.milliseconds { self.kernel = answer }
        }
    }
}
