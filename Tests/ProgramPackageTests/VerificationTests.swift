import Bytecode
import TestSupport
import Testing

@testable import ProgramPackage

@Suite("A verification as bytes")
struct VerificationTests {
    static let options: VerifierOptions = {
        var options = VerifierOptions()
        options.visits = 7
        options.confirms = false
        options.programType = "sched_cls"
        return options
    }()

    /// One of everything.
    static let full: Verification = {
        var accepted = ProgramVerification(program: 0, verdict: .accepted)
        accepted.instructions = 5
        accepted.visits = .max
        accepted.states = 3
        accepted.peakStates = 2
        accepted.peakBytes = 4096
        accepted.nanoseconds = 12
        accepted.longestRun = 40
        accepted.result = 1...2
        accepted.facts = [[], .isUnreached, [], .isUnreached, .isUnreached]
        var rejected = ProgramVerification(program: 2, verdict: .rejected)
        var finding = Finding(.possiblyNull, at: 4, "r0 may be null, and byte 0 of it is read")
        finding.facts = [Finding.Note(1, "r0 is what bpf_map_lookup_elem returned"), Finding.Note(2, "é")]
        finding.path = [Finding.Note(3, "taken")]
        finding.hint = .checkForNull
        finding.confirmation = .confirmed(["packet: 0 bytes", "reads address 0"])
        var other = Finding(.outOfBoundsPacket, at: 0, "")
        other.confirmation = .notConfirmed(lostAt: 3, reason: "the loop was widened")
        var third = Finding(.badResult, at: 1, "r0 is 9")
        third.confirmation = .notConfirmed(lostAt: nil, reason: "")
        rejected.findings = [finding, other, third]
        rejected.unlistedFindings = 4
        let complex = ProgramVerification(program: 3, verdict: .tooComplex)
        return Verification(options: options, programs: [accepted, rejected, complex])
    }()

    private func refusal(_ bytes: [UInt8]) -> VerificationError? {
        do throws(VerificationError) {
            _ = try Verification(parsing: bytes)
            return nil
        } catch { return error }
    }

    @Test("what was written is read back")
    func roundTrip() throws {
        for verification in [Verification(options: VerifierOptions(), programs: []), Self.full] {
            #expect(try Verification(parsing: verification.serialized()) == verification)
        }
    }

    @Test("every verdict, kind and hint crosses", arguments: Verdict.allCases)
    func words(verdict: Verdict) throws {
        var program = ProgramVerification(program: 1, verdict: verdict)
        if verdict != .accepted {
            program.findings = Finding.Kind.allCases.prefix(64).map { Finding($0, at: 0, "x") }
            for (index, hint) in Finding.Hint.allCases.enumerated() { program.findings[index].hint = hint }
        }
        let verification = Verification(options: VerifierOptions(), programs: [program])
        #expect(try Verification(parsing: verification.serialized()) == verification)
    }

    @Test("every truncation is refused")
    func truncations() throws {
        let bytes = try Self.full.serialized()
        for count in 0..<bytes.count { #expect(refusal(Array(bytes[..<count])) != nil) }
        #expect(
            refusal(bytes + [0]) == .format(.lengthMismatch(declared: UInt64(bytes.count), actual: bytes.count + 1)))
    }

    @Test("every byte may be wrong: a value or a named error, and what is accepted survives its own bytes")
    func everyByte() throws {
        let bytes = try Self.full.serialized()
        var accepted = 0, refused = 0
        for index in bytes.indices {
            for change: (UInt8) -> UInt8 in [{ $0 ^ 1 }, { $0 &+ 0x7F }, { _ in 0xFF }, { _ in 0 }] {
                var copy = bytes
                copy[index] = change(copy[index])
                do throws(VerificationError) {
                    let verification = try Verification(parsing: copy)
                    #expect(try Verification(parsing: verification.serialized()) == verification)
                    accepted += 1
                } catch { refused += 1 }
            }
        }
        #expect(accepted > 300 && refused > 300)
    }

    @Test("a hundred thousand random damages never trap", arguments: 1...2)
    func randomDamage(seed: UInt64) throws {
        let bytes = try Self.full.serialized()
        var generator = SeededGenerator(seed: seed)
        var refused = 0
        for _ in 0..<50_000 where refusal(mutated(bytes, with: &generator)) != nil { refused += 1 }
        #expect(refused > 20_000)
    }

    /// Where the rows of programs begin in the bytes of ``full``.
    private func rows() throws -> (bytes: [UInt8], programs: Int, findings: Int) {
        let bytes = try Self.full.serialized()
        let countAt = 24 + VerificationWire.optionsBytes
        let strings = Int(bytes[countAt]) | Int(bytes[countAt + 1]) << 8
        let programs = VerificationWire.headerBytes + strings * VerificationWire.stringRowBytes
        return (bytes, programs, programs + 3 * VerificationWire.programRowBytes)
    }

    private func damaged(_ bytes: [UInt8], _ offset: Int, _ value: UInt32) -> [UInt8] {
        var bytes = bytes
        for byte in 0..<4 { bytes[offset + byte] = UInt8(truncatingIfNeeded: value >> (8 * UInt32(byte))) }
        return bytes
    }

    @Test("what cannot be is refused by name")
    func names() throws {
        let (bytes, programs, findings) = try rows()
        func refused(_ offset: Int, _ value: UInt32) -> VerificationError? { refusal(damaged(bytes, offset, value)) }
        let row = VerificationWire.programRowBytes
        #expect(refused(0, 0) == .wrongMagic(0x8959_4656_0000_0000))
        #expect(refused(8, 4) == .unsupportedVersion(4, supported: 3))
        #expect(refused(20, 1) == .format(.reservedNotZero(field: "word behind the verifier", offset: 20, value: 1)))
        #expect(refused(56, 8) == .format(.reservedNotZero(field: "flags of the options", offset: 56, value: 8)))
        #expect(refused(64, 0x4141_4141) == .badProgramType)
        // A zero between letters.
        #expect(refused(64, 0x0061_0061) == .badProgramType)
        #expect(refused(programs + 4, 5) == .unknownValue(field: "verdict", offset: programs + 4, value: 5))
        #expect(refused(programs + 4, 0) == .unknownValue(field: "verdict", offset: programs + 4, value: 0))
        #expect(refused(programs + 4, 0x101) == .unknownValue(field: "verdict", offset: programs + 4, value: 0x101))
        #expect(refused(programs + row, 0) == .programOutOfOrder(row: 1, index: 0))
        #expect(
            refused(programs, 256)
                == .format(.limitExceeded(field: "index of a program", offset: programs, value: 256, limit: 255)))
        #expect(
            refused(programs + row + 12, 65)
                == .format(
                    .limitExceeded(
                        field: "findings of a program", offset: programs + row + 12, value: 65, limit: 64)))
        // The least result of the first program, 1, becomes 3; the greatest is 2.
        #expect(refused(programs + 72, 3) == .emptyResult(program: 0))
        #expect(refused(programs + row + 4, 1) == .contradiction(program: 2, verdict: .accepted, findings: 3))
        #expect(refused(programs + 4, 3) == .contradiction(program: 0, verdict: .rejected, findings: 0))
        #expect(refused(programs + 88, 1) == .contradiction(program: 0, verdict: .accepted, findings: 0))
        #expect(refused(findings, 0) == .unknownValue(field: "kind of a finding", offset: findings, value: 0))
        #expect(
            refused(findings + 4, 65_536)
                == .format(
                    .limitExceeded(
                        field: "instruction of a finding", offset: findings + 4, value: 65_536, limit: 65_535)))
        #expect(refused(findings + 12, 99) == .unknownValue(field: "hint", offset: findings + 12, value: 99))
        #expect(
            refused(findings + 24, 3)
                == .format(.limitExceeded(field: "lines of a confirmation", offset: findings + 28, value: 2, limit: 0)))
        let other = findings + VerificationWire.findingRowBytes
        #expect(
            refused(other + 32, 65_536) == .unknownValue(field: "place of the loss", offset: other + 32, value: 65_536))
        // A finding with one note fewer leaves one over.
        #expect(
            refused(findings + 16, 1) == .format(.tableNotCovered(field: "notes", claimed: 2, available: 3)))
    }

    @Test("facts that cannot be any, or are said of what is not proven, are refused by name")
    func facts() throws {
        let bytes = try Self.full.serialized()
        // Behind everything but the strings, at the end.
        let countAt = 24 + VerificationWire.optionsBytes
        let stringBytes = Int(bytes[countAt + 4]) | Int(bytes[countAt + 5]) << 8
        let first = bytes.count - stringBytes - 5
        #expect(bytes[first..<first + 5] == [0, 1, 0, 1, 1])
        func refused(_ slot: Int, _ value: UInt8) -> VerificationError? {
            var copy = bytes
            copy[first + slot] = value
            return refusal(copy)
        }
        func facts(_ slot: Int, _ problem: InstructionFactsProblem) -> VerificationError {
            .facts(program: 0, InstructionFactsError(slot: slot, problem: problem))
        }
        #expect(refused(2, 2) == nil)
        #expect(refused(4, 0x40) == facts(4, .unknown(bits: 0x40)))
        #expect(refused(1, 3) == facts(1, .contradiction(bits: 3)))
        #expect(refused(0, 6) == facts(0, .contradiction(bits: 6)))
        // More of them than there are, and than there may be.
        let (_, programs, _) = try rows()
        let claim = programs + VerificationWire.programRowBytes - 8
        #expect(
            refusal(damaged(bytes, claim, 6)) == .format(.tableNotCovered(field: "facts", claimed: 6, available: 5)))
        #expect(
            refusal(damaged(bytes, claim, 65_537))
                == .format(.limitExceeded(field: "facts", offset: claim, value: 65_537, limit: 65_536)))
        for (index, verdict) in [(1, Verdict.rejected), (2, .tooComplex)] {
            var verification = Self.full
            verification.programs[index].facts = [.isUnreached]
            #expect(
                throws: VerificationError.factsOfUnproven(
                    program: Self.full.programs[index].program, verdict: verdict)
            ) { try verification.serialized() }
        }
    }

    @Test("a text that a terminal would act on is refused where it is read, and replaced where it is written")
    func texts() throws {
        var verification = Self.full
        verification.programs[1].findings[0].requirement = "r0\u{1B}[31m\u{202E}\n"
        let bytes = try verification.serialized()
        let read = try Verification(parsing: bytes)
        #expect(read.programs[1].findings[0].requirement == "r0\u{FFFD}[31m\u{FFFD}\u{FFFD}")
        // The same bytes with the escape in place of the é.
        let accent = try #require(bytes.indices.dropLast().last { bytes[$0] == 0xC3 && bytes[$0 + 1] == 0xA9 })
        var copy = bytes
        (copy[accent], copy[accent + 1]) = (0x1B, 0x63)
        #expect(refusal(copy) == .format(.forbiddenCharacter(field: "note", offset: 0, scalar: 0x1B)))
        (copy[accent], copy[accent + 1]) = (0xC3, 0x28)
        guard case .format(.notUTF8)? = refusal(copy) else {
            Issue.record("\(refusal(copy) as Any)")
            return
        }
    }

    @Test("what is too long is cut: a text at its end, a path in its middle, findings at the last one, each counted")
    func limits() throws {
        var verification = Verification(
            options: VerifierOptions(), programs: [ProgramVerification(program: 0, verdict: .rejected)])
        verification.programs[0].findings = (0..<100).map { index in
            var finding = Finding(.badMap, at: index, String(repeating: "é", count: 200))
            finding.path = (0..<1000).map { Finding.Note($0, "branch \($0)") }
            finding.confirmation = .confirmed((0..<100).map { "line \($0)" })
            return finding
        }
        let read = try Verification(parsing: verification.serialized()).programs[0]
        #expect(read.findings.count == 64 && read.unlistedFindings == 36)
        let first = read.findings[0]
        #expect(first.requirement == String(repeating: "é", count: 150))
        #expect(first.path.count == 64)
        #expect(first.path[0].text == "branch 0" && first.path[15].text == "branch 15")
        #expect(first.path[16].text == "… 937 more" && first.path[16].instruction == 16)
        #expect(first.path[17].text == "branch 953" && first.path[63].text == "branch 999")
        guard case .confirmed(let lines) = first.confirmation else { return #expect(Bool(false)) }
        #expect(lines.count == 64)
    }

    @Test("more than fits in all is told shorter, and never refused")
    func tooMuch() throws {
        var random = SeededGenerator(seed: 1)
        var verification = Verification(options: VerifierOptions(), programs: [])
        for index in 0..<256 {
            var program = ProgramVerification(program: index, verdict: .rejected)
            program.findings = (0..<64).map { finding in
                var finding = Finding(.badMap, at: finding, "\(index) \(finding)")
                finding.facts = (0..<16).map { note in
                    Finding.Note(note, "\(random.next())" + String(repeating: "x", count: 250))
                }
                return finding
            }
            verification.programs.append(program)
        }
        let bytes = try verification.serialized()
        #expect(bytes.count <= PackageLimits.verificationBytes)
        let read = try Verification(parsing: bytes)
        #expect(read.programs.count == 256)
        #expect(read.programs.allSatisfy { !$0.findings.isEmpty })
        #expect(read.programs.allSatisfy { UInt64($0.findings.count) + $0.unlistedFindings == 64 })
    }

    @Test("it is held against the question: version, options, programs, places")
    func binding() throws {
        let code = [Slot](repeating: Slot(opcode: 0x95, registers: 0, offset: 0, immediate: 0), count: 5)
        let package = ObjectPackage(
            programs: (0..<4).map { Program(name: "p\($0)", section: "xdp", code: code) })
        func problem(
            _ change: (inout Verification) -> Void = { _ in }, asked: [Int] = [0, 2, 3],
            options: VerifierOptions = Self.options
        ) -> VerificationError? {
            var verification = Self.full
            change(&verification)
            do throws(VerificationError) {
                try verification.check(answers: asked, options: options, of: package)
                return nil
            } catch { return error }
        }
        #expect(problem() == nil)
        #expect(problem { $0.version = 9 } == .wrongVerifier(9, expected: Verification.currentVersion))
        for change: (inout VerifierOptions) -> Void in [
            { $0.visits += 1 }, { $0.states += 1 }, { $0.memory += 1 }, { $0.milliseconds += 1 },
            { $0.allowsAddressLeaks.toggle() }, { $0.confirms.toggle() }, { $0.refusesDivisionByZero.toggle() },
            { $0.programType = nil },
        ] { #expect(problem { change(&$0.options) } == .otherOptions) }
        #expect(problem(asked: [0, 2]) == .otherPrograms(asked: [0, 2], answered: [0, 2, 3]))
        #expect(problem(asked: [0, 1, 3]) == .otherPrograms(asked: [0, 1, 3], answered: [0, 2, 3]))
        #expect(
            problem({ $0.programs[2].program = 4 }, asked: [0, 2, 4])
                == .otherPrograms(asked: [0, 2, 4], answered: [0, 2, 4]))
        func facts(_ slot: Int, _ problem: InstructionFactsProblem) -> VerificationError {
            .facts(program: 0, InstructionFactsError(slot: slot, problem: problem))
        }
        #expect(problem { $0.programs[0].facts.removeLast() } == facts(4, .count(slots: 5)))
        #expect(
            problem { $0.programs[0].facts[2] = .neverJumps } == facts(2, .meaningless(bits: 2, opcode: 0x95)))
        let outside = VerificationError.instructionOutOfRange(program: 2, instruction: 5, count: 5)
        #expect(problem { $0.programs[1].findings[0].instruction = 5 } == outside)
        #expect(problem { $0.programs[1].findings[0].facts[1].instruction = 5 } == outside)
        #expect(problem { $0.programs[1].findings[0].path[0].instruction = 5 } == outside)
        #expect(
            problem { $0.programs[1].findings[1].confirmation = .notConfirmed(lostAt: 5, reason: "") } == outside)
    }
}

@Suite("A request for a verification as bytes")
struct VerificationRequestTests {
    private let request = VerificationRequest(
        options: VerificationTests.options, programs: [0, 3, 255], package: [1, 2, 3])

    @Test("what was written is read back")
    func roundTrip() throws {
        #expect(try VerificationRequest(parsing: request.serialized()) == request)
    }

    @Test("truncations and damages are refused or read, and never trap")
    func damage() throws {
        let bytes = try request.serialized()
        for count in 0..<bytes.count {
            #expect(throws: VerificationError.self) { try VerificationRequest(parsing: Array(bytes[..<count])) }
        }
        var generator = SeededGenerator(seed: 3)
        var refused = 0
        for _ in 0..<20_000 {
            do throws(VerificationError) {
                _ = try VerificationRequest(parsing: mutated(bytes, with: &generator))
            } catch { refused += 1 }
        }
        #expect(refused > 5_000)
    }

    @Test("programs out of order, or twice, and types that are none are refused where they are written")
    func refused() {
        var copy = request
        copy.programs = [3, 3]
        #expect(throws: VerificationError.programOutOfOrder(row: 1, index: 3)) { try copy.serialized() }
        for type in ["", "XDP", "x d p", String(repeating: "x", count: 33), "xdp\0"] {
            copy = request
            copy.options.programType = type
            #expect(throws: VerificationError.badProgramType) { try copy.serialized() }
        }
    }
}
