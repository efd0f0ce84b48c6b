import Bytecode

/// One document, put to the verifier.
struct PrevailJudgement {
    enum Outcome: Equatable {
        case bothAccept, bothReject
        /// The document expects a rejection, the verifier accepts.
        case onlyPrevailRejects
        /// The document expects acceptance, the verifier rejects.
        case onlyWeReject
        case notExpressible(String)
    }

    let document: PrevailDocument
    private(set) var outcome: Outcome
    private(set) var findings: [Answer.Finding] = []
    /// Whether our first finding stands at the statement that the message names; nil where nothing is to compare.
    private(set) var agreesOnPlace: Bool?
    /// The message whose place differs.
    private(set) var otherPlace: String?
    private(set) var post: [ExitExpectation.Outcome: Int] = [:]
    private(set) var weaker: [String] = []

    init(_ document: PrevailDocument, ask: (Inquiry) throws -> Answer) rethrows {
        self.document = document
        outcome = .bothAccept
        if let exception = document.expectedException {
            outcome = .notExpressible("a test of PREVAIL's reader: \(exception)")
            return
        }
        if document.options.contains("big_endian") {
            outcome = .notExpressible("a big-endian machine")
            return
        }
        let program: PseudoProgram
        let code: [Instruction]
        let entries: [EntryState]
        do {
            program = try PseudoProgram(document, calls: EntryConversion.calls(document.pre))
            code = try Instruction.decode(program.slots)
            entries = try EntryConversion.states(document.pre, helpers: program.helpers)
        } catch let error as DecodeError {
            findings = [Answer.Finding(instruction: 0, text: "\(error)")]
            outcome = document.isAccepted ? .onlyWeReject : .bothReject
            return
        } catch let error as PseudoProgram.Inexpressible where !document.isAccepted {
            // No machine of ours runs such a program.
            findings = [Answer.Finding(instruction: 0, text: "\(error)")]
            outcome = .bothReject
            return
        } catch {
            outcome = .notExpressible("\(error)")
            return
        }
        var answers: [Answer] = []
        for entry in entries {
            answers.append(
                try ask(Inquiry(code: code, entry: entry, observed: program.divisions.map(\.slot))))
        }
        judge(answers, program)
        if outcome == .bothAccept { try comparePost(entries, ask) }
    }

    private mutating func judge(_ answers: [Answer], _ program: PseudoProgram) {
        findings = answers.flatMap(\.findings)
        let checksEnding = document.options.contains("termination")
        let isAccepted = answers.allSatisfy {
            $0.verdict == .accepted || ($0.verdict == .needsFuel && !checksEnding)
        }
        if document.options.contains("!allow_division_by_zero"), isAccepted {
            // RFC 9669 says what a division by zero gives, so the verifier has nothing against it. Whether it knows of
            // the zero is another question, and that is what the document asks.
            let mayDivideByZero = answers.contains { Self.mayDivideByZero($0, program) }
            outcome = Self.outcome(isExpected: document.isAccepted, isAccepted: !mayDivideByZero)
        } else {
            outcome = Self.outcome(isExpected: document.isAccepted, isAccepted: isAccepted)
        }
        comparePlace(program)
    }

    private static func outcome(isExpected: Bool, isAccepted: Bool) -> Outcome {
        switch (isExpected, isAccepted) {
        case (true, true): .bothAccept
        case (false, false): .bothReject
        case (false, true): .onlyPrevailRejects
        case (true, false): .onlyWeReject
        }
    }

    private static func mayDivideByZero(_ answer: Answer, _ program: PseudoProgram) -> Bool {
        program.divisions.contains { division in
            answer.seen[division.slot, default: []].contains { state in
                let divisor = state.registers[Int(division.divisor)]
                guard divisor.kind == .number else { return true }
                if !division.isWide { return divisor.halfMayBeZero }
                return divisor.unsigned.lowerBound == 0 && divisor.signed.contains(0)
            }
        }
    }

    private mutating func comparePlace(_ program: PseudoProgram) {
        guard outcome == .bothReject, let finding = findings.first, finding.instruction < program.origins.count,
            let message = document.messages.first(where: { !$0.contains("Code becomes unreachable") }),
            let place = Int(message.prefix { $0 != ":" && $0 != " " })
        else { return }
        agreesOnPlace = program.origins[finding.instruction] == place
        if agreesOnPlace == false { otherPlace = message }
    }

    private mutating func comparePost(_ entries: [EntryState], _ ask: (Inquiry) throws -> Answer) rethrows {
        let constraints = document.post.compactMap { try? PrevailConstraint($0) }
        let calls = EntryConversion.calls(document.pre)
        guard let program = try? PseudoProgram(document, calls: calls, keepsRegisters: true), let end = program.end,
            let code = try? Instruction.decode(program.slots)
        else { return }
        var states: [SeenState] = []
        for entry in entries {
            states += try ask(Inquiry(code: code, entry: entry, observed: [end])).seen[end, default: []]
        }
        let expectation = ExitExpectation(
            constraints, top: EntryConversion.top(document.pre + document.post), states: states)
        for (text, constraint) in zip(document.post, constraints) {
            let outcome = expectation.outcome(of: constraint)
            post[outcome, default: 0] += 1
            if outcome == .weaker || outcome == .relationMissing { weaker.append(text) }
        }
    }
}

/// One question to the verifier.
struct Inquiry {
    var code: [Instruction]
    var entry: EntryState
    /// The slots whose states are wanted.
    var observed: [Int]
}
