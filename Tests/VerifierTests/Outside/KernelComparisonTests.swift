import Foundation
import ProgramPackage
import Prototypes
import Testing

/// What the kernel's verifier says of the same programs. It is no judge: it is asked as root, which it lets do more,
/// and it rejects what it cannot follow. Where the two differ, somebody should know why.
@Suite(
    "The kernel's opinion",
    .enabled(if: ProcessInfo.processInfo.environment["RINGFENCE_KERNEL"] != nil, "needs $RINGFENCE_KERNEL to be set"),
    .enabled(if: KernelVerifier.isUsable, "\(KernelVerifier.reason)"))
struct KernelComparisonTests {
    @Test("of the corpus: every difference is printed with the kernel's reason")
    func corpus() throws {
        var tally = Tally()
        for program in Corpus.programs {
            let (package, index) = try Corpus.package(of: program)
            let entry = package.programs[index]
            let descriptor = try #require(ProgramDescriptor.row(section: entry.section))
            tally.add(
                "\(program): \(program.reason)", expectsAcceptance: program.outcome != .rejected,
                KernelVerifier.opinion(
                    of: entry.code, maps: package.maps, type: descriptor.linuxType, attach: descriptor.attachType))
        }
        tally.report()
    }

    @Test(
        "of the conformance programs that need no memory: every difference is printed",
        .enabled(if: ConformanceTests.folder != nil, "needs $RINGFENCE_CONFORMANCE"))
    func conformance() throws {
        var tally = Tally()
        for program in try ConformanceProgram.all(in: #require(ConformanceTests.folder)) where program.memory.isEmpty {
            tally.add(
                program.name, expectsAcceptance: program.name != "callx",
                KernelVerifier.opinion(of: program.slots, maps: [], type: KernelVerifier.socketFilter))
        }
        tally.report()
    }

    @Test(
        "of PREVAIL's documents, brought into their entry state by instructions: every difference is printed",
        .enabled(if: PrevailTests.folder != nil, "needs $RINGFENCE_PREVAIL"))
    func prevail() throws {
        var tally = Tally()
        for document in try PrevailDocument.all(in: #require(PrevailTests.folder)) {
            guard document.expectedException == nil, !document.options.contains("big_endian") else { continue }
            do {
                let program = try PseudoProgram(document, calls: EntryConversion.calls(document.pre))
                let entries = try EntryConversion.states(document.pre, helpers: program.helpers)
                let opinions = try entries.map { entry in
                    let prologue = try Prologue(entry, before: program.slots)
                    return KernelVerifier.opinion(of: prologue.slots, maps: prologue.maps, type: KernelVerifier.xdp)
                }
                // Accepted from every state, or rejected from one of them.
                let opinion = opinions.first { $0 != .accepted } ?? .accepted
                tally.add(document.text, expectsAcceptance: document.isAccepted, opinion)
            } catch { tally.add(document.name, expectsAcceptance: document.isAccepted, .none("\(error)")) }
        }
        tally.report()
    }
}

/// Who agrees, and where they do not.
private struct Tally {
    private var counts: [String: Int] = [:]
    private var differences: [String] = []

    mutating func add(_ what: String, expectsAcceptance: Bool, _ opinion: KernelVerifier.Opinion) {
        switch opinion {
        case .accepted where expectsAcceptance: counts["both accept", default: 0] += 1
        case .rejected where !expectsAcceptance: counts["both reject", default: 0] += 1
        case .accepted:
            counts["only the kernel accepts", default: 0] += 1
            differences.append("KERNEL ACCEPTS \(what)")
        case .rejected(let why):
            counts["only the kernel rejects", default: 0] += 1
            differences.append("KERNEL REJECTS (\(why)) \(what)")
        case .none(let why): counts["not asked: \(why)", default: 0] += 1
        }
    }

    func report() {
        for difference in differences { print(difference) }
        for (what, count) in counts.sorted(by: { $0.key < $1.key }) { print("\(count) \(what)") }
        #expect(counts["both accept", default: 0] > 0)
    }
}
