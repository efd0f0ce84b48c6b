import Bytecode
import Foundation
import ProgramPackage
import Prototypes
import Testing
import Verifier

/// What the kernel's verifier says of the same programs. It is no judge: it is asked as root, which it lets do more,
/// and it rejects what it cannot follow. Where the two differ, there has to be an explanation.
@Suite(
    "The kernel's opinion",
    .enabled(if: ProcessInfo.processInfo.environment["RINGFENCE_KERNEL"] != nil, "needs $RINGFENCE_KERNEL to be set"),
    .enabled(if: KernelVerifier.isUsable, "\(KernelVerifier.reason)"))
struct KernelComparisonTests {
    @Test("of the corpus: every difference is explained")
    func corpus() throws {
        var comparison = KernelComparison()
        for program in Corpus.programs {
            let (package, index) = try Corpus.package(of: program)
            let entry = package.programs[index]
            guard let descriptor = ProgramDescriptor.row(section: entry.section) else {
                comparison.skip("no program type")
                continue
            }
            let ours = Verifier.verify(program: index, of: package, options: program.options)
            comparison.add(
                "\(program)", isAccepted: ours.verdict == .accepted || ours.verdict == .needsFuel,
                findings: ours.findings.map { "\($0.kind)" },
                KernelVerifier.opinion(
                    of: entry.code, maps: package.maps, type: descriptor.linuxType, attach: descriptor.attachType))
        }
        comparison.report()
    }

    @Test(
        "of the conformance programs that need no memory: every difference is explained",
        .enabled(if: ConformanceTests.folder != nil, "needs $RINGFENCE_CONFORMANCE"))
    func conformance() throws {
        var comparison = KernelComparison()
        for program in try ConformanceProgram.all(in: #require(ConformanceTests.folder)) where program.memory.isEmpty {
            guard let code = try? Instruction.decode(program.slots) else {
                comparison.skip("does not decode here")
                continue
            }
            let ours = try VerifierSeam.ask(Inquiry(code: code, entry: .buffer(size: 0), observed: []))
            comparison.add(
                program.name, isAccepted: ours.verdict == .accepted, findings: ours.findings.map(\.text),
                KernelVerifier.opinion(of: program.slots, maps: [], type: KernelVerifier.socketFilter))
        }
        comparison.report()
    }

    @Test(
        "of PREVAIL's documents, brought into their entry state by instructions: every difference is explained",
        .enabled(if: PrevailTests.folder != nil, "needs $RINGFENCE_PREVAIL"))
    func prevail() throws {
        var comparison = KernelComparison(isForeign: true)
        for document in try PrevailDocument.all(in: #require(PrevailTests.folder)) {
            guard document.expectedException == nil, !document.options.contains("big_endian") else { continue }
            do {
                let program = try PseudoProgram(document, calls: EntryConversion.calls(document.pre))
                let code = try Instruction.decode(program.slots)
                let entries = try EntryConversion.states(document.pre, helpers: program.helpers)
                var opinions: [KernelVerifier.Opinion] = []
                var ours: [Answer] = []
                for entry in entries {
                    let prologue = try Prologue(entry, before: program.slots)
                    opinions.append(
                        KernelVerifier.opinion(of: prologue.slots, maps: prologue.maps, type: KernelVerifier.xdp))
                    ours.append(try VerifierSeam.ask(Inquiry(code: code, entry: entry, observed: [])))
                }
                comparison.add(
                    document.text, isAccepted: ours.allSatisfy { $0.verdict == .accepted || $0.verdict == .needsFuel },
                    findings: ours.flatMap(\.findings).map(\.text),
                    // Accepted from every state, or rejected from one of them.
                    opinions.first { $0 != .accepted } ?? .accepted)
            } catch { comparison.skip("\(error)") }
        }
        comparison.report()
    }
}
