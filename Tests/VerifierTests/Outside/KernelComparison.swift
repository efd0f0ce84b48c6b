import Testing

/// Who agrees, who does not, and why.
struct KernelComparison {
    /// Why the two differ, where the kernel's words or our finding contain the first text.
    private static let kernelRejects: [(words: String, why: String)] = [
        ("invalid shift", "an immediate shift by more than the width: RFC 9669 masks the amount, the kernel refuses"),
        ("div by zero", "an immediate divisor of 0: RFC 9669 says what it gives, the kernel refuses it"),
        ("misaligned stack access", "plain accesses to the stack need no alignment here"),
        ("unreachable insn", "code that nothing reaches is no harm here"),
        ("jump out of range", "functions may share their ends here"),
        ("missing btf func_info", "the kernel takes callbacks only with types, which the corpus has none of"),
        ("without BTF", "the kernel takes tail calls in functions only with types"),
        ("BPF program is too large", "the kernel walks every round"),
        ("jumps is too complex", "the kernel keeps every way"),
        ("old state:", "a loop that comes back in the same state: it runs with fuel here"),
        ("unbounded min value", "the kernel has no bounds of quotients and remainders, and fewer of shifts"),
        ("unbounded memory access", "the kernel loses bounds over negation and exclusive or"),
        ("is outside of the allowed memory range", "the kernel loses bounds over stores of parts of a slot"),
        ("makes map_value pointer be out of bounds", "the kernel loses bounds over sign extension"),
        ("offset is outside of the packet", "the kernel has no relation of packet pointers beyond the one compared"),
        ("arithmetic on pkt_end prohibited", "the end of the packet may be moved by constants here"),
        ("modified ctx ptr", "a context pointer with a constant offset may be read here"),
        ("subtraction from stack pointer prohibited", "the kernel subtracts from stack pointers only what is constant"),
        ("min value is negative", "the kernel does not know that a number less its copy is 0"),
        ("math between", "the kernel wants bounds before a pointer is moved, not before it is used"),
        ("no direct value access", "the kernel gives addresses of values of arrays only"),
        ("cannot use helper", "the kernel's XDP programs have not all helpers"),
        ("invalid write to stack", "the kernel does not see where a walk over the stack ends"),
        ("errno 28", "the kernel's log was too small, not its patience"),
    ]
    private static let weReject: [(words: String, why: String)] = [
        ("addressLeak", "asked as root, the kernel lets addresses out"),
        ("pointerArithmetic", "asked as root, the kernel makes numbers of addresses"),
        ("pointerComparison", "asked as root, the kernel compares addresses"),
        ("uninitialisedStack", "asked as root, the kernel lets stale bytes of the stack be read"),
        ("helperArgument", "asked as root, the kernel takes addresses for plain arguments"),
        ("helperLicence", "the comparison loads every program under the GPL"),
        ("outOfBoundsMemory", "what lies behind a map's handle may be read in the kernel, through its types"),
        ("notAPointer", "what lies behind a map's handle may be read in the kernel, through its types"),
    ]

    /// For programs that are made for another context and brought into their entry state by instructions.
    private static let foreign: [(words: String, why: String)] = [
        ("invalid bpf_context access", "the context of the document has other fields than struct xdp_md"),
        ("R0 !read_ok", "the kernel does not know that a pointer to the context is not 0"),
        ("uses r1, which is not set", "the kernel starts every program with its context in r1"),
    ]

    /// Whether the programs are not written for the kernel's types of programs.
    private let isForeign: Bool
    private var counts: [String: Int] = [:]
    private var unexplained: [String] = []

    init(isForeign: Bool = false) { self.isForeign = isForeign }

    mutating func skip(_ why: String) { counts["not compared: \(why)", default: 0] += 1 }

    mutating func add(_ what: String, isAccepted: Bool, findings: [String], _ opinion: KernelVerifier.Opinion) {
        switch opinion {
        case .accepted where isAccepted: counts["both accept", default: 0] += 1
        case .rejected where !isAccepted: counts["both reject", default: 0] += 1
        case .accepted:
            let row = rows(Self.weReject).first { row in findings.contains { $0.contains(row.words) } }
            note("only we reject", row?.why, "KERNEL ACCEPTS, we say \(findings.first ?? ""): \(what)")
        case .rejected(let words):
            let row = rows(Self.kernelRejects).first { words.contains($0.words) }
            note("only the kernel rejects", row?.why, "KERNEL REJECTS (\(words)) \(what)")
        case .none(let why): skip(why)
        }
    }

    private func rows(_ own: [(words: String, why: String)]) -> [(words: String, why: String)] {
        isForeign ? own + Self.foreign : own
    }

    private mutating func note(_ side: String, _ why: String?, _ difference: String) {
        if let why { counts["\(side): \(why)", default: 0] += 1 } else { unexplained.append(difference) }
    }

    func report() {
        print("| programs | what |\n|---|---|")
        for (what, count) in counts.sorted(by: { $0.key < $1.key }) { print("| \(count) | \(what) |") }
        for difference in unexplained { Issue.record("no explanation: \(difference)") }
        #expect(counts["both accept", default: 0] > 0)
    }
}
