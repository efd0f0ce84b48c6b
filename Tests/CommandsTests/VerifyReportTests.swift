import Bytecode
import CommandSupport
import Foundation
import ProgramPackage
import Testing

@testable import Commands

@Suite("What verify shows")
struct VerifyReportTests {
    /// A program that reads a map's value without looking whether it is there, and the packet without its length.
    static let package: ObjectPackage = {
        func slot(_ opcode: UInt8, _ destination: UInt8, _ source: UInt8, _ offset: Int16, _ immediate: Int32) -> Slot {
            Slot(opcode: opcode, destination: destination, source: source, offset: offset, immediate: immediate)
        }
        let code = [
            slot(0x61, 6, 1, 0, 0), slot(0x18, 1, 1, 0, 0), slot(0, 0, 0, 0, 0), slot(0xBF, 2, 10, 0, 0),
            slot(0x07, 2, 0, 0, -4), slot(0x15, 6, 0, 1, 0), slot(0x85, 0, 0, 0, 1), slot(0x79, 3, 0, 0, 0),
            slot(0x69, 4, 6, 12, 0), slot(0xB7, 0, 0, 0, 2), slot(0x95, 0, 0, 0, 0),
        ]
        let file = "/src/net/count.bpf.c"
        return ObjectPackage(
            licence: "GPL",
            maps: [MapDefinition(name: "counts", type: 2, keySize: 4, valueSize: 8, maximumEntries: 4)],
            programs: [
                Program(name: "quiet", section: "xdp", code: [slot(0xB7, 0, 0, 0, 2), slot(0x95, 0, 0, 0, 0)]),
                Program(
                    name: "count", section: "xdp", code: code,
                    functions: [FunctionRange(name: "count", start: 0)],
                    lines: [
                        LineInfo(
                            instruction: 0, file: file, line: 20, column: 2,
                            text: "\tvoid *data = (void *)(long)ctx->data;"),
                        LineInfo(
                            instruction: 1, file: file, line: 21, column: 15,
                            text: "\t__u64 *value = bpf_map_lookup_elem(&counts, &key);"),
                        LineInfo(
                            instruction: 5, file: file, line: 22, column: 6, text: "\tif (!data) return XDP_PASS;"),
                        LineInfo(instruction: 7, file: file, line: 23, column: 12, text: "\t__u64 n = *value;"),
                    ]),
                Program(name: "spin", section: "tc", code: [slot(0x05, 0, 0, -1, 0)]),
                Program(name: "strange", section: "odd", code: [slot(0x95, 0, 0, 0, 0)]),
            ])
    }()

    static let verification: Verification = {
        var quiet = ProgramVerification(program: 0, verdict: .accepted)
        quiet.instructions = 2
        quiet.states = 1
        quiet.nanoseconds = 51_000
        quiet.visits = 2
        quiet.peakStates = 1
        quiet.peakBytes = 2_048
        quiet.longestRun = 2
        quiet.result = 2...2

        var count = ProgramVerification(program: 1, verdict: .rejected)
        count.instructions = 10
        count.states = 1_234
        count.nanoseconds = 1_260_000
        var packet = Finding(
            .outOfBoundsPacket, at: 8, "reads bytes 12..13 of the packet; only 0 are known to be there")
        packet.facts = [Finding.Note(0, "r6 is the start of the packet")]
        packet.hint = .checkPacketBounds
        packet.confirmation = .notConfirmed(lostAt: 7, reason: "no input was found in 100 tries")
        var null = Finding(.possiblyNull, at: 7, "r0 may be null, and 8 bytes are read from it")
        null.facts = [
            Finding.Note(6, "r0 is what bpf_map_lookup_elem returned"), Finding.Note(6, "map counts, 4 entries"),
        ]
        null.path = (0..<10).map { Finding.Note(5, "data is not 0: not taken (\($0))") }
        null.hint = .checkForNull
        null.confirmation = .confirmed(["packet: 14 bytes of 00", "counts: empty", "reads 8 bytes at address 0"])
        // In the order in which the verifier found them, which is not that of the report.
        count.findings = [packet, null]

        var spin = ProgramVerification(program: 2, verdict: .needsFuel)
        spin.instructions = 1
        spin.findings = [Finding(.unboundedLoop, at: 0, "no counter of this loop has a bound")]
        return Verification(options: VerifierOptions(), programs: [quiet, count, spin])
    }()

    private let report = VerifyReport(
        package, verification, file: "count.o", fileDigest: "sha256:00",
        programs: [(0, "xdp"), (1, "xdp"), (2, "sched_cls"), (3, nil)])

    @Test("the report of a rejection says what, where, why, how to get there and what to do")
    func golden() {
        let expected = """
            count.o
              program  section  verdict       instructions  states    time
              ────────────────────────────────────────────────────────────
              quiet    xdp      accepted                 2       1  0.1 ms
              count    xdp      rejected                10   1,234  1.3 ms
              spin     tc       needs fuel               1       0  0.0 ms
              strange  odd      not verified             –       –       –

            count (section xdp): rejected, 2 errors

              error 1 of 2: a pointer that may be null is used
                /src/net/count.bpf.c:23 in count
                  23 |     __u64 n = *value;
                     |               ^
                instruction 7: r3 = *(u64 *)(r0 + 0x0)
                needs:   r0 may be null, and 8 bytes are read from it
                known because:
                  count.bpf.c:22  r0 is what bpf_map_lookup_elem returned  if (!data) return XDP_PASS;
                  count.bpf.c:22  map counts, 4 entries
                taken to get here:
                  … 2 earlier, which --explain shows
                  count.bpf.c:22  data is not 0: not taken (2)  if (!data) return XDP_PASS;
                  count.bpf.c:22  data is not 0: not taken (3)
                  count.bpf.c:22  data is not 0: not taken (4)
                  count.bpf.c:22  data is not 0: not taken (5)
                  count.bpf.c:22  data is not 0: not taken (6)
                  count.bpf.c:22  data is not 0: not taken (7)
                  count.bpf.c:22  data is not 0: not taken (8)
                  count.bpf.c:22  data is not 0: not taken (9)
                hint:    compare the result with null before it is used: if (!value) return
                         0;
                confirmed: this input breaks it
                  packet: 14 bytes of 00
                  counts: empty
                  reads 8 bytes at address 0

              error 2 of 2: access outside of the packet
                /src/net/count.bpf.c:23 in count
                  23 |     __u64 n = *value;
                     |               ^
                instruction 8: w4 = *(u16 *)(r6 + 0xc)
                needs:   reads bytes 12..13 of the packet; only 0 are known to be there
                known because:
                  count.bpf.c:20  r6 is the start of the packet  void *data = (void *)(long)ctx->data;
                hint:    compare with data_end before the access: if ((void *)(header + 1) >
                         data_end) return XDP_DROP;
                not confirmed: may be a limit of the verifier; precision lost at line 23 (no
                               input was found in 100 tries)

            spin (section tc): needs fuel

              note: a loop that is not proven to end
                instruction 0: goto -0x1 (to instruction 0)
                needs:   no counter of this loop has a bound

            strange (section odd): not verified
              section odd names no program type; say it with --type

            4 programs: 1 accepted, 1 accepted with fuel, 1 rejected, 1 not verified
            What needs fuel is safe, and counts as accepted; it is stopped when its instructions are used up.

            """
        #expect(report.text() == expected)
    }

    @Test("--explain shows the whole path and teaches each kind once; --verbose shows what the proof cost")
    func detail() {
        let explained = report.text(VerifyReport.Detail(explains: true))
        #expect(explained.contains("not taken (0)") && !explained.contains("which --explain shows"))
        for kind in [Finding.Kind.possiblyNull, .outOfBoundsPacket, .unboundedLoop] {
            let words = kind.lesson.split(separator: " ").prefix(6).joined(separator: " ")
            #expect(explained.contains(words), "\(words)")
        }
        #expect(!report.text().contains("visits"))
        let verbose = report.text(VerifyReport.Detail(isVerbose: true))
        #expect(verbose.contains("visits") && verbose.contains("2.00 KiB") && verbose.contains("not known"))
    }

    @Test("what a verifier that was taken over writes moves no cursor")
    func escapes() {
        var verification = Self.verification
        verification.programs[1].findings[0].requirement = "a\u{1B}[2Jb"
        verification.programs[1].findings[1].confirmation = .confirmed(["\u{202E}c"])
        let text = VerifyReport(
            Self.package, verification, file: "count.o", fileDigest: "", programs: [(1, "xdp")]
        ).text()
        #expect(!text.unicodeScalars.contains { $0 == "\u{1B}" || $0 == "\u{202E}" })
        #expect(text.contains("a\\u{1b}[2Jb") && text.contains("\\u{202e}c"))
    }

    @Test("JSON has the documented keys, and no others")
    func keys() throws {
        let object = try #require(
            try JSONSerialization.jsonObject(with: Data(CommandSupport.json(report).utf8)) as? [String: Any])
        #expect(Set(object.keys) == ["file", "fileDigest", "verifier", "programs"])
        #expect(
            Set(try #require(object["verifier"] as? [String: Any]).keys) == [
                "version", "visits", "states", "memory", "milliseconds", "addressLeaks", "confirms",
            ])
        let programs = try #require(object["programs"] as? [[String: Any]])
        #expect(programs.map { $0["verdict"] as? String } == ["accepted", "rejected", "needs_fuel", "not_verified"])
        let always: Set = [
            "name", "section", "verdict", "instructions", "visits", "states", "peakStates", "peakBytes", "nanoseconds",
            "unlistedFindings", "findings",
        ]
        #expect(Set(programs[0].keys) == always.union(["type", "longestRun", "result"]))
        #expect(Set(programs[1].keys) == always.union(["type"]))
        #expect(Set(programs[3].keys) == always.union(["problem"]))
        let findings = try #require(programs[1]["findings"] as? [[String: Any]])
        #expect(findings.map { $0["kind"] as? String } == ["possibly_null", "out_of_bounds_packet"])
        #expect(
            Set(findings[0].keys) == [
                "kind", "title", "instruction", "disassembly", "function", "source", "requirement", "facts", "path",
                "hint", "advice", "lesson", "confirmation",
            ])
        #expect((findings[0]["path"] as? [Any])?.count == 10)
        let source = try #require(findings[0]["source"] as? [String: Any])
        #expect(Set(source.keys) == ["file", "line", "column", "text"] && source["line"] as? Int == 23)
        let confirmation = try #require(findings[1]["confirmation"] as? [String: Any])
        #expect(Set(confirmation.keys) == ["state", "lines", "reason", "lostAt"])
        let lost = try #require(confirmation["lostAt"] as? [String: Any])
        #expect(Set(lost.keys) == ["instruction", "text", "source"])
    }

    @Test("what needs fuel counts as accepted, and nothing else that is not")
    func allAccepted() {
        func report(_ programs: [(index: Int, type: String?)]) -> VerifyReport {
            VerifyReport(Self.package, Self.verification, file: "", fileDigest: "", programs: programs)
        }
        #expect(report([(0, "xdp"), (2, "sched_cls")]).isAllAccepted)
        #expect(!report([(0, "xdp"), (1, "xdp")]).isAllAccepted)
        #expect(!report([(0, "xdp"), (3, nil)]).isAllAccepted)
        var verification = Self.verification
        verification.programs[0].verdict = .tooComplex
        #expect(
            !VerifyReport(Self.package, verification, file: "", fileDigest: "", programs: [(0, "xdp")]).isAllAccepted)
    }

    @Test("every kind and every hint has a name of its own, and words for people", arguments: Finding.Kind.allCases)
    func words(kind: Finding.Kind) {
        #expect(!kind.title.isEmpty && kind.lesson.hasSuffix("."))
        #expect(Finding.Kind.allCases.count { $0.name == kind.name } == 1)
        #expect(Set(Finding.Hint.allCases.map(\.name)).count == Finding.Hint.allCases.count)
        #expect(Finding.Hint.allCases.filter { $0.advice == nil } == [.none])
    }
}

@Suite("--budget")
struct VerifierBudgetTests {
    @Test("each part has its units, and what is not said stays")
    func parts() throws {
        var options = VerifierOptions()
        try VerifierBudget.parse("visits=7,memory=8M,time=2s", into: &options)
        var expected = VerifierOptions()
        (expected.visits, expected.memory, expected.milliseconds) = (7, 8 << 20, 2_000)
        #expect(options == expected)
        try VerifierBudget.parse("time=1500ms,states=3", into: &options)
        #expect(options.milliseconds == 1_500 && options.states == 3 && options.visits == 7)
        try VerifierBudget.parse("time=9,memory=2097152", into: &options)
        #expect(options.milliseconds == 9 && options.memory == 2 << 20)
    }

    @Test(
        "what it does not understand it refuses",
        arguments: [
            "", "visits", "visits=", "visits=-1", "visits=+1", "visits=1k", "visits=0", "visits=1000000001",
            "visits=1,",
            "visits=1=2", "memory=1k", "memory=18446744073709551616", "memory=99999999999999999G", "memory=M",
            "time=1h",
            "time=0", "Visits=1", "time=1,time=2",
        ])
    func refused(text: String) {
        var options = VerifierOptions()
        #expect(throws: (any Error).self) { try VerifierBudget.parse(text, into: &options) }
    }
}
