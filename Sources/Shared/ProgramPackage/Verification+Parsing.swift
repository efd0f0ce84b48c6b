extension Verification {
    /// Reads a verification out of bytes whose writer may be hostile. Whether it is the one that was asked for,
    /// ``check(answers:options:of:)`` says.
    package init(parsing whole: [UInt8]) throws(VerificationError) {
        guard whole.count <= PackageLimits.verificationBytes else {
            throw .tooLarge(bytes: whole.count, limit: PackageLimits.verificationBytes)
        }
        let bytes = whole.span
        var reader = VerificationReader()
        try reader.start(bytes, magic: VerificationWire.magic)
        let verifier = try reader.uint32(bytes, "verifier")
        _ = try reader.flags(bytes, "word behind the verifier", known: 0)
        self.init(version: verifier, options: try VerifierOptions(bytes, &reader), programs: [])
        let counts = try Self.counts(bytes, &reader)
        let table = try Self.strings(bytes, &reader, counts)
        let (shares, facts) = try readPrograms(bytes, &reader, counts)
        let parts = try readFindings(bytes, &reader, counts, shares, table)
        try readNotes(bytes, &reader, counts, parts, table)
        try readLines(bytes, &reader, counts, parts, table)
        try readFacts(bytes, &reader, facts)
        for program in programs {
            let isConsistent =
                switch program.verdict {
                case .accepted: program.findings.isEmpty && program.unlistedFindings == 0
                case .rejected: !program.findings.isEmpty
                case .needsFuel, .tooComplex: true
                }
            guard isConsistent else {
                throw .contradiction(
                    program: program.program, verdict: program.verdict, findings: program.findings.count)
            }
            guard program.verdict.isSafe || program.facts.isEmpty else {
                throw .factsOfUnproven(program: program.program, verdict: program.verdict)
            }
        }
    }

    private static func counts(
        _ bytes: Span<UInt8>, _ reader: inout VerificationReader
    ) throws(VerificationError) -> VerificationCounts {
        let whole = PackageLimits.verificationBytes
        var counts = VerificationCounts()
        counts.strings = UInt32(try reader.bounded(bytes, "count of strings", limit: PackageLimits.strings))
        counts.stringBytes = UInt32(try reader.bounded(bytes, "bytes of strings", limit: whole))
        counts.programs = UInt32(try reader.bounded(bytes, "count of programs", limit: PackageLimits.programs))
        counts.findings = UInt32(
            try reader.bounded(
                bytes, "count of findings", limit: PackageLimits.programs * PackageLimits.findingsPerProgram))
        counts.notes = UInt32(
            try reader.bounded(bytes, "count of notes", limit: whole / VerificationWire.noteRowBytes))
        counts.lines = UInt32(
            try reader.bounded(bytes, "count of lines", limit: whole / VerificationWire.lineRowBytes))
        counts.facts = UInt32(try reader.bounded(bytes, "count of facts", limit: whole))
        _ = try reader.flags(bytes, "last word of the header", known: 0)
        guard counts.totalBytes == UInt64(bytes.count) else {
            throw .format(.lengthMismatch(declared: counts.totalBytes, actual: bytes.count))
        }
        return counts
    }

    private static func strings(
        _ bytes: Span<UInt8>, _ reader: inout VerificationReader, _ counts: VerificationCounts
    ) throws(VerificationError) -> [TableString] {
        var texts: [TableString] = []
        texts.reserveCapacity(Int(counts.strings))
        var position = bytes.count - Int(counts.stringBytes)
        for _ in 0..<counts.strings {
            let length = try reader.bounded(bytes, "length of a string", limit: PackageLimits.findingTextBytes)
            guard length <= bytes.count - position else {
                throw .format(
                    .truncated(
                        field: "string", offset: position, needed: length, available: bytes.count - position))
            }
            do {
                let text = try UTF8Span(validating: bytes.extracting(position..<position + length))
                texts.append(TableString(String(copying: text)))
            } catch {
                throw .format(.notUTF8(field: "string \(texts.count)", offset: error.byteOffsets.lowerBound))
            }
            position += length
        }
        try Self.requireAll(
            counts.stringBytes, "bytes of strings", taken: position - (bytes.count - Int(counts.stringBytes)))
        return texts
    }

    /// The rows that owners claimed must be the rows that there are. At most a few million claims of at most 64 each:
    /// the sums are small numbers.
    private static func requireAll(_ count: UInt32, _ field: String, taken: Int) throws(VerificationError) {
        guard taken == Int(count) else {
            throw .format(.tableNotCovered(field: field, claimed: UInt64(taken), available: Int(count)))
        }
    }

    /// The programs without their findings, and how many findings and facts each has.
    private mutating func readPrograms(
        _ bytes: Span<UInt8>, _ reader: inout VerificationReader, _ counts: VerificationCounts
    ) throws(VerificationError) -> (findings: [Int], facts: [Int]) {
        var shares: [Int] = []
        var facts: [Int] = []
        for row in 0..<Int(counts.programs) {
            let index = try reader.bounded(bytes, "index of a program", limit: PackageLimits.programs - 1)
            if let last = programs.last, last.program >= index {
                throw .programOutOfOrder(row: row, index: UInt32(index))
            }
            var program = ProgramVerification(program: index, verdict: try reader.word(bytes, "verdict"))
            let flags = try reader.flags(bytes, "program flags", known: VerificationWire.ProgramFlags.all)
            shares.append(
                try reader.bounded(bytes, "findings of a program", limit: PackageLimits.findingsPerProgram))
            program.instructions = try reader.uint64(bytes, "instructions")
            program.visits = try reader.uint64(bytes, "visits")
            program.states = try reader.uint64(bytes, "states")
            program.peakStates = try reader.uint64(bytes, "peak states")
            program.peakBytes = try reader.uint64(bytes, "peak bytes")
            program.nanoseconds = try reader.uint64(bytes, "nanoseconds")
            let run = try reader.uint64(bytes, "longest run")
            let least = try reader.uint64(bytes, "least result")
            let greatest = try reader.uint64(bytes, "greatest result")
            program.unlistedFindings = try reader.uint64(bytes, "unlisted findings")
            let claimed = try reader.uint64(bytes, "facts")
            guard claimed <= PackageLimits.slotsPerProgram else {
                throw .format(
                    .limitExceeded(
                        field: "facts", offset: reader.offset - 8, value: claimed,
                        limit: PackageLimits.slotsPerProgram))
            }
            facts.append(Int(claimed))
            if flags & VerificationWire.ProgramFlags.hasLongestRun != 0 { program.longestRun = run }
            if flags & VerificationWire.ProgramFlags.hasResult != 0 {
                guard least <= greatest else { throw .emptyResult(program: index) }
                program.result = least...greatest
            }
            programs.append(program)
        }
        try Self.requireAll(counts.findings, "findings", taken: shares.reduce(0, +))
        try Self.requireAll(counts.facts, "facts", taken: facts.reduce(0, +))
        return (shares, facts)
    }

    /// How many rows of the following tables belong to one finding.
    private struct Parts {
        var program: Int
        var finding: Int
        var facts: Int
        var path: Int
        var lines: Int
    }

    private mutating func readFindings(
        _ bytes: Span<UInt8>, _ reader: inout VerificationReader, _ counts: VerificationCounts, _ shares: [Int],
        _ table: [TableString]
    ) throws(VerificationError) -> [Parts] {
        var parts: [Parts] = []
        parts.reserveCapacity(Int(counts.findings))
        for (program, share) in shares.enumerated() {
            for index in 0..<share {
                let kind: Finding.Kind = try reader.word(bytes, "kind of a finding")
                let instruction = try Self.instruction(bytes, &reader)
                var finding = Finding(kind, at: instruction, try reader.text(bytes, from: table, "requirement"))
                finding.hint = try reader.word(bytes, "hint")
                let facts = try reader.bounded(bytes, "facts", limit: PackageLimits.notesPerFinding)
                let path = try reader.bounded(bytes, "path", limit: PackageLimits.notesPerFinding)
                let at = reader.offset
                let confirmation = try reader.uint32(bytes, "confirmation")
                let lines = try reader.bounded(
                    bytes, "lines of a confirmation",
                    limit: confirmation == VerificationWire.ConfirmationKind.confirmed
                        ? PackageLimits.confirmationLines : 0)
                let lost = try reader.uint32(bytes, "place of the loss")
                let reason = try reader.text(bytes, from: table, "reason")
                switch confirmation {
                case VerificationWire.ConfirmationKind.notTried: finding.confirmation = .notTried
                case VerificationWire.ConfirmationKind.confirmed: finding.confirmation = .confirmed([])
                case VerificationWire.ConfirmationKind.notConfirmed:
                    guard lost == VerificationWire.nowhere || lost < PackageLimits.slotsPerProgram else {
                        throw .unknownValue(field: "place of the loss", offset: at + 8, value: lost)
                    }
                    finding.confirmation = .notConfirmed(
                        lostAt: lost == VerificationWire.nowhere ? nil : Int(lost), reason: reason)
                case _: throw .unknownValue(field: "confirmation", offset: at, value: confirmation)
                }
                programs[program].findings.append(finding)
                parts.append(Parts(program: program, finding: index, facts: facts, path: path, lines: lines))
            }
        }
        try Self.requireAll(counts.notes, "notes", taken: parts.reduce(0) { $0 + $1.facts + $1.path })
        try Self.requireAll(counts.lines, "lines", taken: parts.reduce(0) { $0 + $1.lines })
        return parts
    }

    private static func instruction(
        _ bytes: Span<UInt8>, _ reader: inout VerificationReader
    ) throws(VerificationError) -> Int {
        try reader.bounded(bytes, "instruction of a finding", limit: PackageLimits.slotsPerProgram - 1)
    }

    private mutating func readNotes(
        _ bytes: Span<UInt8>, _ reader: inout VerificationReader, _ counts: VerificationCounts, _ parts: [Parts],
        _ table: [TableString]
    ) throws(VerificationError) {
        for part in parts {
            var notes: [Finding.Note] = []
            for _ in 0..<part.facts + part.path {
                let instruction = try Self.instruction(bytes, &reader)
                notes.append(Finding.Note(instruction, try reader.text(bytes, from: table, "note")))
            }
            programs[part.program].findings[part.finding].facts = Array(notes.prefix(part.facts))
            programs[part.program].findings[part.finding].path = Array(notes.dropFirst(part.facts))
        }
    }

    private mutating func readLines(
        _ bytes: Span<UInt8>, _ reader: inout VerificationReader, _ counts: VerificationCounts, _ parts: [Parts],
        _ table: [TableString]
    ) throws(VerificationError) {
        for part in parts where part.lines > 0 {
            var lines: [String] = []
            for _ in 0..<part.lines { lines.append(try reader.text(bytes, from: table, "line")) }
            programs[part.program].findings[part.finding].confirmation = .confirmed(lines)
        }
    }

    /// Whether they can be about the instructions of the program, ``check(answers:options:of:)`` says, which knows these.
    private mutating func readFacts(
        _ bytes: Span<UInt8>, _ reader: inout VerificationReader, _ shares: [Int]
    ) throws(VerificationError) {
        for (program, share) in shares.enumerated() {
            let start = try reader.take(share, of: bytes, "facts")
            var facts: [InstructionFacts] = []
            facts.reserveCapacity(share)
            for slot in 0..<share {
                let fact = InstructionFacts(rawValue: bytes[start + slot])
                do throws(InstructionFactsProblem) { try fact.check() } catch {
                    throw .facts(
                        program: programs[program].program, InstructionFactsError(slot: slot, problem: error))
                }
                facts.append(fact)
            }
            programs[program].facts = facts
        }
    }
}
