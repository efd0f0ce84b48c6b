extension Verification {
    /// How much of each program's findings is told.
    private struct Room {
        var findings = PackageLimits.findingsPerProgram
        var notes = PackageLimits.notesPerFinding
        var lines = PackageLimits.confirmationLines

        /// Half of each, and of a finding never less than its sentence.
        var halved: Room { Room(findings: max(findings / 2, 1), notes: notes / 2, lines: lines / 2) }
        var isLeast: Bool { findings == 1 && notes == 0 && lines == 0 }
    }

    /// The verification as ``init(parsing:)`` reads it back. Texts are made fit to be read there; where there is more
    /// to tell than a verification holds, the last findings and the middle of long lists are left out, and counted.
    package func serialized() throws(VerificationError) -> [UInt8] {
        var room = Room()
        while true {
            if let bytes = try serialized(within: room) { return bytes }
            guard !room.isLeast else {
                throw .tooLarge(bytes: .max, limit: PackageLimits.verificationBytes)
            }
            room = room.halved
        }
    }

    /// Nil where it is too large.
    private func serialized(within room: Room) throws(VerificationError) -> [UInt8]? {
        let programs = programs.map { Self.told($0, room) }
        var rows = PackageWriter()
        var counts = VerificationCounts()
        let nothing = rows.intern("")
        for program in programs {
            rows.put(UInt32(clamping: program.program))
            rows.put(UInt32(program.verdict.rawValue))
            rows.put(
                (program.longestRun == nil ? 0 : VerificationWire.ProgramFlags.hasLongestRun)
                    | (program.result == nil ? 0 : VerificationWire.ProgramFlags.hasResult))
            rows.put(UInt32(clamping: program.findings.count))
            for number in [
                program.instructions, program.visits, program.states, program.peakStates, program.peakBytes,
                program.nanoseconds, program.longestRun ?? 0, program.result?.lowerBound ?? 0,
                program.result?.upperBound ?? 0, program.unlistedFindings, UInt64(program.facts.count),
            ] { rows.put(number) }
        }
        let findings = programs.flatMap(\.findings)
        for finding in findings {
            rows.put(UInt32(finding.kind.rawValue))
            rows.put(UInt32(clamping: finding.instruction))
            rows.put(rows.intern(finding.requirement))
            rows.put(UInt32(finding.hint.rawValue))
            rows.put(UInt32(clamping: finding.facts.count))
            rows.put(UInt32(clamping: finding.path.count))
            switch finding.confirmation {
            case .notTried:
                for word in [VerificationWire.ConfirmationKind.notTried, 0, 0, nothing] { rows.put(word) }
            case .confirmed(let lines):
                counts.lines += UInt32(clamping: lines.count)
                for word in [
                    VerificationWire.ConfirmationKind.confirmed, UInt32(clamping: lines.count), 0, nothing,
                ] { rows.put(word) }
            case .notConfirmed(let lost, let reason):
                rows.put(VerificationWire.ConfirmationKind.notConfirmed)
                rows.put(UInt32(0))
                rows.put(lost.map { UInt32(clamping: $0) } ?? VerificationWire.nowhere)
                rows.put(rows.intern(reason))
            }
        }
        for finding in findings {
            for note in finding.facts + finding.path {
                rows.put(UInt32(clamping: note.instruction))
                rows.put(rows.intern(note.text))
                counts.notes += 1
            }
        }
        for finding in findings {
            guard case .confirmed(let lines) = finding.confirmation else { continue }
            for line in lines { rows.put(rows.intern(line)) }
        }
        for program in programs {
            rows.bytes += program.facts.map(\.rawValue)
            counts.facts += UInt32(clamping: program.facts.count)
        }
        counts.strings = UInt32(clamping: rows.strings.count)
        counts.stringBytes = UInt32(clamping: rows.strings.reduce(0) { $0 + $1.utf8.count })
        counts.programs = UInt32(clamping: programs.count)
        counts.findings = UInt32(clamping: findings.count)
        guard counts.totalBytes <= UInt64(PackageLimits.verificationBytes),
            rows.strings.count <= PackageLimits.strings
        else { return nil }

        var whole = PackageWriter()
        whole.bytes.reserveCapacity(Int(counts.totalBytes))
        whole.put(VerificationWire.magic)
        whole.put(VerificationWire.version)
        whole.put(UInt32(counts.totalBytes))
        whole.put(version)
        whole.put(UInt32(0))
        try options.put(to: &whole)
        for number in [
            counts.strings, counts.stringBytes, counts.programs, counts.findings, counts.notes, counts.lines,
            counts.facts, 0,
        ] { whole.put(number) }
        for text in rows.strings { whole.put(UInt32(clamping: text.utf8.count)) }
        whole.bytes += rows.bytes
        for text in rows.strings { whole.bytes += Array(text.utf8) }
        _ = try Verification(parsing: whole.bytes)
        return whole.bytes
    }

    private static func told(_ program: ProgramVerification, _ room: Room) -> ProgramVerification {
        var told = program
        told.findings = program.findings.prefix(room.findings).map { finding in
            var told = finding
            told.requirement = cleaned(finding.requirement)
            told.facts = shortened(finding.facts, room.notes)
            told.path = shortened(finding.path, room.notes)
            switch finding.confirmation {
            case .notTried: break
            case .confirmed(let lines): told.confirmation = .confirmed(lines.prefix(room.lines).map(cleaned))
            case .notConfirmed(let lost, let reason):
                told.confirmation = .notConfirmed(lostAt: lost, reason: cleaned(reason))
            }
            return told
        }
        let left = UInt64(clamping: program.findings.count - told.findings.count)
        told.unlistedFindings = program.unlistedFindings.addingReportingOverflow(left).partialValue
        return told
    }

    /// The first and the last of a list that is too long: how it began, and what came just before the error.
    private static func shortened(_ notes: [Finding.Note], _ limit: Int) -> [Finding.Note] {
        var kept = notes
        if notes.count > limit, limit > 0 {
            let first = limit / 4
            let last = limit - first - 1
            let gap = Finding.Note(notes[first].instruction, "… \(notes.count - limit + 1) more")
            kept = Array(notes.prefix(first)) + [gap] + Array(notes.suffix(last))
        } else if notes.count > limit {
            kept = []
        }
        return kept.map { Finding.Note($0.instruction, cleaned($0.text)) }
    }

    private static func cleaned(_ text: String) -> String {
        PackageText.cleaned(Array(text.utf8), limit: PackageLimits.findingTextBytes, allowingTabs: false)
    }
}
