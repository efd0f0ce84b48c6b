import Bytecode
import ProgramPackage
import Testing

@testable import Verifier

@Suite("The corpus of small programs, safe and unsafe")
struct CorpusTests {
    @Test("every program is told as it should be", arguments: Corpus.programs)
    func verdict(program: CorpusProgram) throws {
        let (package, index) = try Corpus.package(of: program)
        let verification = Verifier.verify(program: index, of: package, options: program.options)
        let mismatches = program.mismatches(with: verification, of: package.programs[index])
        #expect(mismatches.isEmpty, "\(program)\n\(mismatches.joined(separator: "\n"))")
    }

    @Test("the programs that are not told as they should be, in one table")
    func table() throws {
        var rows: [String] = []
        var counts: [String: (right: Int, all: Int)] = [:]
        for program in try Corpus.result.get() {
            let (package, index) = try Corpus.package(of: program)
            let verification = Verifier.verify(program: index, of: package, options: program.options)
            let mismatches = program.mismatches(with: verification, of: package.programs[index])
            counts[program.file, default: (0, 0)].all += 1
            if mismatches.isEmpty { counts[program.file, default: (0, 0)].right += 1 }
            guard !mismatches.isEmpty else { continue }
            rows.append("\(program)\n" + mismatches.map { "    \($0)" }.joined(separator: "\n"))
        }
        let summary = counts.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value.right) of \($0.value.all)" }
        #expect(rows.isEmpty, "\n\((rows + summary).joined(separator: "\n"))")
    }

    @Test("every expectation is well formed, and about half of the programs are safe")
    func wellFormed() throws {
        let programs = try Corpus.result.get()
        for program in programs {
            let (package, index) = try Corpus.package(of: program)
            let lines = Set(package.programs[index].lines.map { Int($0.line) })
            for place in program.errors.flatMap(\.places) {
                #expect(lines.contains(place.line), "\(program): line \(place.line) has no instruction")
            }
        }
        #expect(programs.count >= 150)
        let safe = programs.count { $0.outcome == .accepted }
        #expect((programs.count * 35 / 100...programs.count * 65 / 100).contains(safe), "\(safe) of \(programs.count)")
    }

    @Test("every program that should be accepted decodes")
    func decodes() throws {
        for program in try Corpus.result.get() where program.outcome != .rejected {
            let (package, index) = try Corpus.package(of: program)
            #expect(throws: Never.self, "\(program)") { try Instruction.decode(package.programs[index].code) }
        }
    }

    @Test(
        "malformed corpus text is refused at its line",
        arguments: [
            ("    exit", 1), ("== a\n    exit\n", 1), ("== a\naccepted\naccepted\n    exit", 3),
            ("== a\nrejected\nbecause b\n    exit", 1), ("== a\naccepted\n    exit // rejected: noExit", 1),
            ("== a\nrejected\n    exit // rejected: noExit", 1), ("== a\naccepted\n    exitt", 3),
            ("== a\nrejected\nbecause b\n    exit // rejected: nothing", 4),
            ("== a\nrejected\nbecause b\n    exit // rejected: noExit nothing", 4),
            ("== a\nrejected\nbecause b\n    exit // or rejected: noExit", 1),
            ("== a\naccepted\nmap m array 4 4", 3), ("== a\naccepted\nmap m nothing 4 4 1", 3),
            ("== a\naccepted\ncontents m 00", 3), ("== a\naccepted\n    r1 = map(m)\n    exit", 3),
            ("== a\naccepted\n    call bpf_nothing\n    exit", 3), ("== a\naccepted\noption nothing", 3),
        ])
    func malformed(text: String, line: Int) throws {
        let error = try #require(throws: CorpusError.self) { try AssemblyCorpus.programs(in: text, file: "text") }
        #expect(error.line == line)
    }
}
