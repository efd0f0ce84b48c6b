import Prototypes
import Testing

/// What R0 is after a helper, and how long it is that, as the running kernel's verifier sees it.
@Suite("Results of helpers, asked of the kernel", .enabled(if: KernelVerifier.isUsable, KernelVerifier.reason))
struct KernelResultTests {
    /// A call, and what is done with R0 behind it.
    private static func answer(
        _ helper: HelperPrototype, _ row: ProgramDescriptor, map: MapType? = nil, then: (inout Code) -> Void
    ) -> KernelVerifier.Answer? {
        guard let call = try? LegalCall(helper, in: row, map.map { .map($0) } ?? .nothing, then: then) else {
            return nil
        }
        return KernelVerifier.load(row, code: call.code)
    }

    /// Every helper in the first row that has it and that a call can be written for.
    private static let once: [(row: ProgramDescriptor, helper: HelperPrototype)] = HelperPrototype.all.compactMap {
        helper in
        guard helper.id != 0, KernelVerifier.offers(helper.id) else { return nil }
        return KernelVerifier.rows.first { row in
            row.helpers.contains(helper.id) && KernelVerifier.allows(helper.id, in: row)
                && row.maySleep == helper.traits.contains(.sleeps) && (try? LegalCall(helper, in: row)) != nil
        }
        .map { ($0, helper) }
    }

    @Test("memory behind R0 is what the row says")
    func kinds() {
        var kinds: Set<HelperResult> = []
        for (row, helper) in Self.once where helper.result != .tailCall {
            guard let answer = Self.answer(helper, row, then: { $0.load(1, 0, 0, size: 1) }) else { continue }
            let expected =
                switch helper.result {
                case .integer, .tailCall: ["R0 invalid mem access 'scalar'"]
                case .void: ["R0 !read_ok"]
                case .mapValueOrNull: ["R0 invalid mem access 'map_value_or_null'"]
                case .memoryOrNull:
                    ["R0 invalid mem access 'ringbuf_mem_or_null'", "R0 invalid mem access 'mem_or_null'"]
                case .socketOrNull: ["R0 invalid mem access 'sock_or_null'"]
                case .sockCommonOrNull: ["R0 invalid mem access 'sock_common_or_null'"]
                case .tcpSocketOrNull: ["R0 invalid mem access 'tcp_sock_or_null'"]
                case .kernelObjectOrNull:
                    ["R0 invalid mem access 'ptr_or_null_'", "R0 invalid mem access 'mem_or_null'"]
                // The value itself; an object of the kernel, whose fields Linux knows.
                case .mapValue, .kernelObject: ["error 0"]
                }
            kinds.insert(helper.result)
            #expect(
                expected.contains(answer.complaint) || expected == ["error 0"] && answer.isAccepted,
                "\(helper.name) in \(row.label): \(answer.complaint)")
        }
        #expect(kinds.count == HelperResult.allCases.count - 1)
    }

    @Test("a count that a helper returns is at most the size that it was given, where the row says so")
    func counts() {
        for (row, helper) in Self.once where helper.result == .integer && !helper.traits.contains(.locks) {
            let bounded = Self.answer(helper, row) { code in
                // Negative: the end.
                code.set(2, 0)
                code.jump(0x6D, 2, 0)
                code.stack(1, LegalCall.buffer)
                code.emit(0x0F, 1, 0)
                code.load(1, 1, -1, size: 1)
            }
            guard let bounded else { continue }
            // What is known to be one of few numbers is bounded, too.
            if helper.id == 8 { continue }
            #expect(
                bounded.isAccepted == helper.traits.contains(.boundedBySize),
                "\(helper.name) in \(row.label): \(bounded.complaint)")
        }
    }

    @Test("a view of a socket goes with the socket, where the row says that it borrows")
    func borrowing() throws {
        var asked = 0
        let row = try #require(KernelVerifier.rows.first { $0.linuxType == 3 })
        for helper in HelperPrototype.all where helper.arguments[0] == .socket && helper.result != .integer {
            guard let call = try? LegalCall(helper, in: row, .outlive) else { continue }
            let answer = KernelVerifier.load(row, code: call.code)
            asked += 1
            let isRefused = answer.complaint.hasPrefix("R8 invalid mem access")
            #expect(isRefused == helper.traits.contains(.borrows), "\(helper.name): \(answer.complaint)")
        }
        #expect(asked >= 8)
    }

    @Test("a dynamic pointer's memory goes with it")
    func borrowedMemory() throws {
        let helper = try #require(HelperPrototype.row(203))
        let row = try #require(KernelVerifier.rows.first { $0.linuxType == 3 })
        let answer = Self.answer(helper, row) { code in
            code.move(8, 0)
            code.set(0, 1)
            code.jump(0x15, 8, 0)
            code.store(10, 10, -144)
            code.load(1, 8, 0, size: 1)
        }
        #expect(answer?.isAccepted == false && helper.traits.contains(.borrows))
    }
}
