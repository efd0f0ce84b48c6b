import Foundation
import ProgramPackage
import Prototypes
import Testing

/// What the kernel's verifier says of the same programs. It is no judge: it is asked as root, which it lets do more, and it
/// rejects what it cannot follow. Where the two differ, somebody should know why.
@Suite(
    "The kernel's opinion",
    .enabled(if: ProcessInfo.processInfo.environment["RINGFENCE_KERNEL"] != nil, "needs $RINGFENCE_KERNEL to be set"),
    .enabled(if: KernelVerifier.isUsable, "\(KernelVerifier.reason)"))
struct KernelComparisonTests {
    @Test("of the corpus: every difference is printed with the kernel's reason")
    func corpus() throws {
        var counts: [String: Int] = [:]
        var differences = ""
        for program in Corpus.programs {
            let (package, index) = try Corpus.package(of: program)
            let entry = package.programs[index]
            guard let descriptor = ProgramDescriptor.row(section: entry.section) else {
                counts["no program type", default: 0] += 1
                continue
            }
            let opinion = KernelVerifier.opinion(
                of: entry.code, maps: package.maps, type: descriptor.linuxType)
            let ours = program.outcome == .rejected ? "rejected" : "accepted"
            switch opinion {
            case .accepted where ours == "accepted", .rejected where ours == "rejected":
                counts["both say \(ours)", default: 0] += 1
            case .accepted:
                counts["only the kernel accepts", default: 0] += 1
                differences += "KERNEL ACCEPTS \(program): we reject because \(program.reason)\n"
            case .rejected(let why):
                counts["only the kernel rejects", default: 0] += 1
                differences += "KERNEL REJECTS \(program): \(why)\n"
            case .none(let why):
                counts["not asked", default: 0] += 1
                differences += "KERNEL NOT ASKED \(program): \(why)\n"
            }
        }
        print(differences)
        for (what, count) in counts.sorted(by: { $0.key < $1.key }) { print("\(count) \(what)") }
        #expect(counts["both say accepted", default: 0] > 0 && counts["both say rejected", default: 0] > 0)
    }
}
